"""Cues: when they are due, and what they do."""

from __future__ import annotations

import re
from collections.abc import Mapping

from installation.showfile.conditions import condition
from installation.showfile.cursor import Fields, boolean, choice, items, kind_of, line, pairs, text
from installation.showfile.model import Action, Assign, Cue, Fade, Play, Send
from installation.showfile.names import Names, look_of
from installation.showfile.reader import Log, Node, Place, Scalar, Sequence, clip
from installation.showfile.reader import Mapping as Tree
from installation.showfile.signals import SETTABLE
from installation.showfile.units import NUMBER, duration, gain, number_in, value

CURVES = ("ease", "linear", "in", "out")
TIMINGS = ("at", "follow", "go", "when")
ADDRESS = re.compile(r"(?:/[^\s#*,?\[\]{}/\x00-\x1f\x7f-\x9f]+)+\Z")
MOST_FLOAT = 3.4028235e38
"""OSC 1.0: a float is a 32-bit IEEE 754 number; this is the greatest."""


def cues(node: Node | None, names: Names, log: Log) -> tuple[Cue, ...]:
    """The cues of one scene; names once, `follow` to a cue of the scene and in no circle."""
    found: dict[str, Cue] = {}
    follows: dict[str, Place] = {}
    first: dict[str, int] = {}
    for item in items(node, log, "cues"):
        cue, follow_place = _cue(item, names, log)
        if cue.name in found:
            log.add(item.place, f"duplicate cue '{cue.name}' (first in line {first[cue.name]})")
            continue
        if cue.name:
            found[cue.name] = cue
            first[cue.name] = item.place.line
            if cue.follow:
                follows[cue.name] = follow_place
    for name, place in follows.items():
        if found[name].follow not in found:
            log.unknown(place, "cue", found[name].follow, found.keys() - {name})
    _report_circles(found, follows, log)
    return tuple(found.values())


def _report_circles(found: Mapping[str, Cue], follows: Mapping[str, Place], log: Log) -> None:
    reported: set[str] = set()
    for name, place in follows.items():
        path = [name]
        while (after := found[path[-1]].follow) in follows and after not in path:
            path.append(after)
        if after == name and not reported & set(path):
            reported |= set(path)
            said = " -> ".join([*path, name][:12])
            log.add(place, f"cues follow each other in a circle: {said}")


def _cue(node: Node, names: Names, log: Log) -> tuple[Cue, Place]:
    fields = Fields(node, log, "a cue")
    if not fields.mentioned:
        return Cue("", ()), node.place
    name = line(fields.need("cue"), log, "cue")
    what = f"cue '{name}'"
    given = fields.present(*TIMINGS)
    if not given:
        log.add(node.place, f"{what} has no timing: at, follow, go or when")
    elif len(given) > 1:
        log.add(fields.key_place(given[1]), f"{what} has two timings: {' and '.join(given)}")
    for option, allowed in (("pre_wait", ("follow",)), ("every", ("at",))):
        if fields.present(option) and given and not set(given) & set(allowed):
            says = f"{option} goes with {' or '.join(allowed)}, not with {given[0]}"
            log.add(fields.key_place(option), says)
    at, follow, when = fields.get("at"), fields.get("follow"), fields.get("when")
    on_go = boolean(fields.get("go"), log, "go", False)
    if given == ["go"] and not on_go:
        log.add(fields.key_place("go"), f"{what} has no timing: go is not true")
    held, why = (None, "") if when is None else condition(when, names, log)
    cue = Cue(
        name=name,
        actions=_actions(fields, names, log, what),
        at_us=None if at is None else duration(at, log, "at"),
        follow=text(follow, log, "follow"),
        pre_wait_us=duration(fields.get("pre_wait"), log, "pre_wait"),
        every_us=_every(fields.get("every"), log),
        on_go=on_go,
        when=held,
        why=why,
    )
    fields.done()
    return cue, follow.place if follow is not None else node.place


def _every(node: Node | None, log: Log) -> int:
    every_us = duration(node, log, "every")
    if node is not None and every_us < 50_000:
        log.add(node.place, "every must be at least 50ms")
    return every_us


def _actions(fields: Fields, names: Names, log: Log, what: str) -> tuple[Action, ...]:
    look, sound, light = fields.get("look"), fields.get("sound"), fields.get("light")
    fade_us = duration(fields.get("fade"), log, "fade")
    curve = choice(fields.get("curve"), log, "curve", CURVES)
    found: list[Action] = [
        Fade(parameter, to, fade_us, curve)
        for parameter, to in look_of(look, sound, light, names, log).items()
    ]
    found += _plays(fields.get("play"), names, log)
    found += _sends(fields.get("osc"), log)
    for key, node in pairs(fields.get("set"), log, "set"):
        if key.text not in names.kinds:
            log.unknown(key.place, "signal", key.text, names.kinds)
        elif names.kinds[key.text] not in (*SETTABLE, ""):
            log.add(key.place, f"'{key.text}' cannot be set: only {' and '.join(SETTABLE)} can")
        found.append(Assign(key.text, value(node, log, key.text)))
    if not found and not fields.present("look", "sound", "light", "play", "osc", "set"):
        log.add(fields.place, f"{what} does nothing: look, sound, light, play, osc or set")
    return tuple(found)


def _plays(node: Node | None, names: Names, log: Log) -> list[Action]:
    found: list[Action] = []
    if isinstance(node, Sequence):
        return [
            play
            for item in node.items
            if not isinstance(item, Sequence)
            for play in _plays(item, names, log)
        ]
    if isinstance(node, Tree):
        for key, body in pairs(node, log, "play"):
            names.stem(key.text, key.place, log, loop=False)
            found.append(Play(key.text, gain(body, log, key.text)))
    elif node is not None:
        name = text(node, log, "play")
        names.stem(name, node.place, log, loop=False)
        found.append(Play(name))
    return found


def _sends(node: Node | None, log: Log) -> list[Action]:
    """One message `[/path, 1.0]`, or a list of them."""
    if node is None:
        return []
    if isinstance(node, Sequence) and node.items and isinstance(node.items[0], Sequence):
        return [send for item in node.items for send in _sends_one(item, log)]
    return _sends_one(node, log)


def _sends_one(node: Node, log: Log) -> list[Action]:
    parts = node.items if isinstance(node, Sequence) else [node]
    if not parts or not isinstance(parts[0], Scalar) or not ADDRESS.match(parts[0].text):
        log.add(node.place, f"osc must be [/address, values...], not {kind_of(node)}")
        return []
    return [Send(parts[0].text, tuple(_argument(part, log) for part in parts[1:]))]


def _argument(node: Node, log: Log) -> float | int | str:
    if not isinstance(node, Scalar):
        log.add(node.place, f"an OSC argument is a number or a text, not {kind_of(node)}")
        return 0
    if not node.plain or not NUMBER.match(node.text):
        if node.plain and node.text.lower().lstrip("+-.") in {"nan", "inf"}:
            log.add(node.place, f"an OSC argument must be finite, not {clip(node.text)}")
        if "\0" in node.text:
            log.add(node.place, "an OSC text ends at its first NUL, so it cannot hold one")
        return node.text
    found = number_in(node.text)
    integer = node.text.lstrip("+-").isdigit()
    if found is None or not (-(2**31) <= found < 2**31 if integer else abs(found) <= MOST_FLOAT):
        kind = "integer" if integer else "float"
        log.add(node.place, f"an OSC {kind} has 32 bits: {clip(node.text)} does not fit")
        return 0
    return int(found) if integer else found
