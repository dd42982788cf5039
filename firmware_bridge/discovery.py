"""Which serial ports there are: stable names first, each device once."""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

BAUD = 250_000
ANY = ("/dev/serial/by-id/*", "/dev/ttyACM*", "/dev/ttyUSB*", "/dev/cu.usb*")
"""Where nodes are looked for when nobody says: names that stay the same first, then any."""
GLOB_S = 1.0
"""A folder is read again when it changed, and once in so long anyway."""
NOWHERE = (-1, -1)


@dataclass(frozen=True, slots=True)
class Found:
    """A port that should be open. `is_text`: its node prints lines.

    `device` tells it apart whatever it is called: udev renames ports as they come.
    """

    path: str
    baud: int = BAUD
    is_text: bool = False
    device: tuple[int, int] = NOWHERE


class Discovery:
    """`look()` is cheap enough to be asked twenty times a second."""

    def __init__(self, patterns: Sequence[str], texts: Sequence[Found] = (),
                 ignore: Sequence[str] = ()) -> None:  # fmt: skip
        self._patterns, self._texts, self._ignore = tuple(patterns), tuple(texts), tuple(ignore)
        self._folders = sorted({os.path.dirname(p) for p in (*self._patterns, *self._ignore)})
        self._seen: tuple[int, ...] = ()
        self._globbed_s = -GLOB_S
        self._matching: tuple[str, ...] = ()
        self._ignore_now: tuple[str, ...] = ()

    def look(self) -> dict[str, Found]:
        """What is there now, by path; text nodes keep their ports to themselves."""
        self._read_folders()
        found: dict[str, Found] = {}
        taken: set[tuple[int, int]] = set()
        for path in self._ignore_now:
            taken.add(_device(path))
        for text in self._texts:
            self._add(text, found, taken)
        for path in self._matching:
            self._add(Found(path), found, taken)
        return found

    def _add(self, port: Found, found: dict[str, Found], taken: set[tuple[int, int]]) -> None:
        device = _device(port.path)
        if device != NOWHERE and device not in taken:
            taken.add(device)
            found[port.path] = replace(port, device=device)

    def _read_folders(self) -> None:
        changed = tuple(_changed_ns(folder) for folder in self._folders)
        now_s = time.monotonic()
        if changed == self._seen and now_s - self._globbed_s < GLOB_S:
            return
        self._seen, self._globbed_s = changed, now_s
        self._matching = _all(self._patterns)
        self._ignore_now = _all(self._ignore)


def _all(patterns: Sequence[str]) -> tuple[str, ...]:
    return tuple(path for pattern in patterns for path in sorted(glob.glob(pattern)))


def _device(path: str) -> tuple[int, int]:
    """Which device a path leads to, whatever it is called."""
    try:
        told = os.stat(path)
    except OSError:
        return NOWHERE
    return (told.st_rdev, 0) if told.st_rdev else (told.st_dev, told.st_ino)


def _changed_ns(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0
