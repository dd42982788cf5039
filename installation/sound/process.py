"""The sound process: desired gains in, pygame's mixer out."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from installation.bus import Bus
from installation.edition import TOPIC, Edition, heard, id_of
from installation.errors import Unavailable
from installation.showfile.model import Show
from installation.sound.levels import capped, slew, two_factors

RATE_HZ, FRAMES = 48_000, 1024
STEP_S = 0.02
HEALTH_S = 0.5
SHOTS = 12
"""Channels for one-shots; when all sound, the oldest gives way."""
HUSH_MS = 50
"""How fast a one-shot falls silent in a blackout: at once to the ear, and without a click."""


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """ALSA's library writes pages to stderr where there is no card; ours is one sentence."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class Mixer:
    """All loops run from the start, silent and sample-locked; only gains move."""

    def __init__(self, show: Show, sounds: Path) -> None:
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
        import pygame

        self._pygame = pygame
        troubles = [self._open()]
        self._sounds: dict[str, pygame.mixer.Sound] = {}
        for stem in show.stems:
            try:
                self._sounds[stem.name] = pygame.mixer.Sound(str(sounds / stem.file))
            except (pygame.error, OSError) as why:
                troubles.append(f"'{stem.name}' is silent: {stem.file} cannot be read ({why})")
        self.trouble = "; ".join(trouble for trouble in troubles if trouble)
        loops = [stem for stem in show.stems if stem.loop and stem.name in self._sounds]
        pygame.mixer.set_num_channels(len(loops) + SHOTS)
        self._gains = {stem.name: 0.0 for stem in loops}
        self._channels = {s.name: pygame.mixer.Channel(i) for i, s in enumerate(loops)}
        self._shots = [pygame.mixer.Channel(len(loops) + i) for i in range(SHOTS)]
        self._next_shot = 0
        for name, channel in self._channels.items():
            channel.set_volume(0.0, 0.0)
            channel.play(self._sounds[name], loops=-1)
            channel.set_volume(0.0, 0.0)

    def _open(self) -> str:
        """Open the device, else the silent one; what is wrong, in a sentence."""
        mixer = self._pygame.mixer
        try:
            with _hushed():
                mixer.init(RATE_HZ, 32, 2, FRAMES, allowedchanges=0)
        except self._pygame.error as why:
            os.environ["SDL_AUDIODRIVER"] = "dummy"
            mixer.init(RATE_HZ, 32, 2, FRAMES, allowedchanges=0)
            return f"no sound card, so the show plays on in silence ({why})"
        return ""

    def move(self, wanted: dict[str, float], elapsed_s: float) -> None:
        """Let every gain take a step towards what is wanted."""
        for name, target in capped(wanted).items():
            now = self._gains.get(name)
            if now is None or now == target:
                continue
            gain = slew(now, target, elapsed_s)
            self._gains[name] = gain
            coarse, fine = two_factors(gain)
            self._sounds[name].set_volume(coarse)
            self._channels[name].set_volume(fine, fine)

    def shoot(self, stem: str, gain: float) -> None:
        """Sound a one-shot, if it could be read."""
        sound = self._sounds.get(stem)
        if sound is None:
            return
        channel = self._shots[self._next_shot]
        self._next_shot = (self._next_shot + 1) % SHOTS
        channel.set_volume(gain, gain)
        channel.play(sound)
        channel.set_volume(gain, gain)

    def hush(self) -> None:
        """Fade out the one-shots that sound; one that fades already goes on."""
        for channel in self._shots:
            if channel.get_busy():
                channel.fadeout(HUSH_MS)

    @property
    def driver(self) -> str:
        """SDL's name of the audio driver in use."""
        return str(self._pygame.mixer.get_driver())

    def close(self) -> None:
        self._pygame.mixer.quit()


class Wanted:
    """The newest desired state, and the one-shots not yet sounded."""

    def __init__(self) -> None:
        self.news = threading.Event()
        self._lock = threading.Lock()
        self._gains: dict[str, float] = {}
        self._shots: list[tuple[str, float]] = []
        self._quiet = False
        self._last: int | None = None
        self._playing = ""
        self._known = ""
        self._edition: Edition | None = None

    def hear_edition(self, topic: str, payload: bytes) -> None:
        """From the bus: the show's files as they are now."""
        if (told := id_of(payload)) != self._known:
            self._known, edition = told, heard(payload)
            with self._lock:
                self._edition = edition

    def take_show(self, now: Show) -> Show | None:
        """The edited show, once it is played and sounds otherwise than `now`."""
        with self._lock:
            edition = self._edition
            if edition is None or edition.id != self._playing:
                return None
            self._edition = None
        is_edited = any(file.startswith("sounds/") for file in edition.files)
        show = edition.show
        return show if show and (is_edited or show.stems != now.stems) else None

    def hear(self, topic: str, payload: bytes) -> None:
        """From the bus. Shots that were there before this process are not sounded.

        Nor are those of a blackout or a stop; in a stop the core itself fades the loops.
        """
        told: dict[str, Any] = json.loads(payload)
        dark = told["blackout"]
        quiet = bool(dark or told["stopped"])
        gains = {
            name.removeprefix("stem."): 0.0 if dark else float(value)
            for name, value in told["parameters"].items()
            if name.startswith("stem.")
        }
        newest = max((shot["id"] for shot in told["shots"]), default=0)
        with self._lock:
            self._gains = gains
            self._playing = str(told.get("edition", ""))
            self._quiet = quiet
            if quiet:
                self._shots = []
            elif self._last is not None and newest >= self._last:
                last = self._last
                self._shots += [(s["stem"], s["gain"]) for s in told["shots"] if s["id"] > last]
            self._last = newest
        self.news.set()

    def take(self) -> tuple[dict[str, float], list[tuple[str, float]], bool]:
        """Gains, new shots, and whether no shot may sound."""
        with self._lock:
            shots, self._shots = self._shots, []
            return self._gains, shots, self._quiet


class Making(threading.Thread):
    """Edited sounds, made while the others play on; then there is silence for a moment, until
    all has come back. `folder` is None where they cannot be made."""

    def __init__(self, make: Callable[[], Path]) -> None:
        super().__init__(daemon=True)
        self._make = make
        self.folder: Path | None = None
        self.start()

    def run(self) -> None:
        try:
            self.folder = self._make()
        except Unavailable as why:
            print(f"{why}; it sounds as it did", file=sys.stderr)


def perform(show: Show, sounds: Path, bus: Bus, *, stop: threading.Event,
            again: Callable[[], Path] | None = None) -> int:  # fmt: skip
    """Make the desired state true until `stop`. `again` makes the edited `sounds` where they
    are made, and says where."""
    mixer = Mixer(show, sounds)
    if mixer.trouble:
        print(mixer.trouble, file=sys.stderr)
    wanted = Wanted()
    bus.subscribe("desired", wanted.hear)
    bus.subscribe(TOPIC, wanted.hear_edition)
    moved_s, told_s = time.monotonic(), 0.0
    making: Making | None = None
    try:
        while not stop.is_set():
            wanted.news.wait(STEP_S)
            wanted.news.clear()
            if edited := wanted.take_show(show):
                show, making = edited, Making(again or (lambda: sounds))
            if making is not None and not making.is_alive():
                if making.folder is not None:
                    mixer.close()
                    mixer = Mixer(show, making.folder)
                making = None
            gains, shots, quiet = wanted.take()
            now_s = time.monotonic()
            for stem, gain in shots:
                mixer.shoot(stem, gain)
            if quiet:
                mixer.hush()
            mixer.move(gains, min(now_s - moved_s, STEP_S))  # late is slower, never a jump
            moved_s = now_s
            if now_s - told_s >= HEALTH_S:
                told_s = now_s
                told = {"pid": os.getpid(), "driver": mixer.driver, "trouble": mixer.trouble}
                bus.publish("health/sound", json.dumps(told).encode())
    finally:
        mixer.close()
    return 0
