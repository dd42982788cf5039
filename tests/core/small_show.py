"""A builder of small shows: valid as it stands, and changed a line at a time."""

from __future__ import annotations

from pathlib import Path

SHOW = """\
show: small
title: A Small Show
attract: waiting
acts: [waiting, meeting]
palette: {gold: "#c9a24b"}
nodes:
  plinth: {channels: [distance, weight], outputs: [ring]}
  post: {channels: [button, voice], outputs: []}
patch:
  distance: plinth.distance
  weight: plinth.weight
  button: post.button
  voice: post.voice
outputs: {ring: plinth.ring}
surfaces:
  wall: {width: 6m, height: 337.5cm}
layers:
  garden: {surface: wall, visual: garden.fs, inputs: {level: 0.4}}
  veil: {surface: all, visual: garden.fs, blend: add}
stems:
  choir: {file: choir.wav, bus: room}
  bell: {file: bell.wav, bus: room, loop: false}
signals:
  met: {all: [here, loud]}
  here: {presence: distance, below: 1.4m, leave: 1.6m, for: 250ms, hold: 500ms}
  loud: {level: voice, low: 50dB, high: 80dB, lag: 200ms}
  fed: {accumulator: here, full: 1m30s, drain: 0, reset: act}
  works: {capture: [met, weight], slots: 3, gap: 2s}
"""

WAITING = """\
act: waiting
title: Waiting
start: dark
scenes:
  dark:
    look: {garden: 1, garden.level: 25%}
    sound: {choir: -6dB}
    light: {ring: 0.3}
    fade: 3s
    cues:
      - {cue: W1, at: 5s, look: {garden.level: 0.5}, fade: 8s, curve: linear}
      - {cue: W2, follow: W1, pre_wait: 2s, play: bell, osc: [/small/w2, 1.0, 2, "3"]}
      - {cue: W3, when: button, play: {bell: -6dB}, set: {fed: 1}}
    transitions:
      - {when: here, for: 6s, goto: act meeting, tally: visitors}
      - {after: 4m, goto: act meeting, tally: nobody}
"""

MEETING = """\
act: meeting
title: Meeting
start: near
mappings:
  - {from: loud, to: garden.level, in: [0, 1], out: [0.2, 0.8], lag: 300ms}
  - {from: weight, to: stem.choir, in: [0N, 3N], out: [-40dB, 0dB]}
transitions:
  - {when: {not: here}, for: 1m, goto: act waiting}
scenes:
  near:
    look: {garden: 1}
    cues:
      - {cue: M1, go: true, light: {ring: 1}}
      - {cue: M2, at: 10s, every: 30s, play: bell}
    transitions:
      - when: [met, "works[0] > 0.2", {any: ["scene_s >= 30s", "weight < 3N"]}]
        goto: far
        limit: 2
  far:
    next: near
    transitions:
      - {after: 10s, goto: return}
"""

GARDEN = """\
/*{"ISFVSN": "2", "INPUTS": [
  {"NAME": "level", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.5},
  {"NAME": "gold", "TYPE": "color", "DEFAULT": [1, 1, 0, 1]}]}*/
void main() { gl_FragColor = vec4(level); }
"""


def build(directory: Path, *changes: tuple[str, str]) -> list[str]:
    """Write the small show, with each (old, new) put into whichever file has it.

    A `@` in `new` is left out; its places are returned as `file:line:column`, in
    the order of the changes.
    """
    files = {
        "show.yaml": SHOW,
        "acts/waiting.yaml": WAITING,
        "acts/meeting.yaml": MEETING,
        "visuals/garden.fs": GARDEN,
        "sounds/choir.wav": "",
        "sounds/bell.wav": "",
    }
    places = []
    for old, new in changes:
        name = next(name for name, text in files.items() if old in text)
        changed = files[name].replace(old, new, 1)
        if "@" in new:
            before = changed[: changed.index("@")]
            column = len(before) - before.rfind("\n")
            places.append(f"{name}:{before.count(chr(10)) + 1}:{column}")
        files[name] = changed.replace("@", "")
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return places
