"""A node's clock against the truth, over a wire whose waits are those of a UART."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import pytest

from firmware_bridge.clock import WRAP, NodeClock
from firmware_bridge.session import PING_US

SECOND_US = 1_000_000
PERIOD_US = 10_000
"""Of the telemetry, on the node's clock."""
BYTE_US = 40
"""250000 baud."""
UP_US, DOWN_US = 13 * BYTE_US, 17 * BYTE_US
"""PING and PONG on the wire."""
FRAME_US = 2500
"""The longest telemetry: a PONG waits behind it."""
MOST_ERROR_US = 1000
PACES = pytest.mark.parametrize("ppm", (0, 200, -200, 5000, -5000))


class Mapped(NamedTuple):
    true_us: float
    mapped_us: int

    @property
    def error_us(self) -> float:
        return abs(self.mapped_us - self.true_us)


@dataclass
class Wire:
    """A node that is `ppm` fast; its clock wraps `wraps_us` after the start of the host's."""

    ppm: float
    seed: int = 1
    wraps_us: int = 10 * SECOND_US
    stalls_us: tuple[int, int] = (0, 0)
    """From when to when the node reads nothing."""

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._phase_us = self._dice.randrange(PERIOD_US)

    def counter(self, host_us: float) -> int:
        return round(host_us * (1 + self.ppm / 1e6) - self.wraps_us) % WRAP

    def readings(self, end_us: int) -> Iterator[float]:
        """When telemetry is stamped and begins to be sent."""
        pace = 1 + self.ppm / 1e6
        for node_us in range(self._phase_us, end_us, PERIOD_US):
            yield node_us / pace

    def exchange(self, sent_us: int) -> tuple[int, int, int]:
        """Sent, read at this count, received: slow where telemetry is on the wire."""
        read_us = sent_us + UP_US + self._dice.uniform(0, 200)
        begun_us, ended_us = self.stalls_us
        if begun_us <= read_us < ended_us:
            read_us = ended_us
        since_us = (read_us * (1 + self.ppm / 1e6) - self._phase_us) % PERIOD_US
        answered_us = read_us + max(0, FRAME_US - since_us)
        received_us = answered_us + DOWN_US + self._dice.uniform(0, 200)
        return sent_us, self.counter(read_us), round(received_us)


def follow(wire: Wire, seconds: int, ping_us: int = PING_US) -> list[Mapped]:
    """Each reading as the clock maps it when it has come; from the first PONG on."""
    clock, mapped = NodeClock(), []
    exchanges = [wire.exchange(at_us) for at_us in range(0, seconds * SECOND_US, ping_us)]
    for true_us in wire.readings(seconds * SECOND_US):
        while exchanges and exchanges[0][2] <= true_us + FRAME_US:
            clock.learn(*exchanges.pop(0))
        at_us = clock.host_us(wire.counter(true_us))
        if at_us is not None:
            mapped.append(Mapped(true_us, at_us))
    return mapped


def worst_us(mapped: list[Mapped], from_s: float = 2) -> float:
    after = [m.error_us for m in mapped if m.true_us >= from_s * SECOND_US]
    assert len(after) > 100
    return max(after)


def test_before_the_first_exchange_nothing_is_mapped() -> None:
    assert NodeClock().host_us(5) is None


def test_one_exchange_maps_to_its_middle() -> None:
    clock = NodeClock()
    clock.learn(1000, WRAP - 100, 2000)
    assert clock.host_us(WRAP - 100) == 1500
    assert clock.host_us(100) == 1700
    assert clock.host_us(WRAP - 300) == 1300


@PACES
def test_after_two_seconds_every_reading_is_dated_to_a_millisecond(ppm: float) -> None:
    assert max(worst_us(follow(Wire(ppm, seed), 20)) for seed in range(5)) <= MOST_ERROR_US


@PACES
def test_two_readings_are_as_far_apart_as_they_were(ppm: float) -> None:
    """Though the line moves between them; across the wrap, too."""
    mapped = [m for m in follow(Wire(ppm), 20) if m.true_us >= 2 * SECOND_US]
    for a, b in pairwise(mapped):
        assert abs((b.mapped_us - a.mapped_us) - (b.true_us - a.true_us)) <= MOST_ERROR_US


@PACES
@pytest.mark.parametrize("stalls_s", (0.2, 2.4, 9.9))
def test_a_node_that_stalls_moves_nothing(ppm: float, stalls_s: float) -> None:
    begun_us = round(stalls_s * SECOND_US)
    wire = Wire(ppm, stalls_us=(begun_us, begun_us + 300_000))
    assert max(m[2] - m[0] for m in map(wire.exchange, range(begun_us, begun_us + 9))) > 200_000
    assert worst_us(follow(wire, 15)) <= MOST_ERROR_US


def test_a_clock_that_wraps_every_hour_is_followed_for_two() -> None:
    clock, wire = NodeClock(), Wire(200)
    for at_us in range(0, 9000 * SECOND_US, SECOND_US):
        clock.learn(*wire.exchange(at_us))
        mapped_us = clock.host_us(wire.counter(at_us))
        assert mapped_us is not None
        assert at_us < 2 * SECOND_US or abs(mapped_us - at_us) <= MOST_ERROR_US


def test_pings_in_step_with_the_telemetry_would_wait_behind_it_for_ever() -> None:
    """Why PING_US is what it is: nothing can be learnt from answers that are all as late."""
    in_step = max(worst_us(follow(Wire(200, seed), 20, 25 * PERIOD_US)) for seed in range(20))
    assert in_step > MOST_ERROR_US


def test_answers_that_are_slow_either_way_are_outweighed_by_the_quick_ones() -> None:
    clock, dice, worst = NodeClock(), random.Random(3), 0
    for step in range(400):
        at_us = step * PING_US
        out_us, back_us = (600 + dice.choice((0, dice.randrange(16_000))) for _ in range(2))
        clock.learn(at_us - out_us, at_us % WRAP, at_us + back_us)
        mapped_us = clock.host_us(at_us % WRAP)
        assert mapped_us is not None
        worst = max(worst, abs(mapped_us - at_us) if step > 64 else 0)
    assert worst <= MOST_ERROR_US


def test_the_round_trip_is_the_least_of_the_newest_exchanges() -> None:
    clock = NodeClock()
    for at_us, took_us in ((0, 3000), (PING_US, 1300), (2 * PING_US, 2000)):
        clock.learn(at_us, at_us, at_us + took_us)
    assert clock.round_trip_us == 1300
