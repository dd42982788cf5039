"""All nodes: `drain()` gives what they said since the last call, and how they are."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from math import isfinite

from firmware_bridge.port import Port
from firmware_bridge.sample import Health, Sample
from firmware_bridge.session import FOREVER_US, Expected, Session
from firmware_bridge.simulated.node import SimulatedNode

SAMPLES = 8192
"""A bound on samples nobody drained; the oldest are dropped."""
HEALTH_US = 1_000_000


class Bridge:
    """One session and one reader thread for each port; `wake` is called when there is news."""

    def __init__(self, ports: Sequence[str], nodes: Expected, wake: Callable[[], None]) -> None:
        self._wake, self._nodes = wake, nodes
        self._samples: deque[Sample] = deque(maxlen=SAMPLES)
        self._health: dict[str, Health] = {}
        self._lock = threading.Lock()
        self._wanted: dict[tuple[str, int], float] = {}
        self.arrived_us = 0
        """When the oldest of the samples that were drained last was read."""
        self._lines = [_Line(path, nodes, self) for path in ports]

    def start(self) -> None:
        """Every node is absent until it is heard."""
        with self._lock:
            self._health = {name: Health(name, "absent") for name in self._nodes}
        for line in self._lines:
            line.port.start()

    def close(self) -> None:
        for line in self._lines:
            line.port.close()

    def drain(self) -> tuple[tuple[Sample, ...], tuple[Health, ...]]:
        """Samples in order of arrival; health where a state changed, else once a second."""
        samples = []
        while self._samples:
            samples.append(self._samples.popleft())
        if not self._health:
            return tuple(samples), ()
        with self._lock:
            health, self._health = tuple(self._health.values()), {}
        return tuple(samples), health

    def set_output(self, node: str, index: int, value: float) -> None:
        """Want an output of a node at `value`, now or as soon as it is there.

        Raises ValueError where the show has no such node or output.
        """
        _check_output(self._nodes, node, index, value)
        with self._lock:
            self._wanted[node, index] = value
        for line in self._lines:
            line.tell(node, index, value)

    def wanted(self, node: str) -> dict[int, float]:
        with self._lock:
            return {index: v for (name, index), v in self._wanted.items() if name == node}

    def news(self, samples: list[Sample], health: Health | None, now_us: int = 0) -> None:
        """From a reader's thread, which read at `now_us`."""
        if samples and not self._samples:
            self.arrived_us = now_us
        self._samples.extend(samples)
        if health is not None:
            with self._lock:
                self._health.update((told.node, told) for told in self._told_by(health))
        if samples or health is not None:
            self._wake()

    def _told_by(self, health: Health) -> list[Health]:
        """What one port's health says of nodes: an unknown device is why others are absent."""
        named = {line.name for line in self._lines}
        if health.node in self._nodes:
            live = any(line.name == health.node and line.state == "live" for line in self._lines)
            return [health] if health.state == "live" or not live else []
        why = "; ".join(line.why for line in self._lines if line.name not in self._nodes)
        return [Health(name, "absent", why) for name in self._nodes if name not in named]


class _Line:
    """A port and the session on it; the lock keeps reader and loop apart."""

    def __init__(self, path: str, nodes: Expected, bridge: Bridge) -> None:
        self._bridge, self._session = bridge, Session(nodes)
        self._lock = threading.Lock()
        self._state, self._told_us = ("", ""), -HEALTH_US
        self.port = Port(path, self._receive, self._poll, self._lose)

    @property
    def name(self) -> str:
        return self._session.name

    @property
    def state(self) -> str:
        return self._session.state

    @property
    def why(self) -> str:
        return self._session.why or f"nothing understood from {self.port.path}"

    def tell(self, node: str, index: int, value: float) -> None:
        with self._lock:
            if self._session.name == node:
                self._session.set_output(index, value)

    def _receive(self, data: bytes, now_us: int) -> bytes:
        with self._lock:
            samples = self._session.receive(data, now_us)
            health = self._news(now_us)
        self._bridge.news(samples, health, now_us)
        with self._lock:
            return self._session.poll(now_us)

    def _poll(self, now_us: int) -> bytes:
        with self._lock:
            answer = self._session.poll(now_us)
            health = self._news(now_us)
        self._bridge.news([], health)
        return answer

    def _lose(self, why: str, now_us: int) -> None:
        with self._lock:
            self._session.lose(why)
            health = self._news(now_us)
        self._bridge.news([], health)

    def _news(self, now_us: int) -> Health | None:
        session = self._session
        state = (session.state, session.why)
        if state == self._state and now_us - self._told_us < HEALTH_US:
            return None
        if state != self._state and session.state == "live":
            for index, value in self._bridge.wanted(session.name).items():
                session.set_output(index, value)
        self._state, self._told_us = state, now_us
        return session.health()


class MemoryBridge:
    """The same sessions on the same wire bytes, without ports, threads or waiting."""

    def __init__(self, nodes: Sequence[SimulatedNode], expected: Expected) -> None:
        self._pairs = [(node, Session(expected)) for node in nodes]
        self._expected = expected
        self._told = [("", -HEALTH_US)] * len(nodes)
        self._by_name = {node.name: session for node, session in self._pairs}

    @property
    def next_us(self) -> int:
        """When a node or a session has something to say next."""
        moments = (min(node.next_us, session.due_us) for node, session in self._pairs)
        return min(moments, default=FOREVER_US)

    def set_output(self, node: str, index: int, value: float) -> None:
        """As `Bridge.set_output`."""
        _check_output(self._expected, node, index, value)
        self._by_name[node].set_output(index, value)

    def advance(self, now_us: int) -> tuple[tuple[Sample, ...], tuple[Health, ...]]:
        """Carry the bytes of this moment both ways."""
        samples: list[Sample] = []
        health: list[Health] = []
        for i, (node, session) in enumerate(self._pairs):
            spoken = node.advance(now_us)
            if not spoken and now_us < session.due_us:
                continue
            samples += session.receive(spoken, now_us)
            answer = session.poll(now_us)
            while answer:
                samples += session.receive(node.receive(answer, now_us), now_us)
                answer = session.poll(now_us)
            state, told_us = self._told[i]
            if session.name and (session.state != state or now_us - told_us >= HEALTH_US):
                self._told[i] = (session.state, now_us)
                health.append(session.health())
        return tuple(samples), tuple(health)


def _check_output(nodes: Expected, node: str, index: int, value: float) -> None:
    if node not in nodes or not 0 <= index < len(nodes[node][1]):
        raise ValueError(f"the show has no output {index} of {node!r}")
    if not isfinite(value):
        raise ValueError(f"output {index} of {node!r} cannot be set to {value}")
