"""Files that nothing uses, files that are not there, layers and stems that never come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from installation.showfile.lint.finding import Found
from installation.showfile.lint.subject import Subject
from installation.showfile.model import Fade, Play


def unused_sound(subject: Subject) -> Iterator[Found]:
    """A file in sounds/ that no stem plays."""
    used = {PurePosixPath(stem.file).as_posix() for stem in subject.show.stems}
    for file in subject.files.sounds:
        if file not in used:
            path = f"sounds/{file}"
            yield ("file", path), "no stem plays this sound: use it or take it out"


def missing_sound(subject: Subject) -> Iterator[Found]:
    """A stem whose file is not there, and of which the show's make.py says nothing either."""
    there = {*subject.files.sounds, *subject.files.made}
    for stem in subject.show.stems:
        voice = re.escape(PurePosixPath(stem.file).stem)
        numbered = re.sub(r"\d+", lambda n: rf"(?:{n[0]}\b|\{{[^}}]*\}})", voice)  # f"note_{i}"
        made = re.search(rf"\b{numbered}(?!\w)", subject.files.maker) is not None
        if PurePosixPath(stem.file).as_posix() not in there and not made:
            says = (
                f"'{stem.file}' is neither in sounds/ nor made by sounds/make.py: add it, or "
                "correct the name"
            )
            yield ("stem", stem.name), says


def unused_visual(subject: Subject) -> Iterator[Found]:
    """A file in visuals/ that no layer shows."""
    used = {PurePosixPath(layer.visual).as_posix() for layer in subject.show.layers}
    for file in subject.files.visuals:
        if file not in used:
            path = f"visuals/{file}"
            yield ("file", path), "no layer shows this visual: use it or take it out"


def unused_act_file(subject: Subject) -> Iterator[Found]:
    """A file in acts/ that show.yaml does not list."""
    for file in subject.files.acts:
        name = PurePosixPath(file).stem
        if name not in subject.show.acts:
            says = f"show.yaml does not list this act: add {name} to acts, or take the file out"
            yield ("file", f"acts/{file}"), says


def unheard_stem(subject: Subject) -> Iterator[Found]:
    """A stem to which nothing ever gives a gain, or a one-shot that nothing plays."""
    moved = raised(subject)
    for stem in subject.show.stems:
        if f"stem.{stem.name}" not in moved:
            word = "sound" if stem.loop else "play"
            says = f"the stem '{stem.name}' is never heard: name it in a {word}, or take it out"
            yield ("stem", stem.name), says


def unseen_layer(subject: Subject) -> Iterator[Found]:
    """A layer whose opacity never rises above 0."""
    moved = raised(subject)
    for layer in subject.show.layers:
        if f"layer.{layer.name}.opacity" not in moved:
            says = f"the layer '{layer.name}' is never seen: name it in a look, or take it out"
            yield ("layer", layer.name), says


def raised(subject: Subject) -> set[str]:
    """The parameters that something moves above 0."""
    found: set[str] = set()
    for spot, scene in subject.scenes.items():
        found.update(name for name, value in scene.look.items() if value > 0.0)
        for cue in scene.cues:
            for action in cue.actions:
                if isinstance(action, Fade) and subject.value_of(spot, action) > 0.0:
                    found.add(action.parameter)
                elif isinstance(action, Play) and action.gain > 0.0:
                    found.add(f"stem.{action.stem}")
        for mapping in (*scene.mappings, *subject.show.acts[spot[0]].mappings):
            if max(mapping.to_low, mapping.to_high) > 0.0:
                found.add(mapping.parameter)
    return found
