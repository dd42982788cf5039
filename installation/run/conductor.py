"""The show being played: one `advance` after another, and what all of them said."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any, NamedTuple, TextIO

from installation.core import advance as core
from installation.core.inputs import Inputs
from installation.core.outputs import Event, Outputs, Shot
from installation.core.program import Program
from installation.core.reload import Kind, after, edited
from installation.core.state import State
from installation.edition import Edition
from installation.showfile.model import Show


class Moment(NamedTuple):
    """One `advance`: what was played and the state before it, what it was given, and what it
    said (also as the bytes that went into the digest)."""

    program: Program
    before: State
    inputs: Inputs
    outputs: Outputs
    said: bytes


class Conductor:
    """Holds the only show state. Knows neither clock nor gear: it is handed both."""

    def __init__(self, show: Show, seed: int, now_us: int, timeline: TextIO | None = None,
                 *, begun_us: int | None = None) -> None:  # fmt: skip
        self.show = show
        self.begun_us = now_us if begun_us is None else begun_us
        self.program, self.state = core.begin(show, seed, now_us)
        self.wake_us = now_us
        self.parameters: Mapping[str, float] = {}
        self.shots: deque[Shot] = deque(maxlen=16)
        self._timeline = timeline
        self.unwritten = 0
        """Lines of the timeline that could not be written."""
        self._digest = sha256()
        self.witness: Callable[[Moment], None] | None = None
        """Sees every moment that came to an end; must not take long."""
        self.reloaded: Callable[[Edition, int], None] | None = None
        """Hears of an edition that changes what is played, and the moment."""
        self.edition = ""
        """Of the show that is played; "" before any was heard of."""
        self._newest = Edition("", show)
        self._kind = Kind.NOTHING
        self._coming = ""
        self._dropped: list[tuple[str, int, float]] = []

    def advance(self, inputs: Inputs) -> Outputs:
        """One moment further; its events go to the timeline, its outputs into the digest."""
        program, before = self.program, self.state
        self.state, outputs = core.advance(program, before, inputs)
        self._play_on(after(self.program, self.state, outputs))
        self.wake_us = outputs.wake_us
        self.parameters = outputs.parameters
        self.shots.extend(outputs.shots)
        for event in outputs.events:
            self._write(event)
        said = self._said(outputs).encode(errors="backslashreplace")
        self._digest.update(said)
        if self.witness is not None:
            self.witness(Moment(program, before, inputs, outputs, said))
        return outputs

    def resume(self, state: State, now_us: int) -> Outputs:
        """Go on in this state of the same show, instead of at the beginning: all of it is said."""
        heard_us = dict.fromkeys(state.heard_us, now_us)  # nodes may be there that nobody heard
        state = replace(state, heard_us=heard_us)
        self.state, self.wake_us, self.parameters = state, state.now_us, state.levels
        self._write(Event(now_us, "recovery", state.act, state.scene, state.scene,
                          "the show process had to start again"))  # fmt: skip
        return Outputs(state.levels, tuple(state.levels), (), (), (), (), state.now_us)

    def stand_still(self, wake_us: int) -> Outputs:
        """Instead of a moment that failed: everything as it was, to be tried again later."""
        self.wake_us = wake_us
        return Outputs(self.parameters, (), (), (), (), (), wake_us)

    def reload(self, edition: Edition) -> None:
        """Hear of the show's files as they are now: what was edited takes effect with the next
        `advance`, or, where more than values changed, when a scene ends. With mistakes, or
        where the gear would have to be set up anew, the show that plays goes on."""
        is_first, self._newest, self._kind = not self._newest.id, edition, Kind.NOTHING
        if edition.show is None:
            return
        why = ", ".join(edition.files) or "the show's files"
        before = self.program
        self.program, self._kind = edited(before, self.state, edition.show, why)
        if self.reloaded is not None and self.program is not before:
            self.reloaded(edition, self.state.now_us)
        if self._kind is Kind.NOTHING:
            self.edition = edition.id
            if not is_first:
                state = self.state
                self._write(Event(state.now_us, "reload", state.act, state.scene, "nothing", why))
        elif self._kind is not Kind.RESTART:
            self._coming = edition.id
        if self._kind is Kind.VALUES:
            self.wake_us = self.state.now_us

    def moved_outputs(self, outputs: Outputs) -> list[tuple[str, int, float]]:
        """(node, index, value) of the nodes' outputs that this moment moved."""
        dropped, self._dropped = self._dropped, []
        return dropped + [
            (*self.show.outputs[name.removeprefix("output.")], outputs.parameters[name])
            for name in outputs.changed
            if name.startswith("output.")
        ]

    def digest(self) -> str:
        """SHA-256 over every output so far, in hexadecimal."""
        return self._digest.hexdigest()

    def desired(self) -> dict[str, Any]:
        """The desired state, complete, as the bus carries it."""
        state = self.state
        return {
            "now_us": state.now_us,
            "edition": self.edition,
            "act": state.act,
            "scene": state.scene,
            "parameters": dict(self.parameters),
            "shots": [asdict(shot) for shot in self.shots],
            "blackout": state.blackout,
            "stopped": state.stopped_us is not None,
        }

    def status(self) -> dict[str, Any]:
        """What the panel shows of the show."""
        state = self.state
        now_us = state.now_us if state.held_us is None else state.held_us
        return {
            "show": self.show.name,
            "title": self.show.title,
            "acts": {act.name: act.title for act in self.show.acts.values()},
            "surfaces": [surface.name for surface in self.show.surfaces],
            "act": state.act,
            "act_title": self.show.acts[state.act].title if state.act else "",
            "scene": state.scene,
            "scene_elapsed_s": round((now_us - state.scene_us) / 1e6, 2),
            "act_elapsed_s": round((now_us - state.act_us) / 1e6, 2),
            "played_s": round((state.now_us - self.begun_us) / 1e6, 2),
            "held": state.held_us is not None,
            "blackout": state.blackout,
            "stopped": state.stopped_us is not None,
            "standby": core.standby(self.program, state) if state.act else "",
            "signals": dict(state.values),
            "channels": dict(state.channels),
            "edit": self._edit(),
        }

    def _edit(self) -> dict[str, Any]:
        """What became of the newest version of the show's files: `state` is playing, waiting
        (for a scene to end), restart or mistaken."""
        newest = self._newest
        if newest.mistakes:
            state = "mistaken"
        elif self._kind is Kind.RESTART:
            state = "restart"
        else:
            state = "playing" if self.edition == newest.id else "waiting"
        return {"state": state, "edited": newest.edited, "files": newest.files,
                "mistakes": newest.mistakes, "id": newest.id}  # fmt: skip

    def _play_on(self, program: Program) -> None:
        """With the edited show, where it has been adopted just now."""
        if program is self.program:
            return
        if program.show is not self.show:
            kept = set(program.show.outputs.values())
            gone = [place for place in self.show.outputs.values() if place not in kept]
            self._dropped = [(*place, 0.0) for place in gone]
            self.edition = self._coming
        self.program, self.show = program, program.show

    def line(self, event: Event) -> dict[str, Any]:
        """An event as a line of the timeline: `t_s` is in show time."""
        told = asdict(event)
        return {"t_s": round((told.pop("t_us") - self.begun_us) / 1e6, 6), **told}

    def _write(self, event: Event) -> None:
        if self._timeline is None:
            return
        try:
            self._timeline.write(json.dumps(self.line(event), ensure_ascii=False) + "\n")
            self._timeline.flush()
        except (OSError, ValueError) as why:  # a full disk; a name that is no Unicode
            if not self.unwritten:
                print(f"the timeline is not written any more: {why}", file=sys.stderr)
            self.unwritten += 1

    def _said(self, outputs: Outputs) -> str:
        moved = [(name, outputs.parameters[name]) for name in outputs.changed]
        return repr(
            (
                self.state.now_us - self.begun_us,
                moved,
                outputs.messages,
                outputs.shots,
                [self.line(event) for event in outputs.events],
                [(reply.done, reply.why) for reply in outputs.replies],
                outputs.wake_us - self.begun_us,
            )
        )
