"""Everything that the core remembers from one moment to the next; a value, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, pi
from typing import Any


@dataclass(frozen=True, slots=True)
class Ramp:
    """A parameter on its way from `start` to `end`."""

    start: float
    end: float
    since_us: int
    fade_us: int
    curve: str = "ease"

    def at(self, now_us: int) -> float:
        """The value at `now_us`."""
        if now_us >= self.since_us + self.fade_us:
            return self.end
        x = max(0.0, (now_us - self.since_us) / self.fade_us)
        return self.start + (self.end - self.start) * shape(self.curve, x)


def shape(curve: str, x: float) -> float:
    """0..1 to 0..1: `linear`, `in` (slow start), `out` (slow end), `ease` (both)."""
    if curve == "linear":
        return x
    if curve == "in":
        return x * x
    if curve == "out":
        return x * (2.0 - x)
    return 0.5 - 0.5 * cos(pi * x)


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A cue that waits for its moment; sorts by moment, then by its place in the scene.

    `left` is how often it comes again, -1 as long as the scene lasts.
    """

    at_us: int
    place: int
    left: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """A scene that was interrupted: how long it had played and what still stood to come.

    The moments in `waiting` are counted from that at which it was left; `aims` are the values of
    parameters, or those for which they had set out. `left` is what this scene had interrupted.
    """

    scene: str
    played_us: int
    waiting: tuple[Due, ...]
    next_cue: int
    standby: tuple[int, ...]
    aims: Mapping[str, float]
    left: Left | None = None


@dataclass(frozen=True, slots=True)
class State:
    """One moment of the show.

    `entered_us` is when the scene was entered, or come back to: nothing of it happens before.
    `held_us` and `stopped_us` are the moments since which the show is held or
    stopped, None while it is not. `holding[scene, i]` is since when the condition of
    a scene's transition i holds, `holding["", i]` that of the act's. `truths`
    are the places of the cues whose `when` was true last. Of the scene's schedule the cue
    `next_cue` comes next; `waiting` are those that something has triggered. `lagging` are the
    parameters that still follow what they are mapped from, in the order in which they began.
    `readings` are the newest values of each node that speaks; `due_us` is the moment at which
    something happens though no input comes.
    """

    now_us: int
    act: str
    scene: str
    act_us: int
    scene_us: int
    entered_us: int
    channels: Mapping[str, float | None]
    heard_us: Mapping[str, int]
    readings: Mapping[str, tuple[float | None, ...]]
    values: Mapping[str, float | None]
    parts: Mapping[str, tuple[float, ...]]
    memories: Mapping[str, Any]
    wakes: Mapping[str, int]
    levels: Mapping[str, float]
    ramps: Mapping[str, Ramp]
    lagging: Mapping[str, None]
    framed_us: int
    waiting: tuple[Due, ...]
    next_cue: int
    standby: tuple[int, ...]
    truths: Mapping[int, None]
    holding: Mapping[tuple[str, int], int]
    fired: Mapping[tuple[str, int], int]
    left: Left | None
    shots: int
    held_us: int | None
    stopped_us: int | None
    blackout: bool
    went_us: int
    due_us: int
