"""Stems that are edited while they sound."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np

from installation.edition import TOPIC, Edition
from installation.showfile.model import Show, Stem
from installation.sound.process import Wanted

ROOT = Path(__file__).resolve().parents[2]
HUM, RING = Stem("hum", "hum.wav", "room"), Stem("ring", "ring.wav", "room")


def show_of(*stems: Stem) -> Show:
    return Show("s", "S", "", {}, {}, {}, {}, (), (), stems, (), {})


def desired(edition: str) -> bytes:
    told = {"parameters": {}, "blackout": False, "stopped": False, "shots": []}
    return json.dumps({**told, "edition": edition}).encode()


def test_edited_stems_wait_until_the_show_plays_them() -> None:
    wanted, edited = Wanted(), show_of(HUM, RING)
    wanted.hear("desired", desired("1"))
    wanted.hear_edition(TOPIC, Edition("2", edited, ("show.yaml",)).told())
    assert wanted.take_show(show_of(HUM)) is None
    wanted.hear("desired", desired("2"))
    assert wanted.take_show(show_of(HUM)) == edited
    wanted.hear_edition(TOPIC, Edition("2", edited, ("show.yaml",)).told())
    assert wanted.take_show(edited) is None, "it is told again and again"


def test_an_edit_that_sounds_the_same_interrupts_nothing() -> None:
    wanted, show = Wanted(), show_of(HUM)
    wanted.hear("desired", desired("2"))
    wanted.hear_edition(TOPIC, Edition("2", replace(show, title="T"), ("show.yaml",)).told())
    assert wanted.take_show(show) is None


def test_a_file_recorded_anew_is_an_edit() -> None:
    wanted, show = Wanted(), show_of(HUM)
    wanted.hear("desired", desired("2"))
    wanted.hear_edition(TOPIC, Edition("2", show, ("sounds/hum.wav",)).told())
    assert wanted.take_show(show) == show


SCRIPT = """
import json, sys, threading
from pathlib import Path
from installation.bus import MemoryBus
from installation.edition import TOPIC, Edition
from installation.showfile.model import Show, Stem
from installation.sound.process import perform
def show_of(*names):
    stems = tuple(Stem(name, f"{name}.wav", "room") for name in names)
    return Show("s", "S", "", {}, {}, {}, {}, (), (), stems, (), {})
bus, stop, ready = MemoryBus(), threading.Event(), threading.Event()
bus.subscribe("health/sound", lambda topic, payload: ready.set())
def act():
    def say(edition):
        told = {"parameters": {"stem.ring": 0.5}, "blackout": False, "stopped": False,
                "shots": [], "edition": edition}
        bus.publish("desired", json.dumps(told).encode())
    tick = threading.Event()
    ready.wait(60)
    say("1")
    bus.publish(TOPIC, Edition("2", show_of("hum", "ring"), ("show.yaml",)).told())
    for _ in range(60): say(sys.argv[2]); tick.wait(0.02)
    stop.set()
threading.Thread(target=act).start()
perform(show_of("hum"), Path(sys.argv[1]), bus, stop=stop)
"""


def loudest(folder: Path, edition: str) -> float:
    """Of what reaches the device while the show says that it plays this edition."""
    raw = folder / f"played-{edition}.raw"
    for name in ("hum", "ring"):
        samples = (np.sin(np.arange(48_000) / 38.2) * 12_000).astype("<i2")
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setparams((2, 2, 48_000, 0, "NONE", ""))
            file.writeframes(np.repeat(samples, 2).tobytes())
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), edition], cwd=ROOT, check=True, timeout=120,
        stdout=subprocess.DEVNULL, env={**os.environ, "SDL_AUDIODRIVER": "disk",
                                        "SDL_DISKAUDIOFILE": str(raw), "SDL_DISKAUDIODELAY": "1"},
    )  # fmt: skip
    return float(np.abs(np.fromfile(raw, "<f4")).max())


def test_a_new_stem_is_heard_once_it_plays(tmp_path: Path) -> None:
    assert loudest(tmp_path, "1") == 0.0
    assert loudest(tmp_path, "2") > 0.1
