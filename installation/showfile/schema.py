"""JSON Schema (draft 2020-12) of the show files, for editors: they complete, explain, underline.

Made of the loader's own tables. It says what a key is and takes; what follows from other lines
(names of other files, circles, two timings) the loader says (`check`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from installation.showfile.acts import GOTO_WORDS, MAP_CURVES, RECOVERIES
from installation.showfile.cues import CURVES
from installation.showfile.cursor import LONGEST
from installation.showfile.house import BLENDS
from installation.showfile.names import ANY_VALUE, CLOCKS, Names, Range
from installation.showfile.signals import COUNT, DURATION, KINDS, RESETS, SETTABLE
from installation.showfile.units import MICROSECONDS, PLAIN_UNITS
from installation.showfile.words import (
    ACT,
    CONDITION,
    CUE,
    FAULT,
    LAYER,
    MAPPING,
    NODE,
    RESET,
    SCENE,
    SHOW,
    STEM,
    SURFACE,
    TRANSITION,
    Word,
    Words,
)
from installation.showfile.words import KINDS as SAID

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"
FILES = {"show": SHOW, "act": ACT}
"""The two files of a show, each with its words."""
NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
NAME = r"[A-Za-z][A-Za-z0-9_]*"
PART = r"(\[[0-9]+\])?"
OPERATORS = r"\s*((>=|<=|>|<)\s*\S+)?\s*"


@dataclass(frozen=True)
class Known:
    """The names of one show; with none of them the schema is that of the language."""

    names: Names | None = None
    scenes: frozenset[str] = field(default_factory=frozenset)

    def of(self, what: str) -> list[str]:
        """All names of a kind, in order; none where no show is known."""
        return sorted(getattr(self.names, what)) if self.names is not None else []

    def stems(self, loop: bool) -> list[str]:
        """The loops, or the one-shots."""
        if self.names is None:
            return []
        return sorted(name for name, loops in self.names.stems.items() if loops is not (not loop))

    def signals(self) -> list[str]:
        """Signals that have a name, without those that stand where they are used."""
        return [name for name in self.of("kinds") if name.isidentifier()]

    def sources(self) -> list[str]:
        """Signals and channels, and the parts of those that have some."""
        parts = self.names.parts if self.names is not None else {}
        named = [*self.signals(), *self.of("channels")]
        return sorted([
            *named, *(f"{name}[{i}]" for name in named for i in range(parts.get(name, 0)))
        ])  # fmt: skip

    def parameters(self) -> dict[str, Range]:
        """What looks, mappings and limits move of layers, as it is written, with its range."""
        found: dict[str, Range] = {}
        for layer, inputs in (self.names.layers if self.names is not None else {}).items():
            found[layer] = found[f"{layer}.opacity"] = (0.0, 1.0)
            found |= {f"{layer}.{name}": of[:2] for name, of in (inputs or {}).items()}
        return found

    def targets(self) -> list[str]:
        """Everything that a mapping can move, as it is written."""
        stems, outputs = self.stems(loop=True), self.of("outputs")
        return [*self.parameters(), *(f"stem.{name}" for name in stems),
                *(f"output.{name}" for name in outputs)]  # fmt: skip


def schema(file: str, known: Known | None = None) -> Schema:
    """The schema of `show` or `act` files; with `known`, the names of that show are completed.

    Raises KeyError for another file.
    """
    known = known or Known()
    return {
        "$schema": DRAFT,
        "title": f"A show's {'show.yaml' if file == 'show' else 'acts/NAME.yaml'}",
        **_object(FILES[file]),
        "$defs": {**_quantities(), **_choices(), **_names(known), **_moves(known), **_parts(known),
                  **_conditions(known), **_signals(known), **_declared(known)},
    }  # fmt: skip


def _object(words: Words) -> Schema:
    return {
        "type": "object",
        "properties": {key: _word(word) for key, word in words.items()},
        "required": [key for key, word in words.items() if word.needed],
        "additionalProperties": False,
    }


def _word(word: Word) -> Schema:
    said = f"{word.says} Like `{word.like}`." if word.like else word.says
    return {"$ref": f"#/$defs/{word.takes}", "description": said}


def _text(pattern: str, **more: object) -> Schema:
    return {"type": "string", "pattern": f"^{pattern}$", **more}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _map(value: Schema, keys: Iterable[str] = (), pattern: str = NAME) -> Schema:
    """A mapping of names: of `keys` alone, or where there are none of whatever is a name."""
    listed = list(keys)
    if listed:
        return {"type": "object", "properties": dict.fromkeys(listed, value),
                "additionalProperties": False}  # fmt: skip
    return {"type": "object", "patternProperties": {f"^{pattern}$": value},
            "additionalProperties": False}  # fmt: skip


def _one_of(words: Collection[str], otherwise: Schema) -> Schema:
    return {"enum": list(words)} if words else otherwise


def _units(units: Iterable[str]) -> str:
    return f"({'|'.join(units)})"


def _share(low: float, high: float) -> Schema:
    number: Schema = {"type": "number"}
    if (low, high) != ANY_VALUE:
        number |= {"minimum": low, "maximum": high}
    text = _text(rf"{NUMBER}\s*%?")
    return {"anyOf": [number, {"type": "boolean"}, text], "description": f"{low:g} to {high:g}"}


def _whole(least: int) -> Schema:
    """A count; as a text where an editor's YAML takes 1e3 for one."""
    return {"anyOf": [{"type": "integer", "minimum": least}, _text(NUMBER)]}


def _quantities() -> Schema:
    """What is measured."""
    piece = rf"([0-9]+(\.[0-9]*)?|\.[0-9]+)\s*{_units(MICROSECONDS)}"
    return {
        "duration": {"anyOf": [_text(rf"\s*({piece}\s*)+|0"), {"const": 0}], "examples":
                     ["250ms", "2s", "1m30s"]},
        "distance": _text(rf"{NUMBER}\s*(m|cm|mm)", examples=["0.8m", "80cm"]),
        "value": {"anyOf": [{"type": "number"}, _text(rf"{NUMBER}\s*{_units(PLAIN_UNITS)}?")],
                  "examples": ["1.4m", "3N", "70dB", 0.5]},
        "share": _share(*ANY_VALUE),
        "gain": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "boolean"},
                           _text(rf"(-{NUMBER}|\+?0+(\.0*)?)\s*dB|{NUMBER}\s*%?")],
                 "examples": ["-12dB", 0.5]},
        "count": _whole(0),
        "positive": _whole(1),
        "boolean": {"type": "boolean"},
        "span": {**_list(_ref("value")), "minItems": 2, "maxItems": 2},
        "bounds": {**_list({"anyOf": [_ref("share"), _ref("gain")]}), "minItems": 2, "maxItems": 2},
    }  # fmt: skip


def _choices() -> Schema:
    tables = {"curve": CURVES, "map_curve": MAP_CURVES, "blend": BLENDS, "reset": RESETS,
              "recovery": RECOVERIES}  # fmt: skip
    return {name: {"enum": list(words), "default": words[0]} for name, words in tables.items()}


def _names(known: Known) -> Schema:
    """What is called something."""
    acts = known.of("acts")
    scenes = sorted(known.scenes)
    targets = known.targets()
    goto = _text(rf"\s*(act\s+)?{NAME}\s*")
    if known.names is not None:
        places = [*scenes, *(f"act {act}" for act in acts), *GOTO_WORDS]
        spaced = "|".join([*scenes, *GOTO_WORDS, rf"act\s+{_units(acts)}"])
        goto = {"anyOf": [{"enum": places}, _text(rf"\s*({spaced})\s*")]}
    name = _text(NAME, maxLength=LONGEST)
    return {
        "text": {"type": ["string", "number", "boolean"]},
        "cue_name": {"type": ["string", "number"]},
        "name": name,
        "names": {**_list(_ref("name")), "uniqueItems": True},
        "scene": _one_of(scenes, name),
        "goto": goto,
        "known": _one_of(known.sources(), _text(f"{NAME}{PART}")),
        "target": _one_of(targets, _text(rf"{NAME}(\.{NAME})?")),
    }


def _moves(known: Known) -> Schema:
    """What scenes and cues move, sound and send."""
    ranges = known.parameters()
    look = _map(_ref("share"), pattern=rf"{NAME}(\.{NAME})?")
    if ranges:
        given = {name: _share(*bounds) for name, bounds in ranges.items()}
        look = {"type": "object", "properties": given, "additionalProperties": False}
    shots = known.stems(loop=False)
    one = _one_of(shots, _ref("name"))
    settable = [n for n in known.signals() if known.names and known.names.kinds[n] in SETTABLE]
    address = r"(/[^\s#*,?\[\]{}/]+)+"
    message = {"type": "array", "minItems": 1, "prefixItems": [_text(address)],
               "items": {"type": ["number", "string", "boolean"]}}  # fmt: skip
    return {
        "look": look,
        "sound": _map(_ref("gain"), known.stems(loop=True)),
        "light": _map(_share(0.0, 1.0), known.of("outputs")),
        "play": {"anyOf": [one, _map(_ref("gain"), shots),
                           _list({"anyOf": [one, _map(_ref("gain"), shots)]})]},
        "osc": {"anyOf": [_text(address), message, _list(message)],
                "examples": [["/curated", 1]]},
        "assign": _map(_ref("value"), settable),
    }  # fmt: skip


def _parts(known: Known) -> Schema:
    """What acts and scenes are made of."""
    bound = {"anyOf": [_ref("share"), _ref("gain"), _ref("bounds")]}
    return {
        "scenes": _map(_object(SCENE)),
        "cues": _list(_object(CUE)),
        "transitions": _list(_object(TRANSITION)),
        "mappings": _list(_object(MAPPING)),
        "limits": _map(bound, known.targets(), rf"{NAME}(\.{NAME})?"),
        "faults": _map({"anyOf": [_ref("value"), _object(FAULT)]}, known.sources(),
                       rf"{NAME}{PART}"),
    }  # fmt: skip


def _conditions(known: Known) -> Schema:
    sources = [*known.sources(), *CLOCKS] if known.names is not None else []
    words = [name for name in sources if "[" not in name]
    quantity = _units(words) if words else NAME
    compared = _text(rf"\s*{quantity}{PART}{OPERATORS}",
                     examples=["here", "weight >= 3N", "scene_s >= 30s"])  # fmt: skip
    spoken = {"anyOf": [{"enum": sources}, compared]} if sources else compared
    combined = [{**_object({key: word}), "required": [key]} for key, word in CONDITION.items()]
    return {
        "condition": {"anyOf": [spoken, _ref("conditions"), *combined, _ref("here")]},
        "conditions": {**_list(_ref("condition")), "minItems": 1},
        "source": {"anyOf": [_ref("known"), _ref("signal")]},
    }


def _signals(known: Known) -> Schema:
    """Each kind with its sources and options; `here` are those that may stand in a condition."""
    kinds = {name: _kind(name) for name in KINDS}
    here = [body for name, body in kinds.items() if name not in CONDITION]
    return {
        "signals": _map(_ref("signal")),
        "signal": {"anyOf": list(kinds.values())},
        "here": {"anyOf": here},
    }


def _kind(name: str) -> Schema:
    kind, said = KINDS[name], SAID[name]
    types = {DURATION: "duration", COUNT: "positive"}
    one, many = (
        _ref("source"),
        _list(_ref("source")) | {"minItems": kind.least, "maxItems": kind.most},
    )
    sources = _ref("value") if kind.begins else {"anyOf": [one, many]} if kind.least == 1 else many
    options = {
        option: {
            "$ref": f"#/$defs/{types.get(type_, 'value')}",
            "description": said.options[option],
        }
        for option, type_ in (kind.options or {}).items()
        if option != kind.begins
    }
    return {
        "type": "object",
        "properties": {name: {**sources, "description": said.says}, **options,
                       "reset": _word(RESET)},
        "required": [name, *kind.needs],
        "additionalProperties": False,
    }  # fmt: skip


def _declared(known: Known) -> Schema:
    """What show.yaml says that there is."""
    nodes = known.names.nodes.values() if known.names is not None else ()
    plugs = [f"{n.name}.{plug}" for n in nodes for plug in (*n.channels, *n.outputs)]
    return {
        "nodes": _map(_object(NODE)),
        "patch": _map(_one_of(plugs, _text(rf"{NAME}\.{NAME}"))),
        "surfaces": _map(_object(SURFACE)),
        "layers": _map(_object(LAYER)),
        "inputs": _map(_ref("share")),
        "stems": _map(_object(STEM)),
        "palette": _map(_text("#[0-9a-fA-F]{6}")),
    }
