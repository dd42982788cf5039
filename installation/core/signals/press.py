"""A pulse for each press: the node sends a count, so that a lost frame loses nothing."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources


def update(was: tuple[float, int] | None, of: Sources, now_us: int, options: Options) -> Reading:
    """1 for `hold` after the count has risen; unknown while the node is silent.

    A count that falls is a node that has booted, and no press.
    """
    count = of[0]
    if count is None:
        return Reading(None, was)
    seen, until_us = was or (count, 0)
    if count > seen:
        until_us = now_us + int(options.get("hold", 200_000))
    active = now_us < until_us
    return Reading(float(active), (count, until_us), until_us if active else None)
