"""The scenes as a graph: which can follow which, by which transition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from installation.showfile.lint.finding import Key
from installation.showfile.model import Scene, Show, Transition

T = TypeVar("T")
Spot = tuple[str, str]
"""(act, scene)"""


@dataclass(frozen=True, slots=True)
class Way:
    """A transition as it holds in one scene; `own` where it is the scene's, not its act's."""

    spot: Spot
    transition: Transition
    index: int
    own: bool

    @property
    def key(self) -> Key:
        act, scene = self.spot
        return ("transition", act, scene if self.own else "", str(self.index))

    @property
    def returns(self) -> bool:
        return self.transition.goto == "return"


@dataclass(frozen=True, slots=True)
class Edge:
    """One place where a way may lead: `return` has one for each scene that it may have
    interrupted, which `resumes`, and one to the act's start where it has interrupted none."""

    way: Way
    to: Spot
    resumes: bool = False

    @property
    def leaves_act(self) -> bool:
        """Whether an act begins: another, or this one anew."""
        return self.way.transition.goto.startswith("act ") or self.to[0] != self.way.spot[0]


def scenes(show: Show) -> dict[Spot, Scene]:
    """Every scene, in the order of the show."""
    return {
        (act.name, scene.name): scene for act in show.acts.values() for scene in act.scenes.values()
    }


def ways(show: Show) -> dict[Spot, tuple[Way, ...]]:
    """The ways out of each scene, in the order in which the core looks at them."""
    found: dict[Spot, tuple[Way, ...]] = {}
    for act in show.acts.values():
        for scene in act.scenes.values():
            spot = (act.name, scene.name)
            own = [Way(spot, t, i, True) for i, t in enumerate(scene.transitions)]
            acts = [
                Way(spot, t, i, False)
                for i, t in enumerate(act.transitions)
                if t.goto != scene.name  # it is there already
            ]
            found[spot] = (*own, *acts)
    return found


def edges(show: Show, out: Mapping[Spot, tuple[Way, ...]]) -> dict[Spot, tuple[Edge, ...]]:
    """Where each way may lead; `standby` leads where GO does."""
    onward = _Onward(show)
    return {
        spot: tuple(
            Edge(way, to, resumes)
            for way in group
            for to, resumes in onward.targets(spot, way.transition.goto)
        )
        for spot, group in out.items()
    }


def by_hand(show: Show) -> dict[Spot, tuple[Spot, ...]]:
    """Where GO leads from each scene, once its cues are through."""
    onward = _Onward(show)
    return {
        spot: tuple(to for to, _ in onward.targets(spot, scene.next))
        for spot, scene in scenes(show).items()
    }


class _Onward:
    """Resolves `goto`; a `return` leads to every scene that could have been interrupted."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._into: dict[Spot, dict[Spot, None]] = {}
        for spot, group in ways(show).items():
            for goto in (*(way.transition.goto for way in group), self._next(spot)):
                if goto in show.acts[spot[0]].scenes and goto != spot[1]:
                    self._into.setdefault((spot[0], goto), {})[spot] = None

    def targets(self, spot: Spot, goto: str) -> tuple[tuple[Spot, bool], ...]:
        """The scenes to which `goto` may lead from the scene `spot`, and which it resumes."""
        act = spot[0]
        goto = self._next(spot) if goto == "standby" else goto
        start = (act, self._show.acts[act].start)
        if goto == "return":
            interrupted = tuple((other, True) for other in self._into.get(spot, ()))
            none = not interrupted or spot == start
            return (*interrupted, (start, False)) if none else interrupted
        if goto.startswith("act "):
            name = goto.removeprefix("act ")
            return (((name, self._show.acts[name].start), False),)
        return (((act, goto), False),) if goto in self._show.acts[act].scenes else ()

    def _next(self, spot: Spot) -> str:
        return self._show.acts[spot[0]].scenes[spot[1]].next


def reached(start: Iterable[T], onward: Callable[[T], Iterable[T]]) -> dict[T, T | None]:
    """What can be reached from `start`, each with that from which it was reached first."""
    found: dict[T, T | None] = dict.fromkeys(start)
    waiting = list(found)
    for spot in waiting:
        for to in onward(spot):
            if to not in found:
                found[to] = spot
                waiting.append(to)
    return found


def circles(spots: Iterable[T], onward: Callable[[T], Iterable[T]]) -> list[list[T]]:
    """The groups of things that all lead to each other (Tarjan 1972), without recursion.

    A thing alone is a group too, whether it leads to itself or not.
    """
    number: dict[T, int] = {}
    low: dict[T, int] = {}
    stack: list[T] = []
    on_stack: set[T] = set()
    found: list[list[T]] = []
    for root in spots:
        work = [] if root in number else [(root, iter(onward(root)))]
        while work:
            spot, rest = work[-1]
            if spot not in number:
                number[spot] = low[spot] = len(number)
                stack.append(spot)
                on_stack.add(spot)
            for to in rest:
                if to not in number:
                    work.append((to, iter(onward(to))))
                    break
                if to in on_stack:
                    low[spot] = min(low[spot], number[to])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[spot])
                if low[spot] == number[spot]:
                    at = stack.index(spot)
                    found.append(stack[at:])
                    on_stack.difference_update(stack[at:])
                    del stack[at:]
    return found
