"""The last minutes are always there to be saved, and what is saved replays from its middle."""

from __future__ import annotations

import errno
import json
import os
import queue
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from installation.bus import MemoryBus
from installation.core.inputs import Command, Inputs
from installation.errors import RecordingError
from installation.run.recording.files import Folder, Nowhere, OneFile
from installation.run.recording.items import Exchange, Start
from installation.run.recording.keeping import Records, recorded
from installation.run.recording.reading import Recording
from installation.run.recording.recorder import Recorder
from installation.run.recording.replaying import verify
from installation.run.recording.ring import Ring
from installation.run.recording.scribe import Scribe
from tests.recording.evening import Evening, small_show

SLOWER = (
    "at: 5s, look: {garden.level: 0.5}, fade: 8s",
    "at: 5s, look: {garden.level: 0.9}, fade: 9s",
)
ANOTHER = (
    "cues:\n      - {cue: W1",
    "cues:\n      - {cue: W9, at: 1s, light: {ring: 0.5}}\n      - {cue: W1",
)


def start_of(path: Path) -> Start:
    first = next(Recording(path).items())
    assert isinstance(first, Start)
    return first


def test_what_is_saved_begins_in_the_middle_and_replays_to_the_same_digests(tmp_path: Path) -> None:
    evening = Evening(small_show(tmp_path / "show"))
    recorder = Recorder(evening.origin, Nowhere(), Ring(kept_s=60))
    evening.seen_by(recorder.see).play(200)
    saved = tmp_path / "saved.mcap"
    seconds = recorder.save(saved)
    assert 59.9 <= seconds <= 72
    state = start_of(saved).state
    assert state is not None
    assert state.act
    verdict = verify(Recording(saved))
    assert not verdict.differs
    assert not verdict.broken_off
    assert verdict.played_s == pytest.approx(seconds, abs=0.1)
    evening.play(20)
    again = recorder.save(tmp_path / "again.mcap")
    assert not verify(Recording(tmp_path / "again.mcap")).differs
    assert 59.9 <= again <= 72


def test_saved_before_a_ring_is_full_it_is_the_whole_evening(tmp_path: Path) -> None:
    evening = Evening(small_show(tmp_path / "show"))
    recorder = Recorder(evening.origin, Nowhere(), Ring())
    assert recorder.save(tmp_path / "nothing.mcap") == 0.0
    assert not (tmp_path / "nothing.mcap").exists()
    evening.seen_by(recorder.see).play(30.5)
    assert recorder.save(tmp_path / "saved.mcap") == pytest.approx(30.5, abs=0.1)
    assert start_of(tmp_path / "saved.mcap").state is None
    assert verify(Recording(tmp_path / "saved.mcap")).checks == 31


def test_a_ring_keeps_to_its_bytes(tmp_path: Path) -> None:
    evening, ring = Evening(small_show(tmp_path / "show")), Ring(most_bytes=150_000)
    evening.seen_by(Recorder(evening.origin, Nowhere(), ring).see)
    for _ in range(30):
        evening.play(5)
        assert ring.bytes <= 150_000
    assert ring.played_s > 20
    assert sum(block.bytes for block in ring.blocks()) <= ring.bytes


@pytest.mark.parametrize("edit", [SLOWER, ANOTHER])
def test_a_show_that_was_edited_while_it_played_replays_the_same(
    tmp_path: Path, edit: tuple[str, str]
) -> None:
    evening = Evening(small_show(tmp_path / "show"))
    whole, saved = tmp_path / "whole.mcap", tmp_path / "saved.mcap"
    recorder = Recorder(evening.origin, OneFile(whole), Ring(kept_s=30))
    evening.conductor.reloaded = recorder.exchange
    evening.seen_by(recorder.see).play(3)
    evening.edit(edit)
    evening.play(90)
    recorder.save(saved)
    recorder.close()
    assert [type(item) for item in Recording(whole).items()].count(Exchange) == 1
    for path in (whole, saved):
        verdict = verify(Recording(path))
        assert not verdict.differs
        assert not verdict.broken_off
    assert start_of(saved).show != evening.origin.bundle.hash, "it begins with the edited show"


def test_an_edit_that_waits_is_in_what_is_saved(tmp_path: Path) -> None:
    evening = Evening(small_show(tmp_path / "show"))
    recorder = Recorder(evening.origin, Nowhere(), Ring(kept_s=20))
    evening.conductor.reloaded = recorder.exchange
    evening.seen_by(recorder.see).play(45)
    evening.edit(ANOTHER, ("after: 10s, goto: return", "after: 60m, goto: return"))
    for part in range(12):
        evening.play(7)
        path = tmp_path / f"{part}.mcap"
        recorder.save(path)
        assert not verify(Recording(path)).differs


LASTING = (("when: here, for: 6s", "when: here, for: 60m"), ("after: 4m", "after: 60m"))
"""The scene goes on, whoever comes."""


class HalfMinutes(OneFile):
    """A new file every half a minute."""

    roll_s = 30


def test_an_edit_that_waits_for_long_keeps_neither_the_ring_nor_a_file_from_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.recording.evening.WISHES", {})
    evening = Evening(small_show(tmp_path / "show", *LASTING))
    recorder = Recorder(evening.origin, HalfMinutes(tmp_path / "rolled.mcap"), Ring(kept_s=20))
    evening.conductor.reloaded = recorder.exchange
    evening.seen_by(recorder.see).play(12)
    for parts in ([ANOTHER], [ANOTHER, ("ring: 0.3", "ring: 0.4")]):
        evening.edit(*LASTING, *parts)
        evening.play(60)
        assert evening.conductor.program.upcoming is not None
        saved = tmp_path / f"saved-{len(parts)}.mcap"
        assert recorder.save(saved) <= 32
        start, waits, *_ = Recording(saved).items()
        assert isinstance(start, Start)
        assert start.show == evening.origin.bundle.hash
        assert isinstance(waits, Exchange)
    goto = Command("1", "goto", "meeting/near")
    evening.conductor.advance(Inputs(evening.given[-1].now_us + 1, commands=(goto,)))
    assert evening.conductor.program.upcoming is None, "the scene has ended: it is taken up"
    evening.play(15)
    recorder.save(tmp_path / "saved-after.mcap")
    recorder.close()
    files = sorted(tmp_path.glob("*.mcap"))
    assert len(files) == 3 + 5
    for path in files:
        assert not verify(Recording(path)).differs, path


def test_a_slow_disk_costs_the_recording_and_never_the_show(tmp_path: Path) -> None:
    said: list[str] = []
    evening = Evening(small_show(tmp_path / "show"))
    path = tmp_path / "slow.mcap"
    scribe = Scribe(Recorder(evening.origin, OneFile(path)), said.append, most=200)
    evening.seen_by(scribe.see).play(20)
    assert said == [], "nobody reads the notes yet, and the show has gone on all the same"
    scribe.start()
    while scribe.waiting:
        pass
    evening.play(3)
    scribe.close()
    assert len(said) == 1
    assert "moments were not recorded" in said[0]
    first, second = verify(Recording(path)), verify(Recording(tmp_path / "slow-2.mcap"))
    assert first.moments == 200
    assert not first.differs
    assert not second.differs
    assert second.moments > 50


class Full(Nowhere):
    """Files on a disk that is full."""

    def next(self) -> Path:
        return Path("/dev/full")


def test_a_full_disk_is_said_once_and_the_last_minutes_are_there_all_the_same(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    evening = Evening(small_show(tmp_path / "show"))
    recorder = Recorder(evening.origin, Full(), Ring(), say=said.append)
    evening.seen_by(recorder.see).play(50)
    assert said == [f"the recording ends here: {os.strerror(errno.ENOSPC)}; the show goes on"]
    recorder.save(tmp_path / "saved.mcap")
    assert not verify(Recording(tmp_path / "saved.mcap")).differs


def named(folder: Path, *names: str) -> None:
    """Recordings of 1000 bytes, each written later than the one before."""
    folder.mkdir(exist_ok=True)
    for age, name in enumerate(reversed(names)):
        path = folder / f"{name}.mcap"
        path.write_bytes(bytes(1000))
        os.utime(path, (1.7e9 - age, 1.7e9 - age))


def left(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.mcap"))


def test_the_oldest_recordings_go_and_those_saved_by_hand_last(tmp_path: Path) -> None:
    named(tmp_path, "saved-2025-12-31-230000", "2026-01-01-100000", "2026-01-01-100000-2",
          "2026-01-01-100000-10", "2026-01-02-100000")  # fmt: skip
    Folder(tmp_path, most_bytes=5000).tidy()
    assert len(left(tmp_path)) == 5
    Folder(tmp_path, most_bytes=4000).tidy()
    assert "2026-01-01-100000" not in left(tmp_path), "by when they were written, not by name"
    Folder(tmp_path, most_bytes=3000).tidy()
    assert "2026-01-01-100000-2" not in left(tmp_path)
    Folder(tmp_path, most_bytes=1000).tidy()
    assert left(tmp_path) == ["saved-2025-12-31-230000"]


def test_what_is_being_written_and_what_was_just_saved_stay(tmp_path: Path) -> None:
    folder = Folder(tmp_path, most_bytes=500, now=lambda: datetime(2026, 1, 1))
    written, saved = folder.next(), folder.saved()
    named(tmp_path, written.stem, saved.stem, "saved-2026-01-02-000000", "2026-01-02-000000")
    folder.tidy()
    assert left(tmp_path) == [written.stem, saved.stem]


def test_what_is_saved_by_hand_is_kept_within_its_size_where_nothing_else_is_recorded(
    tmp_path: Path,
) -> None:
    bus, evening = MemoryBus(), Evening(small_show(tmp_path / "show"))
    folder, answers = tmp_path / "recordings", queue.SimpleQueue[dict[str, Any]]()
    named(folder, "saved-2025-12-31-230000", "saved-2026-01-01-230000")
    bus.subscribe("reply", lambda _, payload: answers.put(json.loads(payload)))
    records = Records(tmp_path / "show", folder, most_bytes=1000)
    with recorded(evening.conductor, bus, records, evening.conductor.begun_us):
        evening.play(10)
        for number in "12":
            bus.publish("save", json.dumps({"id": number}).encode())
            assert answers.get(timeout=60)["done"]
    (saved,) = folder.iterdir()
    assert not verify(Recording(saved)).differs


def test_what_a_full_disk_cut_short_is_not_left_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening = Evening(small_show(tmp_path / "show"))
    recorder = Recorder(evening.origin, Nowhere(), Ring())
    evening.seen_by(recorder.see).play(10)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("installation.run.recording.container.McapFile.close", full)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        recorder.save(tmp_path / "saved.mcap")
    assert [path.name for path in tmp_path.iterdir()] == ["show"]


def test_a_recording_after_an_edit_is_refused_by_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from installation.run.recording import bundle

    evening = Evening(small_show(tmp_path / "show"))
    recorder = Recorder(evening.origin, OneFile(tmp_path / "edited.mcap"))
    evening.conductor.reloaded = recorder.exchange
    evening.seen_by(recorder.see).play(3)
    evening.edit(SLOWER)
    evening.play(3)
    recorder.close()
    monkeypatch.setattr(bundle, "_form", lambda: b"another")
    with pytest.raises(RecordingError, match="another version of this program recorded it"):
        verify(Recording(tmp_path / "edited.mcap"))


def test_a_state_of_another_version_is_told_so_and_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening = Evening(small_show(tmp_path / "show"))
    recorder = Recorder(evening.origin, Nowhere(), Ring(kept_s=20))
    evening.seen_by(recorder.see).play(60)
    recorder.save(tmp_path / "saved.mcap")
    monkeypatch.delattr("installation.core.state.State")
    with pytest.raises(RecordingError, match="another version of this program recorded it") as why:
        verify(Recording(tmp_path / "saved.mcap"))
    assert str(why.value).startswith(str(tmp_path))
    assert "damaged" not in str(why.value)


def test_the_files_of_its_show_are_enough_for_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from installation.run.recording import bundle

    evening = Evening(small_show(tmp_path / "show"))
    recorder = Recorder(evening.origin, OneFile(tmp_path / "whole.mcap"))
    evening.seen_by(recorder.see).play(20)
    recorder.close()
    monkeypatch.setattr(bundle, "_form", lambda: b"another")
    assert not verify(Recording(tmp_path / "whole.mcap")).differs
