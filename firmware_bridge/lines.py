"""Lines of text -> readings: by a pattern, or by their look."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
"""These expressions match in one way only: a hostile line costs no more than its length."""
GAP = r"(?:[ \t]*[,;][ \t]*|[ \t]+)"
FIELD = re.compile(r"\{([^{}]*)\}")
FORMS = {"": NUMBER, "f": NUMBER, "d": r"[+-]?\d+"}
WORD = r"[A-Za-z_][A-Za-z0-9_]*"


class Understood(NamedTuple):
    """What one line says: values by channel index, and its number where it has one."""

    values: list[tuple[int, float]]
    seq: int | None = None


Reader = Callable[[str], Understood | None]
"""None where a line is not understood."""


def reader_of(channels: Sequence[str], pattern: str | None) -> Reader:
    """Raises ValueError with one sentence where the pattern is none."""
    if pattern is None:
        return _ByLook(channels).read
    return _ByPattern(channels, pattern).read


class _ByLook:
    """JSON, `name=value`, `name: value`, `name value`, or bare numbers in the channels' order."""

    def __init__(self, channels: Sequence[str]) -> None:
        self._index = {name: i for i, name in enumerate(channels)}
        self._count = len(channels)
        tie = r"(?:[ \t]*[=:][ \t]*|[ \t]+)"
        pair, end = WORD + tie + NUMBER, r"(?:[ \t]*[,;])?"
        self._pair = re.compile(f"({WORD}){tie}({NUMBER})")
        self._pairs = re.compile(f"{pair}(?:{GAP}{pair})*{end}")
        self._number = re.compile(NUMBER)
        self._numbers = re.compile(f"{NUMBER}(?:{GAP}{NUMBER})*{end}")

    def read(self, line: str) -> Understood | None:
        if line.startswith("{"):
            return self._json(line)
        if self._numbers.fullmatch(line):
            found = self._number.findall(line)
            is_whole = len(found) == self._count
            return Understood([(i, float(n)) for i, n in enumerate(found)]) if is_whole else None
        if self._pairs.fullmatch(line):
            return self._named((name, float(told)) for name, told in self._pair.findall(line))
        return None

    def _named(self, told: Iterable[tuple[str, float]]) -> Understood | None:
        """Names that the show does not know are left out; a line of such alone is none."""
        values = [(self._index[name], value) for name, value in told if name in self._index]
        return Understood(values) if values else None

    def _json(self, line: str) -> Understood | None:
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(told, dict):
            return None
        return self._named((k, float(v)) for k, v in told.items() if _is_number(v))


def _is_number(value: object) -> bool:
    """JSON knows no infinity, yet Python's reader takes it; a huge integer is no float."""
    return isinstance(value, int | float) and abs(value) < 1e300


class _ByPattern:
    """Literal text with fields; see text.py."""

    def __init__(self, channels: Sequence[str], pattern: str) -> None:
        self._channels = list(channels)
        self._names: list[str] = []
        parts, at = [], 0
        for found in FIELD.finditer(pattern):
            parts += [_literal(pattern, at, found.start()), self._field(pattern, found)]
            at = found.end()
        parts.append(_literal(pattern, at, len(pattern)))
        self._check(pattern)
        self._match = re.compile("".join(parts)).fullmatch

    def _field(self, pattern: str, found: re.Match[str]) -> str:
        name, _, form = found[1].partition(":")
        where = f"pattern {pattern!r}, place {found.start() + 1}"
        if name == "_":
            return r"[^\s,;:=]*"
        if name in self._names:
            raise ValueError(f"{where}: {{{name}}} is there twice")
        if name not in ("channel", "seq", "value", *self._channels):
            known = ["channel", "seq", "value", *self._channels]
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {{{near[0]}}}? " if near else ""
            raise ValueError(f"{where}: no field {{{name}}}; {hint}there are {', '.join(known)}, _")
        if form not in FORMS:
            raise ValueError(f"{where}: {{{found[1]}}} ends in :{form}; write :d, :f or nothing")
        self._names.append(name)
        if name == "seq" or (name == "channel" and form == "d"):
            return r"(\d{1,18})"
        return rf"({WORD})" if name == "channel" else f"({FORMS[form]})"

    def _check(self, pattern: str) -> None:
        has_value, has_channel = "value" in self._names, "channel" in self._names
        if has_value != has_channel and not (has_value and len(self._channels) == 1):
            lacks = "channel" if has_value else "value"
            raise ValueError(f"pattern {pattern!r} has no {{{lacks}}}: it says which of "
                             f"{', '.join(self._channels)} a value is")  # fmt: skip
        if not has_value and not any(name in self._channels for name in self._names):
            raise ValueError(f"pattern {pattern!r} reads nothing: write {{value}}, or a channel's "
                             f"name, such as {{{self._channels[0]}}}")  # fmt: skip

    def read(self, line: str) -> Understood | None:
        matched = self._match(line)
        if matched is None:
            return None
        seq, index, value = None, 0, None
        values: list[tuple[int, float]] = []
        for name, told in zip(self._names, matched.groups(), strict=True):
            if name == "seq":
                seq = int(told)
            elif name == "value":
                value = float(told)
            elif name == "channel":
                index = self._index(told)
            else:
                values.append((self._channels.index(name), float(told)))
        if value is not None:
            if not 0 <= index < len(self._channels):
                return None
            values.append((index, value))
        return Understood(values, seq)

    def _index(self, told: str) -> int:
        if told.isdigit():
            return int(told)
        return self._channels.index(told) if told in self._channels else -1


def _literal(pattern: str, begin: int, end: int) -> str:
    text = pattern[begin:end]
    if stray := re.search(r"[{}]", text):
        raise ValueError(f"pattern {pattern!r}, place {begin + stray.start() + 1}: "
                         f"a {stray[0]} without its other half")  # fmt: skip
    return re.escape(text)
