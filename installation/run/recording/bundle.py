"""The files of a show that the loader reads, as one zip: a recording carries its show."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from installation.errors import RecordingError

READ = ("show.yaml", "acts/*.yaml", "visuals/*", "sounds/make.py")
THERE = "sounds/*"
"""Of these the loader looks only whether they are there: kept by name, empty."""
EPOCH = (1980, 1, 1, 0, 0, 0)
MOST_BYTES = 64 * 1024 * 1024
"""A show's files, unpacked; more is no show but a bomb."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """`hash` is over names and contents, in the order of the names: equal on any machine."""

    hash: str
    zipped: bytes


def pack(directory: Path) -> Bundle:
    """The show in `directory`. Raises OSError."""
    digest, file = sha256(), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(_files(directory)):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return Bundle(digest.hexdigest(), file.getvalue())


def unpack(bundle: Bundle, folder: Path) -> Path:
    """Writes the show into `folder`. Raises RecordingError where the zip is none of ours."""
    try:
        with zipfile.ZipFile(io.BytesIO(bundle.zipped)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise RecordingError("the show in the recording is too large to be one")
            for entry in entries:
                _write(folder, entry.filename, archive.read(entry))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as why:
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
