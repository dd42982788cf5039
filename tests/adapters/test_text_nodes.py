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
     '{"distance": "1"}', '{"distance": {"a": 1}}', '{"distance": "far", "touch": 1}', "1,,1",
     "1.25,1 ok", "12.5cm,1", "{}", '{"distance": 1', "nanny,1", "distance=1_0"],
)  # fmt: skip
def test_a_line_that_says_nothing_sure_is_counted_and_left(line: str) -> None:
    assert told(line) is None


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("1.25,nan", None), ("1.25 -inf", None), ("1.25;OVF", None), ("1.25,1e999", None),
        ("distance=1.25 touch=NaN", None), ('{"distance": 1.25, "touch": NaN}', None),
        ('{"distance": 1.25, "touch": null}', None), ("D1.25 Tnan", "D{distance} T{touch}"),
        ('{"distance": 1.25, "touch": 1' + "0" * 400 + "}", None),
    ],
)  # fmt: skip
def test_a_sensor_that_prints_no_number_is_unknown_and_the_others_are_heard(
    line: str, pattern: str | None
) -> None:
    session = door(pattern)
    session.receive(b"2,1\n" if pattern is None else b"D2 T1\n", 0)
    (sample,) = session.receive(line.encode() + b"\n", 1)
    assert (sample.values, sample.strays, session.corrupt) == ((1.25, None), (), 0)


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
        ("{_}: {distance}", "12:30: front, left: 2.5", (2.5, None)),
        ("{_}T{touch:d}", "Temp of T: T1", (None, 1.0)),
        ("{distance}cm{_}", "2.5cm (good)", (2.5, None)),
        (" D {distance}\tT{touch}", "D   1.25  T1", (1.25, 1.0)),
        ('{{"d": {{"m": {distance}}}}}', '{"d": {"m": 1.25}}', (1.25, None)),
        ("Entfernung größer {distance} °", "Entfernung größer 1.5 °", (1.5, None)),
        ("{channel:d}={value}", "12345678901234567890=1", None),
        ("{channel}={value}", "touched=1", None),
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
        ("{distence} {touch}", "place 1: no field {distence}"),
        ("{}", "place 1: no field {}; there are channel, value, seq, _, distance, touch"),
        ("{distance", "place 1: a { without its other half; write {{ for the sign itself"),
        ("{distance} }", "place 12: a } without its other half"),
        ("x {distance:s}", "place 3: {distance:s} is none; write {distance} or {distance:d} or "),
        ("{channel:f} {value}", "{channel:f} is none; write {channel} or {channel:d}"),
        ("{seq:f} {touch}", "{seq:f} is none; write {seq} or {seq:d}"),
        ("{_:d} {touch}", "{_:d} is none; write {_}"),
        ("{distance} {distance}", "place 12: {distance} is there twice"),
        ("{distance}{touch}", "place 11: {touch} follows a field at once"),
        ("{_}{touch}", "place 4: {touch} follows a field at once"),
        ("{value}", "has no {channel}"),
        ("{channel} {seq}", "has no {value}"),
        ("{channel} {value} {touch}", "has both {value} and {touch}"),
        ("", "reads nothing"),
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


@given(
    st.lists(
        st.sampled_from([b"1,1", b"9,nan", b"touch=1", b"{", b"\xff\xc3", b"x" * 600, b" ", b"\n",
                         b"\r", b"\n", b"\r\n", b'{"touch":0}', b"distance: 2, touch 1"])
    ).map(b"".join),
    st.lists(st.integers(1, 300), min_size=1, max_size=20),
)  # fmt: skip
def test_however_it_is_chopped_any_stream_says_the_same(stream: bytes, steps: list[int]) -> None:
    whole, chopped = TextSession("door", CHANNELS), TextSession("door", CHANNELS)
    samples: list[Sample] = []
    at = turn = 0
    while at < len(stream):
        step = steps[turn % len(steps)]
        samples += chopped.receive(stream[at : at + step], 7)
        at, turn = at + step, turn + 1
    assert samples == whole.receive(stream, 7)
    assert (chopped.corrupt, chopped.state) == (whole.corrupt, whole.state)


def test_lines_that_were_lost_are_counted_by_their_numbers() -> None:
    session = door("{seq:d} {distance:f}")
    session.receive(b"7 1\n8 1\n11 1\n12 1\n0 1\n1 1\n", 0)
    assert session.dropped == 2


def test_a_jump_of_the_numbers_is_no_loss_of_a_million_lines() -> None:
    session = door("{seq:d} {distance:f}")
    session.receive(b"7 1\n900007 1\n8 1\n1009 1\n", 0)
    assert session.dropped == 1000


def test_a_reading_out_of_range_is_unknown_and_told() -> None:
    (sample,) = door().receive(b"9.5,1\n", 0)
    assert sample.values == (None, 1.0)
    assert sample.strays == (0,)


def test_a_channel_stays_out_of_range_until_it_is_told_again() -> None:
    samples = door().receive(b"9.5,1\ntouch=0\ndistance=1\n", 0)
    assert [s.strays for s in samples] == [(0,), (0,), ()]
    assert [s.values for s in samples] == [(None, 1.0), (None, 0.0), (1.0, 0.0)]


def test_what_was_known_before_the_silence_is_not_known_after_it() -> None:
    session = door("{seq:d} {channel}={value}")
    session.receive(b"1 touch=1\n", 0)
    session.poll(SILENT_US)
    (sample,) = session.receive(b"9 distance=2\n", SILENT_US + 1)
    assert (sample.values, session.dropped) == ((2.0, None), 0)


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


def test_without_a_pattern_it_is_said_what_would_be_understood() -> None:
    session = door()
    session.receive(b"12.5cm \x07" + b"y" * 60 + b"\n", 0)
    assert session.due_us == PUZZLED_US
    session.poll(session.due_us)
    assert session.why == (
        "prints lines that are neither JSON nor pairs of distance, touch and a number, nor "
        f"numbers, 2 a line, such as '12.5cm ·{'y' * 32}'"
    )
    session.receive(b"1,1\n", 3_000_000)
    assert (session.state, session.why) == ("live", "")


def test_nonsense_is_told_again_every_two_seconds_and_no_oftener() -> None:
    session, said = door("{distance} m"), []
    for now_us in range(0, 10_000_000, 25_000):
        session.receive(b"%d mm\n" % now_us, now_us)
        session.poll(now_us)
        if session.why not in said:
            said.append(session.why)
    assert [s.rpartition("such as ")[2] for s in said[:3]] == ["", "'2000000 mm'", "'4025000 mm'"]
    assert len(said) == 5


def test_a_live_board_that_turns_to_nonsense_is_lost_for_that_reason() -> None:
    session = door()
    session.receive(b"1,1\n", 0)
    for now_us in range(0, SILENT_US + 1, 100_000):
        session.receive(b"menu> \n", now_us)
        session.poll(now_us)
    assert session.state == "lost"
    assert session.why.endswith("such as 'menu>'")


def test_an_end_of_line_that_comes_in_two_is_no_nonsense() -> None:
    session = door(silent_us=None)
    session.receive(b"1,1\r", 0)
    session.receive(b"\n", 0)
    session.poll(PUZZLED_US)
    assert (session.why, session.corrupt) == ("", 0)


def test_a_misspelt_channel_is_told_until_all_are_heard() -> None:
    session = door()
    session.receive(b"distnce: 1.25, touch: 1, touch: 0, distnce: 2\n", 0)
    assert (session.state, session.why) == ("live", "prints distnce, but never distance")
    session.receive(b"distance: 1.25, battery: 88\n", 0)
    assert session.why == ""


def test_names_that_are_no_channels_are_remembered_within_bounds() -> None:
    session = door()
    for n in range(1000):
        session.receive(b"touch=1 name%d=1\n" % n, n)
    assert session.why.count("name") == 8


def hears_noise(session: TextSession, noise: bytes) -> str:
    for now_us in range(0, 2 * PUZZLED_US, 10_000):
        session.receive(noise, now_us)
        session.poll(now_us)
    return session.why


@pytest.mark.parametrize(
    "noise", [random.Random(1).randbytes(400), b"\xff" * 100, bytes(200), b"\x80\x00\xf8\n"]
)
def test_noise_is_taken_for_a_wrong_baud_rate(noise: bytes) -> None:
    """Even where no end of a line is ever seen in it."""
    assert hears_noise(TextSession("door", CHANNELS), noise).endswith("is this its baud rate?")


@pytest.mark.parametrize("text", ["tür: zu", "距離は二メートル", "hello"])
def test_text_in_any_language_is_no_noise(text: str) -> None:
    said = hears_noise(TextSession("door", CHANNELS), text.encode() + b"\n")
    assert said.endswith(f"such as '{text}'")


def test_endless_bytes_without_a_line_are_counted_once_and_kept_nowhere() -> None:
    session = door()
    for _ in range(2000):
        session.receive(b"y" * 1000, 0)
    assert session.corrupt == 1
    assert len(session._splitter._rest) <= MOST_LINE
    assert [s.values for s in session.receive(b"\n1,1\n", 0)] == [(1.0, 1.0)]


@pytest.mark.parametrize("step", [1, 100, 1000])
def test_an_endless_first_line_is_counted_and_a_partial_one_is_not(step: int) -> None:
    corrupt = []
    for length in (MOST_LINE, MOST_LINE + 1):
        stream = b"z" * length + b"\n"
        session = TextSession("door", CHANNELS)
        for at in range(0, len(stream), step):
            session.receive(stream[at : at + step], 0)
        corrupt.append(session.corrupt)
    assert corrupt == [0, 1]


def test_a_line_nested_deeper_than_the_stack_is_not_understood() -> None:
    def beneath(calls: int) -> tuple[float | None, ...] | None:
        return beneath(calls - 1) if calls else told('{"a":' + "[" * 507)

    assert beneath(600) is None


def test_a_million_random_bytes_do_no_harm() -> None:
    session, dice = door(), random.Random(2)
    for step in range(1000):
        session.receive(dice.randbytes(1000), step)
        assert len(session._splitter._rest) <= MOST_LINE
    assert session.corrupt > 1000


def test_a_line_of_just_512_bytes_is_read_and_a_longer_one_is_not() -> None:
    line = b"1," + b"0" * (MOST_LINE - 3) + b"1"
    session = door()
    assert len(session.receive(line + b"\n", 0)) == 1
    assert session.receive(b"0" + line + b"\n", 0) == []
    assert session.corrupt == 1


@pytest.mark.parametrize(
    "line",
    ["1  " * 170 + "!", "11 " * 170 + "!", "a" + " " * 500 + "!", "a=1 , " * 80 + "!",
     "1" * 510 + "!", "a  1  " * 80 + "!", "1e1e" * 120, "[" * 512, "{" * 512],
)  # fmt: skip
def test_a_hostile_line_costs_no_more_than_its_length(line: str) -> None:
    """With an ambiguous expression each of these takes longer than the universe is old."""
    assert told(line[:MOST_LINE]) is None


@pytest.mark.parametrize("sign", ["-", "1", "a", " ", "1-", "-1 ", "a="])
def test_a_hostile_line_costs_no_more_than_its_length_under_a_pattern_either(sign: str) -> None:
    """With an expression that backtracks, the last of these fields would take years."""
    pattern = "{_}" + "-{_}" * 20 + "a{distance}1{_} {touch}!"
    assert told((sign * MOST_LINE)[:MOST_LINE], pattern) is None


def test_nothing_can_be_asked_of_it() -> None:
    with pytest.raises(ValueError, match="door prints lines, and so has no outputs"):
        door().set_output(0, 1.0)
    assert door().poll(0) == b""
