"""A show of one lamp on one wall, to be edited: it has the nodes of the simulated room."""

from __future__ import annotations

from pathlib import Path

SHOW = """\
show: lamp
title: Lamp
attract: waiting
acts: [waiting]
nodes:
  plinth: {channels: [gardens_south, gardens_middle, gardens_north, weight], outputs: [ring]}
patch: {distance: plinth.gardens_middle}
outputs: {ring: plinth.ring}
surfaces:
  wall: {width: 4m, height: 2.25m}
layers:
  lamp: {surface: wall, visual: lamp.fs}
signals:
  here: {presence: distance, below: 2m}
"""
WAITING = """\
act: waiting
title: Waiting
start: dim
scenes:
  dim:
    look: {lamp: 0.5, lamp.level: 0.2}
    next: bright
  bright:
    look: {lamp: 1}
    next: dim
"""
VISUAL = """\
/*{"INPUTS": [{"NAME": "level", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 1}]}*/
void main() {
    gl_FragColor = vec4(1.0, 0.0, 0.0, 1.0) * (0.5 + 0.5 * level);
}
"""


def write_lamp(folder: Path) -> Path:
    """The folder, with the show in it."""
    for name, text in {"show.yaml": SHOW, "acts/waiting.yaml": WAITING,
                       "visuals/lamp.fs": VISUAL}.items():  # fmt: skip
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
