"""A recording played again: the same show, the same moments, and each digest compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from installation.core.inputs import Inputs
from installation.edition import Edition
from installation.errors import RecordingError, ShowFileError
from installation.run.conductor import Conductor, Moment
from installation.run.recording.bundle import Bundle, edition_of, unpack, zipped
from installation.run.recording.items import Check, Exchange, Item, Start
from installation.run.recording.reading import Recording
from installation.showfile.load import load
from installation.showfile.model import Show

Progress = Callable[[int], None]
MOST_NAMED = 8


@dataclass(slots=True)
class Verdict:
    """`played_s` seconds in `checks` pieces of `moments`; `differs` says how, and where first."""

    checks: int = 0
    moments: int = 0
    played_s: float = 0.0
    broken_off: bool = False
    differs: str = ""


@dataclass(slots=True)
class Said:
    """What the conductor said since the last check."""

    digest: Any = field(default_factory=sha256)
    moments: int = 0
    events: list[Mapping[str, Any]] = field(default_factory=list)
    messages: list[Mapping[str, Any]] = field(default_factory=list)

    def hear(self, moment: Moment) -> None:
        self.digest.update(moment.said)
        self.moments += 1
        self.events += [asdict(event) for event in moment.outputs.events]
        self.messages += [asdict(message) for message in moment.outputs.messages]


class Shows:
    """The shows that a recording carries; files are unpacked into `folder`."""

    def __init__(self, recording: Recording, folder: Path) -> None:
        self._recording, self._folder = recording, folder

    def edition(self, hashed: str) -> Edition:
        """A show as the conductor heard of it. Raises RecordingError."""
        try:
            return edition_of(self._bundle(hashed))
        except RecordingError as why:
            raise RecordingError(f"{self._recording.path}: {why}") from why

    def load(self, hashed: str) -> Show:
        """The show that was played; where another version played it, what its files say.

        Raises RecordingError where that is none that this version can play.
        """
        try:
            played = edition_of(self._bundle(hashed)).show
        except RecordingError:
            played = None
        return played or self._from_files(self._bundle(hashed))

    def _bundle(self, hashed: str) -> Bundle:
        bundle = self._recording.bundles.get(hashed)
        if bundle is None:
            raise RecordingError(f"{self._recording.path}: its show {hashed[:12]} is not in it")
        return bundle

    def _from_files(self, bundle: Bundle) -> Show:
        where, path = self._recording.path, self._folder / bundle.hash[:12]
        if not bundle.files:
            raise RecordingError(f"{where}: another version recorded it, after an edit: only that "
                                 "version can play it")  # fmt: skip
        path.mkdir(exist_ok=True)
        unpack(bundle, path)
        if zipped(path)[0] != bundle.hash:
            raise RecordingError(f"{where}: its show is damaged: copy it again")
        try:
            return load(path)
        except ShowFileError as why:
            raise RecordingError(
                f"{where}: its show, recorded by version "
                f"{self._recording.about.get('installation', '?')}, is none any more: "
                f"{why.mistakes[0]}"
            ) from why


@contextmanager
def shows(recording: Recording) -> Iterator[Shows]:
    """The recording's shows, in a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="recording-") as folder:
        yield Shows(recording, Path(folder))


def begin(recording: Recording, start: Start, show: Show) -> Conductor:
    """A conductor in the state in which the recording begins."""
    conductor = Conductor(show, recording.seed, start.now_us, begun_us=recording.begun_us)
    if start.state is not None:
        conductor.state = start.state
    return conductor


def verify(recording: Recording, progress: Progress = lambda _: None) -> Verdict:
    """Play it until its end, or until what is said differs; `progress` hears bytes read."""
    with shows(recording) as carried:
        replay = Replay(recording, carried)
        for item in recording.items():
            replay.take(item)
            if replay.verdict.differs:
                return replay.verdict
            if isinstance(item, Check):
                progress(recording.position)
    replay.verdict.broken_off = recording.broken_off
    if not replay.verdict.checks:
        raise RecordingError(f"{recording.path}: was cut off before its first second was over")
    return replay.verdict


class Replay:
    """A recording's items, one after the other, to a conductor; `verdict` grows."""

    def __init__(self, recording: Recording, carried: Shows) -> None:
        self._recording, self._carried = recording, carried
        self.verdict, self._said = Verdict(), Said()
        self._conductor: Conductor | None = None
        self._first_us = 0

    @property
    def conductor(self) -> Conductor:
        """Raises RecordingError before the recording's beginning."""
        if self._conductor is None:
            raise RecordingError(f"{self._recording.path}: has no beginning")
        return self._conductor

    def take(self, item: Item) -> None:
        match item:
            case Start():
                show = self._carried.load(item.show)
                self._conductor = begin(self._recording, item, show)
                self._conductor.witness = self._hear
                self._first_us = item.now_us
            case Inputs():
                self.conductor.advance(item)
                self.verdict.played_s = (item.now_us - self._first_us) / 1e6
            case Exchange():
                self.conductor.reload(self._carried.edition(item.show))
            case Check():
                self._check(item)

    def _hear(self, moment: Moment) -> None:
        self._said.hear(moment)

    def _check(self, check: Check) -> None:
        said, self._said = self._said, Said()
        self.verdict.checks += 1
        self.verdict.moments += said.moments
        if said.digest.hexdigest() != check.sha256:
            self.verdict.differs = _difference(check, said, self.conductor)


def _difference(check: Check, said: Said, conductor: Conductor) -> str:
    """What differs in the piece that `check` is about, in a sentence."""
    where = f"differs first in second {check.second}: "
    if said.moments != check.moments:
        return f"{where}{said.moments} moments instead of {check.moments}"
    now = conductor.parameters
    named = sorted(n for n in {*now, *check.parameters} if now.get(n) != check.parameters.get(n))
    if named:
        more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
        told = [f"{n} is {now.get(n)}, was {check.parameters.get(n)}" for n in named[:MOST_NAMED]]
        return where + "; ".join(told) + more
    unlike = _unlike(said.events, check.events, "kind", "name") or _unlike(
        said.messages, check.messages, "address", "arguments"
    )
    if unlike:
        return f"{where}{unlike}"
    return f"{where}not in a parameter at its end, but on the way there, or in a moment"


def _unlike(now: list[Mapping[str, Any]], then: tuple[Mapping[str, Any], ...],
            *keys: str) -> str:  # fmt: skip
    """The first place at which two lists differ in `keys`, in words; empty where none."""

    def words(found: Mapping[str, Any] | None) -> str:
        if found is None:
            return "nothing"
        return " ".join(str(list(v) if isinstance(v, tuple) else v) for v in map(found.get, keys))

    for index in range(max(len(now), len(then))):
        ours = words(now[index] if index < len(now) else None)
        theirs = words(then[index] if index < len(then) else None)
        if ours != theirs:
            return f"{ours} where there was {theirs}"
    return ""
