"""The terminal while a show plays: one live screen, or plain lines where it is no terminal."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from installation.bus import Bus

EDITS = {
    "playing": "plays now",
    "waiting": "takes effect at the next scene",
    "restart": "nodes or surfaces changed, restart to take this up",
}


def clock(seconds: float) -> str:
    """`1:05`, `1:02:03`."""
    whole = int(seconds)
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}"


def edit_lines(edit: dict[str, Any]) -> list[str]:
    """What the status says of the newest edit, in sentences; none before the first."""
    mistakes, files = edit.get("mistakes") or [], edit.get("files") or []
    if not files and not mistakes:
        return []
    named = f"{', '.join(files)} edited {edit['edited']}" if files else "the show's files"
    if mistakes:
        more = f"{len(mistakes)} mistake{'s' * (len(mistakes) > 1)}"
        return [f"{named}: not loaded, {more}; the show plays on as it was", *mistakes]
    return [f"{named}: {EDITS[edit['state']]}"]


class Screen:
    """Shows the newest status of the show until it is closed."""

    def __init__(self, bus: Bus, console: Console, panel: str, seconds: float | None) -> None:
        self._console, self._panel, self._seconds = console, panel, seconds
        self._latest: dict[str, Any] = {}
        self._said = ("", "")
        self._edit = ""
        self._heard_s = 0.0
        self._live = Live(console=console, refresh_per_second=4) if console.is_terminal else None
        self._lock = threading.Lock()
        bus.subscribe("status", self._hear)

    def __enter__(self) -> Screen:
        if self._live:
            self._live.start()
        elif self._panel:
            self.say(f"the panel is at {self._panel}")
        return self

    def __exit__(self, *what: object) -> None:
        if self._live:
            self._live.stop()

    @property
    def latest(self) -> dict[str, Any]:
        """The newest status, empty before the first."""
        with self._lock:
            return self._latest

    def silent(self, most_s: float) -> dict[str, float]:
        """For how long each process that was heard has said nothing, where that is too long."""
        with self._lock:
            status, gone_s = self._latest, time.monotonic() - self._heard_s
        if not status or gone_s >= most_s:
            return {"show": gone_s} if status else {}
        ages = {role: float(seen["age_s"]) for role, seen in status["processes"].items()}
        return {role: age_s for role, age_s in ages.items() if age_s >= most_s}

    @property
    def played_s(self) -> float:
        """Show time so far."""
        return float(self.latest.get("played_s", 0.0))

    def say(self, line: str) -> None:
        """A line above the live screen."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def draw(self) -> None:
        """Bring the screen up to date."""
        status = self.latest
        if not status:
            return
        self._tell_edit(status.get("edit") or {})
        now = (str(status["act"]), str(status["scene"]))
        if self._live:
            self._live.update(self._table(status))
        elif now != self._said:
            self.say(f"{clock(status['played_s']):>8}  {now[0]} · {now[1]}")
        self._said = now

    def _tell_edit(self, edit: dict[str, Any]) -> None:
        """What became of an edit of the show's files, once."""
        lines = edit_lines(edit)
        if (said := "\n".join(lines)) != self._edit:
            self._edit = said
            for line in lines:
                self.say(line)

    def _hear(self, topic: str, payload: bytes) -> None:
        status = json.loads(payload)
        with self._lock:
            self._latest, self._heard_s = status, time.monotonic()

    def _table(self, status: dict[str, Any]) -> Table:
        processes, loop = status["processes"], status["loop"]
        of = f" of {clock(self._seconds)}" if self._seconds is not None else ""
        table = Table(box=None, show_header=False, padding=(0, 2))
        table.add_column(style="dim")
        table.add_column()
        rows = {
            status["title"]: f"{status['act_title']} · {status['scene']}, "
            f"{clock(status['scene_elapsed_s'])}{_condition(status)}",
            "played": f"{clock(status['played_s'])}{of}",
            "GO will": f"{status['standby']}",
            "nodes": "   ".join(_node(node) for node in status["nodes"]),
        }
        if (visitors := processes.get("visitors")) is not None:
            rows["visitors"] = f"{visitors.get('visitors', 0)} in the room"
        if (late := loop.get("p99_ms")) is not None:
            rows["loop"] = f"late by {loop['p50_ms']:.2f} ms (median), {late:.2f} ms (p99)"
        if (stage := processes.get("stage")) is not None:
            rows["stage"] = f"{stage.get('fps', 0):.0f} frames/s on {stage.get('renderer', '?')}"
        if (sound := processes.get("sound")) is not None:
            rows["sound"] = sound.get("trouble") or f"plays on {sound.get('driver', '?')}"
        rows["panel"] = self._panel or "left out"
        rows["Ctrl-C"] = "ends it"
        for name, told in rows.items():
            table.add_row(Text(name), Text(told))
        return table


def _condition(status: dict[str, Any]) -> str:
    marks = [name for name in ("held", "blackout", "stopped") if status[name]]
    return f"  [{', '.join(marks)}]" if marks else ""


def _node(node: dict[str, Any]) -> str:
    if node["state"] == "live":
        return f"● {node['name']} {node['rate_hz']:.0f} Hz"
    return f"○ {node['name']} {node['state']}"
