"""The one mutable thing in the core: a State being worked on inside one `advance`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any

from installation.core.outputs import Event, Message, Reply, Shot
from installation.core.program import CLOCKS, Active, Program, Source, Wired
from installation.core.signals import Sources
from installation.core.state import Due, Left, Ramp, State
from installation.showfile.model import Act, Scene

FIELDS = tuple(f.name for f in fields(State))
ALL = attrgetter(*FIELDS)
FRAME_US = 20_000
FOREVER_US = 1 << 62


class Draft:
    """A State, opened. What is read is the State's own; `own` makes a mapping ours to write, so
    that the State stays as it was, and a moment copies only what it moves."""

    now_us: int
    act: str
    scene: str
    act_us: int
    scene_us: int
    entered_us: int
    channels: Mapping[str, float | None]
    heard_us: Mapping[str, int]
    readings: Mapping[str, tuple[float | None, ...]]
    values: Mapping[str, float | None]
    parts: Mapping[str, tuple[float, ...]]
    memories: Mapping[str, Any]
    wakes: Mapping[str, int]
    levels: Mapping[str, float]
    ramps: Mapping[str, Ramp]
    lagging: Mapping[str, None]
    framed_us: int
    waiting: tuple[Due, ...]
    next_cue: int
    standby: tuple[int, ...]
    truths: Mapping[int, None]
    holding: Mapping[tuple[str, int], int]
    fired: Mapping[tuple[str, int], int]
    left: Left | None
    shots: int
    held_us: int | None
    stopped_us: int | None
    blackout: bool
    went_us: int
    due_us: int

    def __init__(self, program: Program, state: State, now_us: int) -> None:
        self.__dict__.update(zip(FIELDS, ALL(state), strict=True))
        self.program = program
        self._owned: set[str] = set()
        self.now_us = max(now_us, state.now_us)
        self.active: Active = program.active.get((self.act, self.scene)) or EMPTY
        self.again_us: int | None = None
        """When to go on with what one moment could not finish."""
        self.way_us = FOREVER_US
        """When the next transition is due, of those that wait for nothing but time."""
        self.asks_all = False
        """Whether every condition is to be asked, also those whose sources rest."""
        self.touched: dict[str, None] = {}
        self.changed: dict[str, None] = {}
        self.messages: list[Message] = []
        self.sounded: list[Shot] = []
        self.events: list[Event] = []
        self.replies: list[Reply] = []

    def own(self, name: str) -> dict[Any, Any]:
        """The mapping of this name, to be written."""
        mine: dict[Any, Any] = self.__dict__[name]
        if name not in self._owned:
            self._owned.add(name)
            mine = self.__dict__[name] = dict(mine)
        return mine

    def renew(self, name: str, to: dict[Any, Any]) -> None:
        """Put `to` in the place of the mapping of this name."""
        self._owned.add(name)
        self.__dict__[name] = to

    def freeze(self) -> State:
        """The State that this draft has become."""
        return State(*ALL(self))

    @property
    def current_act(self) -> Act:
        return self.active.act

    @property
    def current_scene(self) -> Scene:
        return self.active.scene

    def tell(self, at_us: int, kind: str, name: str = "", why: str = "", tally: str = "") -> None:
        """Write a line of the timeline."""
        self.events.append(Event(at_us, kind, self.act, self.scene, name, why, tally))

    def look_up(self, source: Source) -> float | None:
        """The value of a signal, a channel or a clock; of a channel that is unknown, what the
        scene takes it for."""
        name = source.name
        if source.part >= 0:
            parts = self.parts.get(name, ())
            return parts[source.part] if source.part < len(parts) else None
        if name in self.values:
            return self.values[name]
        if name in CLOCKS:
            now_us = self.now_us if self.held_us is None else self.held_us
            return (now_us - (self.scene_us if name == "scene_s" else self.act_us)) / 1e6
        value = self.channels.get(name)
        return self.active.scene.stand_ins.get(name) if value is None else value

    def is_unknown(self, source: Source) -> bool:
        """Whether nothing is known of it, whatever the scene takes a channel for."""
        if source.part >= 0 or source.name in self.values:
            return self.look_up(source) is None
        return self.channels.get(source.name) is None

    def sources_of(self, wired: Wired) -> Sources:
        """What a signal reads, at this moment."""
        if wired.values:
            return tuple(map(self.values.get, wired.values))
        if wired.channels and not self.active.scene.stand_ins:
            return tuple(map(self.channels.get, wired.channels))
        return tuple(map(self.look_up, wired.of))


_NOWHERE = Scene("", {}, 0, (), (), (), "")
EMPTY = Active(Act("", "", "", {}, (), ()), _NOWHERE, (), {}, {}, {}, (), (), (), (), {}, {},
               interrupts=False)  # fmt: skip
"""Before the first moment."""
