"""A show that was edited while it plays: what kind of edit it is, and how the show goes on.

The edited show waits as `Program.upcoming`. Where only values changed `advance` adopts it at
once, and the scene goes on with it; where there is more or less of anything, it is taken up
when a scene ends, and from then on all is as if it had always been so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum

from installation.core import sense
from installation.core.ahead import ahead, left_over, matched
from installation.core.draft import Draft
from installation.core.outputs import Outputs
from installation.core.program import Active, Program, Upcoming, compile_show
from installation.core.state import Ramp, State
from installation.showfile.model import Act, Cue, Fade, Scene, Show

MOVE_US = 300_000
"""How long a parameter takes to where an edit wants it: no jump on the wall."""
SOFT_US = 80_000
"""The lag of an edited mapping in that time: the most of the way is done in it."""


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


def edited(program: Program, state: State, show: Show, why: str) -> tuple[Program, Kind]:
    """What to play from now on, with `show` to come; `why` is for the timeline.

    The newest edit counts: one that still waits is forgotten, but not for one that is refused.
    """
    kind = compare(program.show, show)
    if kind is Kind.RESTART:
        return program, kind
    if kind is Kind.NOTHING:
        waits = program.upcoming is not None and program.upcoming.at_us is None
        return replace(program, upcoming=None) if waits else program, kind
    if program.upcoming is not None and program.upcoming.program.show is program.show:
        program = program.upcoming.program  # what still moves softly after the edit before
    new = compile_show(show, program.seed)
    if kind is Kind.VALUES:
        new = _softened(program, new, state)
    at_us = state.now_us if kind is Kind.VALUES else None
    return replace(program, upcoming=Upcoming(new, why, at_us)), kind


def after(program: Program, state: State, outputs: Outputs) -> Program:
    """What to play after the moment that led to `state`: the edited show, once it is adopted."""
    upcoming = program.upcoming
    if upcoming is None:
        return program
    at_once = upcoming.at_us is not None and upcoming.at_us <= state.now_us
    if at_once or any(event.kind == "reload" for event in outputs.events):
        return upcoming.program
    return program


def is_due(program: Program, now_us: int) -> bool:
    """Whether an edited show is to be adopted at this moment."""
    upcoming = program.upcoming
    return upcoming is not None and upcoming.at_us is not None and upcoming.at_us <= now_us


def adopt(draft: Draft) -> None:
    """Go on in the same scene, at the same time, with the edited values.

    What has been fired stays fired. Cues to come follow their new times, one whose time has
    passed is due now; parameters set out for their new values.
    """
    old, upcoming = draft.program, draft.program.upcoming
    if upcoming is None or not is_due(old, draft.now_us):
        return
    draft.program, before = upcoming.program, draft.active
    if upcoming.why:
        draft.tell(draft.now_us, "reload", Kind.VALUES.value, upcoming.why)
    if draft.act:
        draft.active = draft.program.active[draft.act, draft.scene]
        _renumber(draft, old)
        _move(draft, old, before)
        _time_again(draft, before)
        draft.left = left_over(draft.left, old, draft.program, draft.act)
        _judge_again(draft, before)
        sense.stand_in(draft, before.scene.stand_ins)
    _refresh(draft, old)


def take_up(draft: Draft) -> None:
    """Go on with the edited show, if one waits. Call it where a scene ends, and `enter` after it.

    Signals of the same name, kind and sources go on; the others begin anew.
    """
    old, upcoming = draft.program, draft.program.upcoming
    if upcoming is None or upcoming.at_us is not None:
        return
    draft.program = new = upcoming.program
    draft.tell(draft.now_us, "reload", Kind.STRUCTURE.value, upcoming.why)
    _patch(draft)
    draft.renew("levels", {name: draft.levels.get(name, rest) for name, rest in new.rest.items()})
    draft.renew("ramps", {name: ramp for name, ramp in draft.ramps.items() if name in new.rest})
    draft.renew("lagging", {})
    draft.changed = dict.fromkeys(draft.levels)
    draft.left = left_over(draft.left, old, new, draft.act)
    _renumber(draft, old)
    _refresh(draft, old)


def destination(draft: Draft, target: str) -> str:
    """`target` of a transition, where the show still has it; else the attract act."""
    show = draft.program.show
    act = show.acts.get(draft.act)
    if target.startswith("act "):
        is_there = target.removeprefix("act ") in show.acts
    elif target == "return" and draft.left is None and act is not None:
        return act.start
    else:
        is_there = act is not None and (target in ("return", "standby") or target in act.scenes)
    return target if is_there else f"act {show.attract}"


def _skeleton(show: Show) -> object:
    """What makes two shows the same but for their values.

    Signals that stand where they are used have what they say for a name: they may be others.
    """
    return (
        show.patch,
        show.outputs,
        {s.name: (s.kind, s.of) for s in show.signals if "(" not in s.name},
        {layer.name: sorted(layer.defaults) for layer in show.layers},
        {stem.name: stem.loop for stem in show.stems},
        {name: (len(act.transitions), _scenes(act)) for name, act in show.acts.items()},
    )


def _scenes(act: Act) -> object:
    return {
        name: ([_timing(cue) for cue in scene.cues], len(scene.transitions))
        for name, scene in act.scenes.items()
    }


def _timing(cue: Cue) -> object:
    """A cue, and what it waits for."""
    has_moment, is_watching = cue.at_us is not None, cue.when is not None
    return cue.name, has_moment, cue.follow, cue.on_go, is_watching, cue.every_us > 0


def _softened(program: Program, new: Program, state: State) -> Program:
    """`new`, in which the edited mappings of the scene that plays lag for a while."""
    here = (state.act, state.scene)
    if here not in new.active:
        return new
    before, active = program.active[here].mapped, new.active[here]
    soft = {
        name: (source, replace(mapping, lag_us=max(SOFT_US, mapping.lag_us)))
        for name, (source, mapping) in active.mapped.items()
        if before.get(name) != (source, mapping)
    }
    if not soft:
        return new
    slow = replace(active, mapped={**active.mapped, **soft})
    later = Upcoming(new, "", state.now_us + MOVE_US)
    return replace(new, active={**new.active, here: slow}, upcoming=later)


def _refresh(draft: Draft, old: Program) -> None:
    """Work out every signal again; one that is not what it was begins anew."""
    by_name = draft.program.by_name
    for name, was in old.by_name.items():
        wired = by_name.get(name)
        if wired is None or (wired.update, wired.of) != (was.update, was.of):
            for kept in ("memories", "values", "parts", "wakes"):
                draft.own(kept).pop(name, None)
    for wired in draft.program.signals:
        if sense.refresh(draft, wired):
            draft.touched[wired.name] = None


def _move(draft: Draft, old: Program, before: Active) -> None:
    """Send what the edit gave another value on its way to it."""
    ramps, lagging = draft.own("ramps"), draft.own("lagging")
    fired = _fired(draft, before)
    was, now = _given(before, old.rest), _given(draft.active, draft.program.rest)
    for parameter, rest in draft.program.rest.items():
        if parameter in draft.active.mapped:
            ramps.pop(parameter, None)
            lagging[parameter] = None
            continue
        lagging.pop(parameter, None)
        ramp: Ramp | None = ramps.get(parameter)
        level = draft.levels.get(parameter, rest)
        aim = level if ramp is None else ramp.end
        if parameter in before.mapped:
            wanted = now[parameter][""]
        else:
            wanted = _wanted(aim, was[parameter], now[parameter], fired)
        if round(wanted, 4) != round(aim, 4):
            left_us = 0 if ramp is None else ramp.since_us + ramp.fade_us - draft.now_us
            ramps[parameter] = Ramp(level, wanted, draft.now_us, max(MOVE_US, left_us))


def _wanted(aim: float, was: Mapping[str, float], now: Mapping[str, float],
            fired: frozenset[str]) -> float:  # fmt: skip
    """Where a parameter belongs that stood at `aim`: who put it there says so, now with its
    new value; the last cue that could have, else the scene's look."""
    there = [name for name in was if name in fired and round(was[name], 4) == round(aim, 4)]
    if there:
        return now.get(there[-1], now[""])
    return now[""] if round(was[""], 4) == round(aim, 4) else aim


def _given(active: Active, rest: Mapping[str, float]) -> Mapping[str, Mapping[str, float]]:
    """The values that a scene gives each parameter: its cues by their names, at "" its look."""
    look, limits = {**rest, **active.scene.look}, active.act.limits
    found = {parameter: {"": look[parameter]} for parameter in rest}
    for cue in active.scene.cues:
        for action in cue.actions:
            if isinstance(action, Fade):
                value = look[action.parameter] if action.value is None else action.value
                found[action.parameter][cue.name] = value
    for parameter in found.keys() & limits.keys():
        least, most = limits[parameter]
        held = {name: min(most, max(least, value)) for name, value in found[parameter].items()}
        found[parameter] = held
    return found


def _fired(draft: Draft, before: Active) -> frozenset[str]:
    """The cues of the scene that may have been fired in it."""
    to_come = {place for _, place in before.schedule[draft.next_cue :]}
    to_come |= set(draft.standby)
    to_come |= {due.place for due in draft.waiting if not before.scene.cues[due.place].every_us}
    cues = before.scene.cues
    return frozenset(cue.name for place, cue in enumerate(cues) if place not in to_come)


def _time_again(draft: Draft, before: Active) -> None:
    """Cues to come are due when the edited show says."""
    now_us = draft.now_us if draft.held_us is None else draft.held_us
    draft.next_cue, draft.waiting = ahead(
        before, draft.active, draft.next_cue, draft.waiting, draft.scene_us, now_us
    )


def _judge_again(draft: Draft, before: Active) -> None:
    """A condition that was edited is judged afresh: what it is now is no edge, and it has not
    held until now."""
    for place, test in draft.active.tests.items():
        if _condition(before.scene, place) != _condition(draft.active.scene, place):
            draft.own("truths").pop(place, None)
            if test(draft):
                draft.own("truths")[place] = None
    whens = {way.key: way.transition.when for way in before.ways}
    same = {way.key for way in draft.active.ways if way.transition.when == whens[way.key]}
    draft.renew("holding", {key: us for key, us in draft.holding.items() if key in same})


def _condition(scene: Scene, place: int) -> object:
    return scene.cues[place].when


def _patch(draft: Draft) -> None:
    """Channels by their new names, with what their nodes said last."""
    channels: dict[str, float | None] = {}
    for node, named in draft.program.channels.items():
        values = draft.readings.get(node, ())
        channels.update((name, values[i] if i < len(values) else None) for i, name in named)
    moved = [name for name in channels if channels[name] != draft.channels.get(name)]
    draft.touched.update(dict.fromkeys(moved))
    draft.renew("channels", channels)


def _renumber(draft: Draft, old: Program) -> None:
    """What is kept of transitions goes with each to its new place."""
    was, now = old.show.acts.get(draft.act), draft.program.show.acts.get(draft.act)
    if was is None or now is None:
        return
    place_of = {("", i): ("", k) for i, k in matched(was.transitions, now.transitions).items()}
    for name in was.scenes.keys() & now.scenes.keys():
        found = matched(was.scenes[name].transitions, now.scenes[name].transitions)
        place_of |= {(name, i): (name, k) for i, k in found.items()}
    place_of |= {key: key for key in draft.fired if key[1] < 0}  # no transitions: play.LOOP
    for kept in ("fired", "holding"):
        held = getattr(draft, kept)
        draft.renew(kept, {place_of[key]: what for key, what in held.items() if key in place_of})
