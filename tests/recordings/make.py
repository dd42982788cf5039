"""Makes the recording that is kept here: ten minutes of the piece, in real time, over ptys.

    .venv/bin/python tests/recordings/make.py

It is needed where the core shall behave otherwise than it did: then
`tests/recording/test_kept_recording.py` is red, and says from which second on.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from installation.run.recording.compact import compact
from installation.run.recording.reading import Recording
from installation.run.recording.replaying import verify

HERE = Path(__file__).resolve().parent
KEPT = HERE / "resonance.mcap"
MOST_BYTES = 1_500_000


def main() -> int:
    """Rehearse and record, make it small, replay it; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        whole, small = Path(folder) / "whole.mcap", Path(folder) / "small.mcap"
        done = subprocess.run(
            [sys.executable, "-m", "installation", "rehearse", "--headless", "--without",
             "stage,sound,panel", "--crowd", "opening-night", "--for", "10m", "--out",
             str(Path(folder) / "out"), "--record", str(whole)],
            cwd=HERE.parents[1], check=False,
        )  # fmt: skip
        if done.returncode:
            return done.returncode
        compact(Recording(whole), small)
        verdict, size = verify(Recording(small)), small.stat().st_size
        print(f"{verdict.moments} moments, {verdict.checks} digests, {size:,} bytes")
        if verdict.differs or size > MOST_BYTES:
            print(verdict.differs or f"that is more than {MOST_BYTES:,}", file=sys.stderr)
            return 1
        KEPT.write_bytes(small.read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
