"""YAML text -> a tree of scalars, sequences and mappings that know their places.

The tree is built from libyaml's events and not from its objects: every scalar
keeps the text that the artist wrote and its place, no type is guessed, duplicate
keys are seen, and hostile nesting costs nothing. Anchors are refused: an alias
would make two places of one mistake, and can make a file that never ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from yaml.cyaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.reader import ReaderError

from installation.errors import Mistake

MOST_BYTES, MOST_VALUES = 8_000_000, 600_000
"""Of a file: three times what 20,000 cues take, and read in a few seconds at most."""
MOST_HINTS = 20_000
"""How many names a show's unknown words are compared with, all together: a second's work."""
DEEPEST = 24
HALF_A_CHARACTER = "found invalid Unicode character escape code"
"""What libyaml says to an escape that stands for none."""
TOO_DEEP = "exceeded maximum nesting depth"
SEPARATOR = re.compile("[\x85\u2028\u2029]")
"""Line breaks to libyaml (YAML 1.1), not to YAML 1.2 nor to editors: they would shift its lines."""
ANCHORED = "anchors and aliases (& and *) are not used in show files"


TELL = 2_000
"""How many values are read, or things checked, from one word of progress to the next."""


class Place(NamedTuple):
    """Where something stands; line and column from 1."""

    file: str
    line: int = 1
    column: int = 1


class Scalar(NamedTuple):
    """A text; `plain` where it is not quoted, so that it may be a number."""

    place: Place
    text: str
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Sequence:
    place: Place
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mapping:
    place: Place
    pairs: list[tuple[Scalar, Node]] = field(default_factory=list)


Node = Scalar | Sequence | Mapping


@dataclass(slots=True)
class Reading:
    """How far the reading of a show has come. `tell` hears it as a share, 0 to 1.

    `sizes` are the bytes of its files; half of a file's share is its text, half what it says.
    """

    tell: Callable[[float], None] | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    checked: int = 0
    _done: dict[str, float] = field(default_factory=dict)

    def reached(self, file: str, share: float) -> None:
        """`share` of this file is done."""
        if self.tell is None or file not in self.sizes:
            return
        self._done[file] = max(share, self._done.get(file, 0.0))
        done = sum(self.sizes[name] * part for name, part in self._done.items())
        self.tell(min(1.0, done / sum(self.sizes.values())))

    def checks(self, place: Place) -> None:
        """What stands at `place` is being checked."""
        self.checked += 1
        if self.checked % TELL == 0:
            lines = self.lines.get(place.file, place.line)
            self.reached(place.file, (1.0 + place.line / lines) / 2)


@dataclass(slots=True)
class Log:
    """Collects the mistakes of one show, and where its things stand.

    `places` has them by kind and names: ("scene", act, scene), ("signal", name), …;
    `inside` is (act, scene) while what is in them is read.
    """

    mistakes: list[Mistake] = field(default_factory=list)
    places: dict[tuple[str, ...], Place] = field(default_factory=dict)
    inside: tuple[str, str] = ("", "")
    reading: Reading = field(default_factory=Reading)
    compared: int = 0

    def add(self, place: Place, message: str) -> None:
        self.mistakes.append(Mistake(place.file, place.line, place.column, printable(message)))

    def mark(self, place: Place, kind: str, *names: str) -> None:
        """Here stands the thing of this kind and these names."""
        self.places.setdefault((kind, *names), place)

    def mark_inside(self, place: Place, kind: str, name: str) -> None:
        """Here stands something of the act and scene that is being read."""
        self.mark(place, kind, *self.inside, name)

    def unknown(self, place: Place, what: str, word: str, known: Iterable[str]) -> None:
        """`word` is no `what`; names the nearest right one, where not too much is wrong."""
        if self.compared > MOST_HINTS:
            self.add(place, f"unknown {what} '{clip(word)}'")
            return
        names = sorted(known)
        self.compared += len(names)
        near = get_close_matches(word[:80], names, n=1, cutoff=0.5)
        if near:
            hint = f" – did you mean '{near[0]}'?"
        elif names:
            hint = f"; there are {', '.join(names[:12])}{', …' if len(names) > 12 else ''}"
        else:
            hint = "; there are none"
        self.add(place, f"unknown {what} '{clip(word)}'{hint}")


class _Refused(Exception):
    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


def printable(text: str) -> str:
    """`text` in one line, with a sign in place of what cannot be shown."""
    return "".join(c if c.isprintable() else "�" for c in text)


def clip(text: str) -> str:
    """At most 60 printable characters of `text`, for a message of one line."""
    shown = printable(text)
    return shown if len(shown) <= 60 else shown[:59] + "…"


def read(path: Path, file: str, log: Log) -> Node | None:
    """The tree of the file at `path`; None, with a mistake in `log`, where it is no YAML."""
    try:
        data = path.read_bytes()
    except OSError as error:
        log.add(Place(file), f"cannot be read: {error.strerror or 'no such file'}")
        return None
    if len(data) > MOST_BYTES:
        log.add(
            Place(file), f"is larger than {MOST_BYTES // 1_000_000} MB; split the show into acts"
        )
        return None
    return parse(data, file, log)


def parse(data: bytes, file: str, log: Log) -> Node | None:
    """The tree of `data`; None, with a mistake in `log`, where it is no YAML."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        place = Place(file, before.count(b"\n") + 1, column)
        log.add(place, "is not UTF-8 text; save the file as UTF-8")
        return None
    log.reading.lines[file] = text.count("\n") + 1
    try:
        return _tree(text, file, log.reading)
    except _Refused as error:
        log.add(error.place, str(error))
    except MarkedYAMLError as error:
        if error.problem == TOO_DEEP:  # found while looking ahead: what is before it is too deep
            return parse(text[: error.problem_mark.index].encode(), file, log)
        place, says = _scanned(error, file)
        log.add(min(place, _end_of(text, file)), says)  # libyaml may stop a line beyond
    except ReaderError as error:
        good = text.encode()[: error.position].decode(errors="ignore")
        log.add(_end_of(good, file), "YAML: a control character that no text may hold")
    return None


def _end_of(before: str, file: str) -> Place:
    """The place that follows the text `before`."""
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _scanned(error: MarkedYAMLError, file: str) -> tuple[Place, str]:
    """What libyaml says, and where; with the line at which that began, where it is another."""
    at, since = error.problem_mark or error.context_mark, error.context_mark
    if error.problem == HALF_A_CHARACTER:
        place = Place(file, since.line + 1, since.column + 1)
        return place, "an escape that is no character, or half a character (\\uD800 to \\uDFFF)"
    began = f", {error.context} (line {since.line + 1})" if since and since.line < at.line else ""
    return Place(file, at.line + 1, at.column + 1), f"YAML: {error.problem}{began}"


def _tree(text: str, file: str, reading: Reading) -> Node | None:
    """Iterative, so that no nesting can exhaust the stack."""
    if found := SEPARATOR.search(text):
        sign = f"U+{ord(found[0]):04X}"
        at = _end_of(text[: found.start()], file)
        raise _Refused(at, f"a line break that editors do not show ({sign}): delete it")
    root: Node | None = None
    open_nodes: list[tuple[Node, list[Scalar]]] = []
    documents = values = 0
    node: Node
    for event in iter(CParser(text).get_event, None):
        kind = type(event)
        if kind is MappingEndEvent or kind is SequenceEndEvent:
            open_nodes.pop()
            continue
        mark = event.start_mark
        place = Place(file, mark.line + 1, mark.column + 1)
        values += 1
        if values > MOST_VALUES:
            raise _Refused(place, f"more than {MOST_VALUES:,} values; split the show into acts")
        if values % TELL == 0:
            reading.reached(file, mark.index / len(text) / 2)
        if kind is ScalarEvent:
            node = Scalar(place, event.value, not event.style)
        elif kind is MappingStartEvent:
            node = Mapping(place)
        elif kind is SequenceStartEvent:
            node = Sequence(place)
        elif kind is AliasEvent:
            raise _Refused(place, ANCHORED)
        else:
            documents += kind is DocumentStartEvent
            if documents > 1:
                raise _Refused(place, "a second document; one file holds one document")
            continue
        if event.anchor is not None:
            raise _Refused(place, ANCHORED)
        if open_nodes:
            _attach(node, *open_nodes[-1])
        else:
            root = node
        if kind is not ScalarEvent:
            if len(open_nodes) >= DEEPEST:
                raise _Refused(place, f"nested deeper than {DEEPEST} levels")
            open_nodes.append((node, []))
    return root


def _attach(node: Node, parent: Node, waiting: list[Scalar]) -> None:
    """Put `node` into `parent`; in a mapping `waiting` holds the key that has no value yet."""
    if isinstance(parent, Sequence):
        parent.items.append(node)
    elif isinstance(parent, Mapping):
        if waiting:
            parent.pairs.append((waiting.pop(), node))
        elif isinstance(node, Scalar):
            waiting.append(node)
        else:
            raise _Refused(node.place, "a key must be a word, not a list or a mapping")
