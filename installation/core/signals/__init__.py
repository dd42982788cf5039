"""Signals: one kind a file; a kind's name is its module's name.

Each module has `update(was, of, now_us, options) -> Reading`: `was` is the
memory that it returned last (None at first and after a reset), `of` the values
of its sources (None: unknown, the sensor is silent).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Sources = tuple[float | None, ...]
Options = Mapping[str, float]


class Reading(NamedTuple):
    """What a signal says now, what it must remember, and when it wants to be asked again."""

    value: float | None
    memory: Any = None
    wake_us: int | None = None
    parts: tuple[float, ...] = ()


def next_step(now_us: int, step_us: int) -> int:
    """The next multiple of `step_us`: what moves in steps does so together, in one moment."""
    return now_us - now_us % step_us + step_us


Update = Callable[[Any, Sources, int, Options], Reading]


def kind(name: str) -> Update:
    """The update function of a kind of signal; ImportError where there is none."""
    update: Update = importlib.import_module(f"{__name__}.{name}").update
    return update
