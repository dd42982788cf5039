"""What an edited show makes of recorded visitors, as one page: no network, readable in the dark."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from installation.rehearsal.report import STYLE
from installation.run.recording.bars import bars, colours
from installation.run.recording.comparing import Comparison, clock

OWN_STYLE = Path(__file__).with_name("page.css")
LEAST_S = 0.05
"""What differs by less is shown as the same: it is the rounding of what is shown."""


def write_page(path: Path, found: Comparison) -> None:
    """One HTML file. Raises OSError."""
    title = f"{found.then.title}: then and now"
    about = found.about
    body = "".join((
        f"<header><p>Replay</p><h1>{escape(found.then.title)}</h1>"
        f'<p class="verdict">{escape(verdict(found))}</p></header>',
        _facts((
            ("recorded", about.get("began", "?")), ("length", clock(found.played_s)),
            ("scenes", _arrow(len(found.then.stretches), len(found.now.stretches))),
            *((tally, _arrow(found.then.tallies[tally], found.now.tallies[tally]))
              for tally in sorted(found.then.tallies | found.now.tallies)),
        )),
        _section("Then and now", bars(found) + _key(found)),
        _section("How long each scene was on", _lengths(found)),
        _section("What ended each scene", _ways(found)),
        _section("Cues that came more or less often", _cues(found)),
    ))  # fmt: skip
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{STYLE.read_text()}{OWN_STYLE.read_text()}</style>"
        f"<main>{body}</main></html>\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def verdict(found: Comparison) -> str:
    """What differs, in a sentence or two."""
    whom = f"The visitors of {found.recording} ({clock(found.played_s)})"
    then, now, common = len(found.then.stretches), len(found.now.stretches), len(found.pairs)
    if found.parts_s is None:
        said = "find the same scenes at the same moments in both shows."
    elif then == now == common:
        said = (f"find the same {then} scenes in the same order; from {clock(found.parts_s)} on "
                "not at the same moments.")  # fmt: skip
    else:
        said = (f"part the two shows after {clock(found.parts_s)}: of {then} scenes then and "
                f"{now} now, {common} are the same in the same order.")  # fmt: skip
    return f"{whom} {said} {found.note}".strip()


def _key(found: Comparison) -> str:
    lone = len(found.pairs) < max(len(found.then.stretches), len(found.now.stretches))
    told = "A ribbon joins a scene then and the same one now."
    told += " <b>Outlined</b> scenes came in one of the two only." if lone else ""
    told += " <b>Dashed</b>: from here on they differ." if found.parts_s is not None else ""
    return f'<p class="key">{told}</p>'


def _lengths(found: Comparison) -> str:
    then, now, paint = found.then.lengths, found.now.lengths, colours(found)
    rows = []
    for name in dict.fromkeys((*then, *now)):
        was, is_ = then.get(name, []), now.get(name, [])
        means = [sum(s) / len(s) if s else 0.0 for s in (was, is_)]
        shown = [f"{mean:.1f} s" if s else "–" for mean, s in zip(means, (was, is_), strict=True)]
        more_s = sum(is_) - sum(was)
        same = len(was) == len(is_) and abs(more_s) < LEAST_S
        rows.append(
            f"<tr{_same(same)}><td>{_dot(paint[name[0]])}{escape(' · '.join(name))}</td>"
            f'<td class="n">{len(was)}</td><td class="n">{len(is_)}</td>'
            f'<td class="n">{shown[0]}</td><td class="n">{shown[1]}</td>'
            f'<td class="n">{clock(sum(was))}</td><td class="n">{clock(sum(is_))}</td>'
            f"{_more('' if same else f'{more_s:+.1f} s', more_s)}</tr>"
        )
    return _table(("scene", "times then", "now", "each then", "now", "in all then", "now", ""),
                  rows)  # fmt: skip


def _ways(found: Comparison) -> str:
    then, now, paint = found.then.ways, found.now.ways, colours(found)
    rows = []
    for way in dict.fromkeys((*then, *now)):
        act, scene, goto, tally = way
        was, is_ = then.get(way, 0), now.get(way, 0)
        whys = dict.fromkeys(side.whys[way] for side in (found.then, found.now) if way in side.whys)
        rows.append(
            f"<tr{_same(was == is_)}><td>{_dot(paint.get(act, '#555'))}{escape(act)} · "
            f"{escape(scene)}</td><td>{escape(goto)}</td>"
            f"<td>{escape('; now: '.join(whys)) or '–'}</td><td>{escape(tally) or '–'}</td>"
            f'<td class="n">{was}</td><td class="n">{is_}</td>'
            f"{_more(f'{is_ - was:+d}' if is_ != was else '', is_ - was)}</tr>"
        )
    return _table(("scene", "led to", "because", "by", "times then", "now", ""), rows, words=4)


def _cues(found: Comparison) -> str:
    then, now = found.then.cues, found.now.cues
    rows = [
        f'<tr><td>{escape(" · ".join(cue))}</td><td class="n">{then.get(cue, 0)}</td>'
        f'<td class="n">{now.get(cue, 0)}</td>'
        f"{_more(f'{now.get(cue, 0) - then.get(cue, 0):+d}', now.get(cue, 0) - then.get(cue, 0))}"
        "</tr>"
        for cue in dict.fromkeys((*then, *now))
        if then.get(cue, 0) != now.get(cue, 0)
    ]
    return _table(("cue", "times then", "now", ""), rows)


def _table(heads: Iterable[str], rows: list[str], words: int = 1) -> str:
    """`words` is how many of the first columns are no numbers."""
    kinds = ["", ' class="n"']
    cells = "".join(f"<th{kinds[i >= words]}>{head}</th>" for i, head in enumerate(heads))
    return f"<table><tr>{cells}</tr>{''.join(rows)}</table>" if rows else ""


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>" if content else ""


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    told = "".join(f"<div><dt>{escape(n)}</dt><dd>{value}</dd></div>" for n, value in facts)
    return f"<dl>{told}</dl>"


def _arrow(was: int, is_: int) -> str:
    return str(is_) if was == is_ else f"<s>{was} →</s> {is_}"


def _more(told: str, by: float) -> str:
    kind = "more" if by > 0 else "less"
    return f'<td class="n {kind}">{told}</td>' if told else "<td></td>"


def _same(is_same: bool) -> str:
    return ' class="same"' if is_same else ""


def _dot(colour: str) -> str:
    return f'<i style="background:{colour}"></i>'
