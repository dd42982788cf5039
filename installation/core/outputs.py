"""What the core wants of the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: a line of the timeline.

    `kind` is act, scene, cue, transition, command, node or fault; `why` is the condition
    that fired; `tally` the ending, on transitions.
    """

    t_us: int
    kind: str
    act: str
    scene: str
    name: str = ""
    why: str = ""
    tally: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """An OSC message to send."""

    address: str
    arguments: tuple[float | int | str, ...]


@dataclass(frozen=True, slots=True)
class Shot:
    """A one-shot sound; `id` makes it happen once however often the state is sent."""

    id: int
    stem: str
    gain: float


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command: done, or the reason why not."""

    id: str
    done: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Outputs:
    """The answer to one Inputs.

    `parameters` is the whole desired state by parameter name; `changed` names
    those that moved since the last answer. `wake_us` is the moment at which the
    core wants to be called again without any input.
    """

    parameters: Mapping[str, float]
    changed: tuple[str, ...]
    messages: tuple[Message, ...]
    shots: tuple[Shot, ...]
    events: tuple[Event, ...]
    replies: tuple[Reply, ...]
    wake_us: int
