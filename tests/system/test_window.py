"""With a display there is a window, and the picture is in it."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from whole_house import PATIENCE_S, House

from tests.needs import program


@pytest.fixture
def display(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A virtual screen: its name, and the file that holds its pixels."""
    xvfb = program("Xvfb", "xvfb")
    folder = tmp_path / "screen"
    folder.mkdir()
    ready, told = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(told), "-screen", "0", "1920x400x24", "-noreset",
         "-fbdir", str(folder)],
        pass_fds=[told], stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(told)
    with os.fdopen(ready) as answer:
        number = answer.readline().strip()
    yield f":{number}", folder / "Xvfb_screen0"
    server.terminate()
    server.wait(10)


def pixels(file: Path) -> NDArray[np.uint8]:
    """An X window dump (XWDFile.h) as (height, width, 3)."""
    dump = file.read_bytes()
    header = struct.unpack(">25I", dump[:100])
    width, height, pitch = header[4], header[5], header[12]
    start = header[0] + header[19] * 12
    raw = np.frombuffer(dump[start : start + pitch * height], np.uint8)
    return raw.reshape(height, pitch // 4, 4)[:, :width, 2::-1]


def test_with_a_display_there_is_a_window_with_the_three_walls(
    display: tuple[str, Path], tmp_path: Path
) -> None:
    name, screen = display
    house = House(tmp_path / "out", "--without", "sound", DISPLAY=name, WAYLAND_DISPLAY="")
    house.see(lambda s: s["act"] == "two_cities" and s["scene_elapsed_s"] > 3)
    end_s = time.monotonic() + PATIENCE_S
    brightest = [0, 0, 0]
    while min(brightest) < 60 and time.monotonic() < end_s:
        seen = pixels(screen)
        brightest = [int(seen[:, i * 640 : (i + 1) * 640].max()) for i in range(3)]
    code, _, err = house.end()
    assert min(brightest) >= 60, brightest
    assert (code, err) == (0, "")
