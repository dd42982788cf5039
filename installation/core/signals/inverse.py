"""One minus the source."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources


def update(was: None, of: Sources, now_us: int, options: Options) -> Reading:
    """Unknown where the source is."""
    return Reading(None if of[0] is None else 1.0 - of[0])
