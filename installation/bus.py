"""The bus between the processes: topics carry desired state, not events.

| topic          | from  | payload                                                       |
|----------------|-------|---------------------------------------------------------------|
| desired        | show  | JSON Desired, ~30/s, complete each time (latest wins)         |
| status         | show  | JSON for the panel, 10/s                                      |
| command        | panel | JSON {id, verb, argument}                                     |
| save           | panel | JSON {id}: what was played last becomes a recording           |
| reply          | show  | JSON {id, done, why}; of what was saved, `why` says where     |
| edition        | edits | a line of JSON {id, files, edited, mistakes}, then the show:  |
|                |       | a version of its files, each second (edition.py)              |
| preview        | stage | JPEG of the spanning picture, only while `watch` is fresh     |
| watch          | panel | empty; someone looks at the preview (fresh for 2 s)           |
| visitors       | tests | JSON {"unplug": NODE}, {"plug": NODE}: a rehearsal's cables   |
| health/ROLE    | each  | JSON, 2/s: {pid, ...}: stage {fps, frame_ms, renderer}, ...   |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Receive = Callable[[str, bytes], None]


class Bus(Protocol):
    """Publish and subscribe; `receive` runs on a thread of the bus's and must not block."""

    def publish(self, topic: str, payload: bytes) -> None: ...

    def subscribe(self, topic: str, receive: Receive) -> None: ...

    def close(self) -> None: ...


class MemoryBus:
    """The in-memory twin: delivers at once, in the publisher's thread."""

    def __init__(self) -> None:
        self._receivers: list[tuple[str, Receive]] = []

    def publish(self, topic: str, payload: bytes) -> None:
        for wanted, receive in tuple(self._receivers):
            if topic == wanted or (wanted.endswith("/**") and topic.startswith(wanted[:-2])):
                receive(topic, payload)

    def subscribe(self, topic: str, receive: Receive) -> None:
        self._receivers.append((topic, receive))

    def close(self) -> None:
        self._receivers.clear()
