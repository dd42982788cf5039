"""How often in a second its source becomes true, over a window."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources

MOST = 256
"""A bound on what is remembered: more in a window are counted as so many."""

Memory = tuple[tuple[int, ...], bool]


def update(was: Memory | None, of: Sources, now_us: int, options: Options) -> Reading:
    """In Hz: how often the source has become true within the last `window`, by its length."""
    window_us = int(options.get("window", 10_000_000))
    now = of[0] is not None and of[0] > 0.5
    rises, before = was or ((), now)
    if now and not before:
        rises = (*rises[1 - MOST :], now_us)
    rises = tuple([rise_us for rise_us in rises if now_us < rise_us + window_us])
    wake_us = rises[0] + window_us if rises else None
    return Reading(len(rises) * 1e6 / window_us, (rises, now), wake_us)
