"""Forty faults that artists make, each planted alone into a show that is right: each is found,
by its name, in its line, and nothing else is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from installation.showfile.check import examine
from installation.showfile.lint.rules import RULES
from tests.core.lint_show import NEW, NO, plant

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path.parent for path in (ROOT / "shows").glob("**/show.yaml"))

Change = tuple[str, str]
GLOW = "      - {cue: A3, when: presses, play: bell}\n"
FLARE_LOOK = "    look: {lantern: 1, lantern.panes: 5}\n"
FLARE = "      - {after: 15s, goto: act waiting}"
SIGNAL = "  presses: {press: button}\n"


@dataclass(frozen=True)
class Fault:
    code: str
    changes: tuple[Change, ...]
    says: str = ""


def fault(code: str, *changes: Change, says: str = "") -> Fault:
    return Fault(code, changes, says)


def cue(text: str) -> Change:
    """One cue more in the scene glow."""
    return (GLOW, f"{GLOW}{text}")


def signal(text: str) -> Change:
    return (SIGNAL, f"{SIGNAL}  {text}\n")


MISTAKES = {
    "a signal with a wrong letter": fault(
        "mistake", ("- {when: here, for", "- {when: heer, for@"), says="did you mean 'here'?"
    ),
    "a scene that does not exist": fault(
        "mistake", ("fed >= 0.5], goto: flare", "fed >= 0.5], goto: flair@"),
        says="did you mean 'flare'?",
    ),
    "a layer with a wrong letter": fault(
        "mistake", ("look: {lantern: 0.2}", "look: {lantren: 0.2}@"), says="did you mean 'lantern'?"
    ),
    "an input that the visual does not have": fault(
        "mistake", ("lantern.panes: 5", "lantern.panse: 5@"), says="did you mean 'panes'?"
    ),
    "an input beyond the visual's range": fault("mistake", ("panes: 3}", "panes: 9@}")),
    "a duration without a unit": fault("mistake", ("fade: 4s", "fade: 4@"), says="4s or 4ms"),
    "a stem whose file is not there": fault("mistake", ("file: hum.wav", "file: humm.wav@")),
    "an unknown key": fault(
        "mistake", ("    fade: 3s", "    faed: 3s@"), says="did you mean 'fade'?"
    ),
    "cues that follow each other": fault(
        "mistake", ("cue: A1, at: 0s", "cue: A1, follow: A2@"), says="in a circle"
    ),
    "an OSC address with a space": fault("mistake", ("osc: [/lantern, 1]", "osc: [/lan tern, 1]@")),
    "a channel that the node lacks": fault(
        "mistake", ("touch: plinth.touch", "touch: plinth.tuch@"), says="did you mean 'touch'?"
    ),
    "no such act": fault(
        "mistake", ("500ms, goto: act company", "500ms, goto: act compny@"),
        says="did you mean 'company'?",
    ),
}  # fmt: skip

LINT = {
    "an act to which nothing leads": fault(
        "unreachable-act",
        ("acts: [waiting, company]", "acts: [waiting, company, coda]"),
        (f"{NEW}acts/coda.yaml",
         "act: coda@\ntitle: Coda\nstart: end\nscenes:\n  end:\n    transitions:\n"
         "      - {after: 5s, goto: act waiting}\n"),
    ),
    "a scene to which nothing leads": fault(
        "unreachable-scene",
        (FLARE, f"{FLARE}\n  lost:@\n    transitions:\n      - {{after: 9s, goto: flare}}"),
    ),
    "a scene that only visitors can end": fault(
        "no-way-out", (FLARE, "      - {when: touched, for: 1s, goto: act waiting}"),
        ("  flare:\n", "  flare:@\n"),
        ("  - {when: {not: here}, for: 20s, goto: act waiting, tally: nobody}\n",
         "  - {when: presses, for: 20s, goto: act waiting, tally: nobody}\n"),
        says="act waiting",
    ),
    "a scene that nobody can end once it was touched": fault(
        "no-way-out", (FLARE, "      - {when: {not: touched}, for: 9s, goto: act waiting}"),
        ("  flare:\n", "  flare:@\n"),
        ("  - {when: {not: here}, for: 20s, goto: act waiting, tally: nobody}\n",
         "  - {when: presses, for: 20s, goto: act waiting, tally: nobody}\n"),
    ),
    "two scenes that follow each other for ever": fault(
        "no-way-out", (FLARE, "      - {after: 15s, goto: glow}"),
        ("  glow:\n", "  glow:@\n"),
        ("for: 20s, goto: act waiting", "for: 20s, goto: flare"),
        says="for ever",
    ),
    "a way out that is used up": fault(
        "no-way-out", (FLARE, "      - {after: 15s, goto: glow, limit: 2}"),
        ("  flare:\n", "  flare:@\n"),
        ("for: 20s, goto: act waiting", "for: 20s, goto: flare"),
        says="once its limit is reached",
    ),
    "two scenes that a touch sends round and round": fault(
        "loop-without-time",
        ("- {when: [touched, fed >= 0.5], goto: flare, limit: 3",
         "- {when: [touched, fed >= 0.5], goto: flare@"),
        (FLARE, f"{FLARE}\n      - {{when: touched, goto: glow}}"),
    ),
    "a circle of acts that time alone runs through": fault(
        "loop-without-time",
        ("{when: here, for: 500ms, goto", "{when: {not: touched}, goto@"),
        (FLARE, f"{FLARE}\n      - {{when: {{not: touched}}, goto: act waiting}}"),
        ("start: glow", "start: flare"),
        (FLARE_LOOK, f"{FLARE_LOOK}    next: glow\n"),
    ),
    "a level above 1": fault(
        "out-of-range", ("fed >= 0.5], goto", "fed >= 1.5], goto@"), says="0 to 1"
    ),
    "more voices than there are": fault(
        "out-of-range", ("voices >= 2, sides", "voices >= 3, sides@"), says="0 to 2"
    ),
    "a balance below -1": fault("out-of-range", ("sides > -0.5]", "sides < -1]@")),
    "a cue that waits for a level above 1": fault(
        "out-of-range", cue("      - {cue: A4, when: near > 1, play: bell}@\n")
    ),
    "a presence that can never be": fault(
        "out-of-range", signal("busy: {presence: voices, above: 2}@"),
        ("when: presses, play", "when: {any: [presses, busy]}, play"), says="never above 2",
    ),
    "two thresholds that exclude each other": fault(
        "contradiction", ("[voices >= 2, sides > -0.5]", "[voices >= 1, sides > 0.5, sides < 0.2]@")
    ),
    "a contradiction in all, any and not": fault(
        "contradiction",
        ("when: presses, play",
         "when: [presses, {any: [west, east]}, {not: {any: [west, east]}}], play@"),
    ),
    "a signal and its inverse": fault(
        "contradiction", signal("gone: {inverse: here}"),
        ("when: presses, play", "when: [presses, here, gone], play@"),
    ),
    "a time before the transition's own after": fault(
        "contradiction", ('- {after: 1m, goto: flare', '- {when: "scene_s <= 10s", after: 20s, '
                          'goto: flare, tally: nobody}@\n      - {after: 1m, goto: flare'),
    ),
    "a transition behind an earlier one": fault(
        "never-reached", (FLARE, f"{FLARE}\n      - {{after: 20s, goto: glow}}@")
    ),
    "a transition below another of the same moment": fault(
        "never-reached", (FLARE, f"{FLARE}\n      - {{after: 15s, goto: glow}}@")
    ),
    "a clock beyond the scene's end": fault(
        "never-reached", (FLARE, f'{FLARE}\n      - {{when: "scene_s >= 40s", goto: glow}}@')
    ),
    "an act's transition after the act's end": fault(
        "never-reached", ("transitions:\n  - {when: {not: here}",
                          "transitions:\n  - {after: 10m, goto: act waiting}@\n"
                          "  - {when: {not: here}"),
    ),
    "a cue that follows one that never comes": fault(
        "contradiction never-due",
        (GLOW, "      - {cue: A3, when: [presses, {not: presses}], play: bell}@\n"
               "      - {cue: A4, follow: A3, pre_wait: 1s, play: bell}@\n"),
    ),
    "a cue after its scene's end": fault(
        "after-the-end", cue("      - {cue: A4, at: 2m, play: bell}@\n"), says="60s"
    ),
    "a chain of cues longer than its scene": fault(
        "after-the-end", cue("      - {cue: A4, follow: A2, pre_wait: 56s, play: bell}@\n")
    ),
    "a fade that its scene cuts off": fault(
        "cut-off", cue("      - {cue: A4, at: 50s, light: {ring: 0}, fade: 30s}@\n")
    ),
    "a scene that is over before it has faded in": fault(
        "fade-too-long", ("    fade: 4s", "    fade: 40s"), ("  flare:\n", "  flare:@\n")
    ),
    "a cue that comes again before it has faded": fault(
        "every-too-often",
        cue("      - {cue: A4, at: 1s, every: 2s, light: {ring: 1}, fade: 3s}@\n"),
    ),
    "a sound that no stem plays": fault(
        "unused-sound", (f"{NEW}sounds/gong.wav", "@")
    ),
    "a sound that nobody makes": fault(
        "missing-sound", (f"{NEW}sounds/make.py", "VOICES = {'hum': 1}\n"),
        ("  bell: {file: bell.wav", "  bell: {file: gong.wav@"), (f"{NO}sounds/bell.wav", ""),
    ),
    "a visual that no layer shows": fault("unused-visual", (f"{NEW}visuals/veil.fs", "@")),
    "an act that show.yaml does not list": fault("unused-act-file", (f"{NEW}acts/coda.yaml", "@")),
    "a loop that is never heard": fault(
        "unheard-stem", ("    sound: {hum: -12dB}\n", ""), ("  hum: {", "  hum: {@")
    ),
    "a one-shot that nothing plays": fault(
        "unheard-stem", ("play: bell}", "light: {ring: 0.8}}"), ("  bell: {", "  bell: {@")
    ),
    "a layer that stays dark": fault(
        "unseen-layer",
        ("layers:\n", "layers:\n  veil: {surface: wall, visual: lantern.fs}@\n"),
    ),
    "a signal that nothing reads": fault(
        "unused-signal", signal("idle: {inverse: here}@")
    ),
    "a channel that nothing reads": fault(
        "unused-channel", ("voice_east, button]", "voice_east, button, heat]"),
        ("  button: plinth.button\n", "  button: plinth.button\n  heat: plinth.heat@\n"),
    ),
    "an output that nothing moves": fault(
        "unused-output", ("[ring, house_light]", "[ring, house_light, post]"),
        ("  ring: plinth.ring\n", "  ring: plinth.ring\n  post: plinth.post@\n"),
    ),
    "a colour that no visual has": fault(
        "unused-colour", ('"#e08a2e"\n', '"#e08a2e"\n  teal: "#0f6b4f"@\n')
    ),
    "a default that the visual itself does not allow": fault(
        "default-out-of-range", ('"MAX": 8, "DEFAULT": 4', '"MAX": 8, "DEFAULT": 12@')
    ),
    "a fraction where the visual counts": fault(
        "not-whole", ("lantern.panes: 5}", "lantern.panes: 4.5}"), ("  flare:\n", "  flare:@\n")
    ),
    "a vessel that is set beyond its brim": fault(
        "set-out-of-range", ("play: bell}", "play: bell, set: {fed: 2}}@")
    ),
    "a mapping from where its signal never is": fault(
        "still-mapping", ("in: [0, 1], out: [0.2, 1]", "in: [1, 3], out: [0.2, 1]@")
    ),
    "a light that a repeated chain makes flash": fault(
        "flashing-cues",
        cue("      - {cue: A4, at: 1s, every: 250ms, light: {ring: 0}}@\n"
            "      - {cue: A5, follow: A4, pre_wait: 120ms, light: {ring: 1}}\n"),
        says="ring",
    ),
    "two repeated cues that undo each other": fault(
        "flashing-cues",
        cue("      - {cue: A4, at: 1s, every: 200ms, look: {lantern: 0.2}}@\n"
            "      - {cue: A5, at: 1100ms, every: 200ms, look: {lantern: 0.9}}\n"),
    ),
    "a written strobe": fault(
        "flashing-cues",
        cue("".join(f"      - {{cue: S{i}, at: {1000 + 110 * i}ms, light: {{ring: {i % 2}}}}}"
                    f"{'@' * (i == 6)}\n" for i in range(10))),
    ),
    "two cues that a touch and its end set against each other": fault(
        "flashing-pairs",
        cue("      - {cue: A4, when: touch, light: {ring: 1}}\n"
            "      - {cue: A5, when: {not: touch}, light: {ring: 0}}@\n"),
    ),
    "two scenes in alternation": fault(
        "flashing-scenes",
        (FLARE, "      - {after: 15s, goto: lit}\n"
                "  lit:\n    look: {lantern: 1}\n    transitions:\n"
                "      - {after: 100ms, goto: unlit}\n"
                "  unlit:\n    transitions:\n      - {after: 100ms, goto: lit}"),
        ("      - {after: 100ms, goto: unlit}\n", "      - {after: 100ms, goto: unlit}@\n"),
    ),
    "an opacity that follows a touch at once": fault(
        "flashing-mapping",
        ("mappings:\n", "mappings:\n  - {from: touch, to: lantern.opacity}@\n"),
    ),
}  # fmt: skip
FAULTS = MISTAKES | LINT


def test_there_are_forty_and_more_and_most_are_the_lints() -> None:
    assert len(FAULTS) >= 40
    assert len(LINT) >= 28


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_in_its_line(name: str, tmp_path: Path) -> None:
    planted = FAULTS[name]
    expected = plant(tmp_path, *planted.changes)
    examined = examine(tmp_path)
    found = [(f.code, (f.place.file, f.place.line), f.message) for f in examined.findings]
    assert [place for _, place, _ in found] == expected, found
    assert [code for code, _, _ in found] == planted.code.split(), found
    assert planted.says in found[0][2]
    stops = {"mistake", "loop-without-time"}
    assert examined.mistakes == sum(code in stops for code in planted.code.split())


def test_a_show_that_is_right_is_passed(tmp_path: Path) -> None:
    plant(tmp_path)
    assert examine(tmp_path, osc=True).findings == ()


def test_messages_to_nowhere_are_told_where_the_site_is_known(tmp_path: Path) -> None:
    (expected,) = plant(tmp_path, ("osc: [/lantern, 1]", "osc: [/lantern, 1]@"))
    (found,) = examine(tmp_path, osc=False).findings
    assert (found.code, found.place.file, found.place.line) == ("osc-to-nowhere", *expected)
    assert examine(tmp_path, osc=None).findings == ()


def test_every_rule_has_a_planted_fault() -> None:
    assert {code for fault in LINT.values() for code in fault.code.split()} | {
        "osc-to-nowhere"
    } == set(RULES)


@pytest.mark.parametrize("code", RULES)
def test_every_rule_passes_the_show_that_is_right(code: str, tmp_path: Path) -> None:
    plant(tmp_path)
    subject = examine(tmp_path, osc=True).subject
    assert subject is not None
    assert list(RULES[code](subject)) == []
    assert RULES[code].__doc__


@pytest.mark.parametrize("directory", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_shows_are_right(directory: Path) -> None:
    assert [str(finding) for finding in examine(directory).findings] == []
