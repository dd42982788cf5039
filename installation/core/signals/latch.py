"""Remembers that its source was true once."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources


def update(was: bool | None, of: Sources, now_us: int, options: Options) -> Reading:
    """1 from the first moment at which the source is above 0.5, until it is reset."""
    closed = bool(was) or (of[0] is not None and of[0] > 0.5)
    return Reading(float(closed), closed)


def assign(value: float, of: Sources, now_us: int) -> bool:
    """The memory of a latch that a cue has set."""
    return value > 0.5
