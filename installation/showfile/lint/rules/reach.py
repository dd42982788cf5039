"""Scenes and acts to which nothing leads; scenes that nothing leaves; circles without time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import product

from installation.showfile.lint.finding import Found
from installation.showfile.lint.graph import Edge, Spot, circles, reached
from installation.showfile.lint.ranges import NOTHING
from installation.showfile.lint.subject import Subject
from installation.showfile.lint.truth import Case, Range, cases, possible
from installation.showfile.model import Assign, Compare

MOST_TRIED = 400
LONGEST = 6
MOST_STARTS = 50
FRESH = " just begun in "


def reachable(subject: Subject) -> dict[Spot, Spot | None]:
    """What can come after the attract act's first scene, by itself or by GO."""
    show = subject.show
    start = (show.attract, show.acts[show.attract].start)

    def onward(spot: Spot) -> Iterator[Spot]:
        yield from (edge.to for edge in subject.edges[spot])
        yield from subject.by_hand[spot]

    return reached([start], onward)


def unreachable_act(subject: Subject) -> Iterator[Found]:
    """An act to which no scene that can be reached leads."""
    there = {act for act, _ in reachable(subject)}
    for act in subject.show.acts:
        if act not in there:
            says = (
                f"nothing leads to the act '{act}': give a scene a transition with "
                f"goto: act {act}, or take it out of acts"
            )
            yield ("act", act), says


def unreachable_scene(subject: Subject) -> Iterator[Found]:
    """A scene to which nothing leads, in an act that can be reached."""
    found = reachable(subject)
    acts = {act for act, _ in found}
    for act, scene in subject.scenes:
        if act in acts and (act, scene) not in found:
            says = (
                f"nothing leads to the scene '{scene}': give another a transition with "
                f"goto: {scene}, or take it out"
            )
            yield ("scene", act, scene), says


def no_way_out(subject: Subject) -> Iterator[Found]:
    """Scenes from which time alone never leads back to the attract act."""
    for quiet in subject.quiet:
        onward = {
            spot: [edge.to for edge in _counted(subject, group)] for spot, group in quiet.items()
        }
        safe = _leads_home(subject, onward)
        stuck = [spot for spot in subject.scenes if spot not in safe]
        for group_ in circles(stuck, onward.__getitem__):
            inside = set(group_)
            if all(to in inside for spot in group_ for to in onward[spot]):
                yield _stuck(subject, [spot for spot in stuck if spot in inside])


def _leads_home(subject: Subject, onward: Mapping[Spot, list[Spot]]) -> set[Spot]:
    """The scenes from which some way leads to the attract act."""
    before: dict[Spot, list[Spot]] = {}
    for spot, targets in onward.items():
        for to in targets:
            before.setdefault(to, []).append(spot)
    home = [spot for spot in subject.scenes if spot[0] == subject.show.attract]
    return set(reached(home, lambda spot: before.get(spot, ())))


def _stuck(subject: Subject, group: list[Spot]) -> Found:
    (act, scene), *others = group
    cure = f"add a transition such as {{after: 3m, goto: act {subject.show.attract}}}"
    if not others:
        limited = any(way.transition.limit for way in subject.ways[act, scene])
        why = " once its limit is reached" if limited else ""
        says = f"nothing ends the scene '{scene}' when nobody acts{why}: {cure}"
    else:
        said = ", ".join(name for _, name in group[:6])
        says = f"when nobody acts, the scenes {said} follow each other for ever: {cure}"
    return ("scene", act, scene), says


def _counted(subject: Subject, group: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """The edges that are there every time: not those whose limit is used up one day."""
    return tuple(
        edge
        for edge in group
        if not edge.way.transition.limit
        or edge.leaves_act
        or edge.way.spot not in reached([edge.to], partial(_within_act, subject))
    )


def _within_act(subject: Subject, spot: Spot) -> list[Spot]:
    return [edge.to for edge in subject.edges[spot] if not edge.leaves_act]


def loop_without_time(subject: Subject) -> Iterator[Found]:
    """Scenes that can follow each other in a circle within one moment."""
    edges = {
        spot: [edge for edge in group if _takes_no_time(subject, edge)]
        for spot, group in subject.edges.items()
    }
    for group_ in circles(edges, lambda spot: [e.to for e in edges[spot]]):
        inside = set(group_)
        starts = [spot for spot in subject.scenes if spot in inside][:MOST_STARTS]
        for circle in (c for start in starts for c in _simple_circles(start, edges, inside)):
            if _possible_at_once(subject, circle):
                said = " -> ".join(edge.way.spot[1] for edge in (*circle, circle[0]))
                says = (
                    f"{said} can follow each other without time passing: "
                    "give one of these transitions an after or a for"
                )
                yield circle[0].way.key, says
                break


def _takes_no_time(subject: Subject, edge: Edge) -> bool:
    """Whether an edge may be gone in the moment in which its scene begins.

    What an act's own transition waits for may be over long before the scene begins; so may an
    `after`, in a scene that goes on after an interruption.
    """
    transition = edge.way.transition
    if transition.goto == "standby" or (transition.limit and not edge.leaves_act):
        return False
    if edge.way.own:
        waits = transition.after_us and edge.way.spot not in subject.resumed
        return not transition.for_us and not waits
    return not edge.leaves_act or not (transition.for_us or transition.after_us)


def _simple_circles(start: Spot, edges: dict[Spot, list[Edge]],
                    inside: set[Spot]) -> Iterator[list[Edge]]:  # fmt: skip
    """Circles through `start`, the shortest first, as many as are worth a try."""
    paths: list[list[Edge]] = [[edge] for edge in edges[start] if edge.to in inside]
    for tried, path in enumerate(paths):
        if tried > MOST_TRIED:
            return
        if path[-1].to == start:
            yield path
        elif len(path) < LONGEST and path[-1].to not in {edge.way.spot for edge in path}:
            paths += [[*path, edge] for edge in edges[path[-1].to] if edge.to in inside]


def _possible_at_once(subject: Subject, circle: list[Edge]) -> bool:
    """Whether all conditions of a circle can be true at one moment, as each scene begins."""
    before = [circle[-1], *circle[:-1]]
    resumed = [edge.resumes for edge in before]
    for edge, goes_on in zip(circle, resumed, strict=True):
        if edge.way.own and edge.way.transition.after_us and not goes_on:
            return False
    choices = [cases(edge.way.transition.when, subject.signals) for edge in circle]
    begins = any(edge.leaves_act for edge in circle)
    for tried, chosen in enumerate(product(*choices)):
        if tried > MOST_TRIED:
            return True
        named = tuple(
            Compare(_own_name(subject, edge, atom.signal, goes_on), atom.op, atom.value)
            for edge, case, goes_on in zip(circle, chosen, resumed, strict=True)
            for atom in case
        )
        if _possible_now(subject, named, begins):
            return True
    return False


def _possible_now(subject: Subject, case: Case, begins: bool) -> bool:
    def range_of(name: str) -> Range:
        _, fresh, _ = name.partition(FRESH)
        return NOTHING if fresh or (name == "act_s" and begins) else subject.widest(name)

    return possible(case, range_of)


def _own_name(subject: Subject, edge: Edge, name: str, goes_on: bool) -> str:
    """What begins anew with each scene is another quantity in each, and 0."""
    signal = subject.signals.get(name)
    if name == "scene_s":
        return name if goes_on else f"{name}{FRESH}{edge.way.spot}"
    if signal is None or signal.reset != "scene":
        return name
    slow = signal.kind == "accumulator" or bool(signal.options.get("for"))
    if not slow or _set_at_once(subject, edge.way.spot, signal.name):
        return name
    return f"{name}{FRESH}{edge.way.spot}"


def _set_at_once(subject: Subject, spot: Spot, name: str) -> bool:
    return any(
        isinstance(action, Assign) and action.signal == name
        for cue in subject.scenes[spot].cues
        if not cue.at_us
        for action in cue.actions
    )
