"""What the lint says of a show is true of it as the core plays it: shows written by dice, in
rooms full of dice, never do what the lint calls impossible."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from firmware_bridge.sample import Sample
from installation.core.advance import advance, begin
from installation.core.inputs import Inputs
from installation.core.outputs import Event
from installation.showfile.check import examine
from installation.showfile.lint.rules.reach import reachable
from installation.showfile.lint.subject import Subject
from tests.core.lint_show import FILES, plant

SHOWS = 60
MOMENTS = 1000
SLACK_US = 400_000
"""A circle without time is told of, and goes on a frame later: 16 transitions in 20 ms."""
CONDITIONS = [
    "here", "touched", "presses", "{not: here}", "{not: touched}", "voices >= 2", "voices >= 3",
    "fed >= 0.5", "near > 0.7", "[sides > 0.5, sides < 0.2]", '"scene_s >= 4s"', '"scene_s < 3s"',
    '"act_s >= 9s"', '["act_s >= 6s", here]', '"act_s <= 5s"', "{any: [touched, here]}",
    "[here, {not: here}]", "spell >= 1", "[west, {not: east}]",
]  # fmt: skip
SPELL = "  spell: {accumulator: here, full: 2s, reset: scene}\n"


def transition(dice: Random, places: list[str]) -> str:
    parts = [f"goto: {dice.choice(places)}"]
    timed = dice.random() < 0.5
    if not timed or dice.random() < 0.5:
        parts.append(f"when: {dice.choice(CONDITIONS)}")
        if dice.random() < 0.3:
            parts.append(f"for: {dice.choice(['500ms', '2s', '4s'])}")
    if timed:
        parts.append(f"after: {dice.choice(['1s', '3s', '5s', '8s'])}")
    if dice.random() < 0.15:
        parts.append(f"limit: {dice.randint(1, 3)}")
    return f"{{{', '.join(parts)}}}"


def company(dice: Random) -> str:
    """The text of an act whose ways are chosen by dice."""
    names = [f"s{i}" for i in range(dice.randint(2, 5))]
    places = [*names, *names, "act waiting", "return", "act company"]
    lines = ["act: company", "title: Company", "start: s0", "transitions:"]
    everywhere = [transition(dice, [*names, "act waiting"]) for _ in range(dice.randint(0, 2))]
    everywhere += ["{after: 15s, goto: act waiting}"] * (dice.random() < 0.4)
    lines = lines[:-1] if not everywhere else lines
    lines += [f"  - {text}" for text in everywhere]
    lines.append("scenes:")
    for name in names:
        lines += [f"  {name}:", "    transitions:"]
        lines += [f"      - {transition(dice, places)}" for _ in range(dice.randint(1, 3))]
    return "\n".join(lines) + "\n"


def by_dice(directory: Path, dice: Random) -> Subject:
    plant(directory, (FILES["acts/company.yaml"], company(dice)),
          ("  presses: {press", f"{SPELL}  presses: {{press"))  # fmt: skip
    found = examine(directory)
    assert found.subject is not None, found.findings
    return found.subject


def played(subject: Subject, dice: Random) -> list[Event]:
    """The events of a show in a room where everything moves by dice."""
    program, state = begin(subject.show, 1, 0)
    now_us, busy = 0, 0.5
    events: list[Event] = []
    for moment in range(MOMENTS):
        if moment % 50 == 0:
            busy = dice.choice([0.0, 0.2, 0.8, 1.0])
        here, touch, west, east = (dice.random() < busy for _ in range(4))
        values = (1.0 if here else 4.0, float(touch), 80.0 * west, 80.0 * east, float(moment // 40))
        state, outputs = advance(program, state,
                                 Inputs(now_us, (Sample("plinth", now_us, values),)))  # fmt: skip
        events += outputs.events
        step_us = dice.choice([5_000, 50_000, 300_000, 1_500_000])
        now_us = min(now_us + step_us, max(now_us + 1, outputs.wake_us))
    return events


@pytest.mark.parametrize("seed", range(SHOWS))
def test_nothing_happens_that_the_lint_calls_impossible(seed: int, tmp_path: Path) -> None:
    dice = Random(seed)
    subject = by_dice(tmp_path, dice)
    events = played(subject, dice)
    faults = [place for place, event in enumerate(events) if event.kind == "fault"]
    told = any(finding.code == "loop-without-time" for finding in examine(tmp_path).findings)
    assert told or not faults
    events = events[: faults[0]] if faults else events  # a circle that is cut breaks the order
    _check_scenes(subject, events)
    _check_transitions(subject, events)
    _check_durations(subject, events)


def _check_scenes(subject: Subject, events: list[Event]) -> None:
    came = {(event.act, event.scene) for event in events if event.kind == "scene"}
    assert came <= reachable(subject).keys()


def _check_transitions(subject: Subject, events: list[Event]) -> None:
    possible = {
        (*spot, edge.way.transition.goto, edge.way.transition.why)
        for spot, group in subject.edges.items()
        for edge in group
    }
    fired = {(e.act, e.scene, e.name, e.why) for e in events if e.kind == "transition"}
    assert fired <= possible


def _check_durations(subject: Subject, events: list[Event]) -> None:
    bounds = {length.act: length for length in subject.durations}
    acts = [event for event in events if event.kind == "act"]
    for event, following in pairwise(acts):
        took_us = following.t_us - event.t_us
        bound = bounds[event.act]
        assert bound.least_us - 1 <= took_us <= bound.most_us + SLACK_US, (event, following)


def test_the_dice_write_shows_of_all_kinds(tmp_path: Path) -> None:
    """Or the proof above would prove nothing: some acts end surely, many rules speak."""
    lengths, codes = [], set()
    for seed in range(SHOWS):
        subject = by_dice(tmp_path / str(seed), Random(seed))
        lengths += [d.most_us for d in subject.durations if d.act == "company"]
        codes |= {finding.code for finding in examine(tmp_path / str(seed)).findings}
    sure = sum(most < float("inf") for most in lengths)
    assert SHOWS / 10 < sure < SHOWS * 9 / 10
    assert {"never-reached", "contradiction", "loop-without-time", "unreachable-scene"} <= codes
