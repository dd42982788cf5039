"""The panel's server: commands and their answers, hostile requests, feeds."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from websockets.sync.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).parent))

from house import port_of, served, wait_for

from installation.bus import MemoryBus
from installation.errors import Unavailable
from installation.panel import app as routes
from installation.panel import feed as feeds
from installation.panel.app import make_app
from installation.panel.commands import WAITING, Answer, Desk, Wish
from installation.panel.feed import Feed
from installation.panel.process import Server, listen, serve

STATIC = Path(routes.__file__).parent / "static"


class Show:
    """A show that answers each command with `why`; None: it says nothing."""

    def __init__(self, why: str | None = "") -> None:
        self.bus, self.heard = MemoryBus(), list[dict[str, Any]]()
        self._why = why
        self.bus.subscribe("command", self._hear)

    def _hear(self, topic: str, payload: bytes) -> None:
        told = json.loads(payload)
        self.heard.append(told)
        if self._why is not None:
            reply = {"id": told["id"], "done": not self._why, "why": self._why}
            self.bus.publish("reply", json.dumps(reply).encode())


@dataclass
class Panel:
    """A running panel and a browser's ways to it."""

    app: FastAPI
    server: Server
    port: int
    http: httpx.Client

    def feed(self, path: str = "/feed/state", origin: str | None = None) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}{path}", origin=origin)  # type: ignore[arg-type]


@contextmanager
def panel(show: Show, **more: Any) -> Iterator[Panel]:
    app = make_app(show.bus, **more)
    with (
        served(app) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port_of(server)}", timeout=10) as http,
    ):
        yield Panel(app, server, port_of(server), http)


@pytest.fixture(scope="module")
def closed() -> Iterator[tuple[Show, Panel]]:
    """One panel for all that must not come through it to the show."""
    show = Show()
    with panel(show, names=frozenset({"panel.gallery"})) as house:
        yield show, house


def open_feed(port: int, path: str = "/feed/state", **headers: str) -> socket.socket:
    """The first half of a WebSocket handshake, byte by byte, for clients that are no browsers."""
    told = {"Host": f"127.0.0.1:{port}", "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            **headers}  # fmt: skip
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    client.sendall("\r\n".join([*lines, "", ""]).encode())
    return client


def status_of(feed: socket.socket) -> int:
    with feed:
        return int(feed.recv(12)[9:])


def test_a_command_is_answered_when_the_show_has_carried_it_out() -> None:
    show = Show()
    with panel(show) as house:
        answer = house.http.post(
            "/api/command", json={"verb": "goto", "argument": "whispers/setback"}
        )
    assert (answer.status_code, answer.json()) == (200, {"done": True, "why": ""})
    assert [(h["verb"], h["argument"]) for h in show.heard] == [("goto", "whispers/setback")]


@pytest.mark.parametrize("argument", ["Two_Cities/Far", f"{'a' * 63}/{'b' * 63}"])
def test_every_scene_that_a_show_can_name_can_be_gone_to(argument: str) -> None:
    show = Show()
    with panel(show) as house:
        answer = house.http.post("/api/command", json={"verb": "goto", "argument": argument})
    assert answer.status_code == 200
    assert [h["argument"] for h in show.heard] == [argument]


def test_a_refused_command_says_why() -> None:
    why = "GO was pressed less than half a second ago"
    with panel(Show(why)) as house:
        answer = house.http.post("/api/command", json={"verb": "go"})
    assert (answer.status_code, answer.json()) == (409, {"done": False, "why": why})


def test_a_show_that_says_nothing_is_not_waited_for_without_end() -> None:
    with panel(Show(None), reply_s=0.05) as house:
        answer = house.http.post("/api/command", json={"verb": "hold"})
    assert (answer.status_code, answer.json()["done"]) == (504, False)


def test_a_reply_that_makes_no_sense_harms_nobody() -> None:
    show = Show()
    with panel(show) as house:
        for reply in (b"", b"{", b"[]", b"null", b'{"id": 1}', b"\xff"):
            show.bus.publish("reply", reply)
        assert house.http.post("/api/command", json={"verb": "go"}).status_code == 200


BODIES = {
    "NaN for a verb": b'{"verb": NaN}',
    "Infinity for an argument": b'{"verb": "goto", "argument": Infinity}',
    "NaN alone": b"NaN",
    "nothing": b"",
    "no JSON": b"{go}",
    "no text": b"\xff\xfe\x00",
    "half a surrogate pair for a key": b'{"verb": "go", "\\ud800": 1}',
    "half a surrogate pair for an argument": b'{"verb": "goto", "argument": "\\udfff"}',
    "a list": b'["go"]',
    "a deep list": b"[" * 4000,
    "a long number": b'{"verb": ' + b"9" * 4000 + b"}",
    "an unknown verb": b'{"verb": "explode"}',
    "an unknown key": b'{"verb": "go", "force": true}',
    "a path for an argument": b'{"verb": "goto", "argument": "../show"}',
    "a long argument": b'{"verb": "goto", "argument": "' + b"a" * 129 + b'"}',
    "a large body": b'{"verb": "go", "argument": "' + b"a" * 1_000_000 + b'"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_wrong_body_is_refused_in_words_and_reaches_no_show(
    body: bytes, closed: tuple[Show, Panel]
) -> None:
    show, house = closed
    json_told = {"content-type": "application/json"}
    answer = house.http.post("/api/command", content=body, headers=json_told)
    assert 400 <= answer.status_code < 500
    assert answer.json()["done"] is False
    assert answer.json()["why"]
    assert show.heard == []


def test_a_body_without_a_length_is_not_read_to_its_end() -> None:
    with served(make_app(MemoryBus())) as server, socket.socket() as s:
        port = port_of(server)
        s.settimeout(10)
        s.connect(("127.0.0.1", port))
        s.sendall(
            f"POST /api/command HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        s.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
        s.sendall(b"1\r\n \r\n")
        assert s.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8001", "x["])
def test_another_site_can_neither_command_nor_listen(
    origin: str, closed: tuple[Show, Panel]
) -> None:
    show, house = closed
    answer = house.http.post("/api/command", json={"verb": "stop"}, headers={"origin": origin})
    assert answer.status_code == 403
    for path in ("/feed/state", "/feed/picture"):
        assert status_of(open_feed(house.port, path, Origin=origin)) == 403
    assert show.heard == []


def test_the_panels_own_page_can_command_and_listen() -> None:
    show = Show()
    with panel(show) as house:
        ours = f"http://127.0.0.1:{house.port}"
        answer = house.http.post("/api/command", json={"verb": "go"}, headers={"origin": ours})
        assert answer.status_code == 200
        with house.feed(origin=ours) as feed:
            wait_for(lambda: house.app.state.states.watchers)
            show.bus.publish("status", b"news")
            assert feed.recv(timeout=10) == "news"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "", "127.0.0.1.evil.example"]
)
def test_a_foreign_name_for_this_machine_is_refused(host: str, closed: tuple[Show, Panel]) -> None:
    _, house = closed
    assert house.http.get("/", headers={"host": host}).status_code == 421
    assert status_of(open_feed(house.port, Host=host)) == 403


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "192.168.7.20:8000",
                                  socket.gethostname(), "panel.gallery"])  # fmt: skip
def test_the_machines_own_names_and_addresses_open_the_panel(
    host: str, closed: tuple[Show, Panel]
) -> None:
    _, house = closed
    assert house.http.get("/", headers={"host": host}).status_code == 200


def test_every_answer_carries_the_security_headers() -> None:
    with panel(Show()) as house:
        answers = [
            house.http.get("/"),
            house.http.get("/static/main.js"),
            house.http.get("/nowhere"),
            house.http.get("/api/command"),
            house.http.post("/api/command", content=b"NaN"),
            house.http.post("/api/command", json={"verb": "go"}, headers={"origin": "http://evil"}),
        ]
    assert [a.status_code for a in answers] == [200, 200, 404, 405, 422, 403]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_the_page_needs_no_other_host_and_no_inline_code() -> None:
    page = (STATIC / "index.html").read_text()
    scripts = [path.read_text() for path in STATIC.glob("*.js")]
    style = (STATIC / "style.css").read_text()
    assert not any(word in page for word in ("style=", "<style", "onclick", "<script>"))
    assert not any("innerHTML" in script or "eval(" in script for script in scripts)
    assert "//" not in style
    assert "http" not in page + "".join(scripts).replace("http://www.w3.org/2000/svg", "")


def test_stop_is_never_refused_for_want_of_room() -> None:
    async def story() -> tuple[Answer | None, Answer | None]:
        bus, told = MemoryBus(), list[dict[str, str]]()
        desk = Desk(bus, reply_s=10)
        desk.loop = asyncio.get_running_loop()
        bus.subscribe("command", lambda _, payload: told.append(json.loads(payload)))
        waiting = [asyncio.create_task(desk.ask(Wish(verb="go"))) for _ in range(WAITING)]
        while len(told) < WAITING:
            await asyncio.sleep(0)
        refused = await desk.ask(Wish(verb="go"))
        stopping = asyncio.create_task(desk.ask(Wish(verb="stop")))
        while told[-1]["verb"] != "stop":
            await asyncio.sleep(0)
        bus.publish("reply", json.dumps({"id": told[-1]["id"], "done": True, "why": ""}).encode())
        stopped = await stopping
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return refused, stopped

    refused, stopped = asyncio.run(story())
    assert refused == Answer(done=False, why=f"{WAITING} commands are waiting already")
    assert stopped == Answer(done=True)


def test_a_newcomer_is_told_the_present_at_once() -> None:
    show = Show()
    with panel(show) as house, house.feed() as first:
        wait_for(lambda: house.app.state.states.watchers == 1)
        show.bus.publish("status", b"now")
        assert first.recv(timeout=10) == "now"
        with house.feed() as second:
            assert second.recv(timeout=10) == "now"


def test_a_newcomer_is_not_told_the_past(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "FRESH_S", 0.0)
    show = Show()
    with panel(show) as house, house.feed() as first:
        wait_for(lambda: house.app.state.states.watchers == 1)
        show.bus.publish("status", b"old")
        assert first.recv(timeout=10) == "old"
        with house.feed() as second:
            wait_for(lambda: house.app.state.states.watchers == 2)
            show.bus.publish("status", b"new")
            assert second.recv(timeout=10) == "new"


def test_one_client_too_many_is_told_so_at_once() -> None:
    async def story() -> str:
        feed = Feed(most=1)

        async def send(message: str | bytes) -> None:
            raise AssertionError("nothing was said")

        first = asyncio.create_task(feed.serve(send))
        await asyncio.sleep(0)
        why = await feed.serve(send)
        first.cancel()
        return why

    assert asyncio.run(story()) == "full"


def test_a_tablet_asleep_holds_up_nobody_and_is_cut_off() -> None:
    show = Show()
    with panel(show, send_s=0.5) as house, house.feed() as awake:
        sleeper = open_feed(house.port)
        feed, connections = house.app.state.states, house.server.server_state.connections
        wait_for(lambda: feed.watchers == 2)
        states = 0
        while feed.watchers == 2:
            states += 1
            assert states < 20_000
            show.bus.publish("status", f"{states:8d}".encode() + b"." * 22_000)
            assert int(str(awake.recv(timeout=10))[:8]) == states
        assert states > 3
        wait_for(lambda: len(connections) == 1)
        sleeper.close()
        show.bus.publish("status", b"still here")
        assert awake.recv(timeout=10) == "still here"


def test_the_stage_is_asked_for_pictures_only_while_someone_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routes, "WATCH_S", 0.001)
    show, asked = Show(), list[str]()
    show.bus.subscribe("watch", lambda topic, _: asked.append(topic))
    with panel(show) as house, house.feed() as states:
        pictures = house.app.state.pictures
        wait_for(lambda: house.app.state.states.watchers == 1)

        def let_time_pass() -> None:
            for number in range(50):
                show.bus.publish("status", str(number).encode())
                assert states.recv(timeout=10) == str(number)

        let_time_pass()
        assert asked == []
        with house.feed("/feed/picture") as looking:
            wait_for(lambda: len(asked) > 3)
            show.bus.publish("preview", b"\xff\xd8 a picture")
            assert looking.recv(timeout=10) == b"\xff\xd8 a picture"
        wait_for(lambda: pictures.watchers == 0)
        before = len(asked)
        let_time_pass()
        assert len(asked) == before


def test_the_process_tells_its_health_and_ends_when_told() -> None:
    bus, stop, healthy = MemoryBus(), threading.Event(), threading.Event()
    told, codes = list[dict[str, Any]](), list[int]()

    def hear(topic: str, payload: bytes) -> None:
        told.append(json.loads(payload))
        healthy.set()

    bus.subscribe("health/panel", hear)
    with listen("127.0.0.1", 0) as free:
        port = int(free.getsockname()[1])
    thread = threading.Thread(target=lambda: codes.append(serve(bus, port=port, stop=stop)))
    thread.start()
    assert healthy.wait(10)
    stop.set()
    thread.join(10)
    assert codes == [0]
    assert told[0]["tablets"] == 0


def test_a_port_in_use_is_said_in_one_sentence() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = int(taken.getsockname()[1])
        with pytest.raises(Unavailable, match=f"port {port} is in use; .* such as {port + 1}"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port", "said"), [
    ("127.0.0.1", 70_000, "a number from 1 to 65535"),
    ("198.51.100.7", 8000, "give an address of this machine"),
])  # fmt: skip
def test_a_place_that_is_not_there_is_said_in_one_sentence(host: str, port: int, said: str) -> None:
    with pytest.raises(Unavailable, match=said):
        listen(host, port)
