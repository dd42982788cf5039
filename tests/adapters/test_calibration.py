"""Calibration: what it does to readings, and what becomes of its file."""

from __future__ import annotations

import tomllib
from math import nan
from pathlib import Path

import pytest

from firmware_bridge.calibration import (
    Calibration,
    CalibrationError,
    Corrections,
    load,
    placed,
    save,
    scaled,
    still,
    touch_of,
    zeroed,
)
from firmware_bridge.sample import ChannelHealth
from firmware_bridge.schema import Described

WEIGHT = Described("weight", "N", 0.0, 30.0)
RANGE = Described("range", "m", 0.0, 4.5)
PAD = Described("pad", "", 0.0, 1023.0)
TOUCH = Described("touch", "state", 0.0, 1.0)


def corrected(channel: Described, how: Calibration, *raw: float | None) -> list[float | None]:
    corrections = Corrections([channel], {channel.name: how})
    return [corrections.apply((r,))[0] for r in raw]


def test_a_scale_with_a_plate_on_it_is_zeroed_and_told_what_ten_newtons_are() -> None:
    how = zeroed(Calibration(), still([2.0, 2.1, 1.9], WEIGHT), WEIGHT)
    how = scaled(how, 7.0, 10.0, WEIGHT)
    assert corrected(WEIGHT, how, 2.0, 7.0, 12.0) == [0.0, 10.0, 20.0]


def test_a_range_finder_that_cannot_read_zero_is_told_two_distances() -> None:
    how = placed(Calibration(), (1.1, 3.3), (1.0, 3.0), RANGE)
    assert corrected(RANGE, how, 1.1, 3.3, 2.2) == pytest.approx([1.0, 3.0, 2.0])
    how = placed(Calibration(), (1.0, 3.0), (3.0, 1.0), RANGE)
    assert corrected(RANGE, how, 1.0, 2.5) == pytest.approx([3.0, 1.5])


def test_what_comes_out_stays_within_the_channel() -> None:
    assert corrected(WEIGHT, Calibration(offset=2.0), 1.0, 32.5) == [0.0, 30.0]


def test_a_sensor_mounted_the_wrong_way_round_is_inverted() -> None:
    assert corrected(WEIGHT, Calibration(invert=True), 0.0, 30.0, 10.0) == [30.0, 0.0, 20.0]
    assert corrected(TOUCH, Calibration(invert=True), 0.0, 1.0) == [1.0, 0.0]


@pytest.mark.parametrize(
    "before",
    [
        Calibration(),
        Calibration(invert=True),
        Calibration(-1.0, -2.0),
        Calibration(3.0, 0.5, invert=True),
    ],
)
@pytest.mark.parametrize(("at_rest", "loaded"), [(2.0, 7.0), (28.0, 18.0)])
def test_zero_and_a_known_load_are_what_is_shown_whichever_way_round_it_is_mounted(
    before: Calibration, at_rest: float, loaded: float
) -> None:
    zero = zeroed(before, at_rest, WEIGHT)
    assert corrected(WEIGHT, zero, at_rest) == pytest.approx([0.0])
    assert zero.baseline == at_rest
    how = scaled(zero, loaded, 10.0, WEIGHT)
    half = (at_rest + loaded) / 2.0
    assert corrected(WEIGHT, how, at_rest, half, loaded) == pytest.approx([0.0, 5.0, 10.0])
    assert how.invert is before.invert


@pytest.mark.parametrize("before", [Calibration(), Calibration(0.5, -2.0, invert=True)])
def test_two_known_distances_are_what_is_shown_whichever_way_round_it_is_mounted(
    before: Calibration,
) -> None:
    for near, far in ((1.1, 3.3), (3.3, 1.1)):
        how = placed(before, (near, far), (1.0, 3.0), RANGE)
        assert corrected(RANGE, how, near, 2.2, far) == pytest.approx([1.0, 2.0, 3.0])


def test_a_pad_becomes_a_touch_that_does_not_flicker_at_its_edge() -> None:
    baseline, threshold = touch_of([400, 402, 398], [500, 520], PAD)
    assert (baseline, threshold) == (400.0, 50.0)
    how = Calibration(baseline=baseline, threshold=threshold)
    assert corrected(PAD, how, 410, 450, 440, 431, 429, 440) == [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    assert corrected(PAD, how, 340.0) == [1.0]


def test_a_hand_that_comes_late_is_learnt_all_the_same() -> None:
    assert touch_of([400, 402, 398], [400] * 9 + [500] * 91, PAD) == (400.0, 50.0)
    with pytest.raises(CalibrationError, match="much as it does untouched"):
        touch_of([400, 402, 398], [400] * 11 + [500] * 89, PAD)


def test_the_unknown_stays_unknown_and_other_channels_are_left_alone() -> None:
    corrections = Corrections([WEIGHT, TOUCH], {"weight": Calibration(offset=1.0)})
    assert corrections.apply((None, 1.0)) == (None, 1.0)
    values: tuple[float | None, ...] = (1.0, 0.0)
    assert Corrections([WEIGHT, TOUCH], {}).apply(values) is values


def test_staff_see_the_corrected_reading() -> None:
    corrections = Corrections([WEIGHT], {"weight": Calibration(offset=1.0)})
    (told,) = corrections.tell((ChannelHealth("weight", "N", "noisy", 3.0, "it jumps"),))
    assert told == ChannelHealth("weight", "N", "noisy", 2.0, "it jumps")


def test_a_look_of_staff_lets_go_of_no_touch() -> None:
    corrections = Corrections([PAD], {"pad": Calibration(baseline=400.0, threshold=50.0)})
    assert corrections.apply((450.0,)) == (1.0,)
    (told,) = corrections.tell((ChannelHealth("pad", "", "ok", 400.0),))
    assert told.value == 0.0
    assert corrections.apply((440.0,)) == (1.0,)
    assert corrections.apply((None,)) == (None,)
    assert corrections.apply((440.0,)) == (1.0,)


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "calibration.toml"
    told = {
        ("plinth", "weight"): Calibration(0.1 + 0.2, 1.5, uid=0xFFFFFFFE),
        ("heap", "touch_1"): Calibration(invert=True, baseline=0.25, threshold=0.5),
        ("heap", "touch_2"): Calibration(),
    }
    save(path, told)
    assert load(path) == told
    assert list(tomllib.loads(path.read_text())) == ["heap", "plinth"]
    assert "`installation calibrate`" in path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["calibration.toml"]


def test_a_save_that_fails_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "calibration.toml"
    path.mkdir()
    with pytest.raises(OSError):
        save(path, {("plinth", "weight"): Calibration(1.0)})
    assert [p.name for p in tmp_path.iterdir()] == ["calibration.toml"]


def test_the_file_is_the_same_whatever_the_order_and_says_what_it_is(tmp_path: Path) -> None:
    told = {("plinth", "weight"): Calibration(1.0), ("heap", "touch"): Calibration(invert=True)}
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    save(one, told)
    save(other, dict(reversed(told.items())))
    assert one.read_text() == other.read_text()
    assert one.read_text().startswith("# What the readings of each channel are corrected by")
    assert one.read_text().endswith(
        "[heap.touch]\ninvert = true\n\n[plinth.weight]\noffset = 1.0\n"
    )


def test_no_file_is_no_calibration(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[plinth.weight]\nofset = 1", "did you mean offset?"),
        ("[plinth.weight]\noffset = '1'", "offset must be a number, not '1'"),
        ("[plinth.weight]\noffset = nan", "offset must be a number"),
        ("[plinth.weight]\noffset = true", "offset must be a number"),
        ("[plinth.weight]\ninvert = 1", "invert must be true or false"),
        ("[plinth.weight]\nscale = 0", "scale must not be 0"),
        ("[plinth.weight]\nthreshold = -1\nbaseline = 0", "threshold must be above 0"),
        ("[plinth.weight]\nthreshold = 2", "a threshold needs the baseline"),
        ("[plinth.weight]\nuid = 1.5", "uid must be a whole number from 0 to 4294967295, not 1.5"),
        ("[plinth.weight]\nuid = true", "uid must be a whole number"),
        ("[plinth.weight]\noffset = 1" + "0" * 400, "offset must be a number, not 1000"),
        ("[plinth.weight]\noffset = 1" + "0" * 5000, "integer string"),
        ("[plinth.weight]\noffset = -inf", "offset must be a number, not -inf"),
        ("[plinth]\nweight = 1", "write [NODE.CHANNEL]"),
        ("plinth = 1", "write [NODE.CHANNEL]"),
        ("[plinth.weight", "Expected"),
        ("deep = " + "[" * 3000, "nested too deeply"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence_with_its_place(
    tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "calibration.toml"
    path.write_text(text)
    with pytest.raises(CalibrationError) as told:
        load(path)
    assert says in str(told.value)
    assert str(told.value).startswith(str(path))
    assert "\n" not in str(told.value)


def test_readings_that_cannot_calibrate_are_refused_with_the_reason() -> None:
    for refused, says in (
        (lambda: still([1.0, 9.0], WEIGHT), "not still"),
        (lambda: still([], WEIGHT), "no readings"),
        (lambda: scaled(Calibration(2.0), 2.1, 10.0, WEIGHT), "at rest"),
        (lambda: scaled(Calibration(2.0), 9.0, 0.0, WEIGHT), "--zero"),
        (lambda: scaled(Calibration(2.0), 9.0, 30.1, WEIGHT), "30.1 N is outside 0 to 30"),
        (lambda: scaled(Calibration(2.0), 9.0, nan, WEIGHT), "nan N is outside 0 to 30"),
        (lambda: placed(Calibration(), (1, 1), (1, 3), RANGE), "raw readings 1 and 1 are too near"),
        (lambda: placed(Calibration(), (1, 3), (1, 1), RANGE), "known values 1 and 1 are too near"),
        (lambda: placed(Calibration(), (1, 3), (1, 5), RANGE), "5 m is outside 0 to 4.5"),
        (lambda: touch_of([400, 420], [430, 440], PAD), "much as it does untouched"),
    ):
        with pytest.raises(CalibrationError, match=says):
            refused()
