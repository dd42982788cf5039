"""A rehearsal in virtual time: the same core and the same wire bytes, nothing waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from firmware_bridge.simulated.memory import MemoryBridge
from firmware_bridge.simulated.node import SimulatedNode
from installation.bus import Bus
from installation.core.inputs import Command, Inputs
from installation.osc.out import OscOut
from installation.rehearsal.arrivals import Guest
from installation.rehearsal.sensors import by_channel
from installation.rehearsal.world import World
from installation.run.album import Album
from installation.run.conductor import Conductor
from installation.run.emit import Emitter
from installation.run.gear import expected
from installation.run.link import Link
from installation.run.recording.keeping import Records, recorded
from installation.run.show import leave
from installation.showfile.model import Show

WORLD_STEP_US = 50_000
PROGRESS_US = 5_000_000


def simulated_nodes(show: Show) -> list[SimulatedNode]:
    """One simulated node for each node that the show expects."""
    return [
        SimulatedNode(n.name, n.channels, n.outputs, safe=tuple(
            1.0 if o == "house_light" else 0.0 for o in n.outputs), uid=i + 1)
        for i, n in enumerate(show.nodes.values())
    ]  # fmt: skip


class Rehearsal:
    """A show, its simulated nodes and a crowd, in one thread; `play` moves their time.

    With `acts`, it begins with the first of them and ends where the show leaves them.
    With "" for the crowd, the `guests` come.
    """

    def __init__(self, conductor: Conductor, *, crowd: str, seed: int,
                 acts: Sequence[str] = (), link: Link | None = None,
                 osc: OscOut | None = None, guests: Sequence[Guest] = ()) -> None:  # fmt: skip
        show = conductor.show
        self._nodes = simulated_nodes(show)
        self.conductor, self.album = conductor, Album()
        self.advances = 0
        self._acts, self._link = acts, link
        self.world = World(crowd, seed, guests)
        self._bridge = MemoryBridge(self._nodes, expected(show))
        self._emitter = Emitter(conductor, self._bridge.set_output, osc, link, self.album)
        self._world_us = 0
        if acts:
            conductor.advance(Inputs(0, commands=(Command("first", "goto", acts[0]),)))

    def play(self, end_us: int | None, progress: Callable[[int], None],
             pace: Callable[[int], bool] = lambda now_us: True) -> None:  # fmt: skip
        """Until `end_us`, the end of the chosen acts, or until `pace(now_us)` says no.

        `pace` is asked before each moment, and may wait; `progress` hears the moment
        every five seconds of show time.
        """
        conductor = self.conductor
        now_us = told_us = 0
        while (end_us is None or now_us < end_us) and not self._left_acts() and pace(now_us):
            self._moment(now_us)
            if now_us - told_us >= PROGRESS_US:
                told_us = now_us
                progress(now_us)
            next_us = min(conductor.wake_us, self._bridge.next_us, self._world_us)
            now_us = max(now_us + 1, next_us)
        self.album.close()

    def _moment(self, now_us: int) -> None:
        conductor, before = self.conductor, self.conductor.state
        if now_us >= self._world_us:
            seen = self.world.step(now_us, before.act, before.scene)
            self._world_us = self.world.next_us
            felt = by_channel(seen)
            for node in self._nodes:
                node.feel(felt)
                node.speak(now_us, self._world_us - now_us)  # in between it would say the same
        samples, health = self._bridge.advance(now_us)
        commands = self._link.take_commands() if self._link else ()
        if self._link and (edition := self._link.take_edition()):
            conductor.reload(edition)
        if samples or health or commands or now_us >= conductor.wake_us:
            outputs = conductor.advance(Inputs(now_us, samples, health, commands))
            self.advances += 1
            self._emitter.emit(outputs, health, now_us)
        if self._link:
            self._link.publish(conductor, lambda: {"p50_ms": None, "p99_ms": None})

    def _left_acts(self) -> bool:
        return bool(self._acts) and self.conductor.state.act not in self._acts


def perform(show: Show, bus: Bus, *, speed: float, crowd: str, seed: int, stop: threading.Event,
            osc: Sequence[tuple[str, int]], acts: Sequence[str], expects: Sequence[str],
            out: Path, records: Records | None = None) -> int:  # fmt: skip
    """The show process of a rehearsal that runs `speed` times as fast as real time.

    Where the machine cannot keep up, it runs as fast as it can, and skips nothing.
    """
    out.mkdir(parents=True, exist_ok=True)
    begun_s = time.monotonic()

    def pace(now_us: int) -> bool:
        nonlocal begun_s
        early_s = begun_s + now_us / 1e6 / speed - time.monotonic()
        if early_s < -1.0:
            begun_s -= early_s  # far behind: not made up for in a rush later
        return not (stop.wait(early_s) if early_s > 0.001 else stop.is_set())

    with (out / "timeline.jsonl").open("a", encoding="utf-8") as timeline:
        sender = OscOut(osc)
        link = Link(bus, show, expects)
        conductor = Conductor(show, seed, 0, timeline)
        with recorded(conductor, bus, records, 0):
            evening = Rehearsal(conductor, crowd=crowd, seed=seed, acts=acts, link=link,
                                osc=sender)  # fmt: skip
            evening.play(None, lambda _: None, pace)
        sender.close()
    leave(out, evening.conductor, evening.album, {})
    return 0
