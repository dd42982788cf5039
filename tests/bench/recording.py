"""What recording costs: the loop that hands a moment over, and the thread that writes it down.

    .venv/bin/python tests/bench/recording.py [SECONDS]

Plays shows/resonance with visitors in virtual time, and hands every moment to a Scribe as the
show process does; of each hand-over it takes the time, and of the thread its processor time.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path

from installation.run.conductor import Conductor, Moment
from installation.run.recording.bundle import pack
from installation.run.recording.files import OneFile
from installation.run.recording.recorder import Origin, Recorder
from installation.run.recording.ring import Ring
from installation.run.recording.scribe import Scribe
from installation.run.rehearse import Rehearsal
from installation.showfile.load import load

SHOW = Path(__file__).resolve().parents[2] / "shows/resonance"


def main(seconds: int) -> None:
    """Play, and print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.mcap"
        conductor = Conductor(load(SHOW), 1, 0)
        origin, ring = Origin.of(conductor, pack(conductor.show, SHOW)), Ring()
        scribe = Scribe(Recorder(origin, OneFile(path), ring, is_durable=True), print, most=1 << 30)
        taken_ns: list[int] = []

        def see(moment: Moment) -> None:
            begun_ns = time.perf_counter_ns()
            scribe.see(moment)
            taken_ns.append(time.perf_counter_ns() - begun_ns)

        conductor.witness = see
        Rehearsal(conductor, crowd="opening-night", seed=1).play(seconds * 1_000_000, _quiet)
        writing = threading.Thread(target=_write, args=(scribe,))
        writing.start()
        writing.join()
        taken_ns.sort()
        many = len(taken_ns)
        print(f"hand-over   p50 {taken_ns[many // 2] / 1e3:.2f} µs, "
              f"p99 {taken_ns[many * 99 // 100] / 1e3:.2f} µs, of {many}")  # fmt: skip
        print(f"file        {path.stat().st_size / seconds / 1e3:.1f} kB a second of show")
        print(f"ring        {ring.bytes / 1e6:.2f} MB for {ring.played_s:.0f} s")


def _write(scribe: Scribe) -> None:
    begun_ns, many = time.thread_time_ns(), scribe.waiting
    scribe.write()
    spent_us = (time.thread_time_ns() - begun_ns) / 1e3
    print(f"writing     {spent_us / many:.1f} µs a moment, in the other thread")


def _quiet(_: int) -> None:
    pass


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 120)
