"""The visitors process: simulated people, whose nodes write real wire bytes to real ptys."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

from firmware_bridge.simulated.pty import PtyNode
from installation.rehearsal.world import World
from installation.run.bus import Bus
from installation.run.rehearse import WORLD_STEP_US, simulated_nodes
from installation.showfile.model import Show

STEP_S = 0.002
HEALTH_US = 500_000


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
    wishes: list[tuple[str, str]] = []

    def hear(topic: str, payload: bytes) -> None:
        told = json.loads(payload)
        playing.update(act=str(told["act"]), scene=str(told["scene"]))

    def fault(topic: str, payload: bytes) -> None:
        told = json.loads(payload)
        wishes.extend((str(verb), str(node)) for verb, node in told.items())

    bus.subscribe("status", hear)
    bus.subscribe("visitors", fault)
    world = World(crowd, seed)
    nodes = simulated_nodes(show)
    ptys = {node.name: PtyNode(node, path) for node, path in zip(nodes, ports(run, show),
                                                                 strict=True)}  # fmt: skip
    begun_us = time.monotonic_ns() // 1000
    world_us = health_us = 0
    try:
        while not stop.is_set():
            now_us = time.monotonic_ns() // 1000
            while wishes:
                verb, name = wishes.pop(0)
                if name in ptys:
                    (ptys[name].unplug if verb == "unplug" else ptys[name].plug)()
            if now_us - begun_us >= world_us:
                world_us = now_us - begun_us + WORLD_STEP_US
                seen = world.step(now_us - begun_us, playing["act"], playing["scene"])
                for node in nodes:
                    node.set_values(seen[node.name])
            for pty in ptys.values():
                pty.pump(now_us)
            if now_us >= health_us:
                health_us = now_us + HEALTH_US
                told = {"pid": os.getpid(), "visitors": len(world.people)}
                bus.publish("health/visitors", json.dumps(told).encode())
            stop.wait(STEP_S)
    finally:
        for pty in ptys.values():
            pty.unplug()
    return 0
