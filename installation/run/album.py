"""What a rehearsal keeps for its report: a trace of each signal, the look of each scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from installation.core.state import State

LOOK_US = 500_000
"""How often a look and the signals are kept."""
MOST = 4096
"""A bound on what is kept of one scene or signal; beyond it, every second one goes."""

Trace = list[tuple[float, float | None]]


@dataclass(frozen=True, slots=True)
class Look:
    """The parameters at one moment of a scene, enough to draw it."""

    act: str
    scene: str
    t_us: int
    parameters: Mapping[str, float]


@dataclass
class Album:
    """Filled while the show plays; a look is from the middle of a scene's first time."""

    traces: dict[str, Trace] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    _scene: tuple[str, str] = ("", "")
    _kept: list[Look] = field(default_factory=list)
    _due_us: int | None = None

    def see(self, state: State, parameters: Mapping[str, float], begun_us: int) -> None:
        """Call after each moment; keeps one every half second of show time."""
        if (state.act, state.scene) != self._scene:
            self.close()
            self._scene = (state.act, state.scene)
        now_us = state.now_us
        if self._due_us is None:
            self._due_us = now_us
        if now_us < self._due_us:
            return
        self._due_us = max(self._due_us + LOOK_US, now_us)
        self._kept = [*_thinned(self._kept), Look(*self._scene, now_us, parameters)]
        t_s = round((now_us - begun_us) / 1e6, 3)
        for name, felt in state.values.items():
            trace = self.traces.setdefault(name, [])
            trace.append((t_s, felt))
            if len(trace) > MOST:
                del trace[::2]

    def close(self) -> None:
        """The scene that was on is over."""
        drawn = {(look.act, look.scene) for look in self.looks}
        if self._kept and self._scene not in drawn:
            self.looks.append(self._kept[len(self._kept) // 2])
        self._kept = []

    def told(self) -> dict[str, Any]:
        """As JSON, for the process that writes the report."""
        looks = [(k.act, k.scene, k.t_us, dict(k.parameters)) for k in self.looks]
        return {"traces": self.traces, "looks": looks}

    @staticmethod
    def heard(told: Mapping[str, Any]) -> Album:
        """The inverse of `told`."""
        return Album(dict(told["traces"]), [Look(*look) for look in told["looks"]])


def _thinned(kept: list[Look]) -> list[Look]:
    return kept[::2] if len(kept) > MOST else kept
