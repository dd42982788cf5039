"""What is played is recorded, and a recording replays to the same: in full, cut off, damaged."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcap.opcode import Opcode
from mcap.reader import NonSeekingReader, make_reader
from typer.testing import CliRunner

from installation.cli import app
from installation.core import state
from installation.errors import RecordingError
from installation.run.recording.compact import compact
from installation.run.recording.container import MAGIC
from installation.run.recording.files import OneFile
from installation.run.recording.items import Check, Start
from installation.run.recording.plain import as_plain, from_plain
from installation.run.recording.reading import Recording
from installation.run.recording.recorder import Recorder
from installation.run.recording.replaying import Verdict, verify
from tests.recording.evening import Evening, small_show

LENGTH_S = 250.0


def recorded(path: Path, folder: Path, seconds: float) -> Evening:
    evening = Evening(small_show(folder))
    recorder = Recorder(evening.origin, OneFile(path))
    evening.seen_by(recorder.see).play(seconds)
    recorder.close()
    return evening


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Evening]:
    """Four minutes, in which all happens that can be recorded."""
    folder = tmp_path_factory.mktemp("recording")
    return folder / "whole.mcap", recorded(folder / "whole.mcap", folder / "show", LENGTH_S)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Half a minute, to be broken."""
    folder = tmp_path_factory.mktemp("short")
    recorded(folder / "short.mcap", folder / "show", 30.0)
    return (folder / "short.mcap").read_bytes()


def shorter(path: Path, content: bytes) -> Recording:
    path.write_bytes(content)
    return Recording(path)


def test_what_was_given_is_read_back_exactly(whole: tuple[Path, Evening]) -> None:
    path, evening = whole
    read = [item for item in Recording(path).items() if not isinstance(item, (Start, Check))]
    assert len(read) > 5000
    assert repr(read) == repr(evening.given), "by repr: 0.0 and -0.0 are not the same"


def test_a_recording_replays_to_the_same_digests(whole: tuple[Path, Evening]) -> None:
    path, evening = whole
    verdict = verify(Recording(path))
    assert verdict == Verdict(250, len(evening.given), pytest.approx(LENGTH_S, abs=0.1))


def test_all_kinds_of_events_were_in_it(whole: tuple[Path, Evening]) -> None:
    checks = [item for item in Recording(whole[0]).items() if isinstance(item, Check)]
    kinds = {event["kind"] for check in checks for event in check.events}
    assert {"act", "scene", "cue", "transition", "command", "node"} <= kinds
    assert any(check.messages for check in checks)


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_it_replays_in_another_process_whatever_the_hash_seed(
    whole: tuple[Path, Evening], hash_seed: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "installation", "replay", str(whole[0])], check=False,
        capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "the same in each of 250 digests" in done.stdout


def test_a_core_that_fades_otherwise_is_found_by_second_and_parameter(
    whole: tuple[Path, Evening], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "shape", lambda curve, x: x)
    done = CliRunner().invoke(app, ["replay", str(whole[0])])
    assert done.exit_code == 1
    assert "differs first in second 0: layer.garden.opacity is" in done.output


def test_a_core_that_says_otherwise_is_found_by_what_it_says(
    whole: tuple[Path, Evening], monkeypatch: pytest.MonkeyPatch
) -> None:
    from installation.core import play

    real = play.Message
    monkeypatch.setattr(play, "Message", lambda address, arguments: real("/other", arguments))
    assert "/other" in verify(Recording(whole[0])).differs


def test_a_full_reader_of_mcap_finds_every_topic_and_its_schema(
    whole: tuple[Path, Evening],
) -> None:
    with whole[0].open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        summary = reader.get_summary()
        assert summary is not None
        assert summary.statistics is not None
        topics = {channel.topic for channel in summary.channels.values()}
        assert {"/nodes/plinth", "/nodes/post", "/commands", "/health", "/digest", "/scene",
                "/events", "/osc", "/parameters"} <= topics  # fmt: skip
        counted = 0
        for schema, channel, message in reader.iter_messages():
            assert schema is not None
            assert schema.encoding == "jsonschema"
            told = json.loads(message.data)
            allowed = json.loads(schema.data)["properties"]
            if channel.topic == "/nodes/plinth":
                assert set(told["values"]) == {"distance", "weight"}
            assert set(told) <= set(allowed) or channel.topic == "/health"
            counted += 1
        assert counted == summary.statistics.message_count
        plinth = sum(1 for _ in reader.iter_messages(topics=["/nodes/plinth"]))
        assert 2000 < plinth < counted
        file.seek(0)
        checked = NonSeekingReader(file, validate_crcs=True)  # this one checks the data's sum
        assert sum(1 for _ in checked.iter_messages()) == counted
        assert [a.name.rpartition(".")[2] for a in reader.iter_attachments()] == ["zip", "show"]


def test_a_wall_switch_at_any_moment_costs_two_seconds_at_most(tmp_path: Path) -> None:
    evening = Evening(small_show(tmp_path / "show"))
    path, copy, dice = tmp_path / "growing.mcap", tmp_path / "copy.mcap", random.Random(5)
    recorder = Recorder(evening.origin, OneFile(path))
    evening.seen_by(recorder.see)
    for _ in range(15):
        evening.play(1.5 + 3.0 * dice.random())
        played_s = (evening.given[-1].now_us - evening.given[0].now_us) / 1e6
        verdict = verify(shorter(copy, path.read_bytes()))
        assert not verdict.differs
        assert verdict.broken_off
        assert verdict.played_s >= played_s - 2.0
    recorder.close()


def test_cut_anywhere_it_replays_as_far_as_it_goes(short: bytes, tmp_path: Path) -> None:
    dice, played = random.Random(6), []
    for cut in sorted(dice.randrange(len(short)) for _ in range(60)):
        try:
            verdict = verify(shorter(tmp_path / "cut.mcap", short[:cut]))
        except RecordingError as why:
            assert not played, "it is only too short before its first second is in it"
            assert "\n" not in str(why)
            continue
        assert not verdict.differs
        assert verdict.broken_off or verdict.checks == 30
        played.append(verdict.played_s)
    assert len(played) > 40
    assert played == sorted(played)
    assert len(set(played)) > 15


def test_zeros_at_the_end_are_what_a_power_cut_leaves(short: bytes, tmp_path: Path) -> None:
    half = short[: len(short) // 2] + bytes(5000)
    verdict = verify(shorter(tmp_path / "zeros.mcap", half))
    assert verdict.broken_off
    assert not verdict.differs
    assert verdict.played_s > 5


def test_damage_in_the_middle_is_one_sentence_that_says_what_to_do(
    short: bytes, tmp_path: Path
) -> None:
    content = bytearray(short)
    content[len(content) // 2] ^= 0xFF
    with pytest.raises(RecordingError, match=r"is damaged.*copy it again") as why:
        verify(shorter(tmp_path / "damaged.mcap", bytes(content)))
    assert "\n" not in str(why.value)


def places(content: bytes) -> Iterator[tuple[Opcode, range]]:
    """The records until the data's end, and where they lie."""
    at = len(MAGIC)
    while content[at] != Opcode.DATA_END:
        length = int.from_bytes(content[at + 1 : at + 9], "little")
        yield Opcode(content[at]), range(at, at + 9 + length)
        at += 9 + length


def test_a_byte_that_is_another_is_noticed_wherever_it_lies(short: bytes, tmp_path: Path) -> None:
    dice, found = random.Random(8), {}
    for opcode, place in places(short):
        found.setdefault(opcode, []).append(place)
    assert {Opcode.ATTACHMENT, Opcode.CHUNK, Opcode.MESSAGE_INDEX} <= set(found)
    for opcode, there in found.items():
        for _ in range(12):
            content, place = bytearray(short), dice.choice(there)
            content[dice.choice(place[9:])] ^= 1 << dice.randrange(8)
            try:
                noticed = verify(shorter(tmp_path / "damaged.mcap", bytes(content))).differs
            except RecordingError as why:
                noticed = str(why)
            assert noticed, opcode


def test_an_edit_half_written_when_the_power_went_is_where_it_breaks_off(tmp_path: Path) -> None:
    evening, path = Evening(small_show(tmp_path / "show")), tmp_path / "cut.mcap"
    recorder = Recorder(evening.origin, OneFile(path))
    evening.conductor.reloaded = recorder.exchange
    evening.seen_by(recorder.see).play(5)
    evening.edit(("at: 5s, look: {garden.level: 0.5}", "at: 6s, look: {garden.level: 0.5}"))
    evening.play(5)
    recorder.close()
    content = path.read_bytes()
    *_, edited = (place for opcode, place in places(content) if opcode == Opcode.ATTACHMENT)
    half = edited.start + len(edited) // 2
    verdict = verify(shorter(path, content[:half] + bytes(edited.stop - half)))
    assert verdict.broken_off
    assert not verdict.differs
    assert verdict.played_s == pytest.approx(4, abs=0.1), "what was said after it is not there"


def test_whatever_is_done_to_a_byte_it_is_never_a_traceback(short: bytes, tmp_path: Path) -> None:
    dice, refused = random.Random(7), 0
    for number in range(200):
        broken = bytearray(short if number % 2 else short[: len(short) // 2])
        for _ in range(dice.choice((1, 1, 4, 40))):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        try:
            verify(shorter(tmp_path / "fuzzed.mcap", bytes(broken)))
        except RecordingError as why:
            refused += 1
            assert "\n" not in str(why)
    assert refused > 50


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "no recording"), (b"PNG" * 100, "no recording"), (b"\x89MCAP0\r\n", "nothing was")],
)
def test_what_is_no_recording_is_told_so(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(RecordingError, match=says):
        shorter(tmp_path / "other.mcap", content)


def test_a_compact_recording_says_the_same_in_a_fraction_of_the_room(
    whole: tuple[Path, Evening], tmp_path: Path
) -> None:
    small = tmp_path / "small.mcap"
    compact(Recording(whole[0]), small)
    assert repr(list(Recording(small).items())) == repr(list(Recording(whole[0]).items()))
    assert small.stat().st_size < whole[0].stat().st_size / 4
    assert not verify(Recording(small)).differs


def test_a_recording_that_is_there_is_not_written_over(
    whole: tuple[Path, Evening], tmp_path: Path
) -> None:
    before = whole[0].read_bytes()
    done = CliRunner().invoke(app, ["rehearse", "--speed", "max", "--record", str(whole[0])])
    assert done.exit_code == 2
    assert "is there already" in done.output
    assert whole[0].read_bytes() == before


def test_the_state_comes_back_exactly_at_every_moment(tmp_path: Path) -> None:
    evening, states = Evening(small_show(tmp_path)), []
    evening.seen_by(lambda moment: states.append(moment.before)).play(60)
    for number, was in enumerate(states[1:]):
        if number % 20 == 0:
            told = json.loads(json.dumps(as_plain(was)))
            assert repr(from_plain(told)) == repr(was)


@pytest.mark.parametrize(
    "name", ["os:system", "installation.core.state:shape", "installation.core"]
)
def test_a_recording_makes_nothing_but_values_of_the_core(name: str) -> None:
    with pytest.raises(ValueError, match=r"no class|no value"):
        from_plain({"is": name, "has": {}})
