"""What time alone makes happen: the show while nobody acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf

from installation.showfile.lint.graph import Edge, Spot
from installation.showfile.lint.ranges import CLOCKS, assigned, joined, look_up, ranges
from installation.showfile.lint.truth import UNKNOWN, Range, RangeOf, can_be
from installation.showfile.model import Assign, Cue, Scene, Show

NEVER = Range(0.0, 0.0, True)
MOST_ROUNDS = 12

Setter = tuple[Spot, Cue, Assign]


class Quiet:
    """An empty room. What remembers is as after a reset (`full` 0), or as full as it can be (1).

    Cues that time makes due set signals, which make other cues due: that goes on until it sets
    nothing more.
    """

    def __init__(self, show: Show, scenes: Mapping[Spot, Scene], setters: tuple[Setter, ...],
                 full: float) -> None:  # fmt: skip
        self._show, self._scenes, self._setters, self._full = show, scenes, setters, full
        self._signals = {signal.name: signal for signal in show.signals}
        self._known: dict[frozenset[tuple[str, Range]], dict[str, Range]] = {}
        self._chains: dict[Spot, dict[str, tuple[Cue, int]]] = {}
        self._rest = CLOCKS | _at_rest(show)

    def edges(self, of: Mapping[Spot, tuple[Edge, ...]]) -> dict[Spot, tuple[Edge, ...]]:
        """Those of the edges whose condition can become true."""
        return {spot: self._from(spot, group) for spot, group in of.items()}

    def _from(self, spot: Spot, group: tuple[Edge, ...]) -> tuple[Edge, ...]:
        sets: dict[str, Range] = {}
        range_of = self._range_of(sets)
        for _ in range(MOST_ROUNDS):
            more = self._sets(spot, range_of)
            if more == sets:
                break
            sets, range_of = more, self._range_of(more)
        return tuple(
            edge for edge in group if can_be(edge.way.transition.when, self._signals, range_of)
        )

    def _range_of(self, sets: Mapping[str, Range]) -> RangeOf:
        """What each quantity can become while cues set `sets`."""
        key = frozenset(sets.items())
        if key not in self._known:
            self._known[key] = ranges(
                self._show.signals,
                self._rest,
                lambda signal: 0.0 if signal.reset == "scene" else self._full,
                sets,
            )
        found = self._known[key]
        return lambda name: NEVER if name.startswith(UNKNOWN) else look_up(found, name)

    def _sets(self, spot: Spot, range_of: RangeOf) -> dict[str, Range]:
        """What cues set by themselves, and this scene may still find set."""
        sets: dict[str, Range] = {}
        for where, cue, action in self._setters:
            reset = self._signals[action.signal].reset
            near = {"scene": where == spot, "act": where[0] == spot[0]}.get(reset, True)
            if near and self._comes_by_itself(where, cue, range_of):
                joined(sets, action.signal, assigned(action))
        return sets

    def _comes_by_itself(self, spot: Spot, cue: Cue, range_of: RangeOf) -> bool:
        if spot not in self._chains:
            self._chains[spot] = chains(self._scenes[spot].cues)
        root, _ = self._chains[spot][cue.name]
        if root.at_us is not None:
            return True
        return root.when is not None and can_be(root.when, self._signals, range_of)


def chains(cues: Iterable[Cue]) -> dict[str, tuple[Cue, int]]:
    """The cue that begins the chain in which each one follows, and how long after that it is
    due, in µs."""
    by_name = {cue.name: cue for cue in cues}
    found: dict[str, tuple[Cue, int]] = {}
    for cue in by_name.values():
        path = [cue]
        while path[-1].name not in found and path[-1].follow in by_name:
            path.append(by_name[path[-1].follow])
        first = path.pop()
        root, waits_us = found.setdefault(first.name, (first, 0))
        for later in reversed(path):
            waits_us += later.pre_wait_us
            found[later.name] = (root, waits_us)
    return found


def _at_rest(show: Show) -> dict[str, Range]:
    """Channels while nobody is there: far away where nearness counts, else 0."""
    far: set[str] = set()
    for signal in show.signals:
        falls = signal.options.get("low", 0.0) > signal.options.get("high", 1.0)
        if "below" in signal.options or (signal.kind == "level" and falls):
            far.update(signal.of)
    ends = {name: inf if name in far else 0.0 for name in show.patch}
    return {name: Range(end, end) for name, end in ends.items()}
