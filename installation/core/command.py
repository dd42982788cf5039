"""What staff may ask for, and the answer to each wish."""

from __future__ import annotations

from dataclasses import replace

from installation.core import play, reload
from installation.core.draft import Draft
from installation.core.inputs import Command
from installation.core.outputs import Reply

GO_INTERVAL_US = 500_000


def standby(draft: Draft) -> str:
    """What GO will do: a cue's name, or where it leads."""
    cues = draft.current_scene.cues
    return f"cue {cues[draft.standby[0]].name}" if draft.standby else draft.current_scene.next


def obey(draft: Draft, command: Command) -> None:
    """Carry out one command; the reply says done, or why not."""
    why = _carry_out(draft, command)
    draft.replies.append(Reply(command.id, not why, why))
    if not why:
        draft.tell(draft.now_us, "command", command.verb, command.argument)


def _carry_out(draft: Draft, command: Command) -> str:
    match command.verb:
        case "stop":
            draft.stopped_us = draft.now_us if draft.stopped_us is None else draft.stopped_us
            _hold(draft)
        case "rearm":
            if draft.stopped_us is None:
                return "the show is not stopped"
            draft.stopped_us = None
            _resume(draft)
            draft.changed.update(dict.fromkeys(draft.levels))
        case "blackout" | "light":
            draft.blackout = command.verb == "blackout"
            draft.changed.update(dict.fromkeys(draft.levels))
        case "hold":
            _hold(draft)
        case "resume":
            if draft.stopped_us is not None:
                return "the show is stopped: rearm it first"
            _resume(draft)
        case "go":
            return _go(draft)
        case "goto":
            return _jump(draft, command.argument)
        case _:
            return f"unknown command {command.verb!r}"
    return ""


def _hold(draft: Draft) -> None:
    if draft.held_us is None:
        draft.held_us = draft.now_us


def _resume(draft: Draft) -> None:
    """Let the show go on where it was: every moment to come moves by the time held."""
    if draft.held_us is None:
        return
    by_us = draft.now_us - draft.held_us
    draft.held_us = None
    draft.act_us += by_us
    draft.scene_us += by_us
    draft.entered_us += by_us
    draft.waiting = tuple(replace(due, at_us=due.at_us + by_us) for due in draft.waiting)
    draft.renew("holding", {
        key: since_us + (by_us if since_us != play.SPENT else 0)
        for key, since_us in draft.holding.items()
    })  # fmt: skip
    draft.asks_all = True


def _go(draft: Draft) -> str:
    if draft.stopped_us is not None:
        return "the show is stopped: rearm it first"
    if draft.held_us is not None:
        return "the show is held: resume it first"
    if draft.now_us - draft.went_us < GO_INTERVAL_US:
        return "GO was pressed less than half a second ago"
    draft.went_us = draft.now_us
    return play.go(draft, draft.now_us, "GO", "staff")


def _jump(draft: Draft, target: str) -> str:
    if draft.stopped_us is not None:
        return "the show is stopped: rearm it first"
    name, _, scene = target.partition("/")
    upcoming = draft.program.upcoming
    act = (upcoming.program if upcoming else draft.program).show.acts.get(name)
    if act is None:
        return f"there is no act {name!r}"
    if scene and scene not in act.scenes:
        return f"act {name!r} has no scene {scene!r}"
    _resume(draft)
    reload.take_up(draft)
    play.enter(draft, name, scene or act.start, draft.now_us, f"goto {target}", anew=not scene)
    return ""
