"""A show that was edited while it plays: what kind of edit it is, and how the show goes on.

Where only values changed, the scene goes on with the new ones at once (`adopt`). Where there
is something more, or less, of anything, the edited show waits as `Program.upcoming` until a
scene begins (`take_up`): from then on all is as if it had always been so.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from installation.core import sense
from installation.core.draft import Draft
from installation.core.outputs import Outputs
from installation.core.program import Program
from installation.core.state import Due, Left, Ramp, State
from installation.showfile.model import Cue, Fade, Scene, Show, Transition

MOVE_US = 300_000
"""How long a parameter takes to where an edit wants it: no jump on the wall."""
HELD_OVER = ("", -1)
"""Kept in `fired` whatever the transitions are (see `play.LOOP`)."""


class Kind(Enum):
    """What an edit touched."""

    NOTHING = "nothing"
    VALUES = "values"
    STRUCTURE = "structure"
    RESTART = "restart"


def compare(old: Show, new: Show) -> Kind:
    """RESTART where nodes or surfaces differ: the gear is set up for them once."""
    if old == new:
        return Kind.NOTHING
    if list(old.nodes.values()) != list(new.nodes.values()) or old.surfaces != new.surfaces:
        return Kind.RESTART
    return Kind.VALUES if _skeleton(old) == _skeleton(new) else Kind.STRUCTURE


def adopt(program: Program, state: State, new: Program) -> State:
    """The state of `program` as one of `new`, which differs in values only.

    Scene, clocks, signals and what has been fired stay. Cues still to come follow their new
    times, one whose time has passed is due now; parameters set out for their new values.
    """
    draft = Draft(new, state, state.now_us)
    if draft.act:
        old = program.show.acts[draft.act].scenes[draft.scene]
        _move(draft, program, old)
        _retime(draft, old)
        _judge_again(draft, program, old)
    _refresh(draft, program)
    draft.due_us = draft.now_us
    return draft.freeze()


def take_up(draft: Draft) -> None:
    """Go on with the edited show, if one waits. Call it where a scene ends, and `enter` after it.

    Signals of the same name, kind and sources go on; the others begin anew.
    """
    old, upcoming = draft.program, draft.program.upcoming
    if upcoming is None:
        return
    draft.program = new = upcoming.program
    draft.tell(draft.now_us, "reload", Kind.STRUCTURE.value, upcoming.why)
    _patch(draft)
    draft.levels = {name: draft.levels.get(name, rest) for name, rest in new.rest.items()}
    draft.ramps = {name: ramp for name, ramp in draft.ramps.items() if name in new.rest}
    draft.lagging &= new.rest.keys()
    draft.changed = dict.fromkeys(draft.levels)
    draft.left = _left(draft, old)
    _renumber(draft, old)
    _refresh(draft, old)


def destination(draft: Draft, target: str) -> str:
    """`target` of a transition, where the show still has it; else the attract act."""
    show = draft.program.show
    if target.startswith("act "):
        is_there = target.removeprefix("act ") in show.acts
    else:
        act = show.acts.get(draft.act)
        is_there = act is not None and (target == "return" or target in act.scenes)
    return target if is_there else f"act {show.attract}"


def after(program: Program, outputs: Outputs) -> Program:
    """What to play after a moment that said `outputs`: the edited show, once it is taken up."""
    if program.upcoming and any(event.kind == "reload" for event in outputs.events):
        return program.upcoming.program
    return program


def _skeleton(show: Show) -> object:
    """What makes two shows the same but for their values."""
    return (
        show.patch,
        show.outputs,
        {signal.name: (signal.kind, signal.of) for signal in show.signals},
        {layer.name: sorted(layer.defaults) for layer in show.layers},
        {stem.name: stem.loop for stem in show.stems},
        {
            act.name: (
                len(act.transitions),
                {scene.name: _bones(scene) for scene in act.scenes.values()},
            )
            for act in show.acts.values()
        },
    )


def _bones(scene: Scene) -> object:
    cues = [
        (cue.name, cue.at_us is None, cue.follow, cue.on_go, cue.when is None, cue.every_us > 0)
        for cue in scene.cues
    ]
    return cues, len(scene.transitions)


def _refresh(draft: Draft, old: Program) -> None:
    """Every signal is worked out again; one that is not what it was begins anew."""
    now_is = draft.program.by_name
    for name, was in old.by_name.items():
        wired = now_is.get(name)
        if wired is None or (wired.update, wired.of) != (was.update, was.of):
            for kept in (draft.memories, draft.values, draft.parts, draft.wakes):
                kept.pop(name, None)
    for wired in draft.program.signals:
        if sense.refresh(draft, wired):
            draft.touched.add(wired.name)


def _move(draft: Draft, old_program: Program, old: Scene) -> None:
    """Send what the edit gave another value on its way to it."""
    now_us, new = draft.now_us, draft.current_scene
    rest_before = old_program.rest
    mapped_before = old_program.mappings[draft.act, draft.scene]
    mapped = draft.program.mappings[draft.act, draft.scene]
    fired = _fired(draft, old)
    for parameter, rest in draft.program.rest.items():
        if parameter in mapped:
            draft.ramps.pop(parameter, None)
            draft.lagging.add(parameter)
            continue
        draft.lagging.discard(parameter)
        ramp = draft.ramps.get(parameter)
        level = draft.levels.get(parameter, rest)
        aim = level if ramp is None else ramp.end
        wanted = new.look.get(parameter, rest)
        if parameter not in mapped_before:
            looked = old.look.get(parameter, rest_before.get(parameter, rest))
            wanted = _wanted(parameter, aim, (looked, wanted), (old, new), fired)
        if round(wanted, 4) != round(aim, 4):
            left_us = 0 if ramp is None else ramp.since_us + ramp.fade_us - now_us
            draft.ramps[parameter] = Ramp(level, wanted, now_us, max(MOVE_US, left_us))


def _wanted(parameter: str, aim: float, looks: tuple[float, float],
            scenes: tuple[Scene, Scene], fired: frozenset[str]) -> float:  # fmt: skip
    """Where a parameter belongs that stood at `aim`: who put it there says so, now with its
    new value; the newest cue that could have, else the scene's look."""
    old, new = scenes
    for was, now in zip(reversed(old.cues), reversed(new.cues), strict=True):
        faded, fades = _fade(was, parameter), _fade(now, parameter)
        if was.name in fired and faded is not None and round(faded, 4) == round(aim, 4):
            return looks[1] if fades is None else fades
    return looks[1] if round(looks[0], 4) == round(aim, 4) else aim


def _fade(cue: Cue, parameter: str) -> float | None:
    found = [a.value for a in cue.actions if isinstance(a, Fade) and a.parameter == parameter]
    return found[-1] if found else None


def _fired(draft: Draft, old: Scene) -> frozenset[str]:
    """The cues of a scene that may have been fired in it."""
    to_come = {due.place for due in draft.waiting} | set(draft.standby)
    return frozenset(
        cue.name
        for place, cue in enumerate(old.cues)
        if place not in to_come or (cue.every_us > 0 and _at(cue) <= _played_us(draft))
    )


def _played_us(draft: Draft) -> int:
    """For how long the scene has played."""
    now_us = draft.now_us if draft.held_us is None else draft.held_us
    return now_us - draft.scene_us


def _at(cue: Cue) -> int:
    return cue.at_us or 0


def _retime(draft: Draft, old: Scene) -> None:
    """Cues that wait are due when the edited show says."""
    played_us = _played_us(draft)
    waiting = []
    for due in draft.waiting:
        was, now = old.cues[due.place], draft.current_scene.cues[due.place]
        if now.every_us > 0 and due.at_us > draft.scene_us + _at(was):  # it was fired before
            rounds = max(0, played_us - _at(now)) // now.every_us + 1
            at_us = draft.scene_us + _at(now) + rounds * now.every_us
        elif now.follow:
            at_us = due.at_us - was.pre_wait_us + now.pre_wait_us
        else:
            at_us = due.at_us - _at(was) + _at(now)
        waiting.append(Due(at_us, due.place))
    draft.waiting = sorted(waiting, key=lambda due: (due.at_us, due.place))


def _judge_again(draft: Draft, program: Program, old: Scene) -> None:
    """A condition that was edited is judged afresh: what it is now is no edge, and has not
    held until now."""
    new = draft.current_scene
    for place in draft.truths:
        condition = new.cues[place].when
        if condition is not None and condition != old.cues[place].when:
            draft.truths[place] = draft.holds(condition)
    before = {draft.scene: old.transitions, "": program.show.acts[draft.act].transitions}
    after = {draft.scene: new.transitions, "": draft.current_act.transitions}
    draft.holding = {
        (scene, i): since_us
        for (scene, i), since_us in draft.holding.items()
        if before[scene][i].when == after[scene][i].when
    }


def _patch(draft: Draft) -> None:
    """Channels by their new names, with what their nodes said last."""
    channels: dict[str, float | None] = {}
    for node, named in draft.program.channels.items():
        values = draft.readings.get(node, ())
        channels.update((name, values[i] if i < len(values) else None) for i, name in named)
    draft.touched.update(name for name in channels if channels[name] != draft.channels.get(name))
    draft.channels = channels


def _left(draft: Draft, old: Program) -> Left | None:
    """The interrupted scene, if there still is one of that name."""
    left, act = draft.left, draft.program.show.acts.get(draft.act)
    if left is None or act is None or left.scene not in act.scenes:
        return None
    names = [cue.name for cue in old.show.acts[draft.act].scenes[left.scene].cues]
    place_of = {cue.name: place for place, cue in enumerate(act.scenes[left.scene].cues)}
    waiting = tuple(
        (rest_us, place_of[names[i]]) for rest_us, i in left.waiting if names[i] in place_of
    )
    standby = tuple(place_of[names[i]] for i in left.standby if names[i] in place_of)
    return replace(left, waiting=waiting, standby=standby)


def _renumber(draft: Draft, old: Program) -> None:
    """What is kept of transitions goes with each to its new place."""
    was, now = old.show.acts.get(draft.act), draft.program.show.acts.get(draft.act)
    if was is None or now is None:
        return
    place_of = {("", i): ("", k) for i, k in _matched(was.transitions, now.transitions).items()}
    for name in was.scenes.keys() & now.scenes.keys():
        matched = _matched(was.scenes[name].transitions, now.scenes[name].transitions)
        place_of |= {(name, i): (name, k) for i, k in matched.items()}
    place_of[HELD_OVER] = HELD_OVER
    draft.fired = {place_of[k]: n for k, n in draft.fired.items() if k in place_of}
    draft.holding = {place_of[k]: us for k, us in draft.holding.items() if k in place_of}


def _matched(was: tuple[Transition, ...], now: tuple[Transition, ...]) -> dict[int, int]:
    """Which transition became which: the same goal on the same condition, in order."""
    free = list(range(len(now)))
    found = {}
    for i, old in enumerate(was):
        for k in free:
            if (old.goto, old.when) == (now[k].goto, now[k].when):
                found[i] = k
                free.remove(k)
                break
    return found
