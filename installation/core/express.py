"""From signals and fades to parameters: what the stage, the sound and the nodes shall show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import exp

from installation.core.draft import FRAME_US, Draft
from installation.core.signals import next_step
from installation.core.state import Ramp, shape
from installation.showfile.model import Fade, Scene

STOP_FADE_US = 3_000_000
RESTING = -1
"""Instead of the moment of the last frame: nothing moves, and what begins to is not late."""
HOUSE_LIGHT = "output.house_light"
"""The relay that stop switches on; its safe value, on, holds without any software."""


def compose(draft: Draft, at_us: int) -> None:
    """Send every parameter on its way to what the scene wants."""
    scene, program = draft.current_scene, draft.program
    mapped, ramps = draft.active.mapped, draft.own("ramps")
    draft.renew("lagging", dict.fromkeys(mapped))
    for parameter, rest in program.rest.items():
        if parameter in mapped:
            ramps.pop(parameter, None)
            if parameter in draft.current_act.limits:  # what it comes from may be unknown
                _set(draft, parameter, draft.levels.get(parameter, rest))
            continue
        wanted = within_limits(draft, parameter, scene.look.get(parameter, rest))
        now = draft.levels.get(parameter, rest)
        fade_us = scene.fade_us
        opacity = program.opacity_of.get(parameter)
        if opacity is not None:
            if draft.levels.get(opacity, 0.0) == 0.0:
                fade_us = 0  # nobody sees it: it comes in as it shall be
            elif parameter not in scene.look and not _is_shown(scene, opacity, mapped):
                wanted = within_limits(draft, parameter, now)
                if wanted == now:
                    continue  # on its way out it keeps its shape
        if now == wanted:
            ramps.pop(parameter, None)
        else:
            ramps[parameter] = Ramp(now, wanted, at_us, fade_us)


def aims(draft: Draft) -> dict[str, float]:
    """What the parameters are, or have set out for, but for those that follow something."""
    aim = {name: value for name, value in draft.levels.items() if name not in draft.active.mapped}
    aim.update((name, ramp.end) for name, ramp in draft.ramps.items() if name in aim)
    return aim


def come_back(draft: Draft, to: Mapping[str, float], at_us: int) -> None:
    """Send the parameters to where they were, or would be, in a scene that was interrupted."""
    fade_us = draft.current_scene.fade_us
    for name, aim in to.items():
        ramp = draft.ramps.get(name)
        goes_there = (ramp.end if ramp else draft.levels.get(name)) == aim
        if name in draft.program.rest and name not in draft.active.mapped and not goes_there:
            fade(draft, Fade(name, aim, fade_us), at_us)


def fade(draft: Draft, move: Fade, at_us: int) -> None:
    """Send a parameter on its way to a value, or back to what the scene gives it."""
    name, wanted = move.parameter, move.value
    if wanted is None:
        wanted = draft.current_scene.look.get(name, draft.program.rest.get(name, 0.0))
    start = draft.levels.get(name, 0.0)
    wanted = within_limits(draft, name, wanted)
    draft.own("ramps")[name] = Ramp(start, wanted, at_us, move.fade_us, move.curve)


def within_limits(draft: Draft, parameter: str, value: float) -> float:
    """The value, no less and no more than the act allows."""
    limits = draft.current_act.limits
    if parameter not in limits:
        return value
    least, most = limits[parameter]
    return min(most, max(least, value))


def express(draft: Draft) -> None:
    """Move the parameters: mapped ones at once where a hand caused it, the rest by frames."""
    now_us = draft.now_us
    frame = draft.framed_us // FRAME_US != now_us // FRAME_US
    elapsed_us = FRAME_US if draft.framed_us == RESTING else now_us - draft.framed_us
    mapped = draft.active.mapped
    _follow(draft, _following(draft, frame), elapsed_us if frame else 0)
    for parameter, ramp in tuple(draft.ramps.items()):
        if parameter in mapped:
            del draft.own("ramps")[parameter]
            continue
        if frame or now_us == ramp.since_us or ramp.fade_us == 0:
            _set(draft, parameter, ramp.at(now_us))
            if now_us >= ramp.since_us + ramp.fade_us:
                del draft.own("ramps")[parameter]
    if frame:
        draft.framed_us = now_us
        if _stopping(draft):
            draft.changed.update(dict.fromkeys(draft.levels))
    if not _moves(draft):
        draft.framed_us = RESTING


def _following(draft: Draft, frame: bool) -> dict[str, None]:
    """The mapped parameters whose source was touched, and in a frame those that lag."""
    found: dict[str, None] = {}
    by_source = draft.active.by_source
    for name in draft.touched:
        for parameter in by_source.get(name, ()):
            found[parameter] = None
    if frame:
        found.update(draft.lagging)
    return found


def next_frame(draft: Draft) -> int | None:
    """The moment of the next step of a fade or a lag, None when everything rests."""
    if _moves(draft):
        return next_step(draft.now_us, FRAME_US)
    return None


def master(levels: Mapping[str, float], now_us: int, stopped_us: int | None,
           blackout: bool) -> Mapping[str, float]:  # fmt: skip
    """The parameters last of all: blackout is dark and silent at once; after a stop
    everything fades out, and the house lights come up."""
    if stopped_us is None and not blackout:
        return levels
    gone = 1.0 if stopped_us is None else (now_us - stopped_us) / STOP_FADE_US
    left = 0.0 if blackout else max(0.0, 1.0 - gone)
    faded = {
        name: round(value * left, 4)
        if name.startswith(("stem.", "output.")) or name.endswith(".opacity")
        else value
        for name, value in levels.items()
    }
    if HOUSE_LIGHT in faded:
        faded[HOUSE_LIGHT] = levels[HOUSE_LIGHT] if stopped_us is None else 1.0
    return faded


def _is_shown(scene: Scene, opacity: str, mapped: Mapping[str, object]) -> bool:
    return opacity in mapped or scene.look.get(opacity, 0.0) > 0.0


def _moves(draft: Draft) -> bool:
    return bool(draft.ramps or draft.lagging) or _stopping(draft)


def _stopping(draft: Draft) -> bool:
    since_us = draft.stopped_us
    return since_us is not None and draft.now_us < since_us + STOP_FADE_US + FRAME_US


def _follow(draft: Draft, parameters: Iterable[str], elapsed_us: int) -> None:
    """Move mapped parameters to where their sources are, or a step on the way there."""
    mapped, levels, lagging = draft.active.mapped, draft.levels, draft.lagging
    steps_us = min(elapsed_us, 250_000)
    for parameter in parameters:
        source, mapping = mapped[parameter]
        value = draft.look_up(source)
        if value is None:
            if parameter in lagging:
                lagging = draft.own("lagging")
                del lagging[parameter]
            continue
        x = (value - mapping.low) / (mapping.high - mapping.low)
        x = 0.0 if x < 0.0 else 1.0 if x > 1.0 else x
        if mapping.curve != "linear":
            x = shape(mapping.curve, x)
        target = mapping.to_low + (mapping.to_high - mapping.to_low) * x
        target = within_limits(draft, parameter, target)
        now = levels.get(parameter, target)
        if mapping.lag_us > 0 and abs(target - now) > 1e-3:
            if parameter not in lagging:
                lagging = draft.own("lagging")
                lagging[parameter] = None
            if not elapsed_us:
                continue
            target += (now - target) * exp(-steps_us / mapping.lag_us)
        elif parameter in lagging:
            lagging = draft.own("lagging")
            del lagging[parameter]
        _set(draft, parameter, target)
        levels = draft.levels


def _set(draft: Draft, parameter: str, value: float) -> None:
    if draft.active.act.limits:
        value = within_limits(draft, parameter, value)
    value = round(value, 4)
    if draft.levels.get(parameter) != value:
        draft.own("levels")[parameter] = value
        draft.changed[parameter] = None
