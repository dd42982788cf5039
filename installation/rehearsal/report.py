"""The page that a rehearsal leaves: one file, no network, readable in the dark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pygame

from installation.rehearsal.contact import shrunk
from installation.rehearsal.drawing import clock, colours, evening, is_flat, stretches, trace

Trace = Sequence[tuple[float, float | None]]
Line = Mapping[str, Any]

MOST_LINES = 2000
STYLE = Path(__file__).with_name("report.css")


def write_report(out_dir: Path, timeline: Sequence[Line], traces: Mapping[str, Trace],
                 stats: Mapping[str, Any], frames: Sequence[Path]) -> Path:  # fmt: skip
    """`report.html` in `out_dir`, which is made where it is missing.

    `timeline` lines have t_s, kind (act, scene, cue, transition, command or
    node), act, scene, name, why and tally. `stats` become the table of
    figures; `played_s` sets the length. A frame is named NN-act-scene.png.
    """
    end_s = float(stats.get("played_s") or max((float(e["t_s"]) for e in timeline), default=0.0))
    title = str(stats.get("show", "Rehearsal"))
    body = "".join((
        f"<header><p>Rehearsal</p><h1>{escape(title)}</h1>"
        f'<p class="verdict">{escape(verdict(timeline, stats, end_s))}</p></header>',
        _figures(stats),
        _section("The evening", evening(timeline, end_s)),
        _section("What it looked like", _contact_sheet(frames)),
        _section("What ended each scene", _endings(timeline)),
        _section("How long", _durations(timeline, end_s)),
        _section("Signals", _traces(traces, end_s)),
        _section("Line by line", _lines(timeline)),
    ))  # fmt: skip
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)} · rehearsal</title><style>{STYLE.read_text()}</style>"
        f"<main>{body}</main></html>\n"
    )
    out_dir.mkdir(parents=True, exist_ok=True)
    path = out_dir / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def verdict(timeline: Sequence[Line], stats: Mapping[str, Any], end_s: float) -> str:
    """The evening in a sentence or two."""
    played = stretches(timeline, end_s)
    if not played:
        return "Nothing was played: no scene began."
    acts, scenes = len({p[0] for p in played}), len({p[:2] for p in played})
    count = Counter(str(line["kind"]) for line in timeline)
    tallies = Counter(str(e["tally"]) for e in timeline if e["kind"] == "transition" and e["tally"])
    by_whom = ", ".join(f"{tally} {n}×" for tally, n in sorted(tallies.items()))
    told = (
        f"{clock(end_s)} of show with {stats.get('crowd', 'visitors')}: {acts} acts, {scenes} "
        f"different scenes, {count['cue']} cues, {count['transition']} transitions"
    )
    return told + (f", ended by {by_whom}." if by_whom else ".")


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>" if content else ""


def _figures(stats: Mapping[str, Any]) -> str:
    shown = [(name, value) for name, value in stats.items() if isinstance(value, (str, int, float))]
    rows = "".join(
        f"<div><dt>{escape(name.removesuffix('_s').replace('_', ' '))}</dt>"
        f"<dd>{escape(_figure(name, value))}</dd></div>"
        for name, value in shown
    )
    return f"<dl>{rows}</dl>" if rows else ""


def _figure(name: str, value: str | float) -> str:
    if name == "digest":
        return str(value)[:12]
    if isinstance(value, float):
        return f"{value:,.1f} s" if name.endswith("_s") else f"{value:,.3g}"
    return f"{value:,}" if isinstance(value, int) and name != "seed" else str(value)


def _contact_sheet(frames: Sequence[Path]) -> str:
    pictures = []
    for frame in frames:
        label = escape(" · ".join(frame.stem.split("-")[1:]).replace("_", " ") or frame.stem)
        try:
            source = shrunk(frame)
        except (pygame.error, FileNotFoundError) as missing:
            pictures.append(f"<figure><p>No picture: {escape(str(missing))}</p>"
                            f"<figcaption>{label}</figcaption></figure>")  # fmt: skip
            continue
        pictures.append(f'<figure><img alt="{label}" src="{source}">'
                        f"<figcaption>{label}</figcaption></figure>")  # fmt: skip
    return f'<div class="sheet">{"".join(pictures)}</div>' if pictures else ""


def _endings(timeline: Sequence[Line]) -> str:
    """Every way in which a scene ended: where it led, why, who caused it, how often."""
    ways = Counter(
        (str(e["act"]), str(e["scene"]), str(e["name"]), str(e["why"]), str(e["tally"]))
        for e in timeline
        if e["kind"] == "transition"
    )
    paint = colours(timeline)
    rows = "".join(
        f"<tr><td>{_dot(paint.get(act, ''))}{escape(act)} · {escape(scene)}</td>"
        f"<td>{escape(goto)}</td><td>{escape(why)}</td><td>{escape(tally) or '–'}</td>"
        f'<td class="n">{n}</td></tr>'
        for (act, scene, goto, why, tally), n in ways.items()
    )
    head = "<tr><th>scene</th><th>led to</th><th>because</th><th>by</th><th>times</th></tr>"
    return f"<table>{head}{rows}</table>" if rows else ""


def _durations(timeline: Sequence[Line], end_s: float) -> str:
    spans: dict[tuple[str, str], list[float]] = {}
    for act, scene, start_s, stop_s in stretches(timeline, end_s):
        spans.setdefault((act, scene), []).append(stop_s - start_s)
    paint = colours(timeline)
    rows = "".join(
        f'<tr><td>{_dot(paint[act])}{escape(act)} · {escape(scene)}</td><td class="n">{len(s)}</td>'
        f'<td class="n">{min(s):.1f} s</td><td class="n">{max(s):.1f} s</td>'
        f'<td class="n">{clock(sum(s))}</td></tr>'
        for (act, scene), s in spans.items()
    )
    head = "<tr><th>scene</th><th>times</th><th>shortest</th><th>longest</th><th>in all</th></tr>"
    return f"<table>{head}{rows}</table>" if rows else ""


def _traces(traces: Mapping[str, Trace], end_s: float) -> str:
    moving = [trace(name, points, end_s) for name, points in sorted(traces.items())
              if not is_flat(points)]  # fmt: skip
    still = [name for name, points in sorted(traces.items()) if is_flat(points)]
    told = f"<p>Never moved: {escape(', '.join(still))}.</p>" if still else ""
    return (f'<div class="traces">{"".join(moving)}</div>' if moving else "") + told


def _lines(timeline: Sequence[Line]) -> str:
    paint = colours(timeline)
    rows = "".join(
        f'<tr><td class="n">{clock(float(e["t_s"]))}</td><td>{escape(str(e["kind"]))}</td>'
        f"<td>{_dot(paint.get(str(e['act']), ''))}{escape(str(e['act']))} · "
        f"{escape(str(e['scene']))}</td><td>{escape(str(e['name']))}</td>"
        f"<td>{escape(str(e['why']))}</td></tr>"
        for e in timeline[:MOST_LINES]
    )
    left = len(timeline) - MOST_LINES
    more = f"<p>{left} more lines are in timeline.jsonl.</p>" if left > 0 else ""
    head = "<tr><th>at</th><th></th><th>during</th><th>name</th><th>because</th></tr>"
    shown = f"<details><summary>{min(len(timeline), MOST_LINES)} lines</summary>"
    return f"{shown}<table>{head}{rows}</table>{more}</details>" if rows else ""


def _dot(colour: str) -> str:
    return f'<i style="background:{colour or "#555"}"></i>'
