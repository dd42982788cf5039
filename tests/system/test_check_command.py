"""`installation check`, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.core.lint_show import plant

ROOT = Path(__file__).parents[2]
LOST = (
    "      - {after: 15s, goto: act waiting}",
    "      - {after: 15s, goto: act waiting}\n  lost:@\n    transitions:\n"
    "      - {after: 9s, goto: act waiting}",
)


def check(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "installation", "check", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=300)


def test_a_show_that_is_right_ends_with_0_and_says_how_long_each_act_is(tmp_path: Path) -> None:
    plant(tmp_path)
    told = check(tmp_path)
    assert told.returncode == 0, told.stderr
    assert "2 acts, 3 scenes, no mistakes, no warnings" in told.stdout
    assert "company" in told.stdout
    assert "0:15 to 1:15" in told.stdout


def test_a_mistake_ends_with_1_at_its_place(tmp_path: Path) -> None:
    plant(tmp_path, ("look: {lantern: 0.2}", "look: {lantren: 0.2}"))
    told = check(tmp_path)
    assert told.returncode == 1
    assert "acts/waiting.yaml" in told.stdout
    assert "did you mean 'lantern'?" in told.stdout
    assert "1 mistake, no warnings" in told.stdout


def test_a_warning_ends_with_0_unless_it_is_strict(tmp_path: Path) -> None:
    plant(tmp_path, LOST)
    assert check(tmp_path).returncode == 0
    assert check(tmp_path, "--strict").returncode == 1


def test_scenes_that_follow_each_other_without_time_end_with_1(tmp_path: Path) -> None:
    """Each is right by itself, and together they stall the show."""
    plant(
        tmp_path,
        (
            "- {when: [touched, fed >= 0.5], goto: flare, limit: 3",
            "- {when: [touched, fed >= 0.5], goto: flare",
        ),
        (LOST[0], f"{LOST[0]}\n      - {{when: touched, goto: glow}}"),
    )
    told = check(tmp_path)
    assert told.returncode == 1
    assert "mistake glow -> flare -> glow can follow each other without time" in told.stdout
    assert "1 mistake, no warnings" in told.stdout


def test_json_has_findings_durations_and_scenes(tmp_path: Path) -> None:
    ((file, line),) = plant(tmp_path, LOST)
    told = json.loads(check(tmp_path, "--json").stdout)
    (finding,) = told["findings"]
    assert (finding["code"], finding["severity"]) == ("unreachable-scene", "warning")
    assert (finding["file"], finding["line"], finding["column"]) == (file, line, 3)
    waiting, company = told["acts"]
    assert (waiting["most_s"], company["least_s"], company["most_s"]) == (None, 15.0, 75.0)
    assert [scene["scene"] for scene in company["scenes"]] == ["glow", "flare", "lost"]


def test_annotations_name_the_file_from_where_the_command_runs(tmp_path: Path) -> None:
    ((file, line),) = plant(tmp_path, LOST)
    (said,) = check(tmp_path, "--format", "github").stdout.splitlines()
    where = f"file={tmp_path.as_posix()}/{file},line={line},col=3,title=unreachable-scene"
    assert said.startswith(f"::warning {where}::nothing leads to the scene 'lost': give")


def test_osc_to_nowhere_is_told_of_the_config_that_is_given(tmp_path: Path) -> None:
    plant(tmp_path / "show")
    site = tmp_path / "site.toml"
    site.write_text("osc = []\n")
    assert "osc-to-nowhere" in check(tmp_path / "show", "--config", site).stdout
    site.write_text('osc = ["127.0.0.1:9000"]\n')
    assert "osc-to-nowhere" not in check(tmp_path / "show", "--config", site).stdout


def test_the_graph_shows_every_scene_and_marks_the_lost_one(tmp_path: Path) -> None:
    plant(tmp_path / "show", LOST)
    drawn = tmp_path / "out.svg"
    assert check(tmp_path / "show", "--graph", drawn).returncode == 0
    tree = ElementTree.fromstring(drawn.read_text())
    texts = {text.text: text for text in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert {"ember", "glow", "flare", "lost", "here for 500ms", "after 15s"} <= texts.keys()
    assert "fill" in texts["lost"].get("style", "")
    assert "fill" not in texts["flare"].get("style", "")
    paths = tree.iter("{http://www.w3.org/2000/svg}path")
    titles = [path[0].text for path in paths if path.get("marker-end") and len(path)]
    assert titles == [
        "here for 500ms → act company (visitors)",
        "touched and fed >= 0.5 (3×) → flare (visitors)",
        "voices >= 2 and sides > -0.5 for 2s → flare (visitors)",
        "after 1m → flare (nobody)",
        "after 15s → act waiting",
        "after 9s → act waiting",
        "not here for 20s → act waiting (nobody)",
    ]


def test_a_graph_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    plant(tmp_path / "show")
    told = check(tmp_path / "show", "--graph", tmp_path / "no" / "out.svg")
    assert told.returncode == 1
    assert "out.svg: No such file or directory" in told.stderr
