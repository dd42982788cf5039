"""What a recording tells, in order: messages to moments and checks."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcap.records import Message

from firmware_bridge.sample import Health, Sample
from installation.core.inputs import Command, Inputs
from installation.core.state import State
from installation.errors import RecordingError
from installation.run.recording.columns import Columns
from installation.run.recording.plain import from_plain
from installation.run.recording.topics import (
    INPUTS,
    NODES,
    command_heard,
    flat,
    health_heard,
    sample_heard,
)


@dataclass(frozen=True, slots=True)
class Start:
    """Where the recording begins: in `state`; with None at the very beginning of the show."""

    show: str
    now_us: int
    state: State | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """The show was edited: the conductor heard of it before the next moment."""

    show: str
    now_us: int


@dataclass(frozen=True, slots=True)
class Check:
    """What was said since the last one: `sha256` over all of it; the rest tells where it differs.

    `parameters` are all, as they were at the end; `events` and `messages` those of this time.
    """

    second: int
    moments: int
    sha256: str
    parameters: Mapping[str, float]
    events: tuple[Mapping[str, Any], ...]
    messages: tuple[Mapping[str, Any], ...]


Item = Start | Exchange | Inputs | Check


@dataclass(slots=True)
class _Moment:
    number: int
    now_us: int
    samples: list[Sample] = field(default_factory=list)
    health: list[Health] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def inputs(self) -> Inputs:
        return Inputs(self.now_us, tuple(self.samples), tuple(self.health), tuple(self.commands))


class Reader:
    """Messages to items; messages with the same number are one moment."""

    def __init__(self, offset_us: int) -> None:
        self.topics: dict[int, str] = {}
        self._offset_us = offset_us
        self._moment: _Moment | None = None
        self._held: deque[tuple[int, Inputs]] = deque()
        self._columns = Columns()
        self._parameters: dict[str, float] = {}
        self._events: list[Mapping[str, Any]] = []
        self._messages: list[Mapping[str, Any]] = []

    def items(self, messages: Iterator[Message]) -> Iterator[Item]:
        for message in messages:
            now_us = message.log_time // 1000 - self._offset_us
            topic = self.topics[message.channel_id]
            if topic == INPUTS:
                yield from self.rest()
                moments = list(self._columns.hear(message.data))
                self._held.extend(enumerate(moments, message.sequence - len(moments)))
            else:
                yield from self._take(topic, json.loads(message.data), message.sequence, now_us)

    def rest(self) -> Iterator[Item]:
        """The moments that nothing came after."""
        yield from self._last()
        while self._held:
            yield self._held.popleft()[1]

    def _last(self) -> Iterator[Item]:
        if self._moment is not None:
            yield self._moment.inputs()
            self._moment = None

    def _take(self, topic: str, told: dict[str, Any], number: int, now_us: int) -> Iterator[Item]:
        if topic.startswith(NODES):
            yield from self._turn(number, now_us)
            self._now.samples.append(sample_heard(topic.removeprefix(NODES), told, now_us))
        elif topic == "/health":
            yield from self._turn(number, now_us)
            self._now.health.append(health_heard(told))
        elif topic == "/commands":
            yield from self._turn(number, now_us)
            self._now.commands.append(command_heard(told))
        elif topic == "/moments":
            yield from self._turn(number, now_us)
        elif topic == "/events":
            self._events.append(told)
        elif topic == "/osc":
            self._messages.append(told)
        elif topic == "/parameters":
            self._parameters.update(flat(told))
        elif topic != "/scene":
            yield from self._last()
            while self._held and self._held[0][0] < number:
                yield self._held.popleft()[1]
            yield self._mark(topic, told, now_us)

    def _turn(self, number: int, now_us: int) -> Iterator[Item]:
        """The moment of that number is the present one."""
        if self._moment is None or self._moment.number != number:
            yield from self._last()
            self._moment = _Moment(number, now_us)

    @property
    def _now(self) -> _Moment:
        assert self._moment is not None
        return self._moment

    def _mark(self, topic: str, told: dict[str, Any], now_us: int) -> Item:
        if topic == "/start":
            self._parameters.clear()
            return Start(told["show"], now_us, _state(told["state"]))
        if topic == "/show":
            return Exchange(told["show"], now_us)
        if topic != "/digest":
            raise ValueError(f"no topic {topic}")
        events, messages = tuple(self._events), tuple(self._messages)
        self._events, self._messages = [], []
        return Check(told["second"], told["moments"], told["sha256"], dict(self._parameters),
                     events, messages)  # fmt: skip


def _state(told: Any) -> State | None:
    """Raises RecordingError where it is none of this version."""
    try:
        state = from_plain(told)
    except ValueError as why:
        raise RecordingError(
            "it begins in the middle of a show, and another version of this program recorded it: "
            f"only that one can play it ({why})"
        ) from why
    if state is not None and not isinstance(state, State):
        raise ValueError("it begins in no state of a show")
    return state
