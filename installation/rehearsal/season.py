"""What many days of a show did and did not do: counted from their timelines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from installation.rehearsal.chart import Chart, Spot, Way
from installation.rehearsal.world import Visit

Line = Mapping[str, Any]
SEEN_S = 10.0
"""Who was there for so long of an act has seen it."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A scene, or an act where `scene` is empty, was on from `from_s` to `to_s`."""

    act: str
    scene: str
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Seen:
    """One visitor's visit, and the acts of which they saw something."""

    came_s: float
    left_s: float
    party: str
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stall:
    """How long somebody was there and the scene did not change."""

    length_s: float = 0.0
    from_s: float = 0.0
    act: str = ""
    scene: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day; seconds count from the opening of the doors."""

    number: int
    weekday: str
    played_s: float
    digest: str
    scenes: Counter[Spot]
    ways: Counter[Way]
    cues: Counter[Spot]
    acts: tuple[Stay, ...]
    stays: tuple[Stay, ...]
    visits: tuple[Seen, ...]
    stall: Stall
    faults: tuple[str, ...]
    advances: int = 0
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """How much of a show happened: `never` not once, `rare` less than once a day."""

    what: str
    total: int
    never: tuple[str, ...]
    rare: tuple[tuple[str, int], ...]

    @property
    def percent(self) -> float:
        """100 where there is nothing to happen."""
        return 100.0 * (self.total - len(self.never)) / self.total if self.total else 100.0


def tell_day(number: int, weekday: str, chart: Chart, timeline: Sequence[Line],
             visits: Sequence[Visit], played_s: float, digest: str, *,
             advances: int = 0, took_s: float = 0.0) -> Day:  # fmt: skip
    """Count a day from its timeline and its visitors."""
    acts = _stays(timeline, "act", played_s)
    stays = _stays(timeline, "scene", played_s)
    ways = {(w.act, w.scene, w.goto, w.tally, w.why): w for w in (*chart.ways, *chart.for_faults)}
    cues = set(chart.cues)
    return Day(
        number=number, weekday=weekday, played_s=played_s, digest=digest,
        scenes=Counter(Spot(stay.act, stay.scene) for stay in stays),
        ways=Counter(_taken(e, ways) for e in timeline if e["kind"] == "transition"),
        cues=Counter(_fired(e, cues) for e in timeline if e["kind"] == "cue"),
        acts=acts, stays=stays, visits=tuple(_seen(visit, acts) for visit in visits),
        stall=_stall(stays, visits, played_s),
        faults=tuple(
            f"{e['act']}/{e['scene']}: {e['name']} {e['why']}"
            for e in timeline if e["kind"] in ("fault", "node")
        ),
        advances=advances, took_s=took_s,
    )  # fmt: skip


def scores(chart: Chart, days: Sequence[Day]) -> tuple[Score, ...]:
    """Of scenes, transitions, tallies and cues, in this order."""
    scenes, ways, cues = (_sum(day.scenes for day in days), _sum(day.ways for day in days),
                          _sum(day.cues for day in days))  # fmt: skip
    tallies = Counter[str]()
    for way, many in ways.items():
        tallies[way.tally] += many
    return (
        _score("scenes", chart.scenes, scenes, len(days)),
        _score("transitions", chart.ways, ways, len(days)),
        _score("tallies", chart.tallies, tallies, len(days)),
        _score("cues", chart.cues, cues, len(days)),
    )


def lengths(days: Iterable[Day]) -> dict[Spot, list[float]]:
    """How long each scene, and each act (a Spot without a scene), was on each time, in seconds.

    What closing time cut short is left out.
    """
    found: dict[Spot, list[float]] = {}
    for day in days:
        for stay in (*day.acts, *day.stays):
            if stay.to_s < day.played_s:
                found.setdefault(Spot(stay.act, stay.scene), []).append(stay.to_s - stay.from_s)
    return found


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie, between neighbours in a straight line."""
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def _sum(counters: Iterable[Counter[Any]]) -> Counter[Any]:
    total = Counter[Any]()
    for counter in counters:
        total.update(counter)
    return total


def _score(what: str, there: Sequence[Any], happened: Counter[Any], days: int) -> Score:
    never = tuple(str(thing) for thing in there if not happened[thing])
    rare = tuple((str(thing), happened[thing]) for thing in there if 0 < happened[thing] < days)
    return Score(what, len(there), never, rare)


def _taken(event: Line, ways: Mapping[tuple[str, str, str, str, str], Way]) -> Way:
    """Which way a line of the timeline tells of; one that the chart has not stands for itself."""
    act, scene, goto, tally, why = (str(event[k]) for k in ("act", "scene", "name", "tally", "why"))
    own = (act, scene, goto, tally, why)
    return ways.get(own) or ways.get((act, "", goto, tally, why)) or Way(*own)


def _fired(event: Line, cues: set[Spot]) -> Spot:
    act, scene, name = str(event["act"]), str(event["scene"]), str(event["name"])
    spots = (Spot(act, scene, name), Spot(act, "", name), Spot("", "", name))
    return next((spot for spot in spots if spot in cues), spots[0])


def _stays(timeline: Sequence[Line], kind: str, end_s: float) -> tuple[Stay, ...]:
    entries = [e for e in timeline if e["kind"] == kind]
    ends = [float(e["t_s"]) for e in entries[1:]] + [end_s]
    return tuple(
        Stay(str(e["act"]), str(e["scene"]) if kind == "scene" else "", float(e["t_s"]), end)
        for e, end in zip(entries, ends, strict=True)
    )


def _seen(visit: Visit, acts: Sequence[Stay]) -> Seen:
    came_s, left_s = visit.came_us / 1e6, visit.left_us / 1e6
    seen: dict[str, float] = {}
    for stay in acts:
        shared_s = min(stay.to_s, left_s) - max(stay.from_s, came_s)
        if shared_s > 0.0:
            seen[stay.act] = seen.get(stay.act, 0.0) + shared_s
    return Seen(came_s, left_s, visit.party, tuple(a for a, s in seen.items() if s >= SEEN_S))


def occupied(visits: Sequence[Visit], end_s: float) -> list[tuple[float, float]]:
    """When somebody was there: stretches in seconds, in order."""
    found: list[tuple[float, float]] = []
    for visit in sorted(visits, key=lambda v: v.came_us):
        from_s, to_s = visit.came_us / 1e6, min(visit.left_us / 1e6, end_s)
        if found and from_s <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], to_s))
        else:
            found.append((from_s, to_s))
    return found


def _stall(stays: Sequence[Stay], visits: Sequence[Visit], end_s: float) -> Stall:
    longest = Stall()
    for from_s, to_s in occupied(visits, end_s):
        for stay in stays:
            begun_s = max(from_s, stay.from_s)
            length_s = min(to_s, stay.to_s) - begun_s
            if length_s > longest.length_s:
                longest = Stall(length_s, begun_s, stay.act, stay.scene)
    return longest
