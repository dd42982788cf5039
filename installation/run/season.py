"""A season: many days in virtual time, each from its own seed, one a core at a time."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from installation.errors import Unavailable
from installation.rehearsal.arrivals import guests, weekday
from installation.rehearsal.chart import chart
from installation.rehearsal.season import Day, Score, scores, tell_day
from installation.rehearsal.season_page import write_page
from installation.rehearsal.season_told import summary, told
from installation.run.conductor import Conductor
from installation.run.evening import Verdict, claimed
from installation.run.parent import PARENT, tie_to_parent
from installation.run.rehearse import Rehearsal
from installation.showfile.load import load_placed

LOOK_S = 0.2
"""How often the progress is drawn."""
MOST_DAYS = 1000
"""A day's own seed is the season's times this, and its number."""


@dataclass(frozen=True, slots=True)
class Season:
    """`days` days of the show in `show`, open from `opens_h` to `closes_h` o'clock."""

    show: Path
    out: Path
    days: int
    seed: int = 1
    opens_h: float = 10.0
    closes_h: float = 18.0
    fail_under: float = 0.0
    """The least share of scenes, transitions and tallies, in per cent, that must have happened."""

    @property
    def open_s(self) -> float:
        return (self.closes_h - self.opens_h) * 3600.0


class _Stopped(Exception):
    """Ctrl-C: this day is not played to its end."""


def play(season: Season, console: Console, workers: int | None = None) -> Verdict:
    """Play all days, or those that were over at Ctrl-C; the reports in `season.out`.

    Raises Unavailable, ShowFileError.
    """
    show, places = load_placed(season.show)
    with claimed(season.out):
        begun_s = time.monotonic()
        days = _play_days(season, console, workers or os.cpu_count() or 1)
        took_s = time.monotonic() - begun_s
        if not days:
            raise Unavailable("no day was played to its end: nothing to report")
        drawn = chart(show, places)
        report = told(show, season.seed, (season.opens_h, season.closes_h), drawn, days)
        page = write_page(season.out, report, days)
        data = season.out / "season.json"
        try:
            data.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
        except OSError as why:
            raise Unavailable(f"{data}: {why.strerror}") from why
    summary(console, report)
    faults = _short_of(scores(drawn, days), season.fail_under)
    if len(days) < season.days:
        faults.append(f"ended by Ctrl-C after {len(days)} of {season.days} days")
    played_s = sum(day.played_s for day in days)
    line = (f"Played: {len(days)} days of {season.open_s / 3600:g} h in {took_s:.0f} s, "
            f"{played_s / max(took_s, 1e-3):.0f} times real time")  # fmt: skip
    return Verdict([line], {**report, "took_s": round(took_s, 1)}, faults, [page, data])


def play_day(season: Season, number: int,
             note: Callable[[int, int], None] = lambda number, now_us: None) -> Day:  # fmt: skip
    """One day, from an empty room on, in this process.

    `note` hears the day and the moment, in microseconds, every five seconds of show time.
    """
    show, places = load_placed(season.show)
    seed = season.seed * MOST_DAYS + number
    begun_s = time.monotonic()
    timeline = io.StringIO()
    conductor = Conductor(show, seed, 0, timeline)
    coming = guests(season.seed, number, season.open_s)
    rehearsal = Rehearsal(conductor, crowd="", seed=seed, guests=coming)
    end_us = round(season.open_s * 1e6)
    rehearsal.play(end_us, lambda now_us: note(number, now_us))
    lines = [json.loads(line) for line in timeline.getvalue().splitlines()]
    return tell_day(
        number, weekday(number), chart(show, places), lines, rehearsal.world.everyone(end_us),
        season.open_s, conductor.digest(), advances=rehearsal.advances,
        took_s=round(time.monotonic() - begun_s, 1),
    )  # fmt: skip


def _short_of(found: Sequence[Score], percent: float) -> list[str]:
    return [
        f"{score.percent:.1f} % of the {score.what} happened, less than {percent:g} %"
        for score in found
        if score.what != "cues" and score.percent < percent
    ]


def _play_days(season: Season, console: Console, workers: int) -> list[Day]:
    """The days that were played to their end, in order. Raises Unavailable where a worker was
    killed, and what a day raises."""
    spawn = multiprocessing.get_context("spawn")
    moments, stop = spawn.Array("d", season.days, lock=False), spawn.Event()
    begin = (moments, stop, os.getpid())
    pressed: list[int] = []
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)  # those who are born now ignore Ctrl-C
    with ProcessPoolExecutor(min(workers, season.days), spawn, _begin, begin) as pool:
        coming = [pool.submit(_try_day, season, number) for number in range(season.days)]
        signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
        try:
            _watch(season, console, moments, coming, pressed)
        except BrokenProcessPool as why:
            said = "a process that played a day was killed: is there memory left?"
            raise Unavailable(said) from why
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
            signal.signal(signal.SIGINT, heard)
    played = [day.result() for day in coming if not day.cancelled()]
    return [day for day in played if day is not None]


def _watch(season: Season, console: Console, moments: Sequence[float],
           coming: Sequence[Future[Day | None]], pressed: Sequence[int]) -> None:  # fmt: skip
    """Draw the progress until all days are over, or Ctrl-C is `pressed`. Raises what a day
    raised, at once."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"),
               TimeRemainingColumn(elapsed_when_finished=True))  # fmt: skip
    begun_s = time.monotonic()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("the doors open", total=season.days * season.open_s)
        left: set[Future[Day | None]] = set(coming)
        while left and not pressed:
            done, left = wait(left, LOOK_S, FIRST_EXCEPTION)
            for day in done:
                day.result()
            played_s = sum(moments)
            speed = played_s / max(time.monotonic() - begun_s, 1e-3)
            over = sum(day.done() for day in coming)
            says = f"{over} of {season.days} days · {speed:.0f} times real time"
            bar.update(task, completed=played_s, description=says)


_moments: Any = None
_stop: Any = None


def _begin(moments: Any, stop: Any, parent: int) -> None:
    """In each worker: it ends with its parent."""
    global _moments, _stop
    os.environ[PARENT] = str(parent)
    tie_to_parent()
    _moments, _stop = moments, stop


def _try_day(season: Season, number: int) -> Day | None:
    try:
        return play_day(season, number, _note)
    except _Stopped:
        return None


def _note(number: int, now_us: int) -> None:
    """How far this day is; raises where it shall not go on."""
    _moments[number] = now_us / 1e6
    if _stop.is_set():
        raise _Stopped
