"""Hostile bytes: a small part of tests/soak/fuzz.py, and hypothesis."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge import messages as m
from firmware_bridge import wire
from firmware_bridge.session import FOREVER_US, Session
from firmware_bridge.wire import MOST_ENCODED, Decoder, Frame, encode, unstuff

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "soak"))
from fuzz import MOST_BYTES, false_samples, storm

frames = st.builds(encode, st.integers(0, 12), st.integers(0, 255), st.binary(max_size=124))
hellos = st.builds(
    lambda *told: encode(m.HELLO, 0, m.hello(m.Hello(*told))),
    st.integers(0, 3), st.integers(0, 2**32 - 1), st.integers(0, 65535), st.integers(0, 255),
    st.integers(0, 2**32 - 1), st.integers(0, 65535),
)  # fmt: skip


@given(st.lists(st.one_of(st.binary(max_size=300), frames, hellos), max_size=30),
       st.integers(1, 400_000))  # fmt: skip
@settings(deadline=None)
def test_whatever_is_said_the_session_stays_in_its_states(said: list[bytes], step_us: int) -> None:
    session, now_us = Session(), 0
    for data in said:
        now_us += step_us
        session.receive(data, now_us)
        session.poll(now_us)
        assert session.state in ("absent", "greeting", "live", "refused", "lost")
        assert session.why or session.state not in ("refused", "lost")
        assert 0 <= session.due_us <= FOREVER_US


@given(st.lists(st.binary(max_size=400), max_size=20))
@settings(deadline=None)
def test_the_decoder_keeps_less_than_a_frame(chunks: list[bytes]) -> None:
    decoder = Decoder()
    for chunk in chunks:
        decoder.feed(chunk)
        assert len(decoder._rest) <= MOST_ENCODED


def test_thirty_thousand_hostile_strings_do_no_harm() -> None:
    assert storm(30_000, seed=1) <= MOST_BYTES


def test_no_corrupt_frame_becomes_a_sample() -> None:
    assert false_samples(100_000, seed=2) == (100_000, 0)


def test_a_false_time_stamp_counts_as_a_false_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that looks away from bytes 4 to 7, which are the time of the reading."""
    strict, seen = wire._frame, set()

    def lax(block: bytes) -> Frame | None:
        if frame := strict(block):
            seen.add((frame.seq, frame.payload[:4], frame.payload[8:]))
            return frame
        body = unstuff(block) or b""
        frame = Frame(body[0], body[1], body[2:-4]) if len(body) > 6 else None
        is_late = frame and (frame.seq, frame.payload[:4], frame.payload[8:]) in seen
        return frame if is_late and frame and frame.type == m.TELEMETRY else None

    monkeypatch.setattr(wire, "_frame", lax)
    assert false_samples(5_000, seed=2)[1] > 0
