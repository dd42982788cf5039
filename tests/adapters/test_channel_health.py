"""What is said of sensors: each trouble is told, and nothing else is, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy

import numpy as np
import pytest
from numpy.typing import NDArray

from firmware_bridge.sample import ChannelHealth
from firmware_bridge.schema import Described
from firmware_bridge.simulated.node import RANGES, unit_of
from firmware_bridge.watch import MOST_FRAMES, Figures, Watch
from installation.rehearsal.sensors import CHANNELS, Readings
from installation.rehearsal.world import World

Reader = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""What a sensor reads at these moments, in seconds; NaN is unknown."""
Signal = Reader | float
"""A number is read always."""

RANGE, RANGE_2 = Described("gardens", "m", 0.0, 4.0), Described("zones", "m", 0.0, 4.0)
FORCE, FORCE_2 = Described("pressure_1", "N", 0.0, 30.0), Described("pressure_2", "N", 0.0, 30.0)
SOUND = Described("voice", "dB", 30.0, 110.0)
WARMTH = Described("temperature", "degC", -20.0, 60.0)
TOUCH = Described("touch_3", "state", 0.0, 1.0)
MOTION = Described("motion", "state", 0.0, 1.0)
BUTTON = Described("button", "count", 0.0, 1e9)
PAD = Described("pad", "", 0.0, 1023.0)
MINUTE_S, HOUR_S = 60, 3600


class Node:
    """A node that is watched: `hear` lets its sensors read for a while, `says` is of the last."""

    def __init__(self, *channels: Described, hz: int = 20, every_s: int = 1,
                 baselines: Mapping[str, float] | None = None,
                 thresholds: Mapping[str, float] | None = None,
                 inverted: tuple[str, ...] = ()) -> None:  # fmt: skip
        self.watch = Watch(channels, baselines, thresholds=thresholds, inverted=inverted)
        self.hz, self.every_s, self.now_s = hz, every_s, 0
        self.troubles: set[tuple[str, str]] = set()
        self.figures = Figures()

    def hear(self, seconds: int, *signals: Signal, strays: tuple[int, ...] = ()) -> Node:
        for _ in range(seconds // self.every_s):
            moments = self.now_s + np.arange(self.every_s * self.hz) / self.hz
            columns = [s(moments) if callable(s) else np.full(len(moments), s) for s in signals]
            for moment, row in zip(moments.tolist(), np.column_stack(columns).tolist(),
                                   strict=True):  # fmt: skip
                values = tuple(None if v != v else v for v in row)
                t_us = round(moment * 1e6)
                self.watch.add(t_us, t_us + 900, values, strays)
            self.look(self.every_s)
        return self

    def look(self, seconds: int) -> None:
        self.now_s += seconds
        self.figures = self.watch.look(self.now_s * 1_000_000)
        self.troubles |= {(c.name, c.state) for c in self.figures.channels if c.state != "ok"}

    @property
    def faulty(self) -> set[str]:
        return {self.figures.channels[index].name for index in self.watch.faulty}

    def of(self, name: str) -> ChannelHealth:
        return next(c for c in self.figures.channels if c.name == name)

    def state(self, name: str) -> str:
        return self.of(name).state


def noisy(level: Signal, spread: float, step: float = 0.01, seed: int = 1) -> Reader:
    """A signal with noise, by a converter that knows steps only."""
    dice = np.random.default_rng(seed)

    def read(moments: NDArray[np.float64]) -> NDArray[np.float64]:
        true = level(moments) if callable(level) else np.full(len(moments), level)
        return np.round((true + dice.normal(0.0, spread, len(moments))) / step) * step

    return read


def square(hz: float, low: float = 0.0, high: float = 1.0) -> Signal:
    """On and off again `hz` times a second."""
    return lambda t: np.where(np.floor(t * hz * 2.0 + 1e-6) % 2 == 0, high, low)


def walker(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Someone who hurries to and fro before a range finder, at up to 2 m/s."""
    return 2.0 + np.sin(t * 1.25) * 1.6


# Unknown, out of range


def test_a_channel_that_mostly_does_not_answer_is_unknown_until_it_does() -> None:
    node = Node(RANGE).hear(5, 2.0)
    node.hear(2, lambda t: np.where(np.arange(len(t)) % 5 < 2, np.nan, 2.0))
    assert node.troubles == set()
    node.hear(2, lambda t: np.where(np.arange(len(t)) % 5 < 3, np.nan, 2.0))
    assert (node.state("gardens"), node.of("gardens").value) == ("unknown", 2.0)
    node.hear(2, np.nan)
    assert (node.state("gardens"), node.of("gardens").value) == ("unknown", None)
    node.hear(1, 2.0)
    assert node.state("gardens") == "ok"


def test_a_dead_channel_takes_nothing_from_its_neighbours() -> None:
    node = Node(RANGE, TOUCH, RANGE_2, hz=100).hear(11, np.nan, 0.0, noisy(walker, 0.4))
    assert [c.state for c in node.figures.channels] == ["unknown", "ok", "noisy"]


def test_a_channel_that_was_never_heard_is_unknown() -> None:
    watch = Watch((RANGE,))
    assert watch.look(1_000_000).channels == (
        ChannelHealth("gardens", "m", "unknown", None, "not heard yet"),
    )


def test_one_reading_out_of_range_is_no_trouble() -> None:
    node = Node(RANGE, TOUCH, hz=1).hear(5, 2.0, 0.0)
    node.hear(1, np.nan, 0.0, strays=(0,))
    assert node.state("gardens") == "unknown"
    node.hear(5, 2.0, 0.0)
    assert node.state("gardens") == "ok"


def test_many_out_of_range_are_told_until_five_seconds_were_clean() -> None:
    node = Node(RANGE, TOUCH).hear(5, 2.0, 0.0)
    node.hear(1, np.nan, 0.0, strays=(0,))
    assert node.state("gardens") == "out of range"
    assert "outside 0 to 4" in node.of("gardens").says
    node.hear(4, 2.0, 0.0)
    assert node.state("gardens") == "out of range"
    node.hear(3, 2.0, 0.0)
    assert node.state("gardens") == "ok"
    assert node.troubles == {("gardens", "out of range")}


# Touches that stay


def test_a_touch_held_for_ten_minutes_is_left_out_until_it_lets_go() -> None:
    node = Node(TOUCH, RANGE).hear(5, 0.0, 4.0).hear(10 * MINUTE_S, 1.0, 4.0)
    assert (node.troubles, node.faulty) == (set(), set())
    node.hear(2 * MINUTE_S + 2, 1.0, 4.0)
    assert (node.state("touch_3"), node.faulty) == ("stuck", {"touch_3"})
    assert node.of("touch_3").says.startswith("touch_3 has been on for 12 min: something leans")
    node.hear(1, 0.0, 4.0)
    assert (node.state("touch_3"), node.faulty) == ("ok", set())
    node.hear(30, 1.0, 4.0)
    assert (node.state("touch_3"), node.faulty) == ("ok", set())


def test_a_touch_that_does_not_answer_for_a_while_has_not_let_go() -> None:
    node = Node(TOUCH).hear(11 * MINUTE_S, 1.0).hear(60, np.nan).hear(2, 1.0)
    assert node.faulty == {"touch_3"}


def test_visitors_who_touch_all_day_hold_no_touch() -> None:
    node = Node(TOUCH, hz=10).hear(2 * HOUR_S, lambda t: (t % 300.0 < 240.0).astype(float))
    assert (node.troubles, node.faulty) == (set(), set())


def test_the_time_in_which_a_node_was_gone_is_not_held() -> None:
    node = Node(TOUCH).hear(5 * MINUTE_S, 1.0)
    node.now_s += 20 * MINUTE_S
    node.hear(4 * MINUTE_S, 1.0)
    assert (node.troubles, node.faulty) == (set(), set())
    node.hear(2 * MINUTE_S, 1.0)
    assert node.faulty == {"touch_3"}


def test_a_touch_that_is_turned_round_rests_at_one_and_is_held_at_nought() -> None:
    node = Node(TOUCH, inverted=("touch_3",)).hear(HOUR_S, 1.0)
    assert node.troubles == set()
    node.hear(11 * MINUTE_S, 0.0)
    assert (node.state("touch_3"), node.faulty) == ("stuck", {"touch_3"})


@pytest.mark.parametrize(("somebody", "inverted"), [(1.0, ()), (0.0, ("motion",))])
def test_motion_may_be_on_all_evening_while_a_touch_beside_it_may_not(
    somebody: float, inverted: tuple[str, ...]
) -> None:
    node = Node(MOTION, TOUCH, hz=4, every_s=5, inverted=inverted).hear(5 * HOUR_S, somebody, 1.0)
    assert (node.state("motion"), node.faulty) == ("ok", {"touch_3"})


def test_motion_with_a_loose_contact_is_noisy() -> None:
    node = Node(MOTION, hz=100).hear(7, square(25.0))
    assert node.troubles == {("motion", "noisy")}


@pytest.mark.parametrize("touched", [340.0, 460.0])
def test_a_pad_that_calibration_makes_a_touch_can_be_stuck_as_well(touched: float) -> None:
    node = Node(PAD, baselines={"pad": 400.0}, thresholds={"pad": 50.0})
    node.hear(20 * MINUTE_S, noisy(400.0, 3.0, 1.0))
    node.hear(9 * MINUTE_S, noisy(touched, 3.0, 1.0)).hear(5, noisy(400.0, 3.0, 1.0))
    assert node.troubles == set()
    node.hear(11 * MINUTE_S, noisy(touched, 3.0, 1.0))
    assert (node.state("pad"), node.faulty) == ("stuck", {"pad"})
    node.hear(2, noisy(400.0, 3.0, 1.0))
    assert (node.state("pad"), node.faulty) == ("ok", set())


def test_a_pad_that_is_turned_round_is_held_at_its_baseline() -> None:
    node = Node(PAD, baselines={"pad": 400.0}, thresholds={"pad": 50.0}, inverted=("pad",))
    node.hear(11 * MINUTE_S, noisy(400.0, 3.0, 1.0))
    assert node.faulty == {"pad"}


# Noise


def test_a_range_finder_that_jumps_is_noisy_after_ten_seconds() -> None:
    node = Node(RANGE, hz=100).hear(60, noisy(walker, 0.01))
    interference = noisy(walker, 0.4)
    node.hear(9, interference)
    assert node.troubles == set()
    node.hear(4, interference)
    assert node.state("gardens") == "noisy"
    assert "from one reading to the next: interference or a loose wire" in node.of("gardens").says
    node.hear(2, noisy(walker, 0.01))
    assert node.state("gardens") == "ok"


@pytest.mark.parametrize("hz", [10, 20, 100])
def test_people_who_hurry_are_no_noise(hz: int) -> None:
    assert Node(RANGE, hz=hz).hear(10 * MINUTE_S, noisy(walker, 0.01)).troubles == set()


def test_of_a_slow_sensor_nobody_can_tell_people_from_noise() -> None:
    children = noisy(2.0, 0.8)
    assert Node(RANGE, hz=4).hear(MINUTE_S, children).troubles == set()
    assert Node(RANGE, hz=20).hear(MINUTE_S, children).troubles == {("gardens", "noisy")}


def test_a_sheet_that_is_shaken_is_no_noise() -> None:
    shaken = noisy(lambda t: 15.0 + 14.0 * np.sin(2.0 * np.pi * 4.0 * t), 0.05)
    assert Node(FORCE, hz=100).hear(60, shaken).troubles == set()


@pytest.mark.parametrize("hz", [20, 100])
def test_speech_is_no_noise(hz: int) -> None:
    dice = np.random.default_rng(3)

    def speech(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(60.0 + 12.0 * np.sin(2.0 * np.pi * 4.0 * t) + dice.normal(0.0, 4.0, len(t)),
                       45.0, 100.0)  # fmt: skip

    assert Node(SOUND, hz=hz).hear(2 * MINUTE_S, speech).troubles == set()


def test_a_loose_microphone_is_noisy() -> None:
    node = Node(SOUND, hz=100).hear(15, noisy(70.0, 20.0))
    assert node.state("voice") == "noisy"


def test_a_loose_contact_is_noisy_and_a_child_that_hammers_is_not() -> None:
    node = Node(TOUCH, hz=100).hear(60, square(7.0))
    assert node.troubles == set()
    node.hear(4, square(25.0))
    assert node.troubles == set()
    node.hear(3, square(25.0))
    assert node.of("touch_3").says == "touch_3 goes on and off 25 times a second: a loose contact"
    assert node.faulty == set()


def test_a_button_that_counts_by_itself_is_noisy_and_a_child_that_presses_is_not() -> None:
    node = Node(BUTTON).hear(60, lambda t: np.floor(t * 8.0))
    node.hear(2, lambda t: np.floor(t))  # its node has booted: the count begins anew
    assert node.troubles == set()
    node.hear(8, lambda t: np.floor(t * 30.0))
    assert node.state("button") == "noisy"
    assert "counts 30 presses a second" in node.of("button").says


def test_how_often_anybody_looks_makes_no_loose_contact() -> None:
    node = Node(TOUCH, BUTTON)
    for second in range(600):
        t_us = second * 1_000_000
        for part in range(8):
            node.watch.add(t_us + part * 125_000, t_us + part * 125_000, (part % 2, second * 4), ())
        if second % 5 == 4:
            node.look(5)
    assert node.troubles == set()


# Standing still


def with_noise(level: float, seed: int = 1) -> Signal:
    return noisy(level, 0.05, 0.01, seed)


def test_a_sensor_that_loses_its_noise_while_its_sister_has_hers_is_stuck() -> None:
    node = Node(FORCE, FORCE_2).hear(61 * MINUTE_S, with_noise(1.0), with_noise(2.0, 2))
    node.hear(9 * MINUTE_S, 1.02, with_noise(2.0, 2))
    assert node.troubles == set()
    node.hear(2 * MINUTE_S + 5, 1.02, with_noise(2.0, 2))
    assert node.of("pressure_1").says == (
        "pressure_1 has not moved at all for 11 min, though it always did: its sensor or its wire"
    )
    assert node.state("pressure_2") == "ok"
    node.hear(2, with_noise(1.0), with_noise(2.0, 2))
    assert node.state("pressure_1") == "ok"
    assert node.faulty == set()


def test_where_all_lose_their_noise_at_once_it_came_from_outside() -> None:
    node = Node(FORCE, FORCE_2).hear(61 * MINUTE_S, with_noise(1.0), with_noise(2.0, 2))
    assert node.hear(HOUR_S, 1.02, 2.01).troubles == set()


def test_where_all_stand_still_at_night_a_cleaner_is_no_sister() -> None:
    node = Node(FORCE, FORCE_2).hear(61 * MINUTE_S, with_noise(1.0), with_noise(2.0, 2))
    node.hear(9 * MINUTE_S, 1.02, 2.01).hear(5, 1.02, noisy(10.0, 1.0))
    assert node.hear(5 * MINUTE_S, 1.02, 2.01).troubles == set()


def test_a_sensor_without_a_sister_is_stuck_once_it_had_noise_for_a_day_and_a_night() -> None:
    node = Node(FORCE, TOUCH, hz=2, every_s=5).hear(23 * HOUR_S, with_noise(1.0), 0.0)
    earlier = deepcopy(node)
    assert earlier.hear(30 * MINUTE_S, 1.02, 0.0).troubles == set()
    node.hear(HOUR_S + 10, with_noise(1.0), 0.0)
    assert node.hear(11 * MINUTE_S, 1.02, 0.0).troubles == {("pressure_1", "stuck")}


def test_converters_that_see_more_or_less_of_the_noise_raise_no_alarm_in_a_night() -> None:
    """The noise, in steps of the converter; the level wanders by two steps with the warmth."""
    spreads = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
    channels = [Described(f"pressure_{spread}", "N", 0.0, 30.0) for spread in spreads]

    def wandering(spread: float) -> Signal:
        return noisy(lambda t: 1.0 + 0.06 * np.sin(t * 2.0 * np.pi / 7000.0), spread * 0.03, 0.03)

    node = Node(*channels, hz=10).hear(5 * HOUR_S, *(wandering(spread) for spread in spreads))
    assert node.troubles == set()


def test_a_force_sensor_at_the_edge_between_two_steps_may_leave_it() -> None:
    edge = noisy(1.005, 0.002, 0.01)
    node = Node(FORCE, FORCE_2).hear(61 * MINUTE_S, edge, with_noise(2.0, 2))
    assert node.hear(20 * MINUTE_S, 1.01, with_noise(2.0, 2)).troubles == set()


def test_who_was_ever_quiet_may_be_quiet_for_ever() -> None:
    node = Node(FORCE, FORCE_2).hear(10 * MINUTE_S, with_noise(1.0), with_noise(2.0, 2))
    node.hear(15, 1.0, with_noise(2.0, 2))
    node.hear(61 * MINUTE_S, with_noise(1.0), with_noise(2.0, 2))
    assert node.hear(20 * MINUTE_S, 1.0, with_noise(2.0, 2)).troubles == set()


@pytest.mark.parametrize(("far", "inverted"), [(4.0, ()), (0.0, ("gardens",))])
def test_a_range_finder_before_nobody_is_not_stuck_after_a_crowded_evening(
    far: float, inverted: tuple[str, ...]
) -> None:
    node = Node(RANGE, RANGE_2, inverted=inverted)
    node.hear(10, far, noisy(3.0, 0.03))
    node.hear(61 * MINUTE_S, noisy(walker, 0.02), noisy(3.0, 0.03))
    assert node.hear(20 * MINUTE_S, far, noisy(3.0, 0.03)).troubles == set()


def test_a_range_finder_that_freezes_at_somebody_is_stuck() -> None:
    node = Node(RANGE, RANGE_2)
    read = noisy(walker, 0.02)

    def visitors(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return read(t) if t[0] % 200.0 < 100.0 else np.full(len(t), 4.0)

    node.hear(61 * MINUTE_S, visitors, noisy(3.0, 0.03))
    node.hear(11 * MINUTE_S, 1.2, noisy(3.0, 0.03))
    assert node.troubles == {("gardens", "stuck")}


# Drifting


def test_a_sheet_that_rests_elsewhere_than_calibrated_is_told_with_both_figures() -> None:
    node = Node(FORCE, hz=4, every_s=5, baselines={"pressure_1": 0.2})
    node.hear(40 * MINUTE_S, with_noise(0.3))
    assert node.troubles == set()
    node.hear(50 * MINUTE_S, noisy(4.1, 0.001, 0.001))
    assert node.troubles == set()
    node.hear(20 * MINUTE_S, noisy(4.1, 0.001, 0.001))
    assert node.of("pressure_1").says == (
        "pressure_1 rests at 4.1 N; it rested at 0.2 N before: "
        "something lies on it, or calibrate it again"
    )
    assert node.faulty == set()
    node.hear(10 * MINUTE_S, with_noise(0.3))
    assert node.state("pressure_1") == "ok"


def test_what_has_drifted_while_all_was_off_is_told_in_half_an_hour() -> None:
    node = Node(FORCE, hz=4, every_s=5, baselines={"pressure_1": 0.2})
    node.hear(29 * MINUTE_S, with_noise(4.1))
    assert node.troubles == set()
    node.hear(3 * MINUTE_S, with_noise(4.1))
    assert node.troubles == {("pressure_1", "drifting")}


def test_what_was_calibrated_stays_so_when_the_sensor_loses_its_load() -> None:
    node = Node(FORCE, hz=4, every_s=5, baselines={"pressure_1": 5.0})
    assert node.hear(32 * MINUTE_S, with_noise(0.2)).troubles == {("pressure_1", "drifting")}


def test_where_nobody_calibrated_the_resting_level_is_learnt_in_half_an_hour() -> None:
    node = Node(RANGE, hz=4, every_s=5).hear(35 * MINUTE_S, noisy(3.8, 0.001, 0.001))
    node.hear(58 * MINUTE_S, noisy(1.2, 0.001, 0.001))
    assert node.of("gardens").says == (
        "gardens rests at 1.2 m; it rested at 3.8 m before: "
        "something stands before it, or calibrate it again"
    )


def test_visitors_are_no_drift() -> None:
    busy = noisy(lambda t: np.where(t % 120.0 < 110.0, 1.0 + t % 7.0 * 0.1, 3.8), 0.01)
    leaning = noisy(lambda t: np.where(t % 120.0 < 110.0, 12.0, 0.2), 0.05)
    node = Node(RANGE, FORCE, hz=4, every_s=5).hear(
        35 * MINUTE_S, noisy(3.8, 0.01), with_noise(0.2)
    )
    node.hear(3 * HOUR_S, busy, leaning)
    node.hear(40 * MINUTE_S, noisy(1.0, 0.01), with_noise(12.0))  # they sit down for a film
    assert node.hear(10, busy, leaning).troubles == set()


def test_what_was_learnt_among_a_crowd_is_learnt_better_when_it_goes() -> None:
    node = Node(RANGE, FORCE, hz=4, every_s=5).hear(
        40 * MINUTE_S, noisy(1.0, 0.01), with_noise(12.0)
    )
    node.hear(2 * HOUR_S, noisy(3.8, 0.01), with_noise(0.2))
    assert node.troubles == set()
    node.hear(58 * MINUTE_S, noisy(3.8, 0.01), with_noise(5.0))
    assert node.troubles == {("pressure_1", "drifting")}


def test_a_sensor_mounted_the_other_way_round_rests_low() -> None:
    node = Node(RANGE, hz=4, every_s=5, inverted=("gardens",))
    node.hear(35 * MINUTE_S, noisy(0.2, 0.01))
    node.hear(2 * HOUR_S, noisy(lambda t: np.where(t % 120.0 < 110.0, 3.0, 0.2), 0.01))
    assert node.troubles == set()
    node.hear(58 * MINUTE_S, noisy(3.0, 0.01))
    assert node.troubles == {("gardens", "drifting")}


def test_a_pad_that_has_crept_half_way_to_its_threshold_wants_calibration() -> None:
    node = Node(PAD, hz=4, every_s=5, baselines={"pad": 400.0}, thresholds={"pad": 50.0})
    node.hear(35 * MINUTE_S, noisy(410.0, 3.0, 1.0))
    assert node.troubles == set()
    node.hear(58 * MINUTE_S, noisy(428.0, 1.0, 0.1))
    assert node.of("pad").says.endswith("it rested at 400 before: calibrate it again")


def test_rooms_may_grow_warm_and_loud() -> None:
    node = Node(WARMTH, SOUND, hz=4, every_s=5, baselines={"temperature": 20.0, "voice": 45.0})
    node.hear(40 * MINUTE_S, with_noise(20.0), noisy(45.0, 0.6, 0.1))
    assert node.hear(3 * HOUR_S, with_noise(38.0), noisy(72.0, 0.6, 0.1)).troubles == set()


# Figures


def test_the_figures_are_of_the_readings_own_time() -> None:
    watch = Watch((RANGE,))
    for frame in range(100):
        watch.add(frame * 10_000, frame * 10_000 + (40_000 if frame % 50 == 7 else 800), (2.0,), ())
    told = watch.look(1_000_000)
    assert (told.rate_hz, told.latency_us, told.latency_p99_us) == (100.0, 800, 40_000)
    assert told.jitter_us == 0


def test_lost_frames_and_a_node_that_stumbles_are_jitter() -> None:
    watch = Watch((RANGE,))
    for frame in range(200):
        if frame not in (20, 60, 61):
            watch.add(frame * 10_000, frame * 10_000 + 800, (2.0,), ())
    told = watch.look(2_000_000)
    assert told.jitter_us == 10_000
    assert told.rate_hz == pytest.approx(98.5, abs=0.1)


def test_the_step_from_look_to_look_counts_and_a_silence_does_not() -> None:
    watch = Watch((RANGE,))
    for second in range(3):
        watch.add(second * 1_000_000, second * 1_000_000, (2.0,), ())
        told = watch.look(second * 1_000_000 + 1)
    assert told.rate_hz == 1.0
    for frame in range(11):
        watch.add(600_000_000 + frame * 10_000, 600_000_000 + frame * 10_000, (2.0,), ())
    assert watch.look(601_000_000).rate_hz == 100.0


def test_a_second_without_a_frame_says_so() -> None:
    node = Node(RANGE).hear(2, 2.0)
    node.look(1)
    assert (node.figures.rate_hz, node.state("gardens")) == (0.0, "ok")


def test_nobody_looks_for_a_day_and_memory_stays_small() -> None:
    watch = Watch((RANGE,))
    for frame in range(100_000):
        stray = frame % 20 == 0
        watch.add(frame * 10_000, frame * 10_000, (None if stray else 2.0,), (0,) if stray else ())
    assert len(watch._frames) == MOST_FRAMES
    told = watch.look(1_000_000_000)
    assert (told.rate_hz, told.channels[0].state) == (100.0, "ok")


def test_equal_readings_give_equal_figures() -> None:
    def evening() -> list[Figures]:
        node, told = Node(RANGE, FORCE), []
        signals = noisy(walker, 0.3), with_noise(1.0)
        for _ in range(60):
            told.append(node.hear(1, *signals).figures)
        return told

    assert evening() == evening()


def test_a_node_without_channels_has_figures() -> None:
    watch = Watch(())
    watch.add(0, 100, (), ())
    watch.add(10_000, 10_100, (), ())
    told = watch.look(1_000_000)
    assert (told.rate_hz, told.latency_us, told.channels) == (100.0, 100, ())


# The room of the piece, with its own sensors

ACTS = (
    ("rumour", "breathing"), ("two_cities", "doubt"), ("whispers", "gathering"),
    ("infiltration", "unveiling"), ("workshops", "platform"), ("resonance", "overture"),
)  # fmt: skip
STEP_US = 100_000


def described(channel: str) -> Described:
    unit = unit_of(channel)
    return Described(channel, unit, *RANGES[unit])


class House:
    """All four nodes for an evening; `flaw` changes what they read."""

    def __init__(self, crowd: str, seed: int) -> None:
        self._world, self._now_us = World(crowd, seed), 0
        self.watches = {
            node: Watch(tuple(described(c) for c in channels))
            for node, channels in CHANNELS.items()
        }
        self.troubles: set[tuple[str, str]] = set()

    def open_for(self, minutes: int, act: str, scene: str,
                 flaw: Callable[[Readings], None] = lambda _: None) -> None:  # fmt: skip
        for step in range(minutes * 600):
            readings = self._world.step(self._now_us, act, scene)
            flaw(readings)
            for node, values in readings.items():
                self.watches[node].add(self._now_us, self._now_us + 900, values, ())
            self._now_us += STEP_US
            if step % 10 == 9:
                self._look()

    def _look(self) -> None:
        for watch in self.watches.values():
            told = watch.look(self._now_us).channels
            self.troubles |= {(c.name, c.state) for c in told if c.state != "ok"}


@pytest.mark.parametrize("crowd", ["nobody", "onlooker", "opening-night"])
def test_an_hour_of_the_piece_has_no_trouble(crowd: str) -> None:
    house = House(crowd, 1)
    for act, scene in ACTS:
        house.open_for(10, act, scene)
    assert house.troubles == set()
    assert not any(watch.faulty for watch in house.watches.values())


def test_moisture_on_one_touch_is_found_on_opening_night() -> None:
    house = House("opening-night", 2)

    def moisture(readings: Readings) -> None:
        index = CHANNELS["heap"].index("touch_3")
        heap = readings["heap"]
        readings["heap"] = (*heap[:index], 1.0, *heap[index + 1 :])

    house.open_for(2, *ACTS[2])
    house.open_for(9, *ACTS[2], moisture)
    assert house.troubles == set()
    house.open_for(2, *ACTS[2], moisture)
    assert house.troubles == {("touch_3", "stuck")}
    assert house.watches["heap"].faulty == {CHANNELS["heap"].index("touch_3")}
