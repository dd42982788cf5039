"""Records beside the show's loop: the loop hands moments over and never waits."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from installation.edition import Edition
from installation.run.conductor import Moment
from installation.run.recording.recorder import Recorder

MOST = 20_000
"""Moments that wait for the disk: 40 s of a busy show. Beyond it the recording has a gap."""
LOOK_S = 0.02
"""What has come in is written down so often: little at a time holds up the loop little."""
BREATH_S = 0.0005
"""Between two moments: the loop wants the interpreter far more often than the recorder does."""
HURRY = 2_000
"""So many waiting, and it does not breathe: more than 1,500 moments a second came in."""
PAUSE_S = 1.0
"""Nothing waits longer than this to be handed to the disk."""

Job = Callable[[], None]


class Scribe:
    """A thread that feeds a Recorder. `see`, `exchange` and `call` only leave a note for it."""

    def __init__(self, recorder: Recorder, say: Callable[[str], None], most: int = MOST) -> None:
        self._recorder, self._say, self._most = recorder, say, most
        self._notes: deque[Moment | Job] = deque()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._left_out = 0

    def start(self) -> None:
        self._thread.start()

    def see(self, moment: Moment) -> None:
        """For a Conductor's `witness`. Where too many wait, moments are left out, and said so."""
        notes = self._notes
        if len(notes) >= self._most:
            self._left_out += 1
            return
        if self._left_out:
            self._resume()
        notes.append(moment)

    def exchange(self, edition: Edition, now_us: int) -> None:
        """For a Conductor's `reloaded`."""
        self._notes.append(lambda: self._recorder.exchange(edition, now_us))

    def call(self, job: Job) -> None:
        """Do something with the recorder, after all that was seen until now."""
        self._notes.append(job)

    @property
    def waiting(self) -> int:
        """How many notes are not written down yet."""
        return len(self._notes)

    def close(self) -> None:
        """Write down what waits, and end the file."""
        self._stop.set()
        self._thread.join()

    def _resume(self) -> None:
        missing, self._left_out = self._left_out, 0
        self._say(f"the disk is too slow: {missing} moments were not recorded; "
                  "a new recording begins")  # fmt: skip
        self._notes.append(self._recorder.leave_out)

    def _run(self) -> None:
        looks = 0
        while not self._stop.wait(LOOK_S):
            if self.write():
                looks = 0
            elif (looks := looks + 1) * LOOK_S >= PAUSE_S:
                looks = 0
                self._recorder.pause()
        self.write()
        self._recorder.close()

    def write(self) -> bool:
        """What waits now, not what comes meanwhile; whether anything did."""
        notes, waiting = self._notes, len(self._notes)
        for _ in range(waiting):
            note = notes.popleft()
            if isinstance(note, Moment):
                self._recorder.see(note)
            else:
                note()
            if len(notes) < HURRY and not self._stop.is_set():
                time.sleep(BREATH_S)
        return waiting > 0
