"""The show, compiled once: names resolved, so that a moment costs what is active."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from installation.core.signals import Update, kind
from installation.showfile.model import (
    Act,
    All,
    Any,
    Compare,
    Condition,
    Fade,
    Map,
    Not,
    Scene,
    Show,
)

CLOCKS = {"scene_s", "act_s"}


@dataclass(frozen=True, slots=True)
class Source:
    """A quantity and, where `part` is not negative, which of its parts."""

    name: str
    part: int = -1


@dataclass(frozen=True, slots=True)
class Wired:
    """A signal with its sources and its function; `step` is its place in the order."""

    step: int
    name: str
    update: Update
    of: tuple[Source, ...]
    options: Mapping[str, float]
    reset: str


@dataclass(frozen=True, slots=True)
class Program:
    """What `advance` plays.

    `channels[node]` are the patched names by index; `readers[name]` the signals
    that read a quantity; `rest` each parameter's value where no scene names it;
    `opacity_of` the opacity of the layer whose input a parameter is;
    `mappings[act, scene]` and `thresholds[act, scene]` what is active there, the
    latter being the moments (clock, µs) at which a comparison with a clock turns.
    """

    show: Show
    seed: int
    channels: Mapping[str, tuple[tuple[int, str], ...]]
    signals: tuple[Wired, ...]
    by_name: Mapping[str, Wired]
    readers: Mapping[str, tuple[Wired, ...]]
    rest: Mapping[str, float]
    opacity_of: Mapping[str, str]
    mappings: Mapping[tuple[str, str], Mapping[str, tuple[Source, Map]]]
    thresholds: Mapping[tuple[str, str], tuple[tuple[str, int], ...]]
    interrupts: frozenset[tuple[str, str]]


@lru_cache(maxsize=4096)
def source(text: str) -> Source:
    """`works[2]` as a Source."""
    name, bracket, index = text.partition("[")
    return Source(name, int(index.rstrip("]")) if bracket else -1)


def compile_show(show: Show, seed: int) -> Program:
    """Resolve every name; the show must have passed the loader's checks."""
    channels: dict[str, list[tuple[int, str]]] = {}
    for name, (node, index) in show.patch.items():
        channels.setdefault(node, []).append((index, name))
    signals = tuple(
        Wired(i, s.name, kind(s.kind), tuple(source(t) for t in s.of), s.options, s.reset)
        for i, s in enumerate(show.signals)
    )
    readers: dict[str, list[Wired]] = {}
    for wired in signals:
        for name in dict.fromkeys(s.name for s in wired.of):
            readers.setdefault(name, []).append(wired)
    scenes = [(act, scene) for act in show.acts.values() for scene in act.scenes.values()]
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
        mappings={(act.name, scene.name): _mappings(act, scene) for act, scene in scenes},
        thresholds={(act.name, scene.name): _thresholds(act, scene) for act, scene in scenes},
        interrupts=frozenset(
            (act.name, scene.name)
            for act, scene in scenes
            if any(t.goto == "return" for t in scene.transitions)
        ),
    )


def _rest(show: Show) -> dict[str, float]:
    rest = {f"layer.{layer.name}.opacity": 0.0 for layer in show.layers}
    for layer in show.layers:
        rest |= {f"layer.{layer.name}.{i}": v for i, v in layer.defaults.items() if i != "opacity"}
    rest |= {f"stem.{stem.name}": 0.0 for stem in show.stems if stem.loop}
    rest |= {f"output.{name}": 0.0 for name in show.outputs}
    return rest


def _mappings(act: Act, scene: Scene) -> dict[str, tuple[Source, Map]]:
    """A scene's own; and its act's, but for what the scene sets or fades itself."""
    faded = {a.parameter for cue in scene.cues for a in cue.actions if isinstance(a, Fade)}
    set_here = {*scene.look, *faded}
    outer = [m for m in act.mappings if m.parameter not in set_here]
    return {m.parameter: (source(m.source), m) for m in (*outer, *scene.mappings)}


def _thresholds(act: Act, scene: Scene) -> tuple[tuple[str, int], ...]:
    conditions = [t.when for t in (*scene.transitions, *act.transitions)]
    conditions += [cue.when for cue in scene.cues]
    found = {
        (c.signal, round(c.value * 1e6))
        for condition in conditions
        for c in _compares(condition)
        if c.signal in CLOCKS
    }
    return tuple(sorted(found))


def _compares(condition: Condition | None) -> list[Compare]:
    match condition:
        case None:
            return []
        case Compare():
            return [condition]
        case Not(of):
            return _compares(of)
        case All(parts) | Any(parts):
            return [c for part in parts for c in _compares(part)]
