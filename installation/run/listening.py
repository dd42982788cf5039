"""A bridge that serves itself, for those who wait for people and not for a show."""

from __future__ import annotations

import threading
from collections import deque

from firmware_bridge.sample import Health, Sample
from firmware_bridge.schema import Described
from firmware_bridge.session import Expected
from installation.run.gear import Gear

TURN_S = 0.05
MOST_SAMPLES = 65_536
"""A bound on what nobody has taken; the oldest are dropped."""


class Listening:
    """Opens the ports of `gear`. `nodes` None takes whatever node there is."""

    def __init__(self, gear: Gear, nodes: Expected | None) -> None:
        self._bridge = gear.bridge(nodes)
        self._samples: deque[Sample] = deque(maxlen=MOST_SAMPLES)
        self._stop = threading.Event()
        self.health: dict[str, Health] = {}
        """The newest of each node."""
        self.ports: tuple[Health, ...] = ()
        """Each port and what hangs there."""
        self.live: list[tuple[Health, tuple[Described, ...]]] = []
        """The nodes that speak, with their channels as they describe them."""
        self._thread = threading.Thread(target=self._serve, name="listening", daemon=True)
        self._thread.start()

    def take(self) -> list[Sample]:
        """What was heard since the last call."""
        return [self._samples.popleft() for _ in range(len(self._samples))]

    def close(self) -> None:
        """Every port is closed when this returns."""
        self._stop.set()
        self._bridge.wake()
        self._thread.join()

    def _serve(self) -> None:
        try:
            self._bridge.start()
            while not self._stop.is_set():
                self._bridge.wait(TURN_S)
                samples, health = self._bridge.drain()
                self._samples += samples
                if health or not self.ports:
                    self.health = {**self.health, **{h.node: h for h in health}}
                    self.ports, self.live = self._bridge.ports(), self._bridge.live()
        finally:
            self._bridge.close()
