"""Lines of text -> readings, by their look; text_pattern.py does it by a pattern."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

NUMBER = r"[+-]?(?:\d++(?:\.\d*+)?+|\.\d++|(?i:nan|inf|ovf))(?:[eE][+-]?\d++)?+"
"""What boards print for a number; `ovf` is Arduino's for one too large to print. Possessive, here
and below: a hostile line costs no more than its length."""
WORD = r"[A-Za-z_][A-Za-z0-9_]*+"
MOST_STRANGERS = 8
NAN = float("nan")
DAMAGED = "\N{REPLACEMENT CHARACTER}"
"""Stands where bytes are no UTF-8."""


class Understood(NamedTuple):
    """What one line says: values by channel index (NaN: unknown), and its number if it has one."""

    values: list[tuple[int, float]]
    seq: int | None = None


class Reader(Protocol):
    """How lines are understood. Their blanks are single spaces, with none at the ends.

    `complaint` ends the sentence "prints lines that …"; `strangers` are names that were printed
    and are no channels.
    """

    complaint: str
    strangers: list[str]

    def read(self, line: str) -> Understood | None:
        """None where the line is not understood."""


def number(word: str) -> float:
    """A word that NUMBER matches; NaN where it is no number (`nan`, `ovf`)."""
    try:
        return float(word)
    except ValueError:
        return NAN


def printable(text: str, most: int) -> str:
    """For a sentence: the first `most` characters, a dot for each that does not show."""
    return "".join(c if c.isprintable() and c != DAMAGED else "·" for c in text[:most])


class ByLook:
    """JSON, `name=value`, `name: value`, `name value`, or bare numbers in the channels' order."""

    def __init__(self, channels: Sequence[str]) -> None:
        self.complaint = (f"are neither JSON nor pairs of {', '.join(channels)} and a number, nor "
                          f"numbers, {len(channels)} a line")  # fmt: skip
        self.strangers: list[str] = []
        self._index = {name: i for i, name in enumerate(channels)}
        pair = rf"({WORD})(?: ?[=:] ?| )({NUMBER})"
        part = r"(?: ?[,;] ?| |$)"
        self._pair, self._number = re.compile(pair), re.compile(NUMBER)
        self._pairs = re.compile(f"(?:{pair}{part})++")
        self._numbers = re.compile(f"(?:{NUMBER}{part})++")

    def read(self, line: str) -> Understood | None:
        if line[0] == "{":
            return self._json(line)
        if self._numbers.fullmatch(line):
            told = list(enumerate(map(number, self._number.findall(line))))
            return Understood(told) if len(told) == len(self._index) else None
        if self._pairs.fullmatch(line):
            return self._named((name, number(told)) for name, told in self._pair.findall(line))
        return None

    def _named(self, told: Iterable[tuple[str, float]]) -> Understood | None:
        """Names that the show does not know are left out; a line of such alone is none."""
        values = []
        for name, value in told:
            if (index := self._index.get(name)) is not None:
                values.append((index, value))
            elif len(self.strangers) < MOST_STRANGERS:
                self._meet(name)
        return Understood(values) if values else None

    def _meet(self, name: str) -> None:
        shown = printable(name, 20)
        if shown not in self.strangers:
            self.strangers.append(shown)

    def _json(self, line: str) -> Understood | None:
        """A channel that is no number spoils the line; what strangers are is not asked."""
        try:
            told = json.loads(line)
            return self._named([(name, _scalar(value) if name in self._index else NAN)
                                for name, value in told.items()])  # fmt: skip
        except (ValueError, RecursionError):
            return None


def _scalar(value: object) -> float:
    """JSON writes null for an unknown number. Raises ValueError for what is none."""
    if value is None:
        return NAN
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 else NAN
    raise ValueError(value)
