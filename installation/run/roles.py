"""The roles that the parent starts: `show`, `stage`, `sound`, `panel`, `edits`, `visitors`."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from installation.errors import InstallationError
from installation.run.gear import Gear, gear_of
from installation.run.recording.keeping import FOLDER, Records
from installation.run.reload import load_or_kept
from installation.run.supervisor import CANNOT_RUN
from installation.run.zenoh_bus import open_bus
from installation.settings import endpoint, load_settings

ShowDir = Annotated[Path, typer.Option("--show")]
BusAt = Annotated[str, typer.Option("--bus")]
Out = Annotated[Path, typer.Option("--out")]
Run = Annotated[Path, typer.Option("--run")]
Config = Annotated[Path | None, typer.Option("--config")]
OscTo = Annotated[list[str], typer.Option("--osc-out", default_factory=list)]
Acts = Annotated[list[str], typer.Option("--act", default_factory=list)]
Expected = Annotated[list[str], typer.Option("--expect", default_factory=list)]
REALTIME = 10
"""Low among the 99 of SCHED_RR: the kernel's own threads go before it."""


def show(show: ShowDir, bus: BusAt, out: Out, osc_out: OscTo, act: Acts, expect: Expected,
         config: Config = None, run: Annotated[Path | None, typer.Option("--run")] = None,
         seed: int = 1, speed: float = 1.0, crowd: str = "",
         record: Annotated[Path | None, typer.Option("--record")] = None) -> int:  # fmt: skip
    """The show process: bridge, core and OSC."""
    stop, loaded = _until_told(), load_or_kept(show, bus)
    _go_first()
    records = Records(show, out / FOLDER, record)
    osc = [endpoint(o) for o in osc_out]
    with closing(open_bus(bus, listen=False)) as link:
        if speed != 1.0:
            from installation.run import rehearse

            return rehearse.perform(loaded, link, speed=speed, crowd=crowd, seed=seed, stop=stop,
                                    osc=osc, acts=act, expects=expect, out=out,
                                    records=records)  # fmt: skip
        from installation.run.show import perform
        from installation.run.visitors import ports

        gear = Gear(ports(run, loaded)) if run else Gear()
        if config is not None:
            settings = load_settings(config)
            gear = gear_of(settings, loaded)
            records = replace(records, always=settings.record,
                              most_bytes=settings.recordings_mb * 1_000_000)  # fmt: skip
        return perform(loaded, link, gear, seed=seed, acts=act, stop=stop, osc=osc, out=out,
                       expects=expect, keep_album=run is not None, records=records)  # fmt: skip


def stage(show: ShowDir, bus: BusAt, size: str = "640x360", headless: bool = False,
          closable: bool = False) -> int:  # fmt: skip
    """The stage process: projection."""
    from installation.stage.process import perform

    _give_way(10)
    width, height = (int(n) for n in size.split("x"))
    stop = _until_told()
    with closing(open_bus(bus, listen=False)) as link:
        return perform(load_or_kept(show, bus), show / "visuals", link, size=(width, height),
                       headless=headless, closable=closable, stop=stop)  # fmt: skip


def sound(show: ShowDir, bus: BusAt) -> int:
    """The sound process: the mixer."""
    from installation.sound.material import ensure
    from installation.sound.process import perform

    stop = _until_told()

    def made() -> Path:
        return ensure(show, lambda *_: None)

    sounds = made()
    with closing(open_bus(bus, listen=False)) as link:
        return perform(load_or_kept(show, bus), sounds, link, stop=stop, again=made)


def panel(show: ShowDir, bus: BusAt, host: str = "127.0.0.1", port: int = 8000) -> int:
    """The panel process."""
    from installation.panel.process import serve

    _give_way(2)
    stop = _until_told()
    with closing(open_bus(bus, listen=False)) as link:
        return serve(link, host=host, port=port, stop=stop)


def edits(show: ShowDir, bus: BusAt) -> int:
    """The edits process: reads the show's files again when they change.

    SIGTERM ends it at once, amid a large file too: it has nothing to leave behind.
    """
    from installation.run.reload import perform

    _give_way(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with closing(open_bus(bus, listen=False)) as link:
        return perform(show, link, bus, threading.Event())


def visitors(show: ShowDir, bus: BusAt, run: Run, crowd: str = "", seed: int = 1,
             nodes: str = "simulated") -> int:  # fmt: skip
    """Simulated visitors, whose nodes write to ptys."""
    from installation.run.visitors import perform

    stop = _until_told()
    with closing(open_bus(bus, listen=False)) as link:
        return perform(
            load_or_kept(show, bus), link, run, crowd=crowd, seed=seed, nodes=nodes, stop=stop
        )


def add_to(app: typer.Typer) -> None:
    """Hidden commands, one for each role."""
    for role in (show, stage, sound, panel, edits, visitors):
        app.command(role.__name__, hidden=True)(_ending(role))


def _until_told() -> threading.Event:
    """Set on SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return stop


def _go_first() -> None:
    """The show is before everything else on the machine, where it may be (as root, or with
    LimitRTPRIO): it sleeps most of the time, and what it does is short."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REALTIME))


def _give_way(by: int) -> None:
    """Drawing takes all that it gets: it never takes it from the show."""
    os.nice(by)
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _ending(role: Callable[..., int]) -> Callable[..., None]:
    """What the parent expects of a role: an exit code, and one sentence where it cannot run."""

    @functools.wraps(role)
    def run(**options: object) -> None:
        try:
            code = role(**options)
        except InstallationError as mistake:
            print(mistake, file=sys.stderr)
            code = CANNOT_RUN
        raise typer.Exit(code)

    return run
