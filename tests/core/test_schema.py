"""The schema for editors says what the loader says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from typer.testing import CliRunner

from installation.cli import app
from installation.schema_command import LANGUAGE, known_of, text
from installation.showfile import words
from installation.showfile.check import check
from installation.showfile.cursor import Fields
from installation.showfile.load import load
from installation.showfile.schema import FILES, schema
from installation.showfile.signals import KINDS
from tests.core.small_show import MEETING, build

ROOT = Path(__file__).resolve().parents[2]
SHOWS = sorted(path.parent for path in (ROOT / "shows").glob("**/show.yaml"))
EVERYTHING = """\
act: meeting
title: Meeting
start: near
recovery: act
limits: {garden.level: [0.1, 0.9], stem.choir: -3dB}
mappings:
  - {from: {euro: weight, cutoff: 1Hz, beta: 0.02}, to: garden.level, in: [0N, 3N], out: [0, 1],
     lag: 1s, curve: out}
cues: [{cue: E1, when: here, play: [bell, {bell: -6dB}]}]
transitions: [{after: 9m, goto: act waiting}]
scenes:
  near:
    look: {garden: 1, garden.level: 50%}
    sound: {choir: 0dB}
    light: {ring: true}
    fade: 1m30s
    next: far
    mappings: [{from: 'works[0]', to: output.ring}]
    faults: {weight: 2N, here: {goto: far, for: 5s, tally: fault}, voice: {take: 60dB, goto: far}}
    cues:
      - {cue: a, at: 0, every: 1s, times: 3, play: bell, post_wait: 1s, continue: true}
      - {cue: b, pre_wait: 1s, osc: [[/a, 1, x], [/b]], look: {veil: 1}, fade_in: 1s, curve: in,
         for: 2s, fade_out: 1s, curve_out: out}
      - {cue: c, follow: a, group: [{cue: d, at: 1s, osc: /d}, {cue: e, follow: d, add: {n: -1}}]}
      - {cue: f, go: true, pre_wait: 1s, set: {n: 1, fed: 0.5}, light: {ring: 0}, fade: 2s}
      - {cue: g, when: [here, {any: ["weight >= 3N", {not: {unknown: voice}}]}, {all: [met]},
         {presence: weight, above: 3N, leave: 2N, for: 200ms}], play: bell}
    transitions:
      - {when: "scene_s >= 30s", for: 1s, after: 2m, goto: return, limit: 2, tally: visitors}
      - {when: here, goto: standby}
  far: {}
"""
SIGNALS = """
  n: {variable: 0, low: 0, high: 5, reset: visit}
  two: {pair: [here, loud]}
  often: {times: here, reset: scene}
  fast: {rate: here, window: 3s}
  still: {euro: weight}
  held: {latch: {presence: {max: [weight, voice]}, above: 3}, reset: act}
"""


def yaml(source: Path | str) -> Any:
    return YAML(typ="safe").load(source)


def underlined(file: str, tree: Any, known: Any = None) -> list[str]:
    found = Draft202012Validator(schema(file, known)).iter_errors(tree)
    return [error.json_path for error in found]


def everything(directory: Path) -> Path:
    build(directory, ("  works:", SIGNALS.removeprefix("\n") + "  works:"), (MEETING, EVERYTHING))
    return directory


@pytest.mark.parametrize("file", FILES)
def test_it_is_a_schema_of_the_draft_that_it_names(file: str) -> None:
    Draft202012Validator.check_schema(schema(file))


@pytest.mark.parametrize("directory", SHOWS, ids=lambda path: path.name)
@pytest.mark.parametrize("named", [False, True], ids=["language", "names"])
def test_the_shipped_shows_are_not_underlined(directory: Path, named: bool) -> None:
    known = known_of(directory) if named else None
    assert underlined("show", yaml(directory / "show.yaml"), known) == []
    for act in directory.glob("acts/*.yaml"):
        assert underlined("act", yaml(act), known) == []


@pytest.mark.parametrize("named", [False, True], ids=["language", "names"])
def test_nothing_that_the_loader_takes_is_underlined(tmp_path: Path, named: bool) -> None:
    assert check(everything(tmp_path)) == []
    known = known_of(tmp_path) if named else None
    assert underlined("show", yaml(tmp_path / "show.yaml"), known) == []
    assert underlined("act", yaml(EVERYTHING), known) == []


@pytest.mark.parametrize("named", [False, True], ids=["language", "names"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("goto: act waiting", "goto: act  waiting"),
        ("goto: act waiting", "goto: '  act waiting '"),
        ("next: far", "next: ' far'"),
        ("goto: standby", "goto: 'standby '"),
        ("limit: 2", "limit: 1e3"),
        ("limit: 2", "limit: '1e3'"),
        ("limit: 2", "limit: '+2.0'"),
        ("times: 3", "times: '3'"),
        ("{euro: weight,", "{euro: {max: [weight, {inverse: weight}]},"),
        ("{presence: weight, above", "{presence: {count: [here, {any: [met, loud]}]}, above"),
    ],
)
def test_what_the_loader_takes_in_another_spelling_is_not_underlined(
    tmp_path: Path, old: str, new: str, named: bool
) -> None:
    everything(tmp_path)
    assert EVERYTHING.count(old) == 1
    act = EVERYTHING.replace(old, new)
    (tmp_path / "acts/meeting.yaml").write_text(act)
    assert check(tmp_path) == []
    assert underlined("act", yaml(act), known_of(tmp_path) if named else None) == []


@pytest.mark.parametrize("named", [False, True], ids=["language", "names"])
def test_a_signal_may_stand_in_a_signal(tmp_path: Path, named: bool) -> None:
    both = "both: {count: [{presence: weight, above: 3N}, here]}"
    none = "none: {inverse: {latch: here, reset: act}}"
    build(tmp_path, ("  works:", f"  {both}\n  {none}\n  works:"))
    assert check(tmp_path) == []
    known = known_of(tmp_path) if named else None
    assert underlined("show", yaml(tmp_path / "show.yaml"), known) == []


def test_every_key_that_the_loader_asks_for_is_in_the_schema_and_the_other_way_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[int, set[str]] = {}
    done = Fields.done

    def watched(fields: Fields) -> None:
        if fields._known is not None:
            asked.setdefault(id(fields._known), set()).update(fields._asked)
        done(fields)

    monkeypatch.setattr(Fields, "done", watched)
    load(everything(tmp_path))
    tables = {"SHOW", "NODE", "SURFACE", "LAYER", "STEM", "ACT", "SCENE", "CUE", "TRANSITION",
              "MAPPING", "FAULT"}  # fmt: skip
    for name in tables:
        table = getattr(words, name)
        assert asked.pop(id(table)) == table.keys(), name
        assert any(part.keys() == table.keys() for part in _properties()), name
    assert not asked


def _properties() -> Iterator[dict[str, Any]]:
    waiting: list[Any] = [schema(file) for file in FILES]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "properties" in part:
                yield part["properties"]
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def test_every_kind_of_signal_and_every_option_is_explained() -> None:
    assert words.KINDS.keys() == KINDS.keys()
    for name, kind in KINDS.items():
        assert words.KINDS[name].options.keys() == (kind.options or {}).keys() - {kind.begins}


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("title: Meeting", "titel: Meeting", "$"),
        ("fade: 1m30s", "fade: 90", "$.scenes.near.fade"),
        ("recovery: act", "recovery: home", "$.recovery"),
        ("curve: in,", "curve: inn,", "$.scenes.near.cues[1].curve"),
        ("times: 3", "times: none", "$.scenes.near.cues[0].times"),
        ("at: 1s, osc", "att: 1s, osc", "$.scenes.near.cues[2].group[0]"),
        ("unknown: voice", "unknwon: voice", "$.scenes.near.cues[4].when"),
        ("leave: 2N, for", "leaf: 2N, for", "$.scenes.near.cues[4].when"),
        ("[0N, 3N]", "[0N, 3N, 4N]", "$.mappings[0].in"),
        ("choir: 0dB", "choir: 3dB", "$.scenes.near.sound.choir"),
        ("  far: {}", "  far: {loook: {garden: 1}}", "$.scenes.far"),
        ("goto: standby", "gotto: standby", "$.scenes.near.transitions[1]"),
        ("take: 60dB", "take: loud", "$.scenes.near.faults.voice"),
    ],
)
def test_a_planted_mistake_is_underlined_in_its_line(old: str, new: str, where: str) -> None:
    assert EVERYTHING.count(old) == 1
    found = underlined("act", yaml(EVERYTHING.replace(old, new)))
    assert found
    assert {path.replace('"', "'") for path in found} == {where}


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("garden.level: 50%", "garden.levle: 50%", "$.scenes.near.look"),
        ("look: {veil: 1}", "look: {veil: 1.5}", "$.scenes.near.cues[1].look.veil"),
        ("to: output.ring", "to: output.rign", "$.scenes.near.mappings[0].to"),
        ("from: 'works[0]'", "from: 'works[7]'", "$.scenes.near.mappings[0].from"),
        ("goto: act waiting", "goto: act waitign", "$.transitions[0].goto"),
        ("next: far", "next: fra", "$.scenes.near.next"),
        ("{when: here, goto", "{when: hear, goto", "$.scenes.near.transitions[1].when"),
        ("set: {n: 1, fed", "set: {loud: 1, fed", "$.scenes.near.cues[3].set"),
        ("every: 1s, times: 3, play: bell", "every: 1s, times: 3, play: choir",
         "$.scenes.near.cues[0].play"),
    ],
)  # fmt: skip
def test_with_the_names_of_a_show_a_wrong_name_is_underlined(
    tmp_path: Path, old: str, new: str, where: str
) -> None:
    known = known_of(everything(tmp_path))
    assert EVERYTHING.count(old) == 1
    tree = yaml(EVERYTHING.replace(old, new))
    assert underlined("act", tree) == []
    assert {path.replace('"', "'") for path in underlined("act", tree, known)} == {where}


def test_names_are_known_though_the_show_has_a_mistake(tmp_path: Path) -> None:
    build(tmp_path, ("title: A Small Show", "titel: A Small Show"))
    known = known_of(tmp_path)
    assert known.scenes == {"dark", "near", "far"}
    assert known.parameters()["garden.level"] == (0.0, 1.0)


@pytest.mark.parametrize("file", FILES)
def test_the_schema_that_is_kept_is_fresh(file: str) -> None:
    """If this fails: run `installation schema`."""
    assert (LANGUAGE / f"{file}.json").read_text() == text(file)


def test_the_editor_is_pointed_to_it() -> None:
    settings = json.loads((ROOT / ".vscode/settings.json").read_text())["yaml.schemas"]
    for path, pattern in settings.items():
        assert (ROOT / path).is_file()
        assert list(ROOT.glob(pattern))


def test_the_command_writes_the_names_of_a_show_beside_it(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["schema", "--show", str(everything(tmp_path))])
    assert done.exit_code == 0, done.output
    written = json.loads((tmp_path / ".schema/act.json").read_text())
    assert written["$defs"]["scene"]["enum"] == ["dark", "far", "near"]
    assert "yaml-language-server: $schema=../.schema/act.json" in done.output
    assert (tmp_path / ".schema/.gitignore").read_text() == "*\n"
