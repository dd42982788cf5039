"""Builders for stories about the core: a small show, and a teller that moves time."""

from __future__ import annotations

from dataclasses import replace

from firmware_bridge.sample import Health, Sample
from installation.core.advance import advance, begin
from installation.core.inputs import Command, Inputs
from installation.core.outputs import Event, Message, Outputs
from installation.showfile.model import (
    Act,
    Compare,
    Cue,
    Layer,
    Map,
    Node,
    Not,
    Scene,
    Show,
    Signal,
    Stem,
    Surface,
    Transition,
)  # fmt: skip

SECOND = 1_000_000


def scene(name: str, **more: object) -> Scene:
    empty = Scene(name, {}, SECOND, (), (), (), "open")
    return replace(empty, **more)  # type: ignore[arg-type]


def small_show(**scenes: Scene) -> Show:
    """A node with a distance and a touch, a layer, a stem; acts `dark` (attract) and `day`."""
    dark = Act("dark", "Dark", "wait", {"wait": scene("wait", next="act day", transitions=(
        Transition("act day", Compare("near", ">", 0.5), why="near"),))}, (), ())  # fmt: skip
    day_scenes = scenes or {"open": scene("open")}
    day = Act("day", "Day", next(iter(day_scenes)), day_scenes, (), (
        Transition("act dark", Not(Compare("near", ">", 0.5)), for_us=60 * SECOND),))  # fmt: skip
    return Show(
        name="small", title="Small", attract="dark", acts={"dark": dark, "day": day},
        nodes={"post": Node("post", ("distance", "touch"), ("lamp",))},
        patch={"distance": ("post", 0), "touch": ("post", 1)}, outputs={"lamp": ("post", 0)},
        surfaces=(Surface("wall", 4.0, 3.0),),
        layers=(Layer("glow", "wall", "glow.fs", "over", {"warmth": 0.2}),),
        stems=(Stem("hum", "hum.wav", "room"),),
        signals=(
            Signal("near", "presence", ("distance",), {"below": 1.5, "leave": 1.7}),
            Signal("fed", "accumulator", ("near",), {"full": 20e6, "drain": 0.0}, "act"),
            Signal("touched", "latch", ("touch",), {}, "act"),
        ),
        palette={},
    )  # fmt: skip


class Story:
    """Plays a show by hand: time moves only when told, and stops at each wake."""

    def __init__(self, show: Show, seed: int = 1) -> None:
        self.program, self.state = begin(show, seed, 0)
        self.events: list[Event] = []
        self.messages: list[Message] = []
        self.said: list[Outputs] = []
        self.now_us = 0
        self._speak_us = SECOND
        self._values = (4.0, 0.0)
        self.tell(Inputs(0, self._samples()))

    def tell(self, inputs: Inputs) -> Outputs:
        self.state, outputs = advance(self.program, self.state, inputs)
        self.events += outputs.events
        self.messages += outputs.messages
        self.said.append(outputs)
        return outputs

    def sense(self, distance: float | None = None, touch: float | None = None) -> Outputs:
        was = self._values
        self._values = (
            was[0] if distance is None else distance,
            was[1] if touch is None else touch,
        )
        return self.tell(Inputs(self.now_us, self._samples()))

    def command(self, verb: str, argument: str = "") -> Outputs:
        return self.tell(Inputs(self.now_us, commands=(Command("c", verb, argument),)))

    def lose_node(self) -> Outputs:
        return self.tell(Inputs(self.now_us, health=(Health("post", "lost", "unplugged"),)))

    def wait(self, seconds: float, speaking: bool = True) -> None:
        """Let time pass; the node goes on speaking once a second, unless it is silent."""
        end_us = self.now_us + round(seconds * SECOND)
        while self.now_us < end_us:
            self.now_us = min(
                end_us, max(self.now_us + 1, min(self.said[-1].wake_us, self._speak_us))
            )
            samples = ()
            if self.now_us >= self._speak_us:
                self._speak_us += SECOND
                samples = self._samples() if speaking else ()
            self.tell(Inputs(self.now_us, samples))

    def at(self) -> tuple[str, str]:
        return self.state.act, self.state.scene

    def parameter(self, name: str) -> float:
        return self.said[-1].parameters[name]

    def _samples(self) -> tuple[Sample, ...]:
        return (Sample("post", self.now_us, self._values),)


__all__ = ["SECOND", "Cue", "Map", "Story", "scene", "small_show"]
