"""Walk a tree and report what is not as it should be, each mistake at its place.

Every function returns something usable whatever it finds, so that one run
reports all mistakes: the loader discards the result where there is any.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from installation.showfile.reader import Log, Mapping, Node, Place, Scalar, Sequence, clip

BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
LONGEST = 63
"""Of a name: the panel's commands carry 128 characters, room for ACT/SCENE."""


def kind_of(node: Node) -> str:
    """What `node` is, in an artist's words."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case Scalar(text=text):
            return f"'{clip(text)}'" if text else "nothing"


class Fields:
    """A mapping with a known set of keys: `known`, or where that is None those asked for.

    `done` reports every other key, with the nearest right one.
    """

    def __init__(
        self, node: Node, log: Log, what: str, known: Collection[str] | None = None
    ) -> None:
        self._known = known
        self._log = log
        self._what = what
        self.place = node.place
        log.reading.checks(node.place)
        self._pairs = dict(_keyed(node, log, what))
        self._asked: set[str] = set()

    def get(self, key: str) -> Node | None:
        """The value at `key`, or None."""
        self._ask(key)
        found = self._pairs.get(key)
        return found[1] if found else None

    def need(self, key: str) -> Node | None:
        """The value at `key`; its absence is a mistake."""
        found = self.get(key)
        if found is None:
            self._log.add(self.place, f"{self._what} lacks '{key}'")
        return found

    def present(self, *keys: str) -> list[str]:
        """Which of `keys` are given; all count as known."""
        self._ask(*keys)
        return [key for key in keys if key in self._pairs]

    def key_place(self, key: str) -> Place:
        """Where the key stands."""
        found = self._pairs.get(key)
        return found[0] if found else self.place

    @property
    def mentioned(self) -> list[tuple[str, Place]]:
        """The keys that are there, with their places."""
        return [(key, place) for key, (place, _) in self._pairs.items()]

    def forget(self, *keys: str) -> None:
        """Do not suggest `keys` that are absent here."""
        self._asked.difference_update(set(keys) - self._pairs.keys())

    def done(self) -> None:
        """Report the keys that are not known."""
        known = self._asked if self._known is None else self._known
        for key, (place, _) in self._pairs.items():
            if key not in known:
                self._log.unknown(place, f"key of {self._what}", key, known)

    def _ask(self, *keys: str) -> None:
        if self._known is not None and not set(keys) <= set(self._known):
            raise KeyError(f"{keys}: of {self._what} words.py knows {list(self._known)}")
        self._asked.update(keys)


def _keyed(node: Node, log: Log, what: str) -> list[tuple[str, tuple[Place, Node]]]:
    return [(key.text, (key.place, value)) for key, value in pairs(node, log, what)]


def pairs(node: Node | None, log: Log, what: str) -> list[tuple[Scalar, Node]]:
    """The pairs of a mapping, each key once; a repeated key is a mistake."""
    if node is None:
        return []
    if not isinstance(node, Mapping):
        log.add(node.place, f"{what} must be a mapping (key: value), not {kind_of(node)}")
        return []
    found: dict[str, tuple[Scalar, Node]] = {}
    for key, value in node.pairs:
        if key.text in found:
            first = found[key.text][0].place.line
            log.add(key.place, f"duplicate '{clip(key.text)}' (first in line {first})")
        else:
            found[key.text] = (key, value)
    return list(found.values())


def named(node: Node | None, log: Log, what: str) -> list[tuple[Scalar, Node]]:
    """The pairs of a mapping whose keys are new names."""
    found = pairs(node, log, what)
    for key, _ in found:
        check_name(key, log)
    return found


def check_name(node: Scalar, log: Log) -> None:
    """A name that the show gives to something, short enough for the panel to send."""
    if not NAME.match(node.text):
        log.add(node.place, f"'{clip(node.text)}' is no name: letters, digits and _ only")
    elif len(node.text) > LONGEST:
        log.add(node.place, f"'{clip(node.text)}' has more than {LONGEST} letters")


def items(node: Node | None, log: Log, what: str) -> list[Node]:
    """The items of a list."""
    if node is None:
        return []
    if not isinstance(node, Sequence):
        log.add(node.place, f"{what} must be a list, not {kind_of(node)}")
        return []
    return node.items


def one_or_many(node: Node | None) -> list[Node]:
    """A list's items, or the one thing that stands in place of a list."""
    if node is None:
        return []
    return node.items if isinstance(node, Sequence) else [node]


def text(node: Node | None, log: Log, what: str) -> str:
    """A text that is not empty."""
    if node is None:
        return ""
    if not isinstance(node, Scalar) or not node.text.strip():
        log.add(node.place, f"{what} must be a text, not {kind_of(node)}")
        return ""
    return node.text


def line(node: Node | None, log: Log, what: str) -> str:
    """A text that people read in one line: no control characters, no line separators."""
    found = text(node, log, what)
    if node is not None and BREAKS.search(found):
        log.add(node.place, f"{what} must be one line without control characters: '{clip(found)}'")
    return found


def words(node: Node | None, log: Log, what: str) -> list[Scalar]:
    """A list of texts, each once."""
    found: dict[str, Scalar] = {}
    for item in items(node, log, what):
        if text(item, log, what) and isinstance(item, Scalar):
            if item.text in found:
                log.add(item.place, f"duplicate '{clip(item.text)}' in {what}")
            found.setdefault(item.text, item)
    return list(found.values())


def boolean(node: Node | None, log: Log, what: str, otherwise: bool) -> bool:
    """true or false."""
    if node is None:
        return otherwise
    if isinstance(node, Scalar) and node.plain and node.text in {"true", "false"}:
        return node.text == "true"
    log.add(node.place, f"{what} must be true or false, not {kind_of(node)}")
    return otherwise


def choice(node: Node | None, log: Log, what: str, of: tuple[str, ...]) -> str:
    """One of the words `of`; the first where nothing is said."""
    if node is None:
        return of[0]
    word = text(node, log, what)
    if word and word not in of:
        log.unknown(node.place, what, word, of)
    return word if word in of else of[0]
