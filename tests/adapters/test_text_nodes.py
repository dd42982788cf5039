"""Boards that print lines."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.sample import Sample
from firmware_bridge.schema import Described
from firmware_bridge.text import MOST_LINE, PUZZLED_US, SILENT_US, TextSession

CHANNELS = (Described("distance", "m", 0.0, 4.5), Described("touch", "state", 0.0, 1.0))


def door(pattern: str | None = None, silent_us: int | None = SILENT_US) -> TextSession:
    """A board whose first, partial line is past."""
    session = TextSession("door", CHANNELS, pattern, silent_us=silent_us)
    session.receive(b"art of a line\n", 0)
    return session


def told(line: str, pattern: str | None = None) -> tuple[float | None, ...] | None:
    samples = door(pattern).receive(line.encode() + b"\n", 1)
    return samples[-1].values if samples else None


@pytest.mark.parametrize(
    "line",
    [
        "1.25,1", "1.25 1", "1.25;\t1", "1.25, 1,", "distance=1.25 touch=1",
        "distance: 1.25, touch: 1", "distance 1.25 touch 1", "touch=+1;distance=125e-2",
        '{"distance": 1.25, "touch": true}', '{"touch": 1, "distance": 1.25, "who": "me"}',
        "distance:1.25,touch:1,battery:88",
    ],
)  # fmt: skip
def test_a_line_is_understood_by_its_look(line: str) -> None:
    assert told(line) == (1.25, 1.0)


@pytest.mark.parametrize(
    "line",
    ["", "hello", "1.25", "1 2 3", "battery=88", "distance=12.5cm", "distance=", "{", "[1, 1]",
     '{"distance": "1"}', '{"distance": {"a": 1}}', "nan,1", '{"distance": NaN}', "1.25,1 ok"],
)  # fmt: skip
def test_a_line_that_says_nothing_sure_is_counted_and_left(line: str) -> None:
    assert told(line) is None


@pytest.mark.parametrize(
    ("pattern", "line", "values"),
    [
        ("{channel:d} {seq:d} {value:d}", "0 17 1", (1.0, None)),
        ("{channel}={value:f}", "touch=1", (None, 1.0)),
        ("D{distance:f} T{touch:d}", "D1.25 T1", (1.25, 1.0)),
        ("{_}: {distance} m", "front: 1.5 m", (1.5, None)),
        ("{channel:d} {seq:d} {value:d}", "2 17 1", None),
        ("{channel:d} {seq:d} {value:d}", "0 17 1.5", None),
        ("D{distance:f} T{touch:d}", "D1.25 T1 ", (1.25, 1.0)),
        ("D{distance:f} T{touch:d}", "1.25,1", None),
        ("a+b={distance}", "a+b=2", (2.0, None)),
    ],
)
def test_with_a_pattern_only_the_pattern_is_understood(
    pattern: str, line: str, values: tuple[float | None, ...] | None
) -> None:
    assert told(line, pattern) == values


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("{distence} {touch}", "did you mean {distance}?"),
        ("{distance", "place 1: a { without its other half"),
        ("x {distance:s}", "place 3: {distance:s} ends in :s; write :d, :f or nothing"),
        ("{distance} {distance}", "is there twice"),
        ("{value}", "has no {channel}"),
        ("{channel} {seq}", "has no {value}"),
        ("hello", "reads nothing"),
    ],
)
def test_a_wrong_pattern_is_told_in_a_sentence_with_its_place(pattern: str, says: str) -> None:
    with pytest.raises(ValueError, match="pattern") as mistake:
        TextSession("door", CHANNELS, pattern)
    assert says in str(mistake.value)


def test_a_lone_channel_needs_no_name() -> None:
    session = TextSession("door", CHANNELS[:1], "{seq:d} {value:f}")
    (sample,) = session.receive(b"\n1 2.5\n", 0)
    assert sample.values == (2.5,)


STREAM = b"ouch=1\r\ndistance=1.25\ntouch=0\r\rtouch=1 distance=2\n\nnonsense\n1.5,0\n" + (
    b"x" * (MOST_LINE + 200) + b"\ndistance=3.5\n{}\n"
)


@given(st.lists(st.integers(1, 90), min_size=1))
def test_however_it_is_chopped_a_stream_says_the_same(steps: list[int]) -> None:
    whole, chopped = TextSession("door", CHANNELS), TextSession("door", CHANNELS)
    samples: list[Sample] = []
    at = turn = 0
    while at < len(STREAM):
        step = steps[turn % len(steps)]
        samples += chopped.receive(STREAM[at : at + step], 7)
        at, turn = at + step, turn + 1
    assert samples == whole.receive(STREAM, 7)
    assert [s.values for s in samples] == [
        (1.25, None), (1.25, 0.0), (2.0, 1.0), (1.5, 0.0), (3.5, 0.0),
    ]  # fmt: skip
    assert chopped.corrupt == whole.corrupt == 3


def test_lines_that_were_lost_are_counted_by_their_numbers() -> None:
    session = door("{seq:d} {distance:f}")
    session.receive(b"7 1\n8 1\n11 1\n12 1\n0 1\n1 1\n", 0)
    assert session.dropped == 2


def test_a_reading_out_of_range_is_unknown_and_told() -> None:
    (sample,) = door().receive(b"9.5,1\n", 0)
    assert sample.values == (None, 1.0)
    assert sample.strays == (0,)


def test_a_board_that_falls_silent_is_lost_and_found() -> None:
    session = door()
    assert session.state == "absent"
    session.receive(b"1,1\n", 1_000_000)
    assert (session.state, session.due_us) == ("live", 1_000_000 + SILENT_US)
    session.poll(session.due_us)
    assert (session.state, session.why) == ("lost", "silent for 5 s")
    session.receive(b"1,1\n", 20_000_000)
    assert (session.state, session.why) == ("live", "")


def test_a_board_that_may_be_silent_is_never_lost_by_it() -> None:
    session = door(silent_us=None)
    session.receive(b"1,1\n", 0)
    session.poll(10**12)
    assert session.state == "live"


def test_a_port_that_goes_and_comes_begins_with_a_part_of_a_line() -> None:
    session = door()
    session.receive(b"1,1\n2,", 0)
    session.lose("/dev/ttyUSB0 is gone")
    assert (session.state, session.why) == ("lost", "/dev/ttyUSB0 is gone")
    assert [s.values for s in session.receive(b"1\n3,0\n", 1)] == [(3.0, 0.0)]


def test_what_is_not_understood_is_shown() -> None:
    session = door("{distance} m")
    session.receive(b"Distance is 12\n", 0)
    session.poll(PUZZLED_US)
    assert session.why == (
        "prints lines that do not match the pattern '{distance} m', such as 'Distance is 12'"
    )


def test_noise_is_taken_for_a_wrong_baud_rate() -> None:
    session, dice = door(), random.Random(1)
    for step in range(300):
        session.receive(bytes(dice.randrange(128, 256) for _ in range(20)) + b"\n", step * 10_000)
        session.poll(step * 10_000)
    assert session.why == "prints no text: is this its baud rate?"


def test_endless_bytes_without_a_line_are_counted_once_and_kept_nowhere() -> None:
    session = door()
    for _ in range(2000):
        session.receive(b"y" * 1000, 0)
    assert session.corrupt == 1
    assert len(session._rest) <= MOST_LINE
    assert [s.values for s in session.receive(b"\n1,1\n", 0)] == [(1.0, 1.0)]


def test_a_million_random_bytes_do_no_harm() -> None:
    session, dice = door(), random.Random(2)
    for step in range(1000):
        session.receive(dice.randbytes(1000), step)
        assert len(session._rest) <= MOST_LINE


@pytest.mark.parametrize(
    "line",
    ["1  " * 170 + "!", "11 " * 170 + "!", "a" + " " * 500 + "!", "a=1 , " * 80 + "!",
     "1" * 510 + "!", "a  1  " * 80 + "!", "1e1e" * 120, "[" * 512, "{" * 512],
)  # fmt: skip
def test_a_hostile_line_costs_no_more_than_its_length(line: str) -> None:
    """With an ambiguous expression each of these takes longer than the universe is old."""
    assert told(line[:MOST_LINE]) is None


def test_nothing_can_be_asked_of_it() -> None:
    with pytest.raises(ValueError, match="door prints lines, and so has no outputs"):
        door().set_output(0, 1.0)
    assert door().poll(0) == b""
