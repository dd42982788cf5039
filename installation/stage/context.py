"""A GL context from what the machine has: a window where there is a display, else EGL."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any

import moderngl
import pygame

from installation.errors import Unavailable
from installation.stage.preview import Resizer

CURE = "apt-get install libegl1 libgl1-mesa-dri"


@dataclass(frozen=True, slots=True)
class Context:
    """`window` is the size of the one borderless window, None without a display."""

    gl: moderngl.Context
    window: tuple[int, int] | None

    @property
    def renderer(self) -> str:
        return str(self.gl.info["GL_RENDERER"])

    def show(self, picture: moderngl.Framebuffer, resizer: Resizer, part: float) -> None:
        """Bring `picture`, already encoded for a screen, or a part of it, over the window."""
        if self.window is None:
            self.gl.finish()
            return
        if part == 1.0:
            self.gl.copy_framebuffer(self.gl.screen, picture)
        else:
            resizer.draw(self.gl.screen, part)
        pygame.display.flip()


def has_display() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_context(size: tuple[int, int], *, headless: bool, framed: bool = False) -> Context:
    """A window of `size` where there is a display; else no window. Raises Unavailable.

    `framed` gives it a title bar, to be moved and closed by; on the wall it has none.
    """
    if not headless and has_display():
        try:
            return _window(size, 0 if framed else pygame.NOFRAME)
        except Unavailable as why:
            pygame.display.quit()
            print(f"{why}; drawing without a window", file=sys.stderr)
    return Context(without_window(), None)


def without_window() -> moderngl.Context:
    """A context that draws into memory. Raises Unavailable."""
    tried = []
    for backend in ("egl", None) if sys.platform == "linux" else (None,):
        named: dict[str, Any] = {"backend": backend} if backend else {}
        try:
            return moderngl.create_context(require=330, standalone=True, **named)
        except Exception as error:  # noqa: BLE001  glcontext raises plain Exception
            tried.append(str(error).splitlines()[0])
    raise Unavailable(f"OpenGL 3.3 is missing ({tried[0]}): {CURE}")


def _window(size: tuple[int, int], frame: int) -> Context:
    """`vsync=1` raises on drivers that cannot: the frame deadline paces those."""
    pygame.display.init()
    for name, value in (
        (pygame.GL_CONTEXT_MAJOR_VERSION, 3),
        (pygame.GL_CONTEXT_MINOR_VERSION, 3),
        (pygame.GL_CONTEXT_PROFILE_MASK, pygame.GL_CONTEXT_PROFILE_CORE),
    ):
        pygame.display.gl_set_attribute(name, value)
    flags = pygame.OPENGL | pygame.DOUBLEBUF | frame
    try:
        try:
            pygame.display.set_mode(size, flags, vsync=1)
        except pygame.error:
            pygame.display.set_mode(size, flags)
        pygame.display.set_caption("installation")
        pygame.mouse.set_visible(not frame)
        return Context(moderngl.create_context(require=330), size)
    except Exception as error:  # glcontext raises plain Exception
        raise Unavailable(f"no OpenGL window on this display ({error}): {CURE}") from error
