"""Pictures small enough to live inside a page."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pygame

WIDTH_PX = 880


def shrunk(picture: Path, width_px: int = WIDTH_PX) -> str:
    """The picture as a `data:` address of a JPEG at most `width_px` wide.

    Raises pygame.error or FileNotFoundError where there is no readable picture.
    """
    loaded = pygame.image.load(str(picture))
    width, height = loaded.get_size()
    full = pygame.Surface((width, height), 0, 24)
    full.blit(loaded, (0, 0))
    if width > width_px:
        full = pygame.transform.smoothscale(full, (width_px, max(1, height * width_px // width)))
    file = io.BytesIO()
    pygame.image.save(full, file, "picture.jpg")
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
