"""season.html: what a curator wants to know of many days; one file, no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from installation.rehearsal.drawing import ACT_COLOURS
from installation.rehearsal.report import STYLE
from installation.rehearsal.season import Day
from installation.rehearsal.season_drawing import histogram, reach, share, week
from installation.rehearsal.season_told import clock, span, verdict

Report = Mapping[str, Any]
OWN_STYLE = Path(__file__).with_name("season.css")
WAITING = "#3d362d"
"""The attract act: it is on while nobody is there, and stands back in the drawings."""
BY = {"visitors": "visitors", "nobody": "nobody", "": "time"}
"""What the tallies of an ending are drawn as; any other counts as visitors' doing."""


def write_page(out: Path, report: Report, days: Sequence[Day]) -> Path:
    """`season.html` in `out`, from the figures of season.json and the days themselves.

    Raises OSError where it cannot be written.
    """
    title = escape(str(report["title"]))
    played = [act for act in report["acts"] if act != report["attract"]]
    paint = {report["attract"]: WAITING, **dict(zip(played, ACT_COLOURS * 9, strict=False))}
    body = "".join((
        f"<header><p>{_days(report)} of visitors</p><h1>{title}</h1>"
        f'<p class="verdict">{escape(verdict(report))}</p></header>',
        _figures(report),
        _section("What never happened", _never(report)),
        _section("Day by day", _week(report, days, paint)),
        _section("How long they stayed, and what they saw", _visits(report, days, paint)),
        _section("How long things lasted", _lengths(report, paint)),
        _section("How scenes ended", _endings(report, paint)),
        _section("Seldom", _seldom(report)),
        _section("Trouble", _trouble(report)),
        _footer(report),
    ))  # fmt: skip
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title} · {_days(report)}</title>"
        f"<style>{STYLE.read_text()}{OWN_STYLE.read_text()}</style><main>{body}</main></html>\n"
    )
    path = out / "season.html"
    path.write_text(page, encoding="utf-8")
    return path


def _days(report: Report) -> str:
    return "One day" if report["days"] == 1 else f"{report['days']} days"


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>" if content else ""


def _figures(report: Report) -> str:
    visits, stall = report["visits"], report["longest_stall"]
    rows = [("visitors", f"{visits['count']:,}"),
            ("a day", f"{visits['count'] / report['days']:.0f}")]  # fmt: skip
    if visits["count"]:
        rows.append(("median visit", span(visits["median_s"])))
    for what, part in report["coverage"].items():
        rows.append((f"{what} that happened", f"{part['total'] - len(part['never'])} of "
                                              f"{part['total']}"))  # fmt: skip
    rows.append(("longest without a change", span(stall["length_s"])))
    rows.append(("faults", str(len(report["faults"]))))
    return f"<dl>{''.join(f'<div><dt>{a}</dt><dd>{b}</dd></div>' for a, b in rows)}</dl>"


def _never(report: Report) -> str:
    covered = report["coverage"]
    parts = []
    scenes = [(name.replace("/", " · "), "never reached", report["scenes"][name]["where"])
              for name in covered["scenes"]["never"]]  # fmt: skip
    parts.append(_list("Scenes", scenes))
    ways = [(_from(w), f"→ {w['goto']}{_by(w)}: {w['why']} ({_chances(report, w)})", w["where"])
            for w in report["transitions"] if not w["times"]]  # fmt: skip
    parts.append(_list("Transitions", ways))
    parts.append(_list("Tallies", [(name, "", "") for name in covered["tallies"]["never"]]))
    cues = [(_from(c), f"cue {c['cue']} ({_chances(report, c)})", c["where"])
            for c in report["cues"] if not c["times"]]  # fmt: skip
    parts.append(_list("Cues", cues))
    told = "".join(parts) or "<p>Everything that the show has happened at least once.</p>"
    apart = len(report["only_after_a_fault"])
    if apart:
        told += (f"<p>{apart} more transitions are for a sensor that is not there; "
                 "visitors cannot cause them.</p>")  # fmt: skip
    return told


def _list(title: str, rows: Sequence[tuple[str, str, str]]) -> str:
    if not rows:
        return ""
    lines = "".join(
        f"<tr><td>{escape(a)}</td><td>{escape(b)}</td><td><code>{escape(c)}</code></td></tr>"
        for a, b, c in rows
    )
    return f"<h3>{title} <b>{len(rows)}</b></h3><table>{lines}</table>"


def _chances(report: Report, told: Mapping[str, Any]) -> str:
    """How often it could have happened, as its scene or its act was on."""
    if not told["act"]:
        return f"in {report['days']} days"
    scene, act = report["scenes"].get(f"{told['act']}/{told['scene']}"), report["acts"][told["act"]]
    times, what = (scene or act)["entered"], "scene" if scene else "act"
    return f"the {what} was on {times}×" if times else f"the {what} was never on"


def _from(told: Mapping[str, Any]) -> str:
    if told["scene"]:
        return f"{told['act']} · {told['scene']}"
    return told["act"] or "in every scene"


def _by(way: Mapping[str, Any]) -> str:
    return f", by {way['tally']}" if way["tally"] else ""


def _week(report: Report, days: Sequence[Day], paint: Mapping[str, str]) -> str:
    key = "".join(
        f'<span><i style="background:{colour}"></i>{escape(act["title"])}</span>'
        for colour, act in zip(paint.values(), report["acts"].values(), strict=True)
    )
    return (
        f'{week(days, report["opens_h"], report["closes_h"], paint)}<p class="key">{key}'
        "<span>the line above: how many were there</span></p>"
    )


def _visits(report: Report, days: Sequence[Day], paint: Mapping[str, str]) -> str:
    visits = report["visits"]
    if not visits["count"]:
        return "<p>Nobody came.</p>"
    stays = [visit.left_s - visit.came_s for day in days for visit in day.visits]
    marks = (visits["p25_s"], visits["median_s"], visits["p75_s"])
    rows = "".join(
        f"<tr><td>{_dot(paint[name])}{escape(act['title'])}</td>"
        f"<td>{share(act['seen_percent'] / 100, paint[name])}</td>"
        f'<td class="n">{act["seen_percent"]:.0f} %</td></tr>'
        for name, act in report["acts"].items()
        if name != report["attract"]
    )
    parties = ", ".join(f"{n} {PARTIES.get(p, p)}" for p, n in visits["parties"].items())
    return (
        f'<div class="two"><figure>{histogram(stays, marks)}<figcaption>Minutes from the door '
        f"to the door: a quarter left within {span(marks[0])}, half within {span(marks[1])}, "
        f"three quarters within {span(marks[2])}.</figcaption></figure>"
        f"<div><table>{rows}</table><p>Share of visitors who saw at least ten seconds of each "
        f"act. Who came: {escape(parties)}.</p></div></div>"
    )


PARTIES = {"alone": "alone", "couple": "in couples", "family": "in families",
           "friends": "with friends", "class": "in school classes"}  # fmt: skip


def _lengths(report: Report, paint: Mapping[str, str]) -> str:
    longest_s = max(
        (
            found["p95_s"]
            for name, found in (*report["acts"].items(), *report["scenes"].items())
            if found["times"] and name.split("/")[0] != report["attract"]
        ),
        default=1.0,
    )
    rows = []
    for name, act in report["acts"].items():
        rows.append(_length(name, act["title"], act, report, longest_s, paint, "act"))
        rows += [
            _length(name, scene.split("/")[1], found, report, longest_s, paint, "scene")
            for scene, found in report["scenes"].items()
            if scene.split("/")[0] == name
        ]
    head = (
        "<tr><th></th><th>a day</th><th>5 %</th><th>median</th><th>95 %</th>"
        f"<th>0 to {span(longest_s)}</th></tr>"
    )
    return f'<table class="lengths">{head}{"".join(rows)}</table>'


def _length(act: str, name: str, found: Mapping[str, Any], report: Report, longest_s: float,
            paint: Mapping[str, str], kind: str) -> str:  # fmt: skip
    label = f"{_dot(paint[act])}{escape(name)}" if kind == "act" else escape(name)
    a_day = f"{found['entered'] / report['days']:.1f}"
    if not found["times"]:
        why = f"{a_day} a day, and never to its end" if found["entered"] else "never"
        return f'<tr class="{kind} never"><td>{label}</td><td colspan="5">{why}</td></tr>'
    numbers = "".join(f'<td class="n">{span(found[k])}</td>' for k in ("p5_s", "median_s", "p95_s"))
    drawn = reach(found["p5_s"], found["median_s"], found["p95_s"], longest_s, paint[act])
    return (
        f'<tr class="{kind}"><td>{label}</td><td class="n">{found["times"] / report["days"]:.1f}'
        f"</td>{numbers}<td>{drawn}</td></tr>"
    )


def _endings(report: Report, paint: Mapping[str, str]) -> str:
    """Each way out with its share of all the ways out of that scene, or of that act."""
    total = Counter[str]()
    for way in report["transitions"]:
        total[_from(way)] += way["times"]
    rows, last = [], ""
    for way in report["transitions"]:
        here = _from(way)
        part = way["times"] / total[here] if total[here] else 0.0
        label = f"{_dot(paint.get(way['act'], ''))}{escape(here)}" if here != last else ""
        last = here
        rows.append(
            f"<tr{'' if way['times'] else ' class=never'}><td>{label}</td><td>{escape(way['goto'])}"
            f"</td><td>{escape(way['why'])}</td><td>{escape(BY.get(way['tally'], way['tally']))}"
            f'</td><td class="n">{way["times"]}</td><td>{share(part, _ink(way["tally"]))}</td>'
            f'<td class="n">{part:.0%}</td></tr>'
        )
    head = (
        "<tr><th>scene</th><th>led to</th><th>because</th><th>by</th><th>times</th>"
        "<th></th><th></th></tr>"
    )
    return f"<table>{head}{''.join(rows)}</table>"


def _ink(tally: str) -> str:
    return {"nobody": "#7d7468", "": "#4f8f78"}.get(tally, "#c9a24b")


def _seldom(report: Report) -> str:
    rows: list[tuple[str, str, str]] = []
    for what, part in report["coverage"].items():
        rows += [(what, name, f"{n}×") for name, n in part["rare"].items()]
    if not rows:
        return ""
    lines = "".join(f"<tr><td>{a}</td><td>{escape(b)}</td><td>{c}</td></tr>" for a, b, c in rows)
    return (
        f"<p>What happened less than once a day.</p><details><summary>{len(rows)} of them"
        f"</summary><table>{lines}</table></details>"
    )


def _trouble(report: Report) -> str:
    stall, parts = report["longest_stall"], []
    if stall["length_s"]:
        parts.append(
            f"<p>The longest that somebody was there and the scene did not change: "
            f"{span(stall['length_s'])} in {escape(stall['act'])} · "
            f"{escape(stall['scene'])}, day {stall['day']} ({stall['weekday']}) from "
            f"{stall['at']} on.</p>"
        )
    faults: Iterable[str] = report["faults"]
    parts.append("".join(f"<p>{escape(fault)}</p>" for fault in faults) or "<p>No faults.</p>")
    return "".join(parts)


def _footer(report: Report) -> str:
    rows = "".join(
        f'<tr><td>{day["day"]}</td><td>{day["weekday"]}</td><td class="n">{day["visitors"]}</td>'
        f'<td class="n">{day["scenes"]}</td><td><code>{day["digest"][:16]}</code></td></tr>'
        for day in report["each_day"]
    )
    opens, closes = clock(report["opens_h"], 0), clock(report["closes_h"], 0)
    head = "<tr><th>day</th><th></th><th>visitors</th><th>scenes</th><th>digest</th></tr>"
    return (
        f"<section><h2>The days</h2><p>Open from {opens} to {closes}, seed {report['seed']}. "
        "The same seed gives the same days; season.json has every figure.</p>"
        f"<details><summary>each day</summary><table>{head}{rows}</table></details></section>"
    )


def _dot(colour: str) -> str:
    return f'<i style="background:{colour or "#555"}"></i>'
