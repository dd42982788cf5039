"""A real show on a bus, with nodes on ptys and a panel on a port: what the browser looks at."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pygame
from fastapi import FastAPI

from firmware_bridge.simulated.node import SimulatedNode
from firmware_bridge.simulated.pty import PtyNode
from installation.bus import MemoryBus
from installation.panel.process import Server, listen, make_server
from installation.run.conductor import Conductor
from installation.run.gear import Gear
from installation.run.link import clock_us
from installation.run.show import Performance
from installation.showfile.model import Act, Cue, Node, Scene, Send, Show

DEADLINE_S = 15.0
SECOND_US = 1_000_000
SIZE = (640, 120)


def small_show() -> Show:
    """Acts `waiting` and `opening_night`, which has a cue on GO; nodes `plinth` and `heap`."""

    def act(name: str, title: str, following: str, *cues: Cue) -> Act:
        scene = Scene("first_look", {}, SECOND_US, cues, (), (), following)
        return Act(name, title, scene.name, {scene.name: scene}, (), ())

    on_go = Cue("N1", (Send("/night", (1,)),), on_go=True)
    acts = (
        act("waiting", "Waiting", "act opening_night"),
        act("opening_night", "Opening Night", "act waiting", on_go),
    )
    nodes = (Node("plinth", ("distance", "weight"), ("ring",)), Node("heap", ("touch_1",), ()))
    patch = {"distance": ("plinth", 0), "weight": ("plinth", 1), "touch_1": ("heap", 0)}
    return Show(
        name="small", title="A Small Show", attract="waiting",
        acts={a.name: a for a in acts}, nodes={n.name: n for n in nodes}, patch=patch,
        outputs={"ring": ("plinth", 0)}, surfaces=(), layers=(), stems=(), signals=(), palette={},
    )  # fmt: skip


def picture() -> bytes:
    """What the stage would show: a JPEG of three walls."""
    walls = pygame.Surface(SIZE)
    for place, colour in enumerate(("#0f6b4f", "#c9a24b", "#8a3b1c")):
        walls.fill(colour, (place * SIZE[0] // 3, 0, SIZE[0] // 3 + 1, SIZE[1]))
    file = io.BytesIO()
    pygame.image.save(walls, file, "preview.jpg")
    return file.getvalue()


class House:
    """Plays the small show until it is closed; `commands` are (moment in seconds, verb)."""

    def __init__(self, folder: Path) -> None:
        self.bus, self.commands = MemoryBus(), list[tuple[float, str]]()
        self._stop, self._gear = threading.Event(), threading.Lock()
        self._watched_s = 0.0
        self.absent: set[str] = set()
        """Processes whose health is not told."""
        show = small_show()
        self.nodes = {
            node.name: PtyNode(
                SimulatedNode(node.name, node.channels, node.outputs, uid=number),
                str(folder / f"tty-{node.name}"),
            )
            for number, node in enumerate(show.nodes.values(), 1)
        }
        self.bus.subscribe("command", self._note)
        self.bus.subscribe("watch", self._watch)
        self.performance = Performance(
            Conductor(show, 1, clock_us()),
            self.bus,
            Gear([str(n.path) for n in self.nodes.values()]),
            expects=("stage", "sound"),
        )
        self._threads = [
            threading.Thread(target=self.performance.perform, args=(self._stop,)),
            threading.Thread(target=self._pump),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for node in self.nodes.values():
            node.unplug()

    def unplug(self, name: str) -> None:
        with self._gear:
            self.nodes[name].unplug()

    def plug(self, name: str) -> None:
        with self._gear:
            self.nodes[name].plug(clock_us())

    def _note(self, topic: str, payload: bytes) -> None:
        self.commands.append((time.monotonic(), str(json.loads(payload)["verb"])))

    def _watch(self, topic: str, payload: bytes) -> None:
        self._watched_s = time.monotonic()

    def _pump(self) -> None:
        """The nodes speak; a stage and a sound process are there, as far as the bus can tell."""
        shown, told_s = picture(), 0.0
        while not self._stop.wait(0.002):
            with self._gear:
                for node in self.nodes.values():
                    node.pump(clock_us())
            now_s = time.monotonic()
            if now_s - told_s < 0.1:
                continue
            told_s = now_s
            for role in {"stage", "sound"} - self.absent:
                health = {"pid": 1, "fps": 60.0, "renderer": "a test"}
                self.bus.publish(f"health/{role}", json.dumps(health).encode())
            if now_s - self._watched_s < 2.0:
                self.bus.publish("preview", shown)


@contextmanager
def served(app: FastAPI, port: int = 0) -> Iterator[Server]:
    """The app on a loopback port, as the gallery serves it; the port is given back at the end."""
    listener = listen("127.0.0.1", port)
    server = make_server(app)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield server
    finally:
        server.should_exit = True
        thread.join()
        with suppress(OSError):
            listener.close()


def port_of(server: Server) -> int:
    return int(server.servers[0].sockets[0].getsockname()[1])


def wait_for(condition: Callable[[], object], deadline_s: float = DEADLINE_S) -> None:
    """Until it holds; fails where it does not within a generous deadline."""
    poll = threading.Event()
    end_s = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end_s, "what was waited for did not come"
        poll.wait(0.005)
