"""Where recordings go: one file that was asked for, or a folder that is kept within a size."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Protocol

MOST_BYTES = 2_000_000_000
ROLL_S = 3600
"""A new file each hour: what is deleted, copied or lost is an hour at most."""
SUFFIX, BY_HAND = ".mcap", "saved-"


class Files(Protocol):
    """`next` names the file to begin, or is None where none is wanted; `roll_s` is how long one
    is at most, in seconds of show; `tidy` is called now and then."""

    roll_s: int

    def next(self) -> Path | None: ...

    def tidy(self) -> None: ...


class OneFile:
    """The file that was asked for; NAME-2 and so on for what comes after an interruption."""

    roll_s = 1 << 40

    def __init__(self, path: Path) -> None:
        self._path = path

    def next(self) -> Path:
        return _free(self._path)

    def tidy(self) -> None:
        pass


class Nowhere:
    """Nothing is recorded; the last minutes can be saved all the same."""

    roll_s = 1 << 40

    def next(self) -> None:
        return None

    def tidy(self) -> None:
        pass


class Folder:
    """Files by their date, of `most_bytes` together: the oldest go, those last that were saved
    by hand. Raises OSError."""

    roll_s = ROLL_S

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES,
                 now: Callable[[], datetime] = datetime.now) -> None:  # fmt: skip
        self._folder, self._most_bytes, self._now = folder, most_bytes, now
        self._written: Path | None = None
        self._saved: Path | None = None

    def next(self) -> Path:
        self._written = self._new("")
        return self._written

    def saved(self) -> Path:
        """The file for what is saved by hand."""
        self._saved = self._new(BY_HAND)
        return self._saved

    def tidy(self) -> None:
        """What `next` and `saved` named last stays, however large: it is being written, or staff
        were told that it is there."""
        found = sorted(self._found())
        total = sum(size for _, _, size, _ in found)
        for _, _, size, path in found:
            if total <= self._most_bytes:
                break
            if path in (self._written, self._saved):
                continue
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            total -= size

    def _new(self, prefix: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return _free(self._folder / f"{prefix}{self._now():%Y-%m-%d-%H%M%S}{SUFFIX}")

    def _found(self) -> Iterator[tuple[bool, int, int, Path]]:
        """(whether saved by hand, when it was last written, bytes, path)."""
        for path in self._folder.glob(f"*{SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                told = path.stat()
                yield path.name.startswith(BY_HAND), told.st_mtime_ns, told.st_size, path


def _free(path: Path) -> Path:
    """`path`, or the first of NAME-2, NAME-3, … that is not there."""
    if not path.exists():
        return path
    tries = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(found for found in tries if not found.exists())
