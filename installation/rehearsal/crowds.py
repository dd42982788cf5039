"""Who comes, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many are in the room at once, how they arrive, how long they stay.

    The first come within `arrive_s`, together when it is 0. Who leaves after
    about `stay_s` is followed by the next after `gap_s` (from, to). `habits`
    are the behaviours they choose from; empty means all.
    """

    least: int
    most: int
    arrive_s: float = 0.0
    stay_s: float = 1500.0
    gap_s: tuple[float, float] = (240.0, 480.0)
    habits: tuple[str, ...] = ()


CROWDS: Mapping[str, Crowd] = {
    "nobody": Crowd(0, 0),
    "onlooker": Crowd(1, 1, stay_s=1e9, habits=("loiter",)),
    "one": Crowd(1, 1),
    "couple": Crowd(2, 2),
    "opening-night": Crowd(8, 16, arrive_s=50.0, stay_s=900.0, gap_s=(4.0, 25.0)),
}
