"""Stories about shows as their artists write them: a small room, and one act in YAML."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from installation.showfile.load import load
from installation.showfile.model import Show
from tests.core.story import Story

VISUAL = """\
/*{"ISFVSN": "2", "INPUTS": [
  {"NAME": "warmth", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.2}]}*/
void main() { gl_FragColor = vec4(warmth); }
"""
SHOW = """\
show: small
title: Small
attract: day
acts: [day, night]
nodes:
  post: {channels: [distance, touch], outputs: [lamp]}
patch: {distance: post.distance, touch: post.touch}
outputs: {lamp: post.lamp}
surfaces: {wall: {width: 4m, height: 3m}}
layers: {glow: {surface: wall, visual: glow.fs}}
stems:
  hum: {file: hum.wav, bus: room}
  bell: {file: bell.wav, bus: room, loop: false}
"""
NIGHT = """\
act: night
title: Night
start: dark
scenes: {dark: {}}
"""
SIGNALS = """
near: {presence: distance, below: 1.5m, leave: 1.7m}
touched: {latch: touch, reset: act}
"""


def written(directory: Path, scenes: str, *, signals: str = "", act: str = "",
            show: str = "") -> Path:  # fmt: skip
    """A show of the act `day` with these `scenes`; `act` and `show` are more of those files."""
    told = indent(SIGNALS + dedent(signals), "  ")
    day = f"act: day\ntitle: Day\nstart: open\n{dedent(act)}\nscenes:\n"
    files = {
        "show.yaml": f"{SHOW}signals:\n{told}\n{dedent(show)}",
        "acts/day.yaml": day + indent(dedent(scenes), "  "),
        "acts/night.yaml": NIGHT,
        "visuals/glow.fs": VISUAL,
        "sounds/hum.wav": "",
        "sounds/bell.wav": "",
    }
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


def loaded(directory: Path, scenes: str, **more: str) -> Show:
    """The same, read."""
    return load(written(directory, scenes, **more))


def story(directory: Path, scenes: str, **more: str) -> Story:
    """The same, being played; the distance is 4 m, nobody touches."""
    return Story(loaded(directory, scenes, **more))


def cues(told: Story) -> list[tuple[float, str]]:
    """The cues so far: the second at which each was due, and its name."""
    return [(e.t_us / 1e6, e.name) for e in told.events if e.kind == "cue"]
