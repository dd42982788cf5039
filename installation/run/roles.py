"""The roles that the parent starts: `show`, `stage`, `sound`, `panel`, `visitors`."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from installation.run.zenoh_bus import open_bus
from installation.showfile.load import load

ShowDir = Annotated[Path, typer.Option("--show")]
BusAt = Annotated[str, typer.Option("--bus")]


def _until_told() -> threading.Event:
    """Set on SIGTERM; Ctrl-C is the parent's business, which tells its children."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return stop


def endpoint(text: str) -> tuple[str, int]:
    """`HOST:PORT` as a pair."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise typer.BadParameter(f"{text!r} is no HOST:PORT, such as 127.0.0.1:9000")
    return host, int(port)


def show(show: ShowDir, bus: BusAt, out: Path, serial: list[str] | None = None,
         run: Path | None = None, osc_out: list[str] | None = None, first: str = "",
         seed: int = 1) -> None:  # fmt: skip
    """The show process: bridge, core and OSC."""
    from installation.run import show as room
    from installation.run.visitors import ports

    stop, loaded = _until_told(), load(show)
    found = list(serial or []) or (ports(run, loaded) if run else [])
    raise typer.Exit(
        room.perform(loaded, open_bus(bus, listen=False), found, seed=seed, first=first, stop=stop,
                     osc=[endpoint(o) for o in osc_out or []], out=out)
    )  # fmt: skip


def stage(show: ShowDir, bus: BusAt, size: str = "640x360", headless: bool = False) -> None:
    """The stage process: projection."""
    from installation.stage.process import perform

    width, height = (int(n) for n in size.split("x"))
    raise typer.Exit(
        perform(load(show), show / "visuals", open_bus(bus, listen=False), size=(width, height),
                headless=headless, stop=_until_told())
    )  # fmt: skip


def sound(show: ShowDir, bus: BusAt) -> None:
    """The sound process: the mixer."""
    from installation.sound.material import ensure
    from installation.sound.process import perform

    stop = _until_told()
    raise typer.Exit(
        perform(load(show), ensure(show, lambda *_: None), open_bus(bus, listen=False), stop=stop)
    )


def panel(show: ShowDir, bus: BusAt, host: str = "127.0.0.1", port: int = 8000) -> None:
    """The panel process."""
    from installation.panel.process import serve

    raise typer.Exit(serve(open_bus(bus, listen=False), host=host, port=port, stop=_until_told()))


def visitors(show: ShowDir, bus: BusAt, run: Path, crowd: str, seed: int = 1) -> None:
    """Simulated visitors, whose nodes write to ptys."""
    from installation.run.visitors import perform

    raise typer.Exit(
        perform(load(show), open_bus(bus, listen=False), run, crowd=crowd, seed=seed,
                stop=_until_told())
    )  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Hidden commands, one for each role."""
    for role in (show, stage, sound, panel, visitors):
        app.command(role.__name__, hidden=True)(role)
