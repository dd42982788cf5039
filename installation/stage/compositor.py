"""All layers of a show, drawn into one spanning picture: the surfaces side by side.

The picture is kept encoded (sRGB) and mixed in linear light: GL decodes and
encodes around each blend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from installation.errors import Mistake, ShowFileError
from installation.showfile.model import Layer, Show
from installation.stage.isf import Input, Visual, compile_visual, read_visual, set_uniform

GL_SRGB8_ALPHA8 = 0x8C43
GL_FRAMEBUFFER_SRGB = 0x8DB9
LEAST_OPACITY = 0.5 / 255.0
# Sources are premultiplied with alpha and opacity.
BLENDS = {
    "over": (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA),
    "add": (moderngl.ONE, moderngl.ONE),
    "screen": (moderngl.ONE, moderngl.ONE_MINUS_SRC_COLOR),
    "multiply": (moderngl.DST_COLOR, moderngl.ONE_MINUS_SRC_ALPHA),
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A layer ready to draw; `knobs` are its live inputs by parameter name."""

    layer: Layer
    visual: Visual
    array: moderngl.VertexArray
    program: moderngl.Program
    viewport: tuple[int, int, int, int]
    knobs: tuple[tuple[str, Input, float, Any], ...]


class Compositor:
    """Draws a moment of the show. Raises ShowFileError with the mistakes of all visuals."""

    def __init__(self, show: Show, visuals: Path, size_per_surface: tuple[int, int],
                 ctx: moderngl.Context) -> None:  # fmt: skip
        self.gl = ctx
        width, self.height = size_per_surface
        self.width = width * max(1, len(show.surfaces))
        self._places = {"all": (0, 0, self.width, self.height)} | {
            s.name: (i * width, 0, width, self.height) for i, s in enumerate(show.surfaces)
        }
        self.part = 1.0
        """The share of the picture's width and height that is drawn into: its lower left."""
        self.texture = ctx.texture((self.width, self.height), 4, internal_format=GL_SRGB8_ALPHA8)
        self.picture = ctx.framebuffer([self.texture])
        self._layers: list[Drawn] = []
        self._layers, mistakes = self.prepare(show, visuals)
        if mistakes:
            raise ShowFileError(mistakes)

    def prepare(self, show: Show, visuals: Path) -> tuple[list[Drawn], tuple[Mistake, ...]]:
        """The layers of a show, to be drawn by `take`; only what is new is compiled.

        A layer whose visual has mistakes stays as it is drawn now, if it is.
        """
        now = {drawn.layer.name: drawn for drawn in self._layers}
        layers: list[Drawn] = []
        mistakes: list[Mistake] = []
        for layer in show.layers:
            try:
                layers.append(self._ready(layer, visuals, now.get(layer.name)))
            except ShowFileError as error:
                mistakes += error.mistakes
                layers += [now[layer.name]] if layer.name in now else []
        for drawn in layers:
            if drawn is not now.get(drawn.layer.name):
                self._warm(drawn)
        self.gl.finish()
        return layers, tuple(dict.fromkeys(mistakes))

    def take(self, layers: list[Drawn]) -> None:
        """Draw these from now on."""
        kept = {id(drawn.program) for drawn in layers}
        for old in self._layers:
            if id(old.program) not in kept:
                old.array.release()
                old.program.release()
        self._layers = layers
        self.draw_into(self.part)

    def _ready(self, layer: Layer, visuals: Path, now: Drawn | None) -> Drawn:
        visual = read_visual(visuals / layer.visual)
        if now is not None and (now.layer, now.visual) == (layer, visual):
            return now
        program = compile_visual(self.gl, visual)
        x, y, width, height = self._places[layer.surface]
        set_uniform(program, "RENDERSIZE", (float(width), float(height)))
        knobs = []
        for knob in visual.inputs:
            uniform = program.get(knob.name, None)
            if not isinstance(uniform, moderngl.Uniform):
                continue
            uniform.value = _value(knob, knob.value)
            if len(knob.value) == 1:
                rest = layer.defaults.get(knob.name, knob.value[0])
                knobs.append((f"layer.{layer.name}.{knob.name}", knob, rest, uniform))
        array = self.gl.vertex_array(program, [])
        return Drawn(layer, visual, array, program, (x, y, width, height), tuple(knobs))

    def draw_into(self, part: float) -> None:
        """Draw smaller (`part` 0.25 to 1), where the machine is too slow for all of it."""
        self.part = part
        for drawn in self._layers:
            _, _, width, height = self._scaled(drawn.viewport)
            set_uniform(drawn.program, "RENDERSIZE", (float(width), float(height)))

    def _scaled(self, place: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        x, y, width, height = (n * self.part for n in place)
        left, right = round(x), round(x + width)
        return left, round(y), right - left, max(1, round(height))

    def _warm(self, drawn: Drawn) -> None:
        """Draw a layer once: drivers finish compiling at the first draw, and it shows."""
        parameters = {f"layer.{drawn.layer.name}.opacity": 1.0}
        self._render([drawn], {"parameters": parameters}, 0.0)

    def render(self, desired: Mapping[str, Any], time_s: float | None = None) -> None:
        """Draw `desired`, a Desired as the bus carries it, at TIME `time_s` (its own without).

        A stop is not drawn here: the core fades the layers out after one.
        """
        if time_s is None:
            time_s = desired.get("now_us", 0) / 1e6
        self._render(self._layers, desired, time_s)

    def _render(self, layers: list[Drawn], desired: Mapping[str, Any], time_s: float) -> None:
        gl = self.gl
        self.picture.use()
        self.picture.viewport = self._places["all"]
        gl.enable_direct(GL_FRAMEBUFFER_SRGB)
        gl.enable(moderngl.BLEND)
        self.picture.clear(0.0, 0.0, 0.0, 1.0)
        if not desired.get("blackout"):
            parameters = desired.get("parameters", {})
            for drawn in layers:
                self._draw(drawn, parameters, time_s)
        gl.disable(moderngl.BLEND)
        gl.disable_direct(GL_FRAMEBUFFER_SRGB)

    def _draw(self, drawn: Drawn, parameters: Mapping[str, float], time_s: float) -> None:
        opacity = parameters.get(f"layer.{drawn.layer.name}.opacity", 0.0)
        if opacity < LEAST_OPACITY:
            return
        self.picture.viewport = self._scaled(drawn.viewport)
        self.gl.blend_func = BLENDS[drawn.layer.blend]
        set_uniform(drawn.program, "stage_opacity", min(1.0, opacity))
        set_uniform(drawn.program, "TIME", time_s)
        for name, knob, rest, uniform in drawn.knobs:
            uniform.value = _value(knob, (parameters.get(name, rest),))
        drawn.array.render(moderngl.TRIANGLES, vertices=3)

    def read(self) -> NDArray[np.uint8]:
        """The spanning picture, (height, width, 3), first row on top, encoded for a screen."""
        raw = np.frombuffer(self.picture.read(components=3, alignment=1), np.uint8)
        return raw.reshape(self.height, self.width, 3)[::-1]


def _value(knob: Input, given: tuple[float, ...]) -> Any:
    if len(given) > 1:
        return given
    held = min(max(given[0], knob.low), knob.high)
    if knob.type == "float":
        return held
    return round(held) if knob.type == "long" else held > 0.5
