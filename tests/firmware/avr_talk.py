"""How the tests talk to a firmware in simavr: to the probe in bytes, to a node in frames."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from pathlib import Path

from firmware_bridge import messages as m
from firmware_bridge.sample import Sample
from firmware_bridge.session import Session
from firmware_bridge.simulated.avr import LockstepNode
from firmware_bridge.wire import Decoder, Frame

MS = 1000
DEADLINE_S = 60
BYTE_US = 40
"""10 bits at 250000 baud."""
POWER, EXTERNAL, BROWNOUT, WATCHDOG = 1, 2, 4, 8
"""The bits of MCUSR and of HELLO."""


class Probe(LockstepNode):
    """The firmware of avr_probe.c, in lockstep."""

    now_us = 0

    def run(self, us: int, data: bytes = b"") -> tuple[int, bytes]:
        self.now_us, heard = super().run(us, data)
        return self.now_us, heard

    def hear(self, us: int, data: bytes = b"") -> bytes:
        """What it says in the next `us`, whether it looks like frames or not."""
        end_us, heard = self.now_us + us, b""
        while self.now_us < end_us:
            heard += self.run(end_us - self.now_us, data)[1]
            data = b""
        return heard

    def read(self, address: int) -> int:
        return self.hear(MS, b"R" + address.to_bytes(2, "little"))[0]

    def write(self, address: int, value: int) -> None:
        assert self.hear(MS, b"W" + address.to_bytes(2, "little") + bytes([value])) == b"w"


def converse(node: LockstepNode, session: Session, us: int) -> list[Sample]:
    """A host talks to the node for so long; what it has sampled."""
    now_us, _ = node.run(0)
    end_us, samples, answer = now_us + us, [], session.poll(now_us)
    while now_us < end_us:
        due_us = min(end_us, max(now_us + 1, session.due_us))
        now_us, data = node.run(due_us - now_us, answer)
        samples += session.receive(data, now_us)
        answer = session.poll(now_us)
    return samples


def hellos(data: bytes) -> list[m.Hello]:
    """The HELLOs in what a node has sent."""
    parsed = [m.parse_hello(f.payload) for f in Decoder().feed(data) if f.type == m.HELLO]
    return [hello for hello in parsed if hello is not None]


def next_hello(node: LockstepNode, within_us: int = 1000 * MS) -> m.Hello:
    """The next one that the node sends to nobody."""
    now_us, data = node.run(0)
    end_us = now_us + within_us
    while now_us < end_us:
        now_us, more = node.run(end_us - now_us)
        data += more
        if found := hellos(data):
            return found[-1]
    raise AssertionError(f"no HELLO in {data.hex()}")


def until(condition: Callable[[], object]) -> None:
    """Asks again and again; fails at the deadline."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline_s


def open_pty(link: Path) -> int:
    """As a host opens a port, without a driver in between."""
    return os.open(link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)


def read_pty(port: int, enough: int) -> bytes:
    """So many bytes; fails at the deadline."""
    data, deadline_s = b"", time.monotonic() + DEADLINE_S
    while len(data) < enough:
        left_s = max(0.0, deadline_s - time.monotonic())
        assert select.select([port], [], [], left_s)[0], f"no more than {data.hex()}"
        data += os.read(port, enough - len(data))
    return data


def read_frame(port: int, wanted: int) -> Frame:
    """The next frame of that type."""
    decoder, frames = Decoder(), list[Frame]()
    while not frames:
        frames = [f for f in decoder.feed(read_pty(port, 1)) if f.type == wanted]
    return frames[0]


def read_hello(port: int) -> m.Hello:
    hello = m.parse_hello(read_frame(port, m.HELLO).payload)
    assert hello is not None
    return hello
