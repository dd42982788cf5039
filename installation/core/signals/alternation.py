"""Whether two sides both spoke, together or in turn, within a window."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources

NEVER_US = -(10**18)


def update(was: tuple[int, int] | None, of: Sources, now_us: int, options: Options) -> Reading:
    """1 while each of the two sources was true at least once within the last `window`."""
    a_us, b_us = was or (NEVER_US, NEVER_US)
    a, b = (x is not None and x > 0.5 for x in of[:2])
    a_us, b_us = (now_us if a else a_us), (now_us if b else b_us)
    ends_us = min(a_us, b_us) + int(options.get("window", 5_000_000))
    active = now_us < ends_us
    return Reading(float(active), (a_us, b_us), ends_us if active else None)
