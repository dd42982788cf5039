"""The edits process: looks at the show's files, reads them when they change, and tells what
it read. It is a process of its own, so that the show never waits while YAML is read."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from installation.bus import Bus
from installation.edition import TOPIC, Edition, heard
from installation.errors import ShowFileError
from installation.showfile.load import load
from installation.showfile.model import Show

LOOK_S = 0.3
TELL_S = 1.0
"""How often it is told again, for a process that has started in between."""
PARTS = ("*.yaml", "acts/*.yaml", "visuals/*", "sounds/*")

Seen = Mapping[str, tuple[int, int, int]]
"""Files by name: when each was written, its size, and its inode, which is new where an editor
writes another file and renames it."""


def look(directory: Path) -> Seen:
    """The files of a show, but for what is hidden and what editors leave beside them."""
    found: dict[str, tuple[int, int, int]] = {}
    for part in PARTS:
        for path in directory.glob(part):
            if path.name.startswith((".", "#")) or path.name.endswith(("~", ".tmp", ".part")):
                continue
            try:
                told = path.stat()
            except OSError:  # renamed in between: the next look finds it
                continue
            if not path.is_dir():
                name = path.relative_to(directory).as_posix()
                found[name] = (told.st_mtime_ns, told.st_size, told.st_ino)
    return found


class Watch:
    """Says which files have changed, once they stay as they are for one look: an editor that
    writes several, or one in pieces, is done by then."""

    def __init__(self, seen: Seen) -> None:
        self._told = self._last = seen

    def see(self, now: Seen) -> tuple[str, ...]:
        """The names of files changed, made or removed since it last said so."""
        before, self._last = self._last, now
        if now != before or now == self._told:
            return ()
        told, self._told = self._told, now
        return tuple(sorted(n for n in now.keys() | told.keys() if now.get(n) != told.get(n)))


def read(directory: Path, seen: Seen, files: Sequence[str]) -> Edition:
    """The show as its files have it, or their mistakes."""
    id_ = sha256(repr(sorted(seen.items())).encode()).hexdigest()[:16]
    edited = time.strftime("%H:%M") if files else ""
    try:
        return Edition(id_, load(directory), tuple(files), edited)
    except ShowFileError as error:
        mistakes = tuple(str(mistake) for mistake in error.mistakes)
        return Edition(id_, None, tuple(files), edited, mistakes)


def load_or_kept(directory: Path, endpoint: str) -> Show:
    """The show as its files have it; where an edit has left mistakes in them, as it was when it
    was last whole in this evening. Raises ShowFileError where it never was."""
    try:
        return load(directory)
    except ShowFileError:
        try:
            kept = heard(_keeping(endpoint).read_bytes()).show
        except (OSError, ValueError):
            kept = None
        if kept is None:
            raise
        return kept


def _keep(edition: Edition, payload: bytes, endpoint: str) -> None:
    if edition.show is None:
        return
    path = _keeping(endpoint)
    part = path.with_suffix(".part")
    part.write_bytes(payload)
    part.replace(path)


def _keeping(endpoint: str) -> Path:
    """Beside the bus, in the folder that is there for this evening alone."""
    return Path(endpoint.partition("/")[2]).with_name("edition")


def perform(directory: Path, bus: Bus, endpoint: str, stop: threading.Event) -> int:
    """Watch the show's files until `stop`. The bus is at `endpoint`."""

    def tell(seen: Seen, files: Sequence[str]) -> bytes:
        edition = read(directory, seen, files)
        payload = edition.told()
        _keep(edition, payload, endpoint)
        return payload

    seen = look(directory)
    watch, payload, told_s = Watch(seen), tell(seen, ()), 0.0
    while not stop.is_set():
        if directory.is_dir() and (files := watch.see(seen := look(directory))):
            payload, told_s = tell(seen, files), 0.0
        if time.monotonic() - told_s >= TELL_S:
            told_s = time.monotonic()
            bus.publish(TOPIC, payload)
        stop.wait(LOOK_S)
    return 0
