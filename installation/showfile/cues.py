"""Cues: when they are due, and what they do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from installation.showfile.conditions import condition
from installation.showfile.cursor import Fields, boolean, choice, items, kind_of, line, pairs, text
from installation.showfile.model import Action, Assign, Cue, Fade, Play, Send
from installation.showfile.names import Names, look_of
from installation.showfile.reader import Log, Node, Place, Scalar, Sequence, clip
from installation.showfile.reader import Mapping as Tree
from installation.showfile.signals import SETTABLE
from installation.showfile.units import NUMBER, duration, gain, number_in, value, whole
from installation.showfile.words import CUE

CURVES = ("ease", "linear", "in", "out")
TIMINGS = ("at", "follow", "go", "when")
DOES = ("look", "sound", "light", "play", "osc", "set", "add", "group")
OUT = "/out"
"""What the cue is called that takes another back."""
ADDRESS = re.compile(r"(?:/[^\s#*,?\[\]{}/\x00-\x1f\x7f-\x9f]+)+\Z")
MOST_FLOAT = 3.4028235e38
"""OSC 1.0: a float is a 32-bit IEEE 754 number; this is the greatest."""


@dataclass(slots=True)
class _Written:
    """A cue as it is written, and what the cues after it have to know.

    `waits`: what it follows was written, so that one's `post_wait` delays it; `group` begins its
    name, and those of the cues that it can follow.
    """

    cue: Cue
    place: Place
    follow_place: Place
    group: str = ""
    waits: bool = False
    post_wait_us: int = 0
    goes_on: bool = False


def cues(node: Node | None, names: Names, log: Log) -> tuple[Cue, ...]:
    """The cues of one scene; names once, `follow` to a cue of the scene and in no circle.

    Groups, `continue`, `post_wait` and `fade_out` become plain cues that follow others.
    """
    written: dict[str, _Written] = {}
    for made in _list(node, "", names, log):
        name = made.cue.name
        if name in written:
            first = written[name].place.line
            log.add(made.place, f"duplicate cue '{name}' (first in line {first})")
        elif name:
            written[name] = made
            log.mark_inside(made.place, "cue", name)
    follows = {name: one.follow_place for name, one in written.items() if one.cue.follow}
    for name, place in follows.items():
        before, group = written[name].cue.follow, written[name].group
        if before not in written:
            known = (n for n in written if n != name and not n.endswith(OUT))
            inside = (n.removeprefix(group) for n in known if n.startswith(group))
            log.unknown(place, "cue", before.removeprefix(group), inside)
    found = {name: _waiting_for(one, written) for name, one in written.items()}
    _report_circles(found, follows, log)
    return tuple(found.values())


def _waiting_for(one: _Written, written: Mapping[str, _Written]) -> Cue:
    """What follows a cue is due after that one's `post_wait`; not its own end and group."""
    before = written.get(one.cue.follow) if one.waits else None
    if before is None or not before.post_wait_us:
        return one.cue
    return replace(one.cue, pre_wait_us=one.cue.pre_wait_us + before.post_wait_us)


def _list(node: Node | None, group: str, names: Names, log: Log) -> list[_Written]:
    """A list of cues, those of their groups after each; `group` is what they are in."""
    found: list[_Written] = []
    before: _Written | None = None
    for item in items(node, log, "group" if group else "cues"):
        made = _cue(item, group, before if before and before.goes_on else None, names, log)
        before = made[0]
        found += made
    if before is not None and before.goes_on:
        log.add(before.place, f"cue '{before.cue.name}' continues, and none comes after it")
    return found


def _report_circles(found: Mapping[str, Cue], follows: Mapping[str, Place], log: Log) -> None:
    walked: set[str] = set()
    for first in follows:
        path: dict[str, None] = {}
        name = first
        while name in follows and name not in walked and name not in path:
            path[name] = None
            name = found[name].follow
        if name in path:
            circle = [*path][[*path].index(name) :]
            said = " -> ".join([*circle, name][:12])
            log.add(follows[name], f"cues follow each other in a circle: {said}")
        walked |= path.keys()


def _cue(node: Node, group: str, before: _Written | None, names: Names,
         log: Log) -> list[_Written]:  # fmt: skip
    """One item of a list: the cue, the one that takes it back, those of its group.

    `before` is the cue above it, where that one continues.
    """
    fields = Fields(node, log, "a cue", CUE)
    if not fields.mentioned:
        return [_Written(Cue("", ()), node.place, node.place)]
    said = line(fields.need("cue"), log, "cue")
    name, what = f"{group}{said}" if said else "", f"cue '{said}'"
    cue, follow_place = _timed(fields, name, group, before, names, log)
    actions = _actions(fields, names, log, what)
    out = _back(fields, cue, actions, what, log)
    goes_on = boolean(fields.get("continue"), log, "continue", False)
    post_wait_us = duration(fields.get("post_wait"), log, "post_wait")
    inner = _list(fields.get("group"), f"{name}/", names, log)
    if not actions and not inner and not fields.present(*DOES):
        log.add(fields.place, f"{what} does nothing: {', '.join(DOES[:-1])} or {DOES[-1]}")
    fields.done()
    waits = before is not None or bool(fields.present("follow"))
    own = _Written(replace(cue, actions=actions), node.place, follow_place, group, waits,
                   post_wait_us, goes_on)  # fmt: skip
    outs = [] if out is None else [_Written(out, node.place, node.place)]
    return [own, *outs, *inner]


def _timed(fields: Fields, name: str, group: str, before: _Written | None, names: Names,
           log: Log) -> tuple[Cue, Place]:  # fmt: skip
    """When a cue is due; without its actions."""
    what = f"cue '{name}'"
    timings = ("at", "follow") if group else TIMINGS
    given = fields.present(*TIMINGS)
    for wrong in set(given) - set(timings):
        log.add(fields.key_place(wrong), f"in a group a cue has at or follow, not {wrong}")
    if before is not None and given:
        says = f"{what} has its own timing, but '{before.cue.name}' before it continues"
        log.add(fields.key_place(given[0]), says)
    elif before is None and not given and not group:
        log.add(fields.place, f"{what} has no timing: at, follow, go or when")
    elif len(given) > 1:
        log.add(fields.key_place(given[1]), f"{what} has two timings: {' and '.join(given)}")
    wrong_option = {"pre_wait": given == ["at"], "every": given != ["at"] or bool(group)}
    for option, is_wrong in wrong_option.items():
        if fields.present(option) and is_wrong and (given or option == "every"):
            goes = "with follow, go or when" if option == "pre_wait" else "with at"
            where = " and not in a group" if group else f", not with {given[0]}" if given else ""
            log.add(fields.key_place(option), f"{option} goes {goes}{where}")
    at, follow, when = fields.get("at"), fields.get("follow"), fields.get("when")
    on_go = boolean(fields.get("go"), log, "go", False)
    if given == ["go"] and not on_go:
        log.add(fields.key_place("go"), f"{what} has no timing: go is not true")
    held, why = (None, "") if when is None else condition(when, names, log)
    at_us = None if at is None else duration(at, log, "at")
    pre_wait_us = duration(fields.get("pre_wait"), log, "pre_wait")
    after = f"{group}{text(follow, log, 'follow')}" if follow is not None else ""
    if before is not None:
        after = before.cue.name
    elif group and follow is None:  # a moment of the group's own time
        after, at_us, pre_wait_us = group[:-1], None, (at_us or 0) + pre_wait_us
    every_us = _every(fields.get("every"), log)
    times = whole(fields.get("times"), log, "times", low=1, high=1_000_000, otherwise=0)
    if times and not every_us:
        log.add(fields.key_place("times"), "times says how often every comes: give every as well")
    cue = Cue(name=name, actions=(), at_us=at_us, follow=after, pre_wait_us=pre_wait_us,
              every_us=every_us, times=times, on_go=on_go, when=held, why=why)  # fmt: skip
    return cue, follow.place if follow is not None else fields.place


def _back(fields: Fields, cue: Cue, actions: tuple[Action, ...], what: str, log: Log) -> Cue | None:
    """`for` and `fade_out`: the cue that gives back to the scene what this one has moved."""
    lasting, fade_out = fields.get("for"), fields.get("fade_out")
    curve = choice(fields.get("curve_out"), log, "curve_out", CURVES)
    if lasting is None:
        for option in fields.present("fade_out", "curve_out"):
            log.add(fields.key_place(option), f"{option} needs for: how long {what} stays")
        return None
    stays_us, fade_us = duration(lasting, log, "for"), duration(fade_out, log, "fade_out")
    moved = [action for action in actions if isinstance(action, Fade)]
    if not moved:
        log.add(fields.key_place("for"), f"for says how long look, sound and light stay; {what} "
                                         "has none")  # fmt: skip
    back = tuple(replace(fade, value=None, fade_us=fade_us, curve=curve) for fade in moved)
    return Cue(f"{cue.name}{OUT}", back, follow=cue.name, pre_wait_us=stays_us, anew=True)


def _every(node: Node | None, log: Log) -> int:
    every_us = duration(node, log, "every")
    if node is not None and every_us < 50_000:
        log.add(node.place, "every must be at least 50ms")
    return every_us


def _actions(fields: Fields, names: Names, log: Log, what: str) -> tuple[Action, ...]:
    look, sound, light = fields.get("look"), fields.get("sound"), fields.get("light")
    fades = fields.present("fade", "fade_in")
    if len(fades) > 1:
        log.add(fields.key_place("fade_in"), f"{what} has fade and fade_in: they are the same")
    fade_us = duration(fields.get(fades[0]) if fades else None, log, "fade")
    curve = choice(fields.get("curve"), log, "curve", CURVES)
    found: list[Action] = [
        Fade(parameter, to, fade_us, curve)
        for parameter, to in look_of(look, sound, light, names, log).items()
    ]
    found += _plays(fields.get("play"), names, log)
    found += _sends(fields.get("osc"), log)
    for word in ("set", "add"):
        for key, node in pairs(fields.get(word), log, word):
            _settable(key, word, names, log)
            found.append(Assign(key.text, value(node, log, key.text), adds=word == "add"))
    return tuple(found)


def _settable(key: Scalar, word: str, names: Names, log: Log) -> None:
    if key.text not in names.kinds:
        log.unknown(key.place, "signal", key.text, names.kinds)
    elif names.kinds[key.text] not in (*SETTABLE, ""):
        can = ", ".join(SETTABLE[:-1])
        log.add(key.place, f"'{key.text}' cannot be {word}: only {can} and {SETTABLE[-1]} can")


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
    if not parts or isinstance(node, Tree):
        what = kind_of(node) if parts else "an empty list"
        log.add(node.place, f"osc must be [/address, values...], not {what}")
        return []
    address = _address(parts[0], log)
    return [Send(address, tuple(_argument(part, log) for part in parts[1:]))] if address else []


def _address(node: Node, log: Log) -> str:
    """An address that OSC 1.0 allows, or ""."""
    if not isinstance(node, Scalar):
        says = f"osc must be [/address, values...]: {kind_of(node)} is no address"
    elif ADDRESS.match(node.text):
        return node.text
    elif node.text.startswith("/"):
        says = (f"'{clip(node.text)}' is no OSC address: after each / comes a name without blanks "
                "and # * , ? [ ] { }")  # fmt: skip
    else:
        says = f"'{clip(node.text)}' is no OSC address: it begins with /, as in /curated"
    log.add(node.place, says)
    return ""


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
