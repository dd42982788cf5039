"""The parent process: starts the others, keeps them up, shows progress, gives the verdict."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from installation.run.live import Screen
from installation.run.supervisor import Child, supervise
from installation.run.zenoh_bus import open_bus

OPTIONAL = ("stage", "sound", "panel")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start. `ports` empty: simulated nodes and `crowd`."""

    show: Path
    out: Path
    ports: tuple[str, ...] = ()
    crowd: str = ""
    seed: int = 1
    first_act: str = ""
    seconds: float | None = None
    headless: bool = False
    without: frozenset[str] = frozenset()
    host: str = "127.0.0.1"
    port: int = 8000
    osc: tuple[str, ...] = ()
    size: str = "640x360"


def children(plan: Plan, run: Path) -> list[Child]:
    """One child for each role; each names its role in its command line."""
    endpoint = f"unixsock-stream/{run}/bus"

    def child(role: str, *more: str, nice: int = 0, essential: bool = False) -> Child:
        argv = [sys.executable, "-m", "installation", role, "--show", str(plan.show),
                "--bus", endpoint, *more]  # fmt: skip
        return Child(role, tuple(argv), {}, essential, nice)

    ports = [f"--serial={p}" for p in plan.ports] or ["--run", str(run)]
    osc = [f"--osc-out={o}" for o in plan.osc]
    first = [f"--first={plan.first_act}"] if plan.first_act else []
    seed = f"--seed={plan.seed}"
    found = [child("show", *ports, *osc, *first, seed, "--out", str(plan.out), essential=True)]
    if "stage" not in plan.without:
        look = ["--headless"] if plan.headless else []
        found.append(child("stage", f"--size={plan.size}", *look, nice=5))
    if "sound" not in plan.without:
        found.append(child("sound"))
    if "panel" not in plan.without:
        found.append(child("panel", f"--host={plan.host}", f"--port={plan.port}", nice=2))
    if not plan.ports:
        found.append(child("visitors", "--run", str(run), f"--crowd={plan.crowd}", seed))
    return found


def play(plan: Plan, console: Console) -> dict[str, Any]:
    """Play until Ctrl-C, SIGTERM or `seconds` of show time; the figures of the evening."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    plan.out.mkdir(parents=True, exist_ok=True)
    for stale in ("timeline.jsonl", "figures.json"):
        (plan.out / stale).unlink(missing_ok=True)
    restarts: list[str] = []
    with tempfile.TemporaryDirectory(prefix="installation-") as folder:
        run = Path(folder)
        bus = open_bus(f"unixsock-stream/{run}/bus", listen=True)
        screen = Screen(bus, console, f"http://{plan.host}:{plan.port}"
                        if "panel" not in plan.without else "without")  # fmt: skip

        def report(line: str) -> None:
            restarts.append(line)
            screen.say(line)

        keeper = threading.Thread(
            target=supervise, args=(children(plan, run),), kwargs={"stop": stop, "report": report}
        )
        with screen:
            keeper.start()
            end_s = None if plan.seconds is None else time.monotonic() + plan.seconds
            last: dict[str, Any] = {}
            while not stop.wait(0.25):
                screen.draw()
                last = screen.latest or last
                if end_s is not None and last and time.monotonic() >= end_s:
                    break
            stop.set()
            keeper.join()
        bus.close()
    return _figures(plan.out, last, restarts)


def _figures(out: Path, last: dict[str, Any], restarts: Sequence[str]) -> dict[str, Any]:
    figures: dict[str, Any] = {"restarts": list(restarts), "last": last}
    path = out / "figures.json"
    if path.exists():
        figures |= json.loads(path.read_text())
    return figures
