"""When scenes may end, at the earliest and at the latest; all in µs.

Visitors may do what a condition asks at once, or never. Staff's GO and hold are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from math import inf

from installation.showfile.lint.graph import Edge, Spot, Way
from installation.showfile.lint.truth import Case, RangeOf, cases, possible
from installation.showfile.model import Compare, Show, Signal

CLOCKS = ("scene_s", "act_s")


@dataclass(frozen=True, slots=True)
class Window:
    """When a case can be true, by its comparisons with clocks; `sure` where nothing else is in
    it and it stays true once it is."""

    scene_from: float = 0.0
    scene_to: float = inf
    act_from: float = 0.0
    act_to: float = inf
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Timed:
    """A way and the windows of its cases that can be true at all."""

    way: Way
    windows: tuple[Window, ...]

    def earliest(self, arrival: float) -> float:
        """The act's time at which it may fire first, in a scene begun at `arrival`; inf: never."""
        return min(self._dues(arrival, self.windows), default=inf)

    def latest(self, arrival: float) -> float:
        """The act's time at which it fires whatever anybody does, at the latest."""
        transition = self.way.transition
        if transition.limit or transition.goto == "standby":
            return inf
        return min(self._dues(arrival, (w for w in self.windows if w.sure)), default=inf)

    def ever(self) -> bool:
        """Whether it may fire at all, by its own times."""
        turns = {0.0, *(window.act_from for window in self.windows)}
        return any(self.earliest(arrival) < inf for arrival in turns)

    def turns(self) -> set[float]:
        """The act's times at which what this way waits for may change."""
        lasting = self.way.transition.for_us
        found = {0.0 if self.way.own else float(self.way.transition.after_us)}
        for window in self.windows:
            found |= {window.act_from, window.act_from + lasting}
            found |= {window.act_to} - {inf}
        return found

    def offsets(self) -> set[float]:
        """The scene's times at which it may change."""
        lasting = self.way.transition.for_us
        found = {float(self.way.transition.after_us), float(lasting)}
        for window in self.windows:
            found |= {window.scene_from, window.scene_from + lasting}
        return found

    def _dues(self, arrival: float, windows: Iterable[Window]) -> Iterator[float]:
        lasting, after = self.way.transition.for_us, self.way.transition.after_us
        for window in windows:
            if self.way.own:
                true = max(arrival + window.scene_from, window.act_from)
                due = max(arrival + after, true + lasting)
            else:
                scene = arrival + window.scene_from if window.scene_from else 0.0
                due = max(after, max(scene, window.act_from) + lasting)
            # What holds in every scene may have begun to in an earlier one.
            ends = arrival + window.scene_to if self.way.own else inf
            if max(due, arrival) <= min(ends, window.act_to):
                yield due


def timed(way: Way, signals: Mapping[str, Signal], range_of: RangeOf, begun_again: bool) -> Timed:
    """A way with what its condition says of time.

    `begun_again`: its scene may be interrupted, and then a `for` begins again.
    """
    held = cases(way.transition.when, signals)
    windows = tuple(_window(case) for case in held if possible(case, range_of))
    if begun_again and way.own and way.transition.for_us:
        windows = tuple(replace(window, sure=False) for window in windows)
    return Timed(way, windows)


def _window(case: Case) -> Window:
    window = Window()
    for atom in case:
        window = _narrowed(window, atom)
    return window


def _narrowed(window: Window, atom: Compare) -> Window:
    if atom.signal not in CLOCKS:
        return replace(window, sure=False)
    at_us = atom.value * 1e6
    lower = atom.op in {">", ">="}
    match atom.signal, lower:
        case "scene_s", True:
            return replace(window, scene_from=max(window.scene_from, at_us))
        case "scene_s", False:
            return replace(window, scene_to=min(window.scene_to, at_us), sure=False)
        case "act_s", True:
            return replace(window, act_from=max(window.act_from, at_us))
        case _:
            return replace(window, act_to=min(window.act_to, at_us), sure=False)


@dataclass(frozen=True, slots=True)
class Duration:
    """How long an act lasts; `most_us` is inf where nothing ends it but visitors or staff."""

    act: str
    least_us: float
    most_us: float


class Times:
    """The bounds of every scene; scenes are those that `edges` knows."""

    def __init__(self, show: Show, timed_ways: Mapping[Spot, tuple[Timed, ...]],
                 edges: Mapping[Spot, tuple[Edge, ...]]) -> None:  # fmt: skip
        self._show, self._edges = show, edges
        self.ways = timed_ways
        self._by_way = {t.way: t for group in timed_ways.values() for t in group}
        self._held_up_us = {spot: self._interrupted_us(spot) for spot in edges}
        self.least_arrival = self._arrivals()
        self.last_arrival = self._last_arrivals()

    def longest_us(self, spot: Spot) -> float:
        """How long the scene's own time runs at most; inf where nothing ends it surely."""
        return min((max(0.0, t.latest(0.0)) for t in self.ways[spot]), default=inf)

    def durations(self) -> tuple[Duration, ...]:
        """Of every act that can be left or not, in the order of the show."""
        return tuple(self._duration(act) for act in self._show.acts)

    def earliest(self, edge: Edge, arrival: float) -> float:
        return max(arrival, self._by_way[edge.way].earliest(arrival))

    def _duration(self, act: str) -> Duration:
        spots = [s for s in self._edges if s[0] == act and s in self.least_arrival]
        least = min(
            (
                self.earliest(edge, self.least_arrival[spot])
                for spot in spots
                for edge in self._edges[spot]
                if edge.leaves_act
            ),
            default=inf,
        )
        ends = (self._end(spot, self.last_arrival.get(spot, 0.0)) for spot in spots)
        most = max(ends, default=inf)
        return Duration(act, least, most)

    def _arrivals(self) -> dict[Spot, float]:
        """The least time of the act at which each scene can begin (Dijkstra)."""
        found = self._starts()
        waiting = [(0.0, spot) for spot in found]
        while waiting:
            arrival, spot = heappop(waiting)
            if arrival > found[spot]:
                continue
            for edge in self._onward(spot):
                at = self.earliest(edge, arrival)
                if at < found.get(edge.to, inf):
                    found[edge.to] = at
                    heappush(waiting, (at, edge.to))
        return found

    def _last_arrivals(self) -> dict[Spot, float]:
        """The greatest time of the act at which each scene can begin; inf where none is sure.

        What has grown as often as there are scenes grows for ever (Bellman, Ford).
        """
        found = self._starts()
        grown = dict.fromkeys(self._edges, 0)
        waiting = deque(found)
        while waiting:
            spot = waiting.popleft()
            for edge in self._onward(spot):
                begun = self._end(spot, found[spot], self._begun_before_us(edge.to))
                if begun > found.get(edge.to, -1.0):
                    grown[edge.to] += 1
                    found[edge.to] = inf if grown[edge.to] > len(grown) else begun
                    waiting.append(edge.to)
        return found

    def _starts(self) -> dict[Spot, float]:
        return {(act.name, act.start): 0.0 for act in self._show.acts.values()}

    def _onward(self, spot: Spot) -> Iterator[Edge]:
        """The edges by which the act goes on in a scene that begins anew."""
        return (e for e in self._edges[spot] if not e.leaves_act and not e.resumes)

    def _end(self, spot: Spot, arrival: float, last_us: float = 0.0) -> float:
        """The act's time at which the scene is over at the latest, with what interrupts it, but
        for `last_us` of that."""
        own = min((t.latest(arrival) for t in self.ways[spot] if t.way.own), default=inf)
        acts = min((t.latest(arrival) for t in self.ways[spot] if not t.way.own), default=inf)
        return max(arrival, min(own + self._held_up_us[spot] - last_us, acts))

    def _interrupted_us(self, spot: Spot) -> float:
        """How long, at most, scenes with `return` hold this one up."""
        total = 0.0
        for edge in self._onward(spot):
            if not self._interrupts(edge.to):
                continue
            limit, lasting = edge.way.transition.limit, edge.way.transition.for_us
            whole = self.longest_us(spot)
            often = limit or (whole // lasting + 1 if lasting and whole < inf else inf)
            total += often * self._stay_us(edge.to)
        return total

    def _begun_before_us(self, spot: Spot) -> float:
        """How long before the end of a scene this one, if it interrupts it, has begun at least."""
        stay_us = self._stay_us(spot) if self._interrupts(spot) else 0.0
        return stay_us if stay_us < inf else 0.0

    def _interrupts(self, spot: Spot) -> bool:
        return any(t.way.returns for t in self.ways[spot])

    def _stay_us(self, spot: Spot) -> float:
        """How long an interruption lasts at most; inf where others may interrupt it in turn."""
        again = any(self._interrupts(edge.to) for edge in self._onward(spot))
        return inf if again else self.longest_us(spot)
