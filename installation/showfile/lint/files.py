"""What lies in a show's folder beside its show files: sounds, visuals, acts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from installation.showfile.model import Show
from installation.showfile.visuals import HEADER, MOST_BYTES

SOUNDS = {".wav", ".ogg", ".mp3", ".flac", ".aiff", ".aif", ".opus"}
VISUALS = {".fs", ".frag", ".isf", ".jpg", ".jpeg", ".png", ".gif", ".mp4", ".mov", ".webm"}
MOST_FILES = 10_000


@dataclass(frozen=True, slots=True)
class Files:
    """Paths relative to their folder, in order.

    `made` are the sounds that `make.py` has made already, and `maker` its text ("" where there
    is none). `sources` are the visuals that the show uses.
    """

    sounds: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    maker: str = ""
    visuals: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)


def files_of(directory: Path, show: Show) -> Files:
    """Read what the rules want to know of the folder of a show that has no mistakes."""
    used = sorted({layer.visual for layer in show.layers})
    sounds = _below(directory / "sounds", SOUNDS)
    return Files(
        sounds=tuple(s for s in sounds if not s.startswith("cache/")),
        made=tuple(s.removeprefix("cache/") for s in sounds if s.startswith("cache/")),
        maker=_text(directory / "sounds" / "make.py"),
        visuals=_below(directory / "visuals", VISUALS),
        acts=_below(directory / "acts", {".yaml", ".yml"}),
        sources={name: _text(directory / "visuals" / name) for name in used},
    )


def header(source: str) -> tuple[Mapping[str, object], ...]:
    """The inputs in a visual's ISF header, as they are written."""
    match = HEADER.search(source)
    try:
        inputs = json.loads(match[1])["INPUTS"] if match else []
    except (ValueError, LookupError, TypeError, RecursionError):
        return ()
    return tuple(entry for entry in inputs if isinstance(entry, dict))


def _below(folder: Path, suffixes: set[str]) -> tuple[str, ...]:
    found: list[str] = []
    for path in folder.rglob("*") if folder.is_dir() else ():
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if path.suffix.lower() in suffixes and not hidden:
            found.append(name.as_posix())
        if len(found) == MOST_FILES:
            break
    return tuple(sorted(found))


def _text(path: Path) -> str:
    try:
        return path.read_bytes()[:MOST_BYTES].decode("utf-8", errors="replace")
    except OSError:
        return ""
