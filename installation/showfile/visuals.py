"""The inputs that an ISF visual declares, so that the show can be checked against them.

The header is the JSON in the first comment (ISF 2.0, isf.video/docs, "JSON reference").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from pathlib import Path

from installation.showfile.names import ANY_VALUE, Declared
from installation.showfile.reader import Log, Place, clip

HEADER = re.compile(r"/\*(.*?)\*/", re.DOTALL)
MOVABLE = {"float", "long", "bool", "event"}
MOST_BYTES = 1_000_000


def inputs_of(path: Path, file: str, log: Log) -> Mapping[str, Declared] | None:
    """The numeric inputs; None, with a mistake at the visual, if unreadable."""
    try:
        with path.open("rb") as stream:
            source = stream.read(MOST_BYTES).decode("utf-8", errors="replace")
    except OSError as error:
        log.add(Place(file), f"cannot be read: {error.strerror}")
        return None
    match = HEADER.search(source)
    try:
        header = json.loads(match[1]) if match else None
    except (ValueError, RecursionError) as error:
        line = 1 + source[: match.start(1)].count("\n") if match else 1
        if isinstance(error, json.JSONDecodeError):
            log.add(Place(file, line + error.lineno - 1, error.colno), f"ISF header: {error.msg}")
        else:
            log.add(Place(file, line), "ISF header: not readable JSON")
        return None
    declared = header.get("INPUTS", []) if isinstance(header, dict) else None
    if not isinstance(declared, list):
        log.add(Place(file), "has no ISF header: a JSON object with INPUTS in the first comment")
        return None
    found: dict[str, Declared] = {}
    for entry in declared:
        if not isinstance(entry, dict) or not isinstance(entry.get("NAME"), str):
            log.add(Place(file), f"ISF header: an input without NAME: {clip(str(entry))}")
        elif entry.get("TYPE") in MOVABLE:
            found[entry["NAME"]] = _declared(entry)
    return found


def _declared(entry: Mapping[str, object]) -> Declared:
    """MIN..MAX; a bool is 0..1; without limits anything finite. Without DEFAULT, it is MIN or 0."""
    low, high = ANY_VALUE
    if entry.get("TYPE") in {"bool", "event"}:
        low, high = 0.0, 1.0
    else:
        low, high = _number(entry.get("MIN"), low), _number(entry.get("MAX"), high)
    default = _number(entry.get("DEFAULT"), low if low > ANY_VALUE[0] else 0.0)
    return Declared(low, high, min(high, max(low, default)))


def _number(given: object, otherwise: float) -> float:
    if not isinstance(given, int | float):
        return otherwise
    try:
        number = float(given)
    except OverflowError:
        return otherwise
    return number if isfinite(number) else otherwise
