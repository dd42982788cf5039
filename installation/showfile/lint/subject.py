"""What the rules look at: the show, its places, its folder, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

from installation.showfile.lint.files import Files
from installation.showfile.lint.graph import Edge, Spot, Way, by_hand, edges, scenes, ways
from installation.showfile.lint.quiet import Quiet
from installation.showfile.lint.ranges import CLOCKS, assigned, joined, look_up, ranges
from installation.showfile.lint.times import Duration, Timed, Times, timed
from installation.showfile.lint.truth import Range, RangeOf
from installation.showfile.model import Assign, Cue, Fade, Scene, Show, Signal
from installation.showfile.reader import Place

EPSILON = 1.0
"""µs: two moments nearer than this are the same."""
MOST_MOMENTS = 400
"""Scenes with more clocks than this are not searched for transitions that come too late."""


@dataclass(frozen=True)
class Subject:
    """A show without mistakes. `osc` is whether the site has somewhere to send OSC messages,
    None where no site is known."""

    show: Show
    places: Mapping[tuple[str, ...], Place]
    files: Files = field(default_factory=Files)
    osc: bool | None = None

    @cached_property
    def signals(self) -> dict[str, Signal]:
        return {signal.name: signal for signal in self.show.signals}

    @cached_property
    def scenes(self) -> dict[Spot, Scene]:
        return scenes(self.show)

    @cached_property
    def ways(self) -> dict[Spot, tuple[Way, ...]]:
        return ways(self.show)

    @cached_property
    def setters(self) -> tuple[tuple[Spot, Cue, Assign], ...]:
        """Every cue that sets a signal."""
        return tuple(
            (spot, cue, action)
            for spot, scene in self.scenes.items()
            for cue in scene.cues
            for action in cue.actions
            if isinstance(action, Assign)
        )

    @cached_property
    def widest(self) -> RangeOf:
        """What each quantity can be at all."""
        sets: dict[str, Range] = {}
        for _, _, action in self.setters:
            joined(sets, action.signal, assigned(action))
        found = ranges(self.show.signals, CLOCKS, lambda signal: 0.0, sets)
        return lambda name: look_up(found, name)

    @cached_property
    def times(self) -> Times:
        returning = {spot[0] for spot, group in self.ways.items() if any(w.returns for w in group)}
        out = {
            spot: tuple(timed(w, self.signals, self.widest, spot[0] in returning) for w in group)
            for spot, group in self.ways.items()
        }
        live = {spot: tuple(t.way for t in group if t.windows) for spot, group in out.items()}
        return Times(self.show, out, edges(self.show, live))

    @cached_property
    def never(self) -> dict[Way, Way]:
        """The ways that others are always ahead of, each with the one that is."""
        found: dict[Way, Way] = {}
        for spot, group in self.times.ways.items():
            for place, late in enumerate(group):
                if late.ever() and (ahead := self._ahead(spot, group, place)):
                    found[late.way] = ahead
        return found

    @cached_property
    def edges(self) -> dict[Spot, tuple[Edge, ...]]:
        """Where the ways lead that can be gone at all."""
        live = {
            spot: tuple(t.way for t in group if t.windows and t.way not in self.never)
            for spot, group in self.times.ways.items()
        }
        return edges(self.show, live)

    @cached_property
    def durations(self) -> tuple[Duration, ...]:
        """How long each act lasts, by the ways that can be gone."""
        return Times(self.show, self.times.ways, self.edges).durations()

    @cached_property
    def resumed(self) -> set[Spot]:
        """The scenes to which an interruption may return."""
        return {e.to for group in self.edges.values() for e in group if e.resumes}

    @cached_property
    def by_hand(self) -> dict[Spot, tuple[Spot, ...]]:
        return by_hand(self.show)

    @cached_property
    def quiet(self) -> tuple[dict[Spot, tuple[Edge, ...]], dict[Spot, tuple[Edge, ...]]]:
        """The edges that time alone makes happen: where nobody has ever acted, and where all
        that visitors can leave behind is there but they are gone."""
        fresh, left = (
            Quiet(self.show, self.scenes, self.setters, full).edges(self.edges)
            for full in (0.0, 1.0)
        )
        return fresh, left

    def cues(self) -> Iterator[tuple[Spot, Cue]]:
        """Every cue of every scene; one that several scenes share comes once for each."""
        return ((spot, cue) for spot, scene in self.scenes.items() for cue in scene.cues)

    def cue_key(self, spot: Spot, name: str) -> tuple[str, ...]:
        """Where the cue is written: in its scene, for its act, or for the show."""
        return self._first(("cue", *spot, name), ("cue", spot[0], "", name), ("cue", "", "", name))

    def mapping_key(self, spot: Spot, parameter: str) -> tuple[str, ...]:
        return self._first(("mapping", *spot, parameter), ("mapping", spot[0], "", parameter),
                           ("mapping", "", "", parameter))  # fmt: skip

    def place_of(self, key: tuple[str, ...]) -> Place:
        """Where a thing stands; that which it is in, where nothing is known of itself."""
        if key[0] == "file":
            return Place(key[1], int(key[2]) if len(key) > 2 else 1)
        if key in self.places:
            return self.places[key]
        act, scene = (*key[1:3], "", "")[:2]
        inside = self.places.get(("scene", act, scene)) or self.places.get(("act", act))
        file = f"acts/{act}.yaml" if act in self.show.acts else "show.yaml"
        return inside or Place(file)

    def value_of(self, spot: Spot, fade: Fade) -> float:
        """Where a fade goes: what the scene says, where it says nothing itself."""
        if fade.value is not None:
            return fade.value
        return self.scenes[spot].look.get(fade.parameter, self.rest(fade.parameter))

    def rest(self, parameter: str) -> float:
        """The value of a parameter that no scene names."""
        return self._rests.get(parameter, 0.0)

    @cached_property
    def _rests(self) -> dict[str, float]:
        return {
            f"layer.{layer.name}.{name}": value
            for layer in self.show.layers
            for name, value in layer.defaults.items()
        }

    def _first(self, *keys: tuple[str, ...]) -> tuple[str, ...]:
        return next((key for key in keys if key in self.places), keys[0])

    def _ahead(self, spot: Spot, group: tuple[Timed, ...], place: int) -> Way | None:
        """The way that goes before the one at `place` whenever the scene begins, if any does."""
        late = group[place]
        ahead = _before(group, place, 0.0, late.earliest(0.0))
        if ahead is None:
            return None
        moments = self._turns(group, self.times.last_arrival.get(spot, inf))
        if len(moments) > MOST_MOMENTS:
            return None
        sure = all(_before(group, place, at, late.earliest(at)) for at in moments)
        return ahead if sure else None

    def _turns(self, group: tuple[Timed, ...], last: float) -> set[float]:
        """The arrivals, up to `last`, at which something may change in what is due first.

        Between them every due moment is a straight line over the arrival.
        """
        turns, backs = {0.0, 1e15}, {0.0}
        for timed_ in group:
            turns |= timed_.turns()
            backs |= timed_.offsets()
        return {min(max(0.0, turn - back), last) for turn in turns for back in backs}


def _before(group: tuple[Timed, ...], place: int, arrival: float, due: float) -> Way | None:
    """A way of the same scene that surely fires before `due`, or then and stands above."""
    for index, other in enumerate(group):
        if index == place:
            continue
        at = max(arrival, other.latest(arrival))
        if at < due - EPSILON or (at <= due + EPSILON and index < place):
            return other.way
    return None
