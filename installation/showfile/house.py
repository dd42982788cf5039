"""The part of show.yaml that names things: nodes, patch, surfaces, layers, stems, palette."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from installation.showfile.cursor import (
    Fields,
    boolean,
    check_name,
    choice,
    named,
    pairs,
    text,
    words,
)
from installation.showfile.model import Layer, Node, Stem, Surface
from installation.showfile.names import Declared, Names
from installation.showfile.reader import Log, Place, Scalar
from installation.showfile.reader import Node as Tree
from installation.showfile.units import distance, share
from installation.showfile.visuals import inputs_of
from installation.showfile.words import LAYER, NODE, STEM, SURFACE

BLENDS = ("over", "add", "multiply", "screen")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
RESERVED = ("stem", "output", "layer")
MOST = {"channels": 29, "outputs": 255}
"""Channels: 4 bytes each and 6 bytes of head in a frame of 123; outputs: a count of one byte.
(firmware_bridge/README.md; this module may not import the bridge.)"""


def nodes(tree: Tree | None, log: Log) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for key, body in named(tree, log, "nodes"):
        log.mark(key.place, "node", key.text)
        fields = Fields(body, log, f"node '{key.text}'", NODE)
        channels = _described("channels", fields, log)
        outputs = _described("outputs", fields, log)
        fields.done()
        found[key.text] = Node(
            key.text, tuple(c.text for c in channels), tuple(o.text for o in outputs)
        )
    return found


def _described(which: str, fields: Fields, log: Log) -> list[Scalar]:
    found = words(fields.get(which), log, which)
    for word in found:
        check_name(word, log)
    if len(found) > MOST[which]:
        log.add(found[MOST[which]].place, f"a node has at most {MOST[which]} {which}")
    return found


def patch(
    tree: Tree | None, found: Mapping[str, Node], which: str, log: Log
) -> dict[str, tuple[str, int]]:
    """Logical name -> (node, index), for `which` = channels or outputs."""
    result: dict[str, tuple[str, int]] = {}
    taken: dict[str, str] = {}
    what = which.removesuffix("s")
    for key, body in named(tree, log, "patch" if which == "channels" else which):
        log.mark(key.place, what, key.text)
        word = text(body, log, f"the {what} of '{key.text}'")
        node, _, name = word.partition(".")
        result[key.text] = (node, 0)
        if not word:
            continue
        if node not in found:
            log.unknown(body.place, "node", node, found)
            continue
        there = found[node].channels if which == "channels" else found[node].outputs
        if name not in there:
            log.unknown(body.place, f"{what} of node '{node}'", name, there)
            continue
        if word in taken:
            log.add(body.place, f"'{word}' is already patched to '{taken[word]}'")
        taken.setdefault(word, key.text)
        result[key.text] = (node, there.index(name))
    return result


def surfaces(tree: Tree | None, log: Log) -> tuple[Surface, ...]:
    found = []
    for key, body in named(tree, log, "surfaces"):
        fields = Fields(body, log, f"surface '{key.text}'", SURFACE)
        width = distance(fields.need("width"), log, "width")
        height = distance(fields.need("height"), log, "height")
        fields.done()
        found.append(Surface(key.text, width, height))
    return tuple(found)


def layers(
    tree: Tree | None, walls: tuple[Surface, ...], directory: Path, names: Names, log: Log
) -> tuple[Layer, ...]:
    """The layers; declares each with its visual's inputs in `names`."""
    found = []
    read: dict[str, Mapping[str, Declared] | None] = {}
    for key, body in named(tree, log, "layers"):
        log.mark(key.place, "layer", key.text)
        if key.text in RESERVED:
            log.add(key.place, f"'{key.text}' cannot name a layer; mappings use the word")
        fields = Fields(body, log, f"layer '{key.text}'", LAYER)
        where = fields.need("surface")
        surface = text(where, log, "surface")
        known = {"all", *(wall.name for wall in walls)}
        if where is not None and surface and surface not in known:
            log.unknown(where.place, "surface", surface, known)
        given = fields.need("visual")
        visual = text(given, log, "visual")
        if given is not None and visual and visual not in read:
            read[visual] = _visual(visual, given.place, directory, log)
        names.layers[key.text] = read.get(visual)
        declared = names.layers[key.text] or {}
        defaults = {entry: known.default for entry, known in declared.items()}
        for entry, node in pairs(fields.get("inputs"), log, "inputs"):
            _, (low, high) = names.layer_input(f"{key.text}.{entry.text}", entry.place, log)
            defaults[entry.text] = share(node, log, entry.text, low, high)
        blend = choice(fields.get("blend"), log, "blend", BLENDS)
        fields.done()
        found.append(Layer(key.text, surface, visual, blend, defaults))
    return tuple(found)


def _visual(visual: str, place: Place, directory: Path, log: Log) -> Mapping[str, Declared] | None:
    if not inside(visual, place, log):
        return None
    folder = directory / "visuals"
    if not is_file(folder / visual):
        there = [p.name for p in folder.glob("*.fs")] if folder.is_dir() else []
        log.unknown(place, "visual (no such file in visuals/)", visual, there)
        return None
    return inputs_of(folder / visual, f"visuals/{visual}", log)


def inside(file: str, place: Place, log: Log) -> bool:
    """Whether `file` is a path that stays in its folder."""
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or not file.isprintable() or len(file) > 200:
        log.add(place, "a file is named relative to its folder, without '..'")
        return False
    return True


def is_file(path: Path) -> bool:
    """Path.is_file, for names that no file system takes as well."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def stems(
    tree: Tree | None, buses: list[Scalar], directory: Path, names: Names, log: Log
) -> tuple[Stem, ...]:
    """The stems; `buses` are the show's, none where it lists none."""
    known = [item.text for item in buses]
    found = []
    for key, body in named(tree, log, "stems"):
        log.mark(key.place, "stem", key.text)
        fields = Fields(body, log, f"stem '{key.text}'", STEM)
        given = fields.need("file")
        file = text(given, log, "file")
        if given is not None and file and inside(file, given.place, log):
            _is_there(file, given.place, directory / "sounds", log)
        where = fields.need("bus")
        bus = text(where, log, "bus")
        if where is not None and bus and known and bus not in known:
            log.unknown(where.place, "bus", bus, known)
        before = len(log.mistakes)
        loop = boolean(fields.get("loop"), log, "loop", True)
        names.stems[key.text] = loop if len(log.mistakes) == before else None
        fields.done()
        found.append(Stem(key.text, file, bus, loop))
    return tuple(found)


def _is_there(file: str, place: Place, sounds: Path, log: Log) -> None:
    """The sound must be there already, unless the show's own make.py makes it at the first run."""
    if not is_file(sounds / "make.py") and not is_file(sounds / file):
        there = [p.name for p in sounds.iterdir()] if sounds.is_dir() else []
        log.unknown(place, "sound (no such file in sounds/)", file, there)


def palette(tree: Tree | None, log: Log) -> dict[str, tuple[float, float, float]]:
    """sRGB, each 0..1."""
    found: dict[str, tuple[float, float, float]] = {}
    for key, body in named(tree, log, "palette"):
        log.mark(key.place, "colour", key.text)
        word = text(body, log, f"colour '{key.text}'")
        if word and not COLOUR.match(word):
            log.add(body.place, f"colour '{key.text}' must be written \"#rrggbb\" (in quotes)")
        elif word:
            red, green, blue = (int(word[i : i + 2], 16) / 255.0 for i in (1, 3, 5))
            found[key.text] = (red, green, blue)
        elif not word:
            continue
    return found
