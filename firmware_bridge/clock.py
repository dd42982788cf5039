"""Node microseconds -> host microseconds: a line through the exchanges, the quickest count most."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

WRAP = 1 << 32
WINDOW = 64
"""Exchanges that the line is laid through: about sixteen seconds."""
JITTER_US = 200.0
"""How far the middle of even the quickest exchange is off: the node's loop, the host's wake-up."""
LIKELY_DRIFT = 5000e-6
"""A ceramic resonator's tolerance; crystals are within 100 ppm. What is believed before the
exchanges tell better."""
MOST_DRIFT = 10_000e-6
"""Beyond this it is no drift."""


class _Exchange(NamedTuple):
    """The node's count was `node_us` at about `host_us`, to half of `round_trip_us`."""

    round_trip_us: int
    node_us: int
    host_us: int


class _Line(NamedTuple):
    """The host's clock was at `host_us` when the node's was at `node_us`, and gains `drift`."""

    node_us: int
    host_us: float
    drift: float


class NodeClock:
    """Learns from PING and PONG; until the first one, `host_us` is None."""

    def __init__(self) -> None:
        self._exchanges: deque[_Exchange] = deque(maxlen=WINDOW)
        self._line: _Line | None = None
        self.round_trip_us = 0
        """The least of the newest exchanges; 0 before the first."""

    def learn(self, sent_us: int, node_us: int, received_us: int) -> None:
        """One exchange: the node read `node_us` between the two host moments."""
        round_trip_us = received_us - sent_us
        middle_us = sent_us + round_trip_us // 2
        self._exchanges.append(_Exchange(round_trip_us, self._unwrap(node_us), middle_us))
        self.round_trip_us = min(self._exchanges).round_trip_us
        self._line = _fit(self._exchanges)

    def host_us(self, node_us: int) -> int | None:
        """The host's moment of a node's time stamp, None before the first exchange."""
        line = self._line
        if line is None:
            return None
        gone_us = (node_us - line.node_us + WRAP // 2) % WRAP - WRAP // 2
        return round(line.host_us + gone_us * (1 + line.drift))

    def _unwrap(self, node_us: int) -> int:
        """The 32-bit counter continued: the value nearest to the newest exchange's."""
        if not self._exchanges:
            return node_us
        newest_us = self._exchanges[-1].node_us
        return newest_us + (node_us - newest_us + WRAP // 2) % WRAP - WRAP // 2


def _fit(exchanges: deque[_Exchange]) -> _Line:
    """Weighted least squares, from the newest exchange; the drift is drawn to none.

    What makes an exchange slower than the quickest is a wait on one of its two ways, and so
    moves its middle by half as much: that is its standard deviation. The few exchanges of the
    first second leave the drift open; there LIKELY_DRIFT, as its standard deviation, decides.
    """
    least_us, newest = min(exchanges).round_trip_us, exchanges[-1]
    gap_us = newest.host_us - newest.node_us
    total = along_sum = gap_sum = 0.0
    points = []
    for round_trip_us, node_us, host_us in exchanges:
        weight = (JITTER_US + (round_trip_us - least_us) / 2) ** -2
        along, gap = node_us - newest.node_us, host_us - node_us - gap_us
        points.append((weight, along, gap))
        total += weight
        along_sum += weight * along
        gap_sum += weight * gap
    x, y = along_sum / total, gap_sum / total
    spread = slope = 0.0
    for weight, along, gap in points:
        aside = along - x
        spread += weight * aside**2
        slope += weight * aside * (gap - y)
    drift = slope / (spread + LIKELY_DRIFT**-2)
    drift = min(MOST_DRIFT, max(-MOST_DRIFT, drift))
    return _Line(newest.node_us, newest.host_us + y - drift * x, drift)
