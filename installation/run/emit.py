"""What one moment of the show says, carried out: OSC, node outputs, replies, the album."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge.sample import Health
from installation.core.outputs import Outputs
from installation.osc.out import OscOut
from installation.run.album import Album
from installation.run.conductor import Conductor
from installation.run.link import Link

SetOutput = Callable[[str, int, float], None]


@dataclass(frozen=True, slots=True)
class Emitter:
    """The same in a performance and in a rehearsal; what is None is not there."""

    conductor: Conductor
    set_output: SetOutput
    osc: OscOut | None = None
    link: Link | None = None
    album: Album | None = None

    def emit(self, outputs: Outputs, health: tuple[Health, ...], now_us: int) -> int:
        """How many OSC packets left."""
        conductor = self.conductor
        sent = self.osc.emit(outputs, now_us) if self.osc else 0
        for node, index, value in conductor.moved_outputs(outputs):
            self.set_output(node, index, value)
        if self.link:
            self.link.hear_nodes(health)
            self.link.answer(outputs)
        if self.album:
            self.album.see(conductor.state, conductor.parameters, conductor.begun_us)
        return sent
