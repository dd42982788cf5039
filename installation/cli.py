"""The command line: rehearse, run, check."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from installation.errors import InstallationError
from installation.run import roles
from installation.showfile.load import load
from installation.showfile.model import Show

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # stdout is ours
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  help="The controller of an interactive gallery installation.")  # fmt: skip
roles.add_to(app)
WITHOUT = {"stage", "sound", "panel"}
ROOT = Path(__file__).resolve().parent.parent


def duration_s(text: str) -> float:
    """`90s`, `30m`, `1h30m` in seconds."""
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|h|m|s))+", text):
        raise typer.BadParameter(f"{text!r} is no duration; write 90s, 30m or 1h30m")
    unit = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    return sum(float(n) * unit[u] for n, u in re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", text))


def names(text: str) -> tuple[str, ...]:
    """A comma-separated list."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@app.command()
def check(directory: Path) -> None:
    """Check a show: every mistake with file, line and column."""
    show = load(directory)
    scenes = sum(len(act.scenes) for act in show.acts.values())
    print(f"{directory}: {len(show.acts)} acts, {scenes} scenes, no mistakes")


@app.command()
def rehearse(
    show: Annotated[Path, typer.Option(help="The show's folder.")] = ROOT / "shows/resonance",
    acts: Annotated[str, typer.Option(help="Only these acts, as a,b,c.")] = "",
    for_: Annotated[str, typer.Option("--for", help="How long: 90s, 30m, 1h.")] = "",
    speed: Annotated[str, typer.Option(help="1 (real time) or max (virtual time).")] = "1",
    seed: Annotated[int, typer.Option(help="Chooses the visitors and what they do.")] = 1,
    crowd: Annotated[str, typer.Option(help="Who comes.")] = "opening-night",
    headless: Annotated[bool, typer.Option(help="No window.")] = False,
    without: Annotated[str, typer.Option(help="Leave out stage,sound,panel.")] = "",
    port: Annotated[int, typer.Option(help="The panel's port.")] = 8000,
    osc_out: Annotated[str, typer.Option(help="Send OSC to HOST:PORT.")] = "127.0.0.1:9000",
    out: Annotated[Path, typer.Option(help="Where to write.")] = Path("out/rehearsal"),
    json_: Annotated[bool, typer.Option("--json", help="The verdict as JSON.")] = False,
) -> None:
    """Rehearse a show with simulated visitors, over real wire bytes."""
    from installation.rehearsal.crowds import CROWDS

    loaded = load(show)
    chosen, left_out = names(acts), names(without)
    _known("--acts", chosen, loaded.acts)
    _known("--without", left_out, WITHOUT)
    _known("--crowd", (crowd,), CROWDS)
    roles.endpoint(osc_out)
    console = Console(stderr=json_)
    if speed == "max":
        verdict = _virtual(loaded, show, chosen, for_ or "30m", seed, crowd, left_out, out, console)
    elif speed == "1":
        verdict = _real(show, chosen, for_, seed, crowd, headless, left_out, port, osc_out, out,
                        console)  # fmt: skip
    else:
        raise typer.BadParameter(f"--speed is 1 or max, not {speed!r}")
    if json_:
        print(json.dumps(verdict))
    else:
        print(verdict["verdict"])
        for path in verdict["wrote"]:
            print(f"  {path}")
    for fault in verdict["faults"]:
        print(fault, file=sys.stderr)
    raise typer.Exit(1 if verdict["faults"] else 0)


@app.command()
def run(config: Annotated[Path, typer.Option(help="The site's settings.")] =
        ROOT / "config/gallery.toml") -> None:  # fmt: skip
    """Run the installation with the gear that the config names."""
    from installation.run.house import Plan, play
    from installation.settings import load_settings

    settings = load_settings(config)
    load(settings.show)
    plan = Plan(
        show=settings.show, out=settings.out, ports=settings.serial_ports,
        headless=settings.headless,
        host=settings.panel_host, port=settings.panel_port,
        osc=tuple(f"{h}:{p}" for h, p in settings.osc_destinations),
        size=f"{settings.stage_size[0]}x{settings.stage_size[1]}",
    )  # fmt: skip
    play(plan, Console())


def _virtual(loaded: Show, show: Path, acts: tuple[str, ...], for_: str, seed: int, crowd: str,
             left_out: tuple[str, ...], out: Path, console: Console) -> dict[str, Any]:  # fmt: skip
    from installation.rehearsal.report import write_report
    from installation.run.rehearse import Rehearsal, endings, write_digest

    out.mkdir(parents=True, exist_ok=True)
    begun_s = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar, (out / "timeline.jsonl").open("w") as file:
        task = bar.add_task("rumour", total=1.0)
        evening = Rehearsal(
            loaded, crowd=crowd, seed=seed, seconds=duration_s(for_), acts=acts, timeline=file
        ).play(lambda share, on: bar.update(task, completed=share, description=on))
        write_digest(out, evening)
        frames, faults = [], []
        if "stage" not in left_out:
            try:
                frames = _stills(loaded, show, evening.looks, out, bar)
            except InstallationError as missing:
                faults.append(f"no stills: {missing}")
    took_s = time.monotonic() - begun_s
    stats = {
        "show": loaded.title, "crowd": crowd, "seed": seed, "played_s": evening.played_s,
        "took_s": round(took_s, 1), "digest": evening.digest, "advances": evening.advances,
        "endings": endings(evening.timeline),
    }  # fmt: skip
    report = write_report(out, evening.timeline, evening.traces, stats, frames)
    scenes = len({(e["act"], e["scene"]) for e in evening.timeline if e["kind"] == "scene"})
    verdict = (f"{'At fault' if faults else 'Played'}: {evening.played_s:.0f} s of show in "
               f"{took_s:.0f} s, {scenes} scenes, digest {evening.digest[:12]}")  # fmt: skip
    wrote = [out / "timeline.jsonl", out / "digest.txt", report, *([out / "frames"] * bool(frames))]
    return {"verdict": verdict, "faults": faults, "wrote": [str(p) for p in wrote], **stats}


def _stills(loaded: Show, show: Path, looks: list[tuple[str, str, int, Mapping[str, float]]],
            out: Path, bar: Progress) -> list[Path]:  # fmt: skip
    from installation.stage.still import Stills

    folder = out / "frames"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    task = bar.add_task("stills", total=len(looks))
    stills, made = Stills(loaded, show / "visuals"), []
    for number, (act, scene, t_us, parameters) in enumerate(looks, 1):
        path = folder / f"{number:02d}-{act}-{scene}.png"
        stills.save(parameters, t_us, path)
        made.append(path)
        bar.advance(task)
    return made


def _real(show: Path, acts: tuple[str, ...], for_: str, seed: int, crowd: str, headless: bool,
          left_out: tuple[str, ...], port: int, osc_out: str, out: Path,
          console: Console) -> dict[str, Any]:  # fmt: skip
    from installation.run.house import Plan, play

    if "sound" not in left_out:
        _make_sounds(show, console)
    figures = play(
        Plan(show=show, out=out, crowd=crowd, seed=seed, first_act=acts[0] if acts else "",
             seconds=duration_s(for_) if for_ else None, headless=headless,
             without=frozenset(left_out), port=port, osc=(osc_out,)),
        console,
    )  # fmt: skip
    faults = list(figures["restarts"])
    late, latency = figures.get("lateness", {}), figures.get("sensor_to_osc", {})
    stage = figures["last"].get("processes", {}).get("stage", {})
    lines = [f"played {figures['last'].get('played_s', 0):.0f} s"]
    if not late:
        faults.append("the show process left no figures: it did not end cleanly")
    lines.append(f"loop late p50 {late.get('p50_ms')} ms, p99 {late.get('p99_ms')} ms")
    lines.append(f"sensor to OSC p50 {latency.get('p50_ms')} ms, p99 {latency.get('p99_ms')} ms")
    if stage:
        lines.append(f"stage {stage.get('fps', 0):.0f} frames/s")
    verdict = f"{'At fault' if faults else 'Played'}: " + "; ".join(lines)
    figures.pop("last")
    return {"verdict": verdict, "faults": faults, "wrote": [str(out / "timeline.jsonl")], **figures,
            "stage": stage}  # fmt: skip


def _make_sounds(show: Path, console: Console) -> None:
    from installation.sound.material import ensure

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("making the sounds (first run only)", total=1.0)
        ensure(show, lambda done, total: bar.update(task, completed=done / max(1, total)))


def _known(option: str, given: tuple[str, ...], known: Any) -> None:
    for name in given:
        if name not in known:
            raise typer.BadParameter(f"{option}: {name!r} is none of {', '.join(sorted(known))}")


def main() -> None:
    """Run the command line; an error of ours is one sentence and exit code 1."""
    try:
        app()
    except InstallationError as mistake:
        print(mistake, file=sys.stderr)
        sys.exit(1)
