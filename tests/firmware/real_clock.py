"""How far the bridge's idea of time is from the truth, with the real firmware in lockstep."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from firmware_bridge import messages as m
from firmware_bridge.sample import Sample
from firmware_bridge.session import Session
from firmware_bridge.simulated.avr import LockstepNode
from firmware_bridge.wire import Decoder

WRAP_US = 2**32
OVERFLOW_US = 1024
"""Timer 0 of boards/atmega328p.c overflows after 256 ticks of 4 us."""
BOOTED_US = 50_000
LOOK_US = 2


class Heard(NamedTuple):
    """A sample, and what the host cannot know: when the board took the reading."""

    sample: Sample
    true_us: float
    arrived_us: int

    @property
    def error_us(self) -> float:
        return self.sample.t_us - self.true_us


class TrueClock:
    """The board's clock in the host's time, from a moment at which both are known.

    The firmware's time is the overflows of its timer. The moment at which their count changes
    is seen from outside, to within 6 us: steps of 2 us, and the interrupt's few instructions.
    From there on the crystal runs at the pace that the runner was given.
    """

    def __init__(self, node: LockstepNode, ppm: float) -> None:
        self._pace = 1 + ppm / 1e6
        self._host_us, self._node_us = see_an_overflow(node)
        self._newest_us = self._node_us

    def host_us(self, node_us: int) -> float:
        """Of a time stamp, at most half a wrap from the newest one."""
        step = (node_us - self._newest_us + WRAP_US // 2) % WRAP_US - WRAP_US // 2
        self._newest_us += step
        return self._host_us + (self._newest_us - self._node_us) / self._pace


def overflows(node: LockstepNode) -> int:
    return int.from_bytes(bytes.fromhex(node.ask("peek board_overflows 4")[0]), "little")


def see_an_overflow(node: LockstepNode) -> tuple[int, int]:
    """The host's time and the board's, in microseconds, as the timer overflows."""
    before, (now_us, _) = overflows(node), node.run(0)
    while overflows(node) == before:
        now_us, _ = node.run(LOOK_US)
    return now_us, (before + 1) * OVERFLOW_US


def set_board_clock(node: LockstepNode, node_us: int) -> None:
    """As if it had run so long already; to within an overflow."""
    node.ask(f"poke board_overflows {(node_us // OVERFLOW_US).to_bytes(4, 'little').hex()}")


class Host:
    """A host that is never late: it reads and writes when there is something to."""

    def __init__(self, node: LockstepNode, true: TrueClock) -> None:
        self.session = Session()
        self._node, self._true = node, true
        self.is_mute = False
        """What it says is lost on the way."""
        self._decoder = Decoder()
        self.heard = hashlib.sha256()
        """All bytes that have come."""
        self.now_us = node.run(0)[0]

    def listen(self, us: int) -> Iterator[Heard]:
        """Talk to the node for so long."""
        end_us, session = self.now_us + us, self.session
        answer = self._say()
        while self.now_us < end_us:
            due_us = min(end_us, max(self.now_us + 1, session.due_us))
            self.now_us, data = self._node.run(due_us - self.now_us, answer)
            self.heard.update(data)
            yield from self._receive(data)
            answer = self._say()

    def _say(self) -> bytes:
        said = self.session.poll(self.now_us)
        return b"" if self.is_mute else said

    def _receive(self, data: bytes) -> Iterator[Heard]:
        stamps = [
            int.from_bytes(frame.payload[4:8], "little")
            for frame in self._decoder.feed(data)
            if frame.type == m.TELEMETRY
        ]
        samples = self.session.receive(data, self.now_us)  # the newest: it takes none until live
        for sample, stamp in zip(samples, stamps[len(stamps) - len(samples) :], strict=True):
            yield Heard(sample, self._true.host_us(stamp), self.now_us)
