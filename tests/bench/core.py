"""What a moment of the show costs, and how punctual a list of timed cues is.

Run `python tests/bench/core.py`, or name parts of it: `growth evening resonance list`.

growth     one `advance` with 10 to 10,000 cues written and 10 to 1,000 signals, the same ten
           active, beside the floor: a copy of the state's dictionaries
resonance  every moment of a recorded opening night of shows/resonance, scene by scene
evening    half an hour of it, by the command that a newcomer types
list       200 timed cues that send OSC, from due to received by another process, beside a
           bare Python process that sleeps until each moment

Prints tables; asserts nothing about time.
"""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from select import select

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402  the root must be on the path
from rich.progress import track  # noqa: E402

from firmware_bridge.sample import Sample  # noqa: E402
from firmware_bridge.simulated.pty import PtyNode  # noqa: E402
from installation.core.advance import advance, begin  # noqa: E402
from installation.core.inputs import Inputs  # noqa: E402
from installation.core.outputs import Outputs  # noqa: E402
from installation.core.state import State  # noqa: E402
from installation.run.conductor import Conductor  # noqa: E402
from installation.run.rehearse import Rehearsal, simulated_nodes  # noqa: E402
from installation.run.visitors import ports  # noqa: E402
from installation.run.zenoh_bus import open_bus  # noqa: E402
from installation.showfile.load import load  # noqa: E402
from installation.showfile.model import (  # noqa: E402
    Act,
    Compare,
    Cue,
    Fade,
    Layer,
    Map,
    Node,
    Scene,
    Send,
    Show,
    Signal,
    Surface,
)

SECOND = 1_000_000
HOUR = 3600 * SECOND
STEP_US = 5_000
ACTIVE = 10
CUES = (10, 100, 1_000, 10_000)
SIGNALS = (10, 100, 1_000)
ROUNDS, MOMENTS = 15, 200
NIGHT_S = 1_100
RESONANCE = ROOT / "shows/resonance"
LISTED, LIST_S = 200, 40.0

console = Console(stderr=True)


def median(took: Sequence[float]) -> float:
    return sorted(took)[len(took) // 2]


def p99(took: Sequence[float]) -> float:
    return sorted(took)[int(len(took) * 0.99)]


# How the cost grows


def show_of(scenes: Sequence[Scene], signals: Sequence[Signal]) -> Show:
    act = Act("day", "Day", scenes[0].name, {s.name: s for s in scenes}, (), ())
    return Show(
        name="growth", title="Growth", attract="day", acts={"day": act},
        nodes={"post": Node("post", ("distance", "touch"), ("lamp",))},
        patch={"distance": ("post", 0), "touch": ("post", 1)}, outputs={"lamp": ("post", 0)},
        surfaces=(Surface("wall", 4.0, 3.0),),
        layers=(Layer("glow", "wall", "glow.fs", "over", {"warmth": 0.2}),),
        stems=(), signals=tuple(signals), palette={},
    )  # fmt: skip


def scene(name: str, cues: Sequence[Cue]) -> Scene:
    warmth = Map("near_0", "layer.glow.warmth", 0.0, 1.0, 0.2, 1.0)
    return Scene(name, {"layer.glow.opacity": 1.0}, 0, tuple(cues), (warmth,), (), "")


def level(name: str, of: str) -> Signal:
    return Signal(name, "level", (of,), {"low": 0.0, "high": 4.0, "lag": 0.0})


def timed(i: int, at_us: int, every_us: int = 0) -> Cue:
    does = (Fade("output.lamp", i % 10 / 10), Send("/cue", (i,)))
    return Cue(f"T{i}", does, at_us=at_us, every_us=every_us)


def awaited(i: int, of: str) -> Cue:
    does = (Fade("output.lamp", i % 10 / 10), Send("/cue", (i,)))
    return Cue(f"W{i}", does, when=Compare(of, ">", 0.02 + (i % ACTIVE) * 0.098))


def active(kind: str) -> list[Cue]:
    """Ten that work all the time: one every 5 ms, or whenever the hand passes."""
    if kind == "at":
        return [timed(i, i * STEP_US, ACTIVE * STEP_US) for i in range(ACTIVE)]
    return [awaited(i, "near_0") for i in range(ACTIVE)]


def idle(kind: str, i: int) -> Cue:
    return timed(i, HOUR + i * STEP_US) if kind == "at" else awaited(i, "still")


def grown(kind: str, where: str, cues: int) -> Show:
    """`cues` written, ten of them active; the others in scenes of ten, or later in the same."""
    rest = [idle(kind, i) for i in range(ACTIVE, cues)]
    if where == "same":
        scenes = [scene("open", [*active(kind), *rest])]
    else:
        others = [rest[i : i + 10] for i in range(0, len(rest), 10)]
        scenes = [scene("open", active(kind)), *(scene(f"s{i}", c) for i, c in enumerate(others))]
    return show_of(scenes, [level("near_0", "distance"), level("still", "touch")])


def sensed(signals: int) -> Show:
    """`signals` written; ten read the hand that moves, the others one that never comes."""
    made = [level(f"near_{i}", "distance") for i in range(ACTIVE)]
    made += [level(f"far_{i}", "touch") for i in range(signals - ACTIVE)]
    return show_of([scene("open", active("at"))], made)


class Player:
    """A show in the middle of a scene, where each moment brings a reading."""

    def __init__(self, show: Show) -> None:
        self.program, self.state = begin(show, 1, 0)
        self.took_us: list[float] = []
        self.floor_us: list[float] = []
        self._moment = 0
        self.play(MOMENTS, note=False)

    def play(self, moments: int, note: bool = True) -> None:
        for _ in range(moments):
            self._moment += 1
            near = 2.0 + 2.0 * (-1) ** self._moment * (self._moment % 97) / 97
            inputs = Inputs(self._moment * STEP_US, (Sample("post", 0, (near, 0.0)),))
            begun = time.perf_counter_ns()
            self.state, _ = advance(self.program, self.state, inputs)
            ended = time.perf_counter_ns()
            if note:
                self.took_us.append((ended - begun) / 1e3)
                self.floor_us.append(copied_us(self.state))


def copied_us(state: State) -> float:
    """The least that a moment can cost: a copy of each dictionary of the state."""
    held = [getattr(state, f.name) for f in fields(State)]
    held = [value for value in held if isinstance(value, dict)]
    begun = time.perf_counter_ns()
    for value in held:
        value.copy()
    return (time.perf_counter_ns() - begun) / 1e3


def growth() -> None:
    kinds = [("at", "other scenes"), ("at", "same"), ("when", "other scenes"), ("when", "same")]
    series = {
        f"cues, {kind}, {'in other scenes' if where != 'same' else 'later in the scene'}": {
            n: lambda k=kind, w=where, n=n: grown(k, w, n) for n in CUES
        }
        for kind, where in kinds
    }
    series["signals"] = {n: lambda n=n: sensed(n) for n in SIGNALS}
    print(f"{'one advance, µs':<34}{'written':>8}{'median':>8}{'p99':>8}{'ratio':>7}{'floor':>8}")
    for name, sizes in series.items():
        players = {n: Player(build()) for n, build in sizes.items()}
        for _ in track(range(ROUNDS), name, console=console, transient=True):
            for player in players.values():  # side by side, so that the machine's noise is shared
                player.play(MOMENTS)
        least = median(next(iter(players.values())).took_us)
        for n, player in players.items():
            mid = median(player.took_us)
            print(f"{name:<34}{n:>8}{mid:8.1f}{p99(player.took_us):8.1f}{mid / least:7.2f}"
                  f"{median(player.floor_us):8.2f}", flush=True)  # fmt: skip
            name = ""


# The piece itself


class Recorder(Conductor):
    """Keeps every input."""

    def __init__(self, show: Show) -> None:
        super().__init__(show, 1, 0)
        self.heard: list[Inputs] = []

    def advance(self, inputs: Inputs) -> Outputs:
        self.heard.append(inputs)
        return super().advance(inputs)


def recorded(show: Show) -> list[Inputs]:
    recorder = Recorder(show)
    night = Rehearsal(recorder, crowd="opening-night", seed=1)
    with console.status("recording an opening night"):
        night.play(NIGHT_S * SECOND, lambda _: None)
    return recorder.heard


def resonance() -> None:
    show = load(RESONANCE)
    heard = recorded(show)
    moved: dict[tuple[str, str], list[float]] = {}
    rested: dict[tuple[str, str], list[float]] = {}
    program, state = begin(show, 1, 0)
    gc.collect()
    gc.freeze()
    for inputs in track(heard, "playing it again", console=console, transient=True):
        begun = time.perf_counter_ns()
        state, out = advance(program, state, inputs)
        took_us = (time.perf_counter_ns() - begun) / 1e3
        is_moved = out.changed or out.events or out.messages or out.shots
        (moved if is_moved else rested).setdefault((state.act, state.scene), []).append(took_us)
    print(f"\nshows/resonance, {len(heard)} moments of {NIGHT_S} s, one advance, µs")
    print(f"{'':<30}{'something changed':>28}{'nothing did':>28}")
    print(f"{'':<30}{'moments':>12}{'median':>8}{'p99':>8}{'moments':>12}{'median':>8}{'p99':>8}")
    every = [t for took in moved.values() for t in took], [t for r in rested.values() for t in r]
    print(line("all", *every))
    busiest = sorted(
        (at for at in moved if len(moved[at]) >= 500), key=lambda at: -median(moved[at])
    )
    for at in busiest[:6]:
        print(line("/".join(at), moved[at], rested.get(at, [])))


def line(name: str, *columns: list[float]) -> str:
    shown = [f"{len(c):12}{median(c):8.1f}{p99(c):8.1f}" if c else f"{0:12}" for c in columns]
    return f"{name:<30}{''.join(shown)}"


def evening() -> None:
    with tempfile.TemporaryDirectory() as out, console.status("half an hour of show"):
        begun_s = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "installation", "rehearse", "--speed", "max", "--for", "30m",
             "--without", "stage,sound,panel", "--crowd", "opening-night", "--out", out],
            cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        took_s = time.perf_counter() - begun_s
    used = getrusage(RUSAGE_CHILDREN)
    print(f"\n30 min of shows/resonance, --speed max --without stage,sound,panel: {took_s:.1f} s, "
          f"{used.ru_utime + used.ru_stime:.1f} s of processor")  # fmt: skip


# A list of timed cues

PEER = """
import socket, time
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 0))
print(udp.getsockname()[1], flush=True)
while True:
    packet = udp.recv(65536)
    now_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    at = packet.find(b"/list/")
    while at >= 0:
        print(now_us, int(packet[at + 6 : packet.index(0, at)]), flush=True)
        at = packet.find(b"/list/", at + 6)
"""
BARE = """
import socket, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for word in sys.argv[2:]:
    i, due_us = map(int, word.split(":"))
    time.sleep(max(0, due_us - time.monotonic_ns() // 1000) / 1e6)
    out.sendto(b"/list/%d\\0" % i, ("127.0.0.1", int(sys.argv[1])))
"""


@contextmanager
def peer() -> Iterator[tuple[int, Callable[[], dict[int, int]]]]:
    """A process that receives: its port, and when it got each cue."""
    child = subprocess.Popen([sys.executable, "-c", PEER], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None

    def heard() -> dict[int, int]:
        child.terminate()
        words = (line.split() for line in child.stdout or ())
        return {int(i): int(now_us) for now_us, i in words}

    try:
        yield int(child.stdout.readline()), heard
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def listed(folder: Path, ats_us: Sequence[int]) -> Path:
    """A show of one scene, with the nodes of shows/resonance."""
    (folder / "acts").mkdir(parents=True)
    nodes = {n.name: {"channels": list(n.channels), "outputs": list(n.outputs)}
             for n in load(RESONANCE).nodes.values()}  # fmt: skip
    (folder / "show.yaml").write_text(
        "show: list\ntitle: A List\nattract: all\nacts: [all]\n"
        f"surfaces: {{wall: {{width: 4m, height: 3m}}}}\nnodes: {json.dumps(nodes)}\n"
    )
    cues = "".join(f"      - {{cue: L{i}, at: {at_us}us, osc: [/list/{i}, {i}]}}\n"
                   for i, at_us in enumerate(ats_us))  # fmt: skip
    (folder / "acts/all.yaml").write_text(
        f"act: all\ntitle: All\nstart: on\nscenes:\n  on:\n    cues:\n{cues}"
    )
    return folder


@contextmanager
def speaking(run: Path, show: Show) -> Iterator[None]:
    """The show's nodes on ptys, each saying fifty times a second what it measures."""
    paths = ports(run, show)
    ptys = [PtyNode(n, p) for n, p in zip(simulated_nodes(show), paths, strict=True)]
    stop = threading.Event()

    def pump() -> None:
        while not stop.is_set():
            for pty in ptys:
                pty.pump(time.monotonic_ns() // 1000)
            due_us = min(pty.node.next_us for pty in ptys)
            select(ptys, [], [], max(0.0, due_us / 1e6 - time.monotonic()))

    thread = threading.Thread(target=pump)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for pty in ptys:
            pty.unplug()


def by_the_show(ats_us: Sequence[int]) -> list[float]:
    """How late each cue was received, ms: the real show process with its nodes and its bus."""
    with tempfile.TemporaryDirectory(prefix="installation-") as folder, peer() as (port, heard):
        run = Path(folder)
        directory = listed(run / "show", ats_us)
        endpoint = f"unixsock-stream/{run}/bus"
        bus = open_bus(endpoint, listen=True)
        with speaking(run, load(directory)):
            child = subprocess.Popen(
                [sys.executable, "-m", "installation", "show", "--show", str(directory), "--bus",
                 endpoint, "--run", str(run), "--out", str(run / "out"), "--osc-out",
                 f"127.0.0.1:{port}"], cwd=ROOT,
            )  # fmt: skip
            with console.status(f"{LISTED} cues by the show, {LIST_S:.0f} s"):
                time.sleep(LIST_S + 5.0)
            child.terminate()
            child.wait(10)
        bus.close()
        begun_us = json.loads((run / "out/latch.json").read_text())["begun_us"]
        told = (json.loads(t) for t in (run / "out/timeline.jsonl").read_text().splitlines())
        scene_s = next(event["t_s"] for event in told if event["kind"] == "scene")
        start_us = begun_us + round(scene_s * 1e6)
        own = json.loads((run / "out/figures.json").read_text())["lateness"]
        print(f"  the show's own lateness of due moments: p50 {own['p50_ms']:.3f} ms, "
              f"p99 {own['p99_ms']:.3f} ms")  # fmt: skip
        return late_ms({i: start_us + at_us for i, at_us in enumerate(ats_us)}, heard())


def by_a_bare_process(ats_us: Sequence[int]) -> list[float]:
    with peer() as (port, heard):
        start_us = time.monotonic_ns() // 1000
        due_us = {i: start_us + at_us for i, at_us in enumerate(ats_us)}
        words = [f"{i}:{us}" for i, us in due_us.items()]
        with console.status(f"{LISTED} cues by a bare process, {LIST_S:.0f} s"):
            subprocess.run([sys.executable, "-c", BARE, str(port), *words], check=True)
            time.sleep(0.2)
        return late_ms(due_us, heard())


def late_ms(due_us: dict[int, int], heard_us: dict[int, int]) -> list[float]:
    """In the order of the list; what never came is left out, and so seen in the count."""
    return [(heard_us[i] - at_us) / 1e3 for i, at_us in due_us.items() if i in heard_us]


def list_() -> None:
    dice = random.Random(1)
    ats_us = sorted(dice.randrange(SECOND, round(LIST_S * SECOND)) for _ in range(LISTED))
    print(f"\n{'due → received by another process, ms':<40}{'cues':>6}{'p50':>8}{'p99':>8}"
          f"{'worst':>8}{'drift/min':>11}")  # fmt: skip
    for name, way in (("a bare sleep and sendto", by_a_bare_process), ("the show", by_the_show)):
        late = way(ats_us)
        quarter = len(late) // 4
        drift = median(late[-quarter:]) - median(late[:quarter])
        print(f"{name:<40}{len(late):>6}{median(late):8.3f}{p99(late):8.3f}{max(late):8.3f}"
              f"{drift / (0.75 * LIST_S / 60):11.3f}", flush=True)  # fmt: skip


PARTS = {"growth": growth, "evening": evening, "resonance": resonance, "list": list_}


def main() -> None:
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()


if __name__ == "__main__":
    main()
