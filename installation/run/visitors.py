"""The visitors process: simulated people, whose nodes write real wire bytes to real ptys."""

from __future__ import annotations

import json
import os
import select
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Protocol

from firmware_bridge.simulated.avr import AvrError, AvrNode, firmware
from firmware_bridge.simulated.pty import PtyNode
from installation.bus import Bus
from installation.errors import Unavailable
from installation.rehearsal.sensors import by_channel
from installation.rehearsal.world import World
from installation.run.link import clock_us
from installation.run.rehearse import WORLD_STEP_US, simulated_nodes
from installation.showfile.model import Show

HEALTH_US = 500_000
WISHES = 64


def ports(run: Path, show: Show) -> list[str]:
    """Where the simulated nodes of a rehearsal are found: stable names, one a node."""
    return [str(run / f"tty-{name}") for name in show.nodes]


def perform(show: Show, bus: Bus, run: Path, *, crowd: str, seed: int, nodes: str,
            stop: threading.Event) -> int:  # fmt: skip
    """Walk the crowd through the room in real time until `stop`.

    What the room plays comes from `status`, so that people react to it.
    `visitors` on the bus takes {"unplug": NODE} and {"plug": NODE}. `nodes` is simulated, or
    avr: the real firmware in simavr.
    """
    playing = {"act": show.attract, "scene": ""}
    wishes: deque[tuple[str, str]] = deque(maxlen=WISHES)

    def hear(topic: str, payload: bytes) -> None:
        told = json.loads(payload)
        playing.update(act=str(told["act"]), scene=str(told["scene"]))

    def fault(topic: str, payload: bytes) -> None:
        wishes.extend((str(verb), str(node)) for verb, node in json.loads(payload).items())

    bus.subscribe("status", hear)
    bus.subscribe("visitors", fault)
    world = World(crowd, seed)
    begun_us = clock_us()
    world_us = health_us = begun_us
    with closing(_avr(run, show) if nodes == "avr" else _simulated(run, show)) as boards:
        while not stop.is_set():
            now_us = clock_us()
            while wishes:
                boards.plug(*wishes.popleft())
            if now_us >= world_us:
                world_us = now_us + WORLD_STEP_US
                seen = world.step(now_us - begun_us, playing["act"], playing["scene"])
                boards.feel(by_channel(seen))
            if now_us >= health_us:
                health_us = now_us + HEALTH_US
                told = {"pid": os.getpid(), "visitors": len(world.people)}
                bus.publish("health/visitors", json.dumps(told).encode())
            boards.serve(min(world_us, health_us))
    return 0


class Boards(Protocol):
    """The nodes of a rehearsal, whatever they are made of."""

    def feel(self, readings: Mapping[str, float]) -> None:
        """What the sensors read from now on, by channel."""

    def plug(self, verb: str, node: str) -> None:
        """`plug` or `unplug` a node's cable; one that is not there is no matter."""

    def serve(self, due_us: int) -> None:
        """Let them speak and listen until `due_us`, or for a shorter while."""

    def close(self) -> None: ...


class _Simulated:
    """Nodes in Python, on ptys."""

    def __init__(self, ptys: Mapping[str, PtyNode]) -> None:
        self._ptys = ptys

    def feel(self, readings: Mapping[str, float]) -> None:
        for pty in self._ptys.values():
            pty.node.feel(readings)

    def plug(self, verb: str, node: str) -> None:
        if (pty := self._ptys.get(node)) is not None:
            (pty.unplug if verb == "unplug" else pty.plug)()

    def serve(self, due_us: int) -> None:
        """Until the host writes to a node, a node has something to say, or `due_us`."""
        plugged = [pty for pty in self._ptys.values() if pty.is_plugged]
        due_us = min([due_us, *(pty.node.next_us for pty in plugged)])
        select.select(plugged, [], [], max(0.0, (due_us - clock_us()) / 1e6))
        for pty in plugged:
            pty.pump(clock_us())

    def close(self) -> None:
        for pty in self._ptys.values():
            pty.unplug()


class _Avr:
    """The real firmware: each node is a process of its own, which serves itself."""

    def __init__(self, nodes: Mapping[str, AvrNode]) -> None:
        self._nodes = nodes

    def feel(self, readings: Mapping[str, float]) -> None:
        for node in self._nodes.values():
            node.feel(readings)

    def plug(self, verb: str, node: str) -> None:
        if (avr := self._nodes.get(node)) is not None:
            (avr.unplug if verb == "unplug" else avr.plug)()

    def serve(self, due_us: int) -> None:
        select.select([], [], [], max(0.0, (due_us - clock_us()) / 1e6))

    def close(self) -> None:
        for node in self._nodes.values():
            node.close()


def _simulated(run: Path, show: Show) -> Boards:
    nodes = simulated_nodes(show)
    return _Simulated({
        node.name: PtyNode(node, path) for node, path in zip(nodes, ports(run, show), strict=True)
    })  # fmt: skip


def check_firmware(show: Show) -> None:
    """Raises Unavailable where the firmware of a node was not made."""
    try:
        for name in show.nodes:
            firmware(name)
    except AvrError as why:
        raise Unavailable(f"--nodes avr: {why}") from why


def _avr(run: Path, show: Show) -> Boards:
    return _Avr({
        name: AvrNode(firmware(name), path)
        for name, path in zip(show.nodes, ports(run, show), strict=True)
    })  # fmt: skip
