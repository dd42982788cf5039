"""The show process in real time: gather inputs, advance, emit; sleep until something is due."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from firmware_bridge.bridge import Bridge
from firmware_bridge.sample import Health, Sample
from installation.core.inputs import Command, Inputs
from installation.core.outputs import Outputs
from installation.osc.out import OscOut
from installation.run.bus import Bus
from installation.run.conductor import Conductor
from installation.run.measure import Readings
from installation.showfile.model import Show

PUBLISH_US = 33_000
STATUS_US = 100_000
PATIENCE_US = 250_000
NODE_FIELDS = ("state", "why", "rate_hz", "dropped", "corrupt")
COMMANDS = 64
"""A bound on waiting commands; one more is refused."""


def clock_us() -> int:
    """Host time in microseconds: monotonic, so that no clock change moves a cue."""
    return time.monotonic_ns() // 1000


class Performance:
    """The loop and what it holds. `perform` runs it until `stop` is set."""

    def __init__(self, show: Show, bus: Bus, ports: Sequence[str], *, seed: int,
                 osc: Sequence[tuple[str, int]], timeline: TextIO | None) -> None:  # fmt: skip
        self.show, self.bus = show, bus
        self._wake = threading.Event()
        nodes = {n.name: (n.channels, n.outputs) for n in show.nodes.values()}
        self.bridge = Bridge(ports, nodes, self._wake.set)
        self.osc = OscOut(osc)
        self.conductor = Conductor(show, seed, clock_us(), timeline)
        self._commands: deque[Command] = deque()
        self._processes: dict[str, dict[str, Any]] = {}
        self._nodes: dict[str, Health] = {}
        self.lateness = Readings()
        self.latency = Readings()
        self._published_us = self._status_us = 0
        bus.subscribe("command", self._hear_command)
        bus.subscribe("health/**", self._hear_health)

    def perform(self, stop: threading.Event) -> None:
        """Play until `stop`; the bridge and the bus are closed by then."""
        self.bridge.start()
        gc.collect()
        gc.freeze()
        try:
            while not stop.is_set():
                self._moment()
        finally:
            self.bridge.close()
            self.osc.close()

    def figures(self) -> dict[str, Any]:
        """Lateness of due moments, and sample to OSC packet, since the start."""
        return {"lateness": self.lateness.summary(), "sensor_to_osc": self.latency.summary()}

    def _moment(self) -> None:
        due_us = min(self.conductor.wake_us, self._published_us + PUBLISH_US)
        early_us = due_us - clock_us()
        if early_us > 0 and self._wake.wait(min(early_us, PATIENCE_US) / 1e6):
            self._wake.clear()
        now_us = clock_us()
        if self.conductor.wake_us <= now_us:
            self.lateness.add_us(now_us - self.conductor.wake_us)
        samples, health = self.bridge.drain()
        commands = self._take_commands()
        if samples or health or commands or self.conductor.wake_us <= now_us:
            self._emit(now_us, samples, self.conductor.advance(
                Inputs(now_us, samples, health, commands)))  # fmt: skip
            for report in health:
                self._nodes[report.node] = report
        self._publish(now_us)

    def _emit(self, now_us: int, samples: tuple[Sample, ...], outputs: Outputs) -> None:
        sent = self.osc.send(outputs.messages, outputs.parameters, outputs.changed, now_us)
        if sent and samples:
            self.latency.add_us(clock_us() - samples[-1].t_us)
        for node, index, value in self.conductor.moved_outputs(outputs):
            self.bridge.set_output(node, index, value)
        for reply in outputs.replies:
            told = {"id": reply.id, "done": reply.done, "why": reply.why}
            self.bus.publish("reply", json.dumps(told).encode())
        if outputs.replies or outputs.shots:
            self._published_us = 0

    def _publish(self, now_us: int) -> None:
        if now_us - self._published_us < PUBLISH_US:
            return
        self._published_us = now_us
        self.bus.publish("desired", json.dumps(self.conductor.desired()).encode())
        if now_us - self._status_us >= STATUS_US:
            self._status_us = now_us
            self.bus.publish("status", json.dumps(self._status(now_us)).encode())

    def _status(self, now_us: int) -> dict[str, Any]:
        nodes = [self._nodes.get(name, Health(name, "absent")) for name in self.show.nodes]
        return {
            **self.conductor.status(),
            "nodes": [{"name": h.node} | {k: getattr(h, k) for k in NODE_FIELDS} for h in nodes],
            "processes": {
                role: {**seen, "age_s": round((now_us - seen["heard_us"]) / 1e6, 1)}
                for role, seen in sorted(self._processes.items())
            },
            "loop": {
                "pid": os.getpid(),
                "p50_ms": self.lateness.recent(0.5),
                "p99_ms": self.lateness.recent(0.99),
            },
        }

    def _take_commands(self) -> tuple[Command, ...]:
        taken = []
        while self._commands:
            taken.append(self._commands.popleft())
        return tuple(taken)

    def _hear_command(self, topic: str, payload: bytes) -> None:
        try:
            told = json.loads(payload)
            wish = Command(str(told["id"]), str(told["verb"]), str(told.get("argument") or ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if len(self._commands) >= COMMANDS:
            why = f"{COMMANDS} commands are waiting already"
            refusal = {"id": wish.id, "done": False, "why": why}
            self.bus.publish("reply", json.dumps(refusal).encode())
            return
        self._commands.append(wish)
        self._wake.set()

    def _hear_health(self, topic: str, payload: bytes) -> None:
        try:
            told = json.loads(payload)
        except ValueError:
            return
        if isinstance(told, dict):
            self._processes[topic.partition("/")[2]] = {**told, "heard_us": clock_us()}


def perform(show: Show, bus: Bus, ports: Sequence[str], *, seed: int,
            osc: Sequence[tuple[str, int]], out: Path | None, stop: threading.Event,
            first: str = "", announce: Callable[[Mapping[str, Any]], None] | None = None,
            ) -> int:  # fmt: skip
    """Play the show until `stop`; into `out` go the timeline and, at the end, the figures.

    A show process that starts again adds to the timeline of the one before it.
    """
    timeline = None
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        timeline = (out / "timeline.jsonl").open("a", encoding="utf-8")
    try:
        performance = Performance(show, bus, ports, seed=seed, osc=osc, timeline=timeline)
        if first:
            performance.conductor.advance(
                Inputs(clock_us(), commands=(Command("first", "goto", first),))
            )
        performance.perform(stop)
    finally:
        if timeline is not None:
            timeline.close()
    if out is not None:
        (out / "figures.json").write_text(json.dumps(performance.figures(), indent=1))
    return 0
