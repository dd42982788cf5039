"""Damaged show files: a few hundred of the mutants of tests/soak/mutants.py, and their judge."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from installation.errors import Mistake
from tests.core.small_show import build
from tests.soak import mutants

COUNT = 200


def test_a_damaged_show_file_is_a_show_or_gets_located_mistakes() -> None:
    fates = mutants.fates(0, COUNT, seed=7)
    assert [fate.why for fate in fates if fate.how == "at fault"] == []
    hows = {fate.how for fate in fates}
    assert hows == {"loaded", "refused"}, "the mutants are all alike"


def test_a_mutant_is_written_back_and_the_next_one_begins_from_the_whole_show(
    tmp_path: Path,
) -> None:
    herd = mutants.Herd(tmp_path, [])
    whole = {path: path.read_bytes() for path in (tmp_path / "tiny").glob("**/*.yaml")}
    assert len(whole) == 3
    for number in range(20):
        herd.fate(number, 1)
    assert {path: path.read_bytes() for path in whole} == whole


@pytest.mark.parametrize("raised", [KeyError("x"), RecursionError("deep"), MemoryError("big")])
def test_the_judge_finds_fault_with_whatever_the_loader_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception
) -> None:
    def broken(directory: Path) -> None:
        raise raised

    build(tmp_path)
    assert mutants.judged(tmp_path, random.Random(1)).how == "loaded"
    monkeypatch.setattr(mutants, "examine", broken)
    fate = mutants.judged(tmp_path, random.Random(1))
    assert fate.how == "at fault"
    assert type(raised).__name__ in fate.why


@pytest.mark.parametrize("found", [
    Mistake("show.yaml", 0, 1, "said"),
    Mistake("show.yaml", 1, 0, "said"),
    Mistake("show.yaml", 9_999, 1, "said"),
    Mistake("show.yaml", 1, 1, "said\non two lines"),
    Mistake("show.yaml", 1, 1, ""),
])  # fmt: skip
def test_the_judge_finds_fault_with_a_mistake_without_place_or_sentence(
    tmp_path: Path, found: Mistake
) -> None:
    build(tmp_path)
    assert mutants.wrong_findings(tmp_path, [Mistake("show.yaml", 1, 1, "said")]) == ""
    assert mutants.wrong_findings(tmp_path, [found])


def test_the_tiny_show_of_the_manual_is_found(tmp_path: Path) -> None:
    folder = mutants.tiny(tmp_path)
    names = {path.relative_to(folder).as_posix() for path in folder.glob("**/*.*")}
    assert {"show.yaml", "acts/waiting.yaml", "acts/company.yaml"} <= names


def test_a_tree_written_again_says_the_same() -> None:
    text = (mutants.ROOT / "shows/resonance/acts/workshops.yaml").read_text()
    tree = mutants.parse(text.encode(), "", mutants.Log())
    assert tree is not None
    again = mutants.parse(mutants.written(tree).encode(), "", mutants.Log())
    assert again is not None
    said, said_again = (re.sub(r"Place\([^)]*\)", "", repr(one)) for one in (tree, again))
    assert said.replace("plain=False", "plain=True") == said_again.replace(
        "plain=False", "plain=True"
    )
