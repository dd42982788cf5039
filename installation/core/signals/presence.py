"""Whether someone is there: a threshold with hysteresis, validation and hold."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources


def update(was: tuple[bool, int] | None, of: Sources, now_us: int, options: Options) -> Reading:
    """1 once the source has been past its threshold for `for`; 0 once back for `hold`.

    `below` or `above` enters, `leave` leaves. Unknown while the channel is silent.
    """
    x = of[0]
    if x is None:
        return Reading(None)
    present, pending_us = was or (False, -1)
    if "below" in options:
        inside = x < (options.get("leave", options["below"]) if present else options["below"])
    else:
        inside = x > (options.get("leave", options["above"]) if present else options["above"])
    if inside == present:
        return Reading(float(present), (present, -1))
    if pending_us < 0:
        pending_us = now_us
    due_us = pending_us + int(options.get("hold" if present else "for", 0))
    if now_us >= due_us:
        return Reading(float(inside), (inside, -1))
    return Reading(float(present), (present, pending_us), due_us)
