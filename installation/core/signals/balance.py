"""Which of two sides weighs more."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources, level

Memory = tuple[float, float, int]


def update(was: Memory | None, of: Sources, now_us: int, options: Options) -> Reading:
    """(b - a) / (a + b) in -1..1, smoothed by `lag`; 0 where both are 0."""
    a, b = of[0] or 0.0, of[1] or 0.0
    target = (b - a) / (a + b) if a + b > 1e-6 else 0.0
    lag = {"low": -1.0, "high": 1.0, "lag": options.get("lag", 0.0)}
    value, memory, wake_us, _ = level.update(was, (target,), now_us, lag)
    return Reading(2.0 * (value or 0.0) - 1.0, memory, wake_us)
