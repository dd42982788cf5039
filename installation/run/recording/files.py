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
SUFFIX = ".mcap"


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

    def next(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return _free(self._folder / f"{self._now():%Y-%m-%d-%H%M%S}{SUFFIX}")

    def saved(self) -> Path:
        """The file for what is saved by hand."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return _free(self._folder / f"saved-{self._now():%Y-%m-%d-%H%M%S}{SUFFIX}")

    def tidy(self) -> None:
        """The newest recording stays, however large."""
        found = sorted(self._found(), key=lambda f: (f[1].name.startswith("saved"), f[1].name))
        total = sum(size for size, _ in found)
        plain = [path for _, path in found if not path.name.startswith("saved")]
        for size, path in found:
            if total <= self._most_bytes:
                break
            if plain and path == plain[-1]:
                continue  # it is being written
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            total -= size

    def _found(self) -> Iterator[tuple[int, Path]]:
        for path in self._folder.glob(f"*{SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                yield path.stat().st_size, path


def _free(path: Path) -> Path:
    """`path`, or the first of NAME-2, NAME-3, … that is not there."""
    if not path.exists():
        return path
    tries = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(found for found in tries if not found.exists())
