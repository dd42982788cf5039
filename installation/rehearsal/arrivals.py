"""Who comes on a day of opening, and when: seeded, each day by itself.

Parties come as a Poisson process whose rate follows the hours and the days of the week,
drawn by thinning: P. A. W. Lewis and G. S. Shedler, Naval Research Logistics Quarterly 26 (1979).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from installation.rehearsal.dice import Dice

FOREVER_US = 1 << 62
HOUR_S = 3600.0
PARTIES_PER_H = 3.5
"""On a day and at an hour whose factors are 1."""
WEEK: tuple[tuple[str, float], ...] = (
    ("Monday", 0.5), ("Tuesday", 0.6), ("Wednesday", 0.7), ("Thursday", 0.8),
    ("Friday", 1.0), ("Saturday", 2.0), ("Sunday", 1.6),
)  # fmt: skip
HOURS: tuple[tuple[float, float], ...] = (
    (0.0, 0.25), (0.15, 0.5), (0.35, 1.0), (0.6, 1.35), (0.8, 1.0), (0.95, 0.4), (1.0, 0.0),
)  # fmt: skip
"""The rate over the share of the opening time that has gone; straight lines in between."""
BUSIEST = max(factor for _, factor in HOURS)
APART_S = 0.8
"""Between two of a party who come through the door."""
CLEARED_S = 300.0
"""So long before closing people are asked to leave."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who will come: leaves about `stay_s` later, and at `closes_us` at the latest.

    `spread` is that of a log-normal about `stay_s`. `habits` are the behaviours that they
    choose from; empty means all.
    """

    t_us: int
    stay_s: float
    habits: tuple[str, ...] = ()
    spread: float = 0.3
    party: str = ""
    closes_us: int = FOREVER_US


@dataclass(frozen=True, slots=True)
class Party:
    """How many come together, how often among all parties, and how long such a visit is."""

    least: int
    most: int
    weight: float
    stay_s: float


PARTIES: Mapping[str, Party] = {
    "alone": Party(1, 1, 0.36, 720.0),
    "couple": Party(2, 2, 0.36, 960.0),
    "friends": Party(3, 4, 0.12, 1080.0),
    "family": Party(3, 5, 0.16, 1200.0),
}
CLASS = Party(10, 16, 0.35, 1500.0)
"""A school class: `weight` is the chance that one comes on a weekday, in the morning."""

CURIOUS, HANDS_OFF, SHY = "curious", "hands off", "shy"
HABITS: Mapping[str, tuple[str, ...]] = {
    CURIOUS: (),
    HANDS_OFF: ("linger", "stand", "watch"),
    SHY: ("loiter",),
}
TEMPERS = ((CURIOUS, 0.74), (HANDS_OFF, 0.18), (SHY, 0.08))
SHY_STAY_S = 300.0


def weekday(day: int) -> str:
    """The name of day 0, 1, …; a season begins on a Monday."""
    return WEEK[day % len(WEEK)][0]


def guests(seed: int, day: int, open_s: float) -> tuple[Guest, ...]:
    """Everybody who comes on that day, by the moment of coming; 0 is the opening of the doors."""
    dice = Dice(seed, f"arrivals/{day}")
    coming: list[Guest] = []
    for t_s in _moments(dice, WEEK[day % len(WEEK)][1], open_s):
        name = dice.choose([(name, party.weight) for name, party in PARTIES.items()]) or "alone"
        coming += _party(dice, name, PARTIES[name], t_s, open_s)
    if day % len(WEEK) < 5 and dice.share() < CLASS.weight:
        coming += _party(dice, "class", CLASS, dice.between(0.05, 0.3) * open_s, open_s)
    return tuple(sorted(coming, key=lambda guest: guest.t_us))


def rate_per_h(share: float) -> float:
    """Parties an hour on a day whose factor is 1, when `share` of the opening time has gone."""
    for (start, low), (end, high) in itertools.pairwise(HOURS):
        if share <= end:
            return PARTIES_PER_H * (low + (high - low) * (share - start) / (end - start))
    return 0.0


def _moments(dice: Dice, factor: float, open_s: float) -> list[float]:
    """In seconds, rounded to a millisecond."""
    most_per_s = PARTIES_PER_H * BUSIEST * factor / HOUR_S
    moments: list[float] = []
    t_s = 0.0
    while True:
        t_s += round(-math.log(1.0 - dice.share()) / most_per_s, 3)
        if t_s >= open_s - CLEARED_S:
            return moments
        if dice.share() * most_per_s * HOUR_S < rate_per_h(t_s / open_s) * factor:
            moments.append(t_s)


def _party(dice: Dice, name: str, party: Party, t_s: float, open_s: float) -> list[Guest]:
    """They leave about together, and each has a temper of their own; children are curious."""
    many = party.least + int(dice.share() * (party.most - party.least + 1))
    stay_s = dice.dwell_s(party.stay_s, 0.4)
    closes_us = round((open_s - CLEARED_S * dice.between(0.1, 1.0)) * 1e6)
    found = []
    for nth in range(many):
        temper = CURIOUS if name == "class" else dice.choose(TEMPERS) or CURIOUS
        own_s = min(stay_s, SHY_STAY_S) if temper == SHY and many == 1 else stay_s
        found.append(Guest(round((t_s + APART_S * nth) * 1e6), own_s, HABITS[temper], 0.05,
                           name, closes_us))  # fmt: skip
    return found
