"""An ISF visual (isf.video): a fragment shader whose JSON header declares its inputs.

The header is read by `showfile/visuals.py`, which `check` uses as well. What a
visual draws is read as encoded for a screen, as other ISF hosts read it; `TAIL`
brings it into linear light, where layers are mixed.
"""

from __future__ import annotations

import re
from pathlib import Path

import moderngl

from installation.errors import Mistake, ShowFileError
from installation.showfile.reader import Log
from installation.showfile.visuals import Input, Visual, visual_of

__all__ = ["Input", "Visual", "compile_visual", "read_visual", "set_uniform"]

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


def read_visual(path: Path) -> Visual:
    """Raises ShowFileError with every mistake of its header."""
    log = Log()
    visual = visual_of(path, path.name, log)
    if visual is None:
        raise ShowFileError(tuple(log.mistakes))
    return visual


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
