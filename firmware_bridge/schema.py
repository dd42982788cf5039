"""How a node describes itself: its name, its channels, its outputs. README.md has the text."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import isfinite
from zlib import crc32

from firmware_bridge.wire import MOST_PAYLOAD

TELEMETRY_HEAD = 8
MOST_CHANNELS = (MOST_PAYLOAD - TELEMETRY_HEAD) // 4
MOST_OUTPUTS = 255
MOST_TEXT = 4096
MOST_VERSION = 16
MOST_ON_S = 65535
MOST_FLOAT = 3.4028234e38
"""The largest that a float32 holds (IEEE 754)."""
_FLOAT = struct.Struct("<f")


@dataclass(frozen=True, slots=True)
class Described:
    """One channel or output: `low..high` is its range in `unit`.

    An output has a safe value, and `most_on_s` where it may be away from it for so long only.
    """

    name: str
    unit: str
    low: float
    high: float
    safe: float = 0.0
    most_on_s: int = 0


@dataclass(frozen=True, slots=True)
class Schema:
    """What a node says that it is; `version` is its firmware's."""

    name: str
    channels: tuple[Described, ...]
    outputs: tuple[Described, ...]
    version: str = "0"

    def text(self) -> bytes:
        """A line for the name, one for each channel and output."""
        lines = [f"node {self.name} {self.version}"]
        lines += [f"in {c.name} {c.unit} {c.low:g} {c.high:g}" for c in self.channels]
        lines += [
            f"out {o.name} {o.unit} {o.low:g} {o.high:g} {o.safe:g}"
            + (f" {o.most_on_s}" if o.most_on_s else "")
            for o in self.outputs
        ]
        return "\n".join(lines).encode("ascii")


def schema_id(text: bytes) -> int:
    """What HELLO, SCHEMA and TELEMETRY carry, so that a changed node is noticed."""
    return crc32(text)


def as_float32(value: float) -> float:
    """As it comes off the wire, so that a reading of exactly the limit is within it."""
    return float(_FLOAT.unpack(_FLOAT.pack(value))[0])


def parse_schema(text: bytes) -> Schema:
    """Raises ValueError with a sentence where the text is no schema."""
    try:
        first, *lines = text.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise ValueError("its schema is not ASCII text") from None
    match first.split(" "):
        case ["node", name, version] if name and 0 < len(version) <= MOST_VERSION:
            pass
        case _:
            raise ValueError(f"its schema begins with {first[:40]!r}, not with 'node NAME VERSION'")
    channels = [_channel(line) for line in lines if not line.startswith("out ")]
    outputs = [_output(line) for line in lines if line.startswith("out ")]
    for what, told, most in (("channels", channels, MOST_CHANNELS),
                             ("outputs", outputs, MOST_OUTPUTS)):  # fmt: skip
        if len(told) > most:
            raise ValueError(f"its schema has {len(told)} {what}; there can be {most}")
        names = [one.name for one in told]
        if twice := next((n for n in names if names.count(n) > 1), ""):
            raise ValueError(f"its schema names {twice!r} twice among the {what}")
    return Schema(name, tuple(channels), tuple(outputs), version)


def _channel(line: str) -> Described:
    match line.split(" "):
        case ["in", name, unit, low, high] if name and unit:
            return _ranged(Described(name, unit, _number(low, line), _number(high, line)))
    raise ValueError(f"a line of its schema reads {line[:40]!r}")


def _output(line: str) -> Described:
    match line.split(" "):
        case ["out", name, unit, low, high, safe, *most_on] if name and unit and len(most_on) < 2:
            most_on_s = _number(most_on[0], line) if most_on else 0.0
            if not (0 <= most_on_s <= MOST_ON_S and most_on_s.is_integer()):
                raise ValueError(f"the longest time on of {name} is {most_on[0]!r} s")
            output = Described(name, unit, _number(low, line), _number(high, line),
                               _number(safe, line), int(most_on_s))  # fmt: skip
            if not output.low <= output.safe <= output.high:
                raise ValueError(f"the safe value of {name} is {safe}, outside {low} to {high}")
            return _ranged(output)
    raise ValueError(f"a line of its schema reads {line[:40]!r}")


def _number(word: str, line: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise ValueError(f"a line of its schema reads {line[:40]!r}") from None


def _ranged(told: Described) -> Described:
    if not (isfinite(told.low) and isfinite(told.high) and told.low < told.high
            and max(abs(told.low), abs(told.high)) <= MOST_FLOAT):  # fmt: skip
        raise ValueError(f"the range of {told.name} is {told.low:g} to {told.high:g}")
    return told
