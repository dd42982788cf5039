"""What leaves by OSC, as a peer that is not ours understands it."""

from __future__ import annotations

import select
import socket
import struct
import subprocess

import pytest
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage

from installation.core.outputs import Event, Message, Outputs
from installation.osc.out import AGAIN_US, MOST_BYTES, OscOut, announcements, bundles, encode
from tests.needs import program

LEVELS = {"layer.seam.balance": -0.25, "stem.choir": 0.5}


def said(changed: tuple[str, ...] = (), messages: tuple[Message, ...] = (),
         events: tuple[Event, ...] = ()) -> Outputs:  # fmt: skip
    return Outputs(LEVELS, changed, messages, (), events, (), 0)


class Peer:
    """A UDP socket that python-osc decodes for."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(10.0)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._socket.getsockname()
        return host, port

    def next(self) -> list[tuple[str, list[object]]]:
        packet = self._socket.recv(65536)
        found = list(OscBundle(packet)) if packet[:8] == b"#bundle\0" else [OscMessage(packet)]
        return [(m.address, m.params) for m in found if isinstance(m, OscMessage)]

    def is_quiet(self) -> bool:
        self._socket.setblocking(False)
        try:
            self._socket.recv(65536)
        except BlockingIOError:
            return True
        finally:
            self._socket.settimeout(10.0)
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def peer():
    made = Peer()
    yield made
    made.close()


def test_what_changed_goes_at_once_and_alone(peer: Peer) -> None:
    out = OscOut([peer.address])
    out.emit(said(), AGAIN_US)
    peer.next()
    assert out.emit(said(("stem.choir",)), AGAIN_US + 1) == 1
    assert peer.next() == [("/stem/choir", [0.5])]
    assert out.emit(said(), AGAIN_US + 2) == 0
    assert peer.is_quiet()
    out.close()


def test_everything_goes_again_after_two_seconds_for_udp_loses(peer: Peer) -> None:
    out = OscOut([peer.address])
    out.emit(said(), AGAIN_US)
    assert dict(peer.next()) == {"/layer/seam/balance": [-0.25], "/stem/choir": [0.5]}
    assert out.emit(said(), 2 * AGAIN_US - 1) == 0
    assert out.emit(said(), 2 * AGAIN_US) == 1
    out.close()


def test_acts_scenes_and_cues_are_announced_before_what_cues_send(peer: Peer) -> None:
    out = OscOut([peer.address])
    out.emit(said(), AGAIN_US)
    peer.next()
    events = (
        Event(0, "act", "whispers", "gathering", "whispers"),
        Event(0, "scene", "whispers", "gathering", "gathering"),
        Event(0, "cue", "whispers", "gathering", "B1"),
        Event(0, "node", "whispers", "gathering", "heap"),
    )
    out.emit(said(messages=(Message("/act", (2, "x", 0.5)),), events=events), AGAIN_US + 1)
    assert peer.next() == [
        ("/show/act", ["whispers"]),
        ("/show/scene", ["whispers", "gathering"]),
        ("/show/cue", ["whispers", "gathering", "B1"]),
        ("/act", [2, "x", 0.5]),
    ]
    out.close()


def test_bundles_fit_an_ethernet_frame() -> None:
    encoded = [encode(Message(f"/parameter/{i}", (float(i),))) for i in range(300)]
    packets = bundles(encoded)
    assert max(map(len, packets)) <= MOST_BYTES
    assert sum(len(list(OscBundle(packet))) for packet in packets) == 300


def test_a_refused_packet_is_counted_and_never_raised() -> None:
    out = OscOut([("255.255.255.255", 9)])  # broadcast is not permitted
    assert out.emit(said(), AGAIN_US) == 0
    assert (out.sent, out.refused) == (0, 1)
    out.close()


def test_liblo_understands_it() -> None:
    oscdump = program("oscdump", "liblo-tools")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    dump = subprocess.Popen([oscdump, "-L", str(port)], stdout=subprocess.PIPE, text=True)
    out = OscOut([("127.0.0.1", port)])
    messages = (Message("/cue", (1, "one", 0.25)),)
    try:
        assert dump.stdout is not None
        lines: list[str] = []
        for attempt in range(1, 200):  # until the peer listens
            out.emit(said(("stem.choir",), messages), attempt * AGAIN_US)
            if _has_line(dump):
                break
        while not any("/cue" in line for line in lines) or not any("/stem" in s for s in lines):
            lines.append(dump.stdout.readline())
        assert any(line.split()[1:] == ["/cue", "isf", "1", '"one"', "0.250000"] for line in lines)
        assert any(line.split()[1:] == ["/stem/choir", "f", "0.500000"] for line in lines)
    finally:
        dump.kill()
        dump.communicate()
        out.close()


def _has_line(process: subprocess.Popen[str]) -> bool:
    return bool(select.select([process.stdout], [], [], 0.1)[0])


def test_announcements_leave_out_what_is_no_news() -> None:
    assert announcements((Event(0, "command", "a", "b", "go"),)) == []


def test_a_float_is_what_the_struct_says(peer: Peer) -> None:
    assert encode(Message("/x", (0.1,)))[-4:] == struct.pack(">f", 0.1)
