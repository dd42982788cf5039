"""The scene graph as SVG: acts from left to right, warm where visitors lead on, grey where time
does, dashed where staff do, red what is never reached."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from installation.showfile.lint.graph import Spot
from installation.showfile.lint.layout import GUTTER, HEAD, LINE, TITLE, Card, Chart, Exit

COLOURS = {"visitors": "#c4561b", "nobody": "#7b7f87", "staff": "#2f6f9f", "other": "#4d4a63"}
RED = "#c81e3a"
WORDS = {"visitors": "visitors", "nobody": "nobody, time alone", "staff": "staff, by GO",
         "other": "any other"}  # fmt: skip
RADIUS = 9.0
STYLE = """
text { font-family: "Hanken Grotesk", "DejaVu Sans", system-ui, sans-serif; fill: #23222a }
.show { font-size: 21px; font-weight: 600 } .act { font-size: 14px; font-weight: 600 }
.note { font-size: 11px; fill: #6a6873 } .scene { font-size: 13px; font-weight: 600 }
.way { font-size: 10.5px } .arrow { fill: none; stroke-width: 1.6; opacity: .85 }
.arrow:hover { stroke-width: 3.4; opacity: 1 }
"""


def svg(chart: Chart) -> str:
    """The whole file."""
    cards = {card.spot: card for card in chart.cards}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {chart.width:g} {chart.height:g}" '
        f'width="{chart.width:g}" height="{chart.height:g}">',
        f"<title>{escape(chart.title)}: scenes and transitions</title>",
        f"<style>{STYLE}</style>",
        *_heads(),
        f'<rect width="{chart.width:g}" height="{chart.height:g}" fill="#f6f4f0"/>',
        f'<text class="show" x="26" y="38">{escape(chart.title)}</text>',
        *_legend(chart),
        *_columns(chart),
        *(part for card in chart.cards for part in _arrows(chart, card, cards)),
        *(part for card in chart.cards for part in _card(card, chart.card_width)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _heads() -> Iterator[str]:
    yield "<defs>"
    for kind, colour in {**COLOURS, "dead": RED}.items():
        yield (
            f'<marker id="to-{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto" markerUnits="userSpaceOnUse">'
            f'<path d="M0,0.6 L8,4 L0,7.4 z" fill="{colour}"/></marker>'
        )
    yield "</defs>"


def _legend(chart: Chart) -> Iterator[str]:
    x = chart.width - 26.0 - 5 * 150.0
    for kind, words in {**WORDS, "dead": "never reached"}.items():
        dash = ' stroke-dasharray="5 4"' if kind == "staff" else ""
        yield (
            f'<path class="arrow" d="M{x:g},33 h26" stroke="{COLOURS.get(kind, RED)}"{dash} '
            f'marker-end="url(#to-{kind})"/>'
        )
        yield f'<text class="note" x="{x + 34:g}" y="37">{words}</text>'
        x += 150.0


def _columns(chart: Chart) -> Iterator[str]:
    lowest = max((card.y + card.height for card in chart.cards), default=HEAD)
    for act, title, lasting, lost, x in chart.columns:
        colour = RED if lost else "#d9d4ca"
        yield (
            f'<rect x="{x - 11:g}" y="58" width="{chart.card_width + 22:g}" '
            f'height="{lowest - 46:g}" rx="10" fill="#fffdf9" stroke="{colour}"/>'
        )
        yield _text("act", x, 79, _clipped(title, chart.card_width / 8.0), RED if lost else "")
        yield _text(
            "note", x, 96, f"{act} · {lasting}" if len(act) + len(lasting) < 32 else lasting
        )


def _card(card: Card, width: float) -> Iterator[str]:
    colour = RED if card.lost else "#b9b3a6"
    fill = "#fdf0f1" if card.lost else "#ffffff" if card.spot[1] else "#f1eee7"
    yield (
        f'<rect x="{card.x:g}" y="{card.y:g}" width="{width:g}" height="{card.height:g}" rx="6" '
        f'fill="{fill}" stroke="{colour}"/>'
    )
    weight = "scene" if card.spot[1] else "note"
    yield _text(weight, card.x + 9, card.y + 17, _clipped(card.name, width / 8.4),
                RED if card.lost else "")  # fmt: skip
    if card.note:
        yield (
            f'<text class="note" x="{card.x + width - 9:g}" y="{card.y + 17:g}" '
            f'text-anchor="end">{escape(card.note)}</text>'
        )
    for way in card.exits:
        yield f"<g><title>{escape(way.title)}</title>"
        for place, line in enumerate(way.label):
            y = way.y + LINE * (place + 0.75)
            colour = RED if way.dead else COLOURS[way.kind]
            yield _text("way", card.x + 9, y, line, colour)
        yield "</g>"


def _arrows(chart: Chart, card: Card, cards: dict[Spot, Card]) -> Iterator[str]:
    places = {act: place for place, (act, *_) in enumerate(chart.columns)}
    for index, way in enumerate(card.exits):
        kind = "dead" if way.dead else way.kind
        dash = ' stroke-dasharray="5 4"' if kind == "staff" else ""
        for to in way.to:
            path = _path(chart, card, way, index, cards[to], places)
            yield (
                f'<path class="arrow" d={quoteattr(path)} stroke="{COLOURS.get(kind, RED)}"{dash} '
                f'marker-end="url(#to-{kind})"><title>{escape(way.title)}</title></path>'
            )


def _path(chart: Chart, card: Card, way: Exit, index: int, to: Card,
          places: dict[str, int]) -> str:  # fmt: skip
    x, y = card.x + chart.card_width, way.y + LINE * len(way.label) / 2
    entry = to.y + TITLE / 2
    here, there = places[card.spot[0]], places[to.spot[0]]
    if here == there:
        bulge = 15.0 + min(24.0, abs(entry - y) * 0.05)
        entry += 4.0 if entry < y else -4.0
        return f"M{x:g},{y:g} C{x + bulge:g},{y:g} {x + bulge:g},{entry:g} {x:g},{entry:g}"
    if there == here + 1:
        half = (to.x - x) / 2 + 6.0
        return f"M{x:g},{y:g} C{x + half:g},{y:g} {to.x - half:g},{entry:g} {to.x:g},{entry:g}"
    down, up = x + GUTTER / 2 + 2.0 * (index % 4), to.x - GUTTER / 2 + 8.0
    floor = chart.height - 22.0 - 9.0 * there
    return _rounded([(x, y), (down, y), (down, floor), (up, floor), (up, entry), (to.x, entry)])


def _rounded(points: list[tuple[float, float]]) -> str:
    """A line along the axes whose corners are round."""
    said = [f"M{points[0][0]:g},{points[0][1]:g}"]
    for (ax, ay), (bx, by), (cx, cy) in zip(points, points[1:], points[2:], strict=False):
        reach = min(
            RADIUS, max(abs(bx - ax), abs(by - ay)) / 2, max(abs(cx - bx), abs(cy - by)) / 2
        )
        from_x, from_y = bx - reach * _sign(bx - ax), by - reach * _sign(by - ay)
        to_x, to_y = bx + reach * _sign(cx - bx), by + reach * _sign(cy - by)
        said.append(f"L{from_x:g},{from_y:g} Q{bx:g},{by:g} {to_x:g},{to_y:g}")
    said.append(f"L{points[-1][0]:g},{points[-1][1]:g}")
    return " ".join(said)


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _text(style: str, x: float, y: float, said: str, colour: str = "") -> str:
    fill = f' style="fill:{colour}"' if colour else ""
    return f'<text class="{style}" x="{x:g}" y="{y:g}"{fill}>{escape(said)}</text>'


def _clipped(said: str, letters: float) -> str:
    return said if len(said) <= letters else f"{said[: int(letters) - 1]}…"
