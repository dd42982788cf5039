"""One channel's judge: fed with a second of readings, it says how the channel is doing."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.sample import ChannelHealth
from firmware_bridge.schema import Described

UNKNOWN_SHARE, STRAY_SHARE = 0.5, 0.1
STRAY_HOLD_US = 5_000_000
NOISY_SHARE, NOISY_US = 0.05, 10_000_000
"""The median step from one reading to the next, as a share of the range. At 100 Hz nobody walks
so fast; the median ignores single jumps."""
CHATTER_HZ, PRESSES_HZ, RESTLESS_US = 10.0, 20.0, 5_000_000
HELD_US = 600_000_000
"""Ten minutes: no hand rests on a touch for so long. Dust and moisture do."""
STUCK_US, LIVELY_SHARE, LIVELY_S = 600_000_000, 0.95, 600.0
"""A channel whose readings moved in nearly every second of the last ten minutes has noise of its
own; when that ends for ten minutes, while a sister of the same unit still has hers, it is stuck.
A channel that often rests without noise (a range finder before nobody, a good scale) never is."""
DRIFT_SHARE, LEARN_MIN, REMEMBER_MIN, AT_REST = 0.1, 30, 60, 10
"""The resting level is that of the quietest tenth of the minutes of the last hour."""
RESTS_HIGH = {"m": True, "N": False, "dB": False}
"""Which end a channel rests at. Others, such as temperature, may go where they like."""


class Second(NamedTuple):
    """What a channel read in about a second. Of `heard` readings `known` were neither unknown
    nor, as `strays` were, out of range; the other figures are of those. `step` is the median
    change from one reading to the next, `changes` how many differed from the one before.
    """

    heard: int
    known: int
    strays: int
    first: float
    last: float
    least: float
    most: float
    middle: float
    step: float
    changes: float
    newest: float | None

    @property
    def moved(self) -> bool:
        return self.known > 1 and self.least != self.most


def seconds_of(rows: NDArray[np.float64], strays: Sequence[int]) -> list[Second]:
    """One for each column; NaN is unknown. All channels at once, because it is done often."""
    if np.isnan(rows).any():
        return [_second(column, stray) for column, stray in zip(rows.T, strays, strict=True)]
    count = len(rows)
    return [
        Second(count, count, stray, *told, newest=told[1])
        for told, stray in zip(_figures(rows), strays, strict=True)
    ]


def _second(column: NDArray[np.float64], stray: int) -> Second:
    known = column[~np.isnan(column)]
    newest = None if np.isnan(column[-1]) else float(column[-1])
    told = _figures(known[:, np.newaxis])[0] if len(known) else _Told(*[0.0] * 7)
    return Second(len(column), len(known), stray, *told, newest=newest)


class _Told(NamedTuple):
    """Of the known readings of one channel: see `Second`."""

    first: float
    last: float
    least: float
    most: float
    middle: float
    step: float
    changes: float


def _figures(rows: NDArray[np.float64]) -> list[_Told]:
    in_order = np.sort(rows, axis=0)
    steps = np.diff(rows, axis=0)
    sizes = np.sort(np.abs(steps), axis=0)
    step = sizes[len(sizes) // 2] if len(sizes) else np.zeros(rows.shape[1])
    told = (rows[0], rows[-1], in_order[0], in_order[-1], in_order[len(rows) // 2], step,
            np.count_nonzero(steps, axis=0))  # fmt: skip
    return [_Told(*one) for one in zip(*(figure.tolist() for figure in told), strict=True)]


class Judge:
    """What every channel can suffer: unknown, out of range. `is_faulty`: not to be believed."""

    def __init__(self, channel: Described) -> None:
        self.channel = channel
        self.last = ChannelHealth(channel.name, channel.unit, "unknown", None, "not heard yet")
        self.is_faulty = False
        self._stray_us: int | None = None
        self._since: dict[str, int] = {}

    def hear(self, second: Second, now_us: int, sister_moves: bool) -> ChannelHealth:
        """`sister_moves`: whether any channel of this unit on the same node moved."""
        state, says = self._judge(second, now_us, sister_moves)
        value = None if second.newest is None else round(second.newest, 6)
        self.last = ChannelHealth(self.channel.name, self.channel.unit, state, value, says)
        return self.last

    def _judge(self, second: Second, now_us: int, sister_moves: bool) -> tuple[str, str]:
        name = self.channel.name
        if second.strays > STRAY_SHARE * second.heard:
            self._stray_us = now_us
        if self._stray_us is not None and now_us - self._stray_us < STRAY_HOLD_US:
            return "out of range", (f"{name} reads outside {self.channel.low:g} to "
                                    f"{self.channel.high:g}: a short circuit, or the wrong "
                                    "sensor")  # fmt: skip
        if second.heard - second.known > UNKNOWN_SHARE * second.heard:
            return "unknown", f"{name} does not answer: its sensor or its wire"
        return self.judge(second, now_us, sister_moves)

    def judge(self, second: Second, now_us: int, sister_moves: bool) -> tuple[str, str]:
        """(state, sentence) of readings most of which are known."""
        return "ok", ""

    def lasts(self, what: str, is_so: bool, now_us: int) -> int:
        """For how long something has been so, in microseconds."""
        if not is_so:
            self._since.pop(what, None)
            return 0
        return now_us - self._since.setdefault(what, now_us)


class StateJudge(Judge):
    """Touch and motion: 0 or 1."""

    def judge(self, second: Second, now_us: int, sister_moves: bool) -> tuple[str, str]:
        name = self.channel.name
        held_us = self.lasts("held", second.least >= 0.5, now_us)
        self.is_faulty = held_us >= HELD_US
        if self.is_faulty:
            return "stuck", (f"{name} has been on for {held_us // 60_000_000} min: something "
                             "leans on it, or it is stuck; the show leaves it out")  # fmt: skip
        changes = second.changes
        if self.lasts("chatters", changes > CHATTER_HZ, now_us) >= RESTLESS_US:
            return "noisy", f"{name} goes on and off {changes:.0f} times a second: a loose contact"
        return "ok", ""


class CountJudge(Judge):
    """Buttons: how often they were pressed."""

    def judge(self, second: Second, now_us: int, sister_moves: bool) -> tuple[str, str]:
        rise = second.last - second.first
        if self.lasts("presses", rise > PRESSES_HZ, now_us) >= RESTLESS_US:
            return "noisy", f"{self.channel.name} counts {rise:.0f} presses a second: a loose wire"
        return "ok", ""


class LevelJudge(Judge):
    """Distances, forces, levels, temperatures, and whatever has a range."""

    def __init__(self, channel: Described, rest: float | None = None) -> None:
        super().__init__(channel)
        self._range = channel.high - channel.low
        self._rest = rest
        self._liveliness = 0.0
        self._was_lively = False
        self._largest = channel.low
        self._minutes: deque[float] = deque(maxlen=REMEMBER_MIN)
        self._minute: list[float] = []
        self._minute_us: int | None = None

    def judge(self, second: Second, now_us: int, sister_moves: bool) -> tuple[str, str]:
        self._follow_rest(second, now_us)
        for verdict in (self._noise(second, now_us),
                        self._standstill(second, now_us, sister_moves),
                        self._drift()):  # fmt: skip
            if verdict is not None:
                return verdict
        return "ok", ""

    def _noise(self, second: Second, now_us: int) -> tuple[str, str] | None:
        step = second.step
        if self.lasts("noisy", step > NOISY_SHARE * self._range, now_us) < NOISY_US:
            return None
        return "noisy", (f"{self.channel.name} jumps by {step:.3g} {self.channel.unit} from one "
                         "reading to the next: interference or a loose wire")  # fmt: skip

    def _standstill(self, second: Second, now_us: int,
                    sister_moves: bool) -> tuple[str, str] | None:  # fmt: skip
        moved = second.moved
        if moved or "still" not in self._since:
            self._was_lively = self._liveliness > LIVELY_SHARE
        still_us = self.lasts("still", not moved, now_us)
        self._liveliness += ((1.0 if moved else 0.0) - self._liveliness) / LIVELY_S * 3.0
        self._largest = max(self._largest, second.most)
        sees_nobody = self.channel.unit == "m" and second.last >= self._largest
        if still_us < STUCK_US or not (self._was_lively and sister_moves) or sees_nobody:
            return None
        return "stuck", (f"{self.channel.name} has not moved at all for {still_us // 60_000_000} "
                         "min, though it always did: its sensor or its wire")  # fmt: skip

    def _follow_rest(self, second: Second, now_us: int) -> None:
        """The quietest second of each minute."""
        is_high = RESTS_HIGH.get(self.channel.unit)
        if is_high is None and self._rest is None:
            return
        if self._minute_us is None:
            self._minute_us = now_us
        self._minute.append(second.middle)
        if now_us - self._minute_us >= 60_000_000:
            self._minutes.append(max(self._minute) if is_high else min(self._minute))
            self._minute, self._minute_us = [], now_us
            if self._rest is None and len(self._minutes) >= LEARN_MIN:
                self._rest = self._level()

    def _level(self) -> float:
        minutes = sorted(self._minutes, reverse=bool(RESTS_HIGH.get(self.channel.unit)))
        return minutes[len(minutes) // AT_REST]

    def _drift(self) -> tuple[str, str] | None:
        if self._rest is None or len(self._minutes) < LEARN_MIN:
            return None
        level, unit = self._level(), self.channel.unit
        if abs(level - self._rest) <= DRIFT_SHARE * self._range:
            return None
        return "drifting", (f"{self.channel.name} rests at {level:.3g} {unit}; it rested at "
                            f"{self._rest:.3g} {unit} before: calibrate it again")  # fmt: skip


def judge_of(channel: Described, rest: float | None = None) -> Judge:
    """The judge for a channel's unit; `rest` is its calibrated resting level."""
    if channel.unit == "state":
        return StateJudge(channel)
    if channel.unit == "count":
        return CountJudge(channel)
    return LevelJudge(channel, rest)
