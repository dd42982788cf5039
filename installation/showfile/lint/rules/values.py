"""Values that are not what a visual or a signal takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from installation.showfile.lint.files import header
from installation.showfile.lint.finding import Found, Key
from installation.showfile.lint.ranges import allowed
from installation.showfile.lint.subject import Subject
from installation.showfile.model import Fade

WHOLE = {"long": "a whole number", "bool": "0 or 1"}


def default_out_of_range(subject: Subject) -> Iterator[Found]:
    """A visual whose own header gives an input a default outside MIN and MAX."""
    for file, source in subject.files.sources.items():
        for entry in header(source):
            low, high, given = (entry.get(word) for word in ("MIN", "MAX", "DEFAULT"))
            if not isinstance(given, int | float):
                continue
            below = isinstance(low, int | float) and given < low
            above = isinstance(high, int | float) and given > high
            if below or above:
                name = str(entry.get("NAME"))
                says = (
                    f"the DEFAULT of input '{name}' is {given:g}, "
                    f"{f'below its MIN of {low:g}' if below else f'above its MAX of {high:g}'}"
                    ": correct one"
                )
                yield ("file", f"visuals/{file}", str(_line(source, name))), says


def not_whole(subject: Subject) -> Iterator[Found]:
    """A fraction for an input that is a number of things, or a switch."""
    types = _types(subject)
    for key, parameter, value in _given(subject):
        kind = types.get(parameter, "")
        if kind in WHOLE and value != int(value):
            name = parameter.removeprefix("layer.")
            yield key, f"{name} is {value:g}, but its visual takes {WHOLE[kind]}"


def set_out_of_range(subject: Subject) -> Iterator[Found]:
    """A cue that sets a signal to a value that it cannot have."""
    for spot, cue, action in subject.setters:
        span = allowed(subject.signals[action.signal])
        if not action.adds and not span.low <= action.value <= span.high:
            says = (
                f"cue '{cue.name}' sets '{action.signal}' to {action.value:g}, outside "
                f"{span.low:g}..{span.high:g}"
            )
            yield subject.cue_key(spot, cue.name), says


def still_mapping(subject: Subject) -> Iterator[Found]:
    """A mapping that never moves: its `in` is where its source never is."""
    for spot, scene in subject.scenes.items():
        for mapping in (*scene.mappings, *subject.show.acts[spot[0]].mappings):
            span = subject.widest(mapping.source)
            low, high = sorted((mapping.low, mapping.high))
            if span.high <= low or span.low >= high:
                says = (
                    f"'{mapping.source}' is {span.low:g} to {span.high:g}, so in: "
                    f"[{mapping.low:g}, {mapping.high:g}] never moves {mapping.parameter}"
                )
                yield subject.mapping_key(spot, mapping.parameter), says


def _types(subject: Subject) -> Mapping[str, str]:
    """The ISF type of each layer's inputs, by parameter."""
    return {
        f"layer.{layer.name}.{entry.get('NAME')}": str(entry.get("TYPE"))
        for layer in subject.show.layers
        for entry in header(subject.files.sources.get(layer.visual, ""))
    }


def _given(subject: Subject) -> Iterator[tuple[Key, str, float]]:
    """Every value that the show gives to an input of a layer."""
    for layer in subject.show.layers:
        for name, value in layer.defaults.items():
            yield ("layer", layer.name), f"layer.{layer.name}.{name}", value
    for spot, scene in subject.scenes.items():
        for parameter, value in scene.look.items():
            yield ("scene", *spot), parameter, value
        for cue in scene.cues:
            for action in cue.actions:
                if isinstance(action, Fade):
                    value = subject.value_of(spot, action)
                    yield subject.cue_key(spot, cue.name), action.parameter, value


def _line(source: str, name: str) -> int:
    return 1 + source.count("\n", 0, max(0, source.find(f'"{name}"')))
