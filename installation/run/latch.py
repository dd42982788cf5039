"""What must outlive the show process: that staff stopped or darkened it, and when it began.

A command that has been acknowledged is on disk: the file is written before the reply goes.
Where in the acts the show was is not kept here.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "latch.json"


@dataclass(frozen=True, slots=True)
class Latch:
    """`begun_us` is a moment of the host's monotonic clock."""

    begun_us: int
    stopped: bool = False
    blackout: bool = False


def read_latch(out: Path, now_us: int) -> Latch:
    """What the process before this one left; nothing, where it cannot be read.

    After the machine has booted its clock begins anew: the show's time does too.
    """
    try:
        told = json.loads((out / FILE).read_text(encoding="utf-8"))
        begun_us = int(told["begun_us"])
        stopped, blackout = bool(told["stopped"]), bool(told["blackout"])
    except (OSError, ValueError, KeyError, TypeError):
        return Latch(now_us)
    return Latch(begun_us if begun_us <= now_us else now_us, stopped, blackout)


def write_latch(out: Path, latch: Latch) -> None:
    """On disk when it returns. Raises OSError."""
    part = out / f"{FILE}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump(asdict(latch), file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(out / FILE)
    folder = os.open(out, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
