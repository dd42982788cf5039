"""Works: each time its trigger becomes true, a new one is made of what visitors just did."""

from __future__ import annotations

from hashlib import sha256

from installation.core.signals import Options, Reading, Sources

Memory = tuple[tuple[float, ...], bool, int]


def update(was: Memory | None, of: Sources, now_us: int, options: Options) -> Reading:
    """How many were made; part i is work i as a number in 0..1 (0: not made yet).

    `slots` is how many there can be, `gap` the least time between two.
    """
    trigger, *values = of
    works, before, last_us = was or ((), False, -(10**18))
    now = trigger is not None and trigger > 0.5
    room = len(works) < int(options.get("slots", 5))
    if now and not before and room and now_us - last_us >= options.get("gap", 0.0):
        works, last_us = (*works, _seed_of(values, len(works))), now_us
    slots = int(options.get("slots", 5))
    parts = works + (0.0,) * (slots - len(works))
    return Reading(float(len(works)), (works, now, last_us), None, parts)


def _seed_of(values: list[float | None], index: int) -> float:
    """A number in (0, 1] that depends on every value, equal on every machine."""
    text = repr((index, [None if v is None else round(v, 3) for v in values]))
    return (int.from_bytes(sha256(text.encode()).digest()[:4], "big") + 1) / 2**32
