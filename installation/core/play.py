"""Scenes, cues and transitions: each is due at a moment, never at when it happened to run."""

from __future__ import annotations

import importlib
from bisect import insort
from dataclasses import replace

from installation.core import express, reload, sense
from installation.core.draft import FOREVER_US, FRAME_US, Draft
from installation.core.outputs import Message, Shot
from installation.core.program import Key, Way
from installation.core.state import Due, Left
from installation.showfile.model import Assign, Cue, Fade, Play, Send

CASCADE = 16
"""How many transitions one moment may fire, and how often cues may set each other off: a loop
without time goes on a frame later."""
LOOP, CROWDED = ("", -1), ("", -2)
"""Where `fired` keeps that an act's loop without time, or its crowd of cues, was told of."""
DEEPEST = 8
"""So many interruptions of interruptions find back."""
WAITING = 1000
"""A bound on triggered cues that wait; more are dropped, and it is told."""
SPENT = 1 << 62
"""Instead of since when a condition holds: it has done what it does, until it was false."""


def play(draft: Draft) -> None:
    """Run every cue and transition that is due, in the order of their moments."""
    for _ in range(CASCADE):
        caught = _catch_edges(draft)
        fired = _next_way(draft)
        ran = _run_cues(draft, draft.now_us if fired is None else fired[0])
        if fired is not None:
            _fire(draft, *fired)
        elif not ran and not caught:
            return
    draft.again_us = draft.now_us + FRAME_US
    if draft.fired.get(LOOP, 0) == 0:
        draft.own("fired")[LOOP] = 1
        what = "cues" if fired is None else "scenes"
        draft.tell(draft.now_us, "fault", draft.scene, f"{what} follow each other without time")


def enter(draft: Draft, act: str, scene: str, at_us: int, why: str, *,
          anew: bool = False) -> None:  # fmt: skip
    """Begin a scene at the moment `at_us`; an act that begins (another, or this one `anew`)
    begins its own signals and clocks with it."""
    anew = anew or act != draft.act or not draft.scene
    before, active = draft.active, draft.program.active[act, scene]
    if not anew and active.interrupts and scene != draft.scene:
        waiting = tuple(replace(due, at_us=due.at_us - at_us) for due in draft.waiting)
        draft.left = Left(draft.scene, at_us - draft.scene_us, waiting, draft.next_cue,
                          draft.standby, express.aims(draft), _outer(draft))  # fmt: skip
    elif anew or not before.interrupts:
        draft.left = None
    draft.act, draft.scene, draft.active = act, scene, active
    draft.scene_us = draft.entered_us = at_us
    if anew:
        draft.act_us = at_us
        draft.renew("fired", {})
        draft.tell(at_us, "act", act, why)
    draft.tell(at_us, "scene", scene, why)
    scopes = {"scene"} | ({"act"} if anew else set())
    if act == draft.program.show.attract and anew:
        scopes.add("visit")
    draft.waiting, draft.next_cue, draft.standby = (), 0, active.on_go
    draft.renew("holding", _still_holding(draft, anew))
    draft.renew("truths", {place: None for place, test in active.tests.items() if test(draft)})
    draft.asks_all = False
    express.compose(draft, at_us)
    sense.stand_in(draft, before.scene.stand_ins)
    sense.reset(draft, frozenset(scopes))


def _outer(draft: Draft) -> Left | None:
    """What an interruption that is interrupted had interrupted itself; of so many none."""
    left, depth = draft.left, 1
    while left is not None:
        left, depth = left.left, depth + 1
    return draft.left if depth <= DEEPEST else None


def let_go(draft: Draft) -> None:
    """While the show is held: a condition that breaks has not held."""
    for way in draft.active.ways:
        since_us = draft.holding.get(way.key)
        if since_us is not None and way.test is not None and not way.test(draft):
            del draft.own("holding")[way.key]


def _still_holding(draft: Draft, anew: bool) -> dict[Key, int]:
    """What holds beyond the scene: of its act, and what the interrupted scene has done already."""
    left = draft.left.scene if draft.left and draft.left.scene != draft.scene else None
    return {
        key: since_us
        for key, since_us in draft.holding.items()
        if not anew and (not key[0] or (key[0] == left and since_us == SPENT))
    }


def goto(draft: Draft, target: str, at_us: int, why: str) -> None:
    """Go where a transition points: a scene, `act NAME`, `return` or `standby`."""
    if target != "standby":
        reload.take_up(draft)
        target = reload.destination(draft, target)
    if target == "return":
        _come_back(draft, at_us, why)
    elif target == "standby":
        go(draft, at_us, why, "")
    elif target.startswith("act "):
        act = target.removeprefix("act ")
        enter(draft, act, draft.program.show.acts[act].start, at_us, why, anew=True)
    else:
        enter(draft, draft.act, target, at_us, why)


def go(draft: Draft, at_us: int, why: str, tally: str) -> str:
    """Fire the cue that stands by, else go where the scene goes next; why not, if neither is."""
    if draft.standby:
        place, draft.standby = draft.standby[0], draft.standby[1:]
        _trigger(draft, place, at_us)
    elif target := draft.current_scene.next:
        draft.tell(at_us, "transition", target, why, tally)
        goto(draft, target, at_us, why)
    else:
        return "nothing stands by here: this scene has no next"
    return ""


def fire_cue(draft: Draft, place: int, at_us: int, left: int = 0) -> None:
    """Do what a cue says, as of the moment at which it was due; it comes `left` times more."""
    cue = draft.current_scene.cues[place]
    draft.tell(at_us, "cue", cue.name, _why(cue))
    for action in cue.actions:
        match action:
            case Fade():
                express.fade(draft, action, at_us)
            case Play(stem, gain):
                draft.shots += 1
                draft.sounded.append(Shot(draft.shots, stem, gain))
            case Send(address, arguments):
                draft.messages.append(Message(address, arguments))
            case Assign():
                _assign(draft, action)
    if left:
        _come_again(draft, cue, Due(at_us, place, left))
    for follower in draft.active.followers.get(cue.name, ()):
        _trigger(draft, follower, at_us)


def _come_again(draft: Draft, cue: Cue, due: Due) -> None:
    """The next time of a cue that repeats; where it is late: once, and in step again."""
    missed = max(0, draft.now_us - due.at_us) // cue.every_us
    left = due.left if due.left < 0 else due.left - 1 - missed
    if due.left < 0 or left >= 0:
        _wait(draft, Due(due.at_us + (missed + 1) * cue.every_us, due.place, left))


def _trigger(draft: Draft, place: int, at_us: int) -> None:
    """What a cue waits for has happened: it is due `pre_wait` later."""
    cue = draft.current_scene.cues[place]
    if cue.anew:
        draft.waiting = tuple([due for due in draft.waiting if due.place != place])
    if not cue.pre_wait_us and not cue.follow:
        fire_cue(draft, place, at_us)
    elif cue.follow or not any(due.place == place for due in draft.waiting):
        _wait(draft, Due(at_us + cue.pre_wait_us, place))


def _wait(draft: Draft, due: Due) -> None:
    if len(draft.waiting) >= WAITING:
        if draft.fired.get(CROWDED, 0) == 0:
            draft.own("fired")[CROWDED] = 1
            draft.tell(draft.now_us, "fault", draft.scene, f"more than {WAITING} cues wait")
        return
    waiting = list(draft.waiting)
    insort(waiting, due)
    draft.waiting = tuple(waiting)


def next_moment(draft: Draft) -> int:
    """The earliest moment, in µs, at which a cue, a transition or a clock is due; call it after
    `play`."""
    now_us, active, again_us = draft.now_us, draft.active, draft.again_us
    moments = [draft.way_us] if again_us is None else [draft.way_us, again_us]
    if draft.waiting:
        moments.append(draft.waiting[0].at_us)
    if draft.next_cue < len(active.schedule):
        moments.append(draft.scene_us + active.schedule[draft.next_cue][0])
    for clock, offset_us in active.thresholds:
        turn_us = offset_us + (draft.scene_us if clock == "scene_s" else draft.act_us)
        if turn_us >= now_us:  # it is so at the moment itself, or just after it
            moments.append(turn_us)
    overdue_us = now_us + 1 if again_us is None else again_us  # a loop without time waits a frame
    return min([at_us if at_us > now_us else overdue_us for at_us in moments])


def _why(cue: Cue) -> str:
    if cue.on_go:
        return "GO"
    if cue.follow:
        return f"after {cue.follow}"
    return cue.why if cue.at_us is None else f"at {cue.at_us / 1e6:g}s"


def _catch_edges(draft: Draft) -> bool:
    """Fire the cues whose condition has just become true: asked are those that read what was
    touched, or a clock. Whether there were any: what they set may make others true."""
    active = draft.active
    if not active.tests:
        return False
    caught = False
    asked = set(active.tests if draft.asks_all else active.clocked)
    for name in draft.touched:
        asked.update(active.watchers.get(name, ()))
    draft.asks_all = False
    for place in sorted(asked):
        now = active.tests[place](draft)
        if now == (place in draft.truths):
            continue
        if now:
            draft.own("truths")[place] = None
            _trigger(draft, place, draft.now_us)
            caught = True
        else:
            del draft.own("truths")[place]
    return caught


def _run_cues(draft: Draft, until_us: int) -> bool:
    """Fire the cues due by `until_us`; whether there were any."""
    ran = False
    while (due := _next_cue(draft)) is not None and due.at_us <= until_us:
        if draft.waiting and draft.waiting[0] == due:
            draft.waiting = draft.waiting[1:]
        else:
            draft.next_cue += 1
        fire_cue(draft, due.place, due.at_us, due.left)
        ran = True
    return ran


def _next_cue(draft: Draft) -> Due | None:
    """That of the scene's schedule, or one that something has triggered."""
    triggered = draft.waiting[0] if draft.waiting else None
    schedule = draft.active.schedule
    if draft.next_cue >= len(schedule):
        return triggered
    offset_us, place = schedule[draft.next_cue]
    cue = draft.current_scene.cues[place]
    left = (cue.times or 0) - 1 if cue.every_us else 0
    written = Due(draft.scene_us + offset_us, place, left)
    return written if triggered is None or written < triggered else triggered


def _due(draft: Draft, way: Way) -> int | None:
    """The moment at which a transition is due, None while nothing makes it so."""
    key, transition = way.key, way.transition
    own = bool(key[0])
    since_us = draft.holding.get(key)
    if since_us == SPENT:
        return None
    if transition.limit and draft.fired.get(key, 0) >= transition.limit:
        return None
    if not own and transition.goto == draft.scene:
        return None  # it is there already
    earliest_us = (draft.scene_us if own else draft.act_us) + transition.after_us
    if way.test is None:
        return earliest_us
    return None if since_us is None else max(earliest_us, since_us + transition.for_us)


def _next_way(draft: Draft) -> tuple[int, Way] | None:
    """The earliest transition that is due, and its moment; `way_us` is when the next one is."""
    best: tuple[int, Way] | None = None
    now_us, draft.way_us = draft.now_us, FOREVER_US
    for way in draft.active.ways:
        if way.test is not None:
            if way.test(draft):
                if way.key not in draft.holding:
                    draft.own("holding")[way.key] = now_us
            elif way.key in draft.holding:
                del draft.own("holding")[way.key]
        due_us = _due(draft, way)
        if due_us is None:
            continue
        if due_us > now_us:
            draft.way_us = min(draft.way_us, due_us)
        elif best is None or due_us < best[0]:
            best = (due_us, way)
    return best


def _fire(draft: Draft, at_us: int, way: Way) -> None:
    key, transition = way.key, way.transition
    draft.own("fired")[key] = draft.fired.get(key, 0) + 1
    if transition.goto == "standby":
        draft.own("holding")[key] = SPENT
    draft.tell(at_us, "transition", transition.goto, transition.why, transition.tally)
    goto(draft, transition.goto, max(at_us, draft.entered_us), transition.why)


def _come_back(draft: Draft, at_us: int, why: str) -> None:
    left = draft.left
    spent = {key: us for key, us in draft.holding.items() if left and key[0] == left.scene}
    enter(draft, draft.act, left.scene if left else draft.current_act.start, at_us, why)
    if left:
        draft.left = left.left
        draft.scene_us = at_us - left.played_us
        draft.waiting = tuple(replace(due, at_us=at_us + due.at_us) for due in left.waiting)
        draft.next_cue, draft.standby = left.next_cue, left.standby
        draft.own("holding").update(spent)
        tests = draft.active.tests.items()  # its clock goes on: what it says is no edge
        draft.renew("truths", {place: None for place, test in tests if test(draft)})
        express.come_back(draft, left.aims, at_us)


def _assign(draft: Draft, action: Assign) -> None:
    name, value = action.signal, action.value
    wired = draft.program.by_name[name]
    module = importlib.import_module(wired.update.__module__)
    if action.adds:
        value += draft.values.get(name) or 0.0
    draft.own("memories")[name] = module.assign(value, draft.sources_of(wired), draft.now_us)
    if sense.refresh(draft, wired):
        draft.touched[name] = None
    sense.derive(draft)
