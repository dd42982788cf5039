"""Quantities are what artists write, and a bare duration is refused with its cure."""

from __future__ import annotations

import pytest

from installation.showfile.reader import Log, Place, Scalar
from installation.showfile.units import distance, duration, gain, share, value


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("90s", 90_000_000),
        ("1m30s", 90_000_000),
        ("250ms", 250_000),
        ("1.5s", 1_500_000),
        ("2h", 7_200_000_000),
        ("1 m 30 s", 90_000_000),
        ("0", 0),
        ("0s", 0),
        ("40us", 40),
    ],
)
def test_a_duration_is_counted_in_microseconds(text: str, microseconds: int) -> None:
    log = Log()
    assert duration(Scalar(Place("f"), text), log, "fade") == microseconds
    assert not log.mistakes


@pytest.mark.parametrize(
    "text", ["90", "1:30", "-3s", "3x", "", "nan", "9e9h", "99999h", "9" * 400]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    log = Log()
    duration(Scalar(Place("f", 3, 4), text), log, "fade")
    assert [(m.line, m.column) for m in log.mistakes] == [(3, 4)]


def test_a_bare_duration_is_told_how_to_write_it() -> None:
    log = Log()
    duration(Scalar(Place("f"), "90"), log, "fade")
    assert "fade needs a unit: write 90s or 90ms" in log.mistakes[0].message


def test_decibels_become_linear_gain() -> None:
    log = Log()
    assert gain(Scalar(Place("f"), "-20dB"), log, "choir") == pytest.approx(0.1)
    assert gain(Scalar(Place("f"), "0.5"), log, "choir") == 0.5
    assert not log.mistakes
    gain(Scalar(Place("f"), "+6dB"), log, "choir")
    assert "at most 0dB" in log.mistakes[0].message


def test_metres_newtons_and_percent_are_si() -> None:
    log = Log()
    assert distance(Scalar(Place("f"), "80cm"), log, "width") == pytest.approx(0.8)
    assert value(Scalar(Place("f"), "3N"), log, "above") == 3.0
    assert value(Scalar(Place("f"), "70dB"), log, "above") == 70.0
    assert share(Scalar(Place("f"), "25%"), log, "level") == 0.25
    assert not log.mistakes


@pytest.mark.parametrize("text", [".inf", "nan", "1e999", "2", "-0.1", "yes", "0x1"])
def test_a_parameter_is_a_finite_number_in_its_range(text: str) -> None:
    log = Log()
    share(Scalar(Place("f"), text), log, "level")
    assert len(log.mistakes) == 1
