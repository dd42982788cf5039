"""The recording of a show process: begun with it, asked for over the bus, ended with it."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from installation.bus import Bus
from installation.run.conductor import Conductor
from installation.run.recording.bundle import pack
from installation.run.recording.files import MOST_BYTES, Files, Folder, Nowhere, OneFile
from installation.run.recording.recorder import Origin, Recorder
from installation.run.recording.ring import Ring
from installation.run.recording.scribe import Scribe

TOPIC = "save"
FOLDER = "recordings"


@dataclass(frozen=True, slots=True)
class Records:
    """What is kept of the show in `show`: all of it in `file`, where one is named; else in files
    in `folder`, where `always`; the last minutes are saved to `folder` when they are asked for.
    Together those in `folder` have at most `most_bytes`."""

    show: Path
    folder: Path
    file: Path | None = None
    always: bool = False
    most_bytes: int = MOST_BYTES

    def files(self, folder: Folder) -> Files:
        if self.file is not None:
            return OneFile(self.file)
        return folder if self.always else Nowhere()


@contextlib.contextmanager
def recorded(conductor: Conductor, bus: Bus, records: Records | None,
             now_us: int) -> Iterator[None]:  # fmt: skip
    """Every moment of the conductor from here on; `now_us` is the present one, by its clock."""
    if records is None:
        yield
        return
    folder = Folder(records.folder, records.most_bytes)
    origin = Origin.of(
        conductor, pack(conductor.show, records.show), time.time_ns() // 1000 - now_us
    )
    recorder = Recorder(origin, records.files(folder), Ring(), is_durable=True, say=_say)
    scribe = Scribe(recorder, _say)
    bus.subscribe(TOPIC, lambda _, payload: _hear(payload, bus, scribe, recorder, folder))
    conductor.witness, conductor.reloaded = scribe.see, scribe.exchange
    scribe.start()
    try:
        yield
    finally:
        conductor.witness = conductor.reloaded = None
        scribe.close()


def record_all(conductor: Conductor, directory: Path, path: Path) -> Recorder:
    """In virtual time nothing waits, the writing neither: all moments to one file."""
    origin = Origin.of(conductor, pack(conductor.show, directory))
    recorder = Recorder(origin, OneFile(path), say=_say)
    conductor.witness = recorder.see
    return recorder


def _hear(payload: bytes, bus: Bus, scribe: Scribe, recorder: Recorder, folder: Folder) -> None:
    told = json.loads(payload)

    def save() -> None:
        done, why = _save(recorder, folder)
        bus.publish("reply", json.dumps({"id": told["id"], "done": done, "why": why}).encode())

    scribe.call(save)


def _save(recorder: Recorder, folder: Folder) -> tuple[bool, str]:
    try:
        path = folder.saved()
        seconds = recorder.save(path)
    except OSError as why:
        return False, f"the recording cannot be written: {why.strerror}"
    if not seconds:
        return False, "nothing has been played yet"
    with contextlib.suppress(OSError):  # saved it is, whatever cannot be deleted
        folder.tidy()
    minutes, rest = divmod(round(seconds), 60)
    return True, f"the last {minutes} min {rest} s are saved: {path.name}, in {path.parent}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
