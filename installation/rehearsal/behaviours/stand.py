"""Stand close to one of the two worlds; in the Workshops, opposite somebody."""

from __future__ import annotations

from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import Errand, Now
from installation.rehearsal.room import ROOM, WIDTH_M

APPEAL = {
    "*": 2.0,
    "two_cities": 6.0,
    "infiltration/infiltration": 8.0,
    "infiltration/disdain": 4.0,
    "infiltration/debate": 1.0,
    "infiltration/unveiling": 1.0,
    "workshops/barrier": 20.0,
    "resonance": 3.0,
}
PLACES = {f"{side}_{height}": 3 * s + h
          for s, side in enumerate(("gardens", "zones"))
          for h, height in enumerate(("south", "middle", "north"))}  # fmt: skip
NAMES = tuple(PLACES)


def errand(dice: Dice, now: Now) -> Errand | None:
    paired = now.act == "workshops"
    free = [
        (i, weight * (60.0 if paired and NAMES[(i + 3) % 6] in now.taken else 1.0))
        for i, weight in now.unseen(PLACES)
    ]
    chosen = dice.choose(free)
    if chosen is None:
        return None
    off_m = dice.between(0.5, 1.1)
    return Errand("stand", off_m if chosen < 3 else WIDTH_M - off_m,
                  ROOM.heights_y[chosen % 3] + dice.jitter(0.12),
                  dice.dwell_s(22.0, 0.2) if paired else dice.dwell_s(10.0),
                  place=NAMES[chosen])  # fmt: skip
