"""OSC out: what changed at once, everything again every two seconds.

python-osc is the codec; a single float's message is its address's cached
encoding and four bytes, which is ten times cheaper.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping, Sequence

from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

from installation.core.outputs import Event, Message, Outputs
from installation.errors import Unavailable

AGAIN_US = 2_000_000
MOST_BYTES = 1400
"""Of a bundle, so that it travels in one Ethernet frame."""
BUNDLE = b"#bundle\0" + struct.pack(">Q", 1)
_FLOAT = struct.Struct(">f")
_SIZE = struct.Struct(">I")


class OscOut:
    """Sends to numeric addresses, never blocks, counts what the socket refuses."""

    def __init__(self, destinations: Sequence[tuple[str, int]]) -> None:
        self._destinations = [resolved(host, port) for host, port in destinations]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._prefixes: dict[str, bytes] = {}
        self._again_us = 0
        self.sent = self.refused = 0

    def emit(self, outputs: Outputs, now_us: int) -> int:
        """Everything that a moment says; how many packets left."""
        messages = [*announcements(outputs.events), *outputs.messages]
        return self.send(messages, outputs.parameters, outputs.changed, now_us)

    def send(self, messages: Sequence[Message], parameters: Mapping[str, float],
             changed: Sequence[str], now_us: int) -> int:  # fmt: skip
        """How many packets left. Call it often: nothing to say costs nothing."""
        if not self._destinations:
            return 0
        if not messages and not changed and now_us - self._again_us < AGAIN_US:
            return 0
        encoded = [packet for message in messages if (packet := self._encode(message))]
        names: Sequence[str] = changed
        if now_us - self._again_us >= AGAIN_US:
            self._again_us = now_us
            names = tuple(parameters)
        encoded += [self._value(name, parameters[name]) for name in names]
        return sum(self._put(packet) for packet in bundles(encoded))

    def close(self) -> None:
        self._socket.close()

    def _encode(self, message: Message) -> bytes:
        """Nothing, and counted as refused, where OSC has no form for it."""
        try:
            return encode(message)
        except (BuildError, ValueError, OverflowError, struct.error):
            self.refused += 1
            return b""

    def _value(self, name: str, value: float) -> bytes:
        prefix = self._prefixes.get(name)
        if prefix is None:
            prefix = encode(Message("/" + name.replace(".", "/"), (0.0,)))[:-4]
            self._prefixes[name] = prefix
        return prefix + _FLOAT.pack(value)

    def _put(self, packet: bytes) -> int:
        before = self.sent
        for destination in self._destinations:
            try:
                self._socket.sendto(packet, destination)
                self.sent += 1
            except OSError:
                self.refused += 1
        return self.sent - before


def resolved(host: str, port: int) -> tuple[str, int]:
    """With the host as a number. Raises Unavailable."""
    try:
        return str(socket.getaddrinfo(host, port, socket.AF_INET)[0][4][0]), port
    except (OSError, UnicodeError) as why:
        raise Unavailable(f"no host is called {host!r}, so no OSC can go there ({why})") from why


TOLD = {"act": ("act",), "scene": ("act", "scene"), "cue": ("act", "scene", "name")}


def announcements(events: Sequence[Event]) -> list[Message]:
    """Each act, scene and cue as it begins: /show/act ACT, /show/scene ACT SCENE, /show/cue …"""
    return [
        Message(f"/show/{event.kind}", tuple(getattr(event, part) for part in TOLD[event.kind]))
        for event in events
        if event.kind in TOLD
    ]


def encode(message: Message) -> bytes:
    """One OSC message."""
    builder = OscMessageBuilder(message.address)
    for argument in message.arguments:
        builder.add_arg(argument)
    return bytes(builder.build().dgram)


def bundles(encoded: Sequence[bytes]) -> list[bytes]:
    """Messages packed into bundles of at most 1400 bytes; one alone needs none."""
    if len(encoded) == 1:
        return [encoded[0]]
    packets: list[bytes] = []
    open_, size = [BUNDLE], len(BUNDLE)
    for message in encoded:
        if size + len(message) + 4 > MOST_BYTES and len(open_) > 1:
            packets.append(b"".join(open_))
            open_, size = [BUNDLE], len(BUNDLE)
        open_ += [_SIZE.pack(len(message)), message]
        size += len(message) + 4
    if len(open_) > 1:
        packets.append(b"".join(open_))
    return packets
