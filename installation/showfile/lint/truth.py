"""Whether a condition can be true: as a choice of cases, each of them comparisons that all hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import ceil, floor, inf, isinf, prod

from installation.showfile.model import All, Any, Compare, Condition, Not, Signal, Unknown

Case = tuple[Compare, ...]
MOST_CASES = 256
DEEPEST = 16
UNDECIDED: tuple[Case, ...] = ((Compare("?", ">", 0.5),),)
"""A condition with too many cases: about its one name nothing is known."""
OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
UNKNOWN = "unknown "
"""Before a signal's name: the quantity that is 1 while the signal is unknown."""


@dataclass(frozen=True, slots=True)
class Range:
    """All that a quantity can be; `whole` where it takes whole numbers only."""

    low: float
    high: float
    whole: bool = False

    def join(self, other: Range) -> Range:
        """The least range that holds both."""
        both = self.whole and other.whole
        return Range(min(self.low, other.low), max(self.high, other.high), both)

    @property
    def can_hold(self) -> bool:
        """Whether it can be true, as a source is: above 0.5."""
        return self.high > 0.5

    @property
    def must_hold(self) -> bool:
        return self.low > 0.5


ANYTHING = Range(-inf, inf)
RangeOf = Callable[[str], Range]


def atoms(condition: Condition, negated: bool = False) -> Iterator[Compare]:
    """The comparisons of a condition, each as it must be for the condition to gain by it."""
    match condition:
        case All(of) | Any(of):
            for part in of:
                yield from atoms(part, negated)
        case Not(of):
            yield from atoms(of, not negated)
        case Unknown(signal):
            yield _turned(Compare(UNKNOWN + signal, ">", 0.5), negated)
        case Compare():
            yield _turned(condition, negated)


def cases(condition: Condition | None, signals: Mapping[str, Signal]) -> tuple[Case, ...]:
    """What makes a condition true: at least one case, all comparisons of it.

    `all`, `any` and `inverse` signals are looked into. No condition is always true: one case,
    without comparisons.
    """
    return ((),) if condition is None else _cases(condition, signals, False, 0)


def _turned(atom: Compare, negated: bool) -> Compare:
    return Compare(atom.signal, OPPOSITE[atom.op], atom.value) if negated else atom


def _cases(condition: Condition, signals: Mapping[str, Signal], negated: bool,
           depth: int) -> tuple[Case, ...]:  # fmt: skip
    match condition:
        case Not(of):
            return _cases(of, signals, not negated, depth)
        case Unknown():
            return (tuple(atoms(condition, negated)),)
        case Compare():
            inner = _inside(condition, signals) if depth < DEEPEST else None
            if inner is None:
                return ((_turned(condition, negated),),)
            return _cases(inner, signals, negated, depth + 1)
        case All(of) | Any(of):
            parts = [_cases(part, signals, negated, depth) for part in of]
            return _joined(parts, isinstance(condition, All) != negated)


def _joined(parts: list[tuple[Case, ...]], together: bool) -> tuple[Case, ...]:
    many = prod(len(p) for p in parts) if together else sum(len(p) for p in parts)
    if many > MOST_CASES:
        return UNDECIDED
    if together:
        return tuple(tuple(dict.fromkeys(sum(chosen, ()))) for chosen in product(*parts))
    return tuple(case for part in parts for case in part)


def _inside(atom: Compare, signals: Mapping[str, Signal]) -> Condition | None:
    """What a comparison of an `all`, `any` or `inverse` signal says of its sources."""
    signal = signals.get(atom.signal)
    if signal is None:
        return None
    if signal.kind == "inverse":
        return Compare(signal.of[0], MIRRORED[atom.op], 1.0 - atom.value)
    if signal.kind not in {"all", "any"}:
        return None
    truths = tuple(Compare(source, ">", 0.5) for source in signal.of)
    true: Condition = All(truths) if signal.kind == "all" else Any(truths)
    at_one, at_zero = (holds(atom, value) for value in (1.0, 0.0))
    if at_one and at_zero:
        return All(())
    if not at_one and not at_zero:
        return Any(())
    return true if at_one else Not(true)


def holds(atom: Compare, value: float) -> bool:
    """Whether a comparison is true of `value`."""
    match atom.op:
        case ">":
            return value > atom.value
        case ">=":
            return value >= atom.value
        case "<":
            return value < atom.value
        case _:
            return value <= atom.value


def possible(case: Iterable[Compare], range_of: RangeOf) -> bool:
    """Whether all comparisons of a case can be true at one moment."""
    by_name: dict[str, list[Compare]] = {}
    for atom in case:
        by_name.setdefault(atom.signal, []).append(atom)
    return all(_meets(range_of(name), said) for name, said in by_name.items())


def can_be(condition: Condition | None, signals: Mapping[str, Signal], range_of: RangeOf) -> bool:
    """Whether a condition can be true while each quantity is in its range."""
    return any(possible(case, range_of) for case in cases(condition, signals))


def _meets(span: Range, said: list[Compare]) -> bool:
    """Whether a value of `span` satisfies every comparison."""
    low, high = (span.low, False), (span.high, False)  # (bound, whether it is left out)
    for atom in said:
        bound = (atom.value, atom.op in {">", "<"})
        if atom.op in {">", ">="}:
            low = max(low, bound)
        else:
            high = min(high, bound, key=lambda b: (b[0], not b[1]))
    if span.whole:
        first = low[0] if isinf(low[0]) else floor(low[0]) + 1 if low[1] else ceil(low[0])
        last = high[0] if isinf(high[0]) else ceil(high[0]) - 1 if high[1] else floor(high[0])
        return first <= last
    return low[0] < high[0] or (low[0] == high[0] and not low[1] and not high[1])
