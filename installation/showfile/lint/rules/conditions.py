"""Conditions that can never be true, and transitions that never get their turn."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from installation.showfile.lint.finding import Found, Key
from installation.showfile.lint.subject import Subject
from installation.showfile.lint.times import CLOCKS
from installation.showfile.lint.truth import UNKNOWN, Range, atoms, can_be, possible
from installation.showfile.model import Compare, Condition, Signal


def out_of_range(subject: Subject) -> Iterator[Found]:
    """A comparison with a value that its signal never has."""
    absent = {
        signal.name
        for signal in subject.show.signals
        if signal.kind == "presence" and not _can_be_present(subject, signal)
    }
    for key, _, condition in _conditions(subject):
        for atom in atoms(condition):
            told = atom.signal in absent  # where the signal stands
            if not told and not possible((atom,), subject.widest):
                yield key, _never_so(subject, atom)
    for signal in subject.show.signals:
        if signal.name in absent:
            edge = "below" if "below" in signal.options else "above"
            source = subject.widest(signal.of[0])
            says = (
                f"'{signal.name}' is never true: '{signal.of[0]}' is {_said(source)}, so never "
                f"{edge} {signal.options[edge]:g}"
            )
            yield ("signal", signal.name), says


def contradiction(subject: Subject) -> Iterator[Found]:
    """A condition whose parts exclude each other."""
    for key, why, condition in _conditions(subject):
        apart = all(possible((atom,), subject.widest) for atom in atoms(condition))
        if apart and not can_be(condition, subject.signals, subject.widest):
            yield key, f"'{why}' can never be true: its parts exclude each other; change one"
    for group in subject.times.ways.values():
        for way in group:
            if way.windows and not way.ever():
                says = (
                    f"'{way.way.transition.why}' can never be true: its times exclude each "
                    "other; change one"
                )
                yield way.way.key, says


def never_reached(subject: Subject) -> Iterator[Found]:
    """A transition that another one always goes before."""
    scenes_of: dict[Key, list[tuple[str, str]]] = {}
    for group in subject.times.ways.values():
        for timed in group:
            if not timed.windows or timed.way not in subject.never:
                scenes_of.setdefault(timed.way.key, []).append(timed.way.spot)
    for way, ahead in subject.never.items():
        if way.key not in scenes_of:
            says = (
                f"'{way.transition.why}' never gets its turn: '{ahead.transition.why}' goes "
                f"to {ahead.transition.goto} before it; make it earlier or take it out"
            )
            yield way.key, says


def never_due(subject: Subject) -> Iterator[Found]:
    """A cue that follows one that never comes."""
    for spot, scene in subject.scenes.items():
        dead = {
            cue.name
            for cue in scene.cues
            if cue.when is not None and not can_be(cue.when, subject.signals, subject.widest)
        }
        for cue in scene.cues:
            if cue.follow in dead:
                says = (
                    f"cue '{cue.name}' is never due: it follows '{cue.follow}', whose condition "
                    "can never be true"
                )
                yield subject.cue_key(spot, cue.name), says


def _conditions(subject: Subject) -> Iterator[tuple[Key, str, Condition]]:
    """Every condition, with where and how it is written."""
    for group in subject.ways.values():
        for way in group:
            if way.transition.when is not None:
                yield way.key, way.transition.why, way.transition.when
    for spot, cue in subject.cues():
        if cue.when is not None:
            yield subject.cue_key(spot, cue.name), cue.why, cue.when


def _never_so(subject: Subject, atom: Compare) -> str:
    span = subject.widest(atom.signal)
    if atom.signal in CLOCKS:
        return f"{atom.signal} is never {atom.op} {atom.value:g}s: a clock begins at 0s"
    if span.low == span.high:
        return (
            f"'{atom.signal}' is always {span.low:g}, so never {atom.op} {atom.value:g}: "
            "nothing can move it"
        )
    return (
        f"'{atom.signal.removeprefix(UNKNOWN)}' is {_said(span)}, so it is never {atom.op} "
        f"{atom.value:g}: compare with a value that it can have"
    )


def _said(span: Range) -> str:
    if span.low == -inf:
        return f"at most {span.high:g}"
    if span.high == inf:
        return f"at least {span.low:g}"
    return f"{span.low:g} to {span.high:g}" if span.low < span.high else f"always {span.low:g}"


def _can_be_present(subject: Subject, signal: Signal) -> bool:
    span = subject.widest(signal.of[0])
    if "below" in signal.options:
        return span.low < signal.options["below"]
    return span.high > signal.options["above"]
