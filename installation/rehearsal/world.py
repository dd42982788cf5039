"""A crowd in the room: people in, readings out, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from installation.rehearsal.arrivals import FOREVER_US, Guest
from installation.rehearsal.behaviours import BEHAVIOURS
from installation.rehearsal.crowds import CROWDS, Crowd
from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import Now
from installation.rehearsal.room import ROOM
from installation.rehearsal.sensors import Readings, Sensors
from installation.rehearsal.visitors import Person

PEOPLE_STEP_US = 50_000
EMPTY_STEP_US = 500_000
"""How often the sensors of an empty room are read: only their noise changes."""
MOST_CATCH_UP_US = 2_000_000
"""After a pause of the caller (a suspended machine) people do not relive all of it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody was here, from the door to the door; `party` is whom they came with."""

    came_us: int
    left_us: int
    party: str


class World:
    """`step` moves the people up to a moment and reads the sensors then.

    `crowd` is one of `CROWDS`, whose leavers are followed by others; with "" the `guests` come,
    and nobody else. Equal arguments and equal calls give equal readings.
    Raises KeyError for a crowd that is not in `CROWDS`.
    """

    def __init__(self, crowd: str, seed: int, guests: Sequence[Guest] = ()) -> None:
        self.people: list[Person] = []
        self.visits: list[Visit] = []
        """Of those who have left."""
        self._crowd = CROWDS[crowd] if crowd else None
        self._seed = seed
        self._dice = Dice(seed, f"crowd/{crowd}")
        self._sensors = Sensors(Dice(seed, "noise"))
        self._coming = _first(self._crowd, self._dice) if self._crowd else list(guests)
        self.numbered = 0
        self._now = Now()
        self._moved_us = -PEOPLE_STEP_US

    @property
    def next_us(self) -> int:
        """When the next `step` is wanted: soon while there are people, or somebody comes."""
        comes_us = self._coming[0].t_us if self._coming else FOREVER_US
        wait_us = PEOPLE_STEP_US if self.people else EMPTY_STEP_US
        soonest_us = self._moved_us + PEOPLE_STEP_US
        return max(soonest_us, min(self._moved_us + wait_us, comes_us))

    def step(self, t_us: int, act: str, scene: str) -> Readings:
        """Readings at `t_us`, which never decreases; `act` and `scene` are what people see."""
        if (act, scene) != (self._now.act, self._now.scene):
            self._change(t_us, act, scene)
        self._moved_us = max(self._moved_us, t_us - MOST_CATCH_UP_US)
        while self._moved_us + PEOPLE_STEP_US <= t_us:
            self._moved_us += PEOPLE_STEP_US
            self._move(self._moved_us)
        return self._sensors.readings(ROOM, self.people, t_us)

    def everyone(self, now_us: int) -> list[Visit]:
        """All visits so far; those who are still here count up to now."""
        here = [Visit(person.came_us, now_us, person.party) for person in self.people]
        return sorted(self.visits + here, key=lambda visit: (visit.came_us, visit.left_us))

    def _change(self, t_us: int, act: str, scene: str) -> None:
        done = self._now.done if act == self._now.act else {}
        self._now = Now(act, scene, t_us, done=done)
        for person in self.people:
            if person.errand is not None:
                table = BEHAVIOURS[person.errand.behaviour].APPEAL
                person.notice_scene(t_us, self._now.appeal(table))

    def _move(self, t_us: int) -> None:
        now = self._now
        now.t_us = t_us
        if self._coming and self._coming[0].t_us <= t_us:
            self._arrive(self._coming.pop(0), t_us)
        if not self.people:
            return
        now.taken = self._taken()
        for person in self.people:
            before = person.errand
            person.think(now)
            if person.errand is not before:
                now.taken = self._taken()
            person.walk(t_us, self.people)
        if any(person.gone for person in self.people):
            self._leave(t_us)

    def _taken(self) -> dict[str, str]:
        errands = [p.errand for p in self.people if p.errand is not None]
        return {errand.place: errand.contact for errand in errands if errand.place}

    def _arrive(self, guest: Guest, t_us: int) -> None:
        dice = Dice(self._seed, f"person/{self.numbered}")
        self.numbered += 1
        leave_us = t_us + int(dice.dwell_s(guest.stay_s, guest.spread) * 1e6)
        leave_us = min(leave_us, guest.closes_us)
        self.people.append(Person(dice, t_us, leave_us, guest.habits, guest.party))

    def _leave(self, t_us: int) -> None:
        gone = [person for person in self.people if person.gone]
        self.visits += [Visit(person.came_us, t_us, person.party) for person in gone]
        self.people = [person for person in self.people if not person.gone]
        if self._crowd:
            self._coming += [_guest(self._crowd, t_us + int(self._dice.between(*self._crowd.gap_s)
                                                            * 1e6)) for _ in gone]  # fmt: skip
            self._coming.sort(key=lambda guest: guest.t_us)


def _guest(crowd: Crowd, t_us: int) -> Guest:
    return Guest(t_us, crowd.stay_s, crowd.habits)


def _first(crowd: Crowd, dice: Dice) -> list[Guest]:
    """The first ones: within `arrive_s`, never before a second."""
    many = crowd.least + int(dice.share() * (crowd.most - crowd.least + 1))
    together = (1.0 + 0.8 * i for i in range(many))
    apart = sorted(dice.between(1.0, crowd.arrive_s) for _ in range(many))
    return [_guest(crowd, int(s * 1e6)) for s in (apart if crowd.arrive_s else together)]
