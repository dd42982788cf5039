"""Boards with the real firmware on ptys, and a real bridge that looks for them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from firmware_bridge.bridge import Bridge
from firmware_bridge.sample import Health, Sample
from firmware_bridge.session import Expected
from firmware_bridge.simulated import avr
from firmware_bridge.simulated.avr import AvrNode

PATIENCE_S = 60.0
CYCLES_PER_S = 16_000_000
BENCH: Expected = {"bench": (("level", "touch", "button"), ("lamp", "relay", "hang"))}
"""What objects/bench.h is made of."""
LAMP, RELAY, HANG = range(3)


class Seen(NamedTuple):
    """An output as it was between two moments of the board's own clock, in seconds."""

    after_s: float
    value: float
    before_s: float


class Room:
    """`boards` in `folder`, by link name: which firmware. The bridge takes any that it expects."""

    def __init__(self, folder: Path, boards: Mapping[str, str], expected: Expected,
                 *options: str) -> None:  # fmt: skip
        self._folder, self._expected = folder, expected
        self.samples: dict[str, list[Sample]] = {name: [] for name in expected}
        self.health: dict[str, Health] = {}
        self.nodes = {
            link: AvrNode(avr.firmware(name), str(folder / f"tty-{link}"), f"--uid={uid}",
                          "--boots=0", f"--seed={uid}", *options)
            for uid, (link, name) in enumerate(boards.items(), 1)
        }  # fmt: skip
        self.bridge = self.new_bridge()

    def new_bridge(self) -> Bridge:
        return Bridge([str(self._folder / "tty-*")], self._expected)

    def __enter__(self) -> Room:
        self.bridge.start()
        return self

    def __exit__(self, *what: object) -> None:
        self.bridge.close()
        for node in self.nodes.values():
            node.close()

    def replace_bridge(self) -> None:
        """Another host takes over, as after a restart of the program."""
        self.bridge.close()
        self.health.clear()
        self.bridge = self.new_bridge()
        self.bridge.start()

    def terminal(self, link: str) -> Path:
        """Where the link of a board leads."""
        return (self._folder / f"tty-{link}").resolve()

    def drain(self) -> None:
        samples, health = self.bridge.drain()
        for sample in samples:
            self.samples[sample.node].append(sample)
        self.health.update((told.node, told) for told in health)

    def until(self, done: Callable[[], object]) -> None:
        """Drain until it is so; fails at a generous deadline."""
        deadline_s = time.monotonic() + PATIENCE_S
        self.drain()
        while not done():
            assert time.monotonic() < deadline_s, f"waited in vain; {self.health}"
            self.bridge.wait(0.02)
            self.drain()

    def is_live(self, name: str) -> bool:
        return name in self.health and self.health[name].state == "live"

    def until_live(self) -> None:
        self.until(lambda: all(self.is_live(name) for name in self._expected))

    def hear(self, count: int = 1) -> None:
        """So many samples more of each node."""
        for samples in self.samples.values():
            samples.clear()
        self.until(lambda: all(len(samples) >= count for samples in self.samples.values()))


def bench(folder: Path, *options: str) -> Room:
    """A room with one board, that of objects/bench.h; its link is `bench`."""
    return Room(folder, {"bench": "bench"}, BENCH, *options)


def board_s(node: AvrNode) -> float:
    """How long the board has run, by its own clock."""
    return node.stats()["cycles"] / CYCLES_PER_S


def watch(room: Room, node: AvrNode, output: str) -> Iterator[Seen]:
    """What an output is, again and again, and the bridge served; ends at a generous deadline."""
    deadline_s = time.monotonic() + PATIENCE_S
    before_s = board_s(node)
    while time.monotonic() < deadline_s:
        room.bridge.wait(0.0)
        after_s, value = before_s, node.outputs()[output]
        before_s = board_s(node)
        yield Seen(after_s, value, before_s)
    raise AssertionError(f"{output} stays {value}")


def descriptors(pid: int | str = "self") -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def is_open_here(path: Path) -> bool:
    """Whether this process has it open."""
    return any(link.resolve() == path for link in Path("/proc/self/fd").iterdir())
