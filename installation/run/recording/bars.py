"""Two time bars, one above the other, and what in them is the same: SVG."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from installation.rehearsal.drawing import ACT_COLOURS
from installation.run.recording.comparing import Comparison, Stretch, clock

WIDTH, LEFT = 1200.0, 64.0
ACTS_Y, SCENES_Y = {"then": 8, "now": 176}, {"then": 32, "now": 144}
ACT_HIGH, SCENE_HIGH = 22, 30
RIBBON = (SCENES_Y["then"] + SCENE_HIGH, SCENES_Y["now"])
HEIGHT = 226
LETTER = 6.6
"""About the width of a letter, to see whether a label fits."""
STEPS_S = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)


def colours(found: Comparison) -> dict[str, str]:
    """A colour for each act, in the order in which they were met."""
    acts = dict.fromkeys(s.act for side in (found.then, found.now) for s in side.stretches)
    return {act: ACT_COLOURS[i % len(ACT_COLOURS)] for i, act in enumerate(acts)}


def bars(found: Comparison) -> str:
    """Above what was, below what is; ribbons join the scenes that came in both."""
    scale = (WIDTH - LEFT) / max(found.played_s, 1.0)
    paint, pairs = colours(found), found.pairs
    same = {"then": {a for a, _ in pairs}, "now": {b for _, b in pairs}}
    parts = [_ribbon(found.then.stretches[a], found.now.stretches[b], scale, paint)
             for a, b in pairs]  # fmt: skip
    for name, side in (("then", found.then), ("now", found.now)):
        parts.append(f'<text class="side" x="0" y="{SCENES_Y[name] + 20}">{name}</text>')
        for act, start_s, end_s in _acts(side.stretches):
            told = f"{name}: {act}, {clock(start_s)} to {clock(end_s)}"
            parts.append(_band(start_s, end_s, scale, ACTS_Y[name], ACT_HIGH, paint[act], 0.95,
                               act, told))  # fmt: skip
        for index, s in enumerate(side.stretches):
            told = f"{name}: {s.act} · {s.scene}, {clock(s.start_s)} to {clock(s.end_s)}"
            new = "" if index in same[name] else "alone"
            parts.append(_band(s.start_s, s.end_s, scale, SCENES_Y[name], SCENE_HIGH,
                               paint[s.act], 0.42, s.scene, told, new))  # fmt: skip
    parts += [_mark(t_s, scale) for t_s in _marks(found.played_s)]
    if found.parts_s is not None:
        parts.append(_parting(found.parts_s, scale))
    label = "The scenes over time, then and now"
    return (f'<svg class="bars" viewBox="0 0 {WIDTH:.0f} {HEIGHT}" role="img" '
            f'aria-label="{label}">{"".join(parts)}</svg>')  # fmt: skip


def _acts(stretches: tuple[Stretch, ...]) -> list[tuple[str, float, float]]:
    found: list[tuple[str, float, float]] = []
    for stretch in stretches:
        if found and found[-1][0] == stretch.act:
            found[-1] = (stretch.act, found[-1][1], stretch.end_s)
        else:
            found.append((stretch.act, stretch.start_s, stretch.end_s))
    return found


def _band(start_s: float, end_s: float, scale: float, y: int, height: int, colour: str,
          strength: float, label: str, told: str, kind: str = "") -> str:  # fmt: skip
    x, wide = LEFT + start_s * scale, max(1.0, (end_s - start_s) * scale - 1.0)
    ink = "#14110d" if strength > 0.5 else "#efe7d6"
    words = label.replace("_", " ")
    text = ""
    if wide > LETTER * len(words) + 12:
        middle = y + height / 2 + 4
        text = f'<text x="{x + 6:.1f}" y="{middle:.0f}" fill="{ink}">{escape(words)}</text>'
    named = f' class="{kind}"' if kind else ""
    return (f'<g{named}><title>{escape(told)}</title><rect x="{x:.1f}" y="{y}" '
            f'width="{wide:.1f}" height="{height}" rx="3" fill="{colour}" '
            f'fill-opacity="{strength}"/>{text}</g>')  # fmt: skip


def _ribbon(then: Stretch, now: Stretch, scale: float, paint: Mapping[str, str]) -> str:
    top, bottom = RIBBON
    ax, bx = LEFT + then.start_s * scale, LEFT + then.end_s * scale
    cx, dx = LEFT + now.start_s * scale, LEFT + now.end_s * scale
    middle = (top + bottom) / 2
    path = (f"M{ax:.1f} {top}C{ax:.1f} {middle} {cx:.1f} {middle} {cx:.1f} {bottom}"
            f"L{dx:.1f} {bottom}C{dx:.1f} {middle} {bx:.1f} {middle} {bx:.1f} {top}Z")  # fmt: skip
    return f'<path d="{path}" fill="{paint[then.act]}" fill-opacity=".24" stroke="#0f0d0b"/>'


def _marks(end_s: float) -> list[float]:
    step = next((s for s in STEPS_S if end_s / s <= 12), 86400)
    return [float(n * step) for n in range(int(end_s // step) + 1)]


def _mark(t_s: float, scale: float) -> str:
    x = LEFT + t_s * scale
    anchor = "start" if x < LEFT + 12 else "end" if x > WIDTH - 14 else "middle"
    return (f'<text class="mark" x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">'
            f"{clock(t_s)}</text>")  # fmt: skip


def _parting(t_s: float, scale: float) -> str:
    x = LEFT + t_s * scale
    return (f'<g><title>from here on they differ</title><line class="parting" x1="{x:.1f}" '
            f'x2="{x:.1f}" y1="2" y2="{HEIGHT - 22}"/></g>')  # fmt: skip
