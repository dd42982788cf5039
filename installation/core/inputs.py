"""What the core is given: the time, what sensors said, what staff want."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.sample import Health, Sample


@dataclass(frozen=True, slots=True)
class Command:
    """A wish of staff. `verb` is go, hold, resume, blackout, light, stop, rearm or goto.

    `blackout` darkens and `light` ends it; `stop` fades everything out and
    latches until `rearm`. `goto` takes `ACT` or `ACT/SCENE` as `argument`.
    """

    id: str
    verb: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Inputs:
    """One moment. `now_us` never decreases from one call to the next."""

    now_us: int
    samples: tuple[Sample, ...] = ()
    health: tuple[Health, ...] = ()
    commands: tuple[Command, ...] = ()
