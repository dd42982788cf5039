"""A show process that has to start again goes on as the act says."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.sample import Sample
from installation.core.inputs import Command, Inputs
from installation.run.conductor import Conductor
from installation.run.resume import AGAIN_US, FILE, STALE_US, Keeper, resumed
from installation.showfile.load import load
from installation.showfile.model import Show

SHOW = load(Path("shows/resonance"))
LATER_US = 20_000_000


def kept(out: Path, where: str = "whispers/gathering", show: Show = SHOW) -> Conductor:
    """A show in `where` for so long, and its state on disk."""
    conductor = Conductor(show, 1, 0)
    conductor.advance(Inputs(0))
    conductor.advance(Inputs(1_000_000, commands=(Command("1", "goto", where),)))
    conductor.advance(Inputs(LATER_US))
    Keeper(out, 0).keep(show, conductor.state, LATER_US)
    return conductor


def recovering(how: str) -> Show:
    act = replace(SHOW.acts["whispers"], recovery=how)
    return replace(SHOW, acts={**SHOW.acts, "whispers": act})


def test_the_state_comes_back_as_it_was_and_all_of_it_is_said(tmp_path: Path) -> None:
    before = kept(tmp_path)
    state, _ = resumed(tmp_path, SHOW, LATER_US + 1_500_000)
    assert state == before.state
    after = Conductor(SHOW, 1, LATER_US + 1_500_000)
    assert after.resume(state, LATER_US).changed == tuple(before.state.levels)
    moment = Inputs(LATER_US + 2_000_000)
    assert after.advance(moment).parameters == before.advance(moment).parameters
    assert after.state == before.state


@pytest.mark.parametrize(("how", "begins"), [("act", "whispers"), ("attract", "")])
def test_an_act_may_begin_again_or_leave_it_to_the_empty_room(
    tmp_path: Path, how: str, begins: str
) -> None:
    show = recovering(how)
    kept(tmp_path, show=show)
    assert resumed(tmp_path, show, LATER_US) == (None, begins)


def test_another_show_begins_the_act(tmp_path: Path) -> None:
    kept(tmp_path)
    assert resumed(tmp_path, replace(SHOW, title="Edited"), LATER_US) == (None, "whispers")


def test_what_it_went_on_with_may_be_what_ended_it(tmp_path: Path) -> None:
    conductor = kept(tmp_path)
    keeper = Keeper(tmp_path, LATER_US - AGAIN_US + 1)
    keeper.keep(SHOW, conductor.state, 2 * LATER_US)
    assert resumed(tmp_path, SHOW, LATER_US) == (None, "whispers")


def test_what_is_old_or_of_another_boot_or_damaged_is_nothing(tmp_path: Path) -> None:
    kept(tmp_path)
    assert resumed(tmp_path, SHOW, LATER_US + STALE_US) == (None, "")
    assert resumed(tmp_path, SHOW, LATER_US - 1) == (None, "")
    content = (tmp_path / FILE).read_bytes()
    for damaged in (b"", content[:-40], b"\0" * 100, b"i am no pickle"):
        (tmp_path / FILE).write_bytes(damaged)
        assert resumed(tmp_path, SHOW, LATER_US) == (None, "")


def test_what_has_happened_is_kept_at_once(tmp_path: Path) -> None:
    conductor = kept(tmp_path)
    keeper = Keeper(tmp_path, 0)
    keeper.keep(SHOW, conductor.state, LATER_US)
    conductor.advance(Inputs(LATER_US + 1, commands=(Command("2", "goto", "workshops"),)))
    keeper.keep(SHOW, conductor.state, LATER_US + 1, is_news=True)
    state, _ = resumed(tmp_path, SHOW, LATER_US + 1)
    assert state
    assert state.act == "workshops"


def test_a_folder_that_cannot_be_written_costs_only_the_going_on(tmp_path: Path) -> None:
    conductor = kept(tmp_path)
    Keeper(tmp_path / "missing", 0).keep(SHOW, conductor.state, LATER_US)


def test_a_state_of_another_version_is_nothing(tmp_path: Path) -> None:
    kept(tmp_path)
    form, *rest = pickle.loads((tmp_path / FILE).read_bytes())
    (tmp_path / FILE).write_bytes(pickle.dumps(((form[0], form[1][1:]), *rest)))
    assert resumed(tmp_path, SHOW, LATER_US) == (None, "")


def test_no_node_is_silent_because_nobody_listened(tmp_path: Path) -> None:
    conductor = Conductor(SHOW, 1, 0)
    sample = Sample("heap", 0, (1.0,) * 9)
    conductor.advance(Inputs(0, samples=(sample,)))
    after = Conductor(SHOW, 1, 5_000_000)
    after.resume(conductor.state, 5_000_000)
    after.advance(Inputs(5_000_001))
    assert after.state.channels["touch_1"] == 1.0
