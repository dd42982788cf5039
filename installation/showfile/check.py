"""What is wrong with a show, as `installation check` prints it."""

from __future__ import annotations

from pathlib import Path

from installation.errors import Mistake, ShowFileError
from installation.showfile.load import load


def check(directory: Path) -> list[Mistake]:
    """Every mistake of the show in `directory`, in the order of file and line; none: []."""
    try:
        load(directory)
    except ShowFileError as error:
        return list(error.mistakes)
    return []
