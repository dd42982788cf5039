"""acts/NAME.yaml -> Act: scenes, transitions, mappings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate

from installation.showfile.conditions import condition
from installation.showfile.cues import CURVES, cues
from installation.showfile.cursor import Fields, choice, items, kind_of, line, named, pairs, text
from installation.showfile.model import Act, Cue, Map, Scene, Transition, Unknown
from installation.showfile.names import ANY_VALUE, Names, Range, look_of
from installation.showfile.reader import Log, Node, Place, Scalar, Sequence, clip
from installation.showfile.reader import Mapping as Tree
from installation.showfile.signals import inline
from installation.showfile.units import duration, gain, share, value, whole
from installation.showfile.words import ACT, FAULT, MAPPING, SCENE, TRANSITION

GOTO_WORDS = ("return", "standby")
RECOVERIES = ("scene", "act", "attract")
MAP_CURVES = ("linear", *(curve for curve in CURVES if curve != "linear"))


@dataclass(frozen=True, slots=True)
class Common:
    """What `show.yaml` says for every act: an act or scene that says it itself goes first."""

    mappings: tuple[Map, ...] = ()
    cues: tuple[Cue, ...] = ()
    limits: Mapping[str, Range] = field(default_factory=dict)


def common(fields: Fields, names: Names, log: Log) -> Common:
    """`mappings` and `cues` of a show or an act, which hold in all its scenes.

    Only a cue with `when` has a meaning in each of them.
    """
    mapped = mappings(fields.get("mappings"), names, log)
    given = fields.get("cues")
    for item in items(given, Log(), "cues"):  # as they are written: a group's have no condition
        said = {key.text: node for key, node in pairs(item, Log(), "a cue")}
        if said and "when" not in said:
            name = clip(text(said.get("cue"), Log(), "cue"))
            log.add(item.place, f"cue '{name}' belongs to a scene: only cues with when hold in all")
    return Common(mapped, cues(given, names, log))


def act(node: Node, name: str, shared: Common, names: Names, log: Log) -> Act:
    """The act called `name`, as its file is, with what the show says for all."""
    log.inside = (name, "")
    log.mark(node.place, "act", name)
    fields = Fields(node, log, f"act '{name}'", ACT)
    given = fields.need("act")
    if (said := text(given, log, "act")) and said != name and given is not None:
        log.add(given.place, f"the act is called '{said}' but its file {name}.yaml")
    title = line(fields.need("title"), log, "title")
    bodies = named(fields.need("scenes"), log, "scenes")
    scene_names = {key.text for key, _ in bodies}
    begin = fields.need("start")
    start = text(begin, log, "start")
    if begin is not None and start and start not in scene_names:
        log.unknown(begin.place, "scene", start, scene_names)
    own = common(fields, names, log)
    mapped = _mappings_under(own.mappings, shared.mappings)
    everywhere = _cues_under(own.cues, shared.cues)
    leaving = transitions(fields.get("transitions"), scene_names, names, log)
    limited = limits(fields.get("limits"), names, log)
    recovery = choice(fields.get("recovery"), log, "recovery", RECOVERIES)
    scenes = {
        key.text: _scene(key, body, scene_names, names, log, everywhere, leaving=leaving)
        for key, body in bodies
    }
    fields.done()
    return Act(name, title, start, scenes, mapped, leaving, {**shared.limits, **limited}, recovery)


def _mappings_under(own: tuple[Map, ...], outer: tuple[Map, ...]) -> tuple[Map, ...]:
    """`own`, then what `outer` says of parameters of which `own` says nothing."""
    said = {mapping.parameter for mapping in own}
    return (*own, *(mapping for mapping in outer if mapping.parameter not in said))


def _cues_under(own: tuple[Cue, ...], outer: tuple[Cue, ...]) -> tuple[Cue, ...]:
    """The same for cues: one of `own` also stands for the end and the group of the outer one."""
    said = {cue.name for cue in own}

    def is_said(name: str) -> bool:
        return any(part in said for part in accumulate(name.split("/"), "{}/{}".format))

    return (*own, *(cue for cue in outer if not is_said(cue.name)))


def _scene(
    key: Scalar,
    body: Node,
    scenes: set[str],
    names: Names,
    log: Log,
    everywhere: tuple[Cue, ...],
    *,
    leaving: tuple[Transition, ...],
) -> Scene:
    what = f"scene '{key.text}'"
    log.inside = (log.inside[0], key.text)
    log.mark(key.place, "scene", *log.inside)
    if key.text in GOTO_WORDS:
        log.add(key.place, f"'{key.text}' cannot name a scene; goto uses the word")
    fields = Fields(body, log, what, SCENE)
    look = look_of(fields.get("look"), fields.get("sound"), fields.get("light"), names, log)
    fade_us = duration(fields.get("fade"), log, "fade")
    mapped = mappings(fields.get("mappings"), names, log)
    cued = _cues_under(cues(fields.get("cues"), names, log), everywhere)
    own = transitions(fields.get("transitions"), scenes, names, log)
    stand_ins, ways = _faults(fields.get("faults"), scenes, names, log)
    following = goto(fields.get("next"), "next", scenes, names, log)
    fields.done()
    following = following or _last_way(own) or _last_way(leaving)
    log.inside = (log.inside[0], "")
    return Scene(key.text, look, fade_us, cued, mapped, own + ways, following, stand_ins)


def _last_way(leaving: tuple[Transition, ...]) -> str:
    """Where the last of these transitions goes: what GO does where nothing else is said."""
    ways = [transition.goto for transition in leaving if transition.goto != "standby"]
    return ways[-1] if ways else ""


def _faults(node: Node | None, scenes: set[str], names: Names,
            log: Log) -> tuple[dict[str, float], tuple[Transition, ...]]:  # fmt: skip
    """What is done without a sensor: a value in its stead, or a way on."""
    stand_ins: dict[str, float] = {}
    ways: list[Transition] = []
    for key, body in pairs(node, log, "faults"):
        names.check_source(key.text, key.place, log)
        if isinstance(body, Scalar):
            stand_ins[key.text] = value(body, log, key.text)
            instead: Place | None = body.place
        else:
            fields = Fields(body, log, f"the fault of '{key.text}'", FAULT)
            take, to = fields.get("take"), fields.get("goto")
            instead = take.place if take is not None else None
            if take is not None:
                stand_ins[key.text] = value(take, log, "take")
            if to is not None:
                ways.append(_way(key.text, to, fields, scenes, names, log))
            elif take is None:
                log.add(body.place, f"the fault of '{key.text}' needs take or goto")
            fields.done()
        if instead is not None and key.text in names.kinds:
            says = f"'{key.text}' is a signal: only a channel can be taken as something else"
            log.add(instead, says)
    return stand_ins, tuple(ways)


def _way(name: str, to: Node, fields: Fields, scenes: set[str], names: Names,
         log: Log) -> Transition:  # fmt: skip
    return Transition(
        goto=goto(to, "goto", scenes, names, log),
        when=Unknown(name),
        for_us=duration(fields.get("for"), log, "for"),
        tally=line(fields.get("tally"), log, "tally") or "fault",
        why=f"{name} is unknown",
    )


def limits(node: Node | None, names: Names, log: Log) -> dict[str, Range]:
    """The least and the most that parameters may be; a single value is the most."""
    found: dict[str, Range] = {}
    for key, body in pairs(node, log, "limits"):
        parameter, allowed = _target(key.text, key.place, names, log)
        single = body.place if isinstance(body, Scalar) else None
        both = (
            body if single is None else Sequence(single, [Scalar(single, f"{allowed[0]:g}"), body])
        )
        least, most = _two(both, key.text, log, parameter, allowed)
        if least > most:
            log.add(body.place, f"the least of '{key.text}' is above its most")
        found[parameter] = (least, most)
    return found


def transitions(
    node: Node | None, scenes: set[str], names: Names, log: Log
) -> tuple[Transition, ...]:
    listed = items(node, log, "transitions")
    for number, item in enumerate(listed):
        log.mark_inside(item.place, "transition", str(number))
    return tuple(_transition(item, scenes, names, log) for item in listed)


def _transition(node: Node, scenes: set[str], names: Names, log: Log) -> Transition:
    fields = Fields(node, log, "a transition", TRANSITION)
    when, lasting, after = fields.get("when"), fields.get("for"), fields.get("after")
    if when is None and after is None and fields.mentioned:
        log.add(node.place, "a transition needs when or after")
    if lasting is not None and when is None:
        log.add(lasting.place, "for says how long when must hold; without when use after")
    found = Transition(
        goto=goto(fields.need("goto"), "goto", scenes, names, log),
        for_us=duration(lasting, log, "for"),
        after_us=duration(after, log, "after"),
        limit=whole(fields.get("limit"), log, "limit", low=0, high=1_000_000, otherwise=0),
        tally=line(fields.get("tally"), log, "tally"),
    )
    why = []
    if when is not None:
        held, said = condition(when, names, log)
        found = replace(found, when=held)
        why.append(said)
    why += [
        f"{word} {timer.text}"
        for word, timer in (("for", lasting), ("after", after))
        if isinstance(timer, Scalar)
    ]
    fields.done()
    return replace(found, why=" ".join(why))


def goto(node: Node | None, what: str, scenes: set[str], names: Names, log: Log) -> str:
    """`SCENE`, `act NAME`, `return` or `standby`."""
    if node is None:
        return ""
    to = " ".join(text(node, log, what).split())
    if not to or to in GOTO_WORDS or to in scenes:
        if to == "standby" and what == "next":
            log.add(node.place, "next is what GO does when nothing stands by: it cannot be standby")
        return to
    if to.startswith("act "):
        if to[4:] not in names.acts:
            log.unknown(node.place, "act", to[4:], names.acts)
    elif to in names.acts:
        log.add(node.place, f"'{to}' is an act: write 'act {to}'")
    else:
        log.unknown(node.place, "scene", to, scenes)
    return to


def mappings(node: Node | None, names: Names, log: Log) -> tuple[Map, ...]:
    found: list[Map] = []
    for item in items(node, log, "mappings"):
        made = _mapping(item, names, log)
        log.mark_inside(item.place, "mapping", made.parameter)
        if made.parameter and any(m.parameter == made.parameter for m in found):
            log.add(item.place, f"'{made.parameter}' is mapped twice; combine them in a signal")
        found.append(made)
    return tuple(found)


def _mapping(node: Node, names: Names, log: Log) -> Map:
    fields = Fields(node, log, "a mapping", MAPPING)
    given = fields.need("from")
    source = inline(given, names, log) if isinstance(given, Tree) else text(given, log, "from")
    if given is not None and source and not isinstance(given, Tree):
        names.check_source(source, given.place, log)
    target = fields.need("to")
    to = text(target, log, "to")
    parameter, limits = ("", ANY_VALUE)
    if target is not None and to:
        parameter, limits = _target(to, target.place, names, log)
    low, high = _two(fields.get("in"), "in", log)
    to_low, to_high = _two(fields.get("out"), "out", log, parameter, limits)
    if low == high:
        log.add(fields.key_place("in"), "in must be two different values")
    made = Map(
        source=source,
        parameter=parameter,
        low=low,
        high=high,
        to_low=to_low,
        to_high=to_high,
        lag_us=duration(fields.get("lag"), log, "lag"),
        curve=choice(fields.get("curve"), log, "curve", MAP_CURVES),
    )
    fields.done()
    return made


def _target(to: str, place: Place, names: Names, log: Log) -> tuple[str, Range]:
    head, _, rest = to.partition(".")
    if not rest and to in names.layers:
        return names.layer_input(to, place, log)
    if head == "stem":
        names.stem(rest, place, log, loop=True)
        return to, (0.0, 1.0)
    if head == "output":
        names.output(rest, place, log)
        return to, (0.0, 1.0)
    return names.layer_input(to, place, log)


def _two(
    node: Node | None,
    what: str,
    log: Log,
    parameter: str | None = None,
    limits: Range = ANY_VALUE,
) -> tuple[float, float]:
    """`[a, b]`: values of a source, or with `parameter` values of that within `limits`."""
    if node is None:
        return 0.0, 1.0
    if not isinstance(node, Sequence) or len(node.items) != 2:
        log.add(node.place, f"{what} must be a list of two values, not {kind_of(node)}")
        return 0.0, 1.0
    if parameter is None:
        first, second = (value(item, log, what) for item in node.items)
    elif parameter.startswith("stem."):
        first, second = (gain(item, log, what) for item in node.items)
    else:
        first, second = (share(item, log, what, *limits) for item in node.items)
    return first, second
