"""Figures about the loop: percentiles over a bounded number of the newest readings."""

from __future__ import annotations

from collections import deque
from itertools import islice


class Readings:
    """The newest `bound` readings, in milliseconds."""

    def __init__(self, bound: int = 100_000) -> None:
        self._kept: deque[float] = deque(maxlen=bound)

    def add_us(self, value_us: float) -> None:
        self._kept.append(value_us / 1000.0)

    def __len__(self) -> int:
        return len(self._kept)

    def percentile(self, share: float) -> float | None:
        """The value below which `share` (0 to 1) of the readings lie; None without any."""
        if not self._kept:
            return None
        ordered = sorted(self._kept)
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)

    def recent(self, share: float, newest: int = 500) -> float | None:
        """The same over the newest readings alone: cheap enough to ask ten times a second."""
        if not self._kept:
            return None
        ordered = sorted(islice(reversed(self._kept), newest))
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)

    def summary(self) -> dict[str, float | int | None]:
        """Count, p50, p99 and the greatest, in milliseconds."""
        return {
            "count": len(self),
            "p50_ms": self.percentile(0.5),
            "p99_ms": self.percentile(0.99),
            "max_ms": self.percentile(1.0),
        }
