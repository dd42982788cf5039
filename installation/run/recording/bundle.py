"""The show that a recording carries: its files as one zip, and the loaded show itself.

The files are what any later version can load. The show process may have been told of a show
that the files do not have any more, or not yet: the loaded show is what was played.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from installation.edition import Edition, heard
from installation.errors import RecordingError
from installation.showfile import model
from installation.showfile.model import Show

READ = ("show.yaml", "acts/*.yaml", "visuals/*", "sounds/make.py")
UNPACKING = (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, EOFError,
             RuntimeError, OSError)  # fmt: skip
"""What unpacking a damaged zip may come to."""
THERE = "sounds/*"
"""Of these the loader looks only whether they are there: kept by name, empty."""
EPOCH = (1980, 1, 1, 0, 0, 0)
MOST_BYTES = 64 * 1024 * 1024
"""A show's files, unpacked; more is no show but a bomb."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """`hash` is over the files' names and contents, in the order of the names: equal on any
    machine. Of a show that was edited while it played there are no files, and it is over `show`.
    """

    hash: str
    show: bytes
    files: bytes = b""


def pack(show: Show, directory: Path) -> Bundle:
    """A show that was loaded from `directory`. Raises OSError."""
    hashed, files = zipped(directory)
    return Bundle(hashed, _kept(Edition("", show)), files)


def zipped(directory: Path) -> tuple[str, bytes]:
    """The hash of a show's files, and the files. Raises OSError."""
    digest, file = sha256(), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(_files(directory)):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return digest.hexdigest(), file.getvalue()


def pack_edition(edition: Edition) -> Bundle:
    """A show as the show process was told of it."""
    kept = _kept(edition)
    return Bundle(sha256(kept).hexdigest(), kept)


def edition_of(bundle: Bundle) -> Edition:
    """The loaded show. Raises RecordingError where it is none, or one of another version."""
    try:
        form, _, told = zlib.decompress(bundle.show).partition(b"\n")
        if form != _form():
            raise ValueError("another version of this program recorded it")
        return heard(told)
    except (zlib.error, ValueError) as why:
        raise RecordingError(f"the show in the recording cannot be read: {why}") from why


def _kept(edition: Edition) -> bytes:
    return zlib.compress(_form() + b"\n" + edition.told())


def _form() -> bytes:
    """What a show is made of in this version: one of another must not be taken for it."""
    made = [(name, [f.name for f in fields(kind)]) for name, kind in sorted(vars(model).items())
            if isinstance(kind, type) and is_dataclass(kind)]  # fmt: skip
    return sha256(repr(made).encode()).hexdigest()[:16].encode()


def unpack(bundle: Bundle, folder: Path) -> Path:
    """Writes the show's files into `folder`. Raises RecordingError where that is no zip of ours."""
    try:
        with zipfile.ZipFile(io.BytesIO(bundle.files)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise RecordingError("the show in the recording is too large to be one")
            for entry in entries:
                if entry.compress_type != zipfile.ZIP_DEFLATED:
                    raise ValueError("it was packed otherwise")
                _write(folder, entry.filename, archive.read(entry))
    except UNPACKING as why:
        raise RecordingError(f"the show in the recording cannot be unpacked: {why}") from why
    return folder


def _files(directory: Path) -> Iterator[tuple[str, bytes]]:
    read = {path for pattern in READ for path in directory.glob(pattern) if path.is_file()}
    for path in read:
        yield path.relative_to(directory).as_posix(), path.read_bytes()
    for path in directory.glob(THERE):
        if path.is_file() and path not in read:
            yield path.relative_to(directory).as_posix(), b""


def _write(folder: Path, name: str, content: bytes) -> None:
    inner = PurePosixPath(name)
    if inner.is_absolute() or ".." in inner.parts:
        raise ValueError(f"{name!r} is outside of the show")
    path = folder / inner
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
