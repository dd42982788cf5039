"""The whole bridge in memory: the same lines on the same wire bytes; no port, no waiting."""

from __future__ import annotations

from collections.abc import Sequence

from firmware_bridge.line import Calibrations, Line
from firmware_bridge.nodes import Nodes
from firmware_bridge.sample import Health, Sample
from firmware_bridge.session import FOREVER_US, Expected
from firmware_bridge.simulated.node import SimulatedNode


class _Pair:
    """A node and its line; `due_us` is when the line's session has something to say."""

    __slots__ = ("due_us", "line", "node")

    def __init__(self, node: SimulatedNode, line: Line) -> None:
        self.node, self.line, self.due_us = node, line, FOREVER_US


class MemoryBridge:
    """Simulated nodes, each on a line of its own; `advance` at `next_us`."""

    def __init__(self, nodes: Sequence[SimulatedNode], expected: Expected,
                 calibrations: Calibrations | None = None) -> None:  # fmt: skip
        self._nodes = Nodes(expected, calibrations)
        self._pairs = [_Pair(node, self._nodes.line(f"memory {i}")) for i, node in enumerate(nodes)]

    @property
    def next_us(self) -> int:
        """When a node or a session has something to say next."""
        return min([min(pair.node.next_us, pair.due_us) for pair in self._pairs],
                   default=FOREVER_US)  # fmt: skip

    def set_output(self, node: str, index: int, value: float) -> None:
        """As `Bridge.set_output`; written when the node speaks next, the latest wish alone."""
        self._nodes.set_output(node, index, value)

    def advance(self, now_us: int) -> tuple[tuple[Sample, ...], tuple[Health, ...]]:
        """Carry the bytes of this moment both ways."""
        nodes, samples = self._nodes, []
        for pair in self._pairs:
            node, line = pair.node, pair.line
            spoken = node.advance(now_us)
            if not spoken and now_us < pair.due_us:
                continue
            heard, answer = nodes.receive(line, spoken, now_us)
            samples += heard
            while answer:
                heard, answer = nodes.receive(line, node.receive(answer, now_us), now_us)
                samples += heard
            pair.due_us = line.session.due_us
        return tuple(samples), nodes.take_health()
