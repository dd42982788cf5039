"""Whether any source is true (above 0.5)."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources


def update(was: None, of: Sources, now_us: int, options: Options) -> Reading:
    """1 or 0; an unknown source counts as not true."""
    return Reading(float(any(x is not None and x > 0.5 for x in of)))
