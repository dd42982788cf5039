"""Lay a hand on a fragment of Kai's heap; one that nobody has touched yet attracts most."""

from __future__ import annotations

from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import TOUCH, Errand, Now
from installation.rehearsal.room import ROOM

APPEAL = {
    "*": 1.0,
    "whispers": 8.0,
    "infiltration/curated": 2.0,
    "infiltration/infiltration": 6.0,
    "workshops/barrier": 3.0,
    "workshops/platform": 8.0,
    "resonance": 3.0,
}
PLACES = {f"fragment_{i + 1}": i for i in range(6)}
AROUND = ((0.7, 0.0), (0.35, 0.61), (-0.35, 0.61), (-0.7, 0.0), (-0.35, -0.61), (0.35, -0.61))


def errand(dice: Dice, now: Now) -> Errand | None:
    chosen = dice.choose(now.unseen(PLACES))
    if chosen is None:
        return None
    dx, dy = AROUND[chosen]
    return Errand("touch", ROOM.heap[0] + dx, ROOM.heap[1] + dy, dice.dwell_s(5.0, 0.3),
                  place=f"fragment_{chosen + 1}", contact=TOUCH, which=chosen,
                  on_s=dice.between(0.6, 1.8), off_s=dice.between(0.3, 1.2))  # fmt: skip
