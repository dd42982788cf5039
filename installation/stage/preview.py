"""The spanning picture at another size: small as JPEG for the panel, or over the window."""

from __future__ import annotations

import io

import moderngl
import pygame

from installation.stage.isf import VERTEX, set_uniform

SHRINK = """#version 330
in vec2 isf_FragNormCoord;
out vec4 pixel;
uniform sampler2D picture;
uniform vec2 step_uv;
uniform float part;
void main() {
    vec3 sum = vec3(0.0);
    for (int i = 0; i < 4; i++) {
        vec2 corner = vec2(i & 1, i >> 1) * 0.5 - 0.25;
        vec2 uv = clamp(isf_FragNormCoord + corner * step_uv, step_uv * 0.5, 1.0 - step_uv * 0.5);
        sum += texture(picture, uv * part).rgb;
    }
    vec3 c = sum * 0.25;
    vec3 low = 12.92 * c;
    vec3 high = 1.055 * pow(max(c, 1e-6), vec3(1.0 / 2.4)) - 0.055;
    pixel = vec4(mix(low, high, step(0.0031308, c)), 1.0);  // IEC 61966-2-1
}
"""


class Resizer:
    """Draws the lower left `part` of an sRGB texture over a framebuffer of `size`."""

    def __init__(self, gl: moderngl.Context, picture: moderngl.Texture,
                 size: tuple[int, int]) -> None:  # fmt: skip
        self._picture = picture
        picture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        picture.repeat_x = picture.repeat_y = False
        self._program = gl.program(vertex_shader=VERTEX, fragment_shader=SHRINK)
        set_uniform(self._program, "step_uv", (1.0 / size[0], 1.0 / size[1]))
        self._array = gl.vertex_array(self._program, [])

    def draw(self, target: moderngl.Framebuffer, part: float) -> None:
        target.use()
        self._picture.use(0)
        set_uniform(self._program, "part", part)
        self._array.render(moderngl.TRIANGLES, vertices=3)


class Preview:
    """Shrinks `picture`, an sRGB texture, to `size`."""

    def __init__(self, gl: moderngl.Context, picture: moderngl.Texture,
                 size: tuple[int, int]) -> None:  # fmt: skip
        self._size = size
        self._small = gl.framebuffer([gl.texture(size, 3)])
        self._resizer = Resizer(gl, picture, size)

    def jpeg(self, part: float = 1.0) -> bytes:
        self._resizer.draw(self._small, part)
        raw = self._small.read(components=3, alignment=1)
        upright = pygame.transform.flip(
            pygame.image.frombuffer(raw, self._size, "RGB"), False, True
        )
        file = io.BytesIO()
        pygame.image.save(upright, file, "preview.jpg")
        return file.getvalue()
