"""Moments to files and to the ring of the last minutes."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from installation.edition import Edition
from installation.run.conductor import Conductor, Moment
from installation.run.recording.bundle import Bundle, pack_edition
from installation.run.recording.container import Block, McapFile, Topic
from installation.run.recording.files import Files
from installation.run.recording.ring import Ring
from installation.run.recording.tape import SECOND_US, Opening, Tape
from installation.showfile.model import Show

RETRY_S = 60
"""After a full disk, how soon a new recording is tried, in seconds of show."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a recording is of. `offset_us` makes a moment of the show's clock one since 1970."""

    show: Show
    bundle: Bundle
    seed: int
    begun_us: int
    offset_us: int = 0

    @classmethod
    def of(cls, conductor: Conductor, bundle: Bundle, offset_us: int = 0) -> Origin:
        return cls(conductor.show, bundle, conductor.program.seed, conductor.begun_us, offset_us)

    def about(self) -> dict[str, str]:
        """The metadata of each file; text, as MCAP wants it."""
        made = datetime.fromtimestamp((self.begun_us + self.offset_us) / 1e6)
        return {
            "format": "1", "show": self.show.name, "title": self.show.title,
            "show_sha256": self.bundle.hash, "seed": str(self.seed),
            "begun_us": str(self.begun_us), "offset_us": str(self.offset_us),
            "began": f"{made:%Y-%m-%d %H:%M:%S}" if self.offset_us else "in virtual time",
            "installation": _version(), "python": platform.python_version(),
        }  # fmt: skip


@dataclass(slots=True)
class _Writing:
    file: McapFile
    until: int
    """The moment, in ns, at which the next file begins."""


class Recorder:
    """Sees moments; writes them to `files` as they say, keeps the newest in `ring`.

    A file that cannot be written ends; `say` is told so, and another is begun a minute later.
    """

    def __init__(self, origin: Origin, files: Files, ring: Ring | None = None, *,
                 is_durable: bool = False,
                 say: Callable[[str], None] = lambda _: None) -> None:  # fmt: skip
        self._about, self._files, self._ring = origin.about(), files, ring
        self._is_durable, self._say = is_durable, say
        self._bundles = {origin.bundle.hash: origin.bundle}
        self._writing: _Writing | None = None
        self._retry_ns = 0
        self._tape = Tape(origin.show, origin.bundle.hash, began_us=origin.begun_us,
                          offset_us=origin.offset_us, block=self._block,
                          opening=self._open)  # fmt: skip

    def see(self, moment: Moment) -> None:
        self._tape.see(moment)

    def exchange(self, edition: Edition, now_us: int) -> None:
        """The conductor was told of it before the next moment."""
        if edition.show is None:
            return
        bundle = pack_edition(edition)
        self._bundles[bundle.hash] = bundle
        if self._ring is not None:
            self._ring.mention(bundle.hash)
        self._tape.exchange(edition.show, bundle.hash, edition.files, now_us)

    def pause(self) -> None:
        """All that was seen is handed to the disk."""
        self._tape.cut()

    def leave_out(self) -> None:
        """Moments are missing from here on: what comes is a recording of its own."""
        self._tape.skip()
        self._end()
        if self._ring is not None:
            self._ring.clear()

    def save(self, path: Path) -> float:
        """The last minutes as a file; how many seconds of show. Raises OSError."""
        self._tape.cut()
        if self._ring is None or not self._ring.played_s:
            return 0.0
        part = path.with_name(path.name + ".part")
        write(part, self._about, [self._bundles[h] for h in sorted(self._ring.shows)],
              self._tape.topics.all, self._ring)  # fmt: skip
        part.replace(path)
        return self._ring.played_s

    def close(self) -> None:
        """The file is whole."""
        self._tape.cut()
        self._end()

    def _open(self, opening: Opening) -> None:
        if self._ring is not None:
            self._ring.open(opening)
            kept = self._ring.shows
            self._bundles = {h: b for h, b in self._bundles.items() if h in kept}
        at_ns = opening.block.start_ns
        self._try(self._files.tidy)
        if self._writing is not None and at_ns >= self._writing.until:
            self._end()
        if self._writing is None and at_ns >= self._retry_ns:
            self._try(lambda: self._begin(opening))

    def _begin(self, opening: Opening) -> None:
        path = self._files.next()
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        file = McapFile(path, self._about, is_durable=self._is_durable)
        until = opening.block.start_ns + self._files.roll_s * SECOND_US * 1000
        self._writing = _Writing(file, until)
        for show in opening.shows:
            attach(file, self._bundles[show])
        file.write(opening.block, self._tape.topics.all)

    def _block(self, block: Block) -> None:
        if self._ring is not None:
            self._ring.add(block)
        if (writing := self._writing) is not None:
            self._try(lambda: self._write(writing.file, block))

    def _write(self, file: McapFile, block: Block) -> None:
        for bundle in self._bundles.values():
            attach(file, bundle)
        file.write(block, self._tape.topics.all)

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as why:
            self._say(f"the recording ends here: {why.strerror}; the show goes on")
            self._retry_ns = self._tape.now_ns + RETRY_S * SECOND_US * 1000
            if self._writing is not None:
                self._writing.file.abandon()
                self._writing = None

    def _end(self) -> None:
        if (writing := self._writing) is not None:
            self._writing = None
            self._try(writing.file.close)


def write(path: Path, about: Mapping[str, str], bundles: list[Bundle],
          topics: tuple[Topic, ...], ring: Ring) -> None:  # fmt: skip
    """A ring as a file: whole, or not there. Raises OSError."""
    file = McapFile(path, about)
    try:
        for bundle in bundles:
            attach(file, bundle)
        for block in ring.blocks():
            file.write(block, topics)
        file.close()
    except OSError:
        file.abandon()
        path.unlink(missing_ok=True)
        raise


def attach(file: McapFile, bundle: Bundle) -> None:
    """A show, once for each file."""
    if bundle.files:
        file.attach(f"{bundle.hash}.zip", "application/zip", bundle.files)
    file.attach(f"{bundle.hash}.show", "application/octet-stream", bundle.show)


def _version() -> str:
    try:
        return version("installation")
    except PackageNotFoundError:
        return "?"
