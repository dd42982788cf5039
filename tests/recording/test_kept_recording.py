"""Ten minutes of the piece, recorded in real time over ptys, replay to the same everywhere.

Where the core shall behave otherwise than then, this is red, and `tests/recordings/make.py`
makes a new one.
"""

from __future__ import annotations

from pathlib import Path

from installation.run.recording.reading import Recording
from installation.run.recording.replaying import verify

KEPT = Path(__file__).resolve().parents[1] / "recordings/resonance.mcap"


def test_the_kept_recording_replays_to_the_digests_of_the_machine_that_made_it() -> None:
    verdict = verify(Recording(KEPT))
    assert not verdict.differs, verdict.differs
    assert verdict.played_s > 595
    assert verdict.checks > 595
    assert not verdict.broken_off


def test_it_is_small_enough_to_be_kept() -> None:
    assert KEPT.stat().st_size < 1_500_000
