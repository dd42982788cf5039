"""Frames <-> typed messages. All numbers little-endian; README.md has the bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import isfinite, isnan
from operator import ge, le
from typing import NamedTuple

from firmware_bridge.schema import Schema, as_float32

VERSION = 1
HELLO, GREET, ASK_SCHEMA, SCHEMA, TELEMETRY, PING, PONG, COMMAND, ACK, WHO = range(1, 11)
CHUNK = 100
"""Bytes of schema text in one frame."""
CAUSES = {1: "power", 2: "reset", 4: "brown-out", 8: "watchdog"}
"""Why a node booted, as the bits of HELLO."""

_new = tuple.__new__
_HELLO = struct.Struct("<BIHBIH")
_HELLO_BEGIN = struct.Struct("<BI")
_GREET = struct.Struct("<I")
_CHUNK = struct.Struct("<IH")
_TELEMETRY = struct.Struct("<II")
_PING = struct.Struct("<I")
_PONG = struct.Struct("<II")
_COMMAND = struct.Struct("<BBf")
_ACK = struct.Struct("<BB")


@dataclass(frozen=True, slots=True)
class Hello:
    """A node's beacon. `boot` counts its boots, `cause` is the bits of `CAUSES`."""

    version: int
    uid: int
    boot: int
    cause: int
    schema: int
    length: int


def causes(bits: int) -> str:
    """`brown-out`, `power and watchdog`; empty where the node does not tell."""
    return " and ".join(word for bit, word in CAUSES.items() if bits & bit)


def hello(message: Hello) -> bytes:
    return _HELLO.pack(message.version, message.uid, message.boot, message.cause,
                       message.schema, message.length)  # fmt: skip


def parse_hello(payload: bytes) -> Hello | None:
    """Of another version only version and uid are read: they stand first in every one."""
    if payload and payload[0] != VERSION and len(payload) >= _HELLO_BEGIN.size:
        version, uid = _HELLO_BEGIN.unpack_from(payload)
        return Hello(version, uid, 0, 0, 0, 0)
    return Hello(*_HELLO.unpack(payload)) if len(payload) == _HELLO.size else None


def greet(uid: int) -> bytes:
    return _GREET.pack(uid)


def parse_greet(payload: bytes) -> int | None:
    return int(_GREET.unpack(payload)[0]) if len(payload) == _GREET.size else None


def ask_schema(offset: int) -> bytes:
    return offset.to_bytes(2, "little")


def parse_ask_schema(payload: bytes) -> int | None:
    return int.from_bytes(payload, "little") if len(payload) == 2 else None


def last_chunk(length: int) -> int:
    """Where the last bytes of a schema text begin."""
    return (length - 1) // CHUNK * CHUNK


def chunk(schema: int, offset: int, text: bytes) -> bytes:
    return _CHUNK.pack(schema, offset) + text[offset : offset + CHUNK]


def parse_chunk(payload: bytes) -> tuple[int, int, bytes] | None:
    """(schema id, offset, bytes)."""
    if len(payload) < _CHUNK.size:
        return None
    schema, offset = _CHUNK.unpack_from(payload)
    return schema, offset, payload[_CHUNK.size :]


def telemetry(schema: int, node_us: int, packed: bytes) -> bytes:
    """`packed` is one float32 for each channel; `node_us` is taken modulo 2^32."""
    return _TELEMETRY.pack(schema, node_us & 0xFFFFFFFF) + packed


class Reading(NamedTuple):
    """A telemetry frame read: a value is None where the node does not know it, or where it is
    out of range; `strays` are the indices of the latter."""

    node_us: int
    values: tuple[float | None, ...]
    strays: tuple[int, ...]


class Telemetry:
    """Reads the telemetry of one schema, and of no other."""

    def __init__(self, identity: int, schema: Schema) -> None:
        self._struct = struct.Struct(f"<II{len(schema.channels)}f")
        self._identity = identity
        self._lows = tuple(as_float32(c.low) for c in schema.channels)
        self._highs = tuple(as_float32(c.high) for c in schema.channels)

    def parse(self, payload: bytes) -> Reading | None:
        """None where the frame does not belong to the schema."""
        if len(payload) != self._struct.size:
            return None
        told = self._struct.unpack(payload)
        if told[0] != self._identity:
            return None
        values = told[2:]
        if all(map(le, self._lows, values)) and all(map(ge, self._highs, values)):
            return _new(Reading, (told[1], values, ()))
        return self._sift(told[1], values)

    def _sift(self, node_us: int, values: tuple[float, ...]) -> Reading:
        kept: list[float | None] = []
        strays = []
        for index, value in enumerate(values):
            is_good = self._lows[index] <= value <= self._highs[index]
            kept.append(value if is_good else None)
            if not is_good and not isnan(value):  # NaN says unknown, and is no stray
                strays.append(index)
        return Reading(node_us, tuple(kept), tuple(strays))


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
