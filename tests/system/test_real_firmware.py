"""A rehearsal in which visitors move the pins of the real firmware."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.needs import program

sys.path.insert(0, str(Path(__file__).parent))

from whole_house import ROOT, House, rehearse

FIRMWARE = ROOT / "firmware_bridge/firmware"


def made() -> None:
    program("avr-gcc", "gcc-avr avr-libc libsimavr-dev")
    for folder in (FIRMWARE, FIRMWARE / "avr"):
        subprocess.run(["make", "-s", "-C", str(folder)], check=True, timeout=120)


def test_visitors_move_the_pins_of_the_real_firmware(tmp_path: Path) -> None:
    made()
    house = House(tmp_path / "out", "--nodes", "avr", "--crowd", "couple", "--without",
                  "stage,sound")  # fmt: skip
    status = house.see(lambda s: [n["state"] for n in s["nodes"]] == ["live"] * 4)
    assert {n["firmware"] for n in status["nodes"]} == {"1.0"}
    assert len({n["uid"] for n in status["nodes"]}) == 4
    house.see(lambda s: s["channels"]["motion"] == 1.0)
    house.see(lambda s: (s["channels"]["gardens_middle"] or 9) < 3.0)
    house.cable("unplug", "heap")
    house.cable("plug", "heap")
    code, out, err = house.end()
    assert code == 0, err
    assert "two_cities" in out or "Played" in out


def test_it_runs_in_real_time_alone(tmp_path: Path) -> None:
    told = rehearse("--nodes", "avr", "--speed", "5", "--out", str(tmp_path))
    assert told.returncode == 2
    assert "--nodes avr runs in real time" in " ".join(told.stderr.replace("│", " ").split())
