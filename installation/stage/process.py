"""The stage process: draws the newest desired state, sixty times a second where it can."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from collections import deque
from itertools import islice
from pathlib import Path
from typing import Any

import pygame

from installation.bus import Bus
from installation.edition import TOPIC, Edition, heard, id_of
from installation.showfile.model import Show
from installation.stage.compositor import Compositor, Drawn
from installation.stage.context import Context, open_context
from installation.stage.preview import Preview, Resizer

FRAME_S = 1.0 / 60.0
HEALTH_S = 0.5
PREVIEW_S = 0.1
WATCH_S = 2.0
PREVIEW_HEIGHT = 120
FIGURES = 240  # frames that the percentiles look back on
SLOW_MS, QUICK_MS = 32.0, 20.0
"""A frame that takes longer is drawn smaller, one that takes less larger: 30 frames/s is kept."""
LEAST_PART = 0.4
# TIME starts within four hours, so that a shader's 32-bit float still counts milliseconds.
TIME_SPAN_S = 14_400.0


class Inbox:
    """What the bus brought: the newest of each topic, and when. Filled on the bus's thread."""

    def __init__(self, bus: Bus) -> None:
        self._fresh: bytes | None = None
        self._edition: bytes | None = None
        self._known = ""
        self.desired: dict[str, Any] = {}
        self.watched_s = -1e9
        bus.subscribe(TOPIC, self._hear_edition)
        bus.subscribe("desired", self._desired)
        bus.subscribe("watch", self._watch)

    def _desired(self, _topic: str, payload: bytes) -> None:
        self._fresh = payload

    def _watch(self, _topic: str, _payload: bytes) -> None:
        self.watched_s = time.monotonic()

    def _hear_edition(self, _topic: str, payload: bytes) -> None:
        if (told := id_of(payload)) != self._known:
            self._known, self._edition = told, payload

    def take_edition(self) -> Edition | None:
        """The newest version of the show's files, once."""
        taken, self._edition = self._edition, None
        try:
            return None if taken is None else heard(taken)
        except ValueError as why:
            print(why, file=sys.stderr)
            return None

    def newest(self) -> dict[str, Any]:
        """The newest desired state; what is not JSON leaves the picture as it was."""
        fresh, self._fresh = self._fresh, None
        if fresh is not None:
            try:
                parsed = json.loads(fresh)
            except ValueError:
                return self.desired
            if isinstance(parsed, dict):
                self.desired = parsed
        return self.desired


class Meter:
    """Frames and their cost."""

    def __init__(self) -> None:
        self.frames = 0
        self._took_ms: deque[float] = deque(maxlen=FIGURES)
        self._begun_s = time.monotonic()
        self._since_s, self._since_frames = self._begun_s, 0

    def frame(self, took_s: float) -> None:
        self.frames += 1
        self._took_ms.append(took_s * 1e3)

    def recent_ms(self) -> float:
        """The median of the last half second or so."""
        newest = sorted(islice(reversed(self._took_ms), 15))
        return newest[len(newest) // 2] if newest else 0.0

    def health(self, now_s: float, renderer: str, part: float, trouble: str) -> bytes:
        took, span_s = sorted(self._took_ms), max(1e-3, now_s - self._since_s)
        fps = (self.frames - self._since_frames) / span_s
        self._since_s, self._since_frames = now_s, self.frames
        told = {
            "pid": os.getpid(), "fps": round(fps, 1), "frames": self.frames,
            "mean_fps": round(self.frames / max(1e-3, now_s - self._begun_s), 1),
            "frame_p50_ms": round(took[len(took) // 2], 2) if took else 0.0,
            "frame_p99_ms": round(took[int(len(took) * 0.99)], 2) if took else 0.0,
            "renderer": renderer, "part": round(part, 2), "trouble": trouble,
        }  # fmt: skip
        return json.dumps(told).encode()


class Edits:
    """Takes up edited layers and visuals when the show plays their edition, not before."""

    def __init__(self, compositor: Compositor, show: Show, visuals: Path) -> None:
        self._compositor, self._surfaces, self._visuals = compositor, show.surfaces, visuals
        self._ready: tuple[str, list[Drawn]] | None = None
        self.trouble = ""
        """What is wrong with the newest visuals, which are then drawn as they were."""

    def look(self, edition: Edition | None, playing: str) -> None:
        """Compile what is new of `edition`, and draw it once it is `playing`."""
        show = edition.show if edition else None
        if edition and show and show.surfaces == self._surfaces:
            layers, mistakes = self._compositor.prepare(show, self._visuals)
            self._ready = (edition.id, layers)
            self.trouble = "; ".join(str(mistake) for mistake in mistakes)
            if mistakes:
                print(f"{self.trouble}; drawn as it was", file=sys.stderr)
        if self._ready is not None and self._ready[0] == playing:
            self._compositor.take(self._ready[1])
            self._ready = None


def perform(show: Show, visuals: Path, bus: Bus, *, size: tuple[int, int] = (640, 360),
            headless: bool, closable: bool = False, stop: threading.Event) -> int:  # fmt: skip
    """Draw until `stop`; where it is `closable`, until Escape or the window's closing too.

    `size` is that of one surface, in pixels.
    """
    inbox = Inbox(bus)
    across = size[0] * max(1, len(show.surfaces))
    context = open_context((across, size[1]), headless=headless, framed=closable)
    try:
        _play(show, visuals, bus, inbox, context, size, closable, stop)
    finally:
        if context.window is not None:
            pygame.display.quit()
    return 0


def _play(show: Show, visuals: Path, bus: Bus, inbox: Inbox, context: Context,
          size: tuple[int, int], closable: bool, stop: threading.Event) -> None:  # fmt: skip
    compositor = Compositor(show, visuals, size, context.gl)
    small = (compositor.width * PREVIEW_HEIGHT // compositor.height, PREVIEW_HEIGHT)
    preview = Preview(context.gl, compositor.texture, small)
    resizer = Resizer(context.gl, compositor.texture, (compositor.width, compositor.height))
    edits = Edits(compositor, show, visuals)
    meter, begun_s, offset_s = Meter(), time.monotonic(), None
    health_s = preview_s = 0.0
    due_s = begun_s
    while not stop.is_set() and not (_asked_to_close(context) and closable):
        now_s = time.monotonic()
        desired = inbox.newest()
        edits.look(inbox.take_edition(), str(desired.get("edition", "")))
        if offset_s is None and desired:
            offset_s = (desired.get("now_us", 0) / 1e6) % TIME_SPAN_S - now_s
        compositor.render(desired, now_s + (offset_s if offset_s is not None else -begun_s))
        context.show(compositor.picture, resizer, compositor.part)
        done_s = time.monotonic()
        meter.frame(done_s - now_s)
        if done_s >= preview_s and done_s - inbox.watched_s < WATCH_S:
            preview_s = done_s + PREVIEW_S
            bus.publish("preview", preview.jpeg(compositor.part))
        if done_s >= health_s:
            health_s = done_s + HEALTH_S
            part = next_part(compositor.part, meter.recent_ms())
            if part != compositor.part:
                compositor.draw_into(part)
            bus.publish("health/stage", meter.health(done_s, context.renderer, part, edits.trouble))
        # A frame that comes late moves the deadlines, so that none are made up for in a burst.
        due_s = max(due_s + FRAME_S, done_s)
        stop.wait(max(0.001, due_s - time.monotonic()))


def next_part(part: float, took_ms: float) -> float:
    """How much of the picture to draw next, after frames that took `took_ms` with `part`.

    Pixels cost what they are: the area follows the time. Between slow and quick it stays.
    """
    if QUICK_MS <= took_ms <= SLOW_MS or took_ms <= 0.0:
        return part
    aim_ms = (SLOW_MS + QUICK_MS) / 2
    wanted = part * math.sqrt(min(1.25, max(0.5, aim_ms / took_ms)))
    return round(min(1.0, max(LEAST_PART, wanted)), 3)


def _asked_to_close(context: Context) -> bool:
    if context.window is None:
        return False
    return any(
        event.type == pygame.QUIT or (event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE)
        for event in pygame.event.get()
    )
