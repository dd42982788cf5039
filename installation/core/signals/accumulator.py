"""A vessel: its source fills it, silence drains it."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources, next_step

STEP_US = 40_000
SILENCE = 0.05

Memory = tuple[float, float, int]


def update(was: Memory | None, of: Sources, now_us: int, options: Options) -> Reading:
    """0 to 1: a source of 1 fills it in `full`; below 0.05 it empties in `drain` (0: never).

    The source is taken as constant between two calls, so that the result does
    not depend on how often it is asked.
    """
    source = of[0] or 0.0
    filled, rate_source, then_us = was or (0.0, source, now_us)
    filled = min(1.0, max(0.0, filled + (now_us - then_us) * _per_us(rate_source, options)))
    per_us = _per_us(source, options)
    wake_us = None
    if per_us > 0.0 and filled < 1.0:
        wake_us = min(next_step(now_us, STEP_US), now_us + int((1.0 - filled) / per_us) + 1)
    elif per_us < 0.0 and filled > 0.0:
        wake_us = next_step(now_us, STEP_US)
    return Reading(filled, (filled, source, now_us), wake_us)


def assign(value: float, of: Sources, now_us: int) -> tuple[float, float, int]:
    """The memory of a vessel filled to `value` by a cue."""
    return (value, of[0] or 0.0, now_us)


def _per_us(source: float, options: Options) -> float:
    if source >= SILENCE:
        return source / options["full"]
    drain_us = options.get("drain", 0.0)
    return -1.0 / drain_us if drain_us > 0.0 else 0.0
