"""A node in Python: the firmware's behaviour, with time and bytes handed in."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from math import isnan

from firmware_bridge import messages as m
from firmware_bridge.schema import MOST_CHANNELS, Described, Schema, schema_id
from firmware_bridge.wire import Decoder, encode

BEACON_US = 100_000
LEASE_US = 1_000_000
RANGES = {"m": (0.0, 4.5), "N": (0.0, 30.0), "dB": (30.0, 110.0), "degC": (-20.0, 60.0),
          "count": (0.0, 1e9), "state": (0.0, 1.0)}  # fmt: skip


def unit_of(channel: str) -> str:
    """The unit of a channel, by the names that the show's nodes use."""
    for part, unit in (("touch", "state"), ("motion", "state"), ("button", "count"),
                       ("voice", "dB"), ("temperature", "degC"), ("pressure", "N"),
                       ("weight", "N")):  # fmt: skip
        if part in channel:
            return unit
    return "m"


class SimulatedNode:
    """Beacons until greeted, then describes itself, streams, obeys and keeps its lease.

    `ranges` gives unit, low and high of channels whose name does not tell them.
    """

    def __init__(self, name: str, channels: tuple[str, ...], outputs: tuple[str, ...], *,
                 safe: tuple[float, ...] | None = None, period_us: int = 10_000, uid: int = 1,
                 ranges: Mapping[str, tuple[str, float, float]] | None = None) -> None:  # fmt: skip
        if len(channels) > MOST_CHANNELS:
            raise ValueError(f"a frame holds {MOST_CHANNELS} channels, not {len(channels)}")
        self.name, self.uid, self.channels = name, uid, channels
        told = {c: (u, *RANGES[u]) for c in channels for u in (unit_of(c),)} | dict(ranges or {})
        self._safe = safe or (0.0,) * len(outputs)
        schema = Schema(
            name,
            tuple(Described(c, *told[c]) for c in channels),
            tuple(Described(o, "share", 0.0, 1.0, s)
                  for o, s in zip(outputs, self._safe, strict=True)),
            version="simulated",
        )  # fmt: skip
        self._text = schema.text()
        self._schema = schema_id(self._text)
        self._pack = struct.Struct(f"<{len(channels)}f").pack
        self._ranges = tuple(told[c][1:] for c in channels)
        self._values = {
            c: min(max(0.0, low), high)
            for c, (low, high) in zip(channels, self._ranges, strict=True)
        }
        self._packed = self._pack(*self._values.values())
        self.period_us = period_us
        self._boot = 0
        self.reboot(0)

    def reboot(self, now_us: int, cause: int = 1) -> None:
        """As after a reset: outputs safe, nobody greeted. `cause` is the bits of HELLO."""
        self._boot, self._cause = self._boot + 1, cause
        self._decoder = Decoder()
        self._outputs = list(self._safe)
        self._greeted = self._streaming = False
        self._seq = 0
        self._lease_us = 0
        self.next_us = now_us
        self._booted_us = now_us

    @property
    def outputs(self) -> tuple[float, ...]:
        """What the outputs are at, in the order of the schema."""
        return tuple(self._outputs)

    def set_values(self, values: tuple[float, ...]) -> None:
        """What the sensors read from now on; clamped to what the hardware can say. NaN is a
        sensor that does not answer."""
        self._values = dict(zip(self.channels, values, strict=True))
        clamped = [v if low <= v <= high or isnan(v) else min(high, max(low, v))
                   for v, (low, high) in zip(values, self._ranges, strict=True)]  # fmt: skip
        self._packed = self._pack(*clamped)

    def feel(self, readings: Mapping[str, float]) -> None:
        """The same by channel name; channels that `readings` has not keep their value."""
        self.set_values(tuple([readings.get(c, v) for c, v in self._values.items()]))

    def speak(self, now_us: int, period_us: int) -> None:
        """Speak now, where it streams, and every `period_us` from then on."""
        self.period_us = period_us
        if self._streaming:
            self.next_us = now_us

    def receive(self, data: bytes, now_us: int) -> bytes:
        """What the host wrote, and the node's answer to it."""
        said = b""
        for type_, _, payload in self._decoder.feed(data):
            self._lease_us = now_us + LEASE_US
            if type_ == m.GREET:
                self._greeted = self._greeted or m.parse_greet(payload) == self.uid
            elif type_ == m.ASK_SCHEMA and (offset := m.parse_ask_schema(payload)) is not None:
                said += self._frame(m.SCHEMA, m.chunk(self._schema, offset, self._text))
                if offset + m.CHUNK >= len(self._text) and self._greeted and not self._streaming:
                    self._streaming, self.next_us = True, now_us
            elif type_ == m.PING and (number := m.parse_ping(payload)) is not None:
                said += self._frame(m.PONG, m.pong(number, now_us - self._booted_us))
            elif type_ == m.COMMAND and (wish := m.parse_command(payload)) is not None:
                said += self._obey(*wish)
            elif type_ == m.WHO:
                said += self._hello()
        return said

    def _obey(self, number: int, index: int, value: float) -> bytes:
        if index >= len(self._outputs):
            return b""
        self._outputs[index] = min(1.0, max(0.0, value))
        return self._frame(m.ACK, m.ack(number, index))

    def advance(self, now_us: int) -> bytes:
        """What the node says by itself; call at `next_us`."""
        if now_us < self.next_us:
            return b""
        if now_us >= self._lease_us:
            self._greeted = self._streaming = False
            self._outputs = list(self._safe)
        if not self._streaming:
            self.next_us = now_us + BEACON_US
            return b"" if self._greeted else self._hello()
        self.next_us = max(self.next_us + self.period_us, now_us - 5 * self.period_us)
        reading = m.telemetry(self._schema, now_us - self._booted_us, self._packed)
        return self._frame(m.TELEMETRY, reading)

    def _hello(self) -> bytes:
        told = m.Hello(m.VERSION, self.uid, self._boot & 0xFFFF, self._cause, self._schema,
                       len(self._text))  # fmt: skip
        return self._frame(m.HELLO, m.hello(told))

    def _frame(self, type_: int, payload: bytes) -> bytes:
        if type_ == m.TELEMETRY:
            self._seq = (self._seq + 1) & 0xFF
        return encode(type_, self._seq, payload)
