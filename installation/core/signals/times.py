"""How often its source has become true."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources


def update(was: tuple[int, bool] | None, of: Sources, now_us: int, options: Options) -> Reading:
    """The number of times since the start or the reset; one that is true then does not count."""
    now = of[0] is not None and of[0] > 0.5
    count, before = was or (0, now)
    count += now and not before
    return Reading(float(count), (count, now))
