"""How a node and its channels are doing, judged from what they say. Pure; once a second.

The rules are made so that a quiet night raises no alarm: an alarm that cries wolf is ignored.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.judge import Judge, judge_of, seconds_of
from firmware_bridge.sample import ChannelHealth
from firmware_bridge.schema import Described

MOST_FRAMES = 2000
"""A bound on frames that nobody has looked at; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the time since the look before.

    `rate_hz` is judged by the moments of the readings, not by their arrival. `latency_us` is
    the median from reading to arrival, `latency_p99_us` the slowest; `jitter_us` how much
    longer than the usual one the longest (99 %) step between two readings was.
    """

    rate_hz: float = 0.0
    latency_us: int = 0
    latency_p99_us: int = 0
    jitter_us: int = 0
    channels: tuple[ChannelHealth, ...] = ()


class Watch:
    """Of one node. `faulty` are the channels that the show must not believe at present.

    `baselines` are the resting levels of calibrated channels.
    """

    def __init__(self, channels: tuple[Described, ...],
                 baselines: Mapping[str, float] | None = None) -> None:  # fmt: skip
        rests = baselines or {}
        self._judges: list[Judge] = [judge_of(c, rests.get(c.name)) for c in channels]
        self._units = [c.unit for c in channels]
        self._frames: deque[tuple[int, int, tuple[float | None, ...]]] = deque(maxlen=MOST_FRAMES)
        self._strays: deque[tuple[int, ...]] = deque(maxlen=MOST_FRAMES)
        self._newest_us: int | None = None
        self.faulty: frozenset[int] = frozenset()

    def add(self, t_us: int, arrived_us: int, values: tuple[float | None, ...],
            strays: tuple[int, ...]) -> None:  # fmt: skip
        """One frame: when it was read, when it came, what it says."""
        self._frames.append((t_us, arrived_us, values))
        if strays:
            self._strays.append(strays)

    def look(self, now_us: int) -> Figures:
        """The figures since the look before; call about once a second."""
        frames, strays = list(self._frames), list(self._strays)
        self._frames.clear()
        self._strays.clear()
        if not frames:
            return Figures(channels=tuple(judge.last for judge in self._judges))
        moments, arrivals, rows = zip(*frames, strict=True)
        before = (self._newest_us,) if self._newest_us is not None else ()
        self._newest_us = moments[-1]
        late = sorted(arrived - t for t, arrived in zip(moments, arrivals, strict=True))
        steps = sorted(b - a for a, b in pairwise((*before, *moments)))
        span_us = sum(steps)
        return Figures(
            rate_hz=round(len(steps) * 1e6 / span_us, 1) if span_us > 0 else 0.0,
            latency_us=_percentile(late, 0.5),
            latency_p99_us=_percentile(late, 0.99),
            jitter_us=_percentile(steps, 0.99) - _percentile(steps, 0.5),
            channels=self._judge(np.array(rows, dtype=float), strays, now_us),
        )

    def _judge(self, rows: NDArray[np.float64], strays: list[tuple[int, ...]],
               now_us: int) -> tuple[ChannelHealth, ...]:  # fmt: skip
        if not self._judges:
            return ()
        stray = [0] * len(self._judges)
        for index in chain.from_iterable(strays):
            stray[index] += 1
        seconds = seconds_of(rows, stray)
        lively = {u for u, s in zip(self._units, seconds, strict=True) if s.moved}
        told = tuple(
            judge.hear(second, now_us, unit in lively)
            for judge, second, unit in zip(self._judges, seconds, self._units, strict=True)
        )
        self.faulty = frozenset(i for i, judge in enumerate(self._judges) if judge.is_faulty)
        return told


def _percentile(in_order: list[int], share: float) -> int:
    """Of what was seen, not between two of it; 0 of nothing."""
    return in_order[min(len(in_order) - 1, int(len(in_order) * share))] if in_order else 0
