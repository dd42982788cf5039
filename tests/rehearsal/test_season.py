"""A season is counted from what was played: nothing that happened is missed, nothing invented."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from installation.rehearsal.arrivals import guests, rate_per_h, weekday
from installation.rehearsal.chart import Spot, chart
from installation.rehearsal.season import Day, lengths, quantile, scores, tell_day
from installation.rehearsal.season_page import write_page
from installation.rehearsal.season_told import told, verdict
from installation.rehearsal.world import Visit, World
from installation.showfile.load import load_placed

ROOT = Path(__file__).resolve().parents[2]
RESONANCE = ROOT / "shows" / "resonance"
OPEN_S = 8 * 3600.0

SHOW = """\
show: door
title: The <Door>
attract: quiet
acts: [quiet, open]
nodes:
  assembly: {channels: [voice_west, voice_east, button_west, button_east, motion],
             outputs: [post_west, post_east]}
patch: {motion: assembly.motion}
outputs: {post_west: assembly.post_west}
surfaces: {wall: {width: 4m, height: 2m}}
signals:
  somebody: {presence: motion, above: 0.5, hold: 2s}
cues:
  - {cue: EVERYWHERE, when: somebody, osc: [/somebody, 1]}
"""
QUIET = """\
act: quiet
title: Quiet
start: still
scenes:
  still:
    transitions: [{when: somebody, goto: act open, tally: visitors}]
"""
OPEN = """\
act: open
title: Open
start: wide
transitions: [{when: {not: somebody}, for: 20s, goto: act quiet, tally: nobody}]
scenes:
  wide:
    cues: [{cue: A1, at: 1s, osc: [/open, 1]}]
    transitions: [{after: 5s, goto: wider, tally: time}]
  wider:
    transitions: [{after: 3h, goto: never, tally: patience}]
  never:
    cues: [{cue: A2, at: 1s, osc: [/never, 1]}]
    transitions: [{after: 1s, goto: act quiet}]
"""


@pytest.fixture
def door(tmp_path: Path) -> Path:
    """A show that any visitor sets off, with a scene that none ever sees."""
    folder = tmp_path / "door"
    (folder / "acts").mkdir(parents=True)
    (folder / "show.yaml").write_text(SHOW)
    (folder / "acts" / "quiet.yaml").write_text(QUIET)
    (folder / "acts" / "open.yaml").write_text(OPEN)
    return folder


def line(t_s: float, kind: str, act: str, scene: str, name: str = "", why: str = "",
         tally: str = "") -> dict[str, Any]:  # fmt: skip
    return {"t_s": t_s, "kind": kind, "act": act, "scene": scene, "name": name, "why": why,
            "tally": tally}  # fmt: skip


def visit(came_s: float, left_s: float) -> Visit:
    return Visit(round(came_s * 1e6), round(left_s * 1e6), "alone")


PLAYED = [
    line(0, "act", "quiet", "still", "quiet"),
    line(0, "scene", "quiet", "still", "still"),
    line(10, "transition", "quiet", "still", "act open", "somebody", "visitors"),
    line(10, "act", "open", "wide", "open"),
    line(10, "scene", "open", "wide", "wide"),
    line(11, "cue", "open", "wide", "A1"),
    line(12, "cue", "open", "wide", "EVERYWHERE"),
    line(15, "transition", "open", "wide", "wider", "after 5s", "time"),
    line(15, "scene", "open", "wider", "wider"),
    line(75, "transition", "open", "wider", "act quiet", "not somebody for 20s", "nobody"),
    line(75, "act", "quiet", "still", "quiet"),
    line(75, "scene", "quiet", "still", "still"),
]


def a_day(folder: Path, timeline: list[dict[str, Any]], visits: list[Visit]) -> Day:
    return tell_day(0, "Monday", chart(*load_placed(folder)), timeline, visits, 100.0, "d1")


def test_what_happened_is_counted_and_what_did_not_is_named(door: Path) -> None:
    drawn = chart(*load_placed(door))
    day = a_day(door, PLAYED, [visit(9, 60)])
    scenes, ways, tallies, cues = scores(drawn, [day])
    assert (scenes.total, scenes.never) == (4, ("open/never",))
    assert [way.split(":")[0] for way in ways.never] == [
        "open/wider → never (patience)", "open/never → act quiet (–)",
    ]  # fmt: skip
    assert tallies.never == ("patience",)
    assert cues.never == ("open/never · A2",)
    assert scenes.percent == 75.0


def test_a_way_out_of_the_whole_act_is_known_from_whatever_scene_it_was_taken(door: Path) -> None:
    taken = {(way.scene, way.goto): n for way, n in a_day(door, PLAYED, []).ways.items()}
    assert taken["", "act quiet"] == 1
    assert ("wider", "act quiet") not in taken


def test_a_cue_of_the_whole_show_counts_once_wherever_it_fired(door: Path) -> None:
    assert a_day(door, PLAYED, []).cues == Counter(
        {Spot("open", "wide", "A1"): 1, Spot("", "", "EVERYWHERE"): 1}
    )
    assert chart(*load_placed(door)).where[Spot("", "", "EVERYWHERE")] == "show.yaml:14"


def test_a_visitor_has_seen_an_act_after_ten_seconds_of_it(door: Path) -> None:
    day = a_day(door, PLAYED, [visit(5, 40), visit(0, 19.9), visit(80, 95)])
    assert [seen.acts for seen in day.visits] == [("open",), ("quiet",), ("quiet",)]


def test_the_longest_stall_is_that_which_somebody_had_to_bear(door: Path) -> None:
    stall = a_day(door, PLAYED, [visit(12, 50), visit(30, 42)]).stall
    assert (stall.length_s, stall.from_s, stall.scene) == (35.0, 15.0, "wider")
    assert a_day(door, PLAYED, []).stall.length_s == 0.0


def test_what_closing_time_cut_short_has_no_length(door: Path) -> None:
    found = lengths([a_day(door, PLAYED, [])])
    assert found[Spot("open", "wide")] == [5.0]
    assert found[Spot("open", "")] == [65.0]
    assert found[Spot("quiet", "still")] == [10.0]


def test_a_quantile_lies_between_its_neighbours() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([0.0, 10.0], 0.05) == 0.5
    assert quantile([7.0], 0.95) == 7.0


def test_saturdays_are_busy_and_mornings_quiet() -> None:
    many = dict.fromkeys(("Tuesday", "Saturday"), 0)
    early = late = 0
    for seed in range(20):
        for day in (1, 5):
            coming = [guest for guest in guests(seed, day, OPEN_S) if guest.party != "class"]
            many[weekday(day)] += len(coming)
            early += sum(guest.t_us < OPEN_S * 0.25e6 for guest in coming)
            late += sum(OPEN_S * 0.5e6 < guest.t_us < OPEN_S * 0.75e6 for guest in coming)
    assert many["Saturday"] > 2 * many["Tuesday"]
    assert late > 2 * early
    assert rate_per_h(1.0) == 0.0


def test_a_day_has_its_guests_by_its_seed_and_number_and_all_are_gone_at_closing() -> None:
    assert guests(1, 3, OPEN_S) == guests(1, 3, OPEN_S) != guests(1, 4, OPEN_S)
    assert guests(1, 3, OPEN_S) != guests(2, 3, OPEN_S)
    for guest in guests(1, 5, OPEN_S):
        assert guest.t_us < guest.closes_us < OPEN_S * 1e6


def test_guests_come_and_go_and_an_empty_room_asks_for_less() -> None:
    coming = [guest for guest in guests(1, 1, 3600.0) if guest.t_us < 1.8e9]
    world, now_us, most = World("", 1, coming), 0, 0
    while now_us < 3_600_000_000:
        world.step(now_us, "resonance", "resonance")
        assert world.next_us - now_us <= (50_000 if world.people else 500_000)
        most, now_us = max(most, len(world.people)), world.next_us
    assert most > 0
    assert len(world.everyone(now_us)) == len(coming)
    assert all(visit.left_us > visit.came_us for visit in world.visits)


def test_the_page_tells_the_season_and_asks_nothing_of_a_network(
    door: Path, tmp_path: Path
) -> None:
    show, places = load_placed(door)
    drawn = chart(show, places)
    days = [a_day(door, PLAYED, [visit(9, 60)])]
    report = told(show, 1, (10.0, 18.0), drawn, days)
    text = write_page(tmp_path, report, days).read_text()
    assert not re.search(r"https?://|<script|<link|@import|url\(", text)
    assert "The &lt;Door&gt;" in text
    assert "<Door>" not in text
    assert "acts/open.yaml:11" in text
    assert "1 of 4 scenes never happened" in verdict(report)
    assert "2 of 5 transitions never happened" in verdict(report)


def season(out: Path, show: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "installation", "rehearse", "--show", str(show), "--out", str(out),
         "--days", "2", "--hours", "12-12:10", "--seed", "308", *more],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


def test_the_same_seed_gives_the_same_report_to_the_last_letter(door: Path, tmp_path: Path) -> None:
    one, same = (tmp_path / name for name in ("one", "same"))
    assert season(one, door).returncode == season(same, door).returncode == 0
    assert (one / "season.json").read_bytes() == (same / "season.json").read_bytes()
    assert (one / "season.html").read_bytes() == (same / "season.html").read_bytes()
    told = json.loads((one / "season.json").read_text())
    first, second = told["each_day"]
    assert first["digest"] != second["digest"]
    assert told["coverage"]["scenes"]["never"] == ["open/never"]
    assert told["visits"]["count"] == 3
    assert sum(told["tallies"].values()) == sum(w["times"] for w in told["transitions"])


def test_too_little_coverage_fails_where_that_was_asked_for(door: Path, tmp_path: Path) -> None:
    done = season(tmp_path / "out", door, "--fail-under", "100", "--json")
    assert done.returncode == 1
    assert "75.0 % of the scenes happened, less than 100 %" in done.stderr
    assert json.loads(done.stdout)["coverage"]["scenes"]["percent"] == 75.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--hours", "18-10"], "10-18"),
        (["--hours", "ten"], "10-18"),
        (["--acts", "open"], "leave out --acts"),
        (["--speed", "5"], "--speed"),
    ],
)
def test_what_does_not_go_with_days_is_said(
    door: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = season(tmp_path / "out", door, *arguments)
    assert done.returncode == 2
    told = re.sub(r"[│╭╰─╮╯\s]", "", done.stderr)  # a line may break anywhere, at a hyphen too
    assert "".join(said.split()) in told


def test_ctrl_c_gives_the_report_of_the_days_that_were_done(door: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    playing = subprocess.Popen(
        [sys.executable, "-m", "installation", "rehearse", "--show", str(door), "--out", str(out),
         "--days", "999", "--hours", "12-12:05"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": "120"}, start_new_session=True,
    )  # fmt: skip
    assert playing.stdout is not None
    seen, deadline = "", time.monotonic() + 300
    while not re.search(r"(?<!\d)[2-9] of 999 days", seen) and time.monotonic() < deadline:
        heard = os.read(playing.stdout.fileno(), 65536)
        assert heard, playing.communicate()[1]
        seen += heard.decode()
    os.killpg(playing.pid, signal.SIGINT)
    said, wrong = playing.communicate(timeout=300)
    assert playing.returncode == 1, wrong
    assert "ended by Ctrl-C" in wrong
    done = json.loads((out / "season.json").read_text())["days"]
    assert 2 <= done < 999
    assert f"{done} days" in said
