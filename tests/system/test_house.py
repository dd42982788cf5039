"""The whole installation in its own processes: it plays, survives, and ends."""

from __future__ import annotations

import io
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pygame
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from whole_house import House, rehearse


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all stories about what is killed and unplugged; each leaves it whole."""
    started = House(tmp_path_factory.mktemp("house"), "--crowd", "couple")
    yield started
    code, out, err = started.end()
    # What was killed is at fault; nothing else is.
    assert code == (1 if err else 0)
    assert ("At fault" in out) == bool(err)
    said = ("SIGKILL", "has not answered for")
    assert all(any(s in line for s in said) for line in err.splitlines()), err


def nodes_live(status: dict) -> bool:
    return len(status["nodes"]) == 4 and all(n["state"] == "live" for n in status["nodes"])


def test_four_nodes_four_processes_and_a_picture(house: House) -> None:
    status = house.see(lambda s: nodes_live(s) and s["act"] == "two_cities")
    assert {"stage", "sound", "visitors"} <= house.see(lambda s: len(s["processes"]) >= 4)[
        "processes"
    ].keys()
    assert status["channels"]["gardens_middle"] is not None
    picture = pygame.image.load(io.BytesIO(house.picture()), "preview.jpg")
    assert picture.get_width() > 5 * picture.get_height()


@pytest.mark.parametrize("role", ["stage", "sound", "panel"])
def test_what_is_killed_comes_back_and_the_show_does_not_notice(house: House, role: str) -> None:
    before = house.pids()
    played_s = house.see(lambda _: True)["played_s"]
    os.kill(before[role], signal.SIGKILL)
    after = house.see(
        lambda s: s["processes"][role]["pid"] != before[role] and s["processes"][role]["age_s"] < 1
    )
    assert after["loop"]["pid"] == before["show"]
    assert after["played_s"] > played_s
    assert [e["t_s"] for e in house.timeline()] == sorted(e["t_s"] for e in house.timeline())
    acts = [e["name"] for e in house.timeline() if e["kind"] == "act"]
    assert acts.count("rumour") == 1, "the show began anew"


def test_a_stage_that_comes_back_shows_what_is_on(house: House) -> None:
    house.see(nodes_live)
    assert house.command("goto", "infiltration/curated")["done"]
    house.see(lambda s: s["scene_elapsed_s"] > 5)
    assert house.command("hold")["done"]
    before, pid = mean_colour(house.picture()), house.pids()["stage"]
    os.kill(pid, signal.SIGKILL)
    house.see(lambda s: s["processes"]["stage"]["pid"] != pid and s["processes"]["stage"]["fps"])
    after = mean_colour(house.picture())
    assert house.command("resume")["done"]
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) < 12, (before, after)


def mean_colour(jpeg: bytes) -> tuple[int, ...]:
    picture = pygame.image.load(io.BytesIO(jpeg), "preview.jpg")
    return tuple(pygame.transform.average_color(picture)[:3])


def test_an_unplugged_node_is_reported_and_comes_back(house: House) -> None:
    house.see(nodes_live)
    house.cable("unplug", "heap")
    gone = house.see(lambda s: s["channels"]["touch_1"] is None)
    (heap,) = (n for n in gone["nodes"] if n["name"] == "heap")
    assert heap["state"] in ("lost", "absent")
    assert heap["why"]
    assert gone["channels"]["gardens_middle"] is not None
    house.cable("plug", "heap")
    house.see(lambda s: s["channels"]["touch_1"] is not None)
    assert any(e["kind"] == "node" and e["name"] == "heap" for e in house.timeline())


def test_a_show_that_is_killed_goes_on_where_it_was(house: House) -> None:
    house.see(nodes_live)
    pid = house.pids()["show"]
    assert house.command("goto", "infiltration/debate")["done"]
    before = house.see(lambda s: s["scene"] == "debate" and s["scene_elapsed_s"] > 12)
    os.kill(pid, signal.SIGKILL)
    after = house.see(lambda s: s["loop"]["pid"] != pid)
    assert (after["act"], after["scene"]) == ("infiltration", "debate")
    assert after["scene_elapsed_s"] > before["scene_elapsed_s"]
    assert any(event["kind"] == "recovery" for event in house.timeline())


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_a_show_that_is_killed_or_freezes_is_started_again_and_stays_stopped(
    house: House, end: signal.Signals
) -> None:
    before = house.pids()["show"]
    played_s = house.see(lambda _: True)["played_s"]
    assert house.command("stop")["done"]
    os.kill(before, end)
    after = house.see(lambda s: s["loop"]["pid"] != before and nodes_live(s))
    assert after["played_s"] > played_s
    assert after["stopped"]
    assert house.command("rearm")["done"]
    assert [e["t_s"] for e in house.timeline()] == sorted(e["t_s"] for e in house.timeline())


def test_ctrl_c_ends_everything_and_leaves_the_evening(tmp_path: Path) -> None:
    house = House(tmp_path, "--crowd", "one")
    house.see(nodes_live)
    pids = house.pids().values()
    code, out, err = house.end()
    assert (code, err) == (0, "")
    assert out.splitlines()[-6:]
    assert "Played: " in out
    assert {"timeline.jsonl", "report.html", "frames"} <= {p.name for p in tmp_path.iterdir()}
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_nothing_outlives_a_house_that_is_killed(tmp_path: Path) -> None:
    house = House(tmp_path, "--crowd", "nobody")
    house.wait_for_children(4)
    house.kill()
    assert house.children_end()


def test_two_evenings_are_not_written_to_one_place(tmp_path: Path) -> None:
    house = House(tmp_path, "--crowd", "nobody", "--without", "stage,sound")
    house.see(nodes_live)
    done = rehearse("--speed", "max", "--for", "5s", "--out", str(tmp_path))
    assert done.returncode == 1
    assert "another evening is being written" in done.stderr
    assert house.end()[0] == 0


def test_a_rehearsal_five_times_as_fast_plays_the_same_house(tmp_path: Path) -> None:
    house = House(tmp_path, "--speed", "5", "--without", "sound", "--crowd", "one")
    seen = house.see(lambda s: s["act"] == "two_cities" and s["played_s"] > 20)
    assert seen["loop"]["p50_ms"] is None, "nothing is due in virtual time, and the page is told so"
    assert house.command("goto", "whispers")["done"]
    house.see(lambda s: s["act"] == "whispers")
    code, _, err = house.end()
    assert (code, err) == (0, "")


def test_chosen_acts_end_the_evening_by_themselves(tmp_path: Path) -> None:
    done = rehearse("--headless", "--without", "stage,sound,panel", "--acts", "rumour",
                    "--crowd", "onlooker", "--out", str(tmp_path))  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "timeline.jsonl").read_text().splitlines()
    acts = [line for line in lines if '"kind": "act"' in line]
    assert '"two_cities"' in acts[-1]


def test_a_port_in_use_is_one_sentence_and_the_show_goes_on(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = rehearse("--headless", "--without", "stage,sound", "--for", "2s", "--crowd",
                        "nobody", "--port", str(port), "--out", str(tmp_path))  # fmt: skip
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"port {port} is in use" in line
    assert "the show goes on without it" in line
    assert "2 s of show" in done.stdout


def test_without_gl_it_plays_on_and_says_what_to_install(tmp_path: Path) -> None:
    done = rehearse("--headless", "--without", "sound,panel", "--for", "2s", "--crowd", "nobody",
                    "--out", str(tmp_path), __EGL_VENDOR_LIBRARY_FILENAMES="/nowhere",
                    LD_LIBRARY_PATH="/nowhere")  # fmt: skip
    assert done.returncode == 1
    assert all("apt-get install" in line for line in done.stderr.splitlines())
    assert "Traceback" not in done.stdout + done.stderr
    assert "2 s of show" in done.stdout


def test_without_a_sound_card_it_plays_on_in_silence_and_says_so(tmp_path: Path) -> None:
    done = rehearse("--headless", "--without", "stage,panel", "--for", "2s", "--crowd", "nobody",
                    "--out", str(tmp_path), SDL_AUDIODRIVER="none_such")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no sound card, so the show plays on in silence" in done.stdout
