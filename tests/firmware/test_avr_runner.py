"""avr-node in lockstep: the part, its pins and its line as they are on a board, and its faults."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest

from firmware_bridge import messages as m
from firmware_bridge.session import Session
from firmware_bridge.simulated.avr import LockstepNode
from firmware_bridge.simulated.avr_pins import Wiring
from firmware_bridge.wire import encode
from tests.firmware.avr_talk import (
    BROWNOUT,
    BYTE_US,
    EXTERNAL,
    MS,
    POWER,
    WATCHDOG,
    Probe,
    converse,
    hellos,
    next_hello,
)

DDRB, PORTB, PIND, DDRD, PORTD = 0x24, 0x25, 0x29, 0x2A, 0x2B
TCCR0A, TCCR0B, OCR0A, TCCR1A, TCCR1B, OCR1AL = 0x44, 0x45, 0x47, 0x80, 0x81, 0x88
CYCLES_PER_MS = 16_000
SECOND = 1000 * MS
HELLO_SIZE = 23
"""On the wire, where no byte of the CRC is 00."""


def live(node: LockstepNode) -> Session:
    """A host that the node streams to."""
    session = Session()
    converse(node, session, SECOND)
    assert session.state == "live"
    return session


# ---- The part ----


def test_each_cause_of_a_reset_is_told_and_added_up_until_the_power_goes(probe: Path) -> None:
    with Probe(probe) as node:
        assert node.hear(MS) == bytes([ord("B"), POWER])
        for cause, bit in (("external", EXTERNAL), ("brownout", BROWNOUT)):
            node.reset(cause)
            told = node.hear(MS)
            assert told[0] == ord("B")
            assert told[1] & bit
        assert told[1] == POWER | EXTERNAL | BROWNOUT
        node.reset("power")
        assert node.hear(MS) == bytes([ord("B"), POWER])


def test_memory_lives_through_a_reset_and_is_forgotten_without_power(probe: Path) -> None:
    with Probe(probe) as node:
        node.ask("poke probe_mark c0ffee42")
        node.reset("external")
        node.hear(MS)
        assert node.ask("peek probe_mark 4") == ["c0ffee42"]
        node.reset("brownout")
        node.hear(MS)
        assert node.ask("peek probe_mark 4") != ["c0ffee42"]


def test_a_watchdog_that_nobody_feeds_resets_the_part(probe: Path) -> None:
    with Probe(probe) as node:
        node.hear(MS)
        assert node.hear(15 * MS, b"D") == b""
        assert node.hear(5 * MS) == bytes([ord("B"), POWER | WATCHDOG])


def test_the_firmware_that_stands_still_is_woken_by_its_watchdog(bench: Path) -> None:
    with LockstepNode(bench, "--uid=7", "--boots=20") as node:
        assert next_hello(node).boot == 21
        node.ask("freeze 100")
        assert next_hello(node).boot == 21
        node.ask("freeze 2000")
        hello = next_hello(node)
        assert (hello.boot, hello.cause) == (22, WATCHDOG)
        assert node.stats()["resets"] == 1


def test_uid_and_boots_are_those_given_and_the_eeprom_keeps_them(
    bench: Path, tmp_path: Path
) -> None:
    image = f"--eeprom={tmp_path / 'eeprom'}"
    with LockstepNode(bench, image, "--uid=3405691582", "--boots=511") as node:
        assert (next_hello(node).uid, next_hello(node).boot) == (0xCAFEBABE, 512)
        node.reset("external")
        assert next_hello(node).boot == 513
    with LockstepNode(bench, image) as node:
        assert (next_hello(node).uid, next_hello(node).boot) == (0xCAFEBABE, 514)


def test_without_power_nothing_happens_and_then_it_boots(probe: Path) -> None:
    with Probe(probe) as node:
        node.hear(MS, b"F")
        node.unplug()
        begun_us = node.now_us
        for i in range(1, 4):
            assert node.run(10 * MS, bytes(5000)) == (begun_us + 10 * MS * i, b"")
        node.plug()
        assert node.hear(MS) == bytes([ord("B"), POWER])


def test_a_reset_breaks_off_what_is_being_sent(probe: Path) -> None:
    with Probe(probe) as node:
        assert node.hear(MS, b"F")[-1] == ord("f")
        node.reset("external")
        assert node.hear(MS) == bytes([ord("B"), POWER | EXTERNAL])


# ---- The pins ----


def test_an_input_is_what_drives_it_or_its_pull_up(probe: Path) -> None:
    with Probe(probe) as node:
        node.hear(MS)
        node.ask("pin D4 1")
        assert node.read(PIND) & 0x14 == 0x10
        node.ask("pin D4 z")
        assert node.read(PIND) & 0x14 == 0
        node.write(PORTD, 0x14)
        assert node.read(PIND) & 0x14 == 0x14
        node.ask("pin D4 0")
        assert node.read(PIND) & 0x14 == 0x04
        node.write(PORTD, 0x34)
        assert node.read(PIND) & 0x14 == 0x04
        node.reset("external")
        node.hear(MS)
        node.write(PORTD, 0x14)
        assert node.read(PIND) & 0x14 == 0x04
        node.ask("pin D4 z")
        assert node.read(PIND) & 0x14 == 0x14
        node.ask("press D4 1 2")
        assert node.read(PIND) & 0x14 == 0x04
        node.hear(2 * MS)
        assert node.read(PIND) & 0x14 == 0x14
        node.ask("press D4 1 2")
        node.ask("pin D4 0")
        node.hear(4 * MS)
        assert node.read(PIND) & 0x14 == 0x04


def test_outputs_tell_the_duty_that_the_timers_make(probe: Path) -> None:
    def told() -> dict[str, float]:
        return {k: float(v) for k, v in (word.split("=") for word in node.ask("outputs"))}

    with Probe(probe) as node:
        node.hear(MS)
        assert told() == {}
        node.write(DDRB, 0x03)
        node.write(PORTB, 0x01)
        assert told() == {"D8": 1.0, "D9": 0.0}
        node.write(OCR1AL, 63)
        node.write(TCCR1A, 0x81)
        node.write(TCCR1B, 0x0B)
        assert told() == {"D8": 1.0, "D9": 0.25}  # fast: high for one count more
        node.write(TCCR1A, 0xC1)
        assert told()["D9"] == 0.75
        node.write(DDRD, 0x60)
        node.write(OCR0A, 51)
        node.write(TCCR0A, 0x81)
        node.write(TCCR0B, 0x03)
        assert told()["D6"] == 0.2  # phase-correct
        node.write(TCCR0A, 0x82)
        assert math.isnan(told()["D6"])  # a mode that this does not know
        assert told()["D5"] == 0.0
        node.unplug()
        assert told() == {}


def test_readings_in_si_units_come_back_as_telemetry(bench: Path) -> None:
    with LockstepNode(bench, "--uid=7") as node:
        session = live(node)
        node.feel({"level": 1.5, "touch": 1.0, "button": 100.0, "no_such": 1.0})
        level, *others = converse(node, session, 200 * MS)[-1].values
        assert level == pytest.approx(1.5, abs=4.5 / 1023)
        assert others == [1.0, 0.0]
        node.feel({"level": math.nan, "touch": 0.0, "button": 103.0})
        values = [sample.values for sample in converse(node, session, SECOND)]
        assert values[-1] == (level, 0.0, 3.0)
        assert {count for _, _, count in values} == {0.0, 1.0, 2.0, 3.0}


def test_readings_that_stay_are_not_given_again(bench: Path) -> None:
    wiring, readings = Wiring(bench), {"level": 4.5, "touch": 0.0, "button": 0.0}
    assert wiring.commands(readings) == ["adc 0 1023", "pin D2 0"]
    assert wiring.commands(readings) == []
    assert wiring.commands({**readings, "level": 9.0, "touch": 1.0}) == ["pin D2 1"]
    assert wiring.commands({"button": 2.0}) == ["press D4 2"]


def test_every_step_of_the_adc_reads_as_itself(bench: Path) -> None:
    with LockstepNode(bench, "--uid=7") as node:
        session = live(node)
        for step in (0, 1, 2, 340, 511, 512, 1022, 1023):
            node.ask(f"adc 0 {step}")
            level = converse(node, session, 50 * MS)[-1].values[0]
            assert level == pytest.approx(4.5 * step / 1023, abs=0.001)  # a step is 0.0044


def test_a_contact_shorter_than_20_ms_is_no_press(bench: Path) -> None:
    with LockstepNode(bench, "--uid=7") as node:
        session = live(node)
        node.ask("press D4 5 10")
        assert converse(node, session, 300 * MS)[-1].values[2] == 0.0
        node.ask("press D4 5 30")
        assert converse(node, session, 400 * MS)[-1].values[2] == 5.0


# ---- The line ----


def test_bytes_take_their_time_in_both_directions(probe: Path) -> None:
    with Probe(probe) as node:
        node.hear(MS)
        sent_us = node.now_us
        stamps = []
        data = b"E\x01E\x00" * 10
        while len(stamps) < 10:
            stamps.append(node.run(10 * MS, data)[0])
            data = b""
        assert 0 <= stamps[0] - sent_us - 5 * BYTE_US < 10
        assert all(abs(b - a - 4 * BYTE_US) <= 2 for a, b in pairwise(stamps))
        assert node.stats()["in"] == 40
        assert node.run(2 * BYTE_US - 5, b"F")[1] == b""
        assert node.run(10)[1] == b"f"


def test_bytes_that_a_deaf_firmware_does_not_take_are_counted(probe: Path) -> None:
    with Probe(probe) as node:
        node.hear(MS)
        node.hear(20 * MS, b"E." * 200)
        assert node.stats()["overrun"] == 0
        node.hear(20 * MS, b"N" + b"E." * 100)
        assert node.stats()["overrun"] == 200 - 63


def test_noise_strikes_as_often_as_asked_and_is_counted(probe: Path) -> None:
    with Probe(probe) as node:
        node.hear(MS)
        node.hear(MS, b"F")
        node.noise(byte_errors=0.1)
        heard = node.hear(SECOND, bytes(8000))
        assert node.stats()["altered"] == pytest.approx(0.1 * (len(heard) + 8000), rel=0.1)
        assert len(heard) - heard.count(b"f") == pytest.approx(0.1 * len(heard), rel=0.2)
        node.noise(drops=0.5)
        assert len(node.hear(SECOND)) == pytest.approx(SECOND / BYTE_US / 2, rel=0.1)
        assert node.stats()["dropped"] == pytest.approx(SECOND / BYTE_US / 2, rel=0.1)


def test_noise_costs_frames_and_no_more(bench: Path) -> None:
    with LockstepNode(bench, "--uid=7", "--seed=3") as node:
        session = live(node)
        node.noise(bit_errors=0.0005)
        kept = len(converse(node, session, 10 * SECOND))
        assert session.corrupt > 10
        assert 700 < kept < 990
        node.noise()
        converse(node, session, 2 * SECOND)
        assert session.state == "live"


def test_opening_the_port_resets_and_the_bootloader_babbles(bench: Path) -> None:
    with LockstepNode(bench, "--uid=7") as node:
        begun_us, _ = node.run(SECOND)
        node.ask("dtr 30 500")
        now_us, data = node.run(0)
        while not hellos(data):
            now_us, more = node.run(SECOND)
            data += more
        assert hellos(data)[0].cause == EXTERNAL
        assert 500 * MS < now_us - begun_us < 600 * MS
        assert len(data) == 30 + HELLO_SIZE


# ---- Lockstep ----


def story(bench: Path, *options: str, step_us: int = 100 * MS) -> list[tuple[int, bytes]]:
    """All that a node sends in three seconds of faults, with its stamps."""
    heard = []
    with LockstepNode(bench, "--uid=9", *options) as node:
        node.noise(byte_errors=0.01, drops=0.01)
        for second in range(1, 4):
            now_us = 0
            while now_us < second * SECOND:
                ask = encode(m.PING, 0, m.ping(second)) if now_us % SECOND == 0 else b""
                now_us, data = node.run(min(step_us, second * SECOND - now_us), ask)
                heard.append((now_us, data))
            node.reset("power")
    return [(t, data) for t, data in heard if data]


def test_the_same_seed_tells_the_same_story_byte_for_byte(bench: Path) -> None:
    first = story(bench, "--seed=1")
    assert len(first) > 25
    assert first == story(bench, "--seed=1")
    assert first != story(bench, "--seed=2")


def test_it_does_not_matter_how_time_is_cut_up(bench: Path) -> None:
    def sent(step_us: int) -> tuple[bytes, int]:
        with LockstepNode(bench, "--uid=9") as node:
            now_us, data = 0, b""
            while now_us < SECOND:
                now_us, more = node.run(min(step_us, SECOND - now_us))
                data += more
            return data, node.stats()["cycles"]

    data, cycles = sent(SECOND)
    assert len(hellos(data)) == 10
    assert cycles == pytest.approx(1000 * CYCLES_PER_MS, abs=10)
    assert sent(97)[0] == sent(10 * MS)[0] == data


def test_a_fast_crystal_is_fast(probe: Path) -> None:
    with LockstepNode(probe, "--ppm=50000") as node:
        node.run(SECOND)
        node.run(SECOND)
        assert node.stats()["cycles"] == pytest.approx(2000 * CYCLES_PER_MS * 1.05, abs=10)


def test_a_frame_is_handed_over_when_its_last_bit_has_left(bench: Path) -> None:
    with LockstepNode(bench, "--uid=9") as node:
        before, (first_us, frame), (second_us, again) = (
            node.run(0),
            node.run(SECOND),
            node.run(SECOND),
        )
        assert before == (0, b"")
        assert frame[0] == frame[-1] == 0
        assert len(hellos(frame)) == len(hellos(again)) == 1
        assert second_us - first_us == pytest.approx(100 * MS, abs=2 * MS)
        assert node.run(10) == (second_us + 10, b"")
