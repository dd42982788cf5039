"""A directory -> Show, or all of its mistakes at once.

`show.yaml` is read first, for it declares every name; then each act is checked
against those names. What is wrong in one place never hides what is wrong in
another, unless a file is no YAML at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from installation.errors import Mistake, ShowFileError
from installation.showfile import house
from installation.showfile.acts import Common, act, common, limits
from installation.showfile.cursor import Fields, check_name, line, text, words
from installation.showfile.model import Act, Show
from installation.showfile.names import Names
from installation.showfile.reader import Log, Place, Reading, Scalar, read
from installation.showfile.signals import signals
from installation.showfile.words import SHOW

FILE = "show.yaml"


Progress = Callable[[float], None]


def load(directory: Path, progress: Progress | None = None) -> Show:
    """The show in `directory`. Raises ShowFileError with every mistake.

    `progress` hears now and then which share of it is read, 0 to 1; a small show is silent.
    """
    return load_placed(directory, progress)[0]


def load_placed(
    directory: Path, progress: Progress | None = None
) -> tuple[Show, Mapping[tuple[str, ...], Place]]:
    """The same, and where its things stand.

    Places are kept by kind and names: ("act", act), ("scene", act, scene), ("cue", act, scene,
    cue), ("transition", act, scene, "0"), ("mapping", act, scene, parameter), scene and act
    empty where it is the act's or the show's; ("signal", name), and so channel, output, layer,
    stem, colour and node.
    """
    log = Log(reading=Reading(progress, _sizes(directory)))
    if not directory.is_dir():
        why = "is no folder; a show is one" if house.is_file(directory) else "no such folder"
        raise ShowFileError((Mistake(str(directory), 1, 1, why),))
    show = _show(directory, log, Names())
    if log.mistakes or show is None:
        raise ShowFileError(tuple(sorted(dict.fromkeys(log.mistakes), key=_order)))
    return show, log.places


def _sizes(directory: Path) -> dict[str, int]:
    """The bytes of the show's texts."""
    there = [directory / FILE, *directory.glob("acts/*.yaml")]
    return {
        path.relative_to(directory).as_posix(): path.stat().st_size
        for path in there
        if house.is_file(path)
    }


def _order(mistake: Mistake) -> tuple[bool, str, int, int]:
    return mistake.file != FILE, mistake.file, mistake.line, mistake.column


def names_of(directory: Path) -> tuple[Names, Mapping[tuple[str, ...], Place]]:
    """What the show in `directory` declares, as far as it can be read, mistakes or not; and
    where, as `load_placed` says."""
    names, log = Names(), Log()
    _show(directory, log, names)
    return names, log.places


def _show(directory: Path, log: Log, names: Names) -> Show | None:
    if not house.is_file(directory / FILE):
        log.add(Place(FILE), "no such file; a show is a directory with show.yaml and acts/")
        return None
    tree = read(directory / FILE, FILE, log)
    if tree is None:
        if not log.mistakes:
            log.add(Place(FILE), "is empty")
        return None
    fields = Fields(tree, log, "the show", SHOW)
    name = text(fields.need("show"), log, "show")
    title = line(fields.need("title"), log, "title")
    listed = words(fields.need("acts"), log, "acts")
    names.acts = {item.text for item in listed}
    first = fields.need("attract")
    attract = text(first, log, "attract")
    if first is not None and attract and attract not in names.acts:
        log.unknown(first.place, "act", attract, names.acts)
    nodes = names.nodes = house.nodes(fields.get("nodes"), log)
    patch = house.patch(fields.get("patch"), nodes, "channels", log)
    outputs = house.patch(fields.get("outputs"), nodes, "outputs", log)
    names.channels, names.outputs = set(patch), set(outputs)
    surfaces = house.surfaces(fields.need("surfaces"), log)
    layers = house.layers(fields.get("layers"), surfaces, directory, names, log)
    buses = words(fields.get("buses"), log, "buses")
    stems = house.stems(fields.get("stems"), buses, directory, names, log)
    made = signals(fields.get("signals"), names, log)
    palette = house.palette(fields.get("palette"), log)
    shared = replace(common(fields, names, log), limits=limits(fields.get("limits"), names, log))
    fields.done()
    acts = {
        item.text: found for item in listed if (found := _act(item, directory, shared, names, log))
    }
    return Show(
        name=name,
        title=title,
        attract=attract,
        acts=acts,
        nodes=nodes,
        patch=patch,
        outputs=outputs,
        surfaces=surfaces,
        layers=layers,
        stems=stems,
        signals=(*made, *names.inline.values()),
        palette=palette,
    )


def _act(item: Scalar, directory: Path, shared: Common, names: Names, log: Log) -> Act | None:
    before = len(log.mistakes)
    check_name(item, log)
    if len(log.mistakes) > before:
        return None
    folder = directory / "acts"
    file = f"acts/{item.text}.yaml"
    if not house.is_file(directory / file):
        there = [p.stem for p in folder.glob("*.yaml")] if folder.is_dir() else []
        log.unknown(item.place, f"act (no such file {file})", item.text, there)
        return None
    tree = read(directory / file, file, log)
    if tree is None:
        if len(log.mistakes) == before:
            log.add(Place(file), "is empty")
        return None
    return act(tree, item.text, shared, names, log)
