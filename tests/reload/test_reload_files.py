"""Which edits are noticed, what is told of them, and who may be told what."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lamp import write_lamp

from installation.edition import Edition, heard, id_of
from installation.errors import ShowFileError
from installation.run.reload import Watch, load_or_kept, look, perform, read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_lamp(tmp_path / "lamp")


def test_a_file_that_is_written_is_told_when_it_is_whole(folder: Path) -> None:
    watch, act = Watch(look(folder)), folder / "acts/waiting.yaml"
    whole = act.read_text()
    act.write_text(whole[:40])
    assert watch.see(look(folder)) == (), "it has only just changed"
    act.write_text(whole + "# more\n")
    assert watch.see(look(folder)) == (), "it was still being written"
    assert watch.see(look(folder)) == ("acts/waiting.yaml",)
    assert watch.see(look(folder)) == ()


def test_a_file_that_an_editor_puts_in_the_place_of_the_old_one_is_told(folder: Path) -> None:
    watch, act = Watch(look(folder)), folder / "acts/waiting.yaml"
    before = act.stat()
    part = folder / "acts/.waiting.yaml.swp"
    part.write_text(act.read_text())
    assert watch.see(look(folder)) == watch.see(look(folder)) == (), "its own file is hidden"
    os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
    part.replace(act)
    watch.see(look(folder))
    assert watch.see(look(folder)) == ("acts/waiting.yaml",)


def test_several_files_saved_together_are_one_edit(folder: Path) -> None:
    watch = Watch(look(folder))
    for name in ("show.yaml", "visuals/lamp.fs"):
        (folder / name).write_text((folder / name).read_text() + "\n")
        assert watch.see(look(folder)) == ()
    (folder / "visuals/more.fs").write_text("")
    assert watch.see(look(folder)) == ()
    assert watch.see(look(folder)) == ("show.yaml", "visuals/lamp.fs", "visuals/more.fs")


def test_an_edition_comes_over_the_bus_as_it_was(folder: Path) -> None:
    edition = read(folder, look(folder), ("show.yaml",))
    assert edition.show is not None
    assert edition.show.title == "Lamp"
    assert heard(edition.told()) == edition
    assert id_of(edition.told()) == edition.id


def test_an_edition_with_mistakes_has_their_places_and_no_show(folder: Path) -> None:
    act = folder / "acts/waiting.yaml"
    act.write_text(act.read_text().replace("look: {lamp", "look: {lmap"))
    edition = heard(read(folder, look(folder), ("acts/waiting.yaml",)).told())
    assert edition.show is None
    assert any(m.startswith("acts/waiting.yaml:6:") and "lamp" in m for m in edition.mistakes)


@pytest.mark.parametrize("body", [pickle.dumps(os.system), b"", b"\x80", pickle.dumps(Path("x"))])
def test_what_is_no_show_is_refused(body: bytes) -> None:
    head = Edition("1", None).told().partition(b"\n")[0]
    with pytest.raises(ValueError, match="no edition"):
        heard(head + b"\n" + body)


@pytest.mark.parametrize("payload", [b"", b"{}", b"[1]", b"\xff\xfe"])
def test_what_is_no_edition_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError):
        id_of(payload)


class OneLook:
    """A stop that is set after one round of the loop, and a bus that keeps what was told."""

    def __init__(self) -> None:
        self.told: list[bytes] = []
        self._rounds = 0

    def is_set(self) -> bool:
        self._rounds += 1
        return self._rounds > 1

    def wait(self, seconds: float) -> bool:
        return True

    def publish(self, topic: str, payload: bytes) -> None:
        self.told.append(payload)


def test_what_starts_again_amid_a_broken_edit_plays_the_show_as_it_was(
    folder: Path, tmp_path: Path
) -> None:
    endpoint = f"unixsock-stream/{tmp_path}/bus"
    once = OneLook()
    perform(folder, once, endpoint, once)  # type: ignore[arg-type]
    good = load_or_kept(folder, endpoint)
    assert [heard(told).show for told in once.told] == [good]
    (folder / "show.yaml").write_text("show: [")
    assert load_or_kept(folder, endpoint) == good
    once = OneLook()
    perform(folder, once, endpoint, once)  # type: ignore[arg-type]
    assert load_or_kept(folder, endpoint) == good
    with pytest.raises(ShowFileError):
        load_or_kept(folder, f"unixsock-stream/{tmp_path}/elsewhere/bus")
