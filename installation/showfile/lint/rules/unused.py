"""Names that are declared and never used."""

from __future__ import annotations

import re
from collections.abc import Iterator

from installation.showfile.lint.finding import Found
from installation.showfile.lint.subject import Subject
from installation.showfile.lint.truth import UNKNOWN, atoms
from installation.showfile.model import Fade

HOUSE_LIGHT = "house_light"
"""The output that stop itself switches on (core/express.py)."""


def unused_signal(subject: Subject) -> Iterator[Found]:
    """A signal that no condition, mapping or signal reads."""
    read = _read(subject)
    for signal in subject.show.signals:
        if signal.name not in read:
            says = f"nothing reads the signal '{signal.name}': use it or take it out"
            yield ("signal", signal.name), says


def unused_channel(subject: Subject) -> Iterator[Found]:
    """A patched channel that no condition, mapping or signal reads."""
    read = _read(subject)
    for name in subject.show.patch:
        if name not in read:
            says = f"nothing reads the channel '{name}': use it or take it out of patch"
            yield ("channel", name), says


def unused_output(subject: Subject) -> Iterator[Found]:
    """A patched output that nothing moves."""
    moved = _moved(subject)
    for name in subject.show.outputs:
        if f"output.{name}" not in moved and name != HOUSE_LIGHT:
            says = f"nothing moves the output '{name}': use it or take it out of outputs"
            yield ("output", name), says


def unused_colour(subject: Subject) -> Iterator[Found]:
    """A colour of the palette whose name no visual in use has a word for."""
    words = {
        word.lower()
        for source in subject.files.sources.values()
        for word in re.findall(r"[A-Za-z][A-Za-z0-9_]*", source)
    }
    for name in subject.show.palette:
        if name.lower() not in words:
            says = f"no visual speaks of the colour '{name}': use it there, or take it out"
            yield ("colour", name), says


def _read(subject: Subject) -> set[str]:
    show = subject.show
    found = {source for signal in show.signals for source in signal.of}
    for act in show.acts.values():
        groups = [act.mappings, *(scene.mappings for scene in act.scenes.values())]
        found.update(mapping.source for group in groups for mapping in group)
    held = [way.transition.when for group in subject.ways.values() for way in group]
    held += [cue.when for _, cue in subject.cues()]
    for condition in held:
        if condition is not None:
            found.update(atom.signal.removeprefix(UNKNOWN) for atom in atoms(condition))
    return {name.partition("[")[0] if name.endswith("]") else name for name in found}


def _moved(subject: Subject) -> set[str]:
    found: set[str] = set()
    for (act, _), scene in subject.scenes.items():
        found.update(scene.look)
        found.update(m.parameter for m in (*scene.mappings, *subject.show.acts[act].mappings))
        for cue in scene.cues:
            found.update(a.parameter for a in cue.actions if isinstance(a, Fade))
    return found
