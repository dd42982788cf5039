"""The small shows prove that the language is not one for one piece."""

from __future__ import annotations

from pathlib import Path

import pytest

from installation.run.conductor import Conductor
from installation.run.rehearse import Rehearsal
from installation.showfile.load import load

EXAMPLES = Path(__file__).resolve().parents[2] / "shows/examples"


@pytest.mark.parametrize(("name", "most"), [("loop", 15), ("touch", 40)])
def test_an_example_is_as_short_as_it_says(name: str, most: int) -> None:
    files = (EXAMPLES / name).glob("**/*.yaml")
    assert sum(len(file.read_text().splitlines()) for file in files) <= most


def test_the_embers_breathe_for_nobody_and_rest_in_between() -> None:
    conductor = Conductor(load(EXAMPLES / "loop"), 1, 0)
    draught = {}

    def look(now_us: int) -> bool:
        draught[now_us // 1_000_000] = conductor.state.levels["layer.ember.draught"]
        return True

    Rehearsal(conductor, crowd="nobody", seed=1).play(80_000_000, lambda _: None, look)
    assert [draught[second] for second in (1, 15, 39, 41, 55, 79)] == [0, 1, 0, 0, 1, 0]


def test_visitors_stir_the_moon_and_it_comes_to_rest_again() -> None:
    conductor = Conductor(load(EXAMPLES / "touch"), 1, 0)
    scenes: list[str] = []

    def look(now_us: int) -> bool:
        if scenes[-1:] != [conductor.state.scene]:
            scenes.append(conductor.state.scene)
        return True

    Rehearsal(conductor, crowd="couple", seed=1).play(600_000_000, lambda _: None, look)
    assert scenes[1:4] == ["still", "stirred", "still"]
