"""How many sources are true (above 0.5)."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources


def update(was: None, of: Sources, now_us: int, options: Options) -> Reading:
    """The number of true sources; an unknown one is not counted."""
    return Reading(float(sum(1 for x in of if x is not None and x > 0.5)))
