"""What `check` tells: a mistake (the show is not ready to be played) or a warning; its place."""

from __future__ import annotations

from dataclasses import dataclass

from installation.showfile.reader import Place

MISTAKE, WARNING = "mistake", "warning"

Key = tuple[str, ...]
"""Names a thing of the show, as `load_placed` keeps its place: ("scene", act, scene), …; or
("file", path)."""
Found = tuple[Key, str]
"""What a rule yields: where, and one sentence with the cure."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is the rule's name and stays the same from version to version."""

    severity: str
    code: str
    place: Place
    message: str

    def __str__(self) -> str:
        place = self.place
        return f"{place.file}:{place.line}:{place.column}: {self.message} ({self.code})"
