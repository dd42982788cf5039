"""The visitors process: simulated people, whose nodes write real wire bytes to real ptys."""

from __future__ import annotations

import json
import os
import select
import threading
from collections import deque
from pathlib import Path

from firmware_bridge.simulated.pty import PtyNode
from installation.bus import Bus
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


def perform(show: Show, bus: Bus, run: Path, *, crowd: str, seed: int,
            stop: threading.Event) -> int:  # fmt: skip
    """Walk the crowd through the room in real time until `stop`.

    What the room plays comes from `status`, so that people react to it.
    `visitors` on the bus takes {"unplug": NODE} and {"plug": NODE}.
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
    nodes = simulated_nodes(show)
    ptys = {node.name: PtyNode(node, path) for node, path in zip(nodes, ports(run, show),
                                                                 strict=True)}  # fmt: skip
    begun_us = clock_us()
    world_us = health_us = begun_us
    try:
        while not stop.is_set():
            now_us = clock_us()
            while wishes:
                verb, name = wishes.popleft()
                if name in ptys:
                    (ptys[name].unplug if verb == "unplug" else ptys[name].plug)()
            if now_us >= world_us:
                world_us = now_us + WORLD_STEP_US
                seen = world.step(now_us - begun_us, playing["act"], playing["scene"])
                felt = by_channel(seen)
                for node in nodes:
                    node.feel(felt)
            for pty in ptys.values():
                pty.pump(clock_us())
            if now_us >= health_us:
                health_us = now_us + HEALTH_US
                told = {"pid": os.getpid(), "visitors": len(world.people)}
                bus.publish("health/visitors", json.dumps(told).encode())
            _wait(list(ptys.values()), min(world_us, health_us))
    finally:
        for pty in ptys.values():
            pty.unplug()
    return 0


def _wait(ptys: list[PtyNode], due_us: int) -> None:
    """Until the host writes to a node, a node has something to say, or `due_us`."""
    plugged = [pty for pty in ptys if pty.is_plugged]
    due_us = min([due_us, *(pty.node.next_us for pty in plugged)])
    select.select(plugged, [], [], max(0.0, (due_us - clock_us()) / 1e6))
