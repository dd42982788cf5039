"""The inputs that an ISF visual declares, so that the show can be checked against them.

The header is the JSON in the first comment (ISF 2.0, isf.video/docs, "JSON reference").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from pathlib import Path

from installation.showfile.names import ANY_VALUE, Range
from installation.showfile.reader import Log, Place, clip

HEADER = re.compile(r"/\*(.*?)\*/", re.DOTALL)
MOVABLE = {"float", "long", "bool", "event"}
MOST_BYTES = 1_000_000


def inputs_of(path: Path, file: str, log: Log) -> Mapping[str, Range] | None:
    """The numeric inputs with their ranges; None, with a mistake at the visual, if unreadable."""
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
    found: dict[str, Range] = {}
    for entry in declared:
        if not isinstance(entry, dict) or not isinstance(entry.get("NAME"), str):
            log.add(Place(file), f"ISF header: an input without NAME: {clip(str(entry))}")
        elif entry.get("TYPE") in MOVABLE:
            found[entry["NAME"]] = _range(entry)
    return found


def _range(entry: Mapping[str, object]) -> Range:
    """MIN..MAX; a bool is 0..1; without limits anything finite."""
    if entry.get("TYPE") in {"bool", "event"}:
        return (0.0, 1.0)
    low, high = entry.get("MIN"), entry.get("MAX")
    return (_limit(low, ANY_VALUE[0]), _limit(high, ANY_VALUE[1]))


def _limit(given: object, otherwise: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return otherwise
    try:
        limit = float(given)
    except OverflowError:
        return otherwise
    return limit if isfinite(limit) else otherwise
