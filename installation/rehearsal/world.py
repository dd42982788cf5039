"""A crowd in the room: people in, readings out, in virtual time."""

from __future__ import annotations

from installation.rehearsal.behaviours import BEHAVIOURS
from installation.rehearsal.crowds import CROWDS, Crowd
from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import Now
from installation.rehearsal.room import ROOM
from installation.rehearsal.sensors import Readings, Sensors
from installation.rehearsal.visitors import Person

PEOPLE_STEP_US = 50_000
MOST_CATCH_UP_US = 2_000_000
"""After a pause of the caller (a suspended machine) people do not relive all of it."""


class World:
    """`step` moves the people up to a moment and reads the sensors then.

    Equal (crowd, seed) and equal calls give equal readings.
    Raises KeyError for a crowd that is not in `CROWDS`.
    """

    def __init__(self, crowd: str, seed: int) -> None:
        self.people: list[Person] = []
        self._crowd = CROWDS[crowd]
        self._seed = seed
        self._dice = Dice(seed, f"crowd/{crowd}")
        self._sensors = Sensors(Dice(seed, "noise"))
        self._arrivals_us = _first_arrivals(self._crowd, self._dice)
        self.numbered = 0
        self._now = Now()
        self._moved_us = -PEOPLE_STEP_US

    def step(self, t_us: int, act: str, scene: str) -> Readings:
        """Readings at `t_us`, which never decreases; `act` and `scene` are what people see."""
        if (act, scene) != (self._now.act, self._now.scene):
            self._change(t_us, act, scene)
        self._moved_us = max(self._moved_us, t_us - MOST_CATCH_UP_US)
        while self._moved_us + PEOPLE_STEP_US <= t_us:
            self._moved_us += PEOPLE_STEP_US
            self._move(self._moved_us)
        return self._sensors.readings(ROOM, self.people, t_us)

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
        if self._arrivals_us and self._arrivals_us[0] <= t_us:
            self._arrivals_us.pop(0)
            self._arrive(t_us)
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

    def _arrive(self, t_us: int) -> None:
        dice = Dice(self._seed, f"person/{self.numbered}")
        self.numbered += 1
        leave_us = t_us + int(dice.dwell_s(self._crowd.stay_s, 0.3) * 1e6)
        self.people.append(Person(dice, t_us, leave_us, self._crowd.habits))

    def _leave(self, t_us: int) -> None:
        stay = [person for person in self.people if not person.gone]
        for _ in range(len(self.people) - len(stay)):
            gap_s = self._dice.between(*self._crowd.gap_s)
            self._arrivals_us.append(t_us + int(gap_s * 1e6))
        self._arrivals_us.sort()
        self.people = stay


def _first_arrivals(crowd: Crowd, dice: Dice) -> list[int]:
    """When the first ones come, in microseconds: within `arrive_s`, never before a second."""
    many = crowd.least + int(dice.share() * (crowd.most - crowd.least + 1))
    together = (1.0 + 0.8 * i for i in range(many))
    apart = sorted(dice.between(1.0, crowd.arrive_s) for _ in range(many))
    return [int(s * 1e6) for s in (apart if crowd.arrive_s else together)]
