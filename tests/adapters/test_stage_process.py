"""The stage process on a bus, without a window."""

from __future__ import annotations

import io
import json
import sys
import threading
from pathlib import Path

import pygame

sys.path.insert(0, str(Path(__file__).parent))

from stage_show import SIZE, gl, show_of, write_visual

from installation.bus import MemoryBus
from installation.showfile.model import Layer, Show
from installation.stage.compositor import Compositor
from installation.stage.preview import Preview
from installation.stage.process import QUICK_MS, SLOW_MS, next_part, perform
from installation.stage.still import Stills


def red_show(folder: Path) -> Show:
    gl()
    write_visual(folder, "red.fs", "vec4(1.0, 0.0, 0.0, 1.0)")
    return show_of(Layer("red", "all", "red.fs"))


def played(folder: Path, *, watched: bool) -> dict[str, list[bytes]]:
    """What the stage publishes until its third health report."""
    bus, stop, said = MemoryBus(), threading.Event(), {"preview": [], "health/stage": []}

    def hear(topic: str, payload: bytes) -> None:
        if topic not in said:
            return
        said[topic].append(payload)
        if len(said["health/stage"]) == 1:
            lit = {"now_us": 1, "parameters": {"layer.red.opacity": 1.0}}
            bus.publish("desired", json.dumps(lit).encode())
            if watched:
                bus.publish("watch", b"")
        if len(said["health/stage"]) == 2:
            bus.publish("desired", b"not JSON")
        if len(said["health/stage"]) == 3:
            stop.set()

    bus.subscribe("health/stage", hear)
    bus.subscribe("preview", hear)
    show = red_show(folder)
    assert perform(show, folder, bus, size=SIZE, headless=True, stop=stop) == 0
    return said


def test_the_stage_reports_its_health(tmp_path: Path) -> None:
    health = json.loads(played(tmp_path, watched=False)["health/stage"][-1])
    assert health["frames"] >= 1
    assert health["fps"] > 1
    assert health["frame_p99_ms"] >= health["frame_p50_ms"] > 0
    assert health["renderer"]


def test_nobody_watching_means_no_preview(tmp_path: Path) -> None:
    assert played(tmp_path, watched=False)["preview"] == []


def test_a_watched_stage_sends_few_small_pictures_of_the_last_good_state(
    tmp_path: Path,
) -> None:
    previews = played(tmp_path, watched=True)["preview"]
    assert 1 <= len(previews) <= 12
    picture = pygame.image.load(io.BytesIO(previews[-1]), "preview.jpg")
    red, green, _, _ = picture.get_at((300, 60))
    assert (red > 240, green < 20) == (True, True)


def test_a_still_is_a_png_of_the_whole_room(tmp_path: Path) -> None:
    stills = Stills(red_show(tmp_path), tmp_path, size=(288, 54))
    stills.save({"layer.red.opacity": 1.0}, 1_000_000, tmp_path / "still.png")
    picture = pygame.image.load(tmp_path / "still.png")
    assert picture.get_size() == (288, 54)
    assert picture.get_at((280, 50))[:3] == (255, 0, 0)


def test_a_slow_machine_draws_smaller_until_it_keeps_up_and_larger_when_it_can() -> None:
    part, sizes = 1.0, []
    for _ in range(12):  # a machine that takes 80 ms for the whole picture
        part = next_part(part, 80.0 * part * part)
        sizes.append(part)
    assert QUICK_MS <= 80.0 * part * part <= SLOW_MS
    assert sizes[-1] == sizes[-2], "it never rests"
    for _ in range(12):
        part = next_part(part, 5.0 * part * part)
    assert part == 1.0


def test_a_picture_drawn_smaller_looks_the_same(tmp_path: Path) -> None:
    write_visual(tmp_path, "ramp.fs", "vec4(isf_FragNormCoord, 0.5, 1.0)")
    compositor = Compositor(show_of(Layer("ramp", "all", "ramp.fs")), tmp_path, SIZE, gl())
    preview = Preview(compositor.gl, compositor.texture, (96, 18))
    seen = []
    for part in (1.0, 0.5):
        compositor.draw_into(part)
        compositor.render({"parameters": {"layer.ramp.opacity": 1.0}}, 0.0)
        picture = pygame.image.load(io.BytesIO(preview.jpeg(part)), "preview.jpg")
        seen.append([picture.get_at((x, y))[:3] for x in (4, 48, 90) for y in (2, 15)])
    assert all(
        abs(a - b) < 12 for p, q in zip(*seen, strict=True) for a, b in zip(p, q, strict=True)
    )
