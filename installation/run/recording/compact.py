"""A recording made small, to be kept for years: a tenth of the size, and replayed as exactly.

Minutes become one message, in columns. Foxglove opens it, but has no curves of the nodes to plot.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from installation.core.inputs import Inputs
from installation.errors import RecordingError
from installation.run.recording.columns import FAR_US, Columns
from installation.run.recording.container import Chunker, McapFile
from installation.run.recording.items import Check, Exchange, Item, Start
from installation.run.recording.plain import as_plain
from installation.run.recording.reading import Recording
from installation.run.recording.recorder import attach
from installation.run.recording.topics import INPUTS, Topics, dumps, nested

LEVEL = 19
MOST_MOMENTS = 100_000
"""In one message."""


def compact(recording: Recording, path: Path) -> None:
    """Write it to `path`. Raises RecordingError, also where it breaks off; OSError."""
    file = McapFile(path, recording.about)
    writer = _Writer(file, recording.offset_us)
    for item in recording.items():
        for bundle in recording.bundles.values():
            attach(file, bundle)
        writer.take(item)
    writer.close()
    if recording.broken_off:
        raise RecordingError(f"{recording.path}: breaks off: only a whole recording is kept")


class _Writer:
    """Items to messages: many moments to one, and after it what was said in them."""

    def __init__(self, file: McapFile, offset_us: int) -> None:
        self._file, self._offset_us = file, offset_us
        self._topics, self._columns = Topics(), Columns()
        self._chunker = Chunker(LEVEL, is_indexed=False)
        self._run: list[Inputs] = []
        self._rest: list[tuple[str, int, int, Mapping[str, Any]]] = []
        self._number = self._now_us = 0
        self._known: dict[str, float] = {}

    def take(self, item: Item) -> None:
        match item:
            case Inputs():
                if self._run and item.now_us - self._now_us >= FAR_US:
                    self._flush()
                self._now_us = item.now_us
                self._run.append(item)
                self._number += 1
            case Start():
                self._now_us = item.now_us
                self._say("/start", {"show": item.show, "state": as_plain(item.state)})
            case Exchange():
                self._say("/show", {"show": item.show, "files": ()})
            case Check():
                self._check(item)

    def close(self) -> None:
        self._flush()
        self._file.close()

    def _check(self, check: Check) -> None:
        for event in check.events:
            self._say("/events", event)
        for message in check.messages:
            self._say("/osc", message)
        moved = {n: v for n, v in check.parameters.items() if self._known.get(n) != v}
        self._known.update(moved)
        if moved:
            self._say("/parameters", nested(moved))
        self._say("/digest", {"second": check.second, "moments": check.moments,
                              "sha256": check.sha256})  # fmt: skip
        if len(self._run) >= MOST_MOMENTS:
            self._flush()

    def _say(self, topic: str, told: Mapping[str, Any]) -> None:
        """After all moments until now."""
        self._rest.append((topic, self._number, self._now_us, told))

    def _flush(self) -> None:
        """The moments first: `_Reader` waits with each until what is said after it comes."""
        if self._run:
            self._put(INPUTS, self._number, self._now_us, self._columns.tell(self._run))
        for topic, number, now_us, told in self._rest:
            self._put(topic, number, now_us, dumps(told).encode())
        self._run, self._rest = [], []
        block = self._chunker.close()
        if block is not None:
            self._file.write(block, self._topics.all)

    def _put(self, topic: str, number: int, now_us: int, data: bytes) -> None:
        at_ns = (now_us + self._offset_us) * 1000
        self._chunker.add(self._topics[topic], number, at_ns, data)
