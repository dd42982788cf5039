"""A rehearsal in virtual time: the same core and the same wire bytes, nothing waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from firmware_bridge.bridge import MemoryBridge
from firmware_bridge.simulated.node import SimulatedNode
from installation.core.inputs import Command, Inputs
from installation.rehearsal.world import World
from installation.run.conductor import Conductor
from installation.showfile.model import Show

WORLD_STEP_US = 50_000
LOOK_US = 500_000
"""How often a picture's parameters are kept, to draw each scene from its middle."""


@dataclass
class Evening:
    """What a rehearsal leaves: the timeline, traces, one picture's worth for each scene."""

    timeline: list[dict[str, Any]] = field(default_factory=list)
    traces: dict[str, list[tuple[float, float | None]]] = field(default_factory=dict)
    looks: list[tuple[str, str, int, Mapping[str, float]]] = field(default_factory=list)
    digest: str = ""
    played_s: float = 0.0
    advances: int = 0


@dataclass
class _Middle:
    """The looks of the scene that is on, to choose the middle one when it ends."""

    kept: list[tuple[int, Mapping[str, float]]] = field(default_factory=list)

    def take(self) -> tuple[int, Mapping[str, float]] | None:
        middle = self.kept[len(self.kept) // 2] if self.kept else None
        self.kept = []
        return middle

    def keep(self, now_us: int, parameters: Mapping[str, float]) -> None:
        self.kept.append((now_us, parameters))
        if len(self.kept) > 2000:  # an hour of one scene: thin it out, the middle stays
            self.kept = self.kept[::2]


def simulated_nodes(show: Show) -> list[SimulatedNode]:
    """One simulated node for each node that the show expects."""
    return [
        SimulatedNode(n.name, n.channels, n.outputs, safe=tuple(
            1.0 if o == "house_light" else 0.0 for o in n.outputs), uid=i + 1)
        for i, n in enumerate(show.nodes.values())
    ]  # fmt: skip


class Rehearsal:
    """`seconds` of show time, played as fast as the machine can.

    With `acts`, it begins with the first of them and ends where the show leaves them.
    """

    def __init__(self, show: Show, *, crowd: str, seed: int, seconds: float,
                 acts: tuple[str, ...], timeline: TextIO) -> None:  # fmt: skip
        nodes = simulated_nodes(show)
        self.show, self.acts = show, acts
        self.end_us = round(seconds * 1e6)
        self.evening = Evening()
        self._world = World(crowd, seed)
        self._nodes = {node.name: node for node in nodes}
        expected = {n.name: (n.channels, n.outputs) for n in show.nodes.values()}
        self._bridge = MemoryBridge(nodes, expected)
        self._conductor = Conductor(show, seed, 0, timeline)
        self._middle = _Middle()
        self._drawn: set[tuple[str, str]] = set()
        self._world_us = self._look_us = 0

    def play(self, progress: Callable[[float, str], None]) -> Evening:
        """The whole of it; `progress` hears the share done and what is on."""
        evening, conductor = self.evening, self._conductor
        now_us = told_us = 0
        if self.acts:
            wish = Command("first", "goto", self.acts[0])
            evening.timeline += map(
                conductor.line, conductor.advance(Inputs(0, commands=(wish,))).events
            )
        while now_us < self.end_us and not self._left_acts():
            self._moment(now_us)
            if now_us - told_us >= 5_000_000:
                told_us = now_us
                on = f"{conductor.state.act} · {conductor.state.scene}"
                progress(now_us / self.end_us, on)
            next_us = min(conductor.wake_us, self._bridge.next_us, self._world_us)
            now_us = max(now_us + 1, next_us)
        self._keep_look((conductor.state.act, conductor.state.scene))
        evening.digest, evening.played_s = conductor.digest(), min(now_us, self.end_us) / 1e6
        return evening

    def _moment(self, now_us: int) -> None:
        conductor = self._conductor
        before = conductor.state
        if now_us >= self._world_us:
            self._world_us += WORLD_STEP_US
            seen = self._world.step(now_us, before.act, before.scene)
            for name, values in seen.items():
                self._nodes[name].set_values(values)
        samples, health = self._bridge.advance(now_us)
        outputs = conductor.advance(Inputs(now_us, samples, health))
        self.evening.advances += 1
        for node, index, value in conductor.moved_outputs(outputs):
            self._bridge.set_output(node, index, value)
        self.evening.timeline += map(conductor.line, outputs.events)
        if before.act and any(event.kind == "scene" for event in outputs.events):
            self._keep_look((before.act, before.scene))
        if now_us >= self._look_us:
            self._look_us += LOOK_US
            self._middle.keep(now_us, conductor.parameters)
            for name, felt in conductor.state.values.items():
                self.evening.traces.setdefault(name, []).append((now_us / 1e6, felt))

    def _left_acts(self) -> bool:
        return bool(self.acts) and self._conductor.state.act not in self.acts

    def _keep_look(self, scene: tuple[str, str]) -> None:
        chosen = self._middle.take()
        if chosen is not None and scene not in self._drawn:
            self._drawn.add(scene)
            self.evening.looks.append((*scene, *chosen))


def write_digest(out: Path, evening: Evening) -> None:
    """The digest alone in digest.txt."""
    (out / "digest.txt").write_text(evening.digest + "\n")


def endings(timeline: list[dict[str, Any]]) -> dict[str, int]:
    """How often each ending occurred: `act/scene -> goto (tally)`."""
    counts: dict[str, int] = {}
    for line in timeline:
        if line["kind"] == "transition":
            key = f"{line['act']}/{line['scene']} → {line['name']} ({line['tally'] or '–'})"
            counts[key] = counts.get(key, 0) + 1
    return counts
