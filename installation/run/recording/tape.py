"""Moments to blocks: one for each second of show time, with a digest of what was said in it."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any

from firmware_bridge.sample import Sample
from installation.core.inputs import Inputs
from installation.core.outputs import Event, Outputs
from installation.core.program import Program
from installation.run.conductor import Moment
from installation.run.recording.container import Block, Chunker
from installation.run.recording.plain import as_plain
from installation.run.recording.topics import (
    Topics,
    dumps,
    health_told,
    nested,
    sample_told,
    values_told,
)
from installation.showfile.model import Show

SECOND_US = 1_000_000
SEGMENT_S = 10
"""A recording may begin every so many seconds."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A place where a recording may begin: before the moment that comes next.

    `shows` are the hashes of the show that is played there, and of an edited one that waits.
    """

    block: Block
    shows: tuple[str, ...]


@dataclass(slots=True)
class Second:
    """What was said since the last digest."""

    number: int = -1
    moments: int = 0
    digest: Any = field(default_factory=sha256)
    at_ns: int = 0
    sequence: int = 0
    parameters: Mapping[str, float] = field(default_factory=dict)


class Tape:
    """`block` hears each block, `opening` each place where a recording may begin.

    `began_us` is the moment from which show time counts, `offset_us` what makes a moment a time
    since 1970, `show` the hash of the show's files.
    """

    def __init__(self, show: Show, hashed: str, *, began_us: int, offset_us: int,
                 block: Callable[[Block], None],
                 opening: Callable[[Opening], None]) -> None:  # fmt: skip
        self.topics = Topics()
        self._hash, self._began_us, self._offset_us = hashed, began_us, offset_us
        self._block, self._opening = block, opening
        self._chunker, self._second, self._numbers = Chunker(), Second(), count()
        self._known: dict[str, float] = {}
        self._newest: dict[str, tuple[bytes, int, str]] = {}
        self._opens_at = 0
        self._shows = {hashed: show}
        self._hear(show)

    def _play(self, program: Program) -> tuple[str, ...]:
        """The show that is played, and one that waits; the others are forgotten."""
        if program.show is not self._shows[self._hash]:
            self._hash = self._heard_of(program.show)
        found = {self._hash: program.show}
        if program.upcoming is not None:
            waits = program.upcoming.program.show
            found[self._heard_of(waits)] = waits
        self._shows = found
        return tuple(found)

    def _heard_of(self, show: Show) -> str:
        """The newest of those that were heard of which this is."""
        return next(h for h, s in reversed(self._shows.items()) if s == show)

    def _hear(self, show: Show) -> None:
        """The nodes of a show; an edit leaves them as they are."""
        self._channels = {node.name: node.channels for node in show.nodes.values()}
        for name, channels in self._channels.items():
            self.topics.of_node(name, channels)

    def see(self, moment: Moment) -> None:
        """One moment, in the order in which they were."""
        now_us = moment.inputs.now_us
        second = (now_us - self._began_us) // SECOND_US
        if second != self._second.number:
            self.cut()
            if second >= self._opens_at and not _takes_effect(moment.program):
                self.open(moment)
                self._opens_at = second + SEGMENT_S
            self._second.number = second
        self._second.moments += 1
        self._second.sequence = next(self._numbers)
        self._second.at_ns = (now_us + self._offset_us) * 1000
        self._given(moment.inputs)
        self._said(moment.outputs)
        self._second.digest.update(moment.said)

    def exchange(self, show: Show, hashed: str, files: tuple[str, ...], now_us: int) -> None:
        """The show was edited: the conductor hears of it before the next moment, and takes it
        up when it will."""
        self.cut()
        self._shows[hashed] = show
        self._second.at_ns = (now_us + self._offset_us) * 1000
        self._second.sequence = next(self._numbers)
        self._add("/show", {"show": hashed, "files": files})

    def open(self, moment: Moment) -> None:
        """A beginning, before the moment: an edited show that waits is heard of again."""
        before = moment.before
        shows = self._play(moment.program)
        told = {"show": self._hash, "state": as_plain(before) if before.act else None}
        opening = Chunker()
        at_ns = (before.now_us + self._offset_us) * 1000
        self._second.at_ns = max(self._second.at_ns, at_ns)
        opening.add(self.topics["/start"], self._second.sequence, at_ns, dumps(told).encode())
        for waits in shows[1:]:
            heard = dumps({"show": waits, "files": ()}).encode()
            opening.add(self.topics["/show"], self._second.sequence, at_ns, heard)
        block = opening.close()
        assert block is not None
        self._known.clear()
        self._opening(Opening(block, shows))

    def cut(self) -> None:
        """End the block here: all that was seen is handed on."""
        second = self._second
        if second.moments:
            now = second.parameters
            moved = {n: v for n, v in now.items() if self._known.get(n) != v}
            self._known.update(moved)
            if moved:
                self._add("/parameters", nested(moved))
            self._add("/digest", {"second": second.number, "moments": second.moments,
                                  "sha256": second.digest.hexdigest()})  # fmt: skip
        self._second = Second(second.number, at_ns=second.at_ns, sequence=second.sequence,
                              parameters=second.parameters)  # fmt: skip
        block = self._chunker.close()
        if block is not None:
            self._block(block)

    def skip(self) -> None:
        """Moments are missing here: the next one is a beginning."""
        self.cut()
        self._second.number, self._opens_at = -1, 0

    @property
    def now_ns(self) -> int:
        """The newest moment, in nanoseconds since 1970."""
        return self._second.at_ns

    def _given(self, inputs: Inputs) -> None:
        now_us = inputs.now_us
        for sample in inputs.samples:
            topic, values = self._readings(sample)
            self._put(topic, sample_told(sample, now_us, values))
        for report in inputs.health:
            self._add("/health", health_told(report))
        for wish in inputs.commands:
            self._add("/commands", asdict(wish))
        if not (inputs.samples or inputs.health or inputs.commands):
            self._add("/moments", {})

    def _readings(self, sample: Sample) -> tuple[int, str]:
        """A node's topic, and its values in JSON."""
        exact = marshal.dumps(sample.values, 2)  # 0.0 and -0.0 are equal, and not the same
        known = self._newest.get(sample.node)
        if known is not None and known[0] == exact:
            return known[1], known[2]
        channels = self._channels.get(sample.node, ())
        topic = self.topics.of_node(sample.node, channels)
        values = values_told(sample.values, channels)
        self._newest[sample.node] = (exact, topic, values)
        return topic, values

    def _said(self, outputs: Outputs) -> None:
        for event in outputs.events:
            self._add("/events", self._event(event))
            if event.kind == "scene":
                self._add("/scene", {"act": event.act, "scene": event.scene, "why": event.why})
        for message in outputs.messages:
            self._add("/osc", asdict(message))
        self._second.parameters = outputs.parameters

    def _event(self, event: Event) -> dict[str, Any]:
        told = asdict(event)
        return {"t_s": (told.pop("t_us") - self._began_us) / 1e6, **told}

    def _add(self, topic: str, told: Mapping[str, Any]) -> None:
        self._put(self.topics[topic], dumps(told))

    def _put(self, topic: int, told: str) -> None:
        self._chunker.add(topic, self._second.sequence, self._second.at_ns, told.encode())


def _takes_effect(program: Program) -> bool:
    """Whether an edit is about to be adopted, or still softened: that takes 0.3 s, and cannot be
    heard of again in the middle. One that waits for a scene's end can."""
    return program.upcoming is not None and program.upcoming.at_us is not None
