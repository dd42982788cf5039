"""How long scenes and acts last, and what the lint lets pass because it may well be meant."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from installation.showfile.check import examine
from installation.showfile.lint.layout import clock, span
from installation.showfile.lint.subject import Subject
from tests.core.lint_show import NEW, plant

FLARE = "      - {after: 15s, goto: act waiting}"
ACT = "  - {when: {not: here}, for: 20s, goto: act waiting, tally: nobody}\n"
LIMITED = "goto: flare, limit: 3, tally: visitors"


def subject(directory: Path, *changes: tuple[str, str]) -> Subject:
    plant(directory, *changes)
    found = examine(directory)
    assert found.subject is not None, found.findings
    return found.subject


def seconds(directory: Path, *changes: tuple[str, str]) -> tuple[float, float]:
    """The least and the greatest duration of the act company."""
    length = next(d for d in subject(directory, *changes).durations if d.act == "company")
    return length.least_us / 1e6, length.most_us / 1e6


def test_an_act_lasts_as_long_as_its_scenes_one_after_the_other(tmp_path: Path) -> None:
    assert seconds(tmp_path, (f"transitions:\n{ACT}", "")) == (15.0, 75.0)


def test_an_acts_own_transition_can_end_it_sooner(tmp_path: Path) -> None:
    assert seconds(tmp_path, (ACT, "  - {after: 40s, goto: act waiting}\n")) == (15.0, 40.0)


def test_a_clock_of_the_act_ends_a_scene_whenever_it_began(tmp_path: Path) -> None:
    by_clock = '      - {when: "act_s >= 90s", goto: act waiting}'
    assert seconds(tmp_path, (FLARE, by_clock)) == (20.0, 90.0)


def test_what_only_visitors_end_has_no_sure_end(tmp_path: Path) -> None:
    only = "      - {when: presses, for: 2s, goto: act waiting}"
    assert seconds(tmp_path, (FLARE, only)) == (2.0, inf)


def test_an_interruption_lengthens_the_scene_that_it_interrupts(tmp_path: Path) -> None:
    """Three times fifteen seconds at most, beside the minute of its own."""
    assert seconds(
        tmp_path,
        (FLARE, "      - {after: 15s, goto: return}"),
        ("[voices >= 2, sides > -0.5], for: 2s, goto: flare", "presses, goto: act waiting"),
        ("{after: 1m, goto: flare", "{after: 1m, goto: act waiting"),
    ) == (0.0, 60.0 + 3 * 15.0)  # fmt: skip


def test_scenes_that_can_go_round_for_ever_have_no_sure_end(tmp_path: Path) -> None:
    back = "      - {when: presses, goto: glow}\n"
    assert seconds(tmp_path, (FLARE, back + FLARE))[1] == inf


def test_a_scene_that_must_wait_for_the_acts_clock_counts_from_the_acts_start(
    tmp_path: Path,
) -> None:
    company = subject(tmp_path, (FLARE, '      - {when: "act_s >= 90s", goto: act waiting}'))
    assert company.times.longest_us(("company", "flare")) == 90e6


@pytest.mark.parametrize(
    ("us", "said"), [(200_000, "0.2s"), (9e6, "9s"), (185e6, "3:05"), (3723e6, "1:02:03")]
)
def test_a_duration_is_said_as_people_say_it(us: float, said: str) -> None:
    assert clock(us) == said


def test_a_span_says_where_nothing_ends_it() -> None:
    assert span(180e6, 320e6) == "3:00 to 5:20"
    assert span(180e6, inf) == "at least 3:00, no sure end"
    assert span(inf, inf) == "no end"


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("a vessel that fills by itself is a way out",
         ((FLARE, "      - {when: waited, for: 5s, goto: act waiting}"),
          ("  presses: {press", "  alone: {inverse: here}\n"
           "  waited: {accumulator: alone, full: 9s, reset: scene}\n  presses: {press"))),
        ("a cue that time makes due opens a way out",
         ((FLARE, "      - {when: done, for: 5s, goto: act waiting}"),
          ("    fade: 4s\n",
           "    fade: 4s\n    cues:\n      - {cue: B1, at: 9s, set: {done: 1}}\n"),
          ("  presses: {press", "  done: {latch: presses, reset: scene}\n  presses: {press"))),
        ("a condition and its contrary are no circle in one moment",
         ((FLARE, f"{FLARE}\n      - {{when: {{not: touched}}, goto: glow}}"),
          ("[touched, fed >= 0.5], goto: flare, limit: 3", "[touched, fed >= 0.5], goto: flare"))),
        ("an older vessel is another one in the next scene",
         ((FLARE, f"{FLARE}\n      - {{when: spell >= 1, goto: glow}}"),
          ("[touched, fed >= 0.5], goto: flare, limit: 3", "spell >= 1, goto: flare"),
          ("  presses: {press", "  spell: {accumulator: here, full: 9s, reset: scene}\n"
           "  warm: {any: [touched, fed]}\n  presses: {press"),
          ("[voices >= 2, sides", "[warm, voices >= 2, sides"))),
        ("what goes up and down three times a second is no strobe",
         (("      - {cue: A3,", "      - {cue: A4, at: 1s, every: 334ms, light: {ring: 0}}\n"
           "      - {cue: A5, follow: A4, pre_wait: 167ms, light: {ring: 1}}\n"
           "      - {cue: A3,"),)),
        ("small and smooth changes do not flash",
         (("      - {cue: A3,", "      - {cue: A4, at: 1s, every: 200ms, light: {ring: 0.45}}\n"
           "      - {cue: A5, follow: A4, pre_wait: 100ms, light: {ring: 0.52}}\n"
           "      - {cue: A3,"),)),
        ("a scene that only GO reaches is reached",
         ((FLARE, f"{FLARE}\n    next: coda\n  coda:\n    transitions:\n"
           "      - {after: 9s, goto: act waiting}"),)),
        ("a mapping with a lag may follow a touch",
         (("mappings:\n", "mappings:\n  - {from: touch, to: lantern.opacity, lag: 300ms}\n"),)),
        ("a sound that make.py makes need not be there",
         (("file: bell.wav", "file: gong.wav"), ("no file sounds/bell.wav", ""),
          (f"{NEW}sounds/make.py", "VOICES = {'gong': 1}\n"))),
        ("a way on when a sensor is gone may come or not",
         (("    fade: 4s\n", "    fade: 4s\n    faults:\n      touch: {goto: glow, for: 2s}\n"),)),
        ("a tied scene and cue: the cue goes first",
         (("      - {cue: A3,", "      - {cue: A4, at: 1m, play: bell}\n      - {cue: A3,"),)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_may_well_be_meant_is_passed(
    why: str, changes: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    plant(tmp_path, *changes)
    assert [str(finding) for finding in examine(tmp_path).findings] == [], why
