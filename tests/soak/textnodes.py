"""A board that prints 20,000 lines a second, into a real show process: is anything lost, how soon
is it there?

Run `python tests/soak/textnodes.py --for 30`. The board prints 50 lines a write; each line has its
number in `{seq}` and in `{value}`, so that the core's newest values tell what has come. Prints a
table: lines lost, and how long a burst takes from its write to the show's drain. `./test` runs a
small part and judges the loss alone (tests/adapters/test_many_nodes.py).
"""

from __future__ import annotations

import argparse
import json
import os
import select
import sys
import tempfile
import time
import tty
from bisect import bisect_left
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

from nodes64 import CHANNELS, Counting, be_hardware, perform, together, write_show

from firmware_bridge.sample import Sample
from installation.core.inputs import Inputs
from installation.core.outputs import Outputs
from installation.edition import Edition

BURST = 50
CUT = 5
"""A write ends so many bytes before the end of its last line: boards do not write by lines."""
PATTERN = "{channel:d} {seq:d} {value:d}"
STUCK_MS = 1.0
"""A write that takes longer has found the pty full."""


def line(number: int) -> bytes:
    return b"%d %d %d\r\n" % (number % len(CHANNELS), number, number)


def speak(link: Path, lines: int, rate_hz: float) -> None:
    """The board: number 0 until stdin says go, then all numbers up to `lines`; and what was when.

    It writes as the clock says, and waits where the pty is full.
    """
    be_hardware()
    master, slave = os.openpty()
    tty.setraw(slave)
    link.symlink_to(os.ttyname(slave))
    while not select.select([sys.stdin], [], [], 0.01)[0]:
        os.set_blocking(master, False)
        try:
            os.write(master, line(0))
        except BlockingIOError:  # nobody reads yet
            continue
    sys.stdin.readline()
    os.set_blocking(master, True)
    begun_s, written, rest = time.monotonic(), [], b""
    for first in range(1, lines + 1, BURST):
        text = rest + b"".join(map(line, range(first, min(lines + 1, first + BURST))))
        cut = len(text) if first + BURST > lines else len(text) - CUT
        burst, rest = text[:cut], text[cut:]
        early_s = begun_s + first / rate_hz - time.monotonic()
        select.select([], [], [], max(0.0, early_s))
        at_s = time.monotonic()
        os.write(master, burst)
        written.append((at_s, time.monotonic() - at_s))
    print(json.dumps(written), flush=True)
    sys.stdin.read()


def number(sample: Sample) -> float:
    """Of the newest line that a sample knows; 0 before the first."""
    return max(value or 0.0 for value in sample.values)


class Timing(Counting):
    """Notes at each drain the newest number that has come with it."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._drained: list[tuple[float, float]] = []
        self._numbered = 0

    def _advance(self, inputs: Inputs, edition: Edition | None) -> Outputs:
        if inputs.samples:
            at_s, newest = time.monotonic(), number(inputs.samples[-1])
            if self._numbered:
                self._numbered += len(inputs.samples)
            elif newest > 0.0:
                self._numbered = sum(number(sample) > 0.0 for sample in inputs.samples)
            self._drained.append((newest, at_s))
        return super()._advance(inputs, edition)

    def figures(self) -> dict[str, Any]:
        told = {"drained": self._drained, "numbered": self._numbered}
        return {**super().figures(), **told}


class Told(NamedTuple):
    """Of one run; `took_ms` is of each burst, `stuck` how many writes found the pty full."""

    sent: int
    gaps: int
    heard: int
    corrupt: int
    overrun: int
    stuck: int
    took_ms: list[float]
    cpu: float


def play(lines: int, rate_hz: float) -> Told:
    """The board prints `lines` lines into a show process."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        write_show(folder / "show", {"n0": CHANNELS}, ["  near: {presence: distance_0, below: 1m}"])
        (folder / "config").mkdir()
        (folder / "config" / "site.toml").write_text(
            f'serial_ports = ["{folder}/none*"]\n'
            f'[nodes.n0]\nport = "{folder}/tty"\npattern = "{PATTERN}"\n'
        )
        last = f"{CHANNELS[lines % len(CHANNELS)]}_0"
        written, told = together(
            folder, [__file__, "--speak", f"{folder}/tty", str(lines), str(rate_hz)],
            [__file__, "--perform", name], lambda newest: newest.get(last) == lines,
        )  # fmt: skip
    drained = [drain for drain in told["drained"] if drain[0] > 0.0]
    return Told(lines, told["dropped"], told["numbered"], told["corrupt"], told["overrun"],
                sum(took_s * 1e3 > STUCK_MS for _, took_s in written),
                bursts_ms(written, drained, lines), told["cpu"])  # fmt: skip


def bursts_ms(written: list[list[float]], drained: list[list[float]],
              lines: int) -> list[float]:  # fmt: skip
    """From the write of each burst to the drain that had its last whole line."""
    took = []
    for burst, (at_s, _) in enumerate(written, 1):
        place = bisect_left(drained, [min(lines, burst * BURST) - 1, 0.0])
        if place < len(drained):
            took.append((drained[place][1] - at_s) * 1e3)
    return took


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rate", type=float, default=20_000.0, help="lines a second")
    options.add_argument("--for", type=float, default=30.0, dest="for_s", help="seconds a round")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--speak", nargs=3, help=argparse.SUPPRESS)
    options.add_argument("--perform", help=argparse.SUPPRESS)
    told = options.parse_args()
    if told.speak:
        speak(Path(told.speak[0]), int(told.speak[1]), float(told.speak[2]))
    elif told.perform:
        perform(Path(told.perform), Timing)
    else:
        sys.exit(0 if tell(round(told.for_s * told.rate), told.rate, told.rounds) else 1)


def tell(lines: int, rate_hz: float, rounds: int) -> bool:
    """Prints the table; whether nothing was lost."""
    print(f"{rate_hz:,.0f} lines/s, {BURST} a write; write → drain of its last whole line, ms")
    print(f"{'sent':>9}{'heard':>9}{'gaps':>6}{'corrupt':>9}{'overrun':>9}{'pty full':>10}"
          f"{'p50':>8}{'p99':>8}{'worst':>8}{'show':>7}")  # fmt: skip
    is_whole = True
    for _ in range(rounds):
        told = play(lines, rate_hz)
        is_whole &= told.sent == told.heard and not told.gaps
        took = sorted(told.took_ms) or [float("nan")]
        p50, p99 = (took[int(len(took) * part)] for part in (0.5, 0.99))
        print(f"{told.sent:9,}{told.heard:9,}{told.gaps:6}{told.corrupt:9}{told.overrun:9}"
              f"{told.stuck:10}{p50:8.3f}{p99:8.3f}{took[-1]:8.3f}{told.cpu:7.0%}",
              flush=True)  # fmt: skip
    print("nothing was lost" if is_whole else "something was lost")
    return is_whole


if __name__ == "__main__":
    main()
