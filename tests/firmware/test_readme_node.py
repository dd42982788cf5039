"""The wire protocol of firmware_bridge/README.md is enough to write a node: `readme_node.c`, which
was written from that page alone, holds the conversation; and the page's frames are the code's."""

from __future__ import annotations

import re
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from firmware_bridge import messages as m
from firmware_bridge.bridge import Bridge
from firmware_bridge.sample import Health, Sample
from firmware_bridge.schema import parse_schema, schema_id
from firmware_bridge.wire import Decoder, Frame, encode, stuff, unstuff
from tests.needs import program

PAGE = Path(__file__).resolve().parents[2] / "firmware_bridge/README.md"
SOURCE = Path(__file__).with_name("readme_node.c")
WIRING = (("distance", "temperature", "beats"), ("lamp",))
SAFE = 0.25
TELEMETRY_US = 20_000
PATIENCE_S = 60


class Bench:
    """The node's process, one bridge after another on its port, and what both have told."""

    def __init__(self, built: Path, port: Path) -> None:
        self.samples: list[Sample] = []
        self.health = Health("readme", "absent")
        self.lamp: list[float] = []
        self._port = port
        self._node = subprocess.Popen(
            [built, port], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read_lamp)
        self.open_bridge()
        self._reader.start()

    def open_bridge(self) -> None:
        """One that knows nothing of those before it."""
        self.samples.clear()
        self.bridge = Bridge([str(self._port)], {"readme": WIRING})
        self.bridge.start()

    def end(self) -> None:
        """The node ends with its stdin, and takes its port with it."""
        self.bridge.close()
        assert self._node.stdin
        assert self._node.stdout
        self._node.stdin.close()
        try:
            assert self._node.wait(PATIENCE_S) == 0
        finally:
            self._node.kill()
            self._reader.join()
            self._node.stdout.close()
        assert not self._port.is_symlink()

    def until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < deadline, f"waited in vain: {self.health}, {self.lamp}"
            self.bridge.wait(0.02)
            self._drain()

    def until_lamp(self, value: float) -> None:
        self.until(lambda: self.lamp[-1:] == [value])

    def until_heard(self, most: int = 1) -> None:
        self.until(lambda: len(self.samples) >= most)

    def _drain(self) -> None:
        samples, health = self.bridge.drain()
        self.samples += samples
        for one in health:
            self.health = one

    def _read_lamp(self) -> None:
        assert self._node.stdout
        for line in self._node.stdout:
            self.lamp.append(float(line))
            self.bridge.wake()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("readme") / "readme_node"
    subprocess.run(
        [program("cc", "gcc"), "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", path, SOURCE],
        check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    return path


@pytest.fixture
def bench(built: Path, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(built, tmp_path / "ttyREADME")
    yield bench
    bench.end()


def test_a_node_written_from_the_page_is_taken_by_a_show_that_expects_it(bench: Bench) -> None:
    bench.until(lambda: bench.health.state == "live" and bool(bench.health.channels))
    told = bench.health
    assert (told.node, told.uid, told.boot, told.cause) == ("readme", 4242, 7, "power")
    assert told.firmware == "1.0"
    assert tuple(c.name for c in told.channels) == WIRING[0]
    assert [c.unit for c in told.channels] == ["m", "degC", "count"]


def test_it_is_heard_at_its_rate_and_its_values_are_right(bench: Bench) -> None:
    bench.until_heard(200)
    assert {s.values[:2] for s in bench.samples} == {(1.25, None)}
    beats = [beat for s in bench.samples if (beat := s.values[2]) is not None]
    assert beats == [beats[0] + step for step in range(len(bench.samples))]
    steps = [after.t_us - before.t_us for before, after in pairwise(bench.samples[50:])]
    assert median(steps) == pytest.approx(TELEMETRY_US, rel=0.1)
    assert (bench.health.dropped, bench.health.corrupt) == (0, 0)


def test_its_answers_to_pings_tell_its_clock(bench: Bench) -> None:
    bench.until(lambda: bench.health.round_trip_us > 0)


def test_commands_reach_its_output_and_are_acknowledged(bench: Bench) -> None:
    bench.bridge.set_output("readme", 0, 0.5)
    bench.until_lamp(0.5)
    bench.bridge.set_output("readme", 0, 1.0)  # waits for the acknowledgement of the first
    bench.until_lamp(1.0)
    assert bench.lamp[0] == SAFE


def test_its_output_goes_safe_when_the_bridge_goes_away_and_the_next_one_sets_it_again(
    bench: Bench,
) -> None:
    bench.bridge.set_output("readme", 0, 0.5)
    bench.until_lamp(0.5)
    bench.bridge.close()
    bench.until_lamp(SAFE)
    bench.open_bridge()
    bench.until_heard()
    bench.bridge.set_output("readme", 0, 0.75)
    bench.until_lamp(0.75)


def test_a_bridge_that_finds_it_in_the_middle_of_its_stream_greets_it_anew(bench: Bench) -> None:
    for _ in range(3):
        bench.until_heard(5)
        bench.bridge.close()
        bench.open_bridge()
    bench.until_heard(5)
    assert bench.samples[-1].values[:2] == (1.25, None)


SECTION = PAGE.read_text().split("## Every frame once\n", 1)[1].split("\n## ", 1)[0]
TEXT = SECTION.split("```\n")[1].removesuffix("\n").encode("ascii")
ROWS = re.findall(r"^\| ([A-Z_]+)\b.*\| `([0-9A-F ]+)` \|$", SECTION, re.MULTILINE)
UID, AT_US = 42, 500


def frames_of_the_page() -> dict[str, tuple[int, int, bytes]]:
    """Type, seq and payload of every row, as its first column tells them."""
    identity = schema_id(TEXT)
    hello = m.hello(m.Hello(m.VERSION, UID, 1, 1, identity, len(TEXT)))
    readings = m.telemetry(identity, AT_US, struct.pack("<2f", 1.25, 1))
    return {
        "HELLO": (m.HELLO, 0, hello),
        "GREET": (m.GREET, 1, m.greet(UID)),
        "ASK_SCHEMA": (m.ASK_SCHEMA, 2, m.ask_schema(0)),
        "SCHEMA": (m.SCHEMA, 0, m.chunk(identity, 0, TEXT)),
        "PING": (m.PING, 3, m.ping(1)),
        "PONG": (m.PONG, 0, m.pong(1, AT_US)),
        "COMMAND": (m.COMMAND, 4, m.command(1, 0, 0.5)),
        "ACK": (m.ACK, 0, m.ack(1, 0)),
        "WHO": (m.WHO, 5, b""),
        "TELEMETRY": (m.TELEMETRY, 1, readings),
    }


def test_the_page_has_every_frame_once_as_the_code_makes_it() -> None:
    made = [(name, encode(*frame)) for name, frame in frames_of_the_page().items()]
    assert [(name, bytes.fromhex(text)) for name, text in ROWS] == made


def test_the_code_reads_every_frame_of_the_page() -> None:
    decoder = Decoder()
    read = decoder.feed(b"".join(bytes.fromhex(text) for _, text in ROWS))
    assert read == [Frame(*frame) for frame in frames_of_the_page().values()]
    assert decoder.corrupt == 0
    identity, schema = schema_id(TEXT), parse_schema(TEXT)
    reading = m.Telemetry(identity, schema).parse(read[-1].payload)
    assert reading == m.Reading(AT_US, (1.25, 1.0), ())


def test_the_schema_of_the_page_has_the_length_and_the_id_that_it_says() -> None:
    length, identity = re.findall(r"(\d+) bytes without a newline.*id `(0x[0-9A-F]{8})`", SECTION)[
        0
    ]
    assert (int(length), int(identity, 16)) == (len(TEXT), schema_id(TEXT))
    assert parse_schema(TEXT).text() == TEXT


def test_the_frame_that_the_page_takes_apart_comes_apart_so() -> None:
    ((blocks, body),) = re.findall(r"COBS `([0-9A-F ·]+)` → body `([0-9A-F ]+)`", SECTION)
    block = bytes.fromhex(blocks.replace("·", ""))
    assert unstuff(block) == bytes.fromhex(body)
    assert stuff(bytes.fromhex(body)) == block
    assert b"\0" + block + b"\0" == bytes.fromhex(dict(ROWS)["ACK"])
