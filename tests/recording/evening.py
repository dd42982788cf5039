"""A small show before scripted visitors, in virtual time: what the tests of recordings play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from firmware_bridge.sample import ChannelHealth, Health, Sample
from installation.core.inputs import Command, Inputs
from installation.edition import Edition
from installation.run.conductor import Conductor, Moment
from installation.run.recording.bundle import pack
from installation.run.recording.recorder import Origin
from installation.showfile.load import load
from tests.core.small_show import build

SECOND_US = 1_000_000
BEGUN_US = 987_654_321_000
STEP_US = 40_000
WISHES = {45: "go", 90: "hold", 95: "resume", 130: "blackout", 133: "light", 170: "stop",
          176: "rearm", 230: "go"}  # fmt: skip
"""What staff do, by second."""


def small_show(folder: Path, *changes: tuple[str, str]) -> Path:
    """The small show of the core's tests, in a folder of its own."""
    build(folder, *changes)
    return folder


class Evening:
    """Visitors come for 30 of each 70 s; the voice is heard, a button is pressed, a node is
    lost for a while. `recorder` and others see every moment by `witness`."""

    def __init__(self, directory: Path, begun_us: int = BEGUN_US) -> None:
        self.directory = directory
        self.conductor = Conductor(load(directory), 3, begun_us)
        self.origin = Origin.of(self.conductor, pack(self.conductor.show, directory))
        self.given: list[Inputs] = []
        self._step = 0

    def seen_by(self, *witnesses: Callable[[Moment], None]) -> Evening:
        def see(moment: Moment) -> None:
            self.given.append(moment.inputs)
            for witness in witnesses:
                witness(moment)

        self.conductor.witness = see
        return self

    def play(self, seconds: float) -> Evening:
        """That much more."""
        for _ in range(round(seconds * SECOND_US / STEP_US)):
            now_us = self.conductor.begun_us + self._step * STEP_US
            while self.conductor.wake_us < now_us:
                self.conductor.advance(Inputs(self.conductor.wake_us))
            self.conductor.advance(self._inputs(now_us))
            self._step += 1
        return self

    def edit(self, *changes: tuple[str, str]) -> None:
        """The show's files are saved while it plays."""
        build(self.directory, *changes)
        self.conductor.reload(Edition(f"{changes}", load(self.directory), ("acts/waiting.yaml",)))

    def _inputs(self, now_us: int) -> Inputs:
        at_s = self._step * STEP_US / SECOND_US
        is_here = 10.0 <= at_s % 70.0 < 40.0
        near_m = 0.9 + 0.05 * (self._step % 7) if is_here else 4.0
        plinth = Sample(
            "plinth", now_us - 700 - self._step % 11, (near_m, -0.0 if is_here else 0.0)
        )
        voice = 52.0 + 30.0 * (is_here and self._step % 100 < 60)
        values = (float(int(at_s) // 50), voice if self._step % 13 else None)
        post = Sample("post", now_us - 300, values, () if self._step % 13 else (1,))
        is_lost = 100.0 <= at_s < 104.0
        samples = (plinth, post)[self._step % 2 :: 2] if not is_lost else (plinth,)
        is_new_second = at_s == int(at_s)
        wish = WISHES.get(int(at_s)) if is_new_second else None
        return Inputs(
            now_us, samples, self._health(is_lost) if is_new_second else (),
            (Command(f"c{int(at_s)}", wish),) if wish else (),
        )  # fmt: skip

    def _health(self, is_lost: bool) -> tuple[Health, ...]:
        voice = ChannelHealth("voice", "dB", "noisy", 52.5, "shield the cable")
        state, why = ("lost", "unplugged") if is_lost else ("live", "")
        return (Health("post", state, why, 24.9, uid=7, channels=(voice,)),)
