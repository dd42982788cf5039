"""A whole installation in its own processes, as a member of staff and a technician see it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from installation.run.zenoh_bus import open_bus

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
Status = dict[str, Any]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def rehearse(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A rehearsal that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "installation", "rehearse", *arguments], cwd=ROOT,
        env={**os.environ, **env}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def command_lines() -> list[str]:
    """Of every process that runs."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended in between
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


class House:
    """Started with `rehearse`; `see` waits for a status with patience, never for a time."""

    def __init__(self, out: Path, *arguments: str, **env: str) -> None:
        self.out, self.port, self._bus = out, free_port(), ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "installation", "rehearse", "--out", str(out),
             "--port", str(self.port), *(["--headless"] * ("DISPLAY" not in env)), *arguments],
            cwd=ROOT, env={**os.environ, **env}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def see(self, what: Callable[[Status], bool]) -> Status:
        """The first status for which `what` is true, from the panel's own feed."""
        end_s, newest = time.monotonic() + PATIENCE_S, None
        while time.monotonic() < end_s:
            assert self._process.poll() is None, "the house has ended: " + self.said()
            try:
                with connect(f"ws://127.0.0.1:{self.port}/feed/state", open_timeout=5) as feed:
                    while time.monotonic() < end_s:
                        newest = json.loads(feed.recv(timeout=5))
                        if what(newest):
                            return newest
            except (OSError, TimeoutError, WebSocketException, EOFError):
                continue
        raise AssertionError(f"not seen within {PATIENCE_S:g} s; the newest status is {newest}")

    def picture(self) -> bytes:
        """The next JPEG of the stage."""
        with connect(f"ws://127.0.0.1:{self.port}/feed/picture", open_timeout=5) as feed:
            picture = feed.recv(timeout=PATIENCE_S)
        assert isinstance(picture, bytes)
        return picture

    def command(self, verb: str, argument: str = "") -> dict[str, Any]:
        answer = httpx.post(f"http://127.0.0.1:{self.port}/api/command",
                            json={"verb": verb, "argument": argument}, timeout=30)  # fmt: skip
        told: dict[str, Any] = answer.json()
        return told

    def cable(self, verb: str, node: str) -> None:
        """Unplug or plug a simulated node."""
        lines = " ".join(command_lines())
        found = re.search(rf"--bus=(\S+) --out={re.escape(str(self.out))}", lines)
        assert found is not None
        bus = open_bus(found[1], listen=False)
        try:
            told = json.dumps({verb: node}).encode()
            is_live = {"unplug": False, "plug": True}[verb]
            end_s = time.monotonic() + PATIENCE_S
            while time.monotonic() < end_s:  # the bus may not have found its way yet
                bus.publish("visitors", told)
                states = {n["name"]: n["state"] for n in self.see(lambda _: True)["nodes"]}
                if (states[node] == "live") == is_live:
                    return
        finally:
            bus.close()
        raise AssertionError(f"{verb} {node} was never seen")

    def pids(self) -> dict[str, int]:
        status = self.see(lambda s: {"stage", "sound", "panel"} <= s["processes"].keys())
        found = {role: int(told["pid"]) for role, told in status["processes"].items()}
        return {**found, "show": int(status["loop"]["pid"])}

    def timeline(self) -> list[dict[str, Any]]:
        lines = (self.out / "timeline.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def children(self) -> int:
        """How many processes of this house run, beside the house itself."""
        bus = f"--out={self.out}"
        (found,) = [c for c in command_lines() if " show " in c and bus in c] or [""]
        address = re.search(r"--bus=(\S+)", found)
        self._bus = address[1] if address else self._bus
        return sum(bool(self._bus) and f"--bus={self._bus}" in line for line in command_lines())

    def wait_for_children(self, most: int) -> None:
        self._until(lambda: self.children() >= most)

    def children_end(self) -> bool:
        self._until(lambda: self.children() == 0)
        return True

    def kill(self) -> None:
        """As the power switch does to the parent alone."""
        self._process.kill()
        self._process.communicate(timeout=60)

    def _until(self, what: Callable[[], bool]) -> None:
        end_s = time.monotonic() + PATIENCE_S
        while not what():
            assert time.monotonic() < end_s, f"not within {PATIENCE_S:g} s"

    def end(self) -> tuple[int, str, str]:
        """Ctrl-C: exit code, stdout, stderr."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        out, err = self._process.communicate(timeout=120)
        return self._process.returncode, out, err

    def said(self) -> str:
        return "".join(self.end()[1:])
