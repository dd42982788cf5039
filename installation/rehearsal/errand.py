"""What a visitor sets out to do, and what a visitor knows of the room when choosing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TOUCH, PRESS, WEIGHT, VOICE = "touch", "press", "weight", "voice"


@dataclass(frozen=True, slots=True)
class Errand:
    """Walk to (x, y), stay `dwell_s`, and meanwhile act on a sensor in the rhythm on/off.

    `place` is held by one visitor at a time; "" is room for many. `contact` is
    touch, press (N), weight (N), voice (dB SPL at 1 m) or "" for standing;
    `which` counts from 0.
    """

    behaviour: str
    x: float
    y: float
    dwell_s: float
    place: str = ""
    contact: str = ""
    which: int = 0
    strength: float = 1.0
    on_s: float = 1.0
    off_s: float = 0.0


@dataclass(slots=True)
class Now:
    """What is on, who holds which place, and what has been done: `done` since the act began."""

    act: str = ""
    scene: str = ""
    t_us: int = 0
    taken: Mapping[str, str] = field(default_factory=dict)
    """Place to contact of the visitor who is there or on the way."""
    done: dict[str, int] = field(default_factory=dict)
    """Place to how often someone finished there in this act."""

    def appeal(self, table: Mapping[str, float]) -> float:
        """The weight for `act/scene`, else for `act`, else for `*`."""
        return table.get(f"{self.act}/{self.scene}", table.get(self.act, table.get("*", 0.0)))

    def unseen(self, places: Mapping[str, int]) -> list[tuple[int, float]]:
        """The free ones of `places` with weights: the least done attract most."""
        return [
            (index, 1.0 / (1.0 + 3.0 * self.done.get(place, 0)))
            for place, index in places.items()
            if place not in self.taken
        ]
