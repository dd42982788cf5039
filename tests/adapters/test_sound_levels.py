"""What is heard: loops without seams, gains without steps, silence in the blackout."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from installation.errors import Unavailable
from installation.sound.levels import MOST_SUM, capped, slew, two_factors
from installation.sound.material import ensure
from installation.sound.process import Wanted

ROOT = Path(__file__).resolve().parents[2]
SHOW = ROOT / "shows" / "resonance"


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sounds", SHOW / "sounds" / "make.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["choir", "wind", "rhythm", "rumour", "unison"])
def test_a_loop_has_no_seam(make: ModuleType, name: str) -> None:
    voice: Callable[[], np.ndarray] = make.VOICES[name]
    loop = voice()[:, 0]
    bend = np.abs(np.diff(np.concatenate([loop[-200:], loop[:200]]), 2))
    inside = np.abs(np.diff(loop, 2))
    assert bend.max() <= inside.max()


def test_every_sound_that_the_show_names_is_made(make: ModuleType) -> None:
    from installation.showfile.load import load

    assert {Path(stem.file).stem for stem in load(SHOW).stems} == set(make.VOICES)


def test_sounds_are_the_same_each_time(make: ModuleType) -> None:
    assert np.array_equal(make.VOICES["glass"](), make.VOICES["glass"]())


def test_material_is_made_once_and_again_when_its_script_changes(tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    script = tmp_path / "sounds" / "make.py"
    script.write_text("import numpy as np\nVOICES = {'a': lambda: np.full((480, 2), 0.5)}\n")
    told: list[int] = []
    cache = ensure(tmp_path, lambda done, total: told.append(done))
    with wave.open(str(cache / "a.wav")) as file:
        assert (file.getnframes(), file.getframerate(), file.getnchannels()) == (480, 48_000, 2)
    assert told == [0, 1]
    ensure(tmp_path, lambda done, total: told.append(done))
    assert told == [0, 1]
    script.write_text(script.read_text() + "# changed\n")
    ensure(tmp_path, lambda done, total: told.append(done))
    assert told == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("raise RuntimeError('no reeds')", "RuntimeError: no reeds"),
        ("import sys\nsys.exit('enough')", "SystemExit: enough"),
        ("def (", "SyntaxError"),
        ("import no_such_library", "no_such_library"),
        ("voices = {}", "has no VOICES"),
        ("VOICES = ['a']", "has no VOICES"),
        ("VOICES = {'a': 3}", "voice 'a'"),
        ("VOICES = {'../a': lambda: None}", "'../a' is no name"),
        ("VOICES = {'a': lambda: None}", "voice 'a'"),
        ("VOICES = {'a': lambda: [[0.0, 'x']]}", "voice 'a'"),
        ("VOICES = {'a': lambda: [0.0, 1.0]}", "shape"),
        ("VOICES = {'a': lambda: [[0.0, float('nan')]]}", "finite"),
        ("VOICES = {'a': lambda: 1 / 0}", "voice 'a': ZeroDivisionError"),
    ],
)
def test_a_script_that_cannot_make_its_sounds_is_said_in_one_sentence(
    tmp_path: Path, script: str, what: str
) -> None:
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "make.py").write_text(script)
    with pytest.raises(Unavailable) as raised:
        ensure(tmp_path, lambda done, total: None)
    said = str(raised.value)
    assert what in said and "make.py" in said and "\n" not in said


def test_a_cache_that_cannot_be_written_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "make.py").write_text("VOICES = {}")
    (tmp_path / "sounds" / "cache").write_text("in the way")
    with pytest.raises(Unavailable, match="cache"):
        ensure(tmp_path, lambda done, total: None)


def test_a_change_takes_its_time_whatever_is_wanted() -> None:
    gain, steps = 0.0, 0
    while gain < 1.0:
        gain, steps = slew(gain, 1.0, 0.02), steps + 1
    assert 10 <= steps <= 11


def test_the_sum_of_all_gains_is_capped() -> None:
    assert sum(capped({str(i): 0.9 for i in range(10)}).values()) == pytest.approx(MOST_SUM)
    assert capped({"a": 0.5}) == {"a": 0.5}


def test_two_factors_come_within_a_third_of_a_decibel() -> None:
    for gain in np.geomspace(0.01, 1.0, 200):
        a, b = two_factors(float(gain))
        assert abs(20 * np.log10(a * b / gain)) < 0.3


def desired(
    gains: dict[str, float], shots: list[int], blackout: bool = False, stopped: bool = False
) -> bytes:
    return json.dumps({
        "parameters": {f"stem.{k}": v for k, v in gains.items()} | {"layer.x.opacity": 1.0},
        "shots": [{"id": i, "stem": "chime", "gain": 1.0} for i in shots],
        "blackout": blackout,
        "stopped": stopped,
    }).encode()  # fmt: skip


def test_a_shot_sounds_once_and_never_when_it_was_there_before() -> None:
    wanted = Wanted()
    wanted.hear("desired", desired({}, [1, 2]))
    assert wanted.take()[1] == []
    wanted.hear("desired", desired({}, [1, 2, 3]))
    wanted.hear("desired", desired({}, [1, 2, 3]))
    assert wanted.take()[1] == [("chime", 1.0)]
    assert wanted.take()[1] == []


def test_blackout_is_silent_and_swallows_shots() -> None:
    wanted = Wanted()
    wanted.hear("desired", desired({"hum": 0.8}, []))
    wanted.hear("desired", desired({"hum": 0.8}, [1], blackout=True))
    assert wanted.take() == ({"hum": 0.0}, [], True)


def test_stopped_swallows_shots_and_leaves_the_loops_to_their_fade() -> None:
    wanted = Wanted()
    wanted.hear("desired", desired({"hum": 0.8}, []))
    wanted.hear("desired", desired({"hum": 0.7}, [1], stopped=True))
    assert wanted.take() == ({"hum": 0.7}, [], True)
    wanted.hear("desired", desired({"hum": 0.7}, [1, 2]))
    assert wanted.take() == ({"hum": 0.7}, [("chime", 1.0)], False)


def test_a_shot_that_has_not_sounded_when_the_blackout_comes_never_sounds() -> None:
    wanted = Wanted()
    wanted.hear("desired", desired({}, []))
    wanted.hear("desired", desired({}, [1]))
    wanted.hear("desired", desired({}, [1], blackout=True))
    wanted.hear("desired", desired({}, [1]))
    assert wanted.take() == ({}, [], False)


CAPTURE = """
import json, sys, threading, wave
from pathlib import Path
from installation.bus import MemoryBus
from installation.showfile.model import Show, Stem
from installation.sound.process import perform
stems = (Stem("hum", "hum.wav", "room"), Stem("ping", "ping.wav", "room", loop=False))
show = Show("s", "S", "", {}, {}, {}, {}, (), (), stems, (), {})
bus, stop = MemoryBus(), threading.Event()
def act():
    def say(gain, shots, blackout=False):
        told = {"parameters": {"stem.hum": gain}, "blackout": blackout, "stopped": False,
                "shots": [{"id": i, "stem": "ping", "gain": 1.0} for i in shots]}
        bus.publish("desired", json.dumps(told).encode())
    tick = threading.Event()
    for _ in range(30): say(0.5, []); tick.wait(0.02)
    for _ in range(30): say(0.5, [], True); tick.wait(0.02)
    stop.set()
threading.Thread(target=act).start()
perform(show, Path(sys.argv[1]), bus, stop=stop)
"""


SHOT = """
import json, sys, threading
from pathlib import Path
from installation.bus import MemoryBus
from installation.showfile.model import Show, Stem
from installation.sound.process import perform
stems = (Stem("ping", "ping.wav", "room", loop=False),)
show = Show("s", "S", "", {}, {}, {}, {}, (), (), stems, (), {})
bus, stop, ready = MemoryBus(), threading.Event(), threading.Event()
bus.subscribe("health/sound", lambda topic, payload: ready.set())
def act():
    def say(shots, **now):
        told = {"parameters": {}, "blackout": False, "stopped": False, **now,
                "shots": [{"id": i, "stem": "ping", "gain": 1.0} for i in shots]}
        bus.publish("desired", json.dumps(told).encode())
    tick = threading.Event()
    ready.wait(60)
    for _ in range(5): say([]); tick.wait(0.02)
    for _ in range(10): say([1]); tick.wait(0.02)
    for _ in range(15): say([1, 2], **{sys.argv[2]: True}); tick.wait(0.02)
    stop.set()
threading.Thread(target=act).start()
perform(show, Path(sys.argv[1]), bus, stop=stop)
"""


MISSING = """
import json, sys, threading
from pathlib import Path
from installation.bus import MemoryBus
from installation.showfile.model import Show, Stem
from installation.sound.process import perform
stems = (Stem("gone", "gone.wav", "room"), Stem("hum", "hum.wav", "room"),
         Stem("empty", "empty.wav", "room", loop=False))
show = Show("s", "S", "", {}, {}, {}, {}, (), (), stems, (), {})
bus, stop = MemoryBus(), threading.Event()
bus.subscribe("health/sound", lambda topic, payload: print(payload.decode(), flush=True))
def act():
    def say(shots):
        told = {"parameters": {"stem.hum": 0.5, "stem.gone": 0.5}, "blackout": False,
                "stopped": False, "shots": [{"id": i, "stem": s, "gain": 1.0} for i, s in shots]}
        bus.publish("desired", json.dumps(told).encode())
    tick = threading.Event()
    say([]); tick.wait(0.2)
    for _ in range(30): say([(1, "empty"), (2, "gone"), (3, "unheard_of")]); tick.wait(0.02)
    stop.set()
threading.Thread(target=act).start()
perform(show, Path(sys.argv[1]), bus, stop=stop)
"""


def sine(path: Path, seconds: int) -> None:
    t = np.arange(48_000 * seconds) / 48_000
    samples = (np.sin(2 * np.pi * 200 * t) * 12_000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
        file.writeframes(np.repeat(samples, 2).tobytes())


def played_by(script: str, folder: Path, *arguments: str) -> np.ndarray:
    """One channel of what reaches the device, a block a millisecond.

    So each step of a gain is heard by itself, however busy the machine.
    """
    raw = folder / "played.raw"
    with (folder / "said").open("w") as said:
        subprocess.run(
            [sys.executable, "-c", script, str(folder), *arguments], cwd=ROOT, check=True,
            timeout=120, stdout=said,
            env={**os.environ, "SDL_AUDIODRIVER": "disk", "SDL_DISKAUDIOFILE": str(raw),
                 "SDL_DISKAUDIODELAY": "1"},
        )  # fmt: skip
    return np.fromfile(raw, "<f4").reshape(-1, 2)[:, 0]


@pytest.mark.parametrize("flag", ["blackout", "stopped"])
def test_a_shot_that_sounds_falls_silent(tmp_path: Path, flag: str) -> None:
    sine(tmp_path / "ping.wav", seconds=40)
    played = played_by(SHOT, tmp_path, flag)
    assert 0.1 < np.abs(played).max() < 0.4
    assert np.abs(played[-20 * 1024 :]).max() == 0.0


def test_what_is_played_rises_without_a_step_and_falls_silent(tmp_path: Path) -> None:
    for name in ("hum", "ping"):
        sine(tmp_path / f"{name}.wav", seconds=1)
    played = played_by(CAPTURE, tmp_path)
    assert 0.1 < np.abs(played).max() < 0.4
    assert np.abs(np.diff(played)).max() < 0.05
    assert np.abs(played[:1024]).max() < 0.05
    assert np.abs(played[-1024:]).max() < 0.02


def test_the_other_stems_sound_when_one_cannot_be_read(tmp_path: Path) -> None:
    sine(tmp_path / "hum.wav", seconds=1)
    (tmp_path / "empty.wav").touch()
    played = played_by(MISSING, tmp_path)
    assert np.abs(played[-1024:]).max() > 0.1
    trouble = json.loads((tmp_path / "said").read_text().splitlines()[-1])["trouble"]
    assert "gone.wav" in trouble and "empty.wav" in trouble and "hum.wav" not in trouble
