"""What could flash: more than three times in a second (WCAG 2.2, 2.3.1).

A flash is a pair of opposing changes of a tenth or more of the most. Here every opacity, every
input of a visual and every output of a node counts as brightness. The flash guard on the final
picture acts whatever the show says; this tells it before the doors open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from itertools import pairwise
from math import inf

from installation.showfile.lint.files import header
from installation.showfile.lint.finding import Found
from installation.showfile.lint.graph import Edge, Spot
from installation.showfile.lint.subject import Subject
from installation.showfile.lint.truth import atoms, cases, possible
from installation.showfile.model import Compare, Condition, Cue, Fade, Scene

SECOND_US = 1_000_000
MOST_FLASHES = 3
LEAST_PERIOD_US = SECOND_US / MOST_FLASHES
LEAST_CHANGE = 0.1
"""Of the most: the smallest change of relative luminance that counts (WCAG's definition)."""
LOOKED_AT_US = 10 * SECOND_US
MOST_EVENTS = 50_000
MOST_STEPS = 4
Event = tuple[float, float, int, str]
"""A moment, a value, the fade to it in µs, and the cue."""


def flashing_cues(subject: Subject) -> Iterator[Found]:
    """Timed cues of one scene that move a brightness up and down too often."""
    spans = _spans(subject)
    for spot, scene in subject.scenes.items():
        if not _is_dense(scene):
            continue
        for parameter, events in _timelines(subject, spot, scene).items():
            begins = scene.look.get(parameter, subject.rest(parameter))
            by = _flashes(begins, events, LEAST_CHANGE * spans.get(parameter, 1.0))
            if by:
                says = (
                    f"{_name(parameter)} would flash more than three times a second in the scene "
                    f"'{scene.name}', moved by cue '{by}': make it slower, or fade it"
                )
                yield subject.cue_key(spot, by), says


def flashing_pairs(subject: Subject) -> Iterator[Found]:
    """Two cues that undo each other as often as a condition turns."""
    spans = _spans(subject)
    for spot, scene in subject.scenes.items():
        held = [cue for cue in scene.cues if cue.when is not None]
        for place, one in enumerate(held[:64]):
            for other in held[place + 1 : 64]:
                parameter = _undone(subject, spot, one, other, spans)
                if parameter and _can_turn_fast(subject, one.when, other.when):
                    says = (
                        f"cues '{one.name}' and '{other.name}' undo each other's "
                        f"{_name(parameter)} as often as their condition turns, which may be more "
                        "than three times a second: give the signal a hold, or the cues a fade"
                    )
                    yield subject.cue_key(spot, other.name), says


def flashing_scenes(subject: Subject) -> Iterator[Found]:
    """Scenes that can follow each other in a circle in less than a third of a second."""
    spans = _spans(subject)
    for start in subject.scenes:
        for circle in _quick_circles(subject, start):
            spots = [edge.way.spot for edge in circle]
            if start != min(spots):
                continue
            stays = [max(1.0, _stay_us(subject, edge)) for edge in circle]
            period_us = _period_us(subject, circle, sum(stays))
            if 0.0 < period_us < LEAST_PERIOD_US:
                parameter = _differs(subject, spots, period_us / len(spots), spans)
                if parameter:
                    said = " and ".join(spot[1] for spot in spots)
                    says = (
                        f"{said} can follow each other more than three times a second, and "
                        f"{_name(parameter)} flashes: give a transition an after or a for"
                    )
                    yield circle[0].way.key, says
                    break


def flashing_mapping(subject: Subject) -> Iterator[Found]:
    """An opacity that follows a signal at once which can turn as fast as a hand."""
    for spot, scene in subject.scenes.items():
        for mapping in (*scene.mappings, *subject.show.acts[spot[0]].mappings):
            opacity = mapping.parameter.startswith("layer.") and (
                mapping.parameter.endswith(".opacity")
            )
            wide = abs(mapping.to_high - mapping.to_low) >= LEAST_CHANGE
            fast = _pace_us(subject, mapping.source) < LEAST_PERIOD_US
            if opacity and wide and fast and not mapping.lag_us:
                says = (
                    f"{_name(mapping.parameter)} follows '{mapping.source}' at once, which may "
                    "turn more than three times a second: give the mapping a lag"
                )
                yield subject.mapping_key(spot, mapping.parameter), says


def _spans(subject: Subject) -> Mapping[str, float]:
    """From least to most of each input that says so; 1 counts for the others."""
    found: dict[str, float] = {}
    for layer in subject.show.layers:
        for entry in header(subject.files.sources.get(layer.visual, "")):
            low, high = entry.get("MIN"), entry.get("MAX")
            if isinstance(low, int | float) and isinstance(high, int | float) and high > low:
                found[f"layer.{layer.name}.{entry.get('NAME')}"] = float(high - low)
    return found


def _is_bright(parameter: str) -> bool:
    return parameter.startswith(("layer.", "output."))


def _is_dense(scene: Scene) -> bool:
    """Whether the scene's cues come often enough for a closer look: eight, or a repeated one."""
    timed = [cue for cue in scene.cues if cue.at_us is not None or cue.follow]
    return len(timed) > 2 * MOST_FLASHES or any(cue.every_us for cue in timed)


def _timelines(subject: Subject, spot: Spot, scene: Scene) -> dict[str, list[Event]]:
    """What timed cues do to each brightness, in the order of time."""
    lines: dict[str, list[Event]] = {}
    for at_us, cue in _played(scene, subject.times.longest_us(spot)):
        for action in cue.actions:
            if isinstance(action, Fade) and _is_bright(action.parameter):
                event = (at_us, subject.value_of(spot, action), action.fade_us, cue.name)
                lines.setdefault(action.parameter, []).append(event)
    return lines


def _played(scene: Scene, longest_us: float) -> Iterator[tuple[float, Cue]]:
    """The timed cues as they would come, until repetition has shown what it does."""
    followers: dict[str, list[tuple[int, Cue]]] = {}
    for place, cue in enumerate(scene.cues):
        followers.setdefault(cue.follow, []).append((place, cue))
    waiting = [(float(c.at_us), i, c, 1) for i, c in enumerate(scene.cues) if c.at_us is not None]
    waiting.sort(key=lambda due: due[:2])
    end_us = min(longest_us, max((due[0] for due in waiting), default=0.0) + LOOKED_AT_US)
    for _ in range(MOST_EVENTS):
        if not waiting or waiting[0][0] > end_us:
            return
        at_us, place, cue, turn = heappop(waiting)
        yield at_us, cue
        if cue.every_us and not 0 < cue.times <= turn:
            heappush(waiting, (at_us + cue.every_us, place, cue, turn + 1))
        for other, follower in followers.get(cue.name, ()):
            heappush(waiting, (at_us + follower.pre_wait_us, other, follower, 1))


def _flashes(value: float, events: list[Event], least: float) -> str:
    """The cue that makes the seventh change within a second, so a fourth flash; "" for none.

    Changes of less than `least` do not count, and a fade that the next one cuts off gets only
    as far as its time lets it.
    """
    turns: list[tuple[float, str]] = []
    many = 2 * MOST_FLASHES + 1
    extreme, direction = value, 0
    ends = [*(event[0] for event in events[1:]), inf]
    for (at_us, target, fade_us, cue), until_us in zip(events, ends, strict=True):
        value += (target - value) * (min(1.0, (until_us - at_us) / fade_us) if fade_us else 1.0)
        step = value - extreme
        if direction * step > 0.0:
            extreme = value
        elif abs(step) >= least - 1e-9:
            direction = 1 if step > 0.0 else -1
            extreme = value
            turns.append((at_us, cue))
            if len(turns) >= many and at_us - turns[-many][0] < SECOND_US:
                return cue
    return ""


def _name(parameter: str) -> str:
    return parameter.removeprefix("layer.")


def _undone(subject: Subject, spot: Spot, one: Cue, other: Cue,
            spans: Mapping[str, float]) -> str:  # fmt: skip
    """A brightness that the two cues move to different values faster than a flash takes."""
    first = {a.parameter: a for a in one.actions if isinstance(a, Fade)}
    for action in other.actions:
        if isinstance(action, Fade) and action.parameter in first:
            back = first[action.parameter]
            change = abs(subject.value_of(spot, action) - subject.value_of(spot, back))
            fade_us = max(action.fade_us, back.fade_us, 1)
            shown = change * min(1.0, LEAST_PERIOD_US / 2 / fade_us)
            if _is_bright(action.parameter) and shown >= LEAST_CHANGE * spans.get(
                action.parameter, 1.0
            ):
                return action.parameter
    return ""


def _can_turn_fast(subject: Subject, one: Condition | None, other: Condition | None) -> bool:
    """Whether two conditions exclude each other, and each can come again at once."""
    if one is None or other is None:
        return False
    apart = not any(
        possible((*a, *b), subject.widest)
        for a in cases(one, subject.signals)
        for b in cases(other, subject.signals)
    )
    return apart and _condition_pace_us(subject, one) < LEAST_PERIOD_US


def _condition_pace_us(subject: Subject, condition: Condition) -> float:
    return max((_pace_us(subject, atom.signal) for atom in atoms(condition)), default=inf)


def _pace_us(subject: Subject, source: str) -> float:
    """The least time in which a quantity can turn twice and be as it was."""
    signal = subject.signals.get(source.partition("[")[0])
    if signal is None:
        return inf if source in {"scene_s", "act_s"} else 0.0
    options = signal.options
    match signal.kind:
        case "presence":
            own = options.get("for", 0.0) + options.get("hold", 0.0)
            return max(own, _pace_us(subject, signal.of[0]))
        case "level" | "balance":
            return max(2.0 * options.get("lag", 0.0), _slowest(subject, signal.of))
        case "latch" | "times" | "variable":
            return inf
        case "accumulator":
            return options["full"] + options.get("drain", 0.0) if options.get("drain") else inf
        case "press":
            return options.get("hold", 200_000.0)
        case "alternation":
            return options.get("window", 5e6)
        case "rate":
            return options.get("window", SECOND_US)
        case "capture" | "order":
            return inf
        case _:
            return _slowest(subject, signal.of)


def _slowest(subject: Subject, sources: tuple[str, ...]) -> float:
    """Several sources turn as fast as the fastest of them."""
    return min((_pace_us(subject, source) for source in sources), default=inf)


def _quick_circles(subject: Subject, start: Spot) -> Iterator[list[Edge]]:
    """Circles of up to four scenes through `start` that may take less than a flash."""
    paths: list[tuple[float, list[Edge]]] = [(0.0, [])]
    for tried, (took_us, path) in enumerate(paths):
        spot = path[-1].to if path else start
        if path and spot == start:
            yield path
            continue
        if len(path) == MOST_STEPS or tried > MOST_EVENTS:
            continue
        for edge in subject.edges[spot]:
            longer_us = took_us + _stay_us(subject, edge)
            again = edge.to in {e.to for e in path}
            if longer_us < LEAST_PERIOD_US and not again and not edge.way.transition.limit:
                paths.append((longer_us, [*path, edge]))


def _stay_us(subject: Subject, edge: Edge) -> float:
    """How long its scene lasts at least, when it is left by this edge."""
    return subject.times.earliest(edge, 0.0)


def _period_us(subject: Subject, circle: list[Edge], took_us: float) -> float:
    """How long one turn of a circle takes at least: no faster than its signals can turn."""
    paces = [
        _condition_pace_us(subject, edge.way.transition.when)
        for edge in circle
        if edge.way.transition.when is not None and not _is_clock(edge.way.transition.when)
    ]
    return max([took_us, *paces])


def _is_clock(condition: Condition) -> bool:
    return isinstance(condition, Compare) and condition.signal in {"scene_s", "act_s"}


def _differs(subject: Subject, spots: list[Spot], stay_us: float,
             spans: Mapping[str, float]) -> str:  # fmt: skip
    """A brightness that changes enough from scene to scene, as far as the fades let it."""
    for one, other in pairwise([*spots, spots[0]]):
        a, b = subject.scenes[one], subject.scenes[other]
        shown = min(1.0, stay_us / max(1, a.fade_us, b.fade_us))
        for parameter in sorted({*a.look, *b.look}):
            rest = subject.rest(parameter)
            change = abs(a.look.get(parameter, rest) - b.look.get(parameter, rest)) * shown
            if _is_bright(parameter) and change >= LEAST_CHANGE * spans.get(parameter, 1.0):
                return parameter
    return ""
