"""Where the parts of the scene graph stand: an act a column, a scene a card, a way out a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from textwrap import wrap

from installation.showfile.lint.finding import Key
from installation.showfile.lint.graph import Edge, Spot, Way, edges
from installation.showfile.lint.rules.reach import reachable
from installation.showfile.lint.subject import Subject

WIDTH = 1400.0
MARGIN, HEAD, GUTTER = 26.0, 108.0, 58.0
LEFT_SHARE = 0.4
NARROWEST, WIDEST = 160.0, 320.0
TITLE, LINE, GAP = 25.0, 13.5, 15.0
LETTER = 5.55
"""Width of a letter of the labels, in px, on average."""
MOST_LINES = 2


@dataclass(frozen=True, slots=True)
class Exit:
    """A way out as it is drawn: a label of one or two lines, and where arrows go from it.

    `kind` is visitors, nobody, staff or other; `dead` ones can never be gone.
    """

    label: tuple[str, ...]
    title: str
    kind: str
    dead: bool
    y: float
    to: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A scene, or with an empty scene what holds in a whole act."""

    spot: Spot
    name: str
    note: str
    lost: bool
    x: float
    y: float
    height: float
    exits: tuple[Exit, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """All cards; a card's `x` is its left edge, and all are `card_width` wide."""

    title: str
    width: float
    height: float
    card_width: float
    columns: tuple[tuple[str, str, str, bool, float], ...]
    """Of each act: name, title, duration, whether it is lost, x."""
    cards: tuple[Card, ...]


def chart(subject: Subject) -> Chart:
    """The graph of a show without mistakes."""
    acts = list(subject.show.acts)
    room = (WIDTH - 2 * MARGIN) / max(1, len(acts)) - GUTTER  # a gutter beside each act
    card_width = min(WIDEST, max(NARROWEST, room))
    pitch = card_width + GUTTER
    width = max(WIDTH, 2 * MARGIN + len(acts) * pitch)
    left = (width - len(acts) * pitch) / 2 + GUTTER * LEFT_SHARE
    there = reachable(subject)
    lasting = {d.act: span(d.least_us, d.most_us) for d in subject.durations}
    cards: list[Card] = []
    columns = []
    for place, act in enumerate(acts):
        x = left + place * pitch
        lost = (act, subject.show.acts[act].start) not in there
        columns.append((act, subject.show.acts[act].title, lasting[act], lost, x))
        cards += _column(subject, act, x, card_width, set(there))
    lowest = max((card.y + card.height for card in cards), default=HEAD)
    return Chart(subject.show.title, width, lowest + 40.0 + 9.0 * len(acts), card_width,
                 tuple(columns), tuple(cards))  # fmt: skip


def span(least_us: float, most_us: float) -> str:
    """`2:00 to 4:00`, `at least 3:00, no sure end`."""
    if most_us == inf:
        return "no end" if least_us == inf else f"at least {clock(least_us)}, no sure end"
    least, most = clock(least_us), clock(most_us)
    return least if least == most else f"{least} to {most}"


def clock(us: float) -> str:
    """`3:05`; `1:02:03` past an hour; tenths below ten seconds."""
    if us < 10e6:
        return f"{us / 1e6:.3g}s"
    minutes, seconds = divmod(round(us / 1e6), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _column(subject: Subject, act: str, x: float, width: float,
            there: set[Spot]) -> Iterator[Card]:  # fmt: skip
    show, y = subject.show, HEAD
    start = show.acts[act].start
    names = [start, *(name for name in show.acts[act].scenes if name != start)]
    for name in names:
        spot = (act, name)
        longest_us = subject.times.longest_us(spot)
        note = "" if longest_us == inf else f"≤ {clock(longest_us)}"
        card = _card(subject, spot, name, note, spot not in there, x, y, width,
                     [way for way in subject.ways[spot] if way.own])  # fmt: skip
        yield card
        y += card.height + GAP
    everywhere = _act_ways(subject, act)
    if everywhere:
        yield _card(subject, (act, ""), "in every scene", "", False, x, y, width, everywhere)


def _act_ways(subject: Subject, act: str) -> list[Way]:
    """The act's own ways, each once."""
    found: dict[int, Way] = {}
    for name in subject.show.acts[act].scenes:
        for way in subject.ways[act, name]:
            if not way.own:
                found.setdefault(way.index, way)
    return [found[index] for index in sorted(found)]


def _card(subject: Subject, spot: Spot, name: str, note: str, lost: bool, x: float, y: float,
          width: float, out: list[Way]) -> Card:  # fmt: skip
    exits: list[Exit] = []
    at = y + TITLE + 4.0
    for why, title, kind, dead, to in _told(subject, spot, out):
        label = short(why, int((width - 20.0) / LETTER))
        exits.append(Exit(label, title, kind, dead, at, to))
        at += LINE * len(label) + 2.0
    height = at - y + (4.0 if exits else 0.0)
    return Card(spot, name, note, lost, x, y, height, tuple(exits))


def _told(subject: Subject, spot: Spot,
          out: list[Way]) -> Iterator[tuple[str, str, str, bool, tuple[Spot, ...]]]:  # fmt: skip
    """Label, tool tip, kind, whether it is dead, and targets of each way, and of GO."""
    live, alone = _keys(subject.edges), _keys(subject.quiet[0])
    leads = edges(subject.show, subject.ways)
    gone: set[Spot] = set()
    for way in out:
        to = tuple(dict.fromkeys(e.to for e in leads[way.spot] if e.way == way))
        gone.update(to)
        transition = way.transition
        once = f" ({transition.limit}×)" if transition.limit else ""
        back = "return: " if way.returns else ""
        why = f"{back}{transition.why}{once}"
        kind = transition.tally if transition.tally in {"visitors", "nobody"} else "other"
        if not transition.tally and way.key in alone:
            kind = "nobody"
        tally = f" ({transition.tally})" if transition.tally else ""
        yield why, f"{why} → {transition.goto}{tally}", kind, way.key not in live, to
    if spot[1]:
        following = subject.scenes[spot].next
        by_go = tuple(s for s in subject.by_hand[spot] if s not in gone)
        if by_go and following not in {t.goto for t in subject.show.acts[spot[0]].transitions}:
            yield "GO", f"GO → {following}", "staff", False, by_go


def _keys(edges_: Mapping[Spot, tuple[Edge, ...]]) -> set[Key]:
    return {edge.way.key for group in edges_.values() for edge in group}


def short(why: str, letters: int) -> tuple[str, ...]:
    """A condition in one or two lines."""
    said = why.replace(">=", "≥").replace("<=", "≤")
    lines = wrap(said, letters, max_lines=MOST_LINES, placeholder=" …", break_long_words=True)
    return tuple(lines) or ("",)
