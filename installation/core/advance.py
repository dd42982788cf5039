"""advance(program, state, inputs) -> state, outputs: the show, one moment further."""

from __future__ import annotations

from collections.abc import Mapping

from installation.core import command, express, play, reload, sense
from installation.core.draft import ALL, FIELDS, FOREVER_US, Draft
from installation.core.inputs import Inputs
from installation.core.outputs import Outputs
from installation.core.program import Program, compile_show
from installation.core.sense import SILENT_US
from installation.core.state import State
from installation.showfile.model import Show

NOW, HEARD = FIELDS.index("now_us"), FIELDS.index("heard_us")

__all__ = ["advance", "begin", "compile_show", "standby"]


def begin(show: Show, seed: int, now_us: int) -> tuple[Program, State]:
    """The show compiled, and the moment before its first: the attract act is entered
    by the first `advance`."""
    program = compile_show(show, seed)
    state = State(
        now_us=now_us, act="", scene="", act_us=now_us, scene_us=now_us, entered_us=now_us,
        channels={}, heard_us={}, readings={}, values={}, parts={}, memories={}, wakes={},
        levels=dict(program.rest), ramps={}, lagging={}, framed_us=now_us,
        waiting=(), next_cue=0, standby=(), truths={}, holding={}, fired={}, left=None, shots=0,
        held_us=None, stopped_us=None, blackout=False, went_us=-(10**12), due_us=now_us,
    )  # fmt: skip
    return program, state


def advance(program: Program, state: State, inputs: Inputs) -> tuple[State, Outputs]:
    """One moment. Equal arguments give equal results, byte for byte."""
    if _brings_nothing(state, inputs) and not reload.is_due(program, inputs.now_us):
        return _pass(state, inputs)
    draft = Draft(program, state, inputs.now_us)
    reload.adopt(draft)
    if not draft.act:
        _open(draft)
    sense.hear(draft, inputs.samples)
    sense.diagnose(draft, inputs.health)
    sense.derive(draft)
    for wish in inputs.commands:
        command.obey(draft, wish)
    if draft.held_us is None:
        play.play(draft)
    else:
        play.let_go(draft)
    express.express(draft)
    draft.due_us = _due(draft)
    outputs = Outputs(
        parameters=express.master(draft.levels, draft.now_us, draft.stopped_us, draft.blackout),
        changed=tuple(draft.changed),
        messages=tuple(draft.messages),
        shots=tuple(draft.sounded),
        events=tuple(draft.events),
        replies=tuple(draft.replies),
        wake_us=_wake(draft.due_us, draft.heard_us, draft.now_us),
    )
    return draft.freeze(), outputs


def standby(program: Program, state: State) -> str:
    """What GO will do in this state."""
    return command.standby(Draft(program, state, state.now_us))


def _open(draft: Draft) -> None:
    """The first moment: every signal is worked out once, the attract act begins.

    Every parameter counts as changed: a node's safe values are not the show's.
    """
    draft.changed.update(dict.fromkeys(draft.levels))
    attract = draft.program.show.attract
    start = draft.program.show.acts[attract].start
    for wired in draft.program.signals:
        sense.refresh(draft, wired)
    play.enter(draft, attract, start, draft.now_us, "the show begins")


def _brings_nothing(state: State, inputs: Inputs) -> bool:
    """Whether the nodes only say again what is known, and nothing is due: most moments."""
    return (
        not inputs.commands
        and not inputs.health
        and inputs.now_us < state.due_us
        and inputs.now_us < min(state.heard_us.values(), default=FOREVER_US) + SILENT_US
        and all(state.readings.get(sample.node) == sample.values for sample in inputs.samples)
    )


def _pass(state: State, inputs: Inputs) -> tuple[State, Outputs]:
    """The moment after which only the time has changed, and when each node was last heard."""
    now_us = max(inputs.now_us, state.now_us)
    heard_us = {**state.heard_us, **{sample.node: now_us for sample in inputs.samples}}
    parameters = express.master(state.levels, now_us, state.stopped_us, state.blackout)
    wake_us = _wake(state.due_us, heard_us, now_us)
    outputs = Outputs(parameters, (), (), (), (), (), wake_us)
    told = list(ALL(state))  # quicker than dataclasses.replace, and most moments come here
    told[NOW], told[HEARD] = now_us, heard_us
    return State(*told), outputs


def _due(draft: Draft) -> int:
    moments = [FOREVER_US, *draft.wakes.values()]
    frame_us = express.next_frame(draft)
    if frame_us is not None:
        moments.append(frame_us)
    if draft.held_us is None:
        moments.append(play.next_moment(draft))
    return min(moments)


def _wake(due_us: int, heard_us: Mapping[str, int], now_us: int) -> int:
    silent_us = min(heard_us.values(), default=FOREVER_US) + SILENT_US
    return max(min(due_us, silent_us), now_us + 1)
