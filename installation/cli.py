"""The command line: rehearse, run, check; the technician's commands are in technician.py."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from installation import checking, player, schema_command, technician
from installation.errors import InstallationError, Unavailable
from installation.loading import bar
from installation.osc.out import resolved
from installation.run import roles
from installation.settings import endpoint, load_settings
from installation.showfile.load import load

if TYPE_CHECKING:
    from installation.run.evening import Verdict

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # stdout is ours
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  help="The controller of an interactive gallery installation.")  # fmt: skip
roles.add_to(app)
technician.add_to(app)
player.add_to(app)
checking.add_to(app)
schema_command.add_to(app)
ROOT = Path(__file__).resolve().parent.parent
MOST_SPEED = 50.0
LONGEST_S = 366 * 86400.0


def duration_s(text: str) -> float:
    """`90s`, `30m`, `1h30m` in seconds."""
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|h|m|s))+", text):
        raise typer.BadParameter(f"{text!r} is no duration; write 90s, 30m or 1h30m")
    unit = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    found = sum(float(n) * unit[u] for n, u in re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", text))
    if not 1.0 <= found <= LONGEST_S:
        raise typer.BadParameter(f"{text[:40]!r} is not between 1s and {LONGEST_S / 3600:.0f}h")
    return found


def speed_of(text: str) -> float | None:
    """`1`, `5`, `max` (None)."""
    if text == "max":
        return None
    if not re.fullmatch(r"\d+(\.\d+)?", text) or not 0.1 <= float(text) <= MOST_SPEED:
        raise typer.BadParameter(f"{text!r} is no speed; write 1, 5 (up to {MOST_SPEED:g}) or max")
    return float(text)


def hours_of(text: str) -> tuple[float, float]:
    """`10-18`, `10:30-18:00`: from when to when, in hours of the day."""
    found = re.fullmatch(r"(\d{1,2})(?::([0-5]\d))?-(\d{1,2})(?::([0-5]\d))?", text)
    if found:
        opens, closes = (int(h) + int(m or 0) / 60 for h, m in (found.group(1, 2),
                                                               found.group(3, 4)))  # fmt: skip
        if opens < closes <= 24.0:
            return opens, closes
    raise typer.BadParameter(f"--hours: {text[:40]!r} is no opening time; write 10-18")


def known(option: str, given: str, names: Iterable[str]) -> tuple[str, ...]:
    """A comma-separated list of `names`."""
    words, there = tuple(w.strip() for w in given.split(",") if w.strip()), sorted(names)
    for word in words:
        if word not in there:
            near = get_close_matches(word, there, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise typer.BadParameter(f"{option}: no {word!r}; {hint}there are {', '.join(there)}")
    return words


@app.command()
def rehearse(
    show: Annotated[
        Path | None, typer.Option(help="The show's folder.", exists=True, file_okay=False)
    ] = None,
    acts: Annotated[str, typer.Option(help="Only these acts, as a,b,c.")] = "",
    for_: Annotated[str, typer.Option("--for", help="How long: 90s, 30m, 1h30m.")] = "",
    speed: Annotated[
        str, typer.Option(help="1 is real time, 5 five times as fast, max no waiting at all.")
    ] = "1",
    seed: Annotated[int, typer.Option(help="Chooses the visitors and what they do.")] = 1,
    crowd: Annotated[
        str, typer.Option(help="Who comes: nobody, onlooker, one, couple, opening-night.")
    ] = "",
    nodes: Annotated[
        str, typer.Option(help="simulated, or avr: the real firmware, in simavr.")
    ] = "simulated",
    headless: Annotated[bool, typer.Option(help="No window.")] = False,
    without: Annotated[str, typer.Option(help="Leave out stage,sound,panel.")] = "",
    port: Annotated[int | None, typer.Option(help="The panel's port.", min=1, max=65535)] = None,
    osc_out: Annotated[str, typer.Option(help="Send OSC to HOST:PORT.")] = "",
    out: Annotated[Path | None, typer.Option(help="Where to write.")] = None,
    record: Annotated[
        Path | None, typer.Option(help="Record all of it to this file, for replay.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="The verdict as JSON.")] = False,
    days: Annotated[int, typer.Option(
        help="So many whole days, as fast as can be: what happens, and what never does.",
        min=0, max=999)] = 0,
    hours: Annotated[str, typer.Option(help="With --days: from when to when it is open.")] =
        "10-18",
    fail_under: Annotated[float, typer.Option(
        help="With --days: fail where less than so many per cent of the scenes, transitions or "
             "tallies happen.", min=0, max=100)] = 0.0,
    config: Annotated[Path, typer.Option(help="What is used where no option says it.")] = ROOT
    / "config/rehearsal.toml",
) -> None:  # fmt: skip
    """Rehearse a show with simulated visitors, over the real serial path.

    In real time the panel is at http://127.0.0.1:8000, and Ctrl-C ends it. With
    --speed max nothing waits: half an hour of show takes about half a minute. With
    --days 7 a week passes, one day a core at a time, and season.html tells of it.
    """
    if days:
        chosen = acts or for_ or crowd or osc_out or record
        if chosen or nodes != "simulated" or speed not in ("1", "max"):
            raise typer.BadParameter("--days plays whole days of all acts with visitors of its "
                                     "own, as fast as can be: leave out --acts, --for, --crowd, "
                                     "--speed, --nodes, --osc-out and --record")  # fmt: skip
        _play_season(config, show, out, days, seed, hours_of(hours), fail_under, json_)
    from installation.rehearsal.crowds import CROWDS
    from installation.run.evening import play
    from installation.run.house import OPTIONAL, Plan

    settings = load_settings(config)
    directory = show or settings.show
    with bar(f"reading {directory}") as progress:
        loaded = load(directory, progress)
    if osc_out:
        try:
            resolved(*endpoint(osc_out))
        except (ValueError, Unavailable) as why:
            raise typer.BadParameter(f"--osc-out: {why}") from why
    if record is not None and record.exists():
        raise typer.BadParameter(f"--record: {record} is there already; choose another name")
    crowds = known("--crowd", crowd or settings.crowd, CROWDS)
    if len(crowds) != 1:
        raise typer.BadParameter(f"--crowd: one of {', '.join(sorted(CROWDS))}")
    factor = speed_of(speed)
    boards = known("--nodes", nodes, ("simulated", "avr"))
    if boards == ("avr",) and factor != 1.0:
        raise typer.BadParameter("--nodes avr runs in real time: leave --speed out")
    if boards == ("avr",):
        from installation.run.visitors import check_firmware

        check_firmware(loaded)
    plan = Plan(
        show=directory, out=out or settings.out, seed=seed, headless=headless or settings.headless,
        crowd=crowds[0],
        acts=known("--acts", acts, loaded.acts), without=frozenset(known("--without", without,
                                                                         OPTIONAL)),
        seconds=duration_s(for_) if for_ else None, speed=factor or 1.0,
        host=settings.panel_host, port=port or settings.panel_port,
        osc=(osc_out,) if osc_out else settings.osc * (factor is not None),
        size=settings.stage_size, nodes=boards[0] if boards else "simulated", record=record,
        watch_show=settings.watch_show is not False,
    )  # fmt: skip
    _end(play(plan, loaded, Console(stderr=json_), virtual=factor is None), json_)


def _play_season(config: Path, show: Path | None, out: Path | None, days: int, seed: int,
                 hours: tuple[float, float], fail_under: float,
                 as_json: bool) -> NoReturn:  # fmt: skip
    from installation.run.season import Season, play

    settings = load_settings(config)
    season = Season(show or settings.show, out or settings.out, days, seed, *hours, fail_under)
    _end(play(season, Console(stderr=as_json)), as_json)


def _end(verdict: Verdict, as_json: bool) -> NoReturn:
    """Say how it was, and end: 1 with faults."""
    if as_json:
        told = {**verdict.figures, "verdict": verdict.lines[0], "faults": verdict.faults}
        print(json.dumps(told | {"wrote": [str(path) for path in verdict.wrote]}))
    else:
        for line in verdict.lines:
            print(line)
        for path in verdict.wrote:
            print(f"  {path}")
    for fault in verdict.faults:
        print(fault, file=sys.stderr)
    raise typer.Exit(1 if verdict.faults else 0)


@app.command()
def run(config: Annotated[Path, typer.Option(help="The site's settings.")] =
        ROOT / "config/gallery.toml") -> None:  # fmt: skip
    """Run the installation with the gear that the config names."""
    from installation.run.evening import play
    from installation.run.gear import gear_of
    from installation.run.house import Plan

    settings = load_settings(config)
    with bar(f"reading {settings.show}") as progress:
        loaded = load(settings.show, progress)
    gear_of(settings, loaded)
    plan = Plan(
        show=settings.show, out=settings.out, config=config.resolve(), crowd="visitors",
        headless=settings.headless, host=settings.panel_host, port=settings.panel_port,
        osc=settings.osc, size=settings.stage_size, watch_show=settings.watch_show is True,
    )  # fmt: skip
    verdict = play(plan, loaded, Console(), virtual=False)
    for line in verdict.lines:
        print(line)
    for fault in verdict.faults:
        print(fault, file=sys.stderr)
    raise typer.Exit(1 if verdict.faults else 0)


def main() -> None:
    """Run the command line; an error of ours is one sentence and exit code 1."""
    try:
        app()
    except InstallationError as mistake:
        print(mistake, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("ended by Ctrl-C", file=sys.stderr)
        sys.exit(130)
