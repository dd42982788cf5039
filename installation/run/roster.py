"""`installation nodes`: every node and channel, live in the terminal.

Where the show runs, it has the ports, and what it says of them is shown; else they are opened here.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from firmware_bridge.sample import Sample
from firmware_bridge.session import Expected
from firmware_bridge.text import LIMITS
from installation.run.gear import Gear
from installation.run.link import node_status
from installation.run.listening import Listening
from installation.run.zenoh_bus import open_bus
from installation.showfile.model import Show

DRAW_S = 0.2
HISTORY = 40
"""Readings in a sparkline: eight seconds."""
BARS = "▁▂▃▄▅▆▇█"
MARKS = {"live": ("●", "green"), "greeting": ("◐", "yellow"), "refused": ("✕", "red"),
         "lost": ("○", "red"), "absent": ("·", "dim")}  # fmt: skip

Values = Mapping[str, Mapping[str, float | None]]


class Source(Protocol):
    """Where the readings come from."""

    def look(self) -> tuple[list[dict[str, Any]], Values]:
        """The nodes as the status tells them, and the newest values by node and channel."""

    def close(self) -> None: ...


class OwnPorts:
    """Opens the ports itself. `nodes` None takes whatever node there is."""

    def __init__(self, gear: Gear, nodes: Expected | None) -> None:
        self._heard = Listening(gear, nodes)
        self._nodes = nodes
        self._newest: dict[str, Sample] = {}

    def look(self) -> tuple[list[dict[str, Any]], Values]:
        self._newest.update((sample.node, sample) for sample in self._heard.take())
        nodes = {name: node_status(health) for name, health in self._heard.health.items()}
        strangers = [
            node_status(port) | {"name": port.node or "?"}
            for port in self._heard.ports
            if port.node not in nodes and (self._nodes is None or port.node not in self._nodes)
        ]
        values = {
            name: dict(zip((r["name"] for r in told["readings"]), self._newest[name].values,
                           strict=False))
            for name, told in nodes.items() if name in self._newest
        }  # fmt: skip
        return [*nodes.values(), *strangers], values

    def close(self) -> None:
        self._heard.close()


class RunningShow:
    """Listens to the show that has the ports."""

    def __init__(self, endpoint: str, show: Show) -> None:
        self._bus = open_bus(endpoint, listen=False)
        self._logical = {patched: name for name, patched in show.patch.items()}
        self._nodes = {node.name: node.channels for node in show.nodes.values()}
        self._status: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._bus.subscribe("status", self._hear)

    def _hear(self, topic: str, payload: bytes) -> None:
        status = json.loads(payload)
        with self._lock:
            self._status = status

    def look(self) -> tuple[list[dict[str, Any]], Values]:
        with self._lock:
            status = self._status
        known = status.get("channels", {})
        values = {
            node: {c: known.get(self._logical.get((node, i), "")) for i, c in enumerate(channels)}
            for node, channels in self._nodes.items()
        }
        return status.get("nodes", []), values

    def close(self) -> None:
        self._bus.close()


def running(out: Path) -> str:
    """The bus of the show that is being played into `out`; empty where none is."""
    try:
        told = json.loads((out / "house.json").read_text())
        is_there = Path(f"/proc/{int(told['pid'])}").exists() or not Path("/proc").exists()
        return str(told["bus"]) if is_there else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def watch(source: Source, console: Console, *, is_over: Callable[[], bool]) -> list[dict[str, Any]]:
    """Draw until `is_over` or Ctrl-C; the nodes as they were at the end."""
    histories: dict[tuple[str, str], deque[float | None]] = {}
    nodes: list[dict[str, Any]] = []
    live = Live(console=console, auto_refresh=False) if console.is_terminal else None
    if live:
        live.start()
    try:
        while not is_over():
            nodes, values = source.look()
            _remember(histories, values)
            if live:
                live.update(picture(nodes, values, histories), refresh=True)
            time.sleep(DRAW_S)
    except KeyboardInterrupt:
        pass
    finally:
        if live:
            live.stop()
    if not live:
        console.print(picture(nodes, *((values, histories) if nodes else ({}, {}))))
    return nodes


def _remember(histories: dict[tuple[str, str], deque[float | None]], values: Values) -> None:
    for node, of_node in values.items():
        for channel, value in of_node.items():
            histories.setdefault((node, channel), deque(maxlen=HISTORY)).append(value)


def sparkline(history: Mapping[int, float | None] | deque[float | None]) -> str:
    """One bar a reading, a blank where it was unknown; from its least to its largest."""
    known = [v for v in history if v is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    top = len(BARS) - 1
    return "".join(
        " " if v is None else BARS[round((v - low) / span * top) if span else 0] for v in history
    )


def picture(nodes: list[dict[str, Any]], values: Values,
            histories: Mapping[tuple[str, str], deque[float | None]]) -> Group:  # fmt: skip
    """A row a node, and its channels under it."""
    if not nodes:
        return Group(Text("listening …"))
    parts: list[Table | Text] = []
    for node in nodes:
        parts.append(_headline(node))
        if (note := _note(node)) is not None:
            parts.append(note)
        parts.append(_channels(node, values.get(node["name"], {}), histories))
    return Group(*parts)


def _headline(node: dict[str, Any]) -> Text:
    mark, style = MARKS[node["state"]]
    line = Text.assemble((f"{mark} {node['name']:<12}", style), f"{node['state']:<9}")
    if node["state"] == "live":
        line.append(f"{node['rate_hz']:5.0f} Hz  lost {node['dropped']}  corrupt "
                    f"{node['corrupt']}  latency {node['latency_us'] / 1000:.1f} ms  jitter "
                    f"{node['jitter_us'] / 1000:.1f} ms")  # fmt: skip
    details = [node["path"]] * bool(node["path"])
    if node["kind"] == "node" and node["uid"] is not None:
        cause = f" by {node['cause']}" if node["cause"] else ""
        details += [f"uid {node['uid']:08x}", f"firmware {node['firmware'] or '?'}",
                    f"boot {node['boot']}{cause}"]  # fmt: skip
    if details:
        line.append("\n    " + "  ".join(details), style="dim")
    return line


def _note(node: dict[str, Any]) -> Text | None:
    if node["why"]:
        return Text(f"    {node['why']}", style="yellow")
    return Text(f"    {LIMITS}", style="dim") if node["kind"] == "text" else None


def _channels(node: dict[str, Any], values: Mapping[str, float | None],
              histories: Mapping[tuple[str, str], deque[float | None]]) -> Table:  # fmt: skip
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(width=3)
    table.add_column(min_width=16)
    table.add_column(width=HISTORY, no_wrap=True)
    table.add_column(justify="right", min_width=10)
    table.add_column()
    for reading in node["readings"] if node["state"] == "live" else ():
        name = reading["name"]
        value = values.get(name, reading["value"])
        told = "–" if value is None else f"{value:.3g} {reading['unit']}"
        health = Text("ok", "dim") if reading["state"] == "ok" else Text(
            f"{reading['state']}: {reading['says']}", "yellow")  # fmt: skip
        bars = Text(sparkline(histories.get((node["name"], name), deque())), "cyan")
        table.add_row("", name, bars, told, health)
    return table
