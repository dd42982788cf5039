"""What a scene still has to come, after the show was edited: cues are known by their names."""

from __future__ import annotations

from dataclasses import replace

from installation.core.program import Active, Program
from installation.core.state import Due, Left
from installation.showfile.model import Cue, Transition


def ahead(before: Active, active: Active, next_cue: int, waiting: tuple[Due, ...],
          scene_us: int, now_us: int) -> tuple[int, tuple[Due, ...]]:  # fmt: skip
    """The scene's `next_cue` and `waiting`, with the edited times.

    What was fired is not fired again, though its time be later now. What was not fired and
    should have been is due now. The schedule goes on after the last cue of either sort.
    """
    cues, names = active.scene.cues, {cue.name for cue in before.scene.cues}
    fired = {before.scene.cues[place].name for _, place in before.schedule[:next_cue]}
    played_us, passed = now_us - scene_us, 0
    for number, (offset_us, place) in enumerate(active.schedule, 1):
        if cues[place].name in fired or offset_us <= played_us:
            passed = number
    dues = [
        Due(max(now_us, scene_us + offset_us), place, _times(cues[place]) - 1)
        for offset_us, place in active.schedule[:passed]
        if cues[place].name not in fired and (cues[place].name in names or offset_us > played_us)
    ]
    place_of = {cue.name: place for place, cue in enumerate(cues)}
    for due in waiting:
        was = before.scene.cues[due.place]
        if was.name in place_of:
            dues += _again(due, was, active, place_of[was.name], scene_us, now_us)
    return passed, tuple(sorted(dues))


def _times(cue: Cue) -> int:
    """How often a cue comes in all, 0 for as long as the scene lasts; one that does not repeat:
    once."""
    return cue.times if cue.every_us else 1


def _again(due: Due, was: Cue, active: Active, place: int, scene_us: int,
           now_us: int) -> list[Due]:  # fmt: skip
    """A cue that waits, at its new time; none where it has come often enough."""
    cue = active.scene.cues[place]
    if was.every_us and cue.every_us and was.at_us is not None and cue.at_us is not None:
        came = (due.at_us - scene_us - was.at_us) // was.every_us
        if cue.times and came >= cue.times:
            return []
        rounds = max(0, now_us - scene_us - cue.at_us) // cue.every_us + 1
        at_us = scene_us + cue.at_us + rounds * cue.every_us
        return [Due(at_us, place, cue.times - 1 - came if cue.times else -1)]
    if cue.at_us is not None and was.at_us is not None:
        at_us = due.at_us - was.at_us + cue.at_us
    else:
        at_us = due.at_us - was.pre_wait_us + cue.pre_wait_us
    return [Due(max(now_us, at_us), place, due.left)]


def left_over(left: Left | None, old: Program, new: Program, act: str) -> Left | None:
    """The interrupted scene in the edited show, if there still is one of its name."""
    if left is None or (act, left.scene) not in new.active:
        return None
    before, active = old.active[act, left.scene], new.active[act, left.scene]
    next_cue, waiting = ahead(before, active, left.next_cue, left.waiting, -left.played_us, 0)
    place_of = {cue.name: place for place, cue in enumerate(active.scene.cues)}
    names = [before.scene.cues[place].name for place in left.standby]
    standby = tuple(place_of[name] for name in names if name in place_of)
    outer = left_over(left.left, old, new, act)
    return replace(left, waiting=waiting, next_cue=next_cue, standby=standby, left=outer)


def matched(was: tuple[Transition, ...], now: tuple[Transition, ...]) -> dict[int, int]:
    """Which transition became which: the same goal on the same condition, in order."""
    free = list(range(len(now)))
    found: dict[int, int] = {}
    for i, old in enumerate(was):
        for k in free:
            if (old.goto, old.when) == (now[k].goto, now[k].when):
                found[i] = k
                free.remove(k)
                break
    return found
