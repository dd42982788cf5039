"""An edit in the real processes: files are saved, and the bus, the panel and the picture follow."""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pygame
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "system"))
sys.path.insert(0, str(Path(__file__).parent))

from lamp import write_lamp
from whole_house import PATIENCE_S, House

from installation.run.zenoh_bus import open_bus

LAMP = "layer.lamp.opacity"


class Studio:
    """A house that plays the lamp, and the folder that an artist edits."""

    def __init__(self, folder: Path) -> None:
        self.show = write_lamp(folder / "lamp")
        self.house = House(folder / "out", "--show", str(self.show), "--crowd", "nobody",
                           "--without", "sound")  # fmt: skip
        self._desired: dict[str, Any] = {}
        self._news = threading.Event()
        where = folder / "out/house.json"
        self.wait(where.exists)
        self._bus = open_bus(json.loads(where.read_text())["bus"], listen=False)
        self._bus.subscribe("desired", self._hear)

    def _hear(self, topic: str, payload: bytes) -> None:
        self._desired = json.loads(payload)
        self._news.set()

    def wait(self, what: Callable[[], object]) -> None:
        poll, end_s = threading.Event(), time.monotonic() + PATIENCE_S
        while not what():
            assert time.monotonic() < end_s, f"not within {PATIENCE_S:g} s"
            poll.wait(0.02)

    def edit(self, file: str, before: str, after: str) -> None:
        """As editors do it: another file, in the place of the old one."""
        path = self.show / file
        text = path.read_text()
        assert before in text
        part = path.with_name(f".{path.name}.new")
        part.write_text(text.replace(before, after))
        part.replace(path)

    def now(self, parameter: str) -> float:
        """What the bus carries of a parameter next."""
        self._news.clear()
        assert self._news.wait(PATIENCE_S)
        return float(self._desired["parameters"][parameter])

    def parameters_until(self, parameter: str, value: float) -> list[float]:
        """What the bus carries of a parameter until it has come to `value`."""
        seen: list[float] = []
        end_s = time.monotonic() + PATIENCE_S
        while not seen or seen[-1] != value:
            assert time.monotonic() < end_s, seen
            self._news.wait(1.0)
            self._news.clear()
            if parameter in self._desired.get("parameters", {}):
                seen.append(self._desired["parameters"][parameter])
        return seen

    def colour(self, is_it: Callable[[tuple[int, ...]], bool]) -> tuple[int, ...]:
        """The picture's mean colour, once it is so."""
        found: tuple[int, ...] = ()
        end_s = time.monotonic() + PATIENCE_S
        while not found or not is_it(found):
            assert time.monotonic() < end_s, found
            picture = pygame.image.load(io.BytesIO(self.house.picture()), "preview.jpg")
            found = tuple(pygame.transform.average_color(picture)[:3])
        return found

    def close(self) -> tuple[int, str, str]:
        self._bus.close()
        return self.house.end()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("studio"))
    studio.house.see(lambda s: s["scene"] == "dim" and s["edit"]["id"])
    yield studio
    code, out, err = studio.close()
    assert (code, err) == (0, "")
    told = [line for line in out.splitlines() if line.startswith("acts/waiting.yaml:6:")]
    assert len(told) == len(set(told)), "the terminal tells a mistake once"
    assert bool(told) == ("not loaded" in out)


def reloads(studio: Studio) -> list[tuple[str, str]]:
    return [(e["name"], e["why"]) for e in studio.house.timeline() if e["kind"] == "reload"]


def test_a_value_that_is_saved_moves_on_the_bus_and_the_scene_goes_on(studio: Studio) -> None:
    studio.parameters_until(LAMP, 0.5)
    before = studio.house.see(lambda _: True)["scene_elapsed_s"]
    studio.edit("acts/waiting.yaml", "lamp: 0.5", "lamp: 0.9")
    seen = studio.parameters_until(LAMP, 0.9)
    assert all(0.5 <= value <= 0.9 for value in seen)
    status = studio.house.see(lambda s: s["edit"]["state"] == "playing" and s["edit"]["files"])
    assert status["edit"]["files"] == ["acts/waiting.yaml"]
    assert status["scene_elapsed_s"] > before, "the scene did not begin anew"
    assert reloads(studio)[-1] == ("values", "acts/waiting.yaml")


def test_a_broken_edit_is_refused_with_its_places_and_the_show_goes_on(studio: Studio) -> None:
    good, before = (studio.show / "acts/waiting.yaml").read_text(), studio.now(LAMP)
    studio.edit("acts/waiting.yaml", "lamp.level", "lamp.lvel")
    status = studio.house.see(lambda s: s["edit"]["state"] == "mistaken")
    assert any(line.startswith("acts/waiting.yaml:6:") for line in status["edit"]["mistakes"])
    studio.house.see(lambda s: s["played_s"] > status["played_s"] + 1)
    assert studio.now(LAMP) == before
    told = len(reloads(studio))
    (studio.show / "acts/waiting.yaml").write_text(good)
    studio.house.see(lambda s: s["edit"]["state"] == "playing")
    assert reloads(studio)[told:] == [("nothing", "acts/waiting.yaml")]


def test_an_edited_shader_is_painted_and_a_broken_one_leaves_the_picture(studio: Studio) -> None:
    studio.colour(lambda c: c[0] > 60 and c[1] < 40)
    studio.edit("visuals/lamp.fs", "vec4(1.0, 0.0, 0.0, 1.0)", "vec4(0.0, 1.0, 0.0, 1.0)")
    studio.colour(lambda c: c[1] > 60 and c[0] < 40)
    studio.edit("visuals/lamp.fs", "0.5 + 0.5 * level", "0.5 + 0.5 * levle")
    troubled = studio.house.see(lambda s: s["processes"]["stage"]["trouble"])
    assert troubled["processes"]["stage"]["trouble"].startswith("lamp.fs:3:")
    frames = troubled["processes"]["stage"]["frames"]
    studio.house.see(lambda s: s["processes"]["stage"]["frames"] > frames)
    studio.colour(lambda c: c[1] > 60 and c[0] < 40)
    studio.edit("visuals/lamp.fs", "levle", "level")
    studio.house.see(lambda s: not s["processes"]["stage"]["trouble"])


def test_a_new_scene_and_a_new_layer_come_with_the_next_scene(studio: Studio) -> None:
    studio.edit("show.yaml", "visual: lamp.fs}",
                "visual: lamp.fs}\n  veil: {surface: wall, visual: lamp.fs}")  # fmt: skip
    studio.house.see(lambda s: s["edit"]["state"] == "waiting")
    studio.edit("acts/waiting.yaml", "  bright:\n    look: {lamp: 1}",
                "  bright:\n    look: {veil: 0.7}")  # fmt: skip
    studio.house.see(lambda s: s["edit"]["files"] == ["acts/waiting.yaml"])
    assert studio.now(LAMP) > 0.0, "the scene that plays knows nothing of it"
    assert studio.house.command("go")["done"]
    studio.parameters_until("layer.veil.opacity", 0.7)
    assert reloads(studio)[-1] == ("structure", "acts/waiting.yaml")
    studio.house.see(lambda s: s["edit"]["state"] == "playing" and s["scene"] == "bright")
    studio.colour(lambda c: c[1] > 40)


def test_another_wall_is_refused_until_a_restart(studio: Studio) -> None:
    studio.edit("show.yaml", "width: 4m", "width: 5m")
    studio.house.see(lambda s: s["edit"]["state"] == "restart")
    studio.edit("show.yaml", "width: 5m", "width: 4m")
    studio.house.see(lambda s: s["edit"]["state"] == "playing")


def test_a_rehearsal_at_another_speed_takes_up_edits_as_well(tmp_path: Path) -> None:
    show = write_lamp(tmp_path / "lamp")
    house = House(tmp_path / "out", "--show", str(show), "--crowd", "nobody", "--without",
                  "stage,sound", "--speed", "2")  # fmt: skip
    try:
        house.see(lambda s: s["edit"]["id"])
        (show / "acts/waiting.yaml").write_text(
            (show / "acts/waiting.yaml").read_text().replace("title: Waiting", "title: Longing")
        )
        house.see(lambda s: s["act_title"] == "Longing")
    finally:
        code, _, err = house.end()
    assert (code, err) == (0, "")
