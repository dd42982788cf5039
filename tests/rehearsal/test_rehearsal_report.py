"""The report is one file that tells the evening and asks nothing of a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pygame

from installation.rehearsal.report import write_report

STATS = {"show": "A Show & More", "crowd": "couple", "seed": 7, "played_s": 120.0,
         "digest": "abcdef0123456789", "endings": {"a": 1}}  # fmt: skip


def line(t_s: float, kind: str, scene: str, name: str = "", why: str = "", tally: str = "",
         ) -> dict[str, Any]:  # fmt: skip
    return {"t_s": t_s, "kind": kind, "act": "whispers", "scene": scene, "name": name,
            "why": why, "tally": tally}  # fmt: skip


EVENING = [
    line(0.0, "act", "gathering"),
    line(0.0, "scene", "gathering"),
    line(5.0, "cue", "gathering", "A1", "at 5s"),
    line(60.0, "transition", "gathering", "setback", "pressed <hard>", "visitors"),
    line(60.0, "scene", "setback"),
]


def page(out: Path, frames: list[Path] | None = None, timeline: list[dict[str, Any]] | None = None,
         traces: dict[str, list[tuple[float, float | None]]] | None = None) -> str:  # fmt: skip
    used = EVENING if timeline is None else timeline
    return write_report(out, used, traces or {}, STATS, frames or []).read_text()


def test_the_report_needs_no_network(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert not re.search(r"https?://|<script|<link|@import|url\(", text)
    assert "default-src 'none'" in text


def test_the_report_tells_which_scene_ended_why_and_by_whom(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert "pressed &lt;hard&gt;" in text
    assert "visitors 1×" in text
    assert "2 different scenes" in text
    assert "A Show &amp; More" in text
    assert "<hard>" not in text


def test_the_drawings_are_well_formed_and_as_long_as_the_evening(tmp_path: Path) -> None:
    text = page(tmp_path, traces={"voice": [(t / 2, (t % 7) / 7) for t in range(240)]})
    drawings = re.findall(r"<svg.*?</svg>", text, re.S)
    assert len(drawings) == 2
    bands = ElementTree.fromstring(drawings[0]).findall("g/rect")
    assert max(float(b.get("x", 0)) + float(b.get("width", 0)) for b in bands) > 1190
    ElementTree.fromstring(drawings[1])


def test_a_silent_signal_leaves_a_gap_and_a_peak_is_never_thinned_away(tmp_path: Path) -> None:
    points: list[tuple[float, float | None]] = [(t / 100, 0.0) for t in range(12_000)]
    points[5003] = (50.03, 1.0)
    points[7000:8000] = [(t / 100, None) for t in range(7000, 8000)]
    drawn = re.findall(r'<path d="(.*?)"', page(tmp_path, traces={"touch_1": points}))[0]
    assert drawn.count("M") == 2
    assert " 2.0" in drawn


def test_a_signal_that_never_moved_is_told_in_words(tmp_path: Path) -> None:
    text = page(tmp_path, traces={"quiet_one": [(0.0, 0.0), (1.0, 0.0)]})
    assert "Never moved: quiet_one." in text


def test_pictures_are_inside_the_page_and_small(tmp_path: Path) -> None:
    picture = tmp_path / "01-two_cities-divided.png"
    surface = pygame.Surface((2880, 540), 0, 32)
    surface.fill((200, 160, 70))
    pygame.image.save(surface, str(picture))
    text = page(tmp_path, frames=[picture])
    assert "data:image/jpeg;base64," in text
    assert "two cities · divided" in text
    assert len(text) < 60_000


def test_a_missing_picture_is_told_and_the_report_still_written(tmp_path: Path) -> None:
    assert "No picture" in page(tmp_path, frames=[tmp_path / "01-a-b.png"])


def test_an_evening_without_scenes_says_so(tmp_path: Path) -> None:
    assert "Nothing was played" in page(tmp_path, timeline=[])
