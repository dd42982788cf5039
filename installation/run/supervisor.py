"""Keeps the processes up: starts them, restarts the dead, ends them all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO

from installation.run.parent import PARENT

FIRST_WAIT_S, MOST_WAIT_S, SETTLED_S = 0.1, 5.0, 30.0
END_S = 3.0
GRACE_S = 15.0
"""For which a child that was started need not answer."""
CANNOT_RUN = 2
"""The exit code of a process with a fault that a restart does not mend."""
LONGEST_LINE = 500


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep up. The others make no sense without an `essential` one;
    where one that `closes` ends by itself and well, the evening is over."""

    role: str
    arguments: tuple[str, ...]
    essential: bool = False
    closes: bool = False

    @property
    def argv(self) -> list[str]:
        """The role stands in the command line, so that `ps` tells the processes apart."""
        return [sys.executable, "-m", "installation", self.role, *self.arguments]


@dataclass(slots=True)
class _Kept:
    child: Child
    process: subprocess.Popen[str] | None = None
    started_s: float = 0.0
    wait_s: float = FIRST_WAIT_S
    again_s: float = 0.0
    done: bool = False
    code: int = 0
    said: str = ""
    """Its newest line on stderr."""
    listener: threading.Thread | None = field(default=None)


class Supervisor:
    """`look` is called about twenty times a second. What is at fault is told to `report`;
    what a child writes on stderr is handed to `say` by a thread of its own."""

    def __init__(self, children: Sequence[Child], report: Callable[[str], None],
                 say: Callable[[str], None]) -> None:  # fmt: skip
        self._kept = [_Kept(child) for child in children]
        self._report, self._say = report, say

    @property
    def over(self) -> bool:
        """Whether the evening has ended, well or not."""
        return any(
            one.done and (one.child.essential or (one.child.closes and one.code == 0))
            for one in self._kept
        )

    def look(self) -> None:
        """Start what has to be started, notice who has ended."""
        for one in self._kept:
            if not one.done:
                self._look_at(one)

    def insist(self, role: str, silent_s: float) -> None:
        """Kill a child that runs and does not answer; `look` starts it again."""
        for one in self._kept:
            settled = time.monotonic() - one.started_s >= GRACE_S
            if one.child.role == role and one.process is not None and settled:
                self._report(f"{role} has not answered for {silent_s:.0f} s and was killed")
                one.process.kill()
                one.process.wait()

    def end(self) -> None:
        """Ask all to end, wait three seconds, then insist."""
        running = [one for one in self._kept if one.process is not None]
        for one in running:
            assert one.process is not None
            one.process.terminate()
        deadline_s = time.monotonic() + END_S
        for one in running:
            assert one.process is not None
            try:
                one.process.wait(max(0.0, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._report(f"{one.child.role} did not end within {END_S:g} s and was killed")
                one.process.kill()
                one.process.wait()
            if one.listener is not None:
                one.listener.join(1.0)

    def _look_at(self, one: _Kept) -> None:
        now_s = time.monotonic()
        if one.process is None:
            if now_s >= one.again_s:
                self._start(one, now_s)
            return
        code = one.process.poll()
        if code is None:
            return
        if one.listener is not None:
            one.listener.join(1.0)
        one.process, one.code = None, code
        if code == 0 and (one.child.essential or one.child.closes):
            one.done = True
            return
        if code == CANNOT_RUN:
            one.done = True
            rest = "" if one.child.essential else "; the show goes on without it"
            self._report(f"{one.child.role} cannot run{rest}: {one.said or 'it did not say why'}")
            return
        if now_s - one.started_s >= SETTLED_S:
            one.wait_s = FIRST_WAIT_S
        one.again_s = now_s + one.wait_s
        cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        self._report(f"{one.child.role} ended with {cause}; started again in {one.wait_s:g} s")
        one.wait_s = min(MOST_WAIT_S, one.wait_s * 2)

    def _start(self, one: _Kept, now_s: float) -> None:
        """In a process group of its own: Ctrl-C reaches the parent alone, which ends the rest."""
        one.process = subprocess.Popen(
            one.child.argv, env={**os.environ, PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="replace", process_group=0,
        )  # fmt: skip
        one.started_s = now_s
        assert one.process.stderr is not None
        one.listener = threading.Thread(
            target=self._listen, args=(one, one.process.stderr), daemon=True
        )
        one.listener.start()

    def _listen(self, one: _Kept, stderr: IO[str]) -> None:
        with stderr:
            while line := stderr.readline(LONGEST_LINE):
                if line.strip():
                    one.said = line.strip()
                    self._say(f"{one.child.role}: {one.said}")
