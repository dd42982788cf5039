"""What the compositor draws, on real GL."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stage_show import SIZE, gl, show_of, write_visual

from installation.errors import ShowFileError
from installation.showfile.model import Layer
from installation.stage.compositor import Compositor

RED, GREEN = "vec4(1.0, 0.0, 0.0, 1.0)", "vec4(0.0, 1.0, 0.0, 1.0)"


def two_walls(folder: Path) -> Compositor:
    """Red on the gardens wall, green across all walls above it."""
    write_visual(folder, "red.fs", RED)
    write_visual(folder, "green.fs", GREEN)
    layers = Layer("red", "gardens", "red.fs"), Layer("green", "all", "green.fs")
    return Compositor(show_of(*layers), folder, SIZE, gl())


def test_blackout_is_black_whatever_the_layers_say(tmp_path: Path) -> None:
    compositor = two_walls(tmp_path)
    on = {"layer.red.opacity": 1.0, "layer.green.opacity": 1.0}
    compositor.render({"parameters": on}, 0.0)
    assert compositor.read().max() == 255
    compositor.render({"parameters": on, "blackout": True}, 0.0)
    assert compositor.read().max() == 0


def test_a_layer_stays_on_its_own_wall(tmp_path: Path) -> None:
    compositor = two_walls(tmp_path)
    compositor.render({"parameters": {"layer.red.opacity": 1.0}}, 0.0)
    picture = compositor.read()
    assert (picture[:, : SIZE[0]] == (255, 0, 0)).all()
    assert picture[:, SIZE[0] :].max() == 0


def test_opacity_zero_leaves_the_layer_out(tmp_path: Path) -> None:
    compositor = two_walls(tmp_path)
    compositor.render({"parameters": {"layer.red.opacity": 1.0, "layer.green.opacity": 0.0}}, 0.0)
    assert compositor.read()[..., 1].max() == 0


def test_half_an_opacity_is_half_the_light(tmp_path: Path) -> None:
    compositor = two_walls(tmp_path)
    compositor.render({"parameters": {"layer.green.opacity": 0.5}}, 0.0)
    half_the_light = 188  # sRGB of 0.5, IEC 61966-2-1
    assert np.abs(compositor.read()[..., 1].astype(int) - half_the_light).max() <= 1


@pytest.mark.parametrize(
    ("blend", "expected"),
    [("over", (0, 255, 0)), ("add", (255, 255, 0)), ("screen", (255, 255, 0)),
     ("multiply", (0, 0, 0))],
)  # fmt: skip
def test_each_blend_mode_does_as_it_is_called(
    tmp_path: Path, blend: str, expected: tuple[int, int, int]
) -> None:
    write_visual(tmp_path, "red.fs", RED)
    write_visual(tmp_path, "green.fs", GREEN)
    layers = Layer("red", "all", "red.fs"), Layer("green", "all", "green.fs", blend)
    compositor = Compositor(show_of(*layers), tmp_path, SIZE, gl())
    compositor.render({"parameters": {"layer.red.opacity": 1, "layer.green.opacity": 1}}, 0.0)
    assert tuple(compositor.read()[0, 0]) == expected


def test_a_mistake_in_a_shader_is_named_by_file_and_line(tmp_path: Path) -> None:
    write_visual(tmp_path, "bad.fs", "vec4(nowhere)")
    with pytest.raises(ShowFileError) as raised:
        Compositor(show_of(Layer("bad", "all", "bad.fs")), tmp_path, SIZE, gl())
    first = raised.value.mistakes[0]
    assert (first.file, first.line) == ("bad.fs", 3)
    assert "nowhere" in first.message


def test_a_missing_visual_and_a_broken_header_are_named_together(tmp_path: Path) -> None:
    (tmp_path / "header.fs").write_text("/*{\n  oops\n}*/\nvoid main() {}\n")
    layers = Layer("a", "all", "absent.fs"), Layer("b", "all", "header.fs")
    with pytest.raises(ShowFileError) as raised:
        Compositor(show_of(*layers), tmp_path, SIZE, gl())
    assert [(m.file, m.line) for m in raised.value.mistakes] == [("absent.fs", 1), ("header.fs", 2)]
