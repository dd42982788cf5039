"""What the nodes read of the people in the room, in the channel orders of the show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import PRESS, TOUCH, VOICE, WEIGHT
from installation.rehearsal.room import BODY_M, WIDTH_M, Room
from installation.rehearsal.visitors import Person

Readings = dict[str, tuple[float, ...]]

CHANNELS: Mapping[str, tuple[str, ...]] = {
    "plinth": ("gardens_south", "gardens_middle", "gardens_north", "weight"),
    "heap": ("zones_south", "zones_middle", "zones_north", *(f"touch_{i}" for i in range(1, 7))),
    "assembly": ("voice_west", "voice_east", "button_west", "button_east", "motion"),
    "membrane": (*(f"pressure_{i}" for i in range(1, 5)), "temperature"),
}
"""What the readings of each object are called; another show in this room uses the same names."""
RANGE_NOISE_M, FORCE_NOISE_N, SOUND_NOISE_DB = 0.010, 0.03, 0.6
SKIN_C, AIR_C = 32.0, 22.5
WALKING_M_S = 0.15


def by_channel(readings: Readings) -> dict[str, float]:
    """The readings by channel name."""
    return {
        name: value
        for node, values in readings.items()
        for name, value in zip(CHANNELS[node], values, strict=True)
    }


class Sensors:
    """The hardware's own memory (press counts, motion's hold, warmth) and its noise."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._presses = [0, 0]
        self._spoken_by: list[object] = [None, None]
        self._motion_until_us = -1
        self._warmth_c = AIR_C
        self._read_us = 0

    def readings(self, room: Room, visitors: Sequence[Person], t_us: int) -> Readings:
        """All channels of all nodes: metres, newtons, dB SPL, press counts, 0 or 1, °C."""
        dice = self._dice
        touched, pressed_n, weight_n = [0.0] * 6, [0.0] * 4, 0.0
        voices: list[tuple[float, float, float]] = []
        for person in visitors:
            strength = person.acts(t_us)
            errand = person.errand
            if not strength or errand is None:
                continue
            if errand.contact == TOUCH:
                touched[errand.which] = 1.0
            elif errand.contact == PRESS:
                pressed_n[errand.which] += errand.strength * strength
            elif errand.contact == WEIGHT:
                weight_n += errand.strength * strength
            elif errand.contact == VOICE:
                voices.append((person.x, person.y, errand.strength))
                self._button(errand.which, errand)
        self._notice(room, visitors, t_us)
        self._warm(sum(pressed_n) > 0.5, t_us)
        near = [self._range(room, visitors, y, west) for west in (True, False)
                for y in room.heights_y]  # fmt: skip
        return {
            "plinth": (*near[:3], self._force(weight_n)),
            "heap": (*near[3:], *touched),
            "assembly": (
                *(self._loudness(room, post, voices) for post in room.posts),
                float(self._presses[0]),
                float(self._presses[1]),
                1.0 if t_us < self._motion_until_us else 0.0,
            ),
            "membrane": (
                *(self._force(n) for n in pressed_n),
                round(self._warmth_c + dice.jitter(0.05), 2),
            ),
        }

    def _range(self, room: Room, visitors: Iterable[Person], y: float, west: bool) -> float:
        nearest = room.range_m + BODY_M
        tangent, edge = room.cone_tangent, BODY_M
        for person in visitors:
            ahead = person.x if west else WIDTH_M - person.x
            if ahead < nearest:
                aside = person.y - y
                if -edge - ahead * tangent < aside < edge + ahead * tangent:
                    nearest = min(nearest, math.sqrt(ahead * ahead + aside * aside))
        if nearest >= room.range_m + BODY_M:
            return room.range_m
        noisy = nearest - BODY_M + self._dice.jitter(RANGE_NOISE_M)
        return min(room.range_m, max(room.nearest_m, round(noisy, 3)))

    def _force(self, newtons: float) -> float:
        return min(20.0, max(0.0, round(newtons + self._dice.jitter(FORCE_NOISE_N), 2)))

    def _loudness(self, room: Room, post: tuple[float, float],
                  voices: Iterable[tuple[float, float, float]]) -> float:  # fmt: skip
        """Powers add; each voice falls by 6 dB with each doubling of the distance."""
        power = 10.0 ** (room.floor_db / 10.0)
        for x, y, level_db in voices:
            dx, dy = x - post[0], y - post[1]
            power += 10.0 ** (level_db / 10.0) / max(0.09, dx * dx + dy * dy)
        level_db = 10.0 * math.log10(power) + self._dice.jitter(SOUND_NOISE_DB)
        return min(100.0, max(40.0, round(level_db, 1)))

    def _button(self, which: int, errand: object) -> None:
        """Who begins to speak at a post presses its button once."""
        if which >= 0 and self._spoken_by[which] is not errand:
            self._spoken_by[which] = errand
            self._presses[which] += 1

    def _notice(self, room: Room, visitors: Iterable[Person], t_us: int) -> None:
        for person in visitors:
            dx, dy = person.x - room.door[0], person.y - room.door[1]
            if dx * dx + dy * dy < room.motion_m**2 and person.speed_m_s > WALKING_M_S:
                self._motion_until_us = t_us + room.motion_hold_us
                return

    def _warm(self, held: bool, t_us: int) -> None:
        """Skin warms the sheet within about 20 s; it cools within about two minutes."""
        since_s = min(5.0, (t_us - self._read_us) * 1e-6)
        self._read_us = t_us
        towards, tau_s = (SKIN_C, 20.0) if held else (AIR_C, 120.0)
        self._warmth_c += (towards - self._warmth_c) * since_s / tau_s
