"""YAML text -> a tree of scalars, sequences and mappings that know their places.

The tree is built from ruamel's events and not from its objects: every scalar
keeps the text that the artist wrote and its place, no type is guessed, duplicate
keys are seen, and hostile nesting costs nothing. Anchors are refused: an alias
would make two places of one mistake, and can make a file that never ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from installation.errors import Mistake

MOST_BYTES = 1_000_000
DEEPEST = 24
SURROGATE = re.compile("[\ud800-\udfff]")
"""Unicode's halves of UTF-16 pairs: no text can be written that holds one."""

# What ruamel's scanner lets through on malformed escapes, directives and tags.
SCANNER_FAULTS = (ValueError, OverflowError, LookupError, AssertionError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; line and column from 1."""

    file: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Scalar:
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
class Log:
    """Collects the mistakes of one show, and where its things stand.

    `places` has them by kind and names: ("scene", act, scene), ("signal", name), …;
    `inside` is (act, scene) while what is in them is read.
    """

    mistakes: list[Mistake] = field(default_factory=list)
    places: dict[tuple[str, ...], Place] = field(default_factory=dict)
    inside: tuple[str, str] = ("", "")

    def add(self, place: Place, message: str) -> None:
        self.mistakes.append(Mistake(place.file, place.line, place.column, printable(message)))

    def mark(self, place: Place, kind: str, *names: str) -> None:
        """Here stands the thing of this kind and these names."""
        self.places.setdefault((kind, *names), place)

    def mark_inside(self, place: Place, kind: str, name: str) -> None:
        """Here stands something of the act and scene that is being read."""
        self.mark(place, kind, *self.inside, name)

    def unknown(self, place: Place, what: str, word: str, known: Iterable[str]) -> None:
        """`word` is no `what`; names the nearest right one."""
        names = sorted(known)
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
        log.add(Place(file), f"is larger than {MOST_BYTES // 1000} kB; split the show into acts")
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
    last = Place(file)
    try:
        return _tree(text, file)
    except _Refused as error:
        last, message = error.place, str(error)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark is not None:
            last = Place(file, mark.line + 1, mark.column + 1)
        message = f"YAML: {error.problem or error.context or 'cannot be understood'}"
    except ReaderError as error:
        before_text = text[: error.position]
        column = len(before_text) - (before_text.rfind("\n") + 1) + 1
        last = Place(file, before_text.count("\n") + 1, column)
        message = "YAML: a control character that no text may hold"
    except YAMLError:
        message = "YAML: cannot be understood"
    except SCANNER_FAULTS as error:
        message = f"YAML: malformed escape, tag or directive ({clip(str(error))})"
    log.add(last, message)
    return None


def _tree(text: str, file: str) -> Node | None:
    """Iterative, so that no nesting can exhaust the stack."""
    root: Node | None = None
    open_nodes: list[tuple[Node, list[Scalar]]] = []
    documents = 0
    node: Node
    for event in YAML(typ="safe", pure=True).parse(text):
        place = Place(file, event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case DocumentStartEvent():
                documents += 1
                if documents > 1:
                    raise _Refused(place, "a second document; one file holds one document")
                continue
            case MappingEndEvent() | SequenceEndEvent():
                open_nodes.pop()
                continue
            case AliasEvent():
                raise _Refused(place, "anchors and aliases (& and *) are not used in show files")
            case ScalarEvent():
                if SURROGATE.search(event.value):
                    raise _Refused(place, "an escape (\\uD800 to \\uDFFF) that is half a character")
                node = Scalar(place, event.value, event.style is None)
            case MappingStartEvent():
                node = Mapping(place)
            case SequenceStartEvent():
                node = Sequence(place)
            case _:
                continue
        if event.anchor is not None:
            raise _Refused(place, "anchors and aliases (& and *) are not used in show files")
        if not open_nodes:
            root = node
        else:
            _attach(node, *open_nodes[-1])
        if not isinstance(node, Scalar):
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
