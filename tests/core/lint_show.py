"""A small show about which the lint has nothing to say, and a way to plant faults in it."""

from __future__ import annotations

from pathlib import Path

SHOW = """\
show: lantern
title: The Lantern
attract: waiting
acts: [waiting, company]
palette:
  amber: "#e08a2e"
nodes:
  plinth:
    channels: [distance, touch, voice_west, voice_east, button]
    outputs: [ring, house_light]
patch:
  distance: plinth.distance
  touch: plinth.touch
  voice_west: plinth.voice_west
  voice_east: plinth.voice_east
  button: plinth.button
outputs:
  ring: plinth.ring
  house_light: plinth.house_light
surfaces:
  wall: {width: 4m, height: 2.25m}
layers:
  lantern: {surface: wall, visual: lantern.fs, inputs: {warmth: 0.2, panes: 3}}
stems:
  hum: {file: hum.wav, bus: room}
  bell: {file: bell.wav, bus: room, loop: false}
signals:
  here: {presence: distance, below: 2.5m, leave: 2.8m, hold: 1s}
  near: {level: distance, low: 3m, high: 0.6m, lag: 200ms}
  touched: {latch: touch, reset: act}
  west: {presence: voice_west, above: 68dB, leave: 64dB, hold: 600ms}
  east: {presence: voice_east, above: 68dB, leave: 64dB, hold: 600ms}
  voices: {count: [west, east]}
  sides: {balance: [west, east], lag: 1s}
  fed: {accumulator: here, full: 20s, drain: 1m, reset: act}
  presses: {press: button}
"""

WAITING = """\
act: waiting
title: Waiting
start: ember
scenes:
  ember:
    look: {lantern: 0.2}
    light: {ring: 0.1, house_light: 1}
    fade: 3s
    transitions:
      - {when: here, for: 500ms, goto: act company, tally: visitors}
"""

COMPANY = """\
act: company
title: Company
start: glow
mappings:
  - {from: near, to: lantern.warmth, in: [0, 1], out: [0.2, 1]}
transitions:
  - {when: {not: here}, for: 20s, goto: act waiting, tally: nobody}
scenes:
  glow:
    look: {lantern: 1}
    sound: {hum: -12dB}
    light: {ring: 0.5}
    fade: 1s
    cues:
      - {cue: A1, at: 0s, osc: [/lantern, 1]}
      - {cue: A2, follow: A1, pre_wait: 5s, light: {ring: 1}, fade: 3s}
      - {cue: A3, when: presses, play: bell}
    transitions:
      - {when: [touched, fed >= 0.5], goto: flare, limit: 3, tally: visitors}
      - {when: [voices >= 2, sides > -0.5], for: 2s, goto: flare, tally: visitors}
      - {after: 1m, goto: flare, tally: nobody}
  flare:
    look: {lantern: 1, lantern.panes: 5}
    light: {ring: 1}
    fade: 4s
    transitions:
      - {after: 15s, goto: act waiting}
"""

LANTERN = """\
/*{
  "ISFVSN": "2",
  "INPUTS": [
    {"NAME": "warmth", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.2},
    {"NAME": "panes", "TYPE": "long", "MIN": 1, "MAX": 8, "DEFAULT": 4}
  ]
}*/
const vec3 AMBER = vec3(0.74, 0.25, 0.03);
void main() { gl_FragColor = vec4(AMBER * warmth, 1.0); }
"""

FILES = {
    "show.yaml": SHOW,
    "acts/waiting.yaml": WAITING,
    "acts/company.yaml": COMPANY,
    "visuals/lantern.fs": LANTERN,
    "sounds/hum.wav": "",
    "sounds/bell.wav": "",
}
NEW, NO = "new file ", "no file "


def plant(directory: Path, *changes: tuple[str, str]) -> list[tuple[str, int]]:
    """Write the show with each (old, new) put into whichever file has it.

    An `old` of `new file PATH` writes a file more, of `no file PATH` one less. A line of `new`
    that holds `@` is where a finding is expected: its (file, line) is returned, in the order of
    the files, and the `@` is left out.
    """
    files = dict(FILES)
    for old, new in changes:
        if old.startswith(NEW):
            files[old.removeprefix(NEW)] = new
            continue
        if old.startswith(NO):
            del files[old.removeprefix(NO)]
            continue
        (name,) = (name for name, text in files.items() if text.count(old) == 1)
        files[name] = files[name].replace(old, new)
    expected = []
    for name, text in files.items():
        lines = text.split("\n")
        expected += [(name, number) for number, line in enumerate(lines, 1) if "@" in line]
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("@", ""))
    return expected
