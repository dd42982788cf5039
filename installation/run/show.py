"""The show process in real time: gather inputs, advance, emit; sleep until something is due."""

from __future__ import annotations

import gc
import json
import sys
import threading
import traceback
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from installation.bus import Bus
from installation.core.inputs import Command, Inputs
from installation.core.outputs import Outputs
from installation.core.state import State
from installation.edition import Edition
from installation.osc.out import OscOut
from installation.run.album import Album
from installation.run.conductor import Conductor
from installation.run.emit import Emitter
from installation.run.gear import Gear, expected
from installation.run.latch import Latch, read_latch, write_latch
from installation.run.link import Link, clock_us
from installation.run.measure import Readings
from installation.run.recording.keeping import Records, recorded
from installation.run.resume import FILE as STATE
from installation.run.resume import Keeper, resumed
from installation.showfile.model import Show

PATIENCE_US = 250_000
"""The longest sleep, so that `stop` is seen."""
PACE_US, BURST_US = 2_000, 20_000
"""Readings make one moment in 2 ms, and ten at once where they were seldom: what many nodes say
in that time is taken together, and a touch in a room of four waits for nothing."""
PUBLISHING_US, MOST_DELAY_US = 3_000, 20_000
"""Longer than it takes to publish the state of many nodes; and how much later that may happen."""
SWITCH_S = 0.001
"""How long another thread may keep the loop waiting; Python's own 5 ms is a late touch."""
MOST_TROUBLE = 10


class Performance:
    """The loop and what it holds. `perform` runs it until `stop` is set.

    `acts`, where not empty: begin with the first of them (or with `first`), end where the show
    leaves them.
    `latched` is what the show process before this one was told, `resume` the state in which it
    was; `out` where to keep both.
    """

    def __init__(self, conductor: Conductor, bus: Bus, gear: Gear, *,
                 osc: Sequence[tuple[str, int]] = (), acts: Sequence[str] = (), first: str = "",
                 expects: Sequence[str] = (), album: Album | None = None,
                 latched: Latch | None = None, out: Path | None = None,
                 resume: State | None = None) -> None:  # fmt: skip
        show = conductor.show
        self.conductor = conductor
        self._acts: Collection[str] = acts
        self.bridge = gear.bridge(expected(show))
        self.link = Link(bus, show, expects, self.bridge.wake)
        self.osc = OscOut(osc)
        self._emitter = Emitter(conductor, self.bridge.set_output, self.osc, self.link, album)
        self._latch, self._out = latched or Latch(conductor.begun_us), out
        self._keeper = Keeper(out, clock_us()) if out else None
        self.trouble = self.troubles = 0
        self._free_us = 0
        """From when on readings alone may make a moment."""
        self.lateness, self.latency = Readings(), Readings()
        if resume is not None:
            self._emitter.emit(conductor.resume(resume, clock_us()), (), clock_us())
            self._keep_state(clock_us(), is_news=True)  # now it is known that it was gone on with
        begin = [act for act in (first, *acts) if act][:1] if resume is None else []
        orders = [Command("first", "goto", act) for act in begin]
        orders += [Command("first", "stop")] * self._latch.stopped
        orders += [Command("first", "blackout")] * self._latch.blackout
        if orders:
            conductor.advance(Inputs(clock_us(), commands=tuple(orders)))

    def perform(self, stop: threading.Event) -> None:
        """Play until `stop`, or until the chosen acts are over."""
        self.bridge.start()
        sys.setswitchinterval(SWITCH_S)
        gc.collect()
        gc.freeze()
        self.conductor.wake_us = clock_us()
        try:
            while not stop.is_set() and (not self._acts or self.conductor.state.act in self._acts):
                self._moment()
        finally:
            self.bridge.close()
            self.osc.close()

    def figures(self) -> dict[str, Any]:
        """Lateness of due moments, read to OSC packet, and moments that failed."""
        return {
            "lateness": self.lateness.summary(),
            "serial_to_osc": self.latency.summary(),
            "troubles": self.troubles,
        }

    def _moment(self) -> None:
        conductor, bridge = self.conductor, self.bridge
        due_us = min(conductor.wake_us, self._publish_us(clock_us()))
        if bridge.has_news:
            due_us = min(due_us, self._free_us)
        if reloads := self.link.has_edition(conductor.wake_us - clock_us()):
            due_us = 0
        has_news = bridge.wait(min(max(0, due_us - clock_us()), PATIENCE_US) / 1e6)
        now_us = clock_us()
        is_due = conductor.wake_us <= now_us
        if is_due:
            self.lateness.add_us(now_us - conductor.wake_us)
        commands = self.link.take_commands()
        edition = self.link.take_edition() if reloads else None
        if commands or edition or is_due or (has_news and now_us >= self._free_us):
            self._free_us = max(self._free_us, now_us - BURST_US) + PACE_US
            samples, health = bridge.drain()
            outputs = self._advance(Inputs(now_us, samples, health, commands), edition)
            if commands:
                self._keep_latch()
            sent = self._emitter.emit(outputs, health, now_us)
            if sent and samples and outputs.changed:
                self.latency.add_us(clock_us() - self.bridge.arrived_us)
            if outputs.events:
                self._keep_state(now_us, is_news=True)
        elif not has_news:
            self.osc.send((), conductor.parameters, (), now_us)
        if clock_us() >= self._publish_us(now_us):
            self.link.publish(conductor, self._recent)
            self._keep_state(now_us)

    def _keep_state(self, now_us: int, *, is_news: bool = False) -> None:
        if self._keeper:
            state = self.conductor.state
            self._keeper.keep(self.conductor.show, state, now_us, is_news=is_news)

    def _publish_us(self, now_us: int) -> int:
        """When the state is published: not so shortly before a due moment that it would be late."""
        due_us, wake_us = self.link.due_us, self.conductor.wake_us
        is_in_the_way = wake_us - PUBLISHING_US < max(due_us, now_us) < wake_us
        return wake_us if is_in_the_way and wake_us - due_us < MOST_DELAY_US else due_us

    def _recent(self) -> dict[str, Any]:
        """The loop's newest figures, for the panel."""
        return {
            "p50_ms": self.lateness.recent(0.5),
            "p99_ms": self.lateness.recent(0.99),
            "osc_sent": self.osc.sent,
            "osc_refused": self.osc.refused,
        }

    def _advance(self, inputs: Inputs, edition: Edition | None) -> Outputs:
        """The one guard around the core: what makes it raise is left out, and the last picture
        stays. Raises after the tenth time in a row, for the supervisor to start afresh."""
        try:
            if edition is not None:
                self.conductor.reload(edition)
            outputs = self.conductor.advance(inputs)
        except Exception:
            self.trouble += 1
            self.troubles += 1
            traceback.print_exc()
            if self.trouble >= MOST_TROUBLE:
                raise
            return self.conductor.stand_still(inputs.now_us + PATIENCE_US)
        self.trouble = 0
        return outputs

    def _keep_latch(self) -> None:
        """Before the reply goes: what staff have been told is done outlives this process."""
        state = self.conductor.state
        latch = replace(self._latch, stopped=state.stopped_us is not None, blackout=state.blackout)
        if latch == self._latch or self._out is None:
            return
        try:
            write_latch(self._out, latch)
            self._latch = latch  # else it is tried again with the next command
        except OSError as why:
            print(f"stop and blackout cannot be kept on disk: {why}", file=sys.stderr)


def perform(show: Show, bus: Bus, gear: Gear, *, seed: int, stop: threading.Event,
            osc: Sequence[tuple[str, int]], acts: Sequence[str] = (), out: Path,
            expects: Sequence[str] = (), keep_album: bool = False,
            records: Records | None = None) -> int:  # fmt: skip
    """Play the show until `stop`; into `out` go the timeline and, at the end, the figures.

    A show process that starts again adds to the timeline of the one before it, its
    time goes on, and what was stopped or dark stays so; in the acts it goes on as their
    `recovery` says.
    """
    out.mkdir(parents=True, exist_ok=True)
    latched = read_latch(out, clock_us())
    write_latch(out, latched)
    resume, begin = resumed(out, show, clock_us())
    with (out / "timeline.jsonl").open("a", encoding="utf-8") as timeline:
        conductor = Conductor(show, seed, clock_us(), timeline, begun_us=latched.begun_us)
        album = Album() if keep_album else None
        with recorded(conductor, bus, records, clock_us()):
            performance = Performance(conductor, bus, gear, osc=osc, acts=acts, first=begin,
                                      expects=expects, album=album, latched=latched, out=out,
                                      resume=resume)  # fmt: skip
            performance.perform(stop)
    (out / STATE).unlink(missing_ok=True)  # an evening that ended is not gone on with
    leave(out, conductor, album, performance.figures())
    return 0


def leave(out: Path, conductor: Conductor, album: Album | None, figures: dict[str, Any]) -> None:
    """What the show process leaves for the one that started it."""
    told = {**figures, "played_s": conductor.status()["played_s"], "digest": conductor.digest(),
            "unwritten": conductor.unwritten}  # fmt: skip
    (out / "figures.json").write_text(json.dumps(told, indent=1))
    if album is not None:
        album.close()
        (out / "album.json").write_text(json.dumps(album.told()))
