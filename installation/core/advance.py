"""advance(program, state, inputs) -> state, outputs: the show, one moment further."""

from __future__ import annotations

from installation.core import command, express, play, sense
from installation.core.draft import FOREVER_US, Draft
from installation.core.inputs import Inputs
from installation.core.outputs import Outputs
from installation.core.program import Program, compile_show
from installation.core.sense import SILENT_US
from installation.core.state import State
from installation.showfile.model import Show

__all__ = ["advance", "begin", "compile_show", "standby"]


def begin(show: Show, seed: int, now_us: int) -> tuple[Program, State]:
    """The show compiled, and the moment before its first: the attract act is entered
    by the first `advance`."""
    program = compile_show(show, seed)
    state = State(
        now_us=now_us, act="", scene="", act_us=now_us, scene_us=now_us,
        channels={}, heard_us={}, values={}, parts={}, memories={}, wakes={},
        levels=dict(program.rest), ramps={}, lagging=frozenset(), framed_us=now_us,
        waiting=(), standby=(), truths={}, holding={}, fired={}, left=None, shots=0,
        held_us=None, stopped_us=None, blackout=False, went_us=-(10**12),
    )  # fmt: skip
    return program, state


def advance(program: Program, state: State, inputs: Inputs) -> tuple[State, Outputs]:
    """One moment. Equal arguments give equal results, byte for byte."""
    draft = Draft(program, state, inputs.now_us)
    if not draft.act:
        _open(draft)
    sense.hear(draft, inputs.samples)
    sense.diagnose(draft, inputs.health)
    sense.derive(draft)
    for wish in inputs.commands:
        command.obey(draft, wish)
    if draft.held_us is None:
        play.play(draft)
    express.express(draft)
    outputs = Outputs(
        parameters=express.master(draft),
        changed=tuple(draft.changed),
        messages=tuple(draft.messages),
        shots=tuple(draft.sounded),
        events=tuple(draft.events),
        replies=tuple(draft.replies),
        wake_us=_wake(draft),
    )
    return draft.freeze(), outputs


def standby(program: Program, state: State) -> str:
    """What GO will do in this state."""
    return command.standby(Draft(program, state, state.now_us))


def _open(draft: Draft) -> None:
    """The first moment: every signal is worked out once, the attract act begins."""
    for wired in draft.program.signals:
        sense.refresh(draft, wired)
    attract = draft.program.show.attract
    play.enter(draft, attract, draft.program.show.acts[attract].start, draft.now_us)


def _wake(draft: Draft) -> int:
    moments = [FOREVER_US, *draft.wakes.values()]
    moments += [heard_us + SILENT_US for heard_us in draft.heard_us.values()]
    frame_us = express.next_frame(draft)
    if frame_us is not None:
        moments.append(frame_us)
    if draft.held_us is None:
        moments.append(play.next_moment(draft))
    return max(min(moments), draft.now_us + 1)
