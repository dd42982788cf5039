"""How much: a channel or signal as 0 to 1, smoothed."""

from __future__ import annotations

from math import exp

from installation.core.signals import Options, Reading, Sources, next_step

STEP_US = 20_000

Memory = tuple[float, float, int]


def update(was: Memory | None, of: Sources, now_us: int, options: Options) -> Reading:
    """`low..high` as 0..1, clamped, through a one-pole filter of time constant `lag`."""
    x = of[0]
    if x is None:
        return Reading(None)
    low, high = options.get("low", 0.0), options.get("high", 1.0)
    target = min(1.0, max(0.0, (x - low) / (high - low)))
    lag_us = options.get("lag", 0.0)
    if was is None or lag_us <= 0.0:
        return Reading(target, (target, target, now_us))
    value, aim, then_us = was
    value = aim + (value - aim) * exp(-(now_us - then_us) / lag_us)
    if abs(value - target) < 1e-4:
        return Reading(target, (target, target, now_us))
    return Reading(value, (value, target, now_us), next_step(now_us, STEP_US))
