"""Press a hand into Orin's membrane."""

from __future__ import annotations

from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import PRESS, Errand, Now
from installation.rehearsal.room import ROOM

APPEAL = {
    "*": 0.4,
    "whispers": 1.5,
    "infiltration/curated": 0.0,
    "infiltration/unveiling": 10.0,
    "workshops/barrier": 2.0,
    "workshops/platform": 7.0,
    "resonance": 2.0,
}
PLACES = {f"membrane_{i + 1}": i for i in range(4)}


def errand(dice: Dice, now: Now) -> Errand | None:
    chosen = dice.choose(now.unseen(PLACES))
    if chosen is None:
        return None
    x, y = ROOM.membrane
    return Errand("press", x - 0.9 + 0.6 * chosen, y - 0.6, dice.dwell_s(7.0, 0.3),
                  place=f"membrane_{chosen + 1}", contact=PRESS, which=chosen,
                  strength=dice.between(4.0, 13.0), on_s=dice.between(1.2, 3.0),
                  off_s=dice.between(0.6, 1.5))  # fmt: skip
