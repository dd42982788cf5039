"""Recorded visitors before an edited show: what differs is told, and drawn on one page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from installation.cli import app
from installation.run.recording.comparing import Comparison, compare_shows
from installation.run.recording.files import Nowhere, OneFile
from installation.run.recording.page import write_page
from installation.run.recording.reading import Recording
from installation.run.recording.recorder import Recorder
from installation.run.recording.ring import Ring
from installation.showfile.load import load
from tests.recording.evening import Evening, small_show

LONGER = ("{after: 10s, goto: return}", "{after: 17s, goto: return}")
SHYER = ("{when: here, for: 6s, goto: act meeting, tally: visitors}",
         "{when: here, for: 33s, goto: act meeting, tally: visitors}")  # fmt: skip
SOONER = ("{after: 4m, goto: act meeting, tally: nobody}",
          "{after: 35s, goto: act meeting, tally: nobody}")  # fmt: skip
TURNED = [
    ("plinth: {channels: [distance, weight]", "plinth: {channels: [weight, distance]"),
    ("post: {channels: [button, voice]", "post: {channels: [lid, voice, button]"),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evening")
    evening = Evening(small_show(folder / "show"))
    recorder = Recorder(evening.origin, OneFile(folder / "whole.mcap"))
    evening.seen_by(recorder.see).play(200)
    recorder.close()
    return folder / "whole.mcap"


def against(recording: Path, folder: Path, *changes: tuple[str, str]) -> Comparison:
    return compare_shows(Recording(recording), load(small_show(folder / "edited", *changes)))


def test_before_the_same_show_nothing_differs(whole: Path, tmp_path: Path) -> None:
    found = against(whole, tmp_path)
    assert len(found.then.stretches) > 4
    assert found.then == found.now
    assert found.parts_s is None
    assert found.lines() == [
        "Nothing differs: the same scenes at the same moments, ended by the same."
    ]


def test_a_scene_that_was_made_longer_is_longer_by_that_much(whole: Path, tmp_path: Path) -> None:
    found = against(whole, tmp_path, LONGER)
    far = ("meeting", "far")
    assert found.then.lengths[far][0] == pytest.approx(10.0)
    assert found.now.lengths[far][0] == pytest.approx(17.0)
    left = next(s for s in found.then.stretches if s.name == far)
    assert found.parts_s == pytest.approx(left.end_s)


def test_a_tally_that_changes_is_counted_on_both_sides(whole: Path, tmp_path: Path) -> None:
    found = against(whole, tmp_path, SHYER, SOONER)
    assert found.then.tallies["visitors"] > 0
    assert found.then.tallies["nobody"] == 0
    assert found.now.tallies["visitors"] == 0
    assert found.now.tallies["nobody"] > 0
    way = ("waiting", "dark", "act meeting", "nobody")
    assert way in found.now.ways
    assert way not in found.then.ways


def test_channels_that_moved_to_other_places_are_the_same_channels(
    whole: Path, tmp_path: Path
) -> None:
    assert against(whole, tmp_path, *TURNED).parts_s is None


def test_from_the_middle_the_edited_show_goes_on_where_the_other_was(tmp_path: Path) -> None:
    evening = Evening(small_show(tmp_path / "show"))
    recorder = Recorder(evening.origin, Nowhere(), Ring(kept_s=90))
    evening.seen_by(recorder.see).play(200)
    recorder.save(tmp_path / "saved.mcap")
    assert against(tmp_path / "saved.mcap", tmp_path).parts_s is None
    found = against(tmp_path / "saved.mcap", tmp_path, LONGER)
    assert found.then.stretches[0].name == found.now.stretches[0].name
    assert "begins in the middle" in found.note


def test_the_page_needs_nothing_else_and_shows_both(whole: Path, tmp_path: Path) -> None:
    found = against(whole, tmp_path, LONGER, SHYER, SOONER)
    write_page(tmp_path / "page.html", found)
    page = (tmp_path / "page.html").read_text()
    assert not re.search(r"(\bsrc=|href|url\(|@import|<script)", page)
    assert "default-src 'none'" in page
    drawn = re.findall(r"<title>(then|now): (\w+) · (\w+), ", page)
    for name, side in (("then", found.then), ("now", found.now)):
        expected = [(name, *stretch.name) for stretch in side.stretches]
        assert [bar for bar in drawn if bar[0] == name] == expected
    assert page.count("<path") == len(found.pairs)
    assert "visitors" in page
    assert "nobody" in page


def test_the_command_says_what_differs_and_where_the_page_is(whole: Path, tmp_path: Path) -> None:
    other = small_show(tmp_path / "edited", LONGER)
    page = tmp_path / "then-and-now.html"
    done = CliRunner().invoke(app, ["replay", str(whole), "--show", str(other), "--out", str(page)])
    assert done.exit_code == 0
    assert "The same scenes at the same moments until" in done.output
    assert page.exists()
