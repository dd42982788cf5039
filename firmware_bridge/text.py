"""A node that prints lines: any maker's first sketch. Bytes and time in, samples out. No I/O.

Without a pattern each line is understood by its look: `{"distance": 1.2}`, `distance=1.2`,
`distance: 1.2`, `distance 1.2`, several of them in a line, or as many bare numbers as there are
channels. With a pattern, by that alone: literal text with the fields `{channel}` (a name, or
`{channel:d}` a number from 0), `{value}`, `{seq}` (counts lost lines), a channel's own name, and
`{_}` for anything; `:d` is a whole number, `:f` any.
"""

from __future__ import annotations

import re

from firmware_bridge.lines import reader_of
from firmware_bridge.sample import Sample
from firmware_bridge.schema import Described
from firmware_bridge.session import FOREVER_US

MOST_LINE = 512
SILENT_US = 5_000_000
PUZZLED_US = 2_000_000
"""After this long without a line that is understood, it is said what comes instead."""
ENDS = re.compile(rb"[\r\n]+")
MOST_GAP = 1000
"""A larger jump in {seq} is a board that has booted or a counter that has wrapped, no loss."""
LIMITS = ("prints lines: no identity (any board on this port is taken for it), no fail-safe and "
          "no outputs, no clock (its readings are dated by their arrival)")  # fmt: skip


class TextSession:
    """States: absent (nothing understood yet), live, lost. Nothing is ever written to the node.

    Raises ValueError with one sentence where `pattern` is none. `silent_us` is how long it may
    say nothing; None for ever.
    """

    kind = "text"

    def __init__(self, name: str, channels: tuple[Described, ...], pattern: str | None = None, *,
                 silent_us: int | None = SILENT_US) -> None:  # fmt: skip
        self.name, self.channels = name, channels
        self.uid: int | None = None
        self.dropped = self.corrupt = 0
        self._pattern, self._silent_us = pattern, silent_us
        self._read = reader_of([c.name for c in channels], pattern)
        self._ranges = tuple((c.low, c.high) for c in channels)
        self._start()

    def _start(self) -> None:
        self.state, self.why = "absent", ""
        self._rest, self._is_overlong, self._is_first = b"", False, True
        self._values: list[float | None] = [None] * len(self.channels)
        self._seq: int | None = None
        self._heard_us = self._puzzled_us = -1
        self._odd = b""

    def lose(self, why: str) -> None:
        """The port is gone."""
        was = self.state
        self._start()
        self.state, self.why = ("absent" if was == "absent" else "lost"), why

    def set_output(self, index: int, value: float) -> None:
        """Raises ValueError: nothing is written to such a node."""
        raise ValueError(f"{self.name} prints lines, and so has no outputs")

    def receive(self, data: bytes, now_us: int) -> list[Sample]:
        """A sample for each line that these bytes complete."""
        *lines, rest = ENDS.split(self._rest + data)
        if self._is_first and lines:  # the port was opened in the middle of it
            self._is_first = False
            lines = lines[1:]
        elif self._is_overlong and lines:
            self._is_overlong = False
            lines = lines[1:]
        self._keep(rest)
        samples: list[Sample] = []
        for line in lines:
            if line:
                self._take(line, now_us, samples)
        if samples:
            self.state, self.why = "live", ""
            self._heard_us, self._puzzled_us = now_us, -1
        elif lines and self._puzzled_us < 0:
            self._puzzled_us = now_us
        return samples

    def poll(self, now_us: int) -> bytes:
        """Nothing to write; silence and nonsense are noticed."""
        silent_us = FOREVER_US if self._silent_us is None else self._silent_us
        if self.state == "live" and now_us - self._heard_us >= silent_us:
            self.state, self.why = "lost", f"silent for {silent_us / 1e6:g} s"
        if 0 <= self._puzzled_us <= now_us - PUZZLED_US:
            self.why = self._puzzle()
        return b""

    @property
    def due_us(self) -> int:
        """When `poll` has something to notice."""
        moments = [FOREVER_US]
        if self.state == "live" and self._silent_us is not None:
            moments.append(self._heard_us + self._silent_us)
        if self._puzzled_us >= 0 and not self.why:
            moments.append(self._puzzled_us + PUZZLED_US)
        return min(moments)

    def _keep(self, rest: bytes) -> None:
        if len(rest) > MOST_LINE:
            if not self._is_overlong and not self._is_first:
                self.corrupt += 1
                self._odd = rest[:MOST_LINE]
            self._is_overlong, rest = not self._is_first, b""
        self._rest = rest

    def _take(self, line: bytes, now_us: int, samples: list[Sample]) -> None:
        told = None
        if len(line) <= MOST_LINE:
            told = self._read(line.decode("utf-8", "replace").strip(" \t"))
        if told is None:
            self.corrupt += 1
            self._odd = line
            return
        if told.seq is not None:
            self._count_gap(told.seq)
        strays = []
        for index, value in told.values:
            low, high = self._ranges[index]
            if low <= value <= high:
                self._values[index] = value
            else:
                self._values[index] = None
                strays.append(index)
        samples.append(Sample(self.name, now_us, tuple(self._values), tuple(strays)))

    def _count_gap(self, seq: int) -> None:
        gap = 0 if self._seq is None else seq - self._seq - 1
        self._seq = seq
        if 0 < gap <= MOST_GAP:
            self.dropped += gap

    def _puzzle(self) -> str:
        shown = self._odd[:40].decode("ascii", "replace")
        printable = sum(c.isprintable() and c.isascii() for c in shown)
        if printable < 0.7 * len(shown):
            return "prints no text: is this its baud rate?"
        wanted = f"do not match the pattern {self._pattern!r}" if self._pattern else (
            "tell none of " + ", ".join(c.name for c in self.channels))  # fmt: skip
        shown = "".join(c if c.isprintable() else "·" for c in shown)
        return f"prints lines that {wanted}, such as {shown!r}"
