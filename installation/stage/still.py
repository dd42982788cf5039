"""PNG stills of a show's looks, drawn without a window."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pygame

from installation.showfile.model import Show
from installation.stage.compositor import Compositor
from installation.stage.context import without_window


class Stills:
    """Draws at `size`, the whole spanning picture. Raises Unavailable, ShowFileError."""

    def __init__(self, show: Show, visuals: Path, size: tuple[int, int] = (1920, 360)) -> None:
        across = max(1, len(show.surfaces))
        self._compositor = Compositor(show, visuals, (size[0] // across, size[1]), without_window())

    def save(self, parameters: Mapping[str, float], t_us: int, path: Path) -> None:
        self._compositor.render({"parameters": parameters}, t_us / 1e6)
        picture = self._compositor.read()
        height, width, _ = picture.shape
        pygame.image.save(pygame.image.frombuffer(picture.tobytes(), (width, height), "RGB"), path)
