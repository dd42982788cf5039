"""A node that prints lines: any maker's first sketch. Bytes and time in, samples out. No I/O.

Without a pattern each line is understood by its look: `{"distance": 1.2}`, `distance=1.2`,
`distance: 1.2`, `distance 1.2`, several of them in a line, or as many bare numbers as there are
channels. With a pattern, by that alone (text_pattern.py). A channel keeps its value until it is
told again or the node is lost; `nan`, `inf` and `ovf` say that it is unknown.
"""

from __future__ import annotations

from math import isfinite

from firmware_bridge.lines import DAMAGED, ByLook, Reader, Understood, printable
from firmware_bridge.sample import Sample
from firmware_bridge.schema import Described
from firmware_bridge.session import FOREVER_US
from firmware_bridge.text_pattern import ByPattern

MOST_LINE = 512
SILENT_US = 5_000_000
PUZZLED_US = 2_000_000
"""After this long without a line that is understood, it is said what comes instead."""
MOST_GAP = 1000
"""A larger jump in {seq} is a damaged digit or a board that has booted, no loss."""
PLAIN = bytes(range(0x20, 0x7F)) + b"\t"
"""What a line at a wrong baud rate has few of: of random bytes 38 %."""
LIMITS = ("prints lines: no identity (any board on this port is taken for it), no fail-safe and "
          "no outputs, no clock (its readings are dated by their arrival)")  # fmt: skip


class Splitter:
    """Bytes -> lines, however they are chopped. CR, LF and both end a line.

    What stands before the first end is dropped: the port was opened in the middle of it. A line
    of over MOST_LINE bytes is handed on once, as soon as it is that long, cut to one byte more;
    so no line without an end fills the memory.
    """

    def __init__(self) -> None:
        self._rest, self._is_first, self._is_overlong = b"", True, False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that these bytes complete, without the empty ones."""
        *lines, rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        if lines:
            if self._is_overlong or (self._is_first and len(lines[0]) <= MOST_LINE):
                lines[0] = b""
            self._is_first = self._is_overlong = False
        if self._is_overlong:
            rest = b""
        elif len(rest) > MOST_LINE:
            lines.append(rest)
            rest, self._is_first, self._is_overlong = b"", False, True
        self._rest = rest
        return [line[: MOST_LINE + 1] for line in lines if line]


class TextSession:
    """States: absent (nothing understood yet), live, lost. Nothing is ever written to the node.

    Raises ValueError with one sentence where `pattern` is none. `silent_us` is how long it may
    tell nothing; None for ever. `corrupt` counts lines that were not understood, `dropped` the
    gaps in {seq}.
    """

    kind = "text"

    def __init__(self, name: str, channels: tuple[Described, ...], pattern: str | None = None, *,
                 silent_us: int | None = SILENT_US) -> None:  # fmt: skip
        self.name, self.channels = name, channels
        self.uid: int | None = None
        self.dropped = self.corrupt = 0
        self.state, self.why = "absent", ""
        names = [c.name for c in channels]
        self._reader: Reader = ByLook(names) if pattern is None else ByPattern(names, pattern)
        self._silent_us = FOREVER_US if silent_us is None else silent_us
        self._ranges = tuple((c.low, c.high) for c in channels)
        self._unheard = dict.fromkeys(range(len(channels)))
        self._start()

    def _start(self) -> None:
        self._splitter = Splitter()
        self._told_us = FOREVER_US
        self._forget()
        self._be_clear()

    def _forget(self) -> None:
        self._values: list[float | None] = [None] * len(self.channels)
        self._strays: set[int] = set()
        self._seq: int | None = None

    def _be_clear(self) -> None:
        """Nothing puzzles: `_odd_us` is the moment of the first odd line since the last good."""
        self._odd_us, self._odd, self._bytes, self._plain = FOREVER_US, "", 0, 0

    @property
    def is_quiet(self) -> bool:
        """Whether `poll` has nothing to do but what `due_us` says."""
        return self.state == "live" and not self.why

    def lose(self, why: str) -> None:
        """The port is gone."""
        self._start()
        self.state, self.why = ("absent" if self.state == "absent" else "lost"), why

    def set_output(self, index: int, value: float) -> None:
        """Raises ValueError: nothing is written to such a node."""
        raise ValueError(f"{self.name} prints lines, and so has no outputs")

    def receive(self, data: bytes, now_us: int) -> list[Sample]:
        """A sample for each line that these bytes complete."""
        samples = []
        for line in self._splitter.feed(data):
            text = " ".join(line.decode("utf-8", "replace").split())
            if not text:
                continue
            told = self._reader.read(text) if len(line) <= MOST_LINE else None
            if told is None:
                self._wonder(line, text, now_us)
            else:
                samples.append(self._take(told, now_us))
        if samples:
            self.state, self.why, self._told_us = "live", self._missing(), now_us
            self._be_clear()
        return samples

    def poll(self, now_us: int) -> bytes:
        """Nothing to write; silence and nonsense are noticed."""
        if now_us - self._odd_us >= PUZZLED_US:
            self.why, self._odd_us = self._puzzle(), FOREVER_US  # the next odd line renews it
        if self.state == "live" and now_us - self._told_us >= self._silent_us:
            self._forget()
            self.state = "lost"
            self.why = self._puzzle() if self._odd else f"silent for {self._silent_us / 1e6:g} s"
        return b""

    @property
    def due_us(self) -> int:
        """When `poll` has something to notice."""
        silent_us = self._told_us + self._silent_us if self.state == "live" else FOREVER_US
        return min(self._odd_us + PUZZLED_US, silent_us, FOREVER_US)

    def _take(self, told: Understood, now_us: int) -> Sample:
        if told.seq is not None:
            self._count_gap(told.seq)
        for index, value in told.values:
            low, high = self._ranges[index]
            if low <= value <= high:
                self._values[index] = value
                if self._strays:
                    self._strays.discard(index)
            else:
                self._doubt(index, value)
        if self._unheard:
            for index, _ in told.values:
                self._unheard.pop(index, None)
        strays = tuple(sorted(self._strays)) if self._strays else ()
        return Sample(self.name, now_us, tuple(self._values), strays)

    def _doubt(self, index: int, value: float) -> None:
        self._values[index] = None
        if isfinite(value):
            self._strays.add(index)
        else:
            self._strays.discard(index)

    def _count_gap(self, seq: int) -> None:
        """A step back is a counter that wrapped, or a board that booted: no loss is counted."""
        gap = 0 if self._seq is None else seq - self._seq - 1
        self._seq = seq
        if 0 < gap <= MOST_GAP:
            self.dropped += gap

    def _wonder(self, line: bytes, text: str, now_us: int) -> None:
        self.corrupt += 1
        self._odd_us, self._odd = min(self._odd_us, now_us), text
        self._bytes += len(line)
        if text.isprintable() and DAMAGED not in text:
            self._plain += len(line)
        else:
            self._plain += len(line) - len(line.translate(None, PLAIN))

    def _puzzle(self) -> str:
        says = f"prints lines that {self._reader.complaint}, such as '{printable(self._odd, 40)}'"
        is_noise = 2 * self._plain < self._bytes
        return says + ("; is this its baud rate?" if is_noise else "")

    def _missing(self) -> str:
        """A name that is no channel, while a channel was never heard, is most likely misspelt."""
        if not (self._unheard and self._reader.strangers):
            return ""
        unheard = ", ".join(self.channels[index].name for index in self._unheard)
        return f"prints {', '.join(self._reader.strangers)}, but never {unheard}"
