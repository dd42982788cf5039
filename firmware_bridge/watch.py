"""How a node and its channels are doing, judged from what they say. Pure; once a second.

The rules are made so that a quiet night raises no alarm: an alarm that cries wolf is ignored.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import sub

import numpy as np

from firmware_bridge.judge import Judge, judge_of
from firmware_bridge.sample import ChannelHealth
from firmware_bridge.schema import Described
from firmware_bridge.second import seconds_of

MOST_FRAMES = 2000
"""A bound on frames that nobody has looked at; the oldest are forgotten."""
SILENCE_US = 5_000_000
"""Over a longer one nothing is reckoned: the time of the rules stands still in it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the time since the look before.

    `rate_hz` is judged by the moments of the readings, not by their arrival. `latency_us` is
    the median from reading to arrival, `latency_p99_us` that of the slowest hundredth;
    `jitter_us` how much longer the longest hundredth of the steps between two readings is than
    the median: a technician sees in it a node that is interrupted, and frames that were lost.
    """

    rate_hz: float = 0.0
    latency_us: int = 0
    latency_p99_us: int = 0
    jitter_us: int = 0
    channels: tuple[ChannelHealth, ...] = ()


Frame = tuple[int, int, tuple[float | None, ...], tuple[int, ...]]
"""When it was read, when it came, what it says, and which channels were out of range."""


class Watch:
    """Of one node. `faulty` are the channels that the show must not believe at present.

    What calibration knows of channels, by name: `baselines`, their resting levels; `thresholds`
    of those that it makes touches; `inverted`, those that it turns round. Readings are watched
    as they come from the node, before they are corrected.
    """

    def __init__(self, channels: tuple[Described, ...],
                 baselines: Mapping[str, float] | None = None, *,
                 thresholds: Mapping[str, float] | None = None,
                 inverted: Collection[str] = ()) -> None:  # fmt: skip
        rests, touches = baselines or {}, thresholds or {}
        self._judges: list[Judge] = [
            judge_of(c, rests.get(c.name), touches.get(c.name), c.name in inverted)
            for c in channels
        ]
        self._units = [c.unit for c in channels]
        self._frames: deque[Frame] = deque(maxlen=MOST_FRAMES)
        self._newest: Frame | None = None
        self._looked_us = self._lived_us = 0
        self.faulty: frozenset[int] = frozenset()

    def add(self, t_us: int, arrived_us: int, values: tuple[float | None, ...],
            strays: tuple[int, ...]) -> None:  # fmt: skip
        """One frame: when it was read, when it came, what it says; `strays` were out of range."""
        self._frames.append((t_us, arrived_us, values, strays))

    def look(self, now_us: int) -> Figures:
        """The figures since the look before; call about once a second."""
        new = list(self._frames)
        self._frames.clear()
        since_us, self._looked_us = min(now_us - self._looked_us, SILENCE_US), now_us
        if not new:
            return Figures(channels=tuple(judge.last for judge in self._judges))
        self._lived_us += since_us
        frames = self._with_the_one_before(new)
        moments = [frame[0] for frame in frames]
        late = sorted([frame[1] - frame[0] for frame in new])
        steps = sorted(map(sub, moments[1:], moments))
        span_us = moments[-1] - moments[0]
        return Figures(
            rate_hz=round(len(steps) * 1e6 / span_us, 1) if span_us > 0 else 0.0,
            latency_us=_percentile(late, 0.5),
            latency_p99_us=_percentile(late, 0.99),
            jitter_us=_percentile(steps, 0.99) - _percentile(steps, 0.5),
            channels=self._judge(frames, len(new), span_us / 1e6) if self._judges else (),
        )

    def _with_the_one_before(self, new: list[Frame]) -> list[Frame]:
        """So that a step from look to look counts as well; not over a silence."""
        before, self._newest = self._newest, new[-1]
        if before is None or new[0][0] - before[0] > SILENCE_US:
            return new
        return [before, *new]

    def _judge(self, frames: list[Frame], new: int, span_s: float) -> tuple[ChannelHealth, ...]:
        strays = [0] * len(self._judges)
        for index in chain.from_iterable([frame[3] for frame in frames[-new:] if frame[3]]):
            strays[index] += 1
        rows = np.array([frame[2] for frame in frames], dtype=float)
        seconds = seconds_of(rows, new, strays, span_s)
        lively = {u for u, s in zip(self._units, seconds, strict=True) if s.moved}
        told = tuple(
            judge.hear(second, self._lived_us, unit in lively)
            for judge, second, unit in zip(self._judges, seconds, self._units, strict=True)
        )
        self.faulty = frozenset(i for i, judge in enumerate(self._judges) if judge.is_faulty)
        return told


def _percentile(in_order: list[int], share: float) -> int:
    """Of what was seen, not between two of it; 0 of nothing."""
    return in_order[min(len(in_order) - 1, int(len(in_order) * share))] if in_order else 0
