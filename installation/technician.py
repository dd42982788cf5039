"""The commands of the AV technician and the maker: nodes, calibrate, doctor."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from textwrap import indent
from typing import Annotated

import typer
from rich.console import Console

from firmware_bridge.doctor import LISTEN_S, examine
from installation.errors import Unavailable
from installation.run import calibrating
from installation.run.gear import Gear, expected, gear_of
from installation.run.roster import OwnPorts, RunningShow, Source, running, watch
from installation.settings import Settings, load_settings
from installation.showfile.load import load
from installation.showfile.model import Show

ROOT = Path(__file__).resolve().parent.parent
ONCE_S = 3.0
"""How long `nodes` listens where nobody watches."""
MARKS = {"good": "[green]✓[/]", "bad": "[red]✕[/]", "unsure": "[yellow]?[/]"}

Config = Annotated[Path, typer.Option(help="The site's settings.")]
Ports = Annotated[
    list[str],
    typer.Option("--port", help="Only these ports; patterns as '/dev/ttyACM*' too.",
                 default_factory=list),
]  # fmt: skip
GALLERY = ROOT / "config/gallery.toml"


def nodes(
    ports: Ports,
    config: Config = GALLERY,
    any_: Annotated[bool, typer.Option("--any", help="Nodes that no show knows, too.")] = False,
    for_: Annotated[float | None, typer.Option("--for", help="Seconds to listen.", min=1.0)] = None,
    json_: Annotated[bool, typer.Option("--json", help="What was heard, as JSON.")] = False,
) -> None:
    """Watch every node and channel: state, rate, loss, latency, health, a sparkline.

    Where the show runs, this shows what it hears; else it opens the ports itself. Ctrl-C ends it.
    """
    settings, show = _site(config)
    console = Console(stderr=json_)
    source = _source(settings, show, ports, any_)
    seconds = for_ if for_ is not None else (None if console.is_terminal else ONCE_S)
    end_s = float("inf") if seconds is None else time.monotonic() + seconds
    with closing(source):
        heard = watch(source, console, is_over=lambda: time.monotonic() >= end_s)
    if json_:
        print(json.dumps(heard))
    missing = [node["name"] for node in heard if node["state"] != "live"]
    raise typer.Exit(1 if missing or not heard else 0)


def _source(settings: Settings, show: Show, ports: list[str], take_any: bool) -> Source:
    if not ports and (endpoint := running(settings.out)):
        return RunningShow(endpoint, show)
    return OwnPorts(_gear(settings, show, ports), None if take_any else expected(show))


def _gear(settings: Settings, show: Show, ports: list[str]) -> Gear:
    return Gear(ports, calibration=settings.calibration) if ports else gear_of(settings, show)


def _site(config: Path) -> tuple[Settings, Show]:
    settings = load_settings(config)
    return settings, load(settings.show)


def calibrate(
    channel: Annotated[str, typer.Argument(help="NODE.CHANNEL, such as plinth.weight.")],
    ports: Ports,
    zero: Annotated[bool, typer.Option(help="What it reads now, left alone, is nothing.")] = False,
    at: Annotated[
        list[float] | None,
        typer.Option(help="What it reads now is this, in its unit; twice where it cannot read 0."),
    ] = None,
    touch: Annotated[bool, typer.Option(help="Learn a touch: left alone, then touched.")] = False,
    invert: Annotated[bool, typer.Option(help="Turn it round; again turns it back.")] = False,
    clear: Annotated[bool, typer.Option(help="Forget its calibration.")] = False,
    for_: Annotated[
        float, typer.Option("--for", help="Seconds that a reading takes.", min=0.2)
    ] = 3.0,
    wait: Annotated[
        float, typer.Option(help="Seconds to get ready in, where nobody can press Enter.", min=0.0)
    ] = 3.0,
    config: Config = GALLERY,
) -> None:
    """Correct a channel, with the sensor at hand. It asks for what it needs and waits for Enter.

    A scale: first --zero, then put a known weight on it and --at 10. A range finder: --at 1 --at 3.
    Stop the show first, for it has the ports; --invert and --clear read nothing, and a running
    show hears of them within a second.
    """
    known = at or []
    node, _, name = channel.partition(".")
    if not node or not name:
        raise typer.BadParameter(f"{channel!r} is no NODE.CHANNEL, such as plinth.weight")
    how = _only({"zero": zero, "at": 0 < len(known) <= 2, "touch": touch, "invert": invert,
                 "clear": clear})  # fmt: skip
    settings, show = _site(config)
    path = settings.calibration
    if how in ("invert", "clear"):
        _must_have(show, node, name)
    if how == "clear":
        calibrating.forget(path, node, name)
        told = "as the sensor tells it"
    elif how == "invert":
        told = str(calibrating.turn_round(path, node, name))
    else:
        with closing(_readings(settings, show, ports, node, name, for_)) as readings:
            told = str(calibrating.measure(readings, path, node, how, known,
                                           lambda what: ask(what, wait)))  # fmt: skip
    print(f"{channel}: {told}\n  {path}")


def _only(ways: dict[str, bool]) -> str:
    chosen = [how for how, is_so in ways.items() if is_so]
    if len(chosen) != 1:
        raise typer.BadParameter("say one of --zero, --at VALUE (once or twice), --touch, "
                                 "--invert, --clear")  # fmt: skip
    return chosen[0]


def _must_have(show: Show, node: str, channel: str) -> None:
    """Raises NotCalibrated where the show has no such channel."""
    if node not in show.nodes:
        known = ", ".join(show.nodes)
        raise calibrating.NotCalibrated(f"the show has no node {node!r}; it has {known}")
    channels = show.nodes[node].channels
    if channel not in channels:
        known = ", ".join(channels)
        raise calibrating.NotCalibrated(f"{node} has no channel {channel!r}; it has {known}")


def _readings(settings: Settings, show: Show, ports: list[str], node: str, channel: str,
              seconds: float) -> calibrating.Readings:  # fmt: skip
    """Raises Unavailable where a running show has the ports, or the node does not speak."""
    if running(settings.out):
        raise Unavailable("the show has the ports: stop it, then calibrate")
    gear = _gear(settings, show, ports)
    return calibrating.Readings(gear, None, node, channel, seconds)


def ask(what: str, wait_s: float, sleep: Callable[[float], None] = time.sleep) -> None:
    """Tell a person at a terminal what to do, and wait for Enter; elsewhere for `wait_s`."""
    if sys.stdin.isatty():
        typer.echo(f"{what}, then press Enter", err=True)
        sys.stdin.readline()
    else:
        typer.echo(f"{what}: reading in {wait_s:g} s", err=True)
        sleep(wait_s)
    typer.echo("reading …", err=True)


def doctor(
    ports: Ports,
    seconds: Annotated[float, typer.Option(help="How long to listen to each port.")] = LISTEN_S,
) -> None:
    """Find out why a node is not heard: rights, cables, drivers, baud rate; and the cure."""
    console, said = Console(), Console(stderr=True)
    is_well = True

    def progress(what: str) -> None:
        if said.is_terminal:
            said.print(f"… {what}", style="dim", markup=False, highlight=False, soft_wrap=True)

    for finding in examine(ports, listen_s=seconds, progress=progress):
        is_well = is_well and finding.verdict != "bad"
        console.print(f"{MARKS[finding.verdict]} ", end="")
        console.print(f"{finding.subject}: {finding.says}", markup=False, highlight=False,
                      soft_wrap=True)  # fmt: skip
        if finding.cure:
            cure = indent(finding.cure, "    ")
            console.print(cure, markup=False, highlight=False, soft_wrap=True, style="bold")
    raise typer.Exit(0 if is_well else 1)


def add_to(app: typer.Typer) -> None:
    for command in (nodes, calibrate, doctor):
        app.command()(command)
