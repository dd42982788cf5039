"""Cues and fades that do not fit into their scene."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from installation.showfile.lint.finding import Found
from installation.showfile.lint.graph import Spot
from installation.showfile.lint.quiet import chains
from installation.showfile.lint.subject import EPSILON, Subject
from installation.showfile.model import Cue, Fade


def after_the_end(subject: Subject) -> Iterator[Found]:
    """A cue that is due when its scene must be over."""
    for spot, cue, due_us, longest_us in _timed_cues(subject):
        if due_us > longest_us + EPSILON:
            says = (
                f"cue '{cue.name}' is due after {_s(due_us)}, but the scene '{spot[1]}' is over "
                f"after {_s(longest_us)} at the latest: make the cue earlier"
            )
            yield subject.cue_key(spot, cue.name), says


def cut_off(subject: Subject) -> Iterator[Found]:
    """A cue's fade that is still under way when its scene must be over."""
    for spot, cue, due_us, longest_us in _timed_cues(subject):
        ends_us = due_us + _fade_us(cue)
        if due_us <= longest_us + EPSILON < ends_us:
            says = (
                f"the fade of cue '{cue.name}' would end after {_s(ends_us)}, but the scene "
                f"'{spot[1]}' is over after {_s(longest_us)} at the latest: make it shorter"
            )
            yield subject.cue_key(spot, cue.name), says


def fade_too_long(subject: Subject) -> Iterator[Found]:
    """A scene whose own fade is longer than the scene can be."""
    for spot, scene in subject.scenes.items():
        longest_us = subject.times.longest_us(spot)
        if scene.fade_us > longest_us + EPSILON:
            says = (
                f"the fade of the scene '{spot[1]}' takes {_s(scene.fade_us)}, but the scene is "
                f"over after {_s(longest_us)} at the latest: make it shorter"
            )
            yield ("scene", *spot), says


def every_too_often(subject: Subject) -> Iterator[Found]:
    """A cue that is repeated before its own fade is over."""
    for spot, cue in subject.cues():
        if cue.every_us and cue.every_us < _fade_us(cue):
            says = (
                f"cue '{cue.name}' comes every {_s(cue.every_us)} but fades for "
                f"{_s(_fade_us(cue))}, so it never gets there: make the fade shorter"
            )
            yield subject.cue_key(spot, cue.name), says


def _timed_cues(subject: Subject) -> Iterator[tuple[Spot, Cue, float, float]]:
    """The cues that time makes due in scenes that surely end: when, and the scene's longest."""
    for spot, scene in subject.scenes.items():
        longest_us = subject.times.longest_us(spot)
        if longest_us == inf:
            continue
        chained = chains(scene.cues)
        for cue in scene.cues:
            root, waits_us = chained[cue.name]
            if root.at_us is not None:
                yield spot, cue, root.at_us + waits_us, longest_us


def _fade_us(cue: Cue) -> int:
    return max((a.fade_us for a in cue.actions if isinstance(a, Fade)), default=0)


def _s(us: float) -> str:
    return f"{us / 1e6:g}s" if us < 120e6 else f"{us // 60e6:g}m{us % 60e6 / 1e6:g}s"
