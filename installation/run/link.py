"""The show process's side of the bus: commands and health in; state and replies out."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from firmware_bridge.sample import Health
from installation.bus import Bus
from installation.core.inputs import Command
from installation.core.outputs import Outputs
from installation.edition import TOPIC, Edition, heard, id_of
from installation.run.conductor import Conductor
from installation.showfile.model import Show

PUBLISH_US = 33_000
STATUS_US = 100_000
NODE_FIELDS = (
    "state",
    "why",
    "rate_hz",
    "dropped",
    "corrupt",
    "kind",
    "path",
    "uid",
    "boot",
    "cause",
    "firmware",
    "round_trip_us",
    "latency_us",
    "latency_p99_us",
    "jitter_us",
)
COMMANDS = 64
"""A bound on waiting commands; one more is refused, unless it is stop."""


ROOM_US, MOST_WAIT_US = 16_000, 1_000_000
"""To take up an edited show between two moments that are due; how long it may wait for that."""


def clock_us() -> int:
    """Host time in microseconds: monotonic, so that no clock change moves a cue."""
    return time.monotonic_ns() // 1000


def node_status(health: Health) -> dict[str, Any]:
    """What the panel and the terminal are told of a node."""
    told = {"name": health.node} | {field: getattr(health, field) for field in NODE_FIELDS}
    return told | {"readings": [asdict(channel) for channel in health.channels]}


class Link:
    """Publishes by the wall clock, however fast the show's own time runs.

    `expects` are the roles that should be there, for the panel to miss them; `wake` is called
    from a thread of the bus's when a command has come.
    """

    def __init__(self, bus: Bus, show: Show, expects: Sequence[str] = (),
                 wake: Callable[[], None] = lambda: None) -> None:  # fmt: skip
        self._bus, self._expects = bus, list(expects)
        self._patch(show)
        self._commands: deque[Command] = deque()
        self._processes: dict[str, dict[str, Any]] = {}
        self._nodes = {name: self._told(Health(name, "absent")) for name in show.nodes}
        self._published_us = self._status_us = 0
        self._wake = wake
        self._edition: bytes | None = None
        self._edition_us = 0
        self._known = ""
        bus.subscribe("command", self._hear_command)
        bus.subscribe(TOPIC, self._hear_edition)
        bus.subscribe("health/**", self._hear_process)

    @property
    def due_us(self) -> int:
        """When the desired state is published again."""
        return self._published_us + PUBLISH_US

    def take_commands(self) -> tuple[Command, ...]:
        taken = []
        while self._commands:
            taken.append(self._commands.popleft())
        return tuple(taken)

    def take_edition(self) -> Edition | None:
        """The newest version of the show's files, once."""
        taken, self._edition = self._edition, None
        try:
            return None if taken is None else heard(taken)
        except ValueError as why:
            print(why, file=sys.stderr)
            return None

    def has_edition(self, room_us: int) -> bool:
        """Whether to take a new version now that nothing is due for `room_us`: it takes some
        milliseconds. After a second it is taken in any case."""
        if self._edition is None:
            return False
        return room_us >= ROOM_US or clock_us() - self._edition_us >= MOST_WAIT_US

    def hear_nodes(self, health: Sequence[Health]) -> None:
        """What the bridge says of the nodes, for the panel."""
        self._nodes.update((report.node, self._told(report)) for report in health)

    def _patch(self, show: Show) -> None:
        self._patched_for = show
        self._patched: dict[str, list[str]] = {}
        for channel, (node, _) in show.patch.items():
            self._patched.setdefault(node, []).append(channel)

    def answer(self, outputs: Outputs) -> None:
        """Replies at once, and the state with them where a hand waits for it."""
        for reply in outputs.replies:
            told = {"id": reply.id, "done": reply.done, "why": reply.why}
            self._bus.publish("reply", json.dumps(told).encode())
        if outputs.replies or outputs.shots:
            self._published_us = self._status_us = 0

    def publish(self, conductor: Conductor, loop: Callable[[], Mapping[str, Any]]) -> None:
        """The desired state, complete, 30 times a second; the status 10 times.

        Most calls have nothing to do, so `loop`, the figures about it, is asked when it is told.
        """
        now_us = clock_us()
        if now_us - self._published_us < PUBLISH_US:
            return
        self._published_us = now_us
        if conductor.show is not self._patched_for:
            self._patch(conductor.show)
        self._bus.publish("desired", json.dumps(conductor.desired()).encode())
        if now_us - self._status_us >= STATUS_US:
            self._status_us = now_us
            status = {
                **conductor.status(),
                "processes": {
                    role: {**seen, "age_s": round((now_us - seen["heard_us"]) / 1e6, 1)}
                    for role, seen in sorted(self._processes.items())
                },
                "expects": self._expects,
                "loop": {"pid": os.getpid(), **loop()},
            }
            nodes = ", ".join(self._nodes.values())
            self._bus.publish("status", f'{json.dumps(status)[:-1]}, "nodes": [{nodes}]}}'.encode())

    def _told(self, health: Health) -> str:
        """A node as the status has it, in JSON: made when it is heard, not for every status."""
        return json.dumps({"channels": self._patched.get(health.node, []), **node_status(health)})

    def _hear_command(self, topic: str, payload: bytes) -> None:
        try:
            told = json.loads(payload)
            wish = Command(str(told["id"]), str(told["verb"]), str(told.get("argument") or ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if len(self._commands) >= COMMANDS and wish.verb != "stop":
            why = f"{COMMANDS} commands are waiting already"
            refusal = {"id": wish.id, "done": False, "why": why}
            self._bus.publish("reply", json.dumps(refusal).encode())
            return
        self._commands.append(wish)
        self._wake()

    def _hear_edition(self, topic: str, payload: bytes) -> None:
        """It is told again and again, for those who come late."""
        if (told := id_of(payload)) != self._known:
            self._known = told
            self._edition_us, self._edition = clock_us(), payload
            self._wake()

    def _hear_process(self, topic: str, payload: bytes) -> None:
        told = json.loads(payload)
        if isinstance(told, dict):
            self._processes[topic.partition("/")[2]] = {**told, "heard_us": clock_us()}
