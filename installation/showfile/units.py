"""Quantities as artists write them (90s, 1m30s, -12dB, 0.8m, 25%) -> SI and microseconds.

`m` means minutes where a duration is expected and metres elsewhere.
"""

from __future__ import annotations

import re
from math import isfinite

from installation.showfile.cursor import kind_of
from installation.showfile.reader import Log, Node, Scalar

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z")
QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z%°µ]+)\Z")
PIECE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(us|µs|ms|s|m|h)")
DURATION = re.compile(rf"(?:{PIECE.pattern})+\Z")
MICROSECONDS = {"us": 1, "µs": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}
PLAIN_UNITS = {**METRES, "N": 1.0, "dB": 1.0, "%": 0.01, "degC": 1.0, "°C": 1.0, "Hz": 1.0}
LONGEST_US = 7 * 24 * 3_600_000_000


def number_in(text: str) -> float | None:
    """The finite number that `text` is, or None."""
    if len(text) > 64 or not NUMBER.match(text):
        return None
    value = float(text)
    return value if isfinite(value) else None


def quantity_in(text: str) -> tuple[float, str] | None:
    """`-12dB` as (-12.0, 'dB'), or None."""
    match = QUANTITY.match(text) if len(text) <= 64 else None
    value = number_in(match[1]) if match else None
    return (value, match[2]) if match and value is not None else None


def duration_in(text: str) -> int | None:
    """`1m30s` in microseconds, or None."""
    squeezed = text.replace(" ", "")
    if len(squeezed) > 64 or not DURATION.match(squeezed):
        return None
    return round(sum(float(n) * MICROSECONDS[unit] for n, unit in PIECE.findall(squeezed)))


def duration(node: Node | None, log: Log, what: str, otherwise: int = 0) -> int:
    """Microseconds. A bare number is refused, except 0."""
    if node is None:
        return otherwise
    if isinstance(node, Scalar):
        bare = number_in(node.text)
        if bare == 0.0:
            return 0
        if bare is not None:
            fix = f"write {node.text}s or {node.text}ms"
            log.add(node.place, f"{what} needs a unit: {fix}")
            return otherwise
        found = duration_in(node.text)
        if found is not None and found <= LONGEST_US:
            return found
        if found is not None:
            log.add(node.place, f"{what} is longer than a week")
            return otherwise
    log.add(
        node.place, f"{what} must be a duration such as 90s, 1m30s or 250ms, not {kind_of(node)}"
    )
    return otherwise


def distance(node: Node | None, log: Log, what: str) -> float:
    """Metres, above 0."""
    if node is None:
        return 1.0
    if isinstance(node, Scalar):
        found = quantity_in(node.text)
        if found and found[1] in METRES and 0.0 < found[0] * METRES[found[1]] < 1000.0:
            return found[0] * METRES[found[1]]
        if number_in(node.text) is not None:
            log.add(node.place, f"{what} needs a unit: write {node.text}m or {node.text}cm")
            return 1.0
    log.add(node.place, f"{what} must be a distance above 0 such as 0.8m, not {kind_of(node)}")
    return 1.0


def value(node: Node | None, log: Log, what: str, otherwise: float = 0.0) -> float:
    """A threshold, in SI, or a bare number (a count, a share)."""
    if node is None:
        return otherwise
    if isinstance(node, Scalar):
        found = value_in(node.text)
        if found is not None:
            return found
    log.add(
        node.place,
        f"{what} must be a finite number or a quantity such as 1.4m, 3N, 70dB, not {kind_of(node)}",
    )
    return otherwise


def value_in(text: str) -> float | None:
    """`3N`, `25%` or `0.5` as a number in SI, or None."""
    bare = number_in(text)
    if bare is not None:
        return bare
    found = quantity_in(text)
    return found[0] * PLAIN_UNITS[found[1]] if found and found[1] in PLAIN_UNITS else None


def share(node: Node | None, log: Log, what: str, low: float = 0.0, high: float = 1.0) -> float:
    """A parameter: a bare number or a percentage in `low..high`; true is 1, false is 0."""
    if node is None:
        return low
    if isinstance(node, Scalar):
        if node.plain and node.text in {"true", "false"}:
            found: float | None = float(node.text == "true")
        else:
            quantity = quantity_in(node.text)
            found = number_in(node.text)
            if quantity and quantity[1] == "%":
                found = quantity[0] / 100.0
        if found is not None:
            if low <= found <= high:
                return found
            log.add(node.place, f"{what} is {node.text}, outside {low:g}..{high:g}")
            return low
    log.add(node.place, f"{what} must be a number in {low:g}..{high:g}, not {kind_of(node)}")
    return low


def gain(node: Node | None, log: Log, what: str) -> float:
    """Linear gain 0..1 of `-6dB`, `50%` or a bare 0..1."""
    if isinstance(node, Scalar):
        found = quantity_in(node.text)
        if found and found[1] == "dB":
            if found[0] <= 0.0:
                return float(10.0 ** (max(found[0], -200.0) / 20.0))
            log.add(node.place, f"{what} is {node.text}; a gain is at most 0dB")
            return 1.0
        if found is None and number_in(node.text) is None:
            log.add(node.place, f"{what} must be a gain such as -12dB or 0.5, not {kind_of(node)}")
            return 0.0
    return share(node, log, what)


def whole(node: Node | None, log: Log, what: str, *, low: int, high: int, otherwise: int) -> int:
    """A count."""
    if node is None:
        return otherwise
    if isinstance(node, Scalar):
        found = number_in(node.text)
        if found is not None and found == int(found) and low <= found <= high:
            return int(found)
    log.add(node.place, f"{what} must be a whole number in {low}..{high}, not {kind_of(node)}")
    return otherwise
