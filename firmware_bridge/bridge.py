"""All nodes on real ports: `drain()` gives what they said since the last call, and how they are."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.calibration import CalibrationError, load
from firmware_bridge.discovery import ANY, Discovery, Found
from firmware_bridge.line import Line
from firmware_bridge.nodes import Nodes
from firmware_bridge.ports import Ports
from firmware_bridge.sample import Health, Sample
from firmware_bridge.schema import Described
from firmware_bridge.session import Expected
from firmware_bridge.text import TextSession

SAMPLES = 8192
"""A bound on samples nobody drained; the oldest are dropped."""
FILE_US = 1_000_000
"""How often the calibration file is looked at."""


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
    """Every port that `ports` match (patterns as of a shell); `wake` is called when there is news.

    `nodes` are those that the show expects; None takes any. `calibration` is a file that is
    read at the start and again whenever it changes; `ignore` are ports that are never opened.
    Raises ValueError with a sentence where the pattern of a text node is none.
    """

    def __init__(self, ports: Sequence[str], nodes: Expected | None, wake: Callable[[], None], *,
                 texts: Sequence[TextNode] = (), calibration: Path | None = None,
                 ignore: Sequence[str] = ()) -> None:  # fmt: skip
        self._wake = wake
        self._samples: deque[Sample] = deque(maxlen=SAMPLES)
        self._lock = threading.Lock()
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
        self._calibration, self._read_of, self._looked_us = calibration, (0, 0), -FILE_US
        self._is_news = False
        self.arrived_us = 0
        """When the oldest of the samples that were drained last was read."""
        self.overrun = 0
        """Samples dropped because nobody drained them."""

    def start(self) -> None:
        """Every node is absent until it is heard."""
        self.idle(0)
        self._ports.start()

    def close(self) -> None:
        self._ports.close()

    def drain(self) -> tuple[tuple[Sample, ...], tuple[Health, ...]]:
        """Samples in order of arrival; health where a state changed, else once a second.

        Raises RuntimeError where nothing can come any more: the process has to start afresh.
        """
        if self._ports.has_died:
            raise RuntimeError("a thread that serves the serial ports has ended")
        samples = []
        while self._samples:
            samples.append(self._samples.popleft())
        if not self._nodes.has_news:
            return tuple(samples), ()
        with self._lock:
            return tuple(samples), self._nodes.take_health()

    def ports(self) -> tuple[Health, ...]:
        """Each port and what hangs there, whether the show knows it or not."""
        with self._lock:
            return self._nodes.ports()

    def live(self) -> list[tuple[Health, tuple[Described, ...]]]:
        """The nodes that speak, with their channels as they describe them."""
        with self._lock:
            return [
                (line.health(), line.session.channels)
                for line in self._nodes.lines.values()
                if line.is_live
            ]

    def set_output(self, node: str, index: int, value: float) -> None:
        """Want an output of a node at `value`, now or as soon as it is there.

        Raises ValueError where the show has no such node or output.
        """
        with self._lock:
            line = self._nodes.set_output(node, index, value)
        if line is not None:
            self._ports.kick(line.path)

    def receive(self, path: str, data: bytes, now_us: int) -> bytes:
        """From the serving thread, as the three below."""
        with self._lock:
            samples, answer = self._nodes.receive(self._line(path), data, now_us)
            is_news = self._nodes.has_news
        if samples:
            if not self._samples:
                self.arrived_us = now_us
            self.overrun += max(0, len(self._samples) + len(samples) - SAMPLES)
            self._samples.extend(samples)
        self._is_news = self._is_news or is_news or bool(samples)
        return answer

    def poll(self, path: str, now_us: int) -> bytes:
        with self._lock:
            answer = self._nodes.poll(self._line(path), now_us)
            self._is_news = self._is_news or self._nodes.has_news
        return answer

    def lose(self, path: str, why: str, now_us: int) -> None:
        with self._lock:
            self._nodes.lose(self._line(path), why, now_us)
            self._is_news = True

    def served(self) -> None:
        if self._is_news:
            self._is_news = False
            self._wake()

    def idle(self, now_us: int) -> None:
        """From the thread that opens ports: the calibration may have changed."""
        if now_us - self._looked_us < FILE_US and now_us:
            return
        self._looked_us = now_us
        with self._lock:
            self._nodes.look_for(", ".join(self._patterns))
            for path in self._texts:
                line = self._nodes.line(path)
                if line.session.state == "absent" and not os.path.exists(path):
                    self._nodes.lose(line, f"{path} is not there", now_us)
        if self._calibration is None:
            return
        try:
            told = self._calibration.stat()
            state = (told.st_mtime_ns, told.st_size)
        except OSError:
            state = (0, 0)
        if state != self._read_of:
            self._read_of = state
            self._calibrate(self._calibration)

    def _calibrate(self, path: Path) -> None:
        try:
            calibrations = load(path)
        except CalibrationError as mistake:
            print(f"{mistake}; what was read before stays", file=sys.stderr)
            return
        with self._lock:
            self._nodes.calibrate(calibrations)

    def _line(self, path: str) -> Line:
        return self._nodes.lines.get(path) or self._nodes.line(path)
