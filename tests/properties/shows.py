"""Whole shows, as hypothesis draws them: YAML text, right by construction, easily read.

Every word of the language is drawn here: kinds of signals from the loader's own table, so that a
new one is drawn unasked. Every scene has a timed way out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from installation.showfile.acts import RECOVERIES
from installation.showfile.cues import CURVES
from installation.showfile.signals import COUNT, DURATION, KINDS, MANY, RESETS, SETTABLE

LONGEST_S = 8
"""After this long at most, since it began, a scene is left though nobody acts."""
CHANNELS = {"post": ("distance", "touch"), "plinth": ("weight", "button", "voice")}
OUTPUTS = ("ring", "house_light")
INPUTS = ("garden.level", "garden.opacity", "veil.level")
HEAD = """\
show: drawn
title: Drawn
attract: {first}
acts: [{acts}]
nodes:
  post: {{channels: [distance, touch], outputs: [ring]}}
  plinth: {{channels: [weight, button, voice], outputs: [house_light]}}
patch: {{distance: post.distance, touch: post.touch, weight: plinth.weight, \
button: plinth.button, voice: plinth.voice}}
outputs: {{ring: post.ring, house_light: plinth.house_light}}
surfaces: {{wall: {{width: 4m, height: 3m}}}}
layers:
  garden: {{surface: wall, visual: garden.fs, inputs: {{level: 0.4}}}}
  veil: {{surface: all, visual: garden.fs, blend: add}}
stems:
  choir: {{file: choir.wav, bus: room}}
  bell: {{file: bell.wav, bus: room, loop: false}}
"""
GARDEN = """\
/*{"ISFVSN": "2", "INPUTS": [
  {"NAME": "level", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.5}]}*/
void main() { gl_FragColor = vec4(level); }
"""
PLAIN = re.compile(r"[A-Za-z0-9_/.+-][A-Za-z0-9_/. +%-]*\Z")

Tree = Any
Draw = Any


@dataclass(frozen=True)
class Drawn:
    """A show's files; it prints as they are written."""

    files: Mapping[str, str]

    def __repr__(self) -> str:
        return "\n".join(f"\n# {name}\n{text}" for name, text in self.files.items()
                         if name.endswith(".yaml"))  # fmt: skip


def flow(tree: Tree) -> str:
    """A tree of dictionaries, lists and values as YAML in one line."""
    match tree:
        case dict():
            return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in tree.items()) + "}"
        case list():
            return "[" + ", ".join(flow(item) for item in tree) + "]"
        case bool():
            return "true" if tree else "false"
        case str() if not PLAIN.match(tree):
            return json.dumps(tree)
        case _:
            return str(tree)


def block(key: str, items: Tree, indent: str = "") -> str:
    """`key:` and under it a list, or a mapping, one item a line; nothing where it is empty."""
    if not items:
        return ""
    if isinstance(items, dict):
        lines = [f"{indent}  {name}: {flow(item)}\n" for name, item in items.items()]
    else:
        lines = [f"{indent}  - {flow(item)}\n" for item in items]
    return f"{indent}{key}:\n{''.join(lines)}"


# Values

durations = st.sampled_from(("0s", "50ms", "200ms", "1s", "2500ms", "7s", "1m"))
waits = st.sampled_from(("50ms", "330ms", "1s", "2s"))
shares = st.sampled_from((0, 0.25, "50%", 1))
gains = st.sampled_from((0, "-40dB", "-6dB", "0dB", 0.5))
values = st.sampled_from((-3, 0, 0.5, 1, "2N", "1.5m", "70dB", 5.5, 1000))
curves = st.sampled_from(CURVES)
channels = st.sampled_from([name for names in CHANNELS.values() for name in names])
tallies = st.sampled_from(("visitors", "nobody"))


def maybe(draw: Draw, into: dict[str, Tree], **options: st.SearchStrategy[Tree]) -> dict[str, Tree]:
    """Some of the options, put into a mapping."""
    for key in options:
        if draw(st.booleans()):
            into[key] = draw(options[key])
    return into


def some(draw: Draw, one: st.SearchStrategy[Tree], most: int) -> list[Tree]:
    return draw(st.lists(one, max_size=most))


# Signals


@st.composite
def signal(draw: Draw, kind: str, sources: tuple[str, ...]) -> dict[str, Tree]:
    """A signal of this kind, with any of its options."""
    takes = KINDS[kind]
    made: dict[str, Tree] = {}
    if takes.begins:
        made[kind] = draw(st.sampled_from((0, 0.5, 1)))
    else:
        least = takes.least + takes.least % 2 if kind == "pair" else takes.least
        count = 2 * draw(st.integers(1, 2)) if kind == "pair" else (
            draw(st.integers(least, min(takes.most, 4))))  # fmt: skip
        of = draw(st.lists(st.sampled_from(sources), min_size=count, max_size=count))
        made[kind] = of[0] if count == 1 and draw(st.booleans()) else of
    for option, type_ in (takes.options or {}).items():
        if option != takes.begins and (option in takes.needs or draw(st.booleans())):
            made[option] = draw(
                durations if type_ == DURATION else st.integers(1, 6) if type_ == COUNT else values
            )
    return fitting(draw, kind, maybe(draw, made, reset=st.sampled_from(RESETS)))


def fitting(draw: Draw, kind: str, made: dict[str, Tree]) -> dict[str, Tree]:
    """The same, with the options that only some values of others allow."""
    match kind:
        case "presence":
            for option in ("below", "above", "leave"):
                made.pop(option, None)
            edge = draw(st.sampled_from(("below", "above")))
            made[edge] = 1.5
            if draw(st.booleans()):
                made["leave"] = 1.8 if edge == "below" else 1.2
        case "level":
            made |= draw(st.sampled_from(({"low": 0, "high": 3}, {"low": "4m", "high": "1m"}, {})))
            made["low"] = made.get("low", 0)
            made["high"] = 1 if made.get("high", 1) == made["low"] else made.get("high", 1)
            if made["high"] == made["low"]:
                made["high"] = 7
        case "accumulator":
            made["full"] = draw(st.sampled_from(("1s", "10s")))
        case "rate" if "window" in made:
            made["window"] = draw(st.sampled_from(("1s", "10s")))
        case "euro":
            made |= {k: v for k, v in (("cutoff", "1Hz"), ("beta", 0.5)) if k in made}
        case "variable":
            made |= {k: v for k, v in (("low", 0), ("high", 3)) if k in made}
    return made


@st.composite
def signals(draw: Draw) -> dict[str, dict[str, Tree]]:
    """Some signals, each of which reads channels and those before it; s0 can always be set."""
    names = tuple(name for of in CHANNELS.values() for name in of)
    found: dict[str, dict[str, Tree]] = {"s0": {"variable": 0}}
    for kind in draw(st.lists(st.sampled_from([*KINDS]), max_size=5)):
        sources = (*names, *found, *(f"{s}[0]" for s in found if has_parts(found[s])))
        found[f"s{len(found)}"] = draw(signal(kind, sources))
    return found


def has_parts(made: dict[str, Tree]) -> bool:
    return any(kind in made for kind in ("capture", "order", "pair"))


# Conditions, cues, scenes


@dataclass(frozen=True)
class Said:
    """What the rest of the show may speak of."""

    signals: Mapping[str, dict[str, Tree]]
    scenes: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()

    @property
    def sources(self) -> st.SearchStrategy[str]:
        return st.one_of(st.sampled_from([*self.signals]), channels)

    @property
    def settable(self) -> list[str]:
        return [name for name, made in self.signals.items() if made.keys() & set(SETTABLE)]

    @property
    def goals(self) -> st.SearchStrategy[str]:
        """Where a scene may go by time: another one, or an act."""
        return st.sampled_from([*self.scenes, *(f"act {name}" for name in self.acts)])


def conditions(said: Said) -> st.SearchStrategy[Tree]:
    signs = st.sampled_from((">", ">=", "<", "<="))
    numbers = st.sampled_from(("0.5", "0", "1.5", "2N", "25%"))
    clocks, times = st.sampled_from(("scene_s", "act_s")), st.sampled_from(("1s", "5s"))
    clock = st.builds("{} {} {}".format, clocks, signs, times)
    inline = st.sampled_from([k for k in KINDS if k not in {"all", "any"}]).flatmap(
        lambda kind: signal(kind, ("distance", "touch", "weight", "voice"))
    )
    simple = st.one_of(
        said.sources,
        st.builds("{} {} {}".format, said.sources, signs, numbers),
        clock,
        st.builds(lambda of: {"unknown": of}, said.sources),
        inline,
    )
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.builds(lambda of: {"not": of}, inner),
            st.builds(lambda how, of: {how: of}, st.sampled_from(("all", "any")),
                      st.lists(inner, min_size=1, max_size=3)),
            st.lists(inner, min_size=1, max_size=3),
        ),
        max_leaves=4,
    )  # fmt: skip


looks = st.dictionaries(st.sampled_from(("garden", "garden.level", "veil", "veil.level")), shares,
                        min_size=1, max_size=3)  # fmt: skip
sounds = st.fixed_dictionaries({"choir": gains})
lights = st.dictionaries(st.sampled_from(OUTPUTS), shares, min_size=1, max_size=2)
messages = st.sampled_from((["/a"], ["/b", 1], ["/c", 1.5, "text"], [["/d", 1], ["/e", "é"]]))
plays = st.sampled_from(("bell", {"bell": "-6dB"}, ["bell", "bell"]))


@st.composite
def does(draw: Draw, said: Said) -> dict[str, Tree]:
    """What a cue does: one thing at least."""
    can: dict[str, st.SearchStrategy[Tree]] = {
        "look": looks, "sound": sounds, "light": lights, "play": plays, "osc": messages,
        "set": st.dictionaries(st.sampled_from(said.settable), shares_of_a_signal, min_size=1,
                               max_size=2),
        "add": st.dictionaries(st.sampled_from(said.settable), shares_of_a_signal, min_size=1,
                               max_size=2),
    }  # fmt: skip
    words = draw(st.lists(st.sampled_from([*can]), min_size=1, max_size=3, unique=True))
    made: dict[str, Tree] = {word: draw(can[word]) for word in words}
    if {"look", "sound", "light"} & made.keys():
        fade = draw(st.sampled_from(("fade", "fade_in", "")))
        if fade:
            made[fade] = draw(durations)
        maybe(draw, made, curve=curves)
        if draw(st.booleans()):
            made["for"] = draw(waits)
            maybe(draw, made, fade_out=durations, curve_out=curves)
    return made


shares_of_a_signal = st.sampled_from((0, 1, -1, 0.5))


@st.composite
def cues(draw: Draw, said: Said, most: int = 3) -> list[dict[str, Tree]]:
    """Cues of a scene, of every timing; groups in them, and some that continue."""
    found: list[dict[str, Tree]] = []
    goes_on = False
    for number in range(draw(st.integers(0, most))):
        made: dict[str, Tree] = {"cue": f"C{number}"}
        if not goes_on:
            made |= draw(timing(said, [cue["cue"] for cue in found]))
        elif draw(st.booleans()):
            made["pre_wait"] = draw(waits)
        made |= draw(does(said))
        maybe(draw, made, post_wait=waits, group=group(said))
        found.append(made)
        goes_on = draw(st.booleans())
        if goes_on:
            made["continue"] = True
    if found:
        found[-1].pop("continue", None)
    return found


@st.composite
def timing(draw: Draw, said: Said, before: list[str]) -> dict[str, Tree]:
    match draw(st.sampled_from(("at", "every", "follow", "go", "when") if before else
                               ("at", "every", "go", "when"))):  # fmt: skip
        case "at":
            return {"at": draw(durations)}
        case "every":
            made: dict[str, Tree] = {"at": draw(durations), "every": draw(waits)}
            return maybe(draw, made, times=st.integers(1, 4))
        case "follow":
            made = {"follow": draw(st.sampled_from(before))}
        case "go":
            made = {"go": True}
        case _:
            made = {"when": draw(conditions(said))}
    return maybe(draw, made, pre_wait=waits)


@st.composite
def group(draw: Draw, said: Said) -> list[dict[str, Tree]]:
    """What a cue brings with it: at moments of its own time, or one after the other."""
    found: list[dict[str, Tree]] = []
    for number in range(draw(st.integers(1, 2))):
        made: dict[str, Tree] = {"cue": f"G{number}"}
        if found and draw(st.booleans()):
            made["follow"] = "G0"
        elif draw(st.booleans()):
            made["at"] = draw(waits)
        found.append(made | draw(does(said)))
    return found


@st.composite
def mapping(draw: Draw, said: Said, to: str) -> dict[str, Tree]:
    made: dict[str, Tree] = {"from": draw(said.sources), "to": to}
    ends = st.lists(gains if to.startswith("stem.") else shares, min_size=2, max_size=2)
    ranges = st.sampled_from(([0, 1], ["0N", "3N"], [1, 0], ["4m", "1m"]))
    return maybe(draw, made, **{"in": ranges, "out": ends}, lag=durations, curve=curves)


@st.composite
def mappings(draw: Draw, said: Said) -> list[dict[str, Tree]]:
    targets = st.sampled_from((*INPUTS, "stem.choir", *(f"output.{o}" for o in OUTPUTS)))
    return [draw(mapping(said, to)) for to in draw(st.lists(targets, max_size=3, unique=True))]


@st.composite
def transition(draw: Draw, said: Said, goals: st.SearchStrategy[str]) -> dict[str, Tree]:
    """A way that visitors may take."""
    made: dict[str, Tree] = {"when": draw(conditions(said)), "goto": draw(goals)}
    return maybe(draw, made, **{"for": waits}, after=waits, limit=st.integers(1, 3), tally=tallies)


@st.composite
def faults(draw: Draw, said: Said) -> dict[str, Tree]:
    """What a scene does without a sensor."""
    way = {"goto": draw(said.goals)}
    without = st.one_of(
        values,
        st.builds(lambda take: {"take": take}, values),
        st.builds(lambda take: {"take": take, **way}, values),
        st.just(maybe(draw, dict(way), **{"for": waits}, tally=tallies)),
    )
    found = draw(st.dictionaries(channels, without, max_size=2))
    if draw(st.booleans()):
        found[draw(st.sampled_from([*said.signals]))] = way
    return found


@st.composite
def scene(draw: Draw, said: Said, name: str) -> str:
    """A scene with at least one timed way out, which nothing can keep shut."""
    after_go = st.one_of(said.goals, st.just("return"))
    goals = st.one_of(after_go, st.just("standby"))
    ways = some(draw, transition(said, goals), 2)
    others = [scene for scene in said.scenes if scene != name]
    out = st.sampled_from([*others, *(f"act {act}" for act in said.acts)])
    after_s = draw(st.sampled_from((0.05, 1, 3, LONGEST_S)))
    ways.append(maybe(draw, {"after": f"{round(after_s * 1000)}ms", "goto": draw(out)},
                      tally=tallies))  # fmt: skip
    own = maybe(draw, {}, look=looks, sound=sounds, light=lights, fade=durations, next=after_go)
    text = f"  {name}:\n" + "".join(f"    {key}: {flow(value)}\n" for key, value in own.items())
    text += block("mappings", draw(mappings(said)), "    ")
    text += block("cues", draw(cues(said)), "    ")
    text += block("transitions", ways, "    ")
    return text + block("faults", draw(faults(said)), "    ")


@st.composite
def limits(draw: Draw) -> dict[str, Tree]:
    return draw(
        st.fixed_dictionaries({}, optional={
            "garden.level": st.sampled_from((0.8, [0.2, 0.9])),
            "stem.choir": st.sampled_from(("-6dB", ["-40dB", "-3dB"])),
            "output.ring": st.just([0.1, 1]),
        })
    )  # fmt: skip


@st.composite
def for_all(draw: Draw, said: Said, prefix: str) -> str:
    """What holds in every scene of an act, or of the show: mappings, cues with `when`, limits."""
    whens = [
        {"cue": f"{prefix}{i}", "when": draw(conditions(said)), **draw(does(said))}
        for i in range(draw(st.integers(0, 1)))
    ]
    for cue in whens:
        for word in ("for", "fade_out", "curve_out"):  # its own cue back belongs to one scene
            cue.pop(word, None)
    text = block("mappings", draw(mappings(said))) + block("cues", whens)
    return text + block("limits", draw(limits()))


@st.composite
def act(draw: Draw, said: Said, name: str) -> str:
    scenes = said.scenes
    text = f"act: {name}\ntitle: {name}\nstart: {draw(st.sampled_from(scenes))}\n"
    if draw(st.booleans()):
        text += f"recovery: {draw(st.sampled_from(RECOVERIES))}\n"
    text += draw(for_all(said, "A"))
    goals = st.one_of(said.goals, st.just("standby"))
    text += block("transitions", some(draw, transition(said, goals), 1))
    return text + "scenes:\n" + "".join(draw(scene(said, s)) for s in scenes)


@st.composite
def shows(draw: Draw) -> Drawn:
    """A whole show."""
    names = tuple(f"act{i}" for i in range(draw(st.integers(1, 2))))
    made = draw(signals())
    said = Said(made, acts=names)
    head = HEAD.format(first=names[0], acts=", ".join(names)) + block("signals", made)
    files = {"show.yaml": head + draw(for_all(said, "S")), "visuals/garden.fs": GARDEN,
             "sounds/choir.wav": "", "sounds/bell.wav": ""}  # fmt: skip
    for name in names:
        scenes = tuple(f"s{i}" for i in range(draw(st.integers(1, 3))))
        files[f"acts/{name}.yaml"] = draw(act(Said(made, scenes, names), name))
    return Drawn(files)


__all__ = ["CHANNELS", "LONGEST_S", "MANY", "Drawn", "shows"]
