"""The show, compiled once: names resolved, so that a moment costs what is active."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from installation.core.signals import Update, kind
from installation.showfile.model import (
    Act,
    All,
    Any,
    Compare,
    Condition,
    Cue,
    Fade,
    Map,
    Not,
    Scene,
    Show,
    Transition,
    Unknown,
)

T = TypeVar("T")
CLOCKS = {"scene_s", "act_s"}
OPERATORS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


@dataclass(frozen=True, slots=True)
class Source:
    """A quantity and, where `part` is not negative, which of its parts."""

    name: str
    part: int = -1


class Moment(Protocol):
    """What a condition is asked of: the show as it is at a moment."""

    def look_up(self, source: Source) -> float | None: ...

    def is_unknown(self, source: Source) -> bool: ...


Test = Callable[[Moment], bool]
Key = tuple[str, int]
"""The scene of a transition and its place there; "" for the act's own, which outlive scenes."""


@dataclass(frozen=True, slots=True)
class Wired:
    """A signal with its sources and its function; `step` is its place in the order.

    `values` and `channels` are the names of its sources where all of them are whole signals,
    or all channels: then they are quickly found.
    """

    step: int
    name: str
    update: Update
    of: tuple[Source, ...]
    values: tuple[str, ...]
    channels: tuple[str, ...]
    options: Mapping[str, float]
    reset: str


@dataclass(frozen=True, slots=True)
class Way:
    """A transition; `test` is its condition, None where it has none."""

    key: Key
    transition: Transition
    test: Test | None


@dataclass(frozen=True, slots=True)
class Active:
    """What can happen in one scene.

    `schedule` are the cues with `at` in the order of their moments (µs after the scene's start,
    place); `followers[cue]` the places of those that follow it; `tests[place]` the conditions of
    cues, `watchers[name]` the places of those that read a quantity, `clocked` of those that read
    a clock; `thresholds` the moments (clock, µs) at which a comparison with a clock turns.
    `mapped[parameter]` is what moves it, `by_source[name]` which parameters a quantity moves.
    """

    act: Act
    scene: Scene
    schedule: tuple[tuple[int, int], ...]
    followers: Mapping[str, tuple[int, ...]]
    tests: Mapping[int, Test]
    watchers: Mapping[str, tuple[int, ...]]
    clocked: tuple[int, ...]
    on_go: tuple[int, ...]
    ways: tuple[Way, ...]
    thresholds: tuple[tuple[str, int], ...]
    mapped: Mapping[str, tuple[Source, Map]]
    by_source: Mapping[str, tuple[str, ...]]
    interrupts: bool


@dataclass(frozen=True, slots=True)
class Upcoming:
    """An edited show that waits: until `at_us`, or, None, until a scene ends (reload.py).

    `why` is for the timeline, empty where it has been told.
    """

    program: Program
    why: str
    at_us: int | None


@dataclass(frozen=True, slots=True)
class Program:
    """What `advance` plays.

    `channels[node]` are the patched names by index; `readers[name]` the signals
    that read a quantity; `rest` each parameter's value where no scene names it;
    `opacity_of` the opacity of the layer whose input a parameter is;
    `active[act, scene]` what can happen there; `upcoming` what is played after it.
    """

    show: Show
    seed: int
    channels: Mapping[str, tuple[tuple[int, str], ...]]
    signals: tuple[Wired, ...]
    by_name: Mapping[str, Wired]
    readers: Mapping[str, tuple[Wired, ...]]
    rest: Mapping[str, float]
    opacity_of: Mapping[str, str]
    active: Mapping[tuple[str, str], Active]
    upcoming: Upcoming | None = None


@lru_cache(maxsize=4096)
def source(text: str) -> Source:
    """`works[2]` as a Source; a signal that stands where it is used has its text for a name."""
    if not text.endswith("]"):
        return Source(text)
    name, _, index = text.rpartition("[")
    return Source(name, int(index.rstrip("]")))


def compile_show(show: Show, seed: int) -> Program:
    """Resolve every name; the show must have passed the loader's checks."""
    channels: dict[str, list[tuple[int, str]]] = {}
    for name, (node, index) in show.patch.items():
        channels.setdefault(node, []).append((index, name))
    names = {signal.name for signal in show.signals}
    signals = tuple(
        Wired(i, s.name, kind(s.kind), tuple(source(t) for t in s.of),
              s.of if names.issuperset(s.of) else (),
              s.of if show.patch.keys() >= set(s.of) else (), s.options, s.reset)
        for i, s in enumerate(show.signals)
    )  # fmt: skip
    readers: dict[str, list[Wired]] = {}
    for wired in signals:
        for name in dict.fromkeys(s.name for s in wired.of):
            readers.setdefault(name, []).append(wired)
    active = {
        (act.name, scene.name): _active(act, scene)
        for act in show.acts.values()
        for scene in act.scenes.values()
    }
    return Program(
        show=show,
        seed=seed,
        channels={node: tuple(found) for node, found in channels.items()},
        signals=signals,
        by_name={wired.name: wired for wired in signals},
        readers={name: tuple(found) for name, found in readers.items()},
        rest=_rest(show),
        opacity_of={
            f"layer.{layer.name}.{name}": f"layer.{layer.name}.opacity"
            for layer in show.layers
            for name in layer.defaults
            if name != "opacity"
        },
        active=active,
    )


def _rest(show: Show) -> dict[str, float]:
    rest = {f"layer.{layer.name}.opacity": 0.0 for layer in show.layers}
    for layer in show.layers:
        rest |= {f"layer.{layer.name}.{i}": v for i, v in layer.defaults.items() if i != "opacity"}
    rest |= {f"stem.{stem.name}": 0.0 for stem in show.stems if stem.loop}
    rest |= {f"output.{name}": 0.0 for name in show.outputs}
    return rest


def _active(act: Act, scene: Scene) -> Active:
    cues = list(enumerate(scene.cues))
    mapped = _mapped(act, scene)
    waiting = [(place, cue.when) for place, cue in cues if cue.when is not None]
    ways = [((scene.name, i), t) for i, t in enumerate(scene.transitions)]
    ways += [(("", i), t) for i, t in enumerate(act.transitions)]
    return Active(
        act=act,
        scene=scene,
        schedule=tuple(sorted((cue.at_us, i) for i, cue in cues if cue.at_us is not None)),
        followers=_grouped((cue.follow, place) for place, cue in cues if cue.follow),
        tests={place: test_of(when) for place, when in waiting},
        watchers=_grouped((n, place) for place, when in waiting for n in _reads(when)),
        clocked=tuple(place for place, when in waiting if CLOCKS & set(_reads(when))),
        on_go=tuple(place for place, cue in cues if cue.on_go),
        ways=tuple(Way(key, t, None if t.when is None else test_of(t.when)) for key, t in ways),
        thresholds=_thresholds([t.when for _, t in ways], scene.cues),
        mapped=mapped,
        by_source=_grouped((found.name, parameter) for parameter, (found, _) in mapped.items()),
        interrupts=any(t.goto == "return" for t in scene.transitions),
    )


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for key, thing in pairs:
        found.setdefault(key, []).append(thing)
    return {key: tuple(things) for key, things in found.items()}


def _mapped(act: Act, scene: Scene) -> dict[str, tuple[Source, Map]]:
    """A scene's own; and its act's, but for what the scene sets or fades itself."""
    faded = {a.parameter for cue in scene.cues for a in cue.actions if isinstance(a, Fade)}
    set_here = {*scene.look, *faded}
    outer = [m for m in act.mappings if m.parameter not in set_here]
    return {m.parameter: (source(m.source), m) for m in (*outer, *scene.mappings)}


def _thresholds(leaving: list[Condition | None],
                cues: tuple[Cue, ...]) -> tuple[tuple[str, int], ...]:  # fmt: skip
    conditions = [*leaving, *(cue.when for cue in cues)]
    found = {
        (part.signal, round(part.value * 1e6))
        for condition in conditions
        if condition is not None
        for part in _parts(condition)
        if isinstance(part, Compare) and part.signal in CLOCKS
    }
    return tuple(sorted(found))


def _reads(condition: Condition) -> list[str]:
    """The quantities that a condition reads, each once."""
    return list(dict.fromkeys(source(part.signal).name for part in _parts(condition)))


def _parts(condition: Condition) -> list[Compare | Unknown]:
    match condition:
        case Compare() | Unknown():
            return [condition]
        case Not(of):
            return _parts(of)
        case All(parts) | Any(parts):
            return [found for part in parts for found in _parts(part)]


def test_of(condition: Condition) -> Test:
    """Whether it is true at a moment; a comparison with something unknown is not."""
    match condition:
        case Compare(signal, op, wanted):
            return _compares(source(signal), OPERATORS[op], wanted)
        case Unknown(signal):
            asked = source(signal)
            return lambda moment: moment.is_unknown(asked)
        case Not(of):
            inner = test_of(of)
            return lambda moment: not inner(moment)
        case All(parts):
            tests = [test_of(part) for part in parts]
            return lambda moment: all(test(moment) for test in tests)
        case Any(parts):
            tests = [test_of(part) for part in parts]
            return lambda moment: any(test(moment) for test in tests)


def _compares(asked: Source, is_so: Callable[[float, float], bool], wanted: float) -> Test:
    def test(moment: Moment) -> bool:
        value = moment.look_up(asked)
        return value is not None and is_so(value, wanted)

    return test
