"""The error tree.

InstallationError
├── ShowFileError      one or many located mistakes in a show
├── SettingsError      a mistake in a config file
├── RecordingError     a recording that cannot be read or played
└── Unavailable        something of the machine is missing (GL, sound, port); says the cure
"""

from __future__ import annotations

from dataclasses import dataclass


class InstallationError(Exception):
    """Whatever this program raises on purpose; the text is one clear sentence."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a file; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ShowFileError(InstallationError):
    """All mistakes of a show, in the order of file and line."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(str(m) for m in mistakes))
        self.mistakes = mistakes


class SettingsError(InstallationError):
    """A mistake in a config file, with its place."""


class RecordingError(InstallationError):
    """A recording that cannot be read or played; the text says where, and what to do."""


class Unavailable(InstallationError):
    """Something of the machine is missing; the text says what and how to get it."""
