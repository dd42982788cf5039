"""Node microseconds -> host microseconds: least round trip, drift fitted."""

from __future__ import annotations

from collections import deque

WRAP = 1 << 32
GROUP = 16
"""Exchanges of which the one with the least round trip is kept: about four seconds."""
GROUPS = 32
NEWEST = 3
LEAST_FIT = 4
MOST_DRIFT = 500e-6
"""A crystal is within 100 ppm, a good resonator within 500; beyond this it is no drift."""


class NodeClock:
    """Learns from PING and PONG; until the first one, `host_us` is None."""

    def __init__(self) -> None:
        self._group: list[tuple[int, int, int]] = []
        self._best: deque[tuple[int, int, int]] = deque(maxlen=GROUPS)
        self._unwrapped: int | None = None
        self._base_node = self._base_host = 0
        self._drift = 0.0
        self.round_trip_us = 0

    def learn(self, sent_us: int, node_us: int, received_us: int) -> None:
        """One exchange: the node read `node_us` between the two host moments."""
        round_trip = received_us - sent_us
        node = self._unwrap(node_us)
        self._group.append((round_trip, node, sent_us + round_trip // 2))
        newest = [*self._group, *list(self._best)[-NEWEST:]]
        self.round_trip_us, self._base_node, self._base_host = min(newest)
        if len(self._group) == GROUP:
            self._best.append(min(self._group))
            self._group = []
            if len(self._best) >= LEAST_FIT:
                self._drift = _slope(self._best)

    def host_us(self, node_us: int) -> int | None:
        """The host's moment of a node's time stamp, None before the first exchange."""
        if self._unwrapped is None or not (self._group or self._best):
            return None
        gone = self._unwrap(node_us) - self._base_node
        return self._base_host + gone + round(gone * self._drift)

    def _unwrap(self, node_us: int) -> int:
        """The 32-bit counter continued: the value nearest to the newest one."""
        if self._unwrapped is None:
            self._unwrapped = node_us
            return node_us
        step = (node_us - self._unwrapped + WRAP // 2) % WRAP - WRAP // 2
        unwrapped = self._unwrapped + step
        self._unwrapped = max(self._unwrapped, unwrapped)
        return unwrapped


def _slope(exchanges: deque[tuple[int, int, int]]) -> float:
    """How much faster the host's clock runs, by least squares; 1e-6 is a ppm."""
    count = len(exchanges)
    mean = sum(node for _, node, _ in exchanges) / count
    gaps = [(node - mean, host - node) for _, node, host in exchanges]
    level = sum(gap for _, gap in gaps) / count
    spread = sum(x * x for x, _ in gaps)
    slope = sum(x * (gap - level) for x, gap in gaps) / spread if spread > 0 else 0.0
    return min(MOST_DRIFT, max(-MOST_DRIFT, slope))
