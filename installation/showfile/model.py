"""The show as data: frozen, pure, complete. The loader makes it; the core plays it.

A *parameter* is the one thing that cues, mappings and scenes move. Its name is
`layer.<layer>.<input>` (`opacity` is an input of every layer), `stem.<stem>`
(linear gain, 0 to 1) or `output.<output>` (an actuator of a node).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Node:
    """A microcontroller as the show expects it: channels and outputs in schema order."""

    name: str
    channels: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surface:
    """A wall. `width_m` and `height_m` are the picture's size on it."""

    name: str
    width_m: float
    height_m: float


@dataclass(frozen=True, slots=True)
class Layer:
    """A visual on one surface, or on all of them side by side (`surface` = 'all').

    Layers are drawn in the order in which the show lists them. `blend` is
    `over`, `add`, `multiply` or `screen`. `defaults` are the values of all
    numeric inputs where no scene names them: the show's, else the visual's own.
    """

    name: str
    surface: str
    visual: str
    blend: str = "over"
    defaults: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stem:
    """A seamless loop, or with `loop` false a one-shot. `file` is in sounds/."""

    name: str
    file: str
    bus: str
    loop: bool = True


@dataclass(frozen=True, slots=True)
class Signal:
    """A named quantity derived from samples; `kind` names its file in core/signals/.

    `of` lists what it reads: patched channels or other signals, each possibly
    with an index into its parts (`works[2]`). `options` are in SI, durations in
    microseconds. `reset` is never, visit (on return to the attract act), act or
    scene.
    """

    name: str
    kind: str
    of: tuple[str, ...]
    options: Mapping[str, float]
    reset: str = "never"


@dataclass(frozen=True, slots=True)
class Compare:
    """`signal op value`; op is one of `>=`, `<=`, `>`, `<`. A bare name means `> 0.5`."""

    signal: str
    op: str
    value: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known of a signal or channel: its node is not there, or its sensor silent."""

    signal: str


@dataclass(frozen=True, slots=True)
class All:
    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    of: Condition


Condition = Compare | Unknown | All | Any | Not


@dataclass(frozen=True, slots=True)
class Transition:
    """Leave for `goto` once `when` has held for `for_us` and `after_us` have passed.

    `after_us` counts from the scene's start (for an act's own transitions, from
    the act's). `goto` is a scene of this act, `act NAME`, `return` (the scene
    that this one interrupted, at the time at which it was left) or `standby` (what GO
    would do; again once the condition has been false in between). `limit` is how
    often it may fire in one run of the act (0: any number). `tally` names the
    ending for the record (`visitors`, `nobody`, ...). `why` is the condition as
    the artist wrote it.
    """

    goto: str
    when: Condition | None = None
    for_us: int = 0
    after_us: int = 0
    limit: int = 0
    tally: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Fade:
    """Move `parameter` to `value` over `fade_us`, with curve linear, ease, in or out.

    A value of None is that which the scene gives it.
    """

    parameter: str
    value: float | None
    fade_us: int = 0
    curve: str = "ease"


@dataclass(frozen=True, slots=True)
class Play:
    """Sound the one-shot `stem` at linear `gain`."""

    stem: str
    gain: float = 1.0


@dataclass(frozen=True, slots=True)
class Send:
    """Send an OSC message."""

    address: str
    arguments: tuple[float | int | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assign:
    """Set a signal that can be set to `value`; with `adds` move it by so much."""

    signal: str
    value: float
    adds: bool = False


Action = Fade | Play | Send | Assign


@dataclass(frozen=True, slots=True)
class Cue:
    """An atomic unit of action.

    Due at `at_us` after the scene's start; or `pre_wait_us` after its trigger: the moment
    at which the cue `follow` was due, GO (`on_go`), or that at which `when` becomes true,
    which `why` has as the artist wrote it. `every_us` > 0, only with `at_us`, repeats it,
    `times` in all (0: as long as the scene lasts). One that is triggered while it waits is due
    once more, or with `anew` only then: its wait begins anew. Groups, `continue`, `post_wait` and
    `fade_out` are such cues too: the loader makes them (cues.py).
    """

    name: str
    actions: tuple[Action, ...]
    at_us: int | None = None
    follow: str = ""
    pre_wait_us: int = 0
    every_us: int = 0
    times: int = 0
    on_go: bool = False
    when: Condition | None = None
    why: str = ""
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Map:
    """signal -> parameter, continuously: `low..high` to `to_low..to_high`, clamped.

    `source` is a signal or channel, possibly indexed. `lag_us` is the time
    constant of a one-pole smoothing. `curve` is linear, ease, in or out.
    """

    source: str
    parameter: str
    low: float = 0.0
    high: float = 1.0
    to_low: float = 0.0
    to_high: float = 1.0
    lag_us: int = 0
    curve: str = "linear"


@dataclass(frozen=True, slots=True)
class Scene:
    """A state of an act: what is on while it is on.

    `look` gives parameters their values, reached over `fade_us`; one that is not
    named goes to rest, so that a scene looks the same whatever came before it.
    Inputs of a layer that fades out keep their values until it is gone. `next` is what
    GO does when no cue stands by. `stand_ins` are what channels count as while they are
    unknown.
    """

    name: str
    look: Mapping[str, float]
    fade_us: int
    cues: tuple[Cue, ...]
    mappings: tuple[Map, ...]
    transitions: tuple[Transition, ...]
    next: str
    stand_ins: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """One piece of the show; `transitions` hold in each of its scenes, and so do `mappings`
    (with them those of the whole show) where a scene does not name the parameter itself.

    `limits` (with them those of the show) are the least and the most that a parameter may be,
    whatever else says. `recovery` is where a show process that had to start again goes on:
    scene (the one in which it was), act (from its start) or attract.
    """

    name: str
    title: str
    start: str
    scenes: Mapping[str, Scene]
    mappings: tuple[Map, ...]
    transitions: tuple[Transition, ...]
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    recovery: str = "scene"


@dataclass(frozen=True, slots=True)
class Show:
    """Everything that a show file says. `attract` is the act that an empty room gets."""

    name: str
    title: str
    attract: str
    acts: Mapping[str, Act]
    nodes: Mapping[str, Node]
    patch: Mapping[str, tuple[str, int]]
    outputs: Mapping[str, tuple[str, int]]
    surfaces: tuple[Surface, ...]
    layers: tuple[Layer, ...]
    stems: tuple[Stem, ...]
    signals: tuple[Signal, ...]
    palette: Mapping[str, tuple[float, float, float]]
