"""The whole piece in virtual time, by the command that a newcomer types."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def rehearse(out: Path, *more: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "installation", "rehearse", "--speed", "max", "--json",
         "--out", str(out), *more],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    verdict: dict[str, Any] = json.loads(done.stdout)
    verdict["timeline"] = [
        json.loads(line) for line in (out / "timeline.jsonl").read_text().splitlines()
    ]
    return verdict


def scenes(verdict: dict[str, Any]) -> set[tuple[str, str]]:
    return {(e["act"], e["scene"]) for e in verdict["timeline"] if e["kind"] == "scene"}


def test_an_empty_room_never_leaves_rumour(tmp_path: Path) -> None:
    verdict = rehearse(tmp_path, "--crowd", "nobody", "--for", "10m", "--without", "stage")
    assert {act for act, _ in scenes(verdict)} == {"rumour"}


@pytest.mark.parametrize("seed", ["1", "2"])
def test_an_opening_night_plays_all_six_pieces(tmp_path: Path, seed: str) -> None:
    verdict = rehearse(tmp_path, "--seed", seed, "--for", "30m", "--without", "stage")
    acts = {act for act, _ in scenes(verdict)}
    assert acts == {
        "rumour", "two_cities", "whispers", "infiltration", "workshops", "resonance"
    }  # fmt: skip


def test_the_onlooker_sees_the_endings_that_nobody_causes(tmp_path: Path) -> None:
    verdict = rehearse(tmp_path, "--crowd", "onlooker", "--for", "60m", "--without", "stage")
    assert ("resonance", "afterglow") in scenes(verdict)
    tallies = {e["tally"] for e in verdict["timeline"] if e["kind"] == "transition"}
    assert "nobody" in tallies


def test_the_same_command_gives_the_same_digest_and_another_seed_another(tmp_path: Path) -> None:
    digests = [
        rehearse(tmp_path / name, "--seed", seed, "--for", "2m", "--without", "stage")["digest"]
        for name, seed in (("a", "1"), ("b", "1"), ("c", "2"))
    ]
    assert digests[0] == digests[1] != digests[2]
    assert (tmp_path / "a" / "digest.txt").read_text().strip() == digests[0]


def test_every_scene_leaves_a_picture_and_the_report_tells_the_evening(tmp_path: Path) -> None:
    verdict = rehearse(tmp_path, "--for", "4m")
    frames = sorted(p.stem.split("-", 1)[1] for p in (tmp_path / "frames").glob("*.png"))
    assert frames == sorted(f"{act}-{scene}" for act, scene in scenes(verdict))
    report = (tmp_path / "report.html").read_text()
    assert "divided" in report
    assert "http://" not in report.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--crowd", "opning-night"], "opening-night"),
        (["--acts", "whisper"], "whispers"),
        (["--for", "30"], "30m"),
        (["--speed", "fast"], "max"),
        (["--without", "lights"], "stage"),
        (["--osc-out", "nowhere"], "HOST:PORT"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_two(arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "installation", "rehearse", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
