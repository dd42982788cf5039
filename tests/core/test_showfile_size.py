"""A show of any size is read, says how far it has come, or is refused."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from installation import loading
from installation.showfile import reader
from installation.showfile.check import check
from installation.showfile.load import load
from tests.core.small_show import SHOW, build

CUE = "{{cue: L{0}, {1}, light: {{ring: 0.5}}, fade: 1s, osc: [/list, {0}]}}"


def cues(directory: Path, *written: str) -> None:
    """The small show with these cues, one a line, in the middle of a scene."""
    lines = "\n      - ".join(written)
    build(directory, ("- {cue: M2, at: 10s, every: 30s, play: bell}", f"- {lines}"))


def test_thousands_of_cues_are_read_and_progress_rises_to_the_end(tmp_path: Path) -> None:
    cues(tmp_path, *(CUE.format(i, f"at: {i}ms") for i in range(3_000)))
    told: list[float] = []
    show = load(tmp_path, told.append)
    assert len(show.acts["meeting"].scenes["near"].cues) == 3_001
    assert len(told) > 10
    assert told == sorted(told)
    assert told[0] < 0.2
    assert 0.8 < told[-1] <= 1.0


def test_a_small_show_tells_of_no_progress(tmp_path: Path) -> None:
    build(tmp_path)
    told: list[float] = []
    load(tmp_path, told.append)
    assert not told


def test_a_chain_of_thousands_of_cues_is_followed_once(tmp_path: Path) -> None:
    chain = (CUE.format(i, f"follow: L{i + 1}") for i in range(5_000))
    cues(tmp_path, *chain, "{cue: L5000, at: 0s, play: bell}")
    assert check(tmp_path) == []


def test_a_circle_of_thousands_of_cues_is_one_mistake(tmp_path: Path) -> None:
    cues(tmp_path, *(CUE.format(i, f"follow: L{(i + 1) % 5_000}") for i in range(5_000)))
    (found,) = check(tmp_path)
    assert "circle: L0 -> L1 -> L2" in found.message


def test_thousands_of_unknown_words_are_all_named_but_not_all_compared(tmp_path: Path) -> None:
    cues(tmp_path, *(CUE.format(i, f"follow: M{i + 5}") for i in range(2_000)))
    found = check(tmp_path)
    assert len(found) == 2_000
    assert "did you mean" in found[0].message
    assert "unknown cue 'M2004'" in found[-1].message
    assert "did you mean" not in found[-1].message


def test_a_file_of_too_many_values_is_refused(tmp_path: Path,
                                              monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(reader, "MOST_VALUES", 5_000)
    cues(tmp_path, *(CUE.format(i, f"at: {i}ms") for i in range(400)))
    (found,) = check(tmp_path)
    assert "more than 5,000 values; split the show into acts" in found.message
    assert found.line > 100


def test_a_file_of_too_many_bytes_is_refused(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "show.yaml").write_text(SHOW + "#" * reader.MOST_BYTES)
    (found,) = check(tmp_path)
    assert "larger than 8 MB" in found.message


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029"])
def test_a_line_break_that_no_editor_shows_is_named_where_it_stands(tmp_path: Path,
                                                                    sign: str) -> None:  # fmt: skip
    places = build(tmp_path, ("title: A Small Show", f"title: A@{sign}Small Show"))
    (found,) = check(tmp_path)
    assert f"{found.file}:{found.line}:{found.column}" == places[0]
    assert f"U+{ord(sign):04X}" in found.message


def test_what_is_not_closed_is_named_with_the_line_where_it_began(tmp_path: Path) -> None:
    build(tmp_path, ("acts: [waiting, meeting]", "acts: [waiting, meeting"))
    (found,) = check(tmp_path)
    assert (found.line, found.column) == (5, 8)
    assert "while parsing a flow sequence (line 4)" in found.message


def test_what_ends_too_early_is_named_at_the_end_of_the_file(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "show.yaml").write_text("show: small\ntitle: [A, Small")
    (found,) = check(tmp_path)
    assert (found.line, found.column) == (2, 17)


def test_a_colon_inside_a_word_is_text(tmp_path: Path) -> None:
    build(tmp_path, ('2, "3"]', "http://here:80, what?]"))
    cue = load(tmp_path).acts["waiting"].scenes["dark"].cues[1]
    assert cue.actions[1].arguments[1:] == ("http://here:80", "what?")  # type: ignore[union-attr]


@pytest.mark.parametrize(("after_s", "is_drawn"), [(-1.0, True), (1e9, False)])
def test_a_bar_is_drawn_only_for_what_takes_long(
    after_s: float, is_drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "AFTER_S", after_s)
    monkeypatch.setenv("TERM", "xterm")  # no bar is drawn on a dumb one
    screen = StringIO()
    with loading.bar("reading the show", Console(file=screen, force_terminal=True)) as progress:
        progress(0.25)
    assert ("reading the show" in screen.getvalue()) == is_drawn
    assert bool(screen.getvalue()) == is_drawn
