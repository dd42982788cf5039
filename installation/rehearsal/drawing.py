"""The report's drawings: the evening as bands over time, and each signal as a line, in SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH = 1200
BUCKETS = 400
ACT_COLOURS = ("#c9a24b", "#4f8f78", "#b4643c", "#d9d2c3", "#5a7fb0", "#d88a3a", "#8c6f9c")
KIND_COLOURS = {"cue": "#efe7d6", "command": "#5a9bd8", "node": "#e0654f"}

Line = Mapping[str, Any]
Trace = Sequence[tuple[float, float | None]]


def clock(t_s: float) -> str:
    """Show time as minutes and seconds."""
    return f"{int(t_s) // 60}:{int(t_s) % 60:02d}"


def stretches(timeline: Sequence[Line], end_s: float) -> list[tuple[str, str, float, float]]:
    """(act, scene, from, to) in show time, one for each time that a scene was on."""
    entries = [line for line in timeline if line["kind"] == "scene"]
    ends = [float(line["t_s"]) for line in entries[1:]] + [end_s]
    return [
        (str(line["act"]), str(line["scene"]), float(line["t_s"]), max(float(line["t_s"]), end))
        for line, end in zip(entries, ends, strict=False)
    ]


def colours(timeline: Sequence[Line]) -> dict[str, str]:
    """A colour for each act, in the order in which they first played."""
    acts = dict.fromkeys(str(line["act"]) for line in timeline if line["act"])
    return {act: ACT_COLOURS[i % len(ACT_COLOURS)] for i, act in enumerate(acts)}


def evening(timeline: Sequence[Line], end_s: float) -> str:
    """Acts above scenes above cues; why is in each one's tooltip."""
    end_s = max(end_s, 1.0)
    scale = WIDTH / end_s
    paint = colours(timeline)
    why = {float(line["t_s"]): str(line["why"]) for line in timeline if line["kind"] == "scene"}
    parts: list[str] = []
    bands: list[tuple[str, float, float]] = []
    for act, scene, start_s, stop_s in stretches(timeline, end_s):
        if bands and bands[-1][0] == act:
            bands[-1] = (act, bands[-1][1], stop_s)
        else:
            bands.append((act, start_s, stop_s))
        told = f"{act} · {scene}, {clock(start_s)} to {clock(stop_s)}. {why.get(start_s, '')}"
        parts.append(_band(start_s * scale, stop_s * scale, 34, 30, paint[act], 0.42, scene, told))
    for act, start_s, stop_s in bands:
        told = f"{act}, {clock(start_s)} to {clock(stop_s)}"
        parts.append(_band(start_s * scale, stop_s * scale, 0, 30, paint[act], 0.95, act, told))
    for line in timeline:
        colour = KIND_COLOURS.get(str(line["kind"]))
        if colour is not None:
            told = f"{clock(float(line['t_s']))} {line['kind']} {line['name']}. {line['why']}"
            parts.append(_tick(float(line["t_s"]) * scale, colour, told))
    parts += [_hour(t_s, t_s * scale) for t_s in _marks(end_s)]
    return (f'<svg class="evening" viewBox="0 0 {WIDTH} 112" role="img" '
            f'aria-label="Acts, scenes and cues over time">{"".join(parts)}</svg>')  # fmt: skip


def trace(name: str, points: Trace, end_s: float) -> str:
    """One signal over the evening; gaps are where it was unknown."""
    known = [value for _, value in points if value is not None]
    low, high = min([*known, 0.0]), max([*known, 1e-9])
    height, width = 44.0, 560.0
    steps: list[str] = []
    pen_up = True
    for t_s, value in _thinned(points):
        if value is None:
            pen_up = True
            continue
        x = t_s / max(end_s, 1.0) * width
        y = 2.0 + (height - 4.0) * (1.0 - (value - low) / (high - low))
        steps.append(f"{'M' if pen_up else 'L'}{x:.1f} {y:.1f}")
        pen_up = False
    most = f"{high:.3g}" if known and high > 1e-9 else "–"
    return (f'<figure class="trace"><figcaption><span>{escape(name)}</span><b>{most}</b>'
            f'</figcaption><svg viewBox="0 0 {width:.0f} {height:.0f}" preserveAspectRatio="none">'
            f'<path d="{"".join(steps)}"/></svg></figure>')  # fmt: skip


def is_flat(points: Trace) -> bool:
    """Whether a signal never moved: it is then told in words."""
    return len({value for _, value in points}) <= 1


def _thinned(points: Trace) -> list[tuple[float, float | None]]:
    """At most two points a bucket, the lowest and the highest, so that no peak is lost."""
    size = max(1, len(points) // BUCKETS)
    if size <= 2:
        return list(points)
    kept: list[tuple[float, float | None]] = []
    for start in range(0, len(points), size):
        bucket = points[start : start + size]
        known = [(t_s, value) for t_s, value in bucket if value is not None]
        if not known:
            kept.append((bucket[0][0], None))
            continue
        low, high = min(known, key=lambda p: p[1]), max(known, key=lambda p: p[1])
        kept += sorted({low, high})
    return kept


def _band(x: float, to_x: float, y: int, height: int, colour: str, strength: float,
          label: str, told: str) -> str:  # fmt: skip
    wide = max(1.0, to_x - x - 1.0)
    fits = wide > 7.2 * len(label) + 10
    ink = "#14110d" if strength > 0.5 else "#efe7d6"
    text = f'<text x="{x + 6:.1f}" y="{y + 20}" fill="{ink}">{escape(label)}</text>' if fits else ""
    return (f'<g><title>{escape(told)}</title><rect x="{x:.1f}" y="{y}" width="{wide:.1f}" '
            f'height="{height}" rx="3" fill="{colour}" fill-opacity="{strength}"/>'
            f"{text}</g>")  # fmt: skip


def _tick(x: float, colour: str, told: str) -> str:
    return (f'<g><title>{escape(told)}</title><rect x="{x - 1:.1f}" y="69" width="2" height="18" '
            f'fill="{colour}" fill-opacity=".7"/></g>')  # fmt: skip


def _marks(end_s: float) -> list[float]:
    steps = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
    step = next((s for s in steps if end_s / s <= 14), 86400)
    return [float(n * step) for n in range(int(end_s // step) + 1)]


def _hour(t_s: float, x: float) -> str:
    anchor = "start" if x < 20 else "end" if x > WIDTH - 20 else "middle"
    return f'<text class="mark" x="{x:.1f}" y="106" text-anchor="{anchor}">{clock(t_s)}</text>'
