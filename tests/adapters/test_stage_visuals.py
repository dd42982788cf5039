"""Every visual of the shows: it compiles, gives light, and answers to each of its inputs."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stage_show import SIZE, VISUALS, gl, show_of

from installation.errors import ShowFileError
from installation.showfile.model import Layer
from installation.stage.compositor import Compositor
from installation.stage.isf import read_visual

EVERY = [
    pytest.param(path, id=path.name) for path in sorted(VISUALS.parents[1].glob("**/visuals/*.fs"))
]


class Wall:
    """One visual on all walls."""

    def __init__(self, path: Path) -> None:
        self.inputs = read_visual(path).inputs
        show = show_of(Layer("v", "all", path.name))
        self._compositor = Compositor(show, path.parent, SIZE, gl())

    def picture(self, time_s: float = 40.0, **inputs: float) -> np.ndarray:
        parameters = {f"layer.v.{k}": v for k, v in inputs.items()} | {"layer.v.opacity": 1.0}
        self._compositor.render({"parameters": parameters}, time_s)
        return self._compositor.read().astype(int)

    def bright(self) -> dict[str, float]:
        """Every input at three quarters of its range."""
        return {i.name: i.low + 0.75 * (i.high - i.low) for i in self.inputs}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "2",
        "[]",
        '{"PASSES": 2}',
        '{"INPUTS": 2}',
        '{"INPUTS": [2]}',
        '{"INPUTS": [{"NAME": 2}]}',
        '{"INPUTS": [{"NAME": "a", "TYPE": ["float"]}]}',
        '{"INPUTS": [{"NAME": "a", "TYPE": "image"}]}',
        '{"INPUTS": [{"NAME": "a b", "TYPE": "float"}]}',
        '{"INPUTS": [{"NAME": "a", "TYPE": "float", "MAX": ' + "9" * 400 + "}]}",
        '{"INPUTS": ' + "[" * 900 + "]" * 900 + "}",
        '{"INPUTS": ' + "[" * 90_000,
        "9" * 5_000,
    ],
)
def test_a_header_that_cannot_be_understood_is_a_located_mistake(
    tmp_path: Path, header: str
) -> None:
    (tmp_path / "odd.fs").write_text(f"/*{header}*/\nvoid main() {{}}\n")
    with pytest.raises(ShowFileError) as raised:
        read_visual(tmp_path / "odd.fs")
    assert {(m.file, m.line) for m in raised.value.mistakes} == {("odd.fs", 1)}


@pytest.mark.parametrize("path", EVERY)
def test_a_visual_gives_light_when_its_inputs_are_up(path: Path) -> None:
    wall = Wall(path)
    assert wall.picture(**wall.bright()).mean() > 4


@pytest.mark.parametrize("path", EVERY)
def test_each_input_of_a_visual_changes_the_picture(path: Path) -> None:
    wall = Wall(path)
    for knob in wall.inputs:
        middle = (knob.low + knob.high) / 2.0
        low, high = (
            wall.picture(**wall.bright() | {knob.name: value}) for value in (knob.low, middle)
        )
        assert np.abs(low - high).max() > 8, knob.name


@pytest.mark.parametrize("path", EVERY)
def test_a_visual_moves_but_never_flashes(path: Path) -> None:
    """WCAG 2.3.1 counts swings of a tenth of full light; a tenth of a second stays well below."""
    wall = Wall(path)
    mean = [wall.picture(40.0 + n / 10, **wall.bright()).mean() for n in range(11)]
    assert max(abs(a - b) for a, b in pairwise(mean)) < 2.5
    assert np.abs(wall.picture(40.0, **wall.bright()) - wall.picture(55.0, **wall.bright())).max()


@pytest.mark.parametrize("path", EVERY)
def test_every_input_states_its_range_and_default(path: Path) -> None:
    for knob in Wall(path).inputs:
        assert knob.low < knob.high
        assert knob.low <= knob.value[0] <= knob.high
