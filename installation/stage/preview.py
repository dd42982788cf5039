"""The spanning picture, small, as JPEG: shrunk on the GPU, encoded by pygame."""

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
void main() {
    vec3 sum = vec3(0.0);
    for (int i = 0; i < 4; i++) {
        vec2 corner = vec2(i & 1, i >> 1) * 0.5 - 0.25;
        sum += texture(picture, isf_FragNormCoord + corner * step_uv).rgb;
    }
    vec3 c = sum * 0.25;
    vec3 low = 12.92 * c;
    vec3 high = 1.055 * pow(max(c, 1e-6), vec3(1.0 / 2.4)) - 0.055;
    pixel = vec4(mix(low, high, step(0.0031308, c)), 1.0);  // IEC 61966-2-1
}
"""


class Preview:
    """Shrinks `picture`, an sRGB texture, to `size`."""

    def __init__(self, gl: moderngl.Context, picture: moderngl.Texture,
                 size: tuple[int, int]) -> None:  # fmt: skip
        self._gl, self._picture, self._size = gl, picture, size
        picture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self._small = gl.framebuffer([gl.texture(size, 3)])
        program = gl.program(vertex_shader=VERTEX, fragment_shader=SHRINK)
        set_uniform(program, "step_uv", (1.0 / size[0], 1.0 / size[1]))
        self._array = gl.vertex_array(program, [])

    def jpeg(self) -> bytes:
        self._small.use()
        self._picture.use(0)
        self._array.render(moderngl.TRIANGLES, vertices=3)
        raw = self._small.read(components=3, alignment=1)
        upright = pygame.transform.flip(
            pygame.image.frombuffer(raw, self._size, "RGB"), False, True
        )
        file = io.BytesIO()
        pygame.image.save(upright, file, "preview.jpg")
        return file.getvalue()
