"""Pairs that are made: sources that belong together, both true at once."""

from __future__ import annotations

from installation.core.signals import Options, Reading, Sources


def update(was: None, of: Sources, now_us: int, options: Options) -> Reading:
    """How many pairs of sources (first and second, third and fourth, …) are both true.

    Part i is 1 while pair i is; an unknown source is not true.
    """
    true = [x is not None and x > 0.5 for x in of]
    made = tuple(float(a and b) for a, b in zip(true[::2], true[1::2], strict=False))
    return Reading(sum(made), None, None, made)
