"""Frames <-> typed messages. All numbers little-endian; README.md has the bytes."""

from __future__ import annotations

import struct
from binascii import crc_hqx
from dataclasses import dataclass
from math import isfinite

from firmware_bridge.wire import MOST_PAYLOAD

VERSION = 1
HELLO, GREET, ASK_SCHEMA, SCHEMA, TELEMETRY, PING, PONG, COMMAND, ACK = range(1, 10)
CHUNK = 100
"""Bytes of schema text in one frame."""

_HELLO = struct.Struct("<BIHHH")
_GREET = struct.Struct("<I")
_CHUNK = struct.Struct("<HH")
_TELEMETRY = struct.Struct("<HI")
_PING = struct.Struct("<I")
_PONG = struct.Struct("<II")
_COMMAND = struct.Struct("<BBf")
_ACK = struct.Struct("<BB")
_FLOAT = struct.Struct("<f")
MOST_FLOAT = 3.4028234e38
"""The largest that a float32 holds (IEEE 754)."""
MOST_CHANNELS = (MOST_PAYLOAD - _TELEMETRY.size) // _FLOAT.size


@dataclass(frozen=True, slots=True)
class Hello:
    """A node's beacon. `boot` counts its boots, `schema` is the CRC of its description."""

    version: int
    uid: int
    boot: int
    schema: int
    length: int


@dataclass(frozen=True, slots=True)
class Described:
    """One channel or output: `low..high` is its range in `unit`; an output has a safe value."""

    name: str
    unit: str
    low: float
    high: float
    safe: float = 0.0


@dataclass(frozen=True, slots=True)
class Schema:
    """What a node says that it is."""

    name: str
    channels: tuple[Described, ...]
    outputs: tuple[Described, ...]

    def text(self) -> bytes:
        """A line for the name, one for each channel and output."""
        lines = [f"node {self.name}"]
        lines += [f"in {c.name} {c.unit} {c.low:g} {c.high:g}" for c in self.channels]
        lines += [f"out {o.name} {o.unit} {o.low:g} {o.high:g} {o.safe:g}" for o in self.outputs]
        return "\n".join(lines).encode("ascii")


def _as_float32(value: float) -> float:
    """As it comes off the wire, so that a reading of exactly the limit is within it."""
    return float(_FLOAT.unpack(_FLOAT.pack(value))[0])


def schema_crc(text: bytes) -> int:
    """What HELLO and TELEMETRY carry, so that a changed node is noticed."""
    return crc_hqx(text, 0xFFFF)


def parse_schema(text: bytes) -> Schema:
    """Raises ValueError with a sentence where the text is no schema."""
    name, channels, outputs = "", [], []
    for line in text.decode("ascii").splitlines():
        match line.split():
            case ["node", found]:
                name = found
            case ["in", channel, unit, low, high]:
                channels.append(Described(channel, unit, float(low), float(high)))
            case ["out", output, unit, low, high, safe]:
                outputs.append(Described(output, unit, float(low), float(high), float(safe)))
            case _:
                raise ValueError(f"a schema line reads {line[:40]!r}")
    for told in (*channels, *outputs):
        if not (abs(told.low) <= MOST_FLOAT and abs(told.high) <= MOST_FLOAT
                and abs(told.safe) <= MOST_FLOAT and told.low <= told.high):  # fmt: skip
            raise ValueError(f"the range of {told.name} is {told.low:g} to {told.high:g}")
    if not name:
        raise ValueError("a schema has no line with the node's name")
    return Schema(name, tuple(channels), tuple(outputs))


def hello(message: Hello) -> bytes:
    return _HELLO.pack(message.version, message.uid, message.boot, message.schema, message.length)


def parse_hello(payload: bytes) -> Hello | None:
    return Hello(*_HELLO.unpack(payload)) if len(payload) == _HELLO.size else None


def greet(uid: int) -> bytes:
    return _GREET.pack(uid)


def parse_greet(payload: bytes) -> int | None:
    return int(_GREET.unpack(payload)[0]) if len(payload) == _GREET.size else None


def ask_schema(offset: int) -> bytes:
    return offset.to_bytes(2, "little")


def parse_ask_schema(payload: bytes) -> int | None:
    return int.from_bytes(payload, "little") if len(payload) == 2 else None


def chunk(crc: int, offset: int, text: bytes) -> bytes:
    return _CHUNK.pack(crc, offset) + text[offset : offset + CHUNK]


def parse_chunk(payload: bytes) -> tuple[int, int, bytes] | None:
    """(schema crc, offset, bytes)."""
    if len(payload) < _CHUNK.size:
        return None
    crc, offset = _CHUNK.unpack_from(payload)
    return crc, offset, payload[_CHUNK.size :]


def telemetry(crc: int, node_us: int, packed: bytes) -> bytes:
    """`packed` is one float32 for each channel; `node_us` is taken modulo 2^32."""
    return _TELEMETRY.pack(crc, node_us & 0xFFFFFFFF) + packed


class Telemetry:
    """Reads the telemetry of one schema: of this CRC, this length, these ranges only."""

    def __init__(self, crc: int, schema: Schema) -> None:
        self._struct = struct.Struct(f"<HI{len(schema.channels)}f")
        self._crc = crc
        self._ranges = tuple((_as_float32(c.low), _as_float32(c.high)) for c in schema.channels)

    def parse(self, payload: bytes) -> tuple[int, tuple[float, ...]] | None:
        """(node_us, values), or None where the frame does not belong to the schema."""
        if len(payload) != self._struct.size:
            return None
        crc, node_us, *values = self._struct.unpack(payload)
        if crc != self._crc:
            return None
        for value, (low, high) in zip(values, self._ranges, strict=True):
            if not low <= value <= high:
                return None
        return node_us, tuple(values)


def ping(number: int) -> bytes:
    return _PING.pack(number & 0xFFFFFFFF)


def parse_ping(payload: bytes) -> int | None:
    return int(_PING.unpack(payload)[0]) if len(payload) == _PING.size else None


def pong(number: int, node_us: int) -> bytes:
    return _PONG.pack(number, node_us & 0xFFFFFFFF)


def parse_pong(payload: bytes) -> tuple[int, int] | None:
    """(number of the ping, node_us)."""
    if len(payload) != _PONG.size:
        return None
    number, node_us = _PONG.unpack(payload)
    return number, node_us


def command(number: int, index: int, value: float) -> bytes:
    return _COMMAND.pack(number, index, value)


def parse_command(payload: bytes) -> tuple[int, int, float] | None:
    """(number, output, value)."""
    if len(payload) != _COMMAND.size:
        return None
    number, index, value = _COMMAND.unpack(payload)
    return (number, index, value) if isfinite(value) else None


def ack(number: int, index: int) -> bytes:
    return _ACK.pack(number, index)


def parse_ack(payload: bytes) -> tuple[int, int] | None:
    """(number, output)."""
    if len(payload) != _ACK.size:
        return None
    number, index = _ACK.unpack(payload)
    return number, index
