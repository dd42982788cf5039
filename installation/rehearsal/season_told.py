"""A season in figures, for season.json, and in a few lines for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from installation.rehearsal.chart import Chart, Spot, Way
from installation.rehearsal.season import Day, Score, lengths, quantile, scores
from installation.showfile.model import Show

Report = Mapping[str, Any]
FEW = 10
"""So many of a list are named in the terminal; the page has all."""


def told(show: Show, seed: int, hours: tuple[float, float], chart: Chart,
         days: Sequence[Day]) -> dict[str, Any]:  # fmt: skip
    """The season as season.json has it: equal seeds give equal text. Durations in seconds."""
    visits = [visit for day in days for visit in day.visits]
    stays_s = [visit.left_s - visit.came_s for visit in visits]
    spans = lengths(days)
    ways = _sum(day.ways for day in days)
    cues = _sum(day.cues for day in days)
    scenes = _sum(day.scenes for day in days)
    acts = Counter(stay.act for day in days for stay in day.acts)
    tallies = Counter[str]()
    for way, many in ways.items():
        tallies[way.tally or "–"] += many
    return {
        "show": show.name, "title": show.title, "attract": show.attract, "seed": seed,
        "days": len(days),
        "opens_h": hours[0], "closes_h": hours[1],
        "coverage": {score.what: _covered(score) for score in scores(chart, days)},
        "only_after_a_fault": [str(way) for way in chart.for_faults],
        "visits": {
            "count": len(visits), **_spread(stays_s),
            "parties": dict(sorted(Counter(visit.party for visit in visits).items())),
        },
        "acts": {
            act.name: {
                "title": act.title, "entered": acts[act.name],
                **_spread(spans.get(Spot(act.name, ""), [])),
                "seen_percent": _percent(sum(act.name in v.acts for v in visits), len(visits)),
            }
            for act in show.acts.values()
        },
        "scenes": {
            str(spot): {"where": chart.where.get(spot, ""), "entered": scenes[spot],
                        **_spread(spans.get(spot, []))}
            for spot in chart.scenes
        },
        "transitions": [
            _way(way, ways[way], chart) for way in (*chart.ways, *_others(ways, chart))
        ],
        "tallies": dict(sorted(tallies.items())),
        "cues": [{"act": spot.act, "scene": spot.scene, "cue": spot.name, "times": cues[spot],
                  "where": chart.where.get(spot, "")} for spot in chart.cues],
        "longest_stall": _longest_stall(days, hours[0]),
        "faults": [f"day {day.number + 1}, {fault}" for day in days for fault in day.faults],
        "each_day": [
            {"day": day.number + 1, "weekday": day.weekday, "visitors": len(day.visits),
             "scenes": sum(day.scenes.values()), "advances": day.advances, "digest": day.digest}
            for day in days
        ],
    }  # fmt: skip


def clock(opens_h: float, t_s: float) -> str:
    """The time of day, `t_s` after the doors opened."""
    minutes = round(opens_h * 60 + t_s / 60)
    return f"{minutes // 60}:{minutes % 60:02d}"


def span(seconds: float) -> str:
    """A duration for people: 42 s, 3:05 min, 1 h 12."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600} h {whole % 3600 // 60:02d}"


def verdict(report: Report) -> str:
    """The season in two or three sentences."""
    visits, covered = report["visits"], report["coverage"]
    days = "1 day" if report["days"] == 1 else f"{report['days']} days"
    said = f"{days}, {visits['count']} visitors. "
    parts = [_happened(what, covered[what]) for what in ("scenes", "transitions")]
    said += f"{parts[0][0].upper()}{parts[0][1:]}, {parts[1]}."
    if visits["count"]:
        low, high = span(visits["p25_s"]), span(visits["p75_s"])
        said += (f" The median visit lasted {span(visits['median_s'])}, "
                 f"the middle half of all visits between {low} and {high}.")  # fmt: skip
    return said


def summary(console: Console, report: Report) -> None:
    """The season for the terminal: what happened, what never did, and how long visits were."""
    console.print(verdict(report), highlight=False)
    console.print(_coverage(report))
    console.print(_acts(report))
    for what, part in report["coverage"].items():
        never = part["never"]
        if never:
            console.print(f"never, {what}:")
        for name in never[:FEW]:
            console.print(f"  {name}", highlight=False, markup=False)
        if len(never) > FEW:
            console.print(f"  and {len(never) - FEW} more: see season.html", highlight=False)
    stall = report["longest_stall"]
    if stall["length_s"]:
        console.print(
            f"longest without a change: {span(stall['length_s'])} in {stall['act']}/"
            f"{stall['scene']}, {stall['weekday']} {stall['at']}",
            highlight=False,
        )
    if report["faults"]:
        many = f"{len(report['faults'])} faults, the first: {report['faults'][0]}"
        console.print(many, highlight=False, markup=False)


def _coverage(report: Report) -> Table:
    table = _table("", "in the show", "happened", "never", "less than once a day")
    for what, part in report["coverage"].items():
        table.add_row(what, str(part["total"]), f"{part['percent']:.1f} %", str(len(part["never"])),
                      str(len(part["rare"])))  # fmt: skip
    return table


def _acts(report: Report) -> Table:
    table = _table("act", "times", "median", "5 %", "95 %", "seen by")
    for name, act in report["acts"].items():
        row = [span(act[key]) if act["times"] else "–" for key in ("median_s", "p5_s", "p95_s")]
        table.add_row(name, str(act["entered"]), *row, f"{act['seen_percent']:.0f} %")
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _happened(what: str, part: Mapping[str, Any]) -> str:
    missing = len(part["never"])
    if not missing:
        return f"all {part['total']} {what} happened"
    return f"{missing} of {part['total']} {what} never happened"


def _spread(values: Sequence[float]) -> dict[str, float]:
    """How many there are, and their quantiles where there are any."""
    shares = {"median_s": 0.5, "p5_s": 0.05, "p25_s": 0.25, "p75_s": 0.75, "p95_s": 0.95}
    found = {name: round(quantile(values, share), 1) for name, share in shares.items() if values}
    return {"times": len(values), **found}


def _covered(score: Score) -> dict[str, Any]:
    return {"total": score.total, "percent": round(score.percent, 2), "never": list(score.never),
            "rare": dict(score.rare)}  # fmt: skip


def _percent(part: int, whole: int) -> float:
    return round(100.0 * part / whole, 1) if whole else 0.0


def _way(way: Way, times: int, chart: Chart) -> dict[str, Any]:
    return {"act": way.act, "scene": way.scene, "goto": way.goto, "tally": way.tally,
            "why": way.why, "times": times, "where": chart.where.get(way, "")}  # fmt: skip


def _others(ways: Counter[Way], chart: Chart) -> list[Way]:
    """Ways that were taken and are not among those that visitors are expected to take."""
    return sorted(ways.keys() - set(chart.ways), key=str)


def _longest_stall(days: Sequence[Day], opens_h: float) -> dict[str, Any]:
    day = max(days, key=lambda day: day.stall.length_s)
    stall = day.stall
    return {"length_s": round(stall.length_s, 1), "day": day.number + 1, "weekday": day.weekday,
            "at": clock(opens_h, stall.from_s), "act": stall.act, "scene": stall.scene}  # fmt: skip


def _sum(counters: Any) -> Counter[Any]:
    total = Counter[Any]()
    for counter in counters:
        total.update(counter)
    return total
