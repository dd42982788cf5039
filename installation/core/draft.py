"""The one mutable thing in the core: a State being worked on inside one `advance`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from installation.core.outputs import Event, Message, Reply, Shot
from installation.core.program import Program, Source, Wired, source
from installation.core.signals import Sources
from installation.core.state import Due, Left, Ramp, State
from installation.showfile.model import Act, Compare, Condition, Not, Scene
from installation.showfile.model import Any as AnyOf

FIELDS = tuple(f.name for f in fields(State))
OPENED: dict[type, Callable[[Any], Any]] = {dict: dict.copy, frozenset: set}
FRAME_US = 20_000
FOREVER_US = 1 << 62


class Draft:
    """A State, opened: dictionaries are copies, so the State that it came from stays as it was."""

    now_us: int
    act: str
    scene: str
    act_us: int
    scene_us: int
    channels: dict[str, float | None]
    heard_us: dict[str, int]
    readings: dict[str, tuple[float | None, ...]]
    values: dict[str, float | None]
    parts: dict[str, tuple[float, ...]]
    memories: dict[str, Any]
    wakes: dict[str, int]
    levels: dict[str, float]
    ramps: dict[str, Ramp]
    lagging: set[str]
    framed_us: int
    waiting: list[Due]
    standby: tuple[int, ...]
    truths: dict[int, bool]
    holding: dict[tuple[str, int], int]
    fired: dict[tuple[str, int], int]
    left: Left | None
    shots: int
    held_us: int | None
    stopped_us: int | None
    blackout: bool
    went_us: int
    due_us: int

    def __init__(self, program: Program, state: State, now_us: int) -> None:
        self.program = program
        for name in FIELDS:
            value = getattr(state, name)
            made = OPENED.get(value.__class__)
            setattr(self, name, value if made is None else made(value))
        self.waiting = list(state.waiting)
        self.now_us = max(now_us, state.now_us)
        self.again_us: int | None = None
        """When to go on with what one moment could not finish."""
        self.touched: set[str] = set()
        self.changed: dict[str, None] = {}
        self.messages: list[Message] = []
        self.sounded: list[Shot] = []
        self.events: list[Event] = []
        self.replies: list[Reply] = []

    def freeze(self) -> State:
        """The State that this draft has become."""
        kept = {name: getattr(self, name) for name in FIELDS}
        kept["waiting"] = tuple(self.waiting)
        kept["lagging"] = frozenset(self.lagging)
        return State(**kept)

    @property
    def current_act(self) -> Act:
        return self.program.show.acts[self.act]

    @property
    def current_scene(self) -> Scene:
        return self.current_act.scenes[self.scene]

    def tell(self, at_us: int, kind: str, name: str = "", why: str = "", tally: str = "") -> None:
        """Write a line of the timeline."""
        self.events.append(Event(at_us, kind, self.act, self.scene, name, why, tally))

    def look_up(self, source: Source) -> float | None:
        """The value of a signal, a channel or a clock."""
        if source.part >= 0:
            parts = self.parts.get(source.name, ())
            return parts[source.part] if source.part < len(parts) else None
        if source.name in self.values:
            return self.values[source.name]
        if source.name == "scene_s":
            return (self.now_us - self.scene_us) / 1e6
        if source.name == "act_s":
            return (self.now_us - self.act_us) / 1e6
        return self.channels.get(source.name)

    def sources_of(self, wired: Wired) -> Sources:
        """What a signal reads, at this moment."""
        values = self.values
        return tuple([
            values[s.name] if s.part < 0 and s.name in values else self.look_up(s)
            for s in wired.of
        ])  # fmt: skip

    def holds(self, condition: Condition) -> bool:
        """Whether a condition is true; one on an unknown quantity is not."""
        if isinstance(condition, Compare):
            value = self.look_up(source(condition.signal))
            if value is None:
                return False
            match condition.op:
                case ">=":
                    return value >= condition.value
                case "<=":
                    return value <= condition.value
                case ">":
                    return value > condition.value
                case _:
                    return value < condition.value
        if isinstance(condition, Not):
            return not self.holds(condition.of)
        truths = (self.holds(part) for part in condition.of)
        return all(truths) if not isinstance(condition, AnyOf) else any(truths)
