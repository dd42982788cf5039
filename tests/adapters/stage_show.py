"""A show of single layers to draw, and a GL context to draw them with."""

from __future__ import annotations

import os
from pathlib import Path

import moderngl
import pytest

from installation.errors import Unavailable
from installation.showfile.model import Layer, Show, Surface
from installation.stage.context import without_window

VISUALS = Path(__file__).parents[2] / "shows" / "resonance" / "visuals"
SIZE = (96, 54)


def gl() -> moderngl.Context:
    try:
        return without_window()
    except Unavailable as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


def show_of(*layers: Layer) -> Show:
    walls = tuple(Surface(name, 6.0, 3.375) for name in ("gardens", "horizon", "zones"))
    return Show("small", "Small", "a", {}, {}, {}, {}, walls, layers, (), (), {})


def write_visual(folder: Path, name: str, colour: str) -> None:
    """A visual of one `colour`, a GLSL expression."""
    header = '/*{"INPUTS": [{"NAME": "level", "TYPE": "float", "DEFAULT": 1}]}*/'
    (folder / name).write_text(f"{header}\nvoid main() {{\n  gl_FragColor = {colour};\n}}\n")
