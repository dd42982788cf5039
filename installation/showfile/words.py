"""The words of the language: which keys there are, what stands at each, and what it says.

The loader takes no other key than these (`cursor.Fields`), and the JSON Schema for editors is
made of them (`schema.py`): this is the one list of both. The kinds of signals are in
`signals.KINDS`; what they say is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Word:
    """A key. `takes` is a value as schema.py describes them; `needed` where it cannot be left out;
    `like` is an example."""

    takes: str
    says: str
    like: str = ""
    needed: bool = False


Words = Mapping[str, Word]

SHOW: Words = {
    "show": Word("text", "The show's short name.", needed=True),
    "title": Word("text", "Its name for people.", needed=True),
    "acts": Word("names", "The acts, each a file acts/NAME.yaml.", "[waiting, company]",
                 needed=True),
    "attract": Word("name", "The act for the empty room; the show begins with it.", needed=True),
    "nodes": Word("nodes", "Each microcontroller, with its channels and outputs."),
    "patch": Word("patch", "Your name for a channel of a node.", "distance: plinth.gardens_middle"),
    "outputs": Word("patch", "Your name for an output of a node.", "ring: plinth.ring"),
    "surfaces": Word("surfaces", "The walls, from left to right, with the picture's size.",
                     needed=True),
    "layers": Word("layers", "What can be seen, drawn in this order."),
    "buses": Word("names", "The loudspeaker groups; a stem's bus is then one of them."),
    "stems": Word("stems", "What can be heard."),
    "signals": Word("signals", "What the sensors mean."),
    "palette": Word("palette", "Colours by name, for reference.", 'gold: "#c9a24b"'),
    "mappings": Word("mappings", "What answers a body in all acts."),
    "cues": Word("cues", "Cues with when that hold in all acts."),
    "limits": Word("limits", "The least and the most that parameters may be, in all acts."),
}  # fmt: skip

NODE: Words = {
    "channels": Word("names", "What the node feels, in the firmware's order."),
    "outputs": Word("names", "What the node moves, in the firmware's order."),
}

SURFACE: Words = {
    "width": Word("distance", "The picture's width.", "4m", needed=True),
    "height": Word("distance", "The picture's height.", "2.25m", needed=True),
}

LAYER: Words = {
    "surface": Word("text", "The wall on which it is, or all.", needed=True),
    "visual": Word("text", "Its file in visuals/ (ISF).", "seam.fs", needed=True),
    "blend": Word("blend", "How it is laid over those before it."),
    "inputs": Word("inputs", "Values of its visual's inputs where no scene names them."),
}

STEM: Words = {
    "file": Word("text", "Its file in sounds/.", "choir.wav", needed=True),
    "bus": Word("text", "The loudspeaker group that plays it.", needed=True),
    "loop": Word("boolean", "true: runs all the time, and sound moves its gain; false: play sounds "
                            "it once."),
}  # fmt: skip

RESET = Word("reset", "When it begins anew: with the visit (the attract act begins), act or scene.")

ACT: Words = {
    "act": Word("name", "The act's name: that of its file.", needed=True),
    "title": Word("text", "Its name for people.", needed=True),
    "start": Word("scene", "The scene with which it begins.", needed=True),
    "scenes": Word("scenes", "The act's states: what is on while each is on.", needed=True),
    "mappings": Word("mappings", "What holds in every scene that does not say otherwise."),
    "cues": Word("cues", "Cues with when that hold in every scene."),
    "transitions": Word("transitions", "Ways on that hold in every scene; after counts from the "
                                       "act's start."),
    "limits": Word("limits", "The least and the most that parameters may be in this act."),
    "recovery": Word("recovery", "Where the show goes on that had to start again in this act: in "
                                 "the scene, from the act's start, or in the attract act."),
}  # fmt: skip

SCENE: Words = {
    "look": Word("look", "What is seen; what is not named goes to rest.",
                 "{gardens: 1, gardens.level: 0.8}"),
    "sound": Word("sound", "The loops that are heard.", "{choir: -9dB}"),
    "light": Word("light", "What the outputs are.", "{ring: 0.3}"),
    "fade": Word("duration", "How long the change to it takes; else at once.", "3s"),
    "next": Word("goto", "What GO does when no cue stands by."),
    "mappings": Word("mappings", "What signals move in this scene."),
    "cues": Word("cues", "What happens at which moment."),
    "transitions": Word("transitions", "Ways on; the one that is due first goes."),
    "faults": Word("faults", "What to do without a sensor.", "{distance: 2m}"),
}  # fmt: skip

CUE: Words = {
    "cue": Word("cue_name", "The cue's name, once in its scene.", needed=True),
    "at": Word("duration", "Due so long after the scene began; in a group, after that.", "5s"),
    "follow": Word("text", "Due after this cue was due.", "A1"),
    "go": Word("boolean", "true: due when staff press GO."),
    "when": Word("condition", "Due each time this becomes true while the scene is on."),
    "pre_wait": Word("duration", "With follow, go or when: how much later it is due.", "2s"),
    "post_wait": Word("duration", "How much later what follows it is due.", "2s"),
    "continue": Word("boolean", "true: the next cue in the list has no timing, and follows this."),
    "every": Word("duration", "With at: comes again so often; 50ms at least.", "30s"),
    "times": Word("positive", "With every: how often in all.", "3"),
    "look": Word("look", "Layers and their inputs that it moves.", "{gardens.level: 1}"),
    "sound": Word("sound", "Loops that it moves.", "{choir: -6dB}"),
    "light": Word("light", "Outputs that it moves.", "{ring: 1}"),
    "fade": Word("duration", "How long the move takes; else at once.", "2s"),
    "fade_in": Word("duration", "The same as fade.", "2s"),
    "curve": Word("curve", "The course of the move."),
    "for": Word("duration", "How long look, sound and light stay; then the scene has them again.",
                "6s"),
    "fade_out": Word("duration", "With for: how long giving them back takes.", "4s"),
    "curve_out": Word("curve", "With for: the course of giving them back."),
    "play": Word("play", "One-shots that it sounds.", "{spark: -12dB}"),
    "osc": Word("osc", "OSC messages that it sends.", "[/curated, 1]"),
    "set": Word("assign", "Sets a latch, an accumulator or a variable.", "{laid: 1}"),
    "add": Word("assign", "Moves it by so much.", "{laid: 1}"),
    "group": Word("cues", "Cues whose time is the moment of this one."),
}  # fmt: skip

TRANSITION: Words = {
    "when": Word("condition", "The condition."),
    "for": Word("duration", "How long it must hold without a break.", "6s"),
    "after": Word("duration", "Not before: since the scene began, or the act where it is the "
                              "act's.", "4m"),
    "goto": Word("goto", "A scene of this act, act NAME, return (to the scene that this one "
                         "interrupted) or standby (what GO would do).", needed=True),
    "limit": Word("count", "How often at most in one run of the act."),
    "tally": Word("text", "Who caused this ending, for the record.", "visitors"),
}  # fmt: skip

MAPPING: Words = {
    "from": Word("source", "A signal or channel, or a signal that stands here itself.",
                 needed=True),
    "to": Word("target", "LAYER.INPUT, LAYER.opacity, stem.NAME or output.NAME.", needed=True),
    "in": Word("span", "The values of the source that count as none and as full.", "[0, 1]"),
    "out": Word("bounds", "What the parameter is then.", "[0.2, 1]"),
    "lag": Word("duration", "Smoothing: how long it takes to follow.", "300ms"),
    "curve": Word("map_curve", "The course between."),
}  # fmt: skip

FAULT: Words = {
    "take": Word("value", "What a channel counts as while it is unknown.", "2m"),
    "goto": Word("goto", "Where to go once it has been unknown."),
    "for": Word("duration", "How long it must have been unknown.", "5s"),
    "tally": Word("text", "The name of this ending; fault where nothing is said."),
}

CONDITION: Words = {
    "all": Word("conditions", "True while all of these are."),
    "any": Word("conditions", "True while at least one of these is."),
    "not": Word("condition", "True while this is not."),
    "unknown": Word("known", "True while nothing is known of it: its node is not there, or its "
                             "sensor silent."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of signal is, and each of its options."""

    says: str
    options: Mapping[str, str] = field(default_factory=dict)


KINDS: Mapping[str, Kind] = {
    "presence": Kind("1 while the source is past a threshold, else 0.", {
        "below": "Enters below this.", "above": "Enters above this.",
        "leave": "Leaves there, so that it does not flicker.",
        "for": "How long before it counts.", "hold": "How long it lasts on.",
    }),
    "level": Kind("How much, 0 to 1.", {
        "low": "What counts as none.", "high": "What counts as full.", "lag": "Smoothing.",
    }),
    "all": Kind("1 when all are true."),
    "any": Kind("1 when at least one is true."),
    "count": Kind("How many are true."),
    "max": Kind("The greatest of those that are known."),
    "min": Kind("The least of those that are known."),
    "mean": Kind("The mean of those that are known."),
    "sum": Kind("The sum of those that are known."),
    "inverse": Kind("1 minus the source."),
    "accumulator": Kind("A vessel, 0 to 1: its source fills it, silence drains it.", {
        "full": "How long a source of 1 takes to fill it.",
        "drain": "How long from full to empty; never where nothing is said.",
    }),
    "balance": Kind("Two sources a, b: -1 all a, 1 all b, 0 even or nobody.",
                    {"lag": "Smoothing."}),
    "latch": Kind("1 once its source was true, until reset."),
    "press": Kind("1 for a moment each time a button's count rises.", {"hold": "How long."}),
    "alternation": Kind("1 while both sources were true within the window.",
                        {"window": "How far apart they may be."}),
    "capture": Kind("How many works were made of what the others are when the first becomes true.",
                    {"slots": "How many there can be.", "gap": "The least time between two."}),
    "order": Kind("How much up to 8 sources move as one, 0 to 1 (Kuramoto).",
                  {"coupling": "In 1/s.", "spread": "In Hz."}),
    "pair": Kind("How many pairs of sources are both true; part [i] is pair i."),
    "times": Kind("How often its source has become true."),
    "rate": Kind("How often in a second its source becomes true.", {"window": "Over how long."}),
    "euro": Kind("The source, smooth while it rests and quick while it moves (1€ filter).",
                 {"cutoff": "In Hz, at rest.", "beta": "What speed adds."}),
    "variable": Kind("A number that cues set and add to; here it begins.",
                     {"low": "Its least.", "high": "Its most."}),
}  # fmt: skip
