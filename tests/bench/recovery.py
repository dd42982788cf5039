"""How long what was killed or unplugged is away, as the panel sees it.

Run `python tests/bench/recovery.py`. Beside each process, the floor on this machine: how long
a bare `python -c ""` takes to start and end. Prints a table; asserts nothing about time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "system")]

from whole_house import House, Status  # noqa: E402  the root must be on the path

ROUNDS = 3


def floor_s() -> float:
    begun_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - begun_s


def nodes_live(status: Status) -> bool:
    return all(node["state"] == "live" for node in status["nodes"])


def away_s(house: House, role: str) -> float:
    """From the kill until the new process has said that it works."""
    pid = house.pids()[role]
    begun_s = time.perf_counter()
    os.kill(pid, signal.SIGKILL)
    if role == "show":
        house.see(lambda s: s["loop"]["pid"] != pid and nodes_live(s))
    else:
        house.see(lambda s: s["processes"][role]["pid"] != pid)
    return time.perf_counter() - begun_s


def replug_s(house: House, node: str) -> float:
    """From the plug going in until the node's channels are known again."""
    house.cable("unplug", node)
    begun_s = time.perf_counter()
    house.cable("plug", node)
    house.see(lambda s: nodes_live(s) and s["channels"]["touch_1"] is not None)
    return time.perf_counter() - begun_s


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), "--crowd", "couple")
        house.see(lambda s: nodes_live(s) and {"stage", "sound", "panel"} <= s["processes"].keys())
        print(f"{'away, seconds':<24}{'median':>8}{'worst':>8}")
        floor = sorted(floor_s() for _ in range(ROUNDS))
        print(f"{'a bare Python process':<24}{floor[ROUNDS // 2]:8.2f}{floor[-1]:8.2f}")
        for role in ("stage", "sound", "panel", "show"):
            times = sorted(away_s(house, role) for _ in range(ROUNDS))
            print(f"{role:<24}{times[ROUNDS // 2]:8.2f}{times[-1]:8.2f}", flush=True)
        times = sorted(replug_s(house, "heap") for _ in range(ROUNDS))
        print(f"{'a node, plugged again':<24}{times[ROUNDS // 2]:8.2f}{times[-1]:8.2f}")
        house.end()


if __name__ == "__main__":
    main()
