"""What staff were told is done outlives the show process, and a full disk ends no show."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "core"))

from story import small_show

from installation.core.inputs import Command, Inputs
from installation.run.conductor import Conductor
from installation.run.latch import FILE, Latch, read_latch, write_latch


def test_a_latch_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_latch(tmp_path, Latch(17, stopped=True))
    assert read_latch(tmp_path, 100) == Latch(17, stopped=True)


def test_after_a_boot_the_time_begins_anew_and_stopped_stays_stopped(tmp_path: Path) -> None:
    write_latch(tmp_path, Latch(10**12, stopped=True))
    assert read_latch(tmp_path, 100) == Latch(100, stopped=True)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"begun_us": null}', '{"begun_us": 1}'])
def test_a_latch_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert read_latch(tmp_path, 100) == Latch(100)


class FullDisk:
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        raise AssertionError("nothing was written")


def test_a_full_disk_costs_the_timeline_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    conductor = Conductor(small_show(), 1, 0, FullDisk())  # type: ignore[arg-type]
    first = conductor.advance(Inputs(0, commands=(Command("1", "goto", "day"),)))
    again = conductor.advance(Inputs(1000, commands=(Command("2", "stop"),)))
    assert [reply.done for reply in (*first.replies, *again.replies)] == [True, True]
    assert conductor.unwritten > 1
    assert capsys.readouterr().err.count("the timeline is not written any more") == 1
