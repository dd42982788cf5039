"""The room in metres: origin in the south-west corner, x east, y north (see the treatment)."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH_M, DEPTH_M = 9.0, 6.0
BODY_M = 0.2
"""Radius of a standing person, as a distance sensor sees one."""


@dataclass(frozen=True, slots=True)
class Room:
    """Where things are and what their sensors can do."""

    door: tuple[float, float] = (4.5, 0.0)
    plinth: tuple[float, float] = (2.2, 3.6)
    heap: tuple[float, float] = (6.8, 3.6)
    posts: tuple[tuple[float, float], tuple[float, float]] = ((3.7, 2.0), (5.3, 2.0))
    membrane: tuple[float, float] = (4.5, 5.2)
    heights_y: tuple[float, float, float] = (1.2, 3.0, 4.8)
    """South, middle and north distance sensor of both side walls."""
    range_m: float = 4.0
    nearest_m: float = 0.05
    cone_tangent: float = 0.2401
    """Of half of 27°, the field of view of a time-of-flight ranger (VL53L1X data sheet)."""
    floor_db: float = 45.0
    """The empty room: ventilation and the piece itself."""
    motion_m: float = 2.2
    motion_hold_us: int = 2_000_000

    @property
    def objects(self) -> tuple[tuple[float, float], ...]:
        """What people walk around."""
        return (self.plinth, self.heap, *self.posts, self.membrane)


ROOM = Room()
