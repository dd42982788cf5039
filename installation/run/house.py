"""The parent process: starts the others, keeps them up, shows progress."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console

from installation.run.latch import FILE
from installation.run.live import Screen
from installation.run.resume import FILE as STATE
from installation.run.supervisor import Child, Supervisor
from installation.run.zenoh_bus import open_bus

OPTIONAL = ("stage", "sound", "panel")
LOOK_S = 0.05
DRAW_S = 0.25
START_S = 30.0
"""A show that has not begun by then is given up."""
FROZEN_S = 5.0
"""A process that says nothing for so long is started again."""
LEAVINGS = ("timeline.jsonl", "figures.json", "album.json", "house.log")
WHERE = "house.json"
"""Tells `installation nodes` where the house is heard while it plays."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to play, and with what. Without `config` there are simulated nodes and a `crowd`;
    with it, the gear that it names.

    `speed` is how many times faster than real time; `size` that of one surface, in pixels;
    with `watch_show` an edit of the show's files takes effect while it plays; `record` is the
    file that keeps all that is played.
    """

    show: Path
    out: Path
    config: Path | None = None
    nodes: str = "simulated"
    crowd: str = "opening-night"
    seed: int = 1
    acts: tuple[str, ...] = ()
    seconds: float | None = None
    speed: float = 1.0
    headless: bool = False
    without: frozenset[str] = frozenset()
    host: str = "127.0.0.1"
    port: int = 8000
    osc: tuple[str, ...] = ()
    size: tuple[int, int] = (640, 360)
    watch_show: bool = False
    record: Path | None = None

    @property
    def is_rehearsal(self) -> bool:
        return self.config is None


@dataclass(slots=True)
class Played:
    """What came of it: the newest status, the show's own figures, what was at fault."""

    status: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    interrupted: bool = False


def children(plan: Plan, run: Path) -> list[Child]:
    """One child for each role."""
    common = (f"--show={plan.show}", f"--bus={_endpoint(run)}")
    show = [*common, f"--out={plan.out}", f"--seed={plan.seed}",
            *(f"--osc-out={o}" for o in plan.osc), *(f"--act={a}" for a in plan.acts)]  # fmt: skip
    show += [f"--record={plan.record}"] * (plan.record is not None)
    show += [f"--expect={role}" for role in OPTIONAL if role not in plan.without]
    found: list[Child] = []
    if plan.speed != 1.0:
        show += [f"--speed={plan.speed:g}", f"--crowd={plan.crowd}"]
    elif plan.is_rehearsal:
        show += [f"--run={run}"]
        visitors = (*common, f"--run={run}", f"--crowd={plan.crowd}", f"--seed={plan.seed}",
                    f"--nodes={plan.nodes}")  # fmt: skip
        found.append(Child("visitors", visitors))
    else:
        show += [f"--config={plan.config}"]
    found.append(Child("show", tuple(show), essential=True))
    if "stage" not in plan.without:
        stage = [*common, f"--size={plan.size[0]}x{plan.size[1]}"]
        stage += ["--headless"] * plan.headless + ["--closable"] * plan.is_rehearsal
        found.append(Child("stage", tuple(stage), closes=plan.is_rehearsal))
    if "sound" not in plan.without:
        found.append(Child("sound", common))
    if "panel" not in plan.without:
        found.append(Child("panel", (*common, f"--host={plan.host}", f"--port={plan.port}")))
    if plan.watch_show:
        found.append(Child("edits", common))
    return found


def play(plan: Plan, console: Console) -> Played:
    """Play until Ctrl-C, SIGTERM, `seconds` of show time, or the end of the chosen acts."""
    played, stop = Played(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    for stale in (*LEAVINGS, *[FILE, STATE] * plan.is_rehearsal):
        (plan.out / stale).unlink(missing_ok=True)
    address = "" if "panel" in plan.without else f"http://{plan.host}:{plan.port}"
    with (
        tempfile.TemporaryDirectory(prefix="installation-") as folder,
        (plan.out / "house.log").open("w", encoding="utf-8") as log,
    ):
        run = Path(folder)
        bus = open_bus(_endpoint(run), listen=True)
        where = {"bus": _endpoint(run), "pid": os.getpid()}
        (plan.out / WHERE).write_text(json.dumps(where))
        try:
            with Screen(bus, console, address, plan.seconds) as screen:
                _keep(plan, run, played, screen, log, stop)
                played.status = screen.latest
        finally:
            (plan.out / WHERE).unlink(missing_ok=True)
            bus.close()
    played.interrupted = stop.is_set()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(OSError, ValueError):
        played.figures = json.loads((plan.out / "figures.json").read_text())
    if played.figures.get("troubles"):
        played.faults.append(f"{played.figures['troubles']} moments failed: see house.log")
    if played.figures.get("unwritten"):
        played.faults.append(f"{played.figures['unwritten']} lines of the timeline are missing")
    if not played.figures and not played.faults and not (played.interrupted and not played.status):
        played.faults.append("the show process left no figures: it did not end cleanly")
    return played


def _keep(plan: Plan, run: Path, played: Played, screen: Screen, log: TextIO,
          stop: threading.Event) -> None:  # fmt: skip
    begun_s = time.monotonic()

    def note(line: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a full disk ends no show
            log.write(f"{time.monotonic() - begun_s:9.2f} {line}\n")
            log.flush()
        screen.say(line)

    def report(line: str) -> None:
        played.faults.append(line)
        note(line)

    supervisor = Supervisor(children(plan, run), report, note)
    drawn_s = 0.0
    try:
        while not supervisor.over and not stop.wait(LOOK_S):
            supervisor.look()
            now_s = time.monotonic()
            if now_s - drawn_s >= DRAW_S:
                drawn_s = now_s
                screen.draw()
                for role, silent_s in screen.silent(FROZEN_S).items():
                    supervisor.insist(role, silent_s)
            if plan.seconds is not None and screen.played_s >= plan.seconds:
                break
            if not screen.latest and now_s - begun_s > START_S:
                report(f"the show has not begun within {START_S:g} s")
                break
    finally:
        supervisor.end()


def _endpoint(run: Path) -> str:
    return f"unixsock-stream/{run}/bus"
