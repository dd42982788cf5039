"""Speak up at one of Juno's posts; sooner at the one across from somebody who speaks."""

from __future__ import annotations

from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import VOICE, Errand, Now
from installation.rehearsal.room import ROOM

APPEAL = {
    "*": 0.4,
    "whispers": 4.0,
    "infiltration/curated": 0.0,
    "infiltration/debate": 12.0,
    "workshops/platform": 2.0,
    "resonance": 1.5,
}
PLACES = {"post_west": 0, "post_east": 1}
NAMES = tuple(PLACES)


def errand(dice: Dice, now: Now) -> Errand | None:
    chosen = dice.choose(now.unseen(PLACES))
    if chosen is None:
        return None
    x, y = ROOM.posts[chosen]
    return Errand("speak", x + (-0.4, 0.4)[chosen], y + dice.jitter(0.1), dice.dwell_s(14.0, 0.3),
                  place=NAMES[chosen], contact=VOICE, which=chosen,
                  strength=dice.between(70.0, 74.0), on_s=dice.between(2.5, 5.0),
                  off_s=dice.between(1.0, 4.0))  # fmt: skip
