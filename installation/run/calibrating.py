"""Calibrating one channel with the sensor at hand: readings in, a line in the file out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from firmware_bridge.calibration import (
    DEFAULT,
    Calibration,
    CalibrationError,
    load,
    placed,
    save,
    scaled,
    still,
    touch_of,
    zeroed,
)
from firmware_bridge.schema import Described
from firmware_bridge.session import Expected
from installation.errors import InstallationError, Unavailable
from installation.run.gear import Gear
from installation.run.listening import Listening

PATIENCE_S = 15.0
"""A node that has not spoken by then does not."""
LOOK_S = 0.02


class NotCalibrated(InstallationError):
    """Why the readings cannot be used; nothing was written."""


class Readings:
    """Raw readings of one channel, by a bridge of its own."""

    def __init__(self, gear: Gear, nodes: Expected | None, node: str, channel: str,
                 seconds: float) -> None:  # fmt: skip
        """`seconds` is how long a reading takes.

        Raises Unavailable where the node does not come, or has no such channel.
        """
        self._seconds = seconds
        self._heard = Listening(replace(gear, calibration=None), nodes)
        self._node = node
        try:
            self.uid, self._index, self.channel = self._find(channel)
        except Unavailable:
            self._heard.close()
            raise

    def close(self) -> None:
        self._heard.close()

    def read(self) -> list[float]:
        """What the channel reads for a while; what is unknown is left out."""
        self._heard.take()
        found, end_s = [], time.monotonic() + self._seconds
        while time.monotonic() < end_s:
            time.sleep(LOOK_S)
            values = [s.values[self._index] for s in self._heard.take() if s.node == self._node]
            found += [value for value in values if value is not None]
        return found

    def _find(self, channel: str) -> tuple[int | None, int, Described]:
        end_s, why = time.monotonic() + PATIENCE_S, ""
        while time.monotonic() < end_s:
            if (health := self._heard.health.get(self._node)) is not None:
                why = health.why
            for told, channels in self._heard.live:
                if told.node != self._node:
                    continue
                names = [c.name for c in channels]
                if channel not in names:
                    known = ", ".join(names)
                    raise Unavailable(f"{self._node} has no channel {channel!r}; it has {known}")
                return told.uid, names.index(channel), channels[names.index(channel)]
            time.sleep(LOOK_S)
        raise Unavailable(f"the {self._node} does not speak: {why or 'no such node was heard'}; "
                          "`installation doctor` finds out why")  # fmt: skip


def measure(readings: Readings, path: Path, node: str, how: str, known: Sequence[float],
            ask: Callable[[str], None]) -> Calibration:  # fmt: skip
    """`how` is zero, at or touch; `known` one or two values for at, in the channel's unit.

    `ask` tells a person what to do, and waits for it. What came of it is on disk then. Raises
    NotCalibrated.
    """
    channel = readings.channel
    everything = _load(path)
    before = everything.get((node, channel.name), DEFAULT)
    try:
        after = _measured(readings, before, how, known, ask)
    except CalibrationError as why:
        raise NotCalibrated(str(why)) from why
    everything[node, channel.name] = after = replace(after, uid=readings.uid)
    _save(path, everything)
    return after


def turn_round(path: Path, node: str, channel: str) -> Calibration:
    """Invert a channel, or turn it back, without a reading. Raises NotCalibrated."""
    everything = _load(path)
    before = everything.get((node, channel), DEFAULT)
    everything[node, channel] = after = replace(before, invert=not before.invert)
    _save(path, everything)
    return after


def forget(path: Path, node: str, channel: str) -> None:
    """The channel is as the sensor tells it again. Raises NotCalibrated."""
    everything = _load(path)
    if everything.pop((node, channel), None) is not None:
        _save(path, everything)


def _load(path: Path) -> dict[tuple[str, str], Calibration]:
    try:
        return load(path)
    except CalibrationError as why:
        raise NotCalibrated(str(why)) from why


def _save(path: Path, everything: Mapping[tuple[str, str], Calibration]) -> None:
    try:
        save(path, everything)
    except OSError as why:
        raise Unavailable(f"{path} cannot be written: {why.strerror}") from why


def _measured(readings: Readings, before: Calibration, how: str, known: Sequence[float],
              ask: Callable[[str], None]) -> Calibration:  # fmt: skip
    channel = readings.channel
    if how == "touch":
        ask(f"leave {channel.name} alone")
        alone = readings.read()
        ask(f"now keep a hand on {channel.name}")
        baseline, threshold = touch_of(alone, readings.read(), channel)
        return replace(before, baseline=baseline, threshold=threshold, invert=False)
    if before.threshold is not None:
        raise NotCalibrated(f"{channel.name} is a touch: --touch learns it anew, --clear forgets "
                            "that it is one")  # fmt: skip
    if how == "zero":
        ask(f"leave {channel.name} alone")
        return zeroed(before, still(readings.read(), channel), channel)
    raw = [_read_at(readings, value, ask) for value in known]
    if len(raw) == 1:
        return scaled(before, raw[0], known[0], channel)
    return placed(before, (raw[0], raw[1]), (known[0], known[1]), channel)


def _read_at(readings: Readings, value: float, ask: Callable[[str], None]) -> float:
    ask(f"let {readings.channel.name} sense {value:g} {readings.channel.unit}".rstrip())
    return still(readings.read(), readings.channel)
