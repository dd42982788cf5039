"""The node's core, compiled for this computer with sanitizers: the conversation of
firmware_bridge/README.md, in virtual time."""

from __future__ import annotations

import random
import struct
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from firmware_bridge import messages as m
from firmware_bridge.schema import Schema, schema_id
from firmware_bridge.simulated.node import RANGES, unit_of
from firmware_bridge.wire import Frame, encode, stuff
from installation.showfile.load import load
from tests.firmware.host_node import OBJECTS, HostNode, build
from tests.firmware.host_objects import object_of, pins_of, pins_of_table

WRAP_US = 2**32
MS = 1000
LEVEL, TOUCH, BUTTON = 0, 2, 4  # pins of objects/bench.h
LAMP_PIN, RELAY_PIN = 9, 8
LAMP, RELAY = 0, 1
SHOW = load(Path(__file__).resolve().parents[2] / "shows/resonance")
ANY_MOMENT = pytest.mark.parametrize("clock_us", [0, WRAP_US - 1_300 * MS, WRAP_US - 300 * MS])
"""At boot, and so that the node's clock wraps in the middle of the story."""

Make = Callable[..., HostNode]


@pytest.fixture(scope="session")
def program_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    folder, made = tmp_path_factory.mktemp("firmware"), {}

    def made_once(name: str, objects: Path = OBJECTS) -> Path:
        if name not in made:
            made[name] = build(name, folder, objects)
        return made[name]

    return made_once


@pytest.fixture
def bench(program_of: Callable[..., Path]) -> Make:
    def boot(**how: int) -> HostNode:
        return HostNode(program_of("bench"), **how)

    return boot


def types(frames: list[Frame]) -> list[int]:
    return [frame.type for frame in frames]


def command(number: int, output: int, value: float) -> bytes:
    return m.command(number, output, value)


def readings(frames: list[Frame], hello: m.Hello, schema: Schema) -> list[m.Reading]:
    reader = m.Telemetry(hello.schema, schema)
    told = [reader.parse(f.payload) for f in frames if f.type == m.TELEMETRY]
    assert all(told)
    return [reading for reading in told if reading]


@ANY_MOMENT
def test_a_node_says_who_it_is_from_its_boot_on_ten_times_a_second(
    bench: Make, clock_us: int
) -> None:
    with bench(uid=0xDEADBEEF, boot=65535, cause=9, clock_us=clock_us) as node:
        frames = node.run(3_050 * MS)
    assert types(frames) == [m.HELLO] * 31
    hello = m.parse_hello(frames[0].payload)
    assert hello is not None
    assert (hello.version, hello.uid, hello.boot, hello.cause) == (1, 0xDEADBEEF, 65535, 9)


def test_greeted_it_falls_silent_and_streams_when_the_last_bytes_were_asked(bench: Make) -> None:
    with bench() as node:
        node.run(0)
        assert types(node.hear(m.GREET, m.greet(node.uid + 1), 200 * MS)) == [m.HELLO] * 2
        longer = m.greet(node.uid) + b"!"
        assert types(node.hear(m.GREET, longer, 200 * MS)) == [m.HELLO] * 2
        assert types(node.hear(m.GREET, m.greet(node.uid), 300 * MS)) == []
        assert types(node.hear(m.ASK_SCHEMA, m.ask_schema(0), 300 * MS)) == [m.SCHEMA]
        frames = node.hear(m.ASK_SCHEMA, m.ask_schema(100), 300 * MS)
        assert types(frames) == [m.SCHEMA] + [m.TELEMETRY] * 30


def test_nobody_who_has_not_greeted_starts_the_stream(bench: Make) -> None:
    with bench() as node:
        node.run(0)
        frames = node.hear(m.ASK_SCHEMA, m.ask_schema(100), 200 * MS)
        assert types(frames) == [m.SCHEMA, m.HELLO, m.HELLO]


def test_a_host_that_knows_the_schema_asks_for_its_end_alone(bench: Make) -> None:
    with bench() as node:
        node.hear(m.GREET, m.greet(node.uid))
        frames = node.hear(m.ASK_SCHEMA, m.ask_schema(0xFFFF), 100 * MS)
        assert types(frames) == [m.SCHEMA] + [m.TELEMETRY] * 10
        assert m.parse_chunk(frames[0].payload) == (_hello(node).schema, 0xFFFF, b"")


def _hello(node: HostNode) -> m.Hello:
    (frame,) = [f for f in node.hear(m.WHO) if f.type == m.HELLO]
    hello = m.parse_hello(frame.payload)
    assert hello is not None
    return hello


@pytest.mark.parametrize("state", ["beaconing", "greeted", "streaming"])
def test_in_every_state_every_question_is_answered_again_and_again(bench: Make, state: str) -> None:
    with bench() as node:
        node.run(0)
        if state != "beaconing":
            node.hear(m.GREET, m.greet(node.uid))
        if state == "streaming":
            node.schema()
        for _ in range(2):
            assert types(node.hear(m.WHO)) == [m.HELLO]
            assert types(node.hear(m.PING, m.ping(3))) == [m.PONG]
            assert types(node.hear(m.ASK_SCHEMA, m.ask_schema(0))) == [m.SCHEMA]
            (ack,) = node.hear(m.COMMAND, command(5, LAMP, 0.5))
            assert m.parse_ack(ack.payload) == (5, LAMP)


def test_a_pong_tells_when_the_ping_came(bench: Make) -> None:
    with bench(clock_us=WRAP_US - 5_000) as node:
        node.run(9_000)
        (frame,) = node.hear(m.PING, m.ping(0xFFFFFFFF))
        assert m.parse_pong(frame.payload) == (0xFFFFFFFF, 4_000)


@pytest.mark.parametrize("type_", [m.GREET, m.ASK_SCHEMA, m.PING, m.COMMAND, m.WHO, 0, 77, 255])
def test_an_unknown_type_or_another_length_is_ignored_but_keeps_the_lease(
    bench: Make, type_: int
) -> None:
    right = {m.GREET: 4, m.ASK_SCHEMA: 2, m.PING: 4, m.COMMAND: 6, m.WHO: 0}.get(type_)
    with bench() as node:
        node.hear(m.GREET, m.greet(node.uid))
        node.hear(m.COMMAND, command(1, LAMP, 1))
        for length in {0, 1, 2, 3, 4, 5, 6, 7, 124} - {right}:
            assert node.hear(type_, bytes(length), 900 * MS) == []
        assert node.pins()[LAMP_PIN] == 255


def test_what_an_object_is_made_of_is_what_the_show_expects(
    program_of: Callable[..., Path],
) -> None:
    assert {p.stem for p in OBJECTS.glob("*.h")} == {*SHOW.nodes, "bench"}
    for name, expected in SHOW.nodes.items():
        with HostNode(program_of(name)) as node:
            _, schema = node.schema()
        assert schema.name == name
        assert tuple(c.name for c in schema.channels) == tuple(expected.channels)
        assert tuple(o.name for o in schema.outputs) == tuple(expected.outputs)
        for channel in schema.channels:
            unit = unit_of(channel.name)
            assert (channel.unit, channel.low, channel.high) == (unit, *RANGES[unit])
        for output in schema.outputs:
            assert (output.unit, output.low, output.high) == ("share", 0, 1)
            assert output.safe == (output.name == "house_light")


@ANY_MOMENT
def test_telemetry_comes_a_hundred_times_a_second_and_alone_moves_seq(
    bench: Make, clock_us: int
) -> None:
    with bench(clock_us=clock_us) as node:
        hello, schema = node.schema()
        frames = node.keep_alive(3_000)
        told = [f for f in frames if f.type == m.TELEMETRY]
        assert len(told) == 300
        assert all((b.seq - a.seq) % 256 == 1 for a, b in pairwise(told))
        moments = [reading.node_us for reading in readings(frames, hello, schema)]
        assert {(b - a) % WRAP_US for a, b in pairwise(moments)} == {10_000}


@pytest.mark.parametrize("name", sorted(SHOW.nodes))
def test_all_that_the_pins_can_say_is_in_range(program_of: Callable[..., Path], name: str) -> None:
    with HostNode(program_of(name)) as node:
        hello, schema = node.schema()
        for level in (0, 1, 511, 1022, 1023):
            for pin in range(40):
                node.ask(f"analogue {pin} {level}")
                node.ask(f"digital {pin} {level % 2}")
            reading = readings(node.run(20 * MS), hello, schema)[-1]
            for channel, value in zip(schema.channels, reading.values, strict=True):
                assert value is not None
                span = channel.high - channel.low
                expected = channel.low + span * level / 1023
                if channel.unit not in ("state", "count"):
                    assert value == pytest.approx(expected, abs=channel.high / 2**17)


def test_ranges_with_odd_limits_are_kept_too(
    program_of: Callable[..., Path], tmp_path: Path
) -> None:
    limits = [(0.1, 0.3), (-0.3, -0.1), (-7.7, 1234.567), (100.1, 8000.3), (-8000.9, -0.7)]
    object_of(tmp_path, "odd", [f"ANALOGUE(c{i}, x, {a}, {b}, {i})" for i, (a, b) in
                                enumerate(limits)])  # fmt: skip
    with HostNode(program_of("odd", tmp_path)) as node:
        hello, schema = node.schema()
        for level in (0, 1023, 512):
            for pin in range(len(limits)):
                node.ask(f"analogue {pin} {level}")
            reading = readings(node.run(20 * MS), hello, schema)[-1]
            assert reading.strays == ()
            for (low, high), value in zip(limits, reading.values, strict=True):
                expected = low + (high - low) * level / 1023
                assert value == pytest.approx(expected, abs=max(-low, high) / 2**15)


def test_the_smallest_and_the_largest_object_stream(
    program_of: Callable[..., Path], tmp_path: Path
) -> None:
    object_of(tmp_path, "least", ["STATE(door, state, 0, 1, 2)"])
    object_of(tmp_path, "most", [f"COUNT(button_{i}, count, 0, 1e9, {i})" for i in range(29)],
              "".join(f"PWM(lamp_{i}, 0.5, 65535, {i}) " for i in range(90)))  # fmt: skip
    for name in ("least", "most"):
        with HostNode(program_of(name, tmp_path)) as node:
            hello, schema = node.schema()
            assert len(readings(node.run(100 * MS), hello, schema)) == 10
            assert set(node.pins().values()) <= {128}


def test_a_press_counts_once_however_long_it_lasts_and_however_it_bounces(bench: Make) -> None:
    def count() -> float | None:
        return readings(node.run(20 * MS), hello, schema)[-1].values[2]

    with bench() as node:
        node.ask(f"digital {BUTTON} 1")
        hello, schema = node.schema()
        assert count() == 0
        for _ in range(20):  # 19 ms are bouncing
            for high, ms in ((0, 19), (1, 1)):
                node.ask(f"digital {BUTTON} {high}")
                node.hear(m.PING, m.ping(1), ms * MS)
        assert count() == 0
        for presses in (1, 2, 3):
            node.ask(f"digital {BUTTON} 0")
            node.keep_alive(500)
            assert count() == presses
            node.ask(f"digital {BUTTON} 1")
            node.keep_alive(500)
            assert count() == presses


def test_a_command_sets_its_output_to_the_nearest_of_256_steps(bench: Make) -> None:
    dice = random.Random(2)
    wishes = [0, 1, 0.5, 1 / 255, 0.49 / 255, 0.51 / 255, -0.0, -1, 1.5, 2, 1e30, -1e30, 1e-40]
    wishes += [step / 255 for step in range(256)] + [dice.random() for _ in range(300)]
    with bench() as node:
        node.run(0)
        for wish in wishes:
            (ack,) = node.hear(m.COMMAND, command(200, LAMP, wish))
            assert m.parse_ack(ack.payload) == (200, LAMP)
            assert node.pins()[LAMP_PIN] == pytest.approx(min(1, max(0, wish)) * 255, abs=0.5001)


def test_a_switch_is_on_from_a_half_up(bench: Make) -> None:
    with bench() as node:
        for wish, is_on in ((0.49, 0), (0.51, 1), (1, 1), (0, 0)):
            node.hear(m.COMMAND, command(1, RELAY, wish))
            assert node.pins()[RELAY_PIN] == is_on


@pytest.mark.parametrize("bits", [0x7FC00000, 0xFFC00000, 0x7F800000, 0xFF800000, 0x7F800001])
def test_no_number_and_no_output_is_not_acknowledged(bench: Make, bits: int) -> None:
    with bench() as node:
        node.hear(m.COMMAND, command(1, LAMP, 0.2))
        assert node.hear(m.COMMAND, bytes((2, LAMP)) + struct.pack("<I", bits)) == []
        assert node.hear(m.COMMAND, command(3, 3, 1)) == []
        assert node.hear(m.COMMAND, command(4, 255, 1)) == []
        assert node.pins()[LAMP_PIN] == 51


@ANY_MOMENT
def test_when_the_host_falls_silent_for_a_second_the_outputs_go_safe(
    bench: Make, clock_us: int
) -> None:
    with bench(clock_us=clock_us) as node:
        node.schema()
        node.hear(m.COMMAND, command(1, LAMP, 1), 995 * MS)
        assert node.pins()[LAMP_PIN] == 255
        frames = node.run(10 * MS)
        assert node.pins()[LAMP_PIN] == 0
        assert m.HELLO in types(frames)
        assert types(node.run(1_000 * MS)) == [m.HELLO] * 10


def test_damaged_frames_keep_no_lease(bench: Make) -> None:
    damaged = bytearray(encode(m.PING, 0, m.ping(1)))
    damaged[4] ^= 1
    with bench() as node:
        node.schema()
        node.hear(m.COMMAND, command(1, LAMP, 1))
        for _ in range(11):
            node.run(100 * MS, bytes(damaged))
        assert node.pins()[LAMP_PIN] == 0


def test_the_lease_guards_the_outputs_of_a_node_that_does_not_stream(bench: Make) -> None:
    with bench() as node:
        node.hear(m.COMMAND, command(1, LAMP, 1), 990 * MS)
        assert node.pins()[LAMP_PIN] == 255
        node.run(20 * MS)
        assert node.pins()[LAMP_PIN] == 0


def test_the_house_lights_up_when_the_host_is_gone(program_of: Callable[..., Path]) -> None:
    with HostNode(program_of("membrane")) as node:
        node.run(0)
        assert node.pins() == {3: 0, 5: 0, 6: 0, 9: 0, 10: 255}
        _, schema = node.schema()
        for output in range(len(schema.outputs)):
            node.hear(m.COMMAND, command(1, output, 0.0 if output == 4 else 1.0))
        assert node.pins() == {3: 255, 5: 255, 6: 255, 9: 255, 10: 0}
        node.run(1_010 * MS)
        assert node.pins() == {3: 0, 5: 0, 6: 0, 9: 0, 10: 255}


@ANY_MOMENT
def test_a_relay_is_on_for_two_seconds_at_most_whatever_the_host_repeats(
    bench: Make, clock_us: int
) -> None:
    with bench(clock_us=clock_us) as node:
        node.run(777 * MS)
        for _ in range(2):  # the next command begins anew
            for number in range(19):
                node.hear(m.COMMAND, command(number, RELAY, 1), 100 * MS)
            node.keep_alive(90)
            assert node.pins()[RELAY_PIN] == 1
            node.keep_alive(15)
            assert node.pins()[RELAY_PIN] == 0
            node.keep_alive(3_000)
            assert node.pins()[RELAY_PIN] == 0


def test_a_pause_gives_the_relay_its_whole_time_again(bench: Make) -> None:
    with bench() as node:
        for value in (1, 0, 1):
            node.hear(m.COMMAND, command(1, RELAY, value), 900 * MS)
        node.keep_alive(1_000)
        assert node.pins()[RELAY_PIN] == 1


def test_after_a_standstill_the_lease_is_over_and_nothing_is_made_up_for(bench: Make) -> None:
    with bench() as node:
        node.schema()
        node.hear(m.COMMAND, command(1, LAMP, 1))
        node.ask("stall 400000")
        assert len(node.run(0)) == 1
        assert node.pins()[LAMP_PIN] == 255
        node.ask("stall 500000")
        node.hear(m.PING, m.ping(1), 990 * MS)  # waited in the buffer; from here a second more
        assert node.pins()[LAMP_PIN] == 255
        node.ask("stall 4000000000")  # over an hour
        assert types(node.run(0)) == [m.HELLO]
        assert node.pins()[LAMP_PIN] == 0


def test_what_finds_no_room_is_dropped_whole_and_seq_tells(bench: Make) -> None:
    with bench() as node:
        node.schema()
        before = node.run(100 * MS)
        size = len(encode(m.TELEMETRY, 0, before[-1].payload))
        node.ask(f"room {5 * size + size - 1}")
        assert types(node.run(200 * MS)) == [m.TELEMETRY] * 5
        assert node.ask("dropped") == "15"
        assert node.hear(m.ASK_SCHEMA, m.ask_schema(0)) == []
        assert types(node.hear(m.PING, m.ping(1))) == [m.PONG]  # what is small finds its way
        node.ask("room -1")
        after = node.run(100 * MS)
        assert (after[0].seq - before[-1].seq) % 256 == 21


def test_a_frame_is_found_again_after_anything_that_came_before_it(bench: Make) -> None:
    ping = encode(m.PING, 0, m.ping(9))
    with bench() as node:
        node.run(0)
        for noise in (b"\1", b"\xff", b"x" * 131, b"x" * 132, b"x" * 500, b"\0" * 9, ping[:-3]):
            (pong,) = node.run(0, noise + ping)
            assert m.parse_pong(pong.payload) == (9, 0)
            assert len(node.run(0, ping + ping[1:])) == 2  # one zero between two frames will do
        (pong,) = [node.run(0, ping[i : i + 1]) for i in range(len(ping))][-1]
        assert m.parse_pong(pong.payload) == (9, 0)


def test_the_longest_frame_is_taken_and_a_longer_one_is_not(bench: Make) -> None:
    with bench() as node:
        node.hear(m.COMMAND, command(1, LAMP, 1), 900 * MS)
        node.hear(99, b"\1" * 124, 900 * MS)
        assert node.pins()[LAMP_PIN] == 255
        body = bytes((99, 0)) + b"\1" * 125
        body += schema_id(body).to_bytes(4, "little")
        node.run(900 * MS, b"\0" + stuff(body) + b"\0")
        assert node.pins()[LAMP_PIN] == 0


def test_no_bytes_harm_the_core(bench: Make) -> None:
    dice = random.Random(3)
    questions = [encode(t, dice.randrange(256), dice.randbytes(n)) for t in range(12)
                 for n in (0, 1, 2, 4, 6, 14, 124)]  # fmt: skip
    with bench() as node:
        for _ in range(400):
            bytes_ = bytearray(b"".join(dice.choices(questions, k=20)))
            for _ in range(dice.randrange(20)):
                bytes_[dice.randrange(len(bytes_))] = dice.choice(
                    (0, 1, 2, 255, dice.randrange(256))
                )
            node.run(dice.randrange(2_000), bytes(bytes_))
            node.run(0, dice.randbytes(2_000))
            zeros = bytes(dice.choices((0, 1, 2, 3, 130, 131, 132, 255), k=500))
            node.run(0, zeros + b"\0")
        assert node.hear(m.PING, m.ping(4))[-1].type == m.PONG


@pytest.mark.parametrize(
    ("channels", "sentence"),
    [
        (["ANALOGUE(weight, N, 30, 0, 0)"], "weight has LOW not below HIGH"),
        (["ANALOGUE(weight, N, 0, 1e9, 0)"], "one of them is too large"),
        ([f"STATE(touch_{i}, state, 0, 1, {i})" for i in range(30)], "at most 29 channels"),
    ],
)
def test_a_mistake_in_an_object_is_a_sentence_when_it_is_compiled(
    tmp_path: Path, channels: list[str], sentence: str
) -> None:
    object_of(tmp_path, "wrong", channels)
    with pytest.raises(subprocess.CalledProcessError) as error:
        build("wrong", tmp_path / "build", tmp_path)
    assert sentence in error.value.stderr


def test_the_page_for_makers_tells_the_pins_of_the_headers(tmp_path: Path) -> None:
    page = (OBJECTS.parent / "README.md").read_text()
    for path in OBJECTS.glob("*.h"):
        table = page.split(f"| `{path.stem}` | pin |")[1].split("\n\n")[0]
        assert pins_of_table(table) == pins_of(path.stem, tmp_path)
