"""Scenes, cues and transitions: each is due at a moment, never at when it happened to run."""

from __future__ import annotations

import importlib
from bisect import insort

from installation.core import express, sense
from installation.core.draft import FRAME_US, Draft
from installation.core.outputs import Message, Shot
from installation.core.state import Due, Left, Ramp
from installation.showfile.model import Assign, Cue, Fade, Play, Send, Transition

CASCADE = 16
"""How many transitions one moment may fire: a loop without time goes on a frame later."""


LOOP = ("", -1)
"""Where `fired` keeps that an act's loop without time was told of."""


def play(draft: Draft) -> None:
    """Run every cue and transition that is due, in the order of their moments."""
    for _ in range(CASCADE):
        _catch_edges(draft)
        fired = _next_transition(draft)
        ran = _run_cues(draft, draft.now_us if fired is None else fired[0])
        if fired is not None:
            _fire(draft, *fired)
        elif not ran:
            return
    draft.again_us = draft.now_us + FRAME_US
    if draft.fired.setdefault(LOOP, 0) == 0:
        draft.fired[LOOP] = 1
        draft.tell(draft.now_us, "fault", draft.scene, "scenes follow each other without time")


def enter(draft: Draft, act: str, scene: str, at_us: int, why: str, *,
          anew: bool = False) -> None:  # fmt: skip
    """Begin a scene at the moment `at_us`; an act that begins (another, or this one `anew`)
    begins its own signals and clocks with it."""
    anew = anew or act != draft.act or not draft.scene
    if not anew and (act, scene) in draft.program.interrupts and scene != draft.scene:
        waiting = tuple((due.at_us - at_us, due.place) for due in draft.waiting)
        draft.left = Left(draft.scene, at_us - draft.scene_us, waiting, draft.standby)
    elif anew or (act, draft.scene) not in draft.program.interrupts:
        draft.left = None
    draft.act, draft.scene, draft.scene_us = act, scene, at_us
    if anew:
        draft.act_us, draft.fired = at_us, {}
        draft.tell(at_us, "act", act, why)
    draft.tell(at_us, "scene", scene, why)
    scopes = {"scene"} | ({"act"} if anew else set())
    if act == draft.program.show.attract and anew:
        scopes.add("visit")
    draft.truths, draft.waiting = {}, []
    draft.holding = {
        key: since_us for key, since_us in draft.holding.items() if not anew and not key[0]
    }
    cues = draft.current_scene.cues
    draft.standby = tuple(i for i, cue in enumerate(cues) if cue.on_go)
    for place, cue in enumerate(cues):
        if cue.at_us is not None:
            insort(draft.waiting, Due(at_us + cue.at_us, place), key=_moment)
        elif cue.when is not None:
            draft.truths[place] = draft.holds(cue.when)
    express.compose(draft, at_us)
    sense.reset(draft, frozenset(scopes))


def goto(draft: Draft, target: str, at_us: int, why: str) -> None:
    """Go where a transition points: a scene, `act NAME` or `return`."""
    if target == "return":
        _come_back(draft, at_us, why)
    elif target.startswith("act "):
        act = target.removeprefix("act ")
        enter(draft, act, draft.program.show.acts[act].start, at_us, why, anew=True)
    else:
        enter(draft, draft.act, target, at_us, why)


def fire_cue(draft: Draft, place: int, at_us: int) -> None:
    """Do what a cue says, as of the moment at which it was due."""
    cue = draft.current_scene.cues[place]
    draft.tell(at_us, "cue", cue.name, _why(cue))
    for action in cue.actions:
        match action:
            case Fade(parameter, value, fade_us, curve):
                start = draft.levels.get(parameter, 0.0)
                draft.ramps[parameter] = Ramp(start, value, at_us, fade_us, curve)
            case Play(stem, gain):
                draft.shots += 1
                draft.sounded.append(Shot(draft.shots, stem, gain))
            case Send(address, arguments):
                draft.messages.append(Message(address, arguments))
            case Assign(signal, value):
                _assign(draft, signal, value)
    if cue.every_us > 0:
        missed = max(0, draft.now_us - at_us) // cue.every_us  # late: once, and in step again
        draft.waiting = [due for due in draft.waiting if due.place != place]
        insort(draft.waiting, Due(at_us + (missed + 1) * cue.every_us, place), key=_moment)
    for other, follower in enumerate(draft.current_scene.cues):
        if follower.follow == cue.name:
            insort(draft.waiting, Due(at_us + follower.pre_wait_us, other), key=_moment)


def next_moment(draft: Draft) -> int:
    """The earliest moment, in µs, at which a cue, a transition or a clock is due."""
    moments = [due.at_us for due in draft.waiting[:1]]
    if draft.again_us is not None:
        moments.append(draft.again_us)
    for place, transition in enumerate(_transitions(draft)):
        due_us = _due(draft, place, transition)
        if due_us is not None:
            moments.append(due_us)
    clocks = {"scene_s": draft.scene_us, "act_s": draft.act_us}
    for clock, offset_us in draft.program.thresholds[draft.act, draft.scene]:
        moments.append(clocks[clock] + offset_us)
        moments.append(clocks[clock] + offset_us + 1)
    later = [moment for moment in moments if moment > draft.now_us]
    return min(later, default=1 << 62)


def _moment(due: Due) -> tuple[int, int]:
    return (due.at_us, due.place)


def _why(cue: Cue) -> str:
    if cue.on_go:
        return "GO"
    if cue.follow:
        return f"after {cue.follow}"
    return cue.why if cue.at_us is None else f"at {cue.at_us / 1e6:g}s"


def _transitions(draft: Draft) -> tuple[Transition, ...]:
    return (*draft.current_scene.transitions, *draft.current_act.transitions)


def _catch_edges(draft: Draft) -> None:
    """Fire the cues whose condition has just become true."""
    if not draft.truths:
        return
    cues = draft.current_scene.cues
    for place, before in tuple(draft.truths.items()):
        condition = cues[place].when
        now = condition is not None and draft.holds(condition)
        draft.truths[place] = now
        if now and not before:
            fire_cue(draft, place, draft.now_us)


def _run_cues(draft: Draft, until_us: int) -> bool:
    """Fire the cues due by `until_us`; whether there were any."""
    ran = False
    while draft.waiting and draft.waiting[0].at_us <= until_us:
        due = draft.waiting.pop(0)
        fire_cue(draft, due.place, due.at_us)
        ran = True
    return ran


def _due(draft: Draft, place: int, transition: Transition) -> int | None:
    """The moment at which a transition is due, None while nothing makes it so."""
    key = _key(draft, place)
    own = bool(key[0])
    if transition.limit and draft.fired.get(key, 0) >= transition.limit:
        return None
    if not own and transition.goto == draft.scene:
        return None  # it is there already
    earliest_us = (draft.scene_us if own else draft.act_us) + transition.after_us
    if transition.when is None:
        return earliest_us
    if key not in draft.holding:
        return None
    return max(earliest_us, draft.holding[key] + transition.for_us)


def _key(draft: Draft, place: int) -> tuple[str, int]:
    """The scene of a transition and its place there; "" for the act's own, which outlive scenes."""
    own = len(draft.current_scene.transitions)
    return (draft.scene, place) if place < own else ("", place - own)


def _next_transition(draft: Draft) -> tuple[int, int, Transition] | None:
    """The earliest due transition: (moment, place, transition)."""
    best: tuple[int, int, Transition] | None = None
    for place, transition in enumerate(_transitions(draft)):
        if transition.when is not None:
            if draft.holds(transition.when):
                draft.holding.setdefault(_key(draft, place), draft.now_us)
            else:
                draft.holding.pop(_key(draft, place), None)
        due_us = _due(draft, place, transition)
        if due_us is not None and due_us <= draft.now_us and (best is None or due_us < best[0]):
            best = (due_us, place, transition)
    return best


def _fire(draft: Draft, at_us: int, place: int, transition: Transition) -> None:
    key = _key(draft, place)
    draft.fired[key] = draft.fired.get(key, 0) + 1
    draft.tell(at_us, "transition", transition.goto, transition.why, transition.tally)
    goto(draft, transition.goto, max(at_us, draft.scene_us), transition.why)


def _come_back(draft: Draft, at_us: int, why: str) -> None:
    left = draft.left
    enter(draft, draft.act, left.scene if left else draft.current_act.start, at_us, why)
    if left:
        draft.left = None
        draft.scene_us = at_us - left.played_us
        draft.waiting = [Due(at_us + rest_us, place) for rest_us, place in left.waiting]
        draft.standby = left.standby


def _assign(draft: Draft, signal: str, value: float) -> None:
    wired = draft.program.by_name[signal]
    module = importlib.import_module(wired.update.__module__)
    draft.memories[signal] = module.assign(value, draft.sources_of(wired), draft.now_us)
    if sense.refresh(draft, wired):
        draft.touched.add(signal)
    sense.derive(draft)
