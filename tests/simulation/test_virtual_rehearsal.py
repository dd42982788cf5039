"""The whole piece in virtual time, by the command that a newcomer types."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


EVENINGS = {
    "opening": ("--for", "18m", "--without", "stage"),
    "onlooker": ("--crowd", "onlooker", "--for", "26m", "--without", "stage"),
    "nobody": ("--crowd", "nobody", "--for", "3m", "--without", "stage"),
    "one": ("--seed", "1", "--for", "90s", "--without", "stage"),
    "same": ("--seed", "1", "--for", "90s", "--without", "stage"),
    "other": ("--seed", "2", "--for", "90s", "--without", "stage"),
    "drawn": ("--for", "150s"),
}
Evening = dict[str, Any]


def rehearse(out: Path, arguments: tuple[str, ...]) -> Evening:
    done = subprocess.run(
        [sys.executable, "-m", "installation", "rehearse", "--speed", "max", "--json",
         "--out", str(out), *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    verdict: Evening = json.loads(done.stdout)
    lines = (out / "timeline.jsonl").read_text().splitlines()
    verdict["timeline"] = [json.loads(line) for line in lines]
    return verdict


@pytest.fixture(scope="module")
def evenings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Evening]]]:
    """All of them side by side, one a core: virtual time does not mind."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {
            name: pool.submit(rehearse, tmp_path_factory.mktemp("evenings") / name, arguments)
            for name, arguments in EVENINGS.items()
        }


def scenes(verdict: Evening) -> set[tuple[str, str]]:
    return {(e["act"], e["scene"]) for e in verdict["timeline"] if e["kind"] == "scene"}


Evenings = dict[str, "Future[Evening]"]


def test_an_empty_room_never_leaves_rumour(evenings: Evenings) -> None:
    verdict = evenings["nobody"].result()
    assert {act for act, _ in scenes(verdict)} == {"rumour"}


def test_an_opening_night_plays_every_scene_that_visitors_cause(evenings: Evenings) -> None:
    verdict = evenings["opening"].result()
    assert scenes(verdict) >= {
        ("rumour", "breathing"),
        *(("two_cities", s) for s in ("divided", "doubt")),
        *(("whispers", s) for s in ("gathering", "setback")),
        *(("infiltration", s) for s in ("curated", "infiltration", "disdain", "advocacy",
                                        "debate", "unveiling", "awakening")),
        *(("workshops", s) for s in ("barrier", "platform")),
        *(("resonance", s) for s in ("overture", "resonance", "unison", "afterglow")),
    }  # fmt: skip


def test_the_onlooker_sees_the_endings_that_nobody_causes(evenings: Evenings) -> None:
    verdict = evenings["onlooker"].result()
    left = {
        (e["act"], e["scene"]): e["tally"] for e in verdict["timeline"] if e["kind"] == "transition"
    }
    for scene in ("infiltration", "advocacy", "debate", "unveiling"):
        assert left["infiltration", scene] == "nobody"
    assert left["whispers", "laying"] == left["workshops", "yielding"] == "nobody"
    assert left["resonance", "resonance"] == "nobody"
    assert ("resonance", "afterglow") in left


def test_the_same_command_gives_the_same_digest_and_another_seed_another(
    evenings: Evenings,
) -> None:
    one, same, other = (evenings[name].result() for name in ("one", "same", "other"))
    assert one["digest"] == same["digest"] != other["digest"]
    (told,) = (Path(p) for p in one["wrote"] if p.endswith("digest.txt"))
    assert told.read_text().strip() == one["digest"]


def test_every_scene_leaves_a_picture_and_the_report_tells_the_evening(evenings: Evenings) -> None:
    verdict = evenings["drawn"].result()
    out = Path(verdict["wrote"][0]).parent
    frames = sorted(p.stem.split("-", 1)[1] for p in (out / "frames").glob("*.png"))
    assert frames == sorted(f"{act}-{scene}" for act, scene in scenes(verdict))
    report = (out / "report.html").read_text()
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
