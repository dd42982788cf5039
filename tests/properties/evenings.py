"""What may happen to a show in an evening, and the evening played through a Conductor."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from firmware_bridge.sample import Health, Sample
from installation.core.inputs import Command, Inputs
from installation.core.outputs import Event, Outputs
from installation.run.conductor import Conductor
from installation.showfile.load import load
from tests.properties.shows import CHANNELS, LONGEST_S, Drawn, shows

SECOND = 1_000_000
PATIENCE_S = LONGEST_S + 1
MOST_MOMENTS = 4_000
"""Of one wait: nothing that is drawn wants more, so more is a show that runs in place."""

Step = dict[str, Any]


@dataclass(frozen=True)
class Evening:
    """A show and what happens to it; each step is a mapping, so that it is easily read."""

    show: Drawn
    steps: Sequence[Step]

    def __repr__(self) -> str:
        return f"{self.show!r}\n" + "".join(f"- {step}\n" for step in self.steps)


readings = st.sampled_from((None, 0.0, 1.0, 2.0, 0.9, 1.7, 65.0, -1e6, 1e6, 3))
commands = st.sampled_from(("go", "hold", "resume", "stop", "rearm", "blackout", "light",
                            "goto act0", "goto act0/s0", "goto act1", "goto nowhere"))  # fmt: skip
steps = st.one_of(
    *(st.fixed_dictionaries({"node": st.just(node), "says": st.tuples(*[readings] * len(of))})
      for node, of in CHANNELS.items()),
    st.fixed_dictionaries({"staff": commands}),
    st.fixed_dictionaries({"lost": st.sampled_from([*CHANNELS]),
                           "state": st.sampled_from(("lost", "absent", "refused", "live"))}),
    st.fixed_dictionaries({"wait_ms": st.sampled_from((1, 50, 700, 3_000))}),
    st.fixed_dictionaries({"late_ms": st.sampled_from((30, 2_000, 60_000, 3 * 86_400_000))}),
)  # fmt: skip
evenings = st.builds(Evening, shows(), st.lists(steps, max_size=12))


@dataclass
class Stage:
    """Moves a show's time; fails where the core breaks its word."""

    conductor: Conductor
    now_us: int = 0
    events: list[Event] = field(default_factory=list)

    def tell(self, **inputs: Any) -> Outputs:
        outputs = self.conductor.advance(Inputs(self.now_us, **inputs))
        self.events += outputs.events
        assert outputs.wake_us > self.now_us, "it wants to be woken in the past"
        for name, value in outputs.parameters.items():
            assert isfinite(value), f"{name} is {value}"
            assert 0.0 <= value <= 1.0, f"{name} is {value}"
        return outputs

    def wait(self, us: int, for_a_scene: bool = False) -> None:
        """To each moment at which the core wants to be woken; or until a scene begins."""
        end_us = self.now_us + us
        for _ in range(MOST_MOMENTS):
            if self.now_us >= end_us or (for_a_scene and self.scenes):
                return
            self.now_us = min(end_us, self.conductor.wake_us)
            self.tell()
        raise AssertionError(f"more than {MOST_MOMENTS} moments in {us / 1e6:g} s")

    @property
    def scenes(self) -> list[Event]:
        return [event for event in self.events if event.kind == "scene"]

    def do(self, step: Step) -> None:
        match step:
            case {"node": node, "says": values}:
                self.tell(samples=(Sample(node, self.now_us, tuple(values)),))
            case {"staff": wish}:
                verb, _, argument = wish.partition(" ")
                self.tell(commands=(Command("c", verb, argument),))
            case {"lost": node, "state": state}:
                self.tell(health=(Health(node, state, "unplugged"),))
            case {"wait_ms": ms}:
                self.wait(ms * 1_000)
            case {"late_ms": ms}:
                self.now_us += ms * 1_000
                self.tell()

    def let_go(self) -> None:
        """Staff leave the show to itself."""
        for verb in ("rearm", "resume", "light"):
            self.tell(commands=(Command("c", verb),))


def on_disk(files: Mapping[str, str], folder: Path) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def played(files: Mapping[str, str], steps: Sequence[Step]) -> Stage:
    """The show loaded and played through these steps."""
    with tempfile.TemporaryDirectory(prefix="installation-") as folder:
        show = load(on_disk(files, Path(folder)))
    stage = Stage(Conductor(show, 1, 0))
    stage.tell()
    for step in steps:
        stage.do(step)
    return stage


def stalls(stage: Stage) -> str:
    """Where the show stays though nobody acts, though every scene ends by time; else empty."""
    stage.let_go()
    stage.events.clear()
    begun = stage.conductor.state.act, stage.conductor.state.scene
    stage.wait(PATIENCE_S * SECOND, for_a_scene=True)
    if stage.scenes:
        return ""
    return f"{'/'.join(begun)} is still on after {PATIENCE_S} s"


def through(evening: Evening) -> str:
    """Play a whole evening to its end; its digest."""
    stage = played(evening.show.files, evening.steps)
    assert not (where := stalls(stage)), where
    return stage.conductor.digest()
