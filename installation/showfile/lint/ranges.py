"""What each signal can be: from its kind, its sources, and what cues set it to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf, isnan

from installation.showfile.lint.truth import ANYTHING, Range
from installation.showfile.model import Assign, Signal
from installation.showfile.signals import KINDS

NO, YES, EITHER = Range(0.0, 0.0, True), Range(1.0, 1.0, True), Range(0.0, 1.0, True)
SHARE, NOTHING = Range(0.0, 1.0), Range(0.0, 0.0)
CLOCKS = {"scene_s": Range(0.0, inf), "act_s": Range(0.0, inf)}
SILENCE = 0.05
"""Below it a source drains an accumulator (core/signals/accumulator.py)."""

Sources = list[Range]
Start = Callable[[Signal], float]
"""How full a signal that remembers is at first: 0 as after a reset, 1 as full as it can be."""


def ranges(signals: Iterable[Signal], channels: Mapping[str, Range], start: Start,
           sets: Mapping[str, Range]) -> dict[str, Range]:  # fmt: skip
    """The range of each channel and signal, and of `works[]`: any part of `works`.

    `signals` come after those that they read. `sets` is what cues may set a signal to.
    """
    found = dict(channels)
    for signal in signals:
        of = [look_up(found, source) for source in signal.of]
        own = _range(signal, of, start(signal))
        if signal.name in sets:
            own = own.join(_within(signal, sets[signal.name]))
        found[signal.name] = own
        found[f"{signal.name}[]"] = _part(signal, own)
    return found


def look_up(found: Mapping[str, Range], text: str) -> Range:
    """The range of `works[2]`, `works`, or anything for a name that nobody knows."""
    name, bracket, _ = text.partition("[")
    if text in found or not bracket:
        return found.get(text, ANYTHING)
    return found.get(f"{name}[]", ANYTHING)


def assigned(action: Assign) -> Range:
    """What an assignment may lead to; how often one that adds is done, nobody knows."""
    if not action.adds:
        return Range(action.value, action.value, action.value == int(action.value))
    return Range(0.0, inf) if action.value > 0.0 else Range(-inf, 0.0)


def allowed(signal: Signal) -> Range:
    """What a cue may set a signal to."""
    if signal.kind == "variable":
        return Range(signal.options.get("low", -inf), signal.options.get("high", inf))
    return EITHER if signal.kind == "latch" else SHARE


def joined(sets: dict[str, Range], name: str, more: Range) -> None:
    """Let `sets` have `more` of this name too."""
    sets[name] = sets[name].join(more) if name in sets else more


def _within(signal: Signal, wanted: Range) -> Range:
    if signal.kind == "latch":
        return Range(float(wanted.must_hold), float(wanted.can_hold), True)
    limit = allowed(signal)
    low, high = (min(limit.high, max(limit.low, x)) for x in (wanted.low, wanted.high))
    return Range(low, high, wanted.whole)


def _part(signal: Signal, own: Range) -> Range:
    if signal.kind == "capture":
        return Range(0.0, min(1.0, own.high))
    return EITHER if signal.kind == "pair" else SHARE


def _range(signal: Signal, of: Sources, start: float) -> Range:
    options = signal.options
    match signal.kind:
        case "presence":
            return _presence(options, of[0])
        case "level":
            return _level(options, of[0])
        case "all":
            return _truth(all(x.can_hold for x in of), all(x.must_hold for x in of))
        case "any":
            return _truth(any(x.can_hold for x in of), any(x.must_hold for x in of))
        case "count":
            return Range(sum(x.must_hold for x in of), sum(x.can_hold for x in of), True)
        case "sum":
            low, high = (sum(limit(0.0, bound) for bound in bounds)
                         for limit, bounds in ((min, [x.low for x in of]),
                                               (max, [x.high for x in of])))  # fmt: skip
            return _sane(Range(low, high, all(x.whole for x in of)))
        case "max" | "min" | "mean" | "euro":
            whole = signal.kind in ("max", "min") and all(x.whole for x in of)
            return Range(min(x.low for x in of), max(x.high for x in of), whole)
        case "inverse":
            return _sane(Range(1.0 - of[0].high, 1.0 - of[0].low, of[0].whole))
        case _:
            return _with_memory(signal, of, start)


def _with_memory(signal: Signal, of: Sources, start: float) -> Range:
    options = signal.options
    match signal.kind:
        case "latch":
            return _truth(start > 0.0 or of[0].can_hold, start > 0.0 or of[0].must_hold)
        case "accumulator":
            drains = options.get("drain", 0.0) > 0.0 and of[0].low < SILENCE
            return Range(0.0 if drains else start, 1.0 if of[0].high >= SILENCE else start)
        case "capture" | "times":
            most = options.get("slots", 5.0) if signal.kind == "capture" else inf
            first = start * most if start else 0.0
            return Range(first, most if of[0].can_hold else first, True)
        case "variable":
            return Range(options["start"], options["start"])
        case "press":
            return EITHER if _varies(of[0]) else NO
        case "alternation":
            return EITHER if all(x.can_hold for x in of) else NO
        case "pair":
            both = zip(of[::2], of[1::2], strict=False)
            return Range(0.0, sum(a.can_hold and b.can_hold for a, b in both), True)
        case "rate":
            return Range(0.0, inf) if _varies(of[0]) else NOTHING
        case "order":
            return SHARE if any(x.can_hold for x in of) else NOTHING
        case "balance":
            return Range(-1.0, 1.0) if any(x.high > 0.0 for x in of) else NOTHING
        case _:
            return _told(signal)


def _told(signal: Signal) -> Range:
    """What the table of kinds says of one that is not treated here."""
    kind = KINDS.get(signal.kind)
    if kind is None:
        return ANYTHING
    return Range(-inf if kind.low is None else kind.low, inf if kind.high is None else kind.high)


def _truth(can: bool, must: bool) -> Range:
    return YES if must else EITHER if can else NO


def _presence(options: Mapping[str, float], of: Range) -> Range:
    if "below" in options:
        can, must = of.low < options["below"], of.high < options["below"]
    else:
        can, must = of.high > options["above"], of.low > options["above"]
    return _truth(can, must and not options.get("for"))


def _level(options: Mapping[str, float], of: Range) -> Range:
    low, high = options.get("low", 0.0), options.get("high", 1.0)
    ends = [min(1.0, max(0.0, (x - low) / (high - low))) for x in (of.low, of.high)]
    return Range(min(ends), max(ends))


def _varies(of: Range) -> bool:
    return of.low != of.high


def _sane(found: Range) -> Range:
    """Not so the sum of an infinity and its opposite."""
    return ANYTHING if isnan(found.low) or isnan(found.high) else found
