"""The visitors of a recording, before the show that they met and before an edited one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

from firmware_bridge.sample import Sample
from installation.core.inputs import Command, Inputs
from installation.core.reload import Kind, compare
from installation.edition import Edition
from installation.errors import RecordingError
from installation.run.conductor import Conductor, Moment
from installation.run.recording.items import Exchange, Start
from installation.run.recording.reading import Recording
from installation.run.recording.replaying import Progress, begin, shows
from installation.showfile.model import Show

Line = Mapping[str, Any]
Way = tuple[str, str, str, str]
"""A way out of a scene: act, scene, where to, tally."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A scene while it was on, in seconds since the recording's beginning; `is_over` where it
    ended before the recording did."""

    act: str
    scene: str
    start_s: float
    end_s: float
    is_over: bool = True

    @property
    def name(self) -> tuple[str, str]:
        return self.act, self.scene


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two shows made of the visitors."""

    title: str
    stretches: tuple[Stretch, ...]
    ways: Mapping[Way, int]
    whys: Mapping[Way, str]
    cues: Mapping[tuple[str, str, str], int]

    @property
    def tallies(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for (_, _, _, tally), times in self.ways.items():
            if tally:
                found[tally] += times
        return found

    @property
    def lengths(self) -> dict[tuple[str, str], list[float]]:
        """How long each scene was on, each time."""
        found: dict[tuple[str, str], list[float]] = {}
        for stretch in self.stretches:
            found.setdefault(stretch.name, []).append(stretch.end_s - stretch.start_s)
        return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """`then` is what was recorded, `now` what the edited show makes of it."""

    recording: str
    about: Mapping[str, str]
    played_s: float
    then: Side
    now: Side
    note: str = ""

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Indices of stretches that are the same scene in the same order, then and now."""
        then, now = ([s.name for s in side.stretches] for side in (self.then, self.now))
        blocks = SequenceMatcher(None, then, now, autojunk=False).get_matching_blocks()
        return [(b.a + i, b.b + i) for b in blocks for i in range(b.size)]

    @property
    def parts_s(self) -> float | None:
        """The moment from which on they are not in the same scene; None where they always are."""
        then, now = self.then.stretches, self.now.stretches
        for was, is_ in zip(then, now, strict=False):
            if was.name != is_.name or abs(was.start_s - is_.start_s) > TOLERANCE_S:
                return min(was.start_s, is_.start_s)
        longer = then[len(now):] or now[len(then):]  # fmt: skip
        return longer[0].start_s if longer else None

    def lines(self) -> list[str]:
        """In a few words, for a terminal."""
        if self.parts_s is None and self.then.ways == self.now.ways:
            return ["Nothing differs: the same scenes at the same moments, ended by the same."]
        found = []
        if self.parts_s is not None:
            found.append(f"The same scenes at the same moments until {clock(self.parts_s)}.")
        found.append(f"  scenes    {len(self.then.stretches)} → {len(self.now.stretches)}")
        for tally in sorted(self.then.tallies | self.now.tallies):
            found.append(f"  {tally:<10}{self.then.tallies[tally]} → {self.now.tallies[tally]}")
        return found


TOLERANCE_S = 0.001


def clock(t_s: float) -> str:
    """Minutes and seconds."""
    return f"{int(t_s) // 60}:{int(t_s) % 60:02d}"


def compare_shows(recording: Recording, show: Show,
                  progress: Progress = lambda _: None) -> Comparison:  # fmt: skip
    """Play the recorded visitors against both. Raises RecordingError.

    Staff commands are given again too. A recording that begins in the middle goes on with the
    edited show as one does that is edited while it plays.
    """
    with shows(recording) as carried:
        items = recording.items()
        start = next(items, None)
        if not isinstance(start, Start):
            raise RecordingError(f"{recording.path}: has no beginning")
        met = carried.load(start.show)
        then = _Told(begin(recording, start, met), start.now_us)
        edited, note = _edited(recording, start, met, show)
        now = _Told(edited, start.now_us)
        visitors = _Visitors(met, show)
        last_us = start.now_us
        for item in items:
            if isinstance(item, Inputs):
                last_us = item.now_us
                then.conductor.advance(item)
                _follow(now.conductor, visitors.before(item))
            elif isinstance(item, Exchange):
                then.conductor.reload(carried.edition(item.show))
            progress(recording.position)
        _catch_up(now.conductor, last_us)
    played_s = (last_us - start.now_us) / 1e6
    return Comparison(recording.path.name, recording.about, played_s, then.side(played_s),
                      now.side(played_s), note)  # fmt: skip


def _edited(recording: Recording, start: Start, met: Show,
            show: Show) -> tuple[Conductor, str]:  # fmt: skip
    """The edited show, where the recording begins; and what has to be said of that."""
    if start.state is None:
        return begin(recording, start, show), ""
    if compare(met, show) is not Kind.RESTART:
        conductor = begin(recording, start, met)
        conductor.reload(Edition("edited", show))
        return conductor, ("The recording begins in the middle of the show: what was edited in "
                           "the first scene counts from the next one on.")  # fmt: skip
    conductor = begin(recording, replace(start, state=None), show)
    place = f"{start.state.act}/{start.state.scene}"
    goto = Command("first", "goto", place)
    conductor.advance(Inputs(start.now_us, commands=(goto,)))
    return conductor, ("The recording begins in the middle of the show, and the nodes or surfaces "
                       "are others: what the sensors had told before it is not known.")  # fmt: skip


def _follow(conductor: Conductor, inputs: Inputs) -> None:
    """The edited show wakes when it wants to, not when the other did."""
    if inputs.samples or inputs.health or inputs.commands:
        _catch_up(conductor, inputs.now_us)
        conductor.advance(inputs)


def _catch_up(conductor: Conductor, now_us: int) -> None:
    while conductor.wake_us < now_us:
        conductor.advance(Inputs(conductor.wake_us))


class _Visitors:
    """Samples of one show's nodes as another's: a channel keeps its name, not its place."""

    def __init__(self, met: Show, show: Show) -> None:
        self._places: dict[str, list[int | None] | None] = {}
        for name, node in met.nodes.items():
            other = show.nodes.get(name)
            wanted = other.channels if other else ()
            there = {channel: index for index, channel in enumerate(node.channels)}
            moved = [there.get(channel) for channel in wanted]
            self._places[name] = None if wanted == node.channels else moved

    def before(self, inputs: Inputs) -> Inputs:
        return replace(inputs, samples=tuple([self._as_there(s) for s in inputs.samples]))

    def _as_there(self, sample: Sample) -> Sample:
        places = self._places.get(sample.node)
        if places is None:
            return sample
        known = len(sample.values)
        values = [None if p is None or p >= known else sample.values[p] for p in places]
        return sample._replace(values=tuple(values), strays=())


@dataclass(slots=True)
class _Told:
    """A conductor, and the timeline that it tells."""

    conductor: Conductor
    first_us: int
    timeline: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        state = self.conductor.state
        if state.act:
            self.timeline.append({"t_s": 0.0, "kind": "scene", "act": state.act,
                                  "scene": state.scene})  # fmt: skip
        self.conductor.witness = self._hear

    def _hear(self, moment: Moment) -> None:
        for event in moment.outputs.events:
            t_s = max(0.0, (event.t_us - self.first_us) / 1e6)
            self.timeline.append({"t_s": t_s, "kind": event.kind, "act": event.act,
                                  "scene": event.scene, "name": event.name, "why": event.why,
                                  "tally": event.tally})  # fmt: skip

    def side(self, end_s: float) -> Side:
        ways = [e for e in self.timeline if e["kind"] == "transition"]
        cues = [e for e in self.timeline if e["kind"] == "cue"]
        return Side(
            self.conductor.show.title, tuple(_stretches(self.timeline, end_s)),
            Counter(_way(e) for e in ways), {_way(e): e["why"] for e in ways},
            Counter((e["act"], e["scene"], e["name"]) for e in cues),
        )  # fmt: skip


def _way(event: Line) -> Way:
    return event["act"], event["scene"], event["name"], event["tally"]


def _stretches(timeline: Sequence[Line], end_s: float) -> Iterator[Stretch]:
    scenes = [e for e in timeline if e["kind"] == "scene"]
    for scene, after in zip(scenes, [*scenes[1:], None], strict=False):
        until_s = end_s if after is None else after["t_s"]
        yield Stretch(scene["act"], scene["scene"], scene["t_s"], max(scene["t_s"], until_s),
                      after is not None)  # fmt: skip
