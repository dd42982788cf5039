"""acts/NAME.yaml -> Act: scenes, transitions, mappings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from installation.showfile.conditions import condition
from installation.showfile.cues import CURVES, cues
from installation.showfile.cursor import Fields, choice, items, kind_of, line, named, text
from installation.showfile.model import Act, Cue, Map, Scene, Transition
from installation.showfile.names import ANY_VALUE, Names, Range, look_of
from installation.showfile.reader import Log, Node, Place, Scalar, Sequence, clip
from installation.showfile.units import duration, gain, share, value, whole

T = TypeVar("T")
MAP_CURVES = ("linear", *(curve for curve in CURVES if curve != "linear"))


@dataclass(frozen=True, slots=True)
class Common:
    """What `show.yaml` says for every act: an act or scene that says it itself goes first."""

    mappings: tuple[Map, ...] = ()
    cues: tuple[Cue, ...] = ()


def common(fields: Fields, names: Names, log: Log) -> Common:
    """`mappings` and `cues` of a show or an act, which hold in all its scenes.

    Only a cue with `when` has a meaning in each of them.
    """
    mapped = mappings(fields.get("mappings"), names, log)
    given = fields.get("cues")
    found = cues(given, names, log)
    for item, cue in zip(items(given, Log(), "cues"), found, strict=False):
        if cue.when is None:
            says = f"cue '{clip(cue.name)}' belongs to a scene: only cues with when hold in all"
            log.add(item.place, says)
    return Common(mapped, found)


def act(node: Node, name: str, shared: Common, names: Names, log: Log) -> Act:
    """The act called `name`, as its file is, with what the show says for all."""
    fields = Fields(node, log, f"act '{name}'")
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
    mapped = _under(own.mappings, shared.mappings, lambda m: m.parameter)
    everywhere = _under(own.cues, shared.cues, lambda c: c.name)
    leaving = transitions(fields.get("transitions"), scene_names, names, log)
    scenes = {
        key.text: _scene(key, body, scene_names, names, log, everywhere, leaving=leaving)
        for key, body in bodies
    }
    fields.done()
    return Act(name, title, start, scenes, mapped, leaving)


def _under(own: tuple[T, ...], outer: tuple[T, ...], key: Callable[[T], str]) -> tuple[T, ...]:
    """`own`, then what `outer` says of things that `own` does not."""
    said = {key(thing) for thing in own}
    return (*own, *(thing for thing in outer if key(thing) not in said))


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
    if key.text == "return":
        log.add(key.place, "'return' cannot name a scene; goto uses the word")
    fields = Fields(body, log, what)
    look = look_of(fields.get("look"), fields.get("sound"), fields.get("light"), names, log)
    fade_us = duration(fields.get("fade"), log, "fade")
    mapped = mappings(fields.get("mappings"), names, log)
    cued = _under(cues(fields.get("cues"), names, log), everywhere, lambda c: c.name)
    own = transitions(fields.get("transitions"), scenes, names, log)
    following = goto(fields.get("next"), "next", scenes, names, log)
    fields.done()
    if not following and (own or leaving):
        following = (own or leaving)[-1].goto
    return Scene(key.text, look, fade_us, cued, mapped, own, following)


def transitions(
    node: Node | None, scenes: set[str], names: Names, log: Log
) -> tuple[Transition, ...]:
    return tuple(_transition(i, scenes, names, log) for i in items(node, log, "transitions"))


def _transition(node: Node, scenes: set[str], names: Names, log: Log) -> Transition:
    fields = Fields(node, log, "a transition")
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
    """`SCENE`, `act NAME` or `return`."""
    if node is None:
        return ""
    to = " ".join(text(node, log, what).split())
    if not to or to == "return" or to in scenes:
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
        if made.parameter and any(m.parameter == made.parameter for m in found):
            log.add(item.place, f"'{made.parameter}' is mapped twice; combine them in a signal")
        found.append(made)
    return tuple(found)


def _mapping(node: Node, names: Names, log: Log) -> Map:
    fields = Fields(node, log, "a mapping")
    given = fields.need("from")
    source = text(given, log, "from")
    if given is not None and source:
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
