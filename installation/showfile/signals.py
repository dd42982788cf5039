"""The signals of a show: which kinds there are, what each takes, and in which order they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

from installation.showfile.cursor import Fields, choice, named, one_or_many, text
from installation.showfile.model import Signal
from installation.showfile.names import CLOCKS, INDEXED, Names
from installation.showfile.reader import Log, Node, Place, Scalar
from installation.showfile.reader import Mapping as Mapping_
from installation.showfile.units import duration, value, whole

RESETS = ("never", "visit", "act", "scene")
DURATION, VALUE, COUNT = "duration", "value", "count"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of signal takes; `needs` are options that it cannot do without.

    `low` and `high` are what its value can be at most: None where only its sources tell.
    `begins` names the option that stands where others have their sources.
    """

    least: int = 1
    most: int = 1
    options: Mapping[str, str] | None = None
    needs: tuple[str, ...] = ()
    low: float | None = 0.0
    high: float | None = 1.0
    begins: str = ""


MANY = 64
KINDS: Mapping[str, Kind] = {
    "presence": Kind(
        options={"below": VALUE, "above": VALUE, "leave": VALUE, "for": DURATION, "hold": DURATION}
    ),
    "level": Kind(options={"low": VALUE, "high": VALUE, "lag": DURATION}),
    "all": Kind(most=MANY),
    "any": Kind(most=MANY),
    "count": Kind(most=MANY, high=None),
    "max": Kind(most=MANY, low=None, high=None),
    "min": Kind(most=MANY, low=None, high=None),
    "mean": Kind(most=MANY, low=None, high=None),
    "sum": Kind(most=MANY, low=None, high=None),
    "inverse": Kind(low=None, high=None),
    "accumulator": Kind(options={"full": DURATION, "drain": DURATION}, needs=("full",)),
    "balance": Kind(least=2, most=2, options={"lag": DURATION}, low=-1.0),
    "latch": Kind(),
    "press": Kind(options={"hold": DURATION}),
    "alternation": Kind(least=2, most=2, options={"window": DURATION}),
    "capture": Kind(most=MANY, options={"slots": COUNT, "gap": DURATION}, high=None),
    "order": Kind(most=8, options={"coupling": VALUE, "spread": VALUE}),
    "pair": Kind(least=2, most=MANY, high=None),
    "times": Kind(high=None),
    "rate": Kind(options={"window": DURATION}, high=None),
    "euro": Kind(options={"cutoff": VALUE, "beta": VALUE}, low=None, high=None),
    "variable": Kind(
        least=0, most=0, options={"start": VALUE, "low": VALUE, "high": VALUE},
        low=None, high=None, begins="start",
    ),
}  # fmt: skip
OPTIONS = {"reset"}.union(*(kind.options or {} for kind in KINDS.values()))
"""The keys of signals that say no kind."""
SETTABLE = ("latch", "accumulator", "variable")


@dataclass(frozen=True, slots=True)
class _Draft:
    signal: Signal
    place: Place
    sources: tuple[tuple[str, Place], ...]


def signals(node: Node | None, names: Names, log: Log) -> tuple[Signal, ...]:
    """All signals, each after those that it reads; declares them in `names`."""
    drafts: dict[str, _Draft] = {}
    within: dict[str, _Draft] = {}
    for key, body in named(node, log, "signals"):
        log.mark(key.place, "signal", key.text)
        if key.text in names.channels or key.text in CLOCKS:
            log.add(key.place, f"'{key.text}' is already the name of a channel or clock")
        drafts[key.text] = _draft(key, body, within, log)
    drafts |= within
    for draft in drafts.values():
        _declare(draft.signal, names)
    for draft in drafts.values():
        for word, place in draft.sources:
            names.check_source(word, place, log)
    return _in_order(drafts, log)


def inline(node: Mapping_, names: Names, log: Log) -> str:
    """A signal where another's name could stand: `{presence: weight, above: 3N}`; its name.

    It has what it says for a name, so that two that say the same are one.
    """
    within: dict[str, _Draft] = {}
    name = _inline(node, within, log)
    for inner, draft in within.items():
        for word, place in draft.sources:
            names.check_source(word, place, log)
        if inner not in names.kinds:
            names.inline[inner] = draft.signal
            _declare(draft.signal, names)
    return name


def _inline(node: Mapping_, within: dict[str, _Draft], log: Log) -> str:
    """Puts it into `within`, after those that stand in it; its name, "" where it is none."""
    draft = _draft(Scalar(node.place, "here"), node, within, log)
    signal = draft.signal
    said = [", ".join(signal.of), *(f"{k} {_exact(v)}" for k, v in signal.options.items())]
    reset = [f"reset {signal.reset}"] * (signal.reset != RESETS[0])
    name = f"{signal.kind}({', '.join(filter(None, [*said, *reset]))})"
    if not signal.kind:
        return ""
    within.setdefault(name, replace(draft, signal=replace(signal, name=name)))
    log.mark(node.place, "signal", name)
    return name


def _exact(number: float) -> str:
    """The shortest text that is this number and no other."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def _declare(signal: Signal, names: Names) -> None:
    names.kinds[signal.name] = signal.kind
    if signal.kind == "capture":
        names.parts[signal.name] = int(signal.options.get("slots", 5))
    elif signal.kind == "order":
        names.parts[signal.name] = len(signal.of)
    elif signal.kind == "pair":
        names.parts[signal.name] = len(signal.of) // 2


def _draft(key: Scalar, body: Node, within: dict[str, _Draft], log: Log) -> _Draft:
    what = f"signal '{key.text}'"
    fields = Fields(body, log, what)
    kinds = fields.present(*KINDS)
    if len(kinds) != 1:
        if kinds:
            log.add(fields.place, f"{what} has two kinds: {' and '.join(kinds)}")
        elif isinstance(body, Scalar) or not fields.mentioned:
            log.add(key.place, f"{what} has no kind, as in {{presence: CHANNEL, below: 1.4m}}")
        else:
            stranger = (one for one in fields.mentioned if one[0] not in OPTIONS)
            first, place = next(stranger, fields.mentioned[0])
            log.unknown(place, f"kind of {what}", first, KINDS)
        return _Draft(Signal(key.text, "", (), {}), key.place, ())
    kind = KINDS[kinds[0]]
    given = fields.get(kinds[0])
    sources = tuple(
        (_source(item, what, within, log), item.place)
        for item in (one_or_many(given) if not kind.begins else ())
    )
    if not kind.least <= len(sources) <= kind.most:
        wants = str(kind.least) if kind.least == kind.most else f"{kind.least} to {kind.most}"
        log.add(fields.key_place(kinds[0]), f"{kinds[0]} reads {wants} sources, not {len(sources)}")
    options = _options(fields, kind, what, log)
    if kind.begins:
        fields.forget(kind.begins)
        options[kind.begins] = value(given, log, f"{kinds[0]} of {what}")
    _check(kinds[0], options, fields, what, log)
    reset = choice(fields.get("reset"), log, "reset", RESETS)
    fields.forget(*KINDS)
    fields.done()
    of = tuple(word for word, _ in sources)
    named_sources = tuple((word, place) for word, place in sources if word)
    return _Draft(Signal(key.text, kinds[0], of, options, reset), key.place, named_sources)


def _source(node: Node, what: str, within: dict[str, _Draft], log: Log) -> str:
    if isinstance(node, Mapping_):
        return _inline(node, within, log)
    return text(node, log, f"source of {what}")


def _whole(word: str) -> str:
    """The signal or channel of which `word` is, or is a part."""
    match = INDEXED.match(word)
    return match[1] if match else word


def _options(fields: Fields, kind: Kind, what: str, log: Log) -> dict[str, float]:
    found: dict[str, float] = {}
    for option, type_ in (kind.options or {}).items():
        node = fields.need(option) if option in kind.needs else fields.get(option)
        if node is None:
            continue
        label = f"{option} of {what}"
        if type_ == DURATION:
            found[option] = float(duration(node, log, label))
        elif type_ == COUNT:
            found[option] = float(whole(node, log, label, low=1, high=MANY, otherwise=1))
        else:
            found[option] = value(node, log, label)
    return found


def _check(kind: str, options: Mapping[str, float], fields: Fields, what: str, log: Log) -> None:
    """What a single option cannot tell."""
    place = fields.key_place(kind)
    if kind == "presence":
        if ("below" in options) == ("above" in options):
            log.add(place, f"{what} needs either below or above")
        elif "leave" in options:
            edge = "below" if "below" in options else "above"
            back = options["leave"] - options[edge]
            if (back < 0.0) == (edge == "below") and back != 0.0:
                side = "at least" if edge == "below" else "at most"
                log.add(fields.key_place("leave"), f"leave must be {side} {edge}, or it flickers")
    elif kind == "level" and options.get("low", 0.0) == options.get("high", 1.0):
        log.add(place, f"{what} has low equal to high")
    elif kind == "accumulator" and options.get("full") == 0.0:
        log.add(fields.key_place("full"), "full must be longer than 0s")
    elif kind == "rate" and options.get("window") == 0.0:
        log.add(fields.key_place("window"), "window must be longer than 0s")
    elif kind == "euro" and (options.get("cutoff", 1.0) <= 0.0 or options.get("beta", 0.0) < 0.0):
        log.add(place, f"{what} needs a cutoff above 0Hz and a beta that is not negative")
    elif kind == "pair" and len(one_or_many(fields.get("pair"))) % 2:
        log.add(place, f"{what} reads pairs, so an even number of sources")
    elif kind == "variable" and not (
        options.get("low", -inf) <= options["start"] <= options.get("high", inf)
    ):
        log.add(place, f"{what} begins outside its low and high")


def _in_order(drafts: Mapping[str, _Draft], log: Log) -> tuple[Signal, ...]:
    """Sources before readers; otherwise the order of the file. A circle is a mistake."""
    done: dict[str, Signal] = {}
    waiting = dict(drafts)
    while waiting:
        ready = [
            name
            for name, draft in waiting.items()
            if not any(_whole(word) in waiting for word, _ in draft.sources)
        ]
        if not ready:
            _report_circle(waiting, log)
            break
        for name in ready:
            done[name] = waiting.pop(name).signal
    return tuple(done.values())


def _report_circle(waiting: Mapping[str, _Draft], log: Log) -> None:
    """Follow sources from the first until a name comes again: that is one circle."""
    path = [next(iter(waiting))]
    while True:
        following = next(
            _whole(word) for word, _ in waiting[path[-1]].sources if _whole(word) in waiting
        )
        if following in path:
            circle = path[path.index(following) :]
            break
        path.append(following)
    said = " -> ".join([*circle, circle[0]][:12])
    log.add(waiting[circle[0]].place, f"signals read each other in a circle: {said}")
