"""A number that cues set and move."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources


def update(was: float | None, of: Sources, now_us: int, options: Options) -> Reading:
    """`start` until a cue sets it; within `low` and `high` where they are given."""
    value = options.get("start", 0.0) if was is None else was
    value = max(options.get("low", value), min(options.get("high", value), value))
    return Reading(value, value)


def assign(value: float, of: Sources, now_us: int) -> float:
    """The memory of a variable that a cue has set."""
    return value
