"""An ISF visual (isf.video): a fragment shader whose JSON header declares its inputs.

Single-pass generators are supported, with float, long, bool, event, color and
point2D inputs. What a visual draws is read as encoded for a screen, as other
ISF hosts read it; `TAIL` brings it into linear light, where layers are mixed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

import moderngl

from installation.errors import Mistake, ShowFileError
from installation.showfile.visuals import HEADER

GLSL_TYPES = {"float": "float", "long": "int", "bool": "bool", "event": "bool",
              "color": "vec4", "point2D": "vec2"}  # fmt: skip
VERTEX = """#version 330
out vec2 isf_FragNormCoord;
void main() {
    isf_FragNormCoord = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
    gl_Position = vec4(isf_FragNormCoord * 2.0 - 1.0, 0.0, 1.0);
}
"""
HEAD = """#version 330
in vec2 isf_FragNormCoord;
out vec4 stage_Out;
vec4 stage_Drawn, stage_Place;
uniform float TIME, TIMEDELTA, stage_opacity;
uniform vec2 RENDERSIZE;
uniform vec4 DATE;
uniform int FRAMEINDEX, PASSINDEX;
#define vv_FragNormCoord isf_FragNormCoord
#define main stage_draw
"""
# Dither: interleaved gradient noise (Jimenez, SIGGRAPH 2014), half a step of 8 bits either
# way, so that slow dark gradients do not band. Squaring undoes a screen's gamma nearly enough.
TAIL = """
#undef main
void main() {
    stage_Place = vec4(isf_FragNormCoord * RENDERSIZE, 0.0, 1.0);
    stage_Drawn = vec4(0.0, 0.0, 0.0, 1.0);
    stage_draw();
    float grain = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
    vec3 c = clamp(stage_Drawn.rgb, 0.0, 1.0);
    c = max(c + (grain - 0.5) * step(0.002, c) / 255.0, 0.0);
    float a = clamp(stage_Drawn.a, 0.0, 1.0) * stage_opacity;
    stage_Out = vec4(c * c * a, a);
}
"""
# Mesa says `0:12(5): error: …`, NVIDIA `0(12) : error …`.
COMPLAINT = re.compile(
    r"^\s*\d+[:(](\d+)(?:\((\d+)\))?\)?\s*:\s*(?:error\s*\w*\s*:)?\s*(.+)$", re.M
)


@dataclass(frozen=True, slots=True)
class Input:
    """`value` is the default: one number, or several for color and point2D."""

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


def read_visual(path: Path) -> Visual:
    """Raises ShowFileError."""
    try:
        source = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise _mistaken(path.name, 1, f"cannot be read: {error.strerror}") from error
    match = HEADER.search(source)
    if match is None:
        raise _mistaken(path.name, 1, "has no ISF header: a JSON object in the first comment")
    try:
        header = json.loads(match[1])
    except ValueError as error:
        line = source.count("\n", 0, match.start(1)) + getattr(error, "lineno", 1)
        raise _mistaken(path.name, line, f"ISF header: {error}") from error
    declared = header.get("INPUTS", []) if isinstance(header, dict) else []
    if isinstance(header, dict) and len(header.get("PASSES", [])) > 1:
        raise _mistaken(path.name, 1, "has several PASSES; this stage draws visuals of one pass")
    return Visual(path.name, tuple(_input(entry, path.name) for entry in declared), source)


def _input(entry: Mapping[str, object], file: str) -> Input:
    name, kind = entry.get("NAME"), entry.get("TYPE")
    if not isinstance(name, str) or kind not in GLSL_TYPES or not isinstance(kind, str):
        known = ", ".join(GLSL_TYPES)
        raise _mistaken(file, 1, f"input {name!r} has the type {kind!r}; known are {known}")
    size = {"color": 4, "point2D": 2}.get(kind, 1)
    low = _numbers(entry.get("MIN"), 1) or (-inf,)
    high = _numbers(entry.get("MAX"), 1) or (inf,)
    rest = 0.0 if low[0] == -inf else low[0]
    given = _numbers(entry.get("DEFAULT"), size) or (rest if size == 1 else 1.0,) * size
    return Input(name, kind, given, low[0], high[0])


def _numbers(given: object, size: int) -> tuple[float, ...]:
    listed: Sequence[object] = given if isinstance(given, list) else [given]
    numbers = tuple(float(n) for n in listed if isinstance(n, int | float))
    return numbers if len(numbers) == size else ()


def compile_visual(gl: moderngl.Context, visual: Visual) -> moderngl.Program:
    """Raises ShowFileError at the visual's own line."""
    source = re.sub(r"^\s*#version.*$", "", visual.source, flags=re.M)
    source = re.sub(r"\bgl_FragColor\b", "stage_Drawn", source)
    source = re.sub(r"\bgl_FragCoord\b", "stage_Place", source)
    uniforms = "".join(f"uniform {GLSL_TYPES[i.type]} {i.name};\n" for i in visual.inputs)
    shader = f"{HEAD}{uniforms}#line 1\n{source}{TAIL}"
    try:
        return gl.program(vertex_shader=VERTEX, fragment_shader=shader)
    except moderngl.Error as error:
        raise _complaint(visual.file, str(error)) from error


def set_uniform(program: moderngl.Program, name: str, value: float | tuple[float, ...]) -> None:
    """Set it if the shader uses it: compilers drop what is not read."""
    uniform = program.get(name, None)
    if isinstance(uniform, moderngl.Uniform):
        uniform.value = value


def _complaint(file: str, text: str) -> ShowFileError:
    found = [
        Mistake(file, int(line), int(column or 1), message.strip())
        for line, column, message in COMPLAINT.findall(text)
    ]
    last = text.strip().splitlines()[-1]
    return ShowFileError(tuple(found)) if found else _mistaken(file, 1, f"does not compile: {last}")


def _mistaken(file: str, line: int, message: str) -> ShowFileError:
    return ShowFileError((Mistake(file, line, 1, message),))
