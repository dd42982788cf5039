"""Stay just inside the door, shifting from one foot to the other; only for those who dare no more.

The two spots lie between the ranges of the west and the east distance sensors.
"""

from __future__ import annotations

from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import Errand, Now

APPEAL = {"*": 0.0}


def errand(dice: Dice, now: Now) -> Errand | None:
    left = now.t_us // 1_000_000 % 2 == 0
    y = 0.6 if now.done.get("threshold", 0) % 2 == 0 else 1.3
    return Errand("loiter", 4.35 if left else 4.65, y, dice.between(15.0, 40.0),
                  place="threshold")  # fmt: skip
