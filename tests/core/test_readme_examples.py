"""shows/README.md teaches what the loader takes: its examples are loaded and played."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

import pytest

from installation.core.inputs import Inputs
from installation.run.conductor import Conductor
from installation.showfile import acts, cues, signals, words
from installation.showfile import house as house_words
from installation.showfile.load import load

PAGE = (Path(__file__).parents[2] / "shows/README.md").read_text(encoding="utf-8")
TINY = re.findall(r"`([\w/.]+)`[^\n]*\n```\w+\n(.*?)```", PAGE.split("## Writing it down")[0], re.S)
BARE = re.findall(r"(?<!-->)\n```yaml\n((?:signals|scenes|mappings|cues|transitions):.*?)```",
                  PAGE, re.S)  # fmt: skip
"""Those that speak of a larger house: HOUSE."""
MARKED = re.findall(r"<!-- (scene|act|signals) -->\n```yaml\n(.*?)```", PAGE, re.S)


VISUAL = """/*{"ISFVSN": "2", "INPUTS": [
  {"NAME": "level", "TYPE": "float", "MIN": 0, "MAX": 1},
  {"NAME": "stir", "TYPE": "float", "MIN": 0, "MAX": 1},
  {"NAME": "warmth", "TYPE": "float", "MIN": 0, "MAX": 1}]}*/
void main() { gl_FragColor = vec4(level, stir, warmth, 1.0); }
"""
HOUSE = """\
show: house
title: House
attract: day
acts: [day, whispers]
nodes:
  post: {channels: [distance, touch, voice, weight], outputs: [ring]}
patch: {distance: post.distance, touch: post.touch, voice: post.voice, weight: post.weight}
outputs: {ring: post.ring}
surfaces: {wall: {width: 4m, height: 3m}}
layers:
  gardens: {surface: wall, visual: any.fs}
  zones: {surface: wall, visual: any.fs}
  lantern: {surface: wall, visual: any.fs}
stems:
  choir: {file: any.wav, bus: room}
  wind: {file: any.wav, bus: room}
  spark: {file: any.wav, bus: room, loop: false}
  glint: {file: any.wav, bus: room, loop: false}
"""
WHISPERS = "act: whispers\ntitle: W\nstart: s\nscenes: {s: {}}\n"
DAY = "act: day\ntitle: D\nstart: divided\n"
SCENES = "  doubt: {}\n"


def house(directory: Path, block: str) -> Path:
    """The block in an act, or for signals in the show, of a house that has what it speaks of."""
    (signals_of_page,) = (bare for bare in BARE if bare.startswith("signals"))
    of_scene = block.startswith(("mappings", "cues", "transitions"))
    body = block if block.startswith("scenes") else "scenes:\n  divided:\n"
    body += indent(block, "    ") if of_scene else "    fade: 1s\n" * ("fade" not in block)
    files = {
        "show.yaml": f"{HOUSE}{signals_of_page}  near: {{level: distance, low: 3m, high: 0.6m}}\n",
        "acts/day.yaml": f"{DAY}{body}{SCENES}",
        "acts/whispers.yaml": WHISPERS,
        "visuals/any.fs": VISUAL,
        "sounds/any.wav": "",
    }
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    return directory


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


@pytest.mark.parametrize("block", BARE, ids=lambda block: block.partition(":")[0])
def test_an_example_of_a_larger_house_is_right(tmp_path: Path, block: str) -> None:
    play(house(tmp_path, block))


def test_no_example_of_the_page_is_left_out() -> None:
    of_tiny = [text for name, text in TINY if name.endswith(".yaml")]
    assert PAGE.count("```yaml\n") == len(BARE) + len(MARKED) + len(of_tiny)
    assert len(BARE) >= 5
    assert len(MARKED) >= 4


TABLES = [
    table
    for name, table in vars(words).items()
    if name.isupper() and isinstance(table, dict)
]  # fmt: skip


@pytest.mark.parametrize(
    "word",
    sorted({
        *(word for table in TABLES for word in table),
        *(option for kind in signals.KINDS.values() for option in kind.options or {}
          if option != kind.begins),
        *signals.RESETS, *house_words.BLENDS, *cues.CURVES, *acts.GOTO_WORDS, *acts.RECOVERIES,
    }),
)  # fmt: skip
def test_the_page_has_every_word_of_the_language(word: str) -> None:
    assert re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", PAGE), word
