"""Sixty-four nodes at 100 Hz into a real show process: is anything lost, and what does it cost?

Run `python tests/soak/nodes64.py --nodes 64 --for 30`. Rounds with 4 nodes and with all of them
take turns. Every frame has its number in a channel: what the nodes sent is what the core must
have heard. The nodes live in a process of their own, on ptys; like USB they speak on the
millisecond. `./test` runs a small part (tests/adapters/test_many_nodes.py).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import installation.run.show  # noqa: E402  the root must be on the path
from firmware_bridge import messages as m  # noqa: E402
from firmware_bridge.simulated.node import SimulatedNode  # noqa: E402
from firmware_bridge.simulated.pty import PtyNode  # noqa: E402
from installation.core.inputs import Inputs  # noqa: E402
from installation.core.outputs import Outputs  # noqa: E402
from installation.edition import Edition  # noqa: E402
from installation.run import roles  # noqa: E402
from installation.run.measure import Readings  # noqa: E402
from installation.run.show import Performance  # noqa: E402
from installation.run.zenoh_bus import open_bus  # noqa: E402

FEW = 4
RATE_HZ = 100
PATIENCE_S = 120.0
SHOW = """\
show: many
title: Many Nodes
attract: waiting
acts: [waiting]
palette: {gold: "#c9a24b"}
surfaces:
  wall: {width: 6m, height: 337.5cm}
layers:
  garden: {surface: wall, visual: garden.fs, inputs: {level: 0.4}}
"""
ACT = """\
act: waiting
title: Waiting
start: dark
mappings:
  - {from: weight_0, to: garden, in: [0N, 30N], out: [0, 1], lag: 300ms}
scenes:
  dark:
    cues:
      - {cue: W1, at: 0s, every: 2s, look: {garden.level: 1}, fade: 900ms}
      - {cue: W2, at: 1s, every: 2s, look: {garden.level: 0}, fade: 900ms}
"""
GARDEN = """\
/*{"ISFVSN": "2", "INPUTS": [
  {"NAME": "level", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.5}]}*/
void main() { gl_FragColor = vec4(level); }
"""
CHANNELS = ("distance", "weight", "touch", "frame")


def write_show(folder: Path, nodes: dict[str, tuple[str, ...]], signals: list[str]) -> None:
    """A show whose layer is always on the move, with every channel patched."""
    told = [SHOW, "nodes:"]
    told += [
        f"  {name}: {{channels: [{', '.join(of)}], outputs: []}}" for name, of in nodes.items()
    ]
    told.append("patch:")
    told += [f"  {channel}_{name[1:]}: {name}.{channel}" for name, of in nodes.items()
             for channel in of]  # fmt: skip
    told += ["outputs: {}", "stems: {}", "signals:", *signals]
    for path, text in (("show.yaml", "\n".join(told) + "\n"), ("acts/waiting.yaml", ACT),
                       ("visuals/garden.fs", GARDEN)):  # fmt: skip
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


class Counting(Performance):
    """Counts what reaches the core; other figures are from when all nodes have been heard."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.heard: Counter[str] = Counter()
        self._since = self._until = spent()

    def _advance(self, inputs: Inputs, edition: Edition | None) -> Outputs:
        are_all = len(self.heard) == len(self.conductor.show.nodes)
        self.heard.update(sample.node for sample in inputs.samples)
        if not are_all and len(self.heard) == len(self.conductor.show.nodes):
            self.lateness, self._since = Readings(), spent()
        if inputs.samples:
            self._until = spent()
        return super()._advance(inputs, edition)

    def figures(self) -> dict[str, Any]:
        ports = self.bridge.ports()
        told = {"dropped": sum(port.dropped for port in ports),
                "corrupt": sum(port.corrupt for port in ports),
                "overrun": self.bridge.overrun, "cpu": share(self._since, self._until)}  # fmt: skip
        return {**super().figures(), "heard": dict(self.heard), **told}


def spent() -> tuple[float, float]:
    """(seconds that have gone, seconds of them that this process worked)."""
    return time.monotonic(), time.process_time()


def share(since: tuple[float, float], until: tuple[float, float]) -> float:
    """Of one core."""
    return (until[1] - since[1]) / max(1e-6, until[0] - since[0])


def endpoint(folder: Path) -> str:
    return f"unixsock-stream/{folder}/bus"


def perform(folder: Path, kind: type[Performance]) -> None:
    """The show process, as `python -m installation show` is, but for the kind of performance."""
    installation.run.show.Performance = kind  # type: ignore[misc]  # a seam for this soak alone
    roles.show(show=folder / "show", bus=endpoint(folder), out=folder / "out", osc_out=[], act=[],
               expect=[], config=folder / "config" / "site.toml")  # fmt: skip


def be_hardware() -> None:
    """Boards do not wait for what else runs on this machine: before it, where that may be."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(roles.REALTIME))


class Numbered(SimulatedNode):
    """Falls silent after `frames`; the last of its channels is the number of the frame."""

    def __init__(self, name: str, uid: int, frames: int) -> None:
        super().__init__(name, CHANNELS, (), uid=uid, period_us=1_000_000 // RATE_HZ,
                         ranges={"frame": ("frames", 0.0, 1e9)})  # fmt: skip
        self.sent, self._frames = 0, frames
        self._phase_us = random.Random(uid).randrange(1_000_000 // RATE_HZ)

    @property
    def is_over(self) -> bool:
        return self.sent == self._frames

    def advance(self, now_us: int) -> bytes:
        if self.is_over:
            self.next_us = now_us + 1_000_000
            return b""
        self.set_values((1.0 + self.sent % 13 * 0.01, 15.0, 0.0, float(self.sent + 1)))
        said = super().advance(now_us)
        if said[2:3] == bytes((m.TELEMETRY,)):
            self.next_us += 0 if self.sent else self._phase_us
            self.sent += 1
        return said


def speak(folder: Path, count: int, frames: int) -> None:
    """The nodes' process; what was sent is printed when stdin ends."""
    be_hardware()
    nodes = [Numbered(f"n{i}", i + 1, frames) for i in range(count)]
    ptys = [PtyNode(node, str(folder / f"tty-{node.name}")) for node in nodes]
    since = until = None
    with selectors.DefaultSelector() as selector:
        for pty in ptys:
            selector.register(pty, selectors.EVENT_READ, pty)
        selector.register(sys.stdin, selectors.EVENT_READ, None)
        while True:
            early_us = min(node.next_us for node in nodes) - time.monotonic_ns() // 1000
            ready = [key.data for key, _ in selector.select(max(0.001, early_us / 1e6))]
            if None in ready and not os.read(sys.stdin.fileno(), 4096):
                break
            now_us = time.monotonic_ns() // 1000
            for pty in ptys:
                if pty in ready or pty.node.next_us <= now_us:
                    pty.pump(now_us)
            if since is None and all(node.sent for node in nodes):
                since = spent()
            elif until is None and all(node.is_over for node in nodes):
                until = spent()
    print(json.dumps({"sent": {node.name: node.sent for node in nodes},
                      "lost": sum(pty.lost for pty in ptys),
                      "cpu": share(since, until) if since and until else None}))  # fmt: skip


def together(folder: Path, speaker: list[str], performer: list[str],
             is_over: Callable[[dict[str, float]], bool]) -> list[dict[str, Any]]:  # fmt: skip
    """Both processes, until the core's channels say that it is over.

    What the speaker and the show told at their end. The speaker is told by a line on its stdin
    when all nodes are live.
    """
    newest: dict[str, float] = {}
    news, are_live = threading.Event(), threading.Event()

    def hear(topic: str, payload: bytes) -> None:
        status = json.loads(payload)
        for name, value in status["channels"].items():
            newest[name] = max(newest.get(name, 0.0), value or 0.0)
        if all(node["state"] == "live" for node in status["nodes"]):
            are_live.set()
        news.set()

    bus = open_bus(endpoint(folder), listen=True)
    bus.subscribe("status", hear)
    pipe = subprocess.PIPE
    speaks = subprocess.Popen([sys.executable, *speaker], stdin=pipe, stdout=pipe, text=True)
    performs = subprocess.Popen([sys.executable, *performer])
    assert speaks.stdin is not None and speaks.stdout is not None
    try:
        deadline_s, is_told = time.monotonic() + PATIENCE_S, False
        while not is_over(dict(newest)) and time.monotonic() < deadline_s:
            news.wait(1.0)
            news.clear()
            if are_live.is_set() and not is_told:
                is_told = True
                print("go", file=speaks.stdin, flush=True)
        performs.terminate()
        performs.wait(PATIENCE_S)
        speaks.stdin.close()
        spoken = json.loads(speaks.stdout.read())
    finally:
        for process in (speaks, performs):
            process.kill()
            process.wait()
        speaks.stdout.close()
        bus.close()
    return [spoken, json.loads((folder / "out" / "figures.json").read_text())]


class Told(NamedTuple):
    """Of one round: what each node sent and the core heard of it, and how it went."""

    sent: dict[str, int]
    heard: dict[str, int]
    lost: int
    """Frames that a node could not hand to its full pty."""
    gaps: int
    corrupt: int
    overrun: int
    lateness: dict[str, float]
    show_cpu: float
    nodes_cpu: float


def play(count: int, frames: int) -> Told:
    """`count` nodes say `frames` frames each to a show process."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder, nodes = Path(name), {f"n{i}": CHANNELS for i in range(count)}
        write_show(folder / "show", nodes, [
            f"  near_{i}: {{presence: distance_{i}, below: 1.06m, leave: 1.1m}}"
            for i in range(count)
        ])  # fmt: skip
        (folder / "config").mkdir()
        (folder / "config" / "site.toml").write_text(f'serial_ports = ["{folder}/tty*"]\n')
        spoken, told = together(
            folder, [__file__, "--speak", name, str(count), str(frames)],
            [__file__, "--perform", name],
            lambda newest: all(newest.get(f"frame_{i}") == frames for i in range(count)),
        )  # fmt: skip
    return Told(spoken["sent"], told["heard"], spoken["lost"], told["dropped"], told["corrupt"],
                told["overrun"], told["lateness"], told["cpu"], spoken["cpu"])  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--nodes", type=int, default=64)
    options.add_argument("--for", type=float, default=30.0, dest="for_s", help="seconds a round")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--speak", nargs=3, help=argparse.SUPPRESS)
    options.add_argument("--perform", help=argparse.SUPPRESS)
    told = options.parse_args()
    if told.speak:
        speak(Path(told.speak[0]), int(told.speak[1]), int(told.speak[2]))
    elif told.perform:
        perform(Path(told.perform), Counting)
    else:
        sys.exit(0 if compare(told.nodes, round(told.for_s * RATE_HZ), told.rounds) else 1)


def compare(nodes: int, frames: int, rounds: int) -> bool:
    """Prints the table; whether nothing was lost."""
    print("lateness: of the show's due moments; cores: what each process takes of one")
    print(f"{'nodes':>5}{'sent':>10}{'heard':>10}{'gaps':>6}{'corrupt':>9}{'overrun':>9}"
          f"{'late p50':>10}{'p99, ms':>9}{'worst':>9}{'show':>7}{'nodes':>7}")  # fmt: skip
    is_whole = True
    for _ in range(rounds):
        for count in (FEW, nodes):
            told = play(count, frames)
            is_whole &= told.sent == told.heard and not told.gaps
            late = told.lateness
            print(f"{count:5}{sum(told.sent.values()):10,}{sum(told.heard.values()):10,}"
                  f"{told.gaps:6}{told.corrupt:9}{told.overrun:9}{late['p50_ms']:10.3f}"
                  f"{late['p99_ms']:9.3f}{late['max_ms']:9.3f}{told.show_cpu:7.0%}"
                  f"{told.nodes_cpu:7.0%}", flush=True)  # fmt: skip
    print("nothing was lost" if is_whole else "something was lost")
    return is_whole


if __name__ == "__main__":
    main()
