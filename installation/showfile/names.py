"""What a show declares, and the look-up of every reference to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from installation.showfile.cursor import pairs
from installation.showfile.model import Node as Controller
from installation.showfile.model import Signal
from installation.showfile.reader import Log, Node, Place
from installation.showfile.units import gain, share

CLOCKS = ("scene_s", "act_s")
INDEXED = re.compile(r"([A-Za-z][A-Za-z0-9_]*)(?:\[(\d{1,4})\])?\Z")
ANY_VALUE = (-1e6, 1e6)

Range = tuple[float, float]


class Declared(NamedTuple):
    """An input of a visual, as its file declares it."""

    low: float
    high: float
    default: float


@dataclass(slots=True)
class Names:
    """Everything that can be referred to, and `nodes`, which only the patch does.

    `layers[name]` are the inputs of its visual, None where the visual could
    not be read; `parts[signal]` how many parts a signal has; `kinds[signal]` its
    kind; `stems[name]` whether it loops, None where
    the file does not say; `inline` are the signals that stand where they are used.
    """

    nodes: Mapping[str, Controller] = field(default_factory=dict)
    channels: set[str] = field(default_factory=set)
    kinds: dict[str, str] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    layers: dict[str, Mapping[str, Declared] | None] = field(default_factory=dict)
    stems: dict[str, bool | None] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)
    acts: set[str] = field(default_factory=set)
    inline: dict[str, Signal] = field(default_factory=dict)

    def check_source(self, word: str, place: Place, log: Log, clocks: tuple[str, ...] = ()) -> None:
        """`word` must be a channel or signal, with an index only where it has such a part."""
        match = INDEXED.match(word)
        name = match[1] if match else word
        known = self.channels | self.kinds.keys() | set(clocks)
        if name not in known:
            log.unknown(place, "signal or channel", name, known)
        elif match and match[2] is not None:
            parts = self.parts.get(name, 0)
            if int(match[2]) >= parts:
                has = f"parts 0 to {parts - 1}" if parts else "no parts"
                log.add(place, f"'{name}' has {has}, so there is no '{word}'")

    def layer_input(self, word: str, place: Place, log: Log) -> tuple[str, Range]:
        """`LAYER` or `LAYER.INPUT` as a parameter's name and its range."""
        layer, dot, entry = word.partition(".")
        entry = entry if dot else "opacity"
        parameter = f"layer.{layer}.{entry}"
        if layer not in self.layers:
            log.unknown(place, "layer", layer, self.layers)
            return parameter, ANY_VALUE
        if entry == "opacity":
            return parameter, (0.0, 1.0)
        inputs = self.layers[layer]
        if inputs is None:
            return parameter, ANY_VALUE
        if entry not in inputs:
            log.unknown(place, f"input of layer '{layer}'", entry, {*inputs, "opacity"})
        return parameter, inputs[entry][:2] if entry in inputs else ANY_VALUE

    def stem(self, word: str, place: Place, log: Log, loop: bool) -> None:
        """`word` must be a stem that loops, or one that does not."""
        if word not in self.stems:
            log.unknown(
                place, "stem", word, (n for n, loops in self.stems.items() if loops == loop)
            )
        elif self.stems[word] and not loop:
            log.add(place, f"'{word}' is a loop: use sound, or give the stem loop: false")
        elif loop and self.stems[word] is False:
            log.add(place, f"'{word}' is a one-shot: use play, or give the stem loop: true")

    def output(self, word: str, place: Place, log: Log) -> None:
        if word not in self.outputs:
            log.unknown(place, "output", word, self.outputs)


def look_of(
    look: Node | None, sound: Node | None, light: Node | None, names: Names, log: Log
) -> dict[str, float]:
    """`look`, `sound` and `light` as values by parameter name."""
    found: dict[str, float] = {}
    for key, node in pairs(look, log, "look"):
        parameter, (low, high) = names.layer_input(key.text, key.place, log)
        if parameter in found:
            log.add(key.place, f"'{key.text}' is given twice")
        found[parameter] = share(node, log, key.text, low, high)
    for key, node in pairs(sound, log, "sound"):
        names.stem(key.text, key.place, log, loop=True)
        found[f"stem.{key.text}"] = gain(node, log, key.text)
    for key, node in pairs(light, log, "light"):
        names.output(key.text, key.place, log)
        found[f"output.{key.text}"] = share(node, log, key.text)
    return found
