"""Simulated nodes on ptys, pumped by a thread, and a bridge on them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from firmware_bridge.bridge import Bridge
from firmware_bridge.sample import Health, Sample
from firmware_bridge.session import Expected
from firmware_bridge.simulated.node import SimulatedNode
from firmware_bridge.simulated.pty import PtyNode

POST = (("distance", "touch"), ("lamp", "relay"))
PATIENCE_S = 30.0


def node(name: str = "post", uid: int = 7) -> SimulatedNode:
    return SimulatedNode(name, *POST, safe=(0.0, 1.0), uid=uid)


def now_us() -> int:
    return time.monotonic_ns() // 1000


class Bench:
    """`nodes` by the name of their pty in `folder`; the bridge looks there for any."""

    def __init__(self, folder: Path, nodes: dict[str, SimulatedNode], *,
                 expected: Expected | None = None, ports: Sequence[str] = (),
                 **options: Any) -> None:  # fmt: skip
        self.folder = folder
        self.ptys = {link: PtyNode(one, str(folder / link)) for link, one in nodes.items()}
        self._stop = threading.Event()
        self._ports, self._options = list(ports) or [str(folder / "tty*")], options
        self._expected: Expected = expected or {one.name: POST for one in nodes.values()}
        self.samples: list[Sample] = []
        self.health: dict[str, Health] = {}
        self.bridge = self.new_bridge()
        self._pump = threading.Thread(target=self._pump_always)

    def new_bridge(self) -> Bridge:
        return Bridge(self._ports, self._expected, **self._options)

    def __enter__(self) -> Bench:
        self._pump.start()
        self.bridge.start()
        return self

    def __exit__(self, *what: object) -> None:
        self.bridge.close()
        self._stop.set()
        self._pump.join()
        for pty in self.ptys.values():
            pty.unplug()

    def _pump_always(self) -> None:
        while not self._stop.wait(0.001):
            for pty in list(self.ptys.values()):
                pty.pump(now_us())

    def drain(self) -> None:
        samples, health = self.bridge.drain()
        self.samples += samples
        self.health.update((h.node, h) for h in health)

    def state(self, name: str = "post") -> str:
        return self.health[name].state if name in self.health else ""

    def until(self, done: Callable[[], bool]) -> None:
        """Drain until it is so, with generous patience."""
        deadline = time.monotonic() + PATIENCE_S
        self.drain()
        while not done():
            assert time.monotonic() < deadline, f"waited in vain; {self.health}"
            self.bridge.wait(0.02)
            self.drain()

    def of(self, name: str) -> list[Sample]:
        return [sample for sample in self.samples if sample.node == name]

    def heard(self, name: str = "post") -> bool:
        """Whether a sample of the node comes from now on."""
        self.samples.clear()
        self.until(lambda: any(sample.node == name for sample in self.samples))
        return True


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
