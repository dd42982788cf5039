"""The real bridge and the real firmware for long: cables that come and go, an hour of its clock.

    python tests/soak/real_nodes.py --cycles 1000      in about eight minutes
    python tests/soak/real_nodes.py --hour             in two or three: it is virtual time

A cycle pulls the cable of a board in simavr and puts it back; what is timed is from there to
the first sample that the bridge hands out. Every other time it is back before anybody has seen it
go. The hour is told in lockstep: the board's crystal is 200 ppm fast, its microseconds wrap after
half of it, and for each sample it is known when the board really took the reading. `./test` runs
a small part of both (tests/firmware/test_real_nodes.py). Ends with 1 where something is wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from firmware_bridge.simulated import avr  # noqa: E402  the root must be on the path
from firmware_bridge.simulated.avr import AvrError, AvrNode, LockstepNode  # noqa: E402
from tests.firmware.real_bench import LAMP, Room, bench, descriptors  # noqa: E402
from tests.firmware.real_clock import (  # noqa: E402
    BOOTED_US,
    WRAP_US,
    Host,
    TrueClock,
    see_an_overflow,
    set_board_clock,
)

MOST_RECONNECTION_MS = 250.0
MOST_ERROR_US = 1000.0
HEARD = 30
"""Samples before the cable is pulled: the bridge lets a port rest that it has only just opened."""
MINUTE_US = 60_000_000
PPM = 200.0


def told(name: str, values: Sequence[float], unit: str) -> str:
    ordered = sorted(values)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"{name}: p50 {p50:.1f} {unit}, p99 {p99:.1f}, worst {ordered[-1]:.1f} of {len(ordered)}"


def opened(node: AvrNode) -> tuple[int, int, int]:
    """Descriptors here and in the runner, and threads."""
    return descriptors(), descriptors(node.pid), threading.active_count()


def reconnect(room: Room, cycle: int) -> float:
    """Milliseconds from plugging in to the first sample."""
    node = room.nodes["bench"]
    room.hear(HEARD)
    node.unplug()
    if cycle % 2:
        room.until(lambda: room.health["bench"].state == "lost")
    room.drain()
    room.samples["bench"].clear()
    begun_s = time.monotonic()
    node.plug()
    room.until(lambda: room.samples["bench"] and room.health["bench"].boot == cycle + 2)
    return 1000 * (time.monotonic() - begun_s)


def pull_cables(cycles: int) -> bool:
    """Whether all came back soon and nothing is left behind."""
    with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as room:
        node = room.nodes["bench"]
        room.bridge.set_output("bench", LAMP, 0.5)
        room.until_live()
        room.hear()
        before, took_ms = opened(node), []
        for cycle in range(cycles):
            took_ms.append(reconnect(room, cycle))
        room.until(lambda: abs(node.outputs()["lamp"] - 0.5) < 0.01)
        after = opened(node)
    ordered = sorted(took_ms)
    print(told("seen to go", took_ms[1::2], "ms"))
    print(told("too quick to be seen", took_ms[::2], "ms"))
    print(told("reconnection", took_ms, "ms"))
    print(f"descriptors here and in the runner, threads: {before} before, {after} after")
    return before == after and ordered[len(ordered) * 99 // 100] <= MOST_RECONNECTION_MS


def keep_time(minutes: float, name: str) -> bool:
    """Whether every sample is dated right."""
    begun_s = time.monotonic()
    with LockstepNode(avr.firmware(name), "--uid=7", f"--ppm={PPM}") as node:
        node.run(BOOTED_US)
        set_board_clock(node, WRAP_US - round(minutes / 2 * MINUTE_US))
        true = TrueClock(node, PPM)
        host = Host(node, true)
        errors = {}
        for heard in host.listen(round(minutes * MINUTE_US)):
            errors[heard.true_us] = abs(heard.error_us)
        at_us, stamp_us = see_an_overflow(node)
        check_us = at_us - true.host_us(stamp_us % WRAP_US)
    first_us = min(errors)
    print(f"{name}: {minutes:g} minutes in {time.monotonic() - begun_s:.0f} s, lost "
          f"{host.session.dropped}; the truth is out by {check_us:.1f} us at the end")  # fmt: skip
    for what, from_s, to_s in (("first second", 0, 1), ("1 s to 20 s", 1, 20),
                               ("after that", 20, minutes * 60)):  # fmt: skip
        print(told(f"  error, {what}", [error for us, error in errors.items()
                   if from_s <= (us - first_us) / 1e6 <= to_s], "us"))  # fmt: skip
    return max(error for us, error in errors.items() if us - first_us > 1e6) <= MOST_ERROR_US


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=0, help="so many pulled cables")
    parser.add_argument("--hour", action="store_true", help="an hour of virtual time")
    parser.add_argument("--minutes", type=float, default=60.0, help="of that hour")
    parser.add_argument("--node", default="bench", help="whose clock: bench, heap, ...")
    asked = parser.parse_args()
    if not (asked.cycles or asked.hour):
        parser.error("one of --cycles and --hour")
    try:
        is_fine = not asked.cycles or pull_cables(asked.cycles)
        is_fine &= not asked.hour or keep_time(asked.minutes, asked.node)
    except AvrError as mistake:
        print(mistake, file=sys.stderr)
        return 1
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
