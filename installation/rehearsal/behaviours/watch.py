"""Stand in the middle of the room and look around, murmuring now and then."""

from __future__ import annotations

from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import VOICE, Errand, Now

APPEAL = {"*": 1.5, "infiltration/curated": 6.0, "infiltration/awakening": 4.0}


def errand(dice: Dice, now: Now) -> Errand | None:
    talks = dice.share() < 0.3
    return Errand("watch", dice.between(3.0, 6.0), dice.between(2.6, 4.5), dice.dwell_s(7.0),
                  contact=VOICE if talks else "", which=-1, strength=dice.between(48.0, 55.0),
                  on_s=2.0, off_s=3.0)  # fmt: skip
