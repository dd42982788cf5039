"""The commands of the AV technician and the maker: nodes, calibrate, doctor."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from installation.run.calibrating import Readings
from installation.run.calibrating import calibrate as calibrate_channel
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
        float | None, typer.Option(help="What it reads now is this, in its unit.")
    ] = None,
    touch: Annotated[bool, typer.Option(help="Learn a touch: left alone, then touched.")] = False,
    invert: Annotated[bool, typer.Option(help="Turn it round; again turns it back.")] = False,
    clear: Annotated[bool, typer.Option(help="Forget its calibration.")] = False,
    for_: Annotated[
        float, typer.Option("--for", help="Seconds that a reading takes.", min=0.2)
    ] = 3.0,
    config: Config = GALLERY,
) -> None:
    """Correct a channel, with the sensor at hand. A running show hears of it within a second.

    A scale: first --zero, then put a known weight on it and --at 10.
    """
    node, _, name = channel.partition(".")
    if not node or not name:
        raise typer.BadParameter(f"{channel!r} is no NODE.CHANNEL, such as plinth.weight")
    chosen = [how for how, is_so in (("zero", zero), ("at", at is not None), ("touch", touch),
                                     ("invert", invert), ("clear", clear)) if is_so]  # fmt: skip
    if len(chosen) != 1:
        raise typer.BadParameter("say one of --zero, --at VALUE, --touch, --invert, --clear")
    settings, show = _site(config)
    with closing(Readings(_gear(settings, show, ports), None, node, name, for_)) as readings:
        told = calibrate_channel(readings, settings.calibration, node, chosen[0], at or 0.0, _ask)
    print(f"{channel}: {told}" if chosen[0] != "clear" else f"{channel}: as the sensor tells it")
    print(f"  {settings.calibration}")


def _ask(what: str) -> None:
    typer.echo(f"{what} – reading …", err=True)


def doctor(
    ports: Ports,
    seconds: Annotated[float, typer.Option(help="How long to listen to each port.")] = 1.0,
) -> None:
    """Find out why a node is not heard: rights, cables, drivers, baud rate; and the cure."""
    from firmware_bridge.doctor import examine

    console = Console()
    is_well = True
    for finding in examine(ports, listen_s=seconds, progress=lambda what: None):
        is_well = is_well and finding.verdict != "bad"
        console.print(f"{MARKS[finding.verdict]} ", end="")
        console.print(f"{finding.subject}: {finding.says}", markup=False, highlight=False,
                      soft_wrap=True)  # fmt: skip
        if finding.cure:
            console.print(f"    {finding.cure}", markup=False, highlight=False, soft_wrap=True,
                          style="bold")  # fmt: skip
    raise typer.Exit(0 if is_well else 1)


def add_to(app: typer.Typer) -> None:
    for command in (nodes, calibrate, doctor):
        app.command()(command)
