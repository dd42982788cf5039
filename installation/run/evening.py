"""A whole evening: played, drawn, told in a report, and summed up in a verdict."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from installation.errors import InstallationError, Unavailable
from installation.osc.out import OscOut
from installation.rehearsal.report import write_report
from installation.run.album import Album, Look
from installation.run.conductor import Conductor
from installation.run.house import Plan, Played
from installation.run.house import play as play_house
from installation.run.recording.keeping import record_all
from installation.run.rehearse import Rehearsal
from installation.settings import endpoint
from installation.showfile.model import Show

VIRTUAL_S = 1800.0
"""How much a rehearsal in virtual time plays where nobody says it."""


@dataclass(slots=True)
class Verdict:
    """`lines` are for the terminal, `figures` for `--json`; with `faults` the exit code is 1."""

    lines: list[str]
    figures: dict[str, Any]
    faults: list[str] = field(default_factory=list)
    wrote: list[Path] = field(default_factory=list)


@contextlib.contextmanager
def claimed(out: Path) -> Iterator[None]:
    """The folder for what an evening leaves, made where it is missing, and ours alone.

    Raises Unavailable where it cannot be, or another evening is being written there.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        mark = (out / ".lock").open("w")
    except OSError as why:
        raise Unavailable(
            f"{out} cannot be written ({why.strerror}): choose another --out"
        ) from why
    with mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as why:
            said = f"another evening is being written to {out}: choose another --out"
            raise Unavailable(said) from why
        yield


def play(plan: Plan, show: Show, console: Console, *, virtual: bool) -> Verdict:
    """In real time, or `virtual`: as fast as the machine can. Raises Unavailable."""
    with claimed(plan.out):
        try:
            verdict = (_play_virtual if virtual else _play_real)(plan, show, console)
        except OSError as why:
            raise Unavailable(f"{why.filename or plan.out}: {why.strerror}") from why
    verdict.faults += [
        f"{line['act']}/{line['name']}: {line['why']}"
        for line in _timeline(plan)
        if line["kind"] == "fault"
    ]
    return verdict


def _play_virtual(plan: Plan, show: Show, console: Console) -> Verdict:
    """The same core and wire bytes, in memory."""
    begun_s = time.monotonic()
    end_s = plan.seconds if plan.seconds is not None else VIRTUAL_S
    faults: list[str] = []
    with _progress(console) as bar, (plan.out / "timeline.jsonl").open("w", encoding="utf-8") as f:
        conductor = Conductor(show, plan.seed, 0, f)
        osc = OscOut([endpoint(to) for to in plan.osc])
        recorder = record_all(conductor, plan.show, plan.record) if plan.record else None
        rehearsal = Rehearsal(conductor, crowd=plan.crowd, seed=plan.seed, acts=plan.acts, osc=osc)
        task = bar.add_task(show.title, total=end_s)

        def progress(now_us: int) -> None:
            on = f"{conductor.state.act} · {conductor.state.scene}"
            bar.update(task, completed=now_us / 1e6, description=on)

        try:
            rehearsal.play(round(end_s * 1e6), progress)
        except KeyboardInterrupt:
            faults.append("ended by Ctrl-C before its time")
        osc.close()
        if recorder:
            recorder.close()
    played_s = round(min(end_s, conductor.state.now_us / 1e6), 1)
    took_s = time.monotonic() - begun_s
    digest = conductor.digest()
    (plan.out / "digest.txt").write_text(digest + "\n")
    stats = {"played_s": played_s, "played_in_s": round(took_s, 1), "digest": digest,
             "advances": rehearsal.advances}  # fmt: skip
    wrote = [plan.out / "digest.txt", *_leave(plan, show, rehearsal.album, stats, faults, console)]
    wrote += [plan.record] if plan.record else []
    lines = [
        f"{_sum_up(plan, played_s, faults)}, {played_s / max(took_s, 1e-3):.0f} times real time",
        f"  digest   {digest}",
    ]
    return Verdict(lines, stats, faults, wrote)


def _play_real(plan: Plan, show: Show, console: Console) -> Verdict:
    """With every process that the gallery has, `plan.speed` times as fast as real time."""
    if "sound" not in plan.without:
        _make_sounds(plan.show, console)
    played = play_house(plan, console)
    faults, figures = played.faults, played.figures
    played_s = figures.get("played_s", played.status.get("played_s", 0.0))
    stage = played.status.get("processes", {}).get("stage", {})
    stats = {**figures, "played_s": played_s, "stage": stage, "interrupted": played.interrupted,
             "nodes": played.status.get("nodes", [])}  # fmt: skip
    wrote = [plan.out / "timeline.jsonl", plan.out / "house.log"]
    album = plan.out / "album.json"
    if plan.is_rehearsal and album.exists():
        kept = Album.heard(json.loads(album.read_text()))
        wrote = _leave(plan, show, kept, stats, faults, console)
        wrote.append(plan.out / "house.log")
    wrote += [plan.record] if plan.record else []
    return Verdict([_sum_up(plan, played_s, faults), *_measured(played)], stats, faults, wrote)


def _measured(played: Played) -> list[str]:
    told = []
    for name, key in (("loop", "lateness"), ("serial→OSC", "serial_to_osc")):
        found = played.figures.get(key) or {}
        if found.get("count"):
            told.append(f"  {name:<11}p50 {found['p50_ms']:.2f} ms, p99 {found['p99_ms']:.2f} ms, "
                        f"worst {found['max_ms']:.1f} ms, of {found['count']}")  # fmt: skip
    stage = played.status.get("processes", {}).get("stage")
    if stage:
        smaller = "" if stage["part"] == 1.0 else f", at last drawn at {stage['part']:.0%} size"
        told.append(
            f"  stage      {stage['mean_fps']:.0f} frames/s over the whole time, a frame "
            f"p50 {stage['frame_p50_ms']:.0f} ms, on {stage['renderer']}{smaller}"
        )
    return told


def _sum_up(plan: Plan, played_s: float, faults: Sequence[str]) -> str:
    events = _timeline(plan)
    scenes = len({(e["act"], e["scene"]) for e in events if e["kind"] == "scene"})
    acts = len({e["act"] for e in events if e["kind"] == "act"})
    word = "At fault" if faults else "Played"
    return f"{word}: {played_s:.0f} s of show, {acts} acts, {scenes} scenes, {plan.crowd}"


def _leave(plan: Plan, show: Show, album: Album, stats: dict[str, Any], faults: list[str],
           console: Console) -> list[Path]:  # fmt: skip
    """The pictures and the report; the paths of what was written."""
    events, frames = _timeline(plan), []
    if "stage" not in plan.without and album.looks:
        try:
            frames = _draw(plan, show, album.looks, console)
        except InstallationError as missing:
            faults.append(f"no pictures: {missing}")
        except KeyboardInterrupt:
            console.print("the pictures are left out")
    told = {"show": show.title, "crowd": plan.crowd, "seed": plan.seed, **stats}
    told["endings"] = endings(events)
    stats["endings"] = told["endings"]
    report = write_report(plan.out, events, album.traces, told, frames)
    pictures = [plan.out / "frames"] if frames else []
    return [plan.out / "timeline.jsonl", *pictures, report]


def _draw(plan: Plan, show: Show, looks: Sequence[Look], console: Console) -> list[Path]:
    from installation.stage.still import Stills

    folder, made = plan.out / "frames", []
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with _progress(console) as bar:
        task = bar.add_task("drawing a picture of each scene", total=len(looks))
        stills = Stills(show, plan.show / "visuals")
        for number, look in enumerate(looks, 1):
            path = folder / f"{number:02d}-{look.act}-{look.scene}.png"
            stills.save(look.parameters, look.t_us, path)
            made.append(path)
            bar.advance(task)
    return made


def endings(events: Sequence[dict[str, Any]]) -> dict[str, int]:
    """How often each ending occurred: `act/scene → goto (tally)`."""
    return dict(
        Counter(
            f"{line['act']}/{line['scene']} → {line['name']} ({line['tally'] or '–'})"
            for line in events
            if line["kind"] == "transition"
        )
    )


def _timeline(plan: Plan) -> list[dict[str, Any]]:
    path = plan.out / "timeline.jsonl"
    if not path.exists():
        return []
    found = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            with contextlib.suppress(ValueError):  # a show that was killed may leave half a line
                found.append(json.loads(line))
    return found


def _make_sounds(show: Path, console: Console) -> None:
    from installation.sound.material import ensure

    with _progress(console) as bar:
        task = bar.add_task("making the sounds (first run only)", total=None, visible=False)
        ensure(show, lambda done, total: bar.update(task, completed=done, total=total,
                                                    visible=True))  # fmt: skip


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    return Progress(*columns, console=console, transient=True)
