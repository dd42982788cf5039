"""What is wrong with a show, as `installation check` prints it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from installation.errors import Mistake, ShowFileError
from installation.showfile.lint import lint
from installation.showfile.lint.files import files_of
from installation.showfile.lint.finding import MISTAKE, Finding
from installation.showfile.lint.subject import Subject
from installation.showfile.load import Progress, load, load_placed
from installation.showfile.reader import Place


@dataclass(frozen=True)
class Examination:
    """All that there is to say of a show. `subject` is None where it cannot be loaded."""

    findings: tuple[Finding, ...]
    subject: Subject | None = None

    @property
    def mistakes(self) -> int:
        return sum(finding.severity == MISTAKE for finding in self.findings)


def check(directory: Path) -> list[Mistake]:
    """Every mistake of the show in `directory`, in the order of file and line; none: []."""
    try:
        load(directory)
    except ShowFileError as error:
        return list(error.mistakes)
    return []


def examine(directory: Path, osc: bool | None = None,
            progress: Progress | None = None) -> Examination:  # fmt: skip
    """The mistakes of a show; where the loader finds none, what the lint says.

    `osc` is whether the site has somewhere to send OSC messages, None where no site is known.
    """
    try:
        show, places = load_placed(directory, progress)
    except ShowFileError as error:
        return Examination(tuple(_finding(mistake) for mistake in error.mistakes))
    subject = Subject(show, places, files_of(directory, show), osc)
    return Examination(lint(subject), subject)


def _finding(mistake: Mistake) -> Finding:
    place = Place(mistake.file, mistake.line, mistake.column)
    return Finding(MISTAKE, "mistake", place, mistake.message)
