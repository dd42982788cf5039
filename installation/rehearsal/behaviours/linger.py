"""Linger at Elysia's plinth, then step up and lean on its glass."""

from __future__ import annotations

from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import WEIGHT, Errand, Now
from installation.rehearsal.room import ROOM

APPEAL = {"*": 0.6, "two_cities": 2.0, "infiltration/advocacy": 10.0, "infiltration/curated": 1.0}
PLACES = {"plinth": 0}


def errand(dice: Dice, now: Now) -> Errand | None:
    if "plinth" in now.taken:
        return None
    x, y = ROOM.plinth
    return Errand("linger", x - 0.6, y - 0.1 + dice.jitter(0.1), dice.dwell_s(11.0, 0.3),
                  place="plinth", contact=WEIGHT, strength=dice.between(6.0, 16.0),
                  on_s=30.0)  # fmt: skip
