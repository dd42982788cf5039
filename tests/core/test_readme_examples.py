"""shows/README.md teaches what the loader takes: its examples are loaded and played."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest

from installation.core.inputs import Inputs
from installation.run.conductor import Conductor
from installation.showfile import acts, cues, signals
from installation.showfile.load import load

PAGE = (Path(__file__).parents[2] / "shows/README.md").read_text(encoding="utf-8")
TINY = re.findall(r"`([\w/.]+)`[^\n]*\n```\w+\n(.*?)```", PAGE.split("## Writing it down")[0], re.S)
MARKED = re.findall(r"<!-- (scene|act|signals) -->\n```yaml\n(.*?)```", PAGE, re.S)


def tiny(directory: Path) -> Path:
    """The page's tiny show."""
    for name, text in TINY:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory


def put(directory: Path, kind: str, block: str) -> None:
    """The example where it belongs in the tiny show; a scene is the second of its act."""
    path = directory / ("show.yaml" if kind == "signals" else "acts/company.yaml")
    text = path.read_text(encoding="utf-8")
    if kind == "scene":
        block += indent("transitions: [{after: 2m, goto: flare}]\n", "    ")
        text = text.replace("  flare:\n", f"  trial:\n{block}  flare:\n")
    elif kind == "signals":
        text += block
    else:
        text = text.replace("scenes:\n", f"{block}scenes:\n")
    path.write_text(text, encoding="utf-8")


def play(directory: Path) -> None:
    """Every scene of it for a while."""
    show = load(directory)
    conductor = Conductor(show, 1, 0)
    conductor.advance(Inputs(0))
    while conductor.state.now_us < 120_000_000:
        conductor.advance(Inputs(conductor.wake_us))


def test_the_tiny_show_is_whole(tmp_path: Path) -> None:
    assert len(TINY) == 4
    play(tiny(tmp_path))


@pytest.mark.parametrize(("kind", "block"), MARKED)
def test_an_example_of_the_page_is_right(tmp_path: Path, kind: str, block: str) -> None:
    put(tiny(tmp_path), kind, block)
    play(tmp_path)


def test_there_are_examples() -> None:
    assert len(MARKED) >= 4


@pytest.mark.parametrize(
    "word",
    [
        *signals.KINDS, *signals.SETTABLE, *cues.TIMINGS, *cues.DOES, *cues.CURVES,
        *acts.GOTO_WORDS,
        *acts.RECOVERIES, "pre_wait", "post_wait", "continue", "every", "times", "fade_in",
        "fade_out", "curve_out", "faults", "limits", "recovery", "unknown",
    ],
)  # fmt: skip
def test_the_page_has_every_word_of_the_language(word: str) -> None:
    assert re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", PAGE), word
