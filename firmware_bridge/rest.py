"""Where a channel rests, whoever comes and goes. Pure."""

from __future__ import annotations

from collections import deque

MINUTE_US = 60_000_000
LEARN_MIN, REMEMBER_MIN, AT_REST = 30, 60, 10
"""The resting level is that of the quietest tenth of the last hour's minutes, and each minute
counts with its quietest second: no crowd stands before a sensor so densely."""


class Rest:
    """`level` is where the channel rests now, `was` where it rested; None while not known.

    `side` is the end of the range at which it rests: 1 high, -1 low, 0 not known, which needs
    `calibrated`. Without `calibrated` what it `was` is learnt in half an hour, and what is still
    quieter is taken for it later, so that learning among people does no harm.
    """

    def __init__(self, side: int, calibrated: float | None = None) -> None:
        self.level: float | None = None
        self.was = calibrated
        self._side, self._is_learnt = side, calibrated is None
        self._minutes: deque[float] = deque(maxlen=REMEMBER_MIN)
        self._minute: float | None = None
        self._begun_us: int | None = None

    def hear(self, reading: float, now_us: int) -> None:
        """The middle reading of a second."""
        if self._minute is None or self._unrest(reading) < self._unrest(self._minute):
            self._minute = reading
        if self._begun_us is None:
            self._begun_us = now_us
        elif now_us - self._begun_us >= MINUTE_US:
            self._minutes.append(self._minute)
            self._minute, self._begun_us = None, now_us
            self._settle()

    def shift(self, most: float) -> tuple[float, float] | None:
        """(was, level) where it rests further than `most` from where it did."""
        if self.was is None or self.level is None or abs(self.level - self.was) <= most:
            return None
        return self.was, self.level

    def _settle(self) -> None:
        if len(self._minutes) < LEARN_MIN:
            return
        level = sorted(self._minutes, key=self._unrest)[len(self._minutes) // AT_REST]
        if self.was is None or (self._is_learnt and self._unrest(level) < self._unrest(self.was)):
            self.was = level
        self.level = level

    def _unrest(self, reading: float) -> float:
        """The less, the nearer to rest."""
        if self._side == 0:
            return abs(reading - (self.was or 0.0))
        return -self._side * reading
