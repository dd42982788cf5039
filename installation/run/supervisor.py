"""Keeps the processes up: starts them, restarts the dead, ends them all."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

LOOK_S = 0.05
FIRST_WAIT_S, MOST_WAIT_S, SETTLED_S = 0.1, 5.0, 30.0
END_S = 3.0
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep up; `nice` lowers its priority. When an `essential` child ends by
    itself without a fault (exit 0), the others are ended too."""

    role: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    essential: bool = False
    nice: int = 0


@dataclass(slots=True)
class _Kept:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    wait_s: float = FIRST_WAIT_S
    again_s: float = 0.0
    done: bool = False


def supervise(children: Sequence[Child], *, stop: threading.Event,
              report: Callable[[str], None]) -> int:  # fmt: skip
    """Until `stop`, or until an essential child has ended well. 0, or 1 where one had to be
    restarted. A child that exits with 2 has a fault that a restart does not mend: it is left."""
    kept = [_Kept(child) for child in children]
    restarts = 0
    try:
        while not stop.is_set():
            for one in kept:
                restarts += _look(one, report)
            if any(one.done and one.child.essential for one in kept):
                break
            stop.wait(LOOK_S)
    finally:
        _end(kept)
    return 1 if restarts else 0


def _look(one: _Kept, report: Callable[[str], None]) -> int:
    now_s = time.monotonic()
    if one.done:
        return 0
    if one.process is None:
        if now_s >= one.again_s:
            one.process, one.started_s = _start(one.child), now_s
        return 0
    code = one.process.poll()
    if code is None:
        return 0
    one.process = None
    if code in (0, 2):
        one.done = True
        if code:
            report(f"{one.child.role} cannot run; the show goes on without it")
        return 0
    if now_s - one.started_s >= SETTLED_S:
        one.wait_s = FIRST_WAIT_S
    one.again_s = now_s + one.wait_s
    cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    report(f"{one.child.role} ended with {cause}; started again in {one.wait_s:g} s")
    one.wait_s = min(MOST_WAIT_S, one.wait_s * 2)
    return 1


def _start(child: Child) -> subprocess.Popen[bytes]:
    def before() -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if child.nice:
            os.nice(child.nice)

    return subprocess.Popen(
        child.argv, env={**os.environ, **child.env}, stdin=subprocess.DEVNULL,
        preexec_fn=before,
    )  # fmt: skip


def _end(kept: Sequence[_Kept]) -> None:
    running = [one.process for one in kept if one.process is not None]
    for process in running:
        process.terminate()
    deadline_s = time.monotonic() + END_S
    for process in running:
        try:
            process.wait(max(0.0, deadline_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
