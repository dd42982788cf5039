"""The min of the known sources."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources


def update(was: None, of: Sources, now_us: int, options: Options) -> Reading:
    """Unknown only where every source is."""
    known = [x for x in of if x is not None]
    return Reading(min(known) if known else None)
