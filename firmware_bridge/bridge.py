"""All nodes: `drain()` gives what they said since the last call, and how they are."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from firmware_bridge.port import Port
from firmware_bridge.sample import Health, Sample
from firmware_bridge.session import Expected, Session
from firmware_bridge.simulated.node import SimulatedNode

SAMPLES = 8192
"""A bound on samples nobody drained; the oldest are dropped."""
HEALTH_US = 1_000_000


class Bridge:
    """One session and one reader thread for each port; `wake` is called when there is news."""

    def __init__(self, ports: Sequence[str], nodes: Expected, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._samples: deque[Sample] = deque(maxlen=SAMPLES)
        self._health: dict[str, Health] = {}
        self._lock = threading.Lock()
        self._wanted: dict[tuple[str, int], float] = {}
        self._lines = [_Line(path, nodes, self) for path in ports]

    def start(self) -> None:
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
        """Want an output of a node at `value`, now or as soon as it is there."""
        with self._lock:
            self._wanted[node, index] = value
        for line in self._lines:
            line.tell(node, index, value)

    def wanted(self, node: str) -> dict[int, float]:
        with self._lock:
            return {index: v for (name, index), v in self._wanted.items() if name == node}

    def news(self, samples: list[Sample], health: Health | None) -> None:
        """From a reader's thread."""
        self._samples.extend(samples)
        if health is not None and health.node:
            with self._lock:
                self._health[health.node] = health
        if samples or health is not None:
            self._wake()


class _Line:
    """A port and the session on it; the lock keeps reader and loop apart."""

    def __init__(self, path: str, nodes: Expected, bridge: Bridge) -> None:
        self._bridge, self._session = bridge, Session(nodes)
        self._lock = threading.Lock()
        self._state, self._told_us = ("", ""), 0
        self.port = Port(path, self._receive, self._poll, self._lose)

    def tell(self, node: str, index: int, value: float) -> None:
        with self._lock:
            if self._session.name == node:
                self._session.set_output(index, value)

    def _receive(self, data: bytes, now_us: int) -> bytes:
        with self._lock:
            samples = self._session.receive(data, now_us)
            health = self._news(now_us)
        self._bridge.news(samples, health)
        with self._lock:
            return self._session.poll(now_us)

    def _poll(self, now_us: int) -> bytes:
        with self._lock:
            answer = self._session.poll(now_us)
            health = self._news(now_us)
        self._bridge.news([], health)
        return answer

    def _lose(self, why: str) -> None:
        with self._lock:
            self._session.lose(why)
            health = self._news(self._told_us)
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
        self._states = [""] * len(nodes)
        self._by_name = {node.name: session for node, session in self._pairs}

    @property
    def next_us(self) -> int:
        """When a node or a session has something to say next."""
        return min(min(node.next_us, session.due_us) for node, session in self._pairs)

    def set_output(self, node: str, index: int, value: float) -> None:
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
            if session.state != self._states[i] and session.name:
                self._states[i] = session.state
                health.append(session.health())
        return tuple(samples), tuple(health)
