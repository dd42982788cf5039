"""ISF visuals (isf.video), as far as the show and the stage need to understand them.

The header is the JSON in the first comment (ISF 2.0, isf.video/docs, "JSON reference").
Single-pass generators are supported, with float, long, bool, event, color and
point2D inputs. The stage reads visuals by this module too, so that what `check`
lets pass the stage can draw.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path

from installation.showfile.names import ANY_VALUE, Declared
from installation.showfile.reader import Log, Place, clip

HEADER = re.compile(r"/\*(.*?)\*/", re.DOTALL)
SIZES = {"float": 1, "long": 1, "bool": 1, "event": 1, "color": 4, "point2D": 2}
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
MOST_BYTES = 1_000_000
MOST_FLOAT = 3.4028235e38
"""A uniform is a 32-bit float (GLSL 3.30, 4.1.4) or a 32-bit integer."""

TAKEN = """
attribute const uniform varying layout centroid flat smooth noperspective break continue do
for while switch case default if else in out inout float int void bool true false invariant
discard return mat2 mat3 mat4 mat2x2 mat2x3 mat2x4 mat3x2 mat3x3 mat3x4 mat4x2 mat4x3 mat4x4
vec2 vec3 vec4 ivec2 ivec3 ivec4 bvec2 bvec3 bvec4 uint uvec2 uvec3 uvec4 lowp mediump highp
precision struct sampler1D sampler2D sampler3D samplerCube sampler1DShadow sampler2DShadow
samplerCubeShadow sampler1DArray sampler2DArray isampler1D isampler2D isampler3D isamplerCube
usampler1D usampler2D usampler3D usamplerCube sampler2DRect samplerBuffer sampler2DMS common
partition active asm class union enum typedef template this packed goto inline noinline
volatile public static extern external interface long short double half fixed unsigned superp
input output hvec2 hvec3 hvec4 dvec2 dvec3 dvec4 fvec2 fvec3 fvec4 filter sizeof cast
namespace using row_major image1D image2D image3D imageCube main
TIME TIMEDELTA RENDERSIZE DATE FRAMEINDEX PASSINDEX isf_FragNormCoord vv_FragNormCoord
"""
"""GLSL 3.30's keywords and reserved words (3.6), and the names that ISF itself declares."""
KEYWORDS = frozenset(TAKEN.split())


@dataclass(frozen=True, slots=True)
class Input:
    """`value` is the default: one number, or several for color and point2D.

    `low` and `high` are infinite where the visual gives no limit.
    """

    name: str
    type: str
    value: tuple[float, ...]
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Visual:
    """A shader as its file has it."""

    file: str
    inputs: tuple[Input, ...]
    source: str


def inputs_of(path: Path, file: str, log: Log) -> Mapping[str, Declared] | None:
    """The numeric inputs; None, with a mistake at the visual, if unreadable."""
    visual = visual_of(path, file, log)
    if visual is None:
        return None
    return {i.name: _declared(i) for i in visual.inputs if SIZES[i.type] == 1}


def _declared(knob: Input) -> Declared:
    low, high = ANY_VALUE
    low = low if knob.low == -inf else knob.low
    high = high if knob.high == inf else knob.high
    return Declared(low, high, min(high, max(low, knob.value[0])))


def visual_of(path: Path, file: str, log: Log) -> Visual | None:
    """The visual; None, with every mistake of its header in `log`, where it cannot be drawn."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        log.add(Place(file), f"cannot be read: {getattr(error, 'strerror', None) or error}")
        return None
    if len(data) > MOST_BYTES:
        log.add(Place(file), f"is larger than {MOST_BYTES // 1000} kB")
        return None
    before = len(log.mistakes)
    source = data.decode("utf-8", errors="replace")
    if "\0" in source:
        log.add(Place(file, 1 + source.count("\n", 0, source.index("\0"))), "holds a NUL character")
        return None
    header = _header(source, file, log)
    found = () if header is None else _Header(header, source, file, log).inputs()
    return Visual(file, found, source) if len(log.mistakes) == before else None


def _header(source: str, file: str, log: Log) -> dict[str, object] | None:
    match = HEADER.search(source)
    if match is None:
        log.add(Place(file), "has no ISF header: a JSON object in the first comment")
        return None
    line = 1 + source.count("\n", 0, match.start(1))
    try:
        header = json.loads(match[1])
    except json.JSONDecodeError as error:
        log.add(Place(file, line + error.lineno - 1, error.colno), f"ISF header: {error.msg}")
        return None
    except (ValueError, RecursionError):
        log.add(Place(file, line), "ISF header: not readable JSON")
        return None
    if isinstance(header, dict):
        return header
    log.add(Place(file, line), "has no ISF header: a JSON object in the first comment")
    return None


class _Header:
    """Reads one header; where JSON keeps no place, a mistake stands at the input's name."""

    def __init__(self, header: Mapping[str, object], source: str, file: str, log: Log) -> None:
        self._header, self._source, self._file, self._log = header, source, file, log

    def inputs(self) -> tuple[Input, ...]:
        passes, declared = self._header.get("PASSES", []), self._header.get("INPUTS", [])
        if not isinstance(passes, list):
            self._wrong("PASSES", "PASSES must be a list")
        elif len(passes) > 1:
            self._wrong("PASSES", "has several PASSES; this stage draws visuals of one pass")
        if not isinstance(declared, list):
            self._wrong("INPUTS", "INPUTS must be a list")
            return ()
        found: dict[str, Input] = {}
        for entry in declared:
            name = entry.get("NAME") if isinstance(entry, dict) else None
            if not isinstance(name, str):
                self._wrong("INPUTS", "an input without NAME")
            elif name in found:
                self._wrong(name, f"there are two inputs with the name '{clip(name)}'")
            else:
                found[name] = self._input(name, entry)
        return tuple(found.values())

    def _input(self, name: str, entry: Mapping[str, object]) -> Input:
        kind = entry.get("TYPE")
        taken = name in KEYWORDS or name.startswith(("gl_", "stage_")) or "__" in name
        if taken or not IDENTIFIER.match(name):
            why = "GLSL or ISF uses the word" if taken else "letters, digits and _ only"
            self._wrong(name, f"'{clip(name)}' cannot name an input: {why}")
        if not isinstance(kind, str) or kind not in SIZES:
            said = f"the type '{clip(kind)}'" if isinstance(kind, str) else "no TYPE"
            known = f"this stage draws inputs of the types {', '.join(SIZES)}"
            self._wrong(name, f"input '{clip(name)}' has {said}; {known}")
            return Input(name, "float", (0.0,), -inf, inf)
        low, high = (self._numbers(name, kind, entry, word) for word in ("MIN", "MAX"))
        given = self._numbers(name, kind, entry, "DEFAULT")
        if SIZES[kind] > 1:
            return Input(name, kind, given or (1.0,) * SIZES[kind], -inf, inf)
        least, most = (0.0, 1.0) if kind in {"bool", "event"} else (-inf, inf)
        least, most = low[0] if low else least, high[0] if high else most
        if least > most:
            self._wrong(name, f"input '{clip(name)}' has its MIN above its MAX")
        rest = given[0] if given else 0.0 if least == -inf else least
        return Input(name, kind, (min(most, max(least, rest)),), least, most)

    def _numbers(
        self, name: str, kind: str, entry: Mapping[str, object], word: str
    ) -> tuple[float, ...]:
        """What stands at `word`, as many numbers as the type has; () where nothing does."""
        given = entry.get(word)
        if given is None:
            return ()
        size = SIZES[kind]
        listed = given if isinstance(given, list) else [given]
        numbers = [number for number in listed if isinstance(number, int | float)]
        if len(listed) != size or len(numbers) != size:
            wants = "a number" if size == 1 else f"a list of {size} numbers"
            self._wrong(name, f"{word} of input '{clip(name)}' must be {wants}")
            return ()
        whole = kind == "long"
        if not all(_fits(number, whole) for number in numbers):
            bits = "a 32-bit integer" if whole else "32-bit floats"
            self._wrong(name, f"{word} of input '{clip(name)}' does not fit into {bits}")
            return ()
        return tuple(float(number) for number in numbers)

    def _wrong(self, word: str, message: str) -> None:
        """A mistake in the line of `word`, or of the header where it is not written so."""
        start = self._source.index("/*")
        at = self._source.find(f'"{word}"', start)
        line = 1 + self._source.count("\n", 0, max(start, at))
        self._log.add(Place(self._file, line), f"ISF header: {message}")


def _fits(number: float, whole: bool) -> bool:
    """Whether a uniform can hold it; not so NaN."""
    return -(2**31) <= number < 2**31 if whole else -MOST_FLOAT <= number <= MOST_FLOAT
