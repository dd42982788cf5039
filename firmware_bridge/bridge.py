"""All nodes on real ports: `wait` serves them, `drain` gives what they said and how they are."""

from __future__ import annotations

import os
import queue
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.calibration import CalibrationError, load
from firmware_bridge.discovery import ANY, Discovery, Found
from firmware_bridge.line import Calibrations, Line
from firmware_bridge.nodes import Nodes
from firmware_bridge.ports import Ports, clock_us
from firmware_bridge.sample import Health, Sample
from firmware_bridge.schema import Described
from firmware_bridge.session import Expected
from firmware_bridge.text import TextSession

SAMPLES = 8192
"""A bound on samples nobody drained; the oldest are dropped."""
LOOK_US = 1_000_000
"""How often the calibration file is looked at, and said why a node is absent."""


@dataclass(frozen=True, slots=True)
class TextNode:
    """A board on `port` that prints lines of `channels`; see text.py for `pattern`."""

    name: str
    port: str
    channels: tuple[Described, ...]
    baud: int = 115_200
    pattern: str | None = None
    silent_us: int | None = None


class Bridge:
    """Every port that `ports` match (patterns as of a shell).

    Nothing is read and no lease is renewed but in `wait`: call it again and again, from one
    thread, which is that of all other calls too; `wake` alone may come from any. `nodes` are
    those that the show expects; None takes any. `calibration` is a file that is read at the
    start and again whenever it changes; `ignore` are ports that are never opened.
    Raises ValueError with a sentence where the pattern of a text node is none.
    """

    def __init__(self, ports: Sequence[str], nodes: Expected | None, *,
                 texts: Sequence[TextNode] = (), calibration: Path | None = None,
                 ignore: Sequence[str] = ()) -> None:  # fmt: skip
        self._samples: list[Sample] = []
        self._nodes = Nodes(nodes)
        for text in texts:
            session = TextSession(text.name, text.channels, text.pattern,
                                  silent_us=text.silent_us)  # fmt: skip
            self._nodes.line(text.port, session)
        self._texts = tuple(text.port for text in texts)
        self._patterns = tuple(ports) or ANY
        wanted = [Found(t.port, t.baud, is_text=True) for t in texts]
        self._discovery = Discovery(self._patterns, wanted, ignore)
        self._ports = Ports(self._discovery.look, self)
        self._calibration, self._read_of = calibration, (0, 0)
        self._calibrations: queue.SimpleQueue[Calibrations] = queue.SimpleQueue()
        self._calibrated_us, self._looked_us = -LOOK_US, 0
        self.arrived_us = 0
        """When the oldest of the samples that were not drained yet was read."""
        self.overrun = 0
        """Samples dropped because nobody drained them."""

    def start(self) -> None:
        """Every node is absent until it is heard."""
        self.idle(0)
        self._look(0)
        self._ports.start()

    def close(self) -> None:
        self._ports.close()

    def wake(self) -> None:
        """Make `wait` return. From any thread, also after `close`."""
        self._ports.wake()

    def wait(self, timeout_s: float) -> bool:
        """Serve the ports until one has spoken, `wake` is called or the time is over.

        Whether there is something to drain. Raises RuntimeError where nothing can come any more:
        the process has to start afresh.
        """
        self._ports.serve(timeout_s)
        now_us = clock_us()
        if now_us - self._looked_us >= LOOK_US:
            self._look(now_us)
        return self.has_news

    @property
    def has_news(self) -> bool:
        """Whether there is something to drain."""
        return bool(self._samples) or self._nodes.has_news

    def drain(self) -> tuple[tuple[Sample, ...], tuple[Health, ...]]:
        """Samples in order of arrival; health where a state changed, else once a second."""
        samples, self._samples = self._samples, []
        return tuple(samples), self._nodes.take_health()

    def ports(self) -> tuple[Health, ...]:
        """Each port and what hangs there, whether the show knows it or not."""
        return self._nodes.ports()

    def live(self) -> list[tuple[Health, tuple[Described, ...]]]:
        """The nodes that speak, with their channels as they describe them."""
        return [
            (line.health(), line.session.channels)
            for line in self._nodes.lines.values()
            if line.is_live
        ]

    def set_output(self, node: str, index: int, value: float) -> None:
        """Want an output of a node at `value`, now or as soon as it is there.

        Raises ValueError where the show has no such node or output.
        """
        line = self._nodes.set_output(node, index, value)
        if line is not None:
            self._ports.ask(line.path)

    def receive(self, path: str, data: bytes, now_us: int) -> bytes:
        """From `wait`, by the ports, as the two below."""
        samples, answer = self._nodes.receive(self._line(path), data, now_us)
        if samples:
            if not self._samples:
                self.arrived_us = now_us
            self._samples += samples
            if (over := len(self._samples) - SAMPLES) > 0:
                del self._samples[:over]
                self.overrun += over
        return answer

    def poll(self, path: str, now_us: int) -> bytes:
        return self._nodes.poll(self._line(path), now_us)

    def lose(self, path: str, why: str, now_us: int) -> None:
        self._nodes.lose(self._line(path), why, now_us)

    def idle(self, now_us: int) -> None:
        """From the thread that opens ports: the calibration may have changed."""
        if self._calibration is None or now_us - self._calibrated_us < LOOK_US:
            return
        self._calibrated_us = now_us
        try:
            told = self._calibration.stat()
            state = (told.st_mtime_ns, told.st_size)
        except OSError:
            state = (0, 0)
        if state == self._read_of:
            return
        self._read_of = state
        try:
            self._calibrations.put(load(self._calibration))
        except CalibrationError as mistake:
            print(f"{mistake}; what was read before stays", file=sys.stderr)
        self._ports.wake()

    def _look(self, now_us: int) -> None:
        """Once a second: ports that are not there, and what was calibrated."""
        self._looked_us = now_us
        if self._ports.has_died:
            raise RuntimeError("the thread that opens serial ports has ended")
        while not self._calibrations.empty():
            self._nodes.calibrate(self._calibrations.get())
        self._nodes.look_for(", ".join(self._patterns))
        for path in self._texts:
            line = self._nodes.line(path)
            if line.session.state == "absent" and not os.path.exists(path):
                self._nodes.lose(line, f"{path} is not there", now_us)

    def _line(self, path: str) -> Line:
        return self._nodes.lines.get(path) or self._nodes.line(path)
