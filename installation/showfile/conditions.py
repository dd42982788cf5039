"""Conditions: `NAME`, `NAME >= 0.5`, {all: […]}, {any: […]}, {not: …}, {unknown: NAME}, a signal
that stands there itself, as {presence: weight, above: 3N, leave: 2N}; a list means all."""

from __future__ import annotations

import re

from installation.showfile.cursor import kind_of, pairs, text
from installation.showfile.model import All, Any, Compare, Condition, Not, Unknown
from installation.showfile.names import CLOCKS, Names
from installation.showfile.reader import Log, Mapping, Node, Scalar, Sequence, clip
from installation.showfile.signals import KINDS, OPTIONS, inline
from installation.showfile.units import duration_in, number_in, value_in
from installation.showfile.words import CONDITION

COMPARISON = re.compile(r"([A-Za-z]\w*(?:\[\d+\])?)\s*(?:(>=|<=|>|<)\s*(\S+))?\Z", re.ASCII)
NOTHING = Compare("", ">", 0.5)
SAYABLE = {*CONDITION, *KINDS, *OPTIONS}
"""All keys that a condition, or a signal that stands there, can have."""


def condition(node: Node, names: Names, log: Log) -> tuple[Condition, str]:
    """The condition and how the artist would say it."""
    match node:
        case Scalar():
            return _comparison(node, names, log)
        case Sequence():
            return _group(node, "all", names, log)
        case Mapping():
            return _combined(node, names, log)


def _combined(node: Mapping, names: Names, log: Log) -> tuple[Condition, str]:
    found = pairs(node, log, "condition")
    words = {key.text for key, _ in found}
    if words & (KINDS.keys() - {"all", "any"}) and not words & {"not", "unknown"}:
        name = inline(node, names, log)
        return Compare(name, ">", 0.5), name
    if len(found) != 1:
        if wrong := next((key for key, _ in found if key.text not in SAYABLE), None):
            log.unknown(wrong.place, "condition", wrong.text, (*CONDITION, *KINDS))
            return NOTHING, ""
        log.add(node.place, f"a condition has one of {', '.join(CONDITION)}, or is a signal")
        return NOTHING, ""
    key, inner = found[0]
    if key.text == "unknown":
        name = text(inner, log, "unknown")
        names.check_source(name, inner.place, log)
        return Unknown(name), f"{name} is unknown"
    if key.text == "not":
        part, said = condition(inner, names, log)
        simple = isinstance(part, Compare)
        return Not(part), f"not {said}" if simple else f"not ({said})"
    if key.text in {"all", "any"}:
        if isinstance(inner, Sequence):
            return _group(inner, key.text, names, log)
        log.add(inner.place, f"{key.text} must be a list, not {kind_of(inner)}")
        return NOTHING, ""
    log.unknown(key.place, "condition", key.text, (*CONDITION, *KINDS))
    return NOTHING, ""


def _group(node: Sequence, how: str, names: Names, log: Log) -> tuple[Condition, str]:
    if not node.items:
        log.add(node.place, "an empty condition")
        return NOTHING, ""
    found = [condition(item, names, log) for item in node.items]
    if len(found) == 1:
        return found[0]
    parts = tuple(part for part, _ in found)
    said = [f"({s})" if isinstance(part, All | Any) else s for part, s in found]
    if how == "all":
        return All(parts), " and ".join(said)
    return Any(parts), " or ".join(said)


def _comparison(node: Scalar, names: Names, log: Log) -> tuple[Condition, str]:
    written = " ".join(node.text.split())
    match = COMPARISON.match(written) if len(written) <= 200 else None
    if match is None:
        log.add(node.place, f"'{clip(written)}' is no condition: NAME, or NAME >= 0.5 (>= <= > <)")
        return NOTHING, ""
    name, op, wanted = match[1], match[2] or ">", match[3]
    names.check_source(name, node.place, log, CLOCKS)
    if wanted is None:
        if name in CLOCKS:
            log.add(node.place, f"'{name}' is a time: compare it, as in {name} >= 30s")
        return Compare(name, op, 0.5), written
    if name in CLOCKS:
        found_us = duration_in(wanted)
        if found_us is None:
            fix = f": write {wanted}s" if number_in(wanted) is not None else " such as 30s"
            log.add(node.place, f"'{name}' is compared with a duration{fix}")
        return Compare(name, op, (found_us or 0) / 1e6), written
    value = value_in(wanted)
    if value is None:
        log.add(node.place, f"'{clip(wanted)}' is no finite number or quantity such as 1.4m, 3N")
    return Compare(name, op, value or 0.0), written
