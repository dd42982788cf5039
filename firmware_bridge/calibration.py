"""What a reading is corrected by before the show sees it; kept as data in a file.

value = (raw - offset) * scale, then turned round where `invert`, then held within the channel's
range. A channel with a threshold is a touch: 1 from `threshold` away from `baseline`.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from math import nan
from pathlib import Path
from statistics import fmean, pstdev

from firmware_bridge.sample import ChannelHealth
from firmware_bridge.schema import MOST_FLOAT, Described

RELEASE = 0.6
"""A touch ends below this share of its threshold: without it a hand at the edge would flicker."""
STILL = 0.02
"""Readings that spread by more than this share of the range are not still."""
LATE = 0.1
"""The share of a touch's readings in which the hand may not be there yet."""
MOST_UID = 0xFFFFFFFF
HEAD = """# What the readings of each channel are corrected by, before the show sees them.
# Written by `installation calibrate`; read again by a running show within a second.
# value = (raw - offset) * scale; invert turns it round; with a threshold it is a touch.
"""


class CalibrationError(ValueError):
    """One sentence: what in the file or in the readings cannot be used."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of one channel; in the channel's unit. `uid` is the board that was calibrated."""

    offset: float = 0.0
    scale: float = 1.0
    invert: bool = False
    baseline: float | None = None
    threshold: float | None = None
    uid: int | None = None


DEFAULT = Calibration()


class Corrections:
    """Of all channels of a node; remembers which touches are held."""

    def __init__(self, channels: Sequence[Described], of: Mapping[str, Calibration]) -> None:
        self._channels = tuple((c, of.get(c.name)) for c in channels)
        self._held = [False] * len(self._channels)
        self.is_needed = any(calibration is not None for _, calibration in self._channels)

    def apply(self, values: tuple[float | None, ...]) -> tuple[float | None, ...]:
        """Unknown stays unknown. The same object where nothing is calibrated."""
        if not self.is_needed:
            return values
        self._held = [self._holds(index, raw) for index, raw in enumerate(values)]
        return tuple(
            self._correct(index, raw, is_held)
            for index, (raw, is_held) in enumerate(zip(values, self._held, strict=True))
        )

    def tell(self, channels: tuple[ChannelHealth, ...]) -> tuple[ChannelHealth, ...]:
        """The health of the channels as the show sees them; to look changes nothing."""
        if not self.is_needed:
            return channels
        values = [
            self._correct(i, c.value, self._holds(i, c.value)) for i, c in enumerate(channels)
        ]
        return tuple(
            ChannelHealth(c.name, c.unit, c.state, value, c.says)
            for c, value in zip(channels, values, strict=True)
        )

    def _holds(self, index: int, raw: float | None) -> bool:
        """Whether this reading holds a touch, after those before it."""
        how, was_held = self._channels[index][1], self._held[index]
        if how is None or how.threshold is None:
            return False
        if raw is None:
            return was_held
        away = abs(raw - (how.baseline or 0.0))
        return away >= how.threshold * (RELEASE if was_held else 1.0)

    def _correct(self, index: int, raw: float | None, is_held: bool) -> float | None:
        channel, how = self._channels[index]
        if raw is None or how is None:
            return raw
        if how.threshold is not None:
            return 1.0 if is_held != how.invert else 0.0
        value = _turned((raw - how.offset) * how.scale, how, channel)
        return min(channel.high, max(channel.low, value))


def load(path: Path) -> dict[tuple[str, str], Calibration]:
    """By (node, channel); empty where there is no file. Raises CalibrationError."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as why:
        raise CalibrationError(f"{path}: {why.strerror}") from why
    except ValueError as why:  # no TOML, no UTF-8, or a number of thousands of digits
        raise CalibrationError(f"{path}: {why}") from why
    except RecursionError:
        raise CalibrationError(f"{path}: its values are nested too deeply") from None
    found = {}
    for node, channels in told.items():
        if not isinstance(channels, dict):
            raise CalibrationError(f"{path}: {node}: write [NODE.CHANNEL] and the values under it")
        for channel, values in channels.items():
            found[node, channel] = _read(f"{path}: [{node}.{channel}]", values)
    return found


def _read(where: str, values: object) -> Calibration:
    if not isinstance(values, dict):
        raise CalibrationError(f"{where}: write [NODE.CHANNEL] and the values under it")
    known = [field.name for field in fields(Calibration)]
    for key, value in values.items():
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise CalibrationError(f"{where}: no {key!r}; {hint}there are {', '.join(known)}")
        if wanted := _wanted(key, value):
            raise CalibrationError(f"{where}: {key} must be {wanted}, not {repr(value)[:40]}")
    if values.get("threshold", 1) <= 0 or values.get("scale", 1) == 0:
        raise CalibrationError(f"{where}: threshold must be above 0, and scale must not be 0")
    if "threshold" in values and "baseline" not in values:
        raise CalibrationError(f"{where}: a threshold needs the baseline that it is away from")
    return Calibration(**values)


def _wanted(key: str, value: object) -> str:
    """What a value should have been; empty where it is right."""
    if key == "invert":
        return "" if isinstance(value, bool) else "true or false"
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else nan
    if key == "uid":
        is_uid = isinstance(number, int) and 0 <= number <= MOST_UID
        return "" if is_uid else f"a whole number from 0 to {MOST_UID}"
    return "" if abs(number) <= MOST_FLOAT else "a number"


def save(path: Path, of: Mapping[tuple[str, str], Calibration]) -> None:
    """Whole or not at all, and on disk when this returns. Raises OSError."""
    tables = [_table(node, channel, how) for (node, channel), how in sorted(of.items())]
    file, name = tempfile.mkstemp(dir=path.parent, prefix=".calibration-")
    try:
        with os.fdopen(file, "w", encoding="utf-8") as new:
            new.write("\n".join([HEAD, *tables]))
            new.flush()
            os.fsync(file)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    """The new name is on disk only with its folder."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _table(node: str, channel: str, how: Calibration) -> str:
    lines = [f"[{node}.{channel}]"]
    for key, value in asdict(how).items():
        if value != getattr(DEFAULT, key):
            told = str(value).lower() if isinstance(value, bool) else repr(value)
            lines.append(f"{key} = {told}")
    return "\n".join([*lines, ""])


def still(readings: Sequence[float], channel: Described) -> float:
    """The mean of readings at rest. Raises CalibrationError where they are not."""
    if len(readings) < 2:
        raise CalibrationError(f"{channel.name} gave no readings")
    spread, most = pstdev(readings), STILL * (channel.high - channel.low)
    if spread > most:
        raise CalibrationError(f"{channel.name} is not still: its readings spread by {spread:.3g} "
                               f"{channel.unit}, at most {most:.3g} would do")  # fmt: skip
    return fmean(readings)


def zeroed(before: Calibration, raw: float, channel: Described) -> Calibration:
    """Shown as 0 at this raw reading, which is where the channel rests."""
    return replace(before, offset=raw - _turned(0.0, before, channel) / before.scale, baseline=raw)


def scaled(before: Calibration, raw: float, known: float, channel: Described) -> Calibration:
    """Shown as `known` at this raw reading, and as 0 where it was before.

    Raises CalibrationError where that cannot be, or where the channel reads as at 0.
    """
    _within(channel, known)
    zero = before.offset + _turned(0.0, before, channel) / before.scale
    if abs(raw - zero) < STILL * (channel.high - channel.low):
        raise CalibrationError(f"{channel.name} reads as at rest: load it with the known "
                               f"{known:g} {channel.unit} first")  # fmt: skip
    if known == 0.0:
        raise CalibrationError(f"{channel.name}: the known value must not be 0; that is --zero")
    scale = (-known if before.invert else known) / (raw - zero)
    return replace(before, scale=scale, offset=zero - _turned(0.0, before, channel) / scale)


def placed(before: Calibration, raw: tuple[float, float], known: tuple[float, float],
           channel: Described) -> Calibration:  # fmt: skip
    """Shown as two known values at two raw readings, as of a range finder that cannot read 0.

    Raises CalibrationError where that cannot be, or where the two are too near each other.
    """
    _within(channel, *known)
    least = STILL * (channel.high - channel.low)
    for what, (a, b) in (("raw readings", raw), ("known values", known)):
        if abs(b - a) < least:
            raise CalibrationError(f"{channel.name}: the {what} {a:g} and {b:g} are too near each "
                                   f"other: {least:.3g} {channel.unit} at least")  # fmt: skip
    at_a, at_b = (_turned(value, before, channel) for value in known)
    scale = (at_b - at_a) / (raw[1] - raw[0])
    return replace(before, scale=scale, offset=raw[0] - at_a / scale)


def _within(channel: Described, *known: float) -> None:
    for value in known:
        if not channel.low <= value <= channel.high:  # NaN is not, either
            raise CalibrationError(f"{channel.name}: {value:g} {channel.unit} is outside "
                                   f"{channel.low:g} to {channel.high:g}")  # fmt: skip


def _turned(value: float, how: Calibration, channel: Described) -> float:
    """From the value before turning round to the one that is shown, and back."""
    return channel.low + channel.high - value if how.invert else value


def touch_of(left_alone: Sequence[float], touched: Sequence[float],
             channel: Described) -> tuple[float, float]:  # fmt: skip
    """(baseline, threshold): half-way to the weakest touch. Raises CalibrationError.

    The weakest tenth of the touched readings is left out: the hand may come late.
    """
    if not left_alone or not touched:
        raise CalibrationError(f"{channel.name} gave no readings")
    baseline = fmean(left_alone)
    noise = max(abs(r - baseline) for r in left_alone)
    weakest = sorted(abs(r - baseline) for r in touched)[int(len(touched) * LATE)]
    if weakest < 3.0 * noise or weakest == 0.0:
        raise CalibrationError(f"{channel.name} reads touched ({weakest:.3g} away) much as it "
                               f"does untouched ({noise:.3g} away)")  # fmt: skip
    return baseline, weakest / 2.0
