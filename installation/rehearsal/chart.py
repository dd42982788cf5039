"""All that a show can do, to be ticked off: its scenes, the ways out of them, its cues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from installation.showfile.model import All, Condition, Show, Transition, Unknown
from installation.showfile.model import Any as Some

Places = Mapping[tuple[str, ...], Any]
"""Where things stand in the show's files, by kind and names, as the loader tells it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A scene (`name` empty) or a cue, by its place in the show. `scene` is empty where it holds in
    all scenes of its act, `act` too where in those of the show."""

    act: str
    scene: str
    name: str = ""

    def __str__(self) -> str:
        where = f"{self.act}/{self.scene}" if self.scene else self.act or "everywhere"
        return f"{where} · {self.name}" if self.name else where


@dataclass(frozen=True, slots=True)
class Way:
    """A transition; `scene` is empty where it is its act's own."""

    act: str
    scene: str
    goto: str
    tally: str
    why: str

    def __str__(self) -> str:
        where = f"{self.act}/{self.scene}" if self.scene else self.act
        return f"{where} → {self.goto} ({self.tally or '–'}): {self.why}"


@dataclass(frozen=True, slots=True)
class Chart:
    """All that a show can do, in the order of the show."""

    scenes: tuple[Spot, ...]
    ways: tuple[Way, ...]
    for_faults: tuple[Way, ...]
    """Ways that only a silent sensor opens: visitors cannot take them."""
    cues: tuple[Spot, ...]
    where: Mapping[Spot | Way, str] = field(default_factory=dict)
    """The file and the line, as far as known."""

    @property
    def tallies(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(way.tally for way in self.ways if way.tally))


def chart(show: Show, places: Places) -> Chart:
    """What `show` has: its scenes, ways and cues; `places` as the loader gives them."""
    ways: dict[Way, Transition] = {}
    where: dict[Spot | Way, str] = {}
    scenes, cues = [], []
    for act in show.acts.values():
        for scene in act.scenes.values():
            scenes.append(Spot(act.name, scene.name))
            where[scenes[-1]] = _place(places, "scene", act.name, scene.name)
            for cue in scene.cues:
                cues.append(_spot(places, act.name, scene.name, cue.name))
                at = cues[-1]
                where[at] = _place(places, "cue", at.act, at.scene, at.name)
        groups = [(scene.name, scene.transitions) for scene in act.scenes.values()]
        for name, transitions in (*groups, ("", act.transitions)):
            for index, transition in enumerate(transitions):
                way = _way(act.name, name, transition)
                ways.setdefault(way, transition)
                where.setdefault(way, _place(places, "transition", act.name, name, str(index)))
    broken = {way for way, t in ways.items() if t.when is not None and _needs_a_fault(t.when)}
    return Chart(tuple(scenes), tuple(way for way in ways if way not in broken),
                 tuple(broken), tuple(dict.fromkeys(cues)), where)  # fmt: skip


def _place(places: Places, *key: str) -> str:
    place = places.get(key)
    return f"{place.file}:{place.line}" if place is not None else ""


def _spot(places: Places, act: str, scene: str, cue: str) -> Spot:
    """Where a cue is written: in the scene, in its act, or in the show."""
    for spot in (Spot(act, scene, cue), Spot(act, "", cue), Spot("", "", cue)):
        if ("cue", spot.act, spot.scene, spot.name) in places:
            return spot
    return Spot(act, scene, cue)


def _way(act: str, scene: str, transition: Transition) -> Way:
    return Way(act, scene, transition.goto, transition.tally, transition.why)


def _needs_a_fault(condition: Condition) -> bool:
    """Whether it can only be true while something is unknown."""
    if isinstance(condition, Unknown):
        return True
    if isinstance(condition, All):
        return any(_needs_a_fault(part) for part in condition.of)
    if isinstance(condition, Some):
        return bool(condition.of) and all(_needs_a_fault(part) for part in condition.of)
    return False
