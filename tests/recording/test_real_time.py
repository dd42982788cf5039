"""Recorded in real time, over ptys, by a house of several processes: and replayed to the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from installation.run.recording.items import Start
from installation.run.recording.reading import Recording
from installation.run.recording.replaying import verify
from tests.system.whole_house import ROOT, House


def test_what_a_house_records_and_saves_replays_to_the_same_digests(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mcap"
    house = House(tmp_path / "out", "--without", "stage,sound", "--crowd", "couple",
                  "--record", str(whole))  # fmt: skip
    house.see(lambda s: s["act"] == "two_cities" and s["played_s"] > 4)
    answer = httpx.post(f"http://127.0.0.1:{house.port}/api/save", timeout=30).json()
    assert answer["done"], answer
    saved = subprocess.run(
        [sys.executable, "-m", "installation", "save-recording", "--out", str(tmp_path / "out")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert saved.returncode == 0, saved.stderr
    code, _, err = house.end()
    assert (code, err) == (0, "")

    verdict = verify(Recording(whole))
    assert not verdict.differs
    assert not verdict.broken_off
    assert verdict.moments > 400
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert verdict.played_s == pytest.approx(figures["played_s"], abs=2.0)
    by_hand = sorted((tmp_path / "out" / "recordings").iterdir())
    assert len(by_hand) == 2
    for path in by_hand:
        assert path.name in answer["why"] + saved.stdout
        assert not verify(Recording(path)).differs
    assert isinstance(next(Recording(by_hand[0]).items()), Start)


def test_a_house_that_is_killed_leaves_a_recording_that_replays(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mcap"
    house = House(tmp_path / "out", "--without", "stage,sound", "--crowd", "couple",
                  "--record", str(whole))  # fmt: skip
    house.see(lambda s: s["played_s"] > 4)
    played_s = house.see(lambda _: True)["played_s"]
    house.kill()
    assert house.children_end()
    verdict = verify(Recording(whole))
    assert not verdict.differs
    assert verdict.played_s > played_s - 2.0


def test_a_show_that_starts_again_records_on_in_a_file_of_its_own(tmp_path: Path) -> None:
    house = House(tmp_path / "out", "--without", "stage,sound", "--crowd", "couple",
                  "--record", str(tmp_path / "whole.mcap"))  # fmt: skip
    before = house.see(lambda s: s["act"] == "two_cities" and s["played_s"] > 12)["loop"]["pid"]
    os.kill(before, signal.SIGKILL)
    house.see(lambda s: s["loop"]["pid"] != before and s["act"] == "two_cities")
    assert house.end()[0] == 1, "that it died is a fault of the evening"
    first, second = (verify(Recording(tmp_path / f"whole{n}.mcap")) for n in ("", "-2"))
    assert first.broken_off
    assert not first.differs
    assert not second.differs


def test_where_no_show_runs_there_is_nothing_to_save(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "installation", "save-recording", "--out", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("no show is running")
    assert len(done.stderr.splitlines()) == 1
