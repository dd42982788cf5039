"""The terminal while a show plays: one live screen, or plain lines where it is no terminal."""

from __future__ import annotations

import json
import threading
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from installation.run.bus import Bus


class Screen:
    """Shows the newest status of the show until it is closed."""

    def __init__(self, bus: Bus, console: Console, panel: str) -> None:
        self._console, self._panel = console, panel
        self._latest: dict[str, Any] = {}
        self._said = ("", "")
        self._live = Live(console=console, refresh_per_second=4) if console.is_terminal else None
        self._lock = threading.Lock()
        bus.subscribe("status", self._hear)

    def __enter__(self) -> Screen:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *what: object) -> None:
        if self._live:
            self._live.stop()

    @property
    def latest(self) -> dict[str, Any]:
        """The newest status, empty before the first."""
        with self._lock:
            return self._latest

    def say(self, line: str) -> None:
        """A line above the live screen."""
        self._console.print(line, markup=False, highlight=False)

    def draw(self) -> None:
        """Bring the screen up to date."""
        status = self.latest
        if not status:
            return
        now = (str(status["act"]), str(status["scene"]))
        if self._live:
            self._live.update(self._table(status))
        elif now != self._said:
            self.say(f"{status['played_s']:8.1f} s  {now[0]} · {now[1]}")
        self._said = now

    def _hear(self, topic: str, payload: bytes) -> None:
        status = json.loads(payload)
        with self._lock:
            self._latest = status

    def _table(self, status: dict[str, Any]) -> Table:
        table = Table(box=None, show_header=False, padding=(0, 2))
        table.add_row("act", f"{status['act_title']}  ·  {status['scene']}")
        table.add_row(
            "played", f"{status['played_s']:.0f} s, scene {status['scene_elapsed_s']:.0f} s"
        )
        table.add_row("GO will", str(status["standby"]))
        nodes = "  ".join(
            f"{n['name']} {n['state']} {n['rate_hz']:.0f} Hz" for n in status["nodes"]
        )
        table.add_row("nodes", nodes)
        loop = status["loop"]
        table.add_row("loop", f"late p50 {loop['p50_ms']} ms, p99 {loop['p99_ms']} ms")
        stage = status["processes"].get("stage")
        if stage:
            table.add_row("stage", f"{stage.get('fps', 0):.0f} frames/s, {stage.get('renderer')}")
        table.add_row("panel", self._panel)
        return table
