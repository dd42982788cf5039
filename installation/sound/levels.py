"""How gains move: never faster than the ear takes for a change, never too much together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

FULL_SWING_S = 0.2
"""From silence to full takes at least this long (TREATMENT: a change takes 200 ms)."""
MOST_SUM = 1.6
"""Cap on the sum of all stem gains; above it, all are scaled down together."""


def slew(now: float, wanted: float, elapsed_s: float) -> float:
    """The gain after `elapsed_s` on its way to `wanted`."""
    most = elapsed_s / FULL_SWING_S
    return wanted if abs(wanted - now) <= most else now + (most if wanted > now else -most)


def capped(gains: Mapping[str, float]) -> dict[str, float]:
    """The same gains, scaled down together where their sum is over the cap."""
    total = sum(gains.values())
    scale = min(1.0, MOST_SUM / total) if total > 0.0 else 1.0
    return {name: gain * scale for name, gain in gains.items()}


STEPS = 128
"""SDL_mixer's resolution of a volume."""


@lru_cache(maxsize=4096)
def two_factors(gain: float) -> tuple[float, float]:
    """Two volumes whose product is nearest to `gain`: finer than either alone."""
    if gain <= 0.0:
        return 0.0, 0.0
    best = (2.0, 1, 1)
    for a in range(1, STEPS + 1):
        b = min(STEPS, max(1, round(gain * STEPS * STEPS / a)))
        best = min(best, (abs(a * b / STEPS**2 - gain), a, b))
    return best[1] / STEPS, best[2] / STEPS
