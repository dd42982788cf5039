"""One visitor: walks with inertia to a goal, stays, acts on a sensor, chooses again."""

from __future__ import annotations

import math

from installation.rehearsal.behaviours import BEHAVIOURS
from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import Errand, Now
from installation.rehearsal.room import DEPTH_M, ROOM, WIDTH_M

STEP_S = 0.05
AGILITY = STEP_S / 0.35
"""Share of the wanted change of velocity made in one step: 0.35 s to get going."""
NEAR_M = 0.22
PATIENCE_US = 14_000_000
REACH_S = 0.5
"""From arriving to laying a hand on something, and the rise of a press."""
OBJECT_M = 0.42
ELBOW_M = 0.45


class Person:
    """A position, an errand and a temperament; `leave_us` is when it is time to go."""

    def __init__(self, dice: Dice, t_us: int, leave_us: int, habits: tuple[str, ...],
                 party: str = "") -> None:  # fmt: skip
        self.came_us, self.party = t_us, party
        self.x, self.y = ROOM.door[0] + dice.jitter(0.1), 0.1
        self.vx = self.vy = 0.0
        self.errand: Errand | None = None
        self.arrived_us: int | None = None
        self.begun_us = t_us
        self.rethink_us: int | None = None
        self.leave_us = leave_us
        self.gone = False
        self.pace_m_s = dice.between(0.9, 1.4)
        self._dice = dice
        self._habits = habits or tuple(BEHAVIOURS)

    @property
    def speed_m_s(self) -> float:
        return math.sqrt(self.vx * self.vx + self.vy * self.vy)

    def notice_scene(self, t_us: int, appeal: float) -> None:
        """Reconsider after a moment: surely where the own errand has lost its point."""
        if appeal < 3.0 and self._dice.share() < 0.8:
            self.rethink_us = t_us + int(self._dice.between(0.6, 5.0) * 1e6)

    def think(self, now: Now) -> None:
        """Choose an errand when it is time, and enter the one just finished in `now.done`."""
        if self.errand is not None:
            if not self._is_over(self.errand, now.t_us):
                return
            if self.arrived_us is not None:
                now.done[self.errand.place] = now.done.get(self.errand.place, 0) + 1
        self.errand, self.arrived_us, self.rethink_us = None, None, None
        self.begun_us = now.t_us
        if now.t_us < self.leave_us:
            self.errand = self._choose(now)

    def _is_over(self, errand: Errand, t_us: int) -> bool:
        if self.rethink_us is not None and t_us >= self.rethink_us:
            return True
        if self.arrived_us is None:
            return t_us - self.begun_us > PATIENCE_US
        return t_us - self.arrived_us > errand.dwell_s * 1e6

    def _choose(self, now: Now) -> Errand | None:
        left = [(name, now.appeal(BEHAVIOURS[name].APPEAL)) for name in self._habits]
        if len(left) == 1:
            return BEHAVIOURS[left[0][0]].errand(self._dice, now)
        while (name := self._dice.choose(left)) is not None:
            if (errand := BEHAVIOURS[name].errand(self._dice, now)) is not None:
                return errand
            left = [(n, w) for n, w in left if n != name]
        return None

    def acts(self, t_us: int) -> float:
        """How strongly the visitor acts now, 0 to 1; rises and falls within `REACH_S`."""
        errand = self.errand
        if errand is None or not errand.contact or self.arrived_us is None:
            return 0.0
        since_s = (t_us - self.arrived_us) * 1e-6 - REACH_S
        if since_s < 0.0:
            return 0.0
        at_s = since_s % (errand.on_s + errand.off_s)
        return max(0.0, min(1.0, 4.0 * at_s + 0.2, 4.0 * (errand.on_s - at_s) + 0.2))

    def walk(self, t_us: int, others: list[Person]) -> None:
        """One step of 50 ms."""
        goal = self.errand
        gx, gy = (goal.x, goal.y) if goal is not None else (ROOM.door[0], -0.4)
        dx, dy = gx - self.x, gy - self.y
        away_m = math.sqrt(dx * dx + dy * dy)
        settled = self.arrived_us is not None
        if away_m < NEAR_M and not settled and goal is not None:
            self.arrived_us, settled = t_us, True
        pace = min(self.pace_m_s, 1.6 * away_m) if away_m > 0.06 else 0.0
        wx, wy = (dx / away_m * pace, dy / away_m * pace) if pace else (0.0, 0.0)
        if not settled:
            px, py = self._push(others)
            wx, wy = wx + px, wy + py
        self.vx += (wx - self.vx) * AGILITY
        self.vy += (wy - self.vy) * AGILITY
        self.x = min(max(self.x + self.vx * STEP_S, 0.25), WIDTH_M - 0.25)
        self.y = min(self.y + self.vy * STEP_S, DEPTH_M - 0.25)
        if goal is None and self.y < 0.05:
            self.gone = t_us >= self.leave_us

    def _push(self, others: list[Person]) -> tuple[float, float]:
        """Away from people at elbow's length and around objects, always passing on one side."""
        x, y, px, py = self.x, self.y, 0.0, 0.0
        for other in others:
            dx, dy = x - other.x, y - other.y
            if -ELBOW_M < dx < ELBOW_M and -ELBOW_M < dy < ELBOW_M and other is not self:
                px += dx - 0.5 * dy
                py += dy + 0.5 * dx
        for ox, oy in ROOM.objects:
            dx, dy = x - ox, y - oy
            if -OBJECT_M < dx < OBJECT_M and -OBJECT_M < dy < OBJECT_M:
                px += 2.0 * (dx - dy)
                py += 2.0 * (dy + dx)
        return px, py
