"""A pattern such as `{channel:d} {seq:d} {value:f}` -> what a line of text says.

It becomes one regular expression that cannot backtrack far: numbers are possessive, and each
`{_}`, with what follows up to the next `{_}`, is an atomic group that takes the first place
where it fits. A line costs at most its length, times the part that is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from firmware_bridge.lines import NUMBER, Understood, number

BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
FORMS = {"channel": ("", "d"), "seq": ("", "d"), "_": ("",)}
"""A value may be "", "d" or "f"."""
WHOLE = r"[+-]?\d++"
SEQ = r"\d{1,18}+"


class _Piece(NamedTuple):
    """Literal text, or a field with its form; `at` is its place in the pattern, from 1."""

    at: int
    text: str
    form: str | None = None


class ByPattern:
    """Raises ValueError with one sentence where the pattern is none.

    `{channel}` is a name, `{channel:d}` a number from 0; `{value}` is of that channel, or of the
    only one. `{distance}` is that channel's value. `:d` is a whole number, `:f` or nothing any.
    `{seq}` numbers the lines; `{_}` is anything, as little as will do; `{{` and `}}` are braces.
    A blank stands for any number of them.
    """

    def __init__(self, channels: Sequence[str], pattern: str) -> None:
        self.complaint = f"do not match the pattern {pattern!r}"
        self.strangers: list[str] = []
        self._channels = list(channels)
        self._index = {name: i for i, name in enumerate(channels)}
        pieces = _pieces(pattern)
        fields = [piece for piece in pieces if piece.form is not None]
        for piece in fields:
            self._check(pattern, piece)
        _check_order(pattern, pieces)
        names = [field.text for field in fields if field.text != "_"]
        self._check_sense(pattern, names)
        self._match = re.compile(self._expression(pieces)).fullmatch
        at = {name: group for group, name in enumerate(names)}
        self._seq, self._channel, self._value = map(at.get, ("seq", "channel", "value"))
        self._own = [(group, self._index[name]) for name, group in at.items()
                     if name not in ("seq", "channel", "value")]  # fmt: skip

    def read(self, line: str) -> Understood | None:
        found = self._match(line)
        if found is None:
            return None
        words = found.groups()
        told = [(index, number(words[group])) for group, index in self._own]
        if self._value is not None:
            index = 0 if self._channel is None else self._which(words[self._channel])
            if index is None:
                return None
            told.append((index, number(words[self._value])))
        return Understood(told, None if self._seq is None else int(words[self._seq]))

    def _which(self, word: str) -> int | None:
        if word in self._index:
            return self._index[word]
        return int(word) if word.isdigit() and int(word) < len(self._channels) else None

    def _check(self, pattern: str, field: _Piece) -> None:
        known = ["channel", "value", "seq", "_", *self._channels]
        if field.text not in known:
            near = get_close_matches(field.text, known, 1)
            hint = f"did you mean {{{near[0]}}}? " if near else ""
            raise _mistake(pattern, field.at, f"no field {{{field.text}}}; {hint}"
                                              f"there are {', '.join(known)}")  # fmt: skip
        allowed = FORMS.get(field.text, ("", "d", "f"))
        if field.form not in allowed:
            ways = " or ".join(f"{{{field.text}{':' if f else ''}{f}}}" for f in allowed)
            raise _mistake(pattern, field.at,
                           f"{{{field.text}:{field.form}}} is none; write {ways}")  # fmt: skip

    def _check_sense(self, pattern: str, names: list[str]) -> None:
        has_value, has_channel = "value" in names, "channel" in names
        own = [name for name in names if name not in ("seq", "channel", "value")]
        if has_value != has_channel and not (has_value and len(self._channels) == 1):
            lacks = "channel" if has_value else "value"
            raise ValueError(f"pattern {pattern!r} has no {{{lacks}}}: it says which of "
                             f"{', '.join(self._channels)} a value is")  # fmt: skip
        if has_value and own:
            raise ValueError(f"pattern {pattern!r} has both {{value}} and {{{own[0]}}}: "
                             "write the one or the other")  # fmt: skip
        if not has_value and not own:
            example = next(iter(self._channels), "distance")
            raise ValueError(f"pattern {pattern!r} reads nothing: write {{value}}, or a channel's "
                             f"name, such as {{{example}}}")  # fmt: skip

    def _expression(self, pieces: list[_Piece]) -> str:
        runs = [""]
        for piece in pieces:
            if piece.form is None:
                runs[-1] += re.escape(piece.text)
            elif piece.text == "_":
                runs.append("")
            else:
                runs[-1] += f"({self._form(piece.text, piece.form)})"
        runs[-1] += r"\Z"
        return runs[0] + "".join(f"(?>.*?{run})" for run in runs[1:])

    def _form(self, name: str, form: str) -> str:
        if name == "seq":
            return SEQ
        if name == "channel" and form != "d":
            longest_first = sorted(self._channels, key=len, reverse=True)
            return "|".join(map(re.escape, longest_first))
        return SEQ if name == "channel" else WHOLE if form == "d" else NUMBER


def _pieces(pattern: str) -> list[_Piece]:
    """In order; blanks are single spaces, with none at the ends, as in the lines."""
    pieces, at = [], 0
    for found in BRACES.finditer(pattern):
        pieces.append(_Piece(at + 1, pattern[at : found.start()]))
        at, place = found.end(), found.start() + 1
        if found[0] in ("{{", "}}"):
            pieces.append(_Piece(place, found[0][0]))
        elif found[1] is None:
            raise _mistake(pattern, place, f"a {found[0]} without its other half; "
                                           f"write {found[0] * 2} for the sign itself")  # fmt: skip
        else:
            name, _, form = found[1].partition(":")
            pieces.append(_Piece(place, name, form))
    pieces.append(_Piece(at + 1, pattern[at:]))
    pieces = [p if p.form is not None else p._replace(text=re.sub(r"\s+", " ", p.text))
              for p in pieces]  # fmt: skip
    pieces[0] = pieces[0]._replace(text=pieces[0].text.lstrip())
    pieces[-1] = pieces[-1]._replace(text=pieces[-1].text.rstrip())
    return [p for p in pieces if p.text or p.form is not None]


def _check_order(pattern: str, pieces: list[_Piece]) -> None:
    names: set[str] = set()
    is_after_field = False
    for piece in pieces:
        if piece.form is not None:
            if is_after_field:
                raise _mistake(pattern, piece.at, f"{{{piece.text}}} follows a field at once; "
                                                  "there must be text between them")  # fmt: skip
            if piece.text in names:
                raise _mistake(pattern, piece.at, f"{{{piece.text}}} is there twice")
            names |= {piece.text} - {"_"}
        is_after_field = piece.form is not None


def _mistake(pattern: str, place: int, says: str) -> ValueError:
    return ValueError(f"pattern {pattern!r}, place {place}: {says}")
