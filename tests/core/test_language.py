"""What the constructs of the language do, each as a story in seconds of show time."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from installation.errors import ShowFileError
from installation.showfile.load import load
from tests.core.story import Story
from tests.core.written import cues, loaded, story, written

GLOW, WARMTH, LAMP, HUM = "layer.glow.opacity", "layer.glow.warmth", "output.lamp", "stem.hum"
RUNGS = """
one: {variable: 0}
two: {variable: 0}
three: {variable: 0}
"""


def test_a_group_is_a_clock_of_its_own(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - cue: verse
              when: touch
              group:
                - {cue: a, light: {lamp: 1}}
                - {cue: b, at: 2s, play: bell}
                - cue: chorus
                  at: 3s
                  group:
                    - {cue: c, at: 500ms, play: bell}
                - {cue: d, follow: b, pre_wait: 5s, light: {lamp: 0}}
    """)  # fmt: skip
    told.wait(10)
    told.sense(touch=1)
    told.wait(10)
    assert cues(told) == [
        (10, "verse"), (10, "verse/a"), (12, "verse/b"), (13, "verse/chorus"),
        (13.5, "verse/chorus/c"), (17, "verse/d"),
    ]  # fmt: skip


def test_a_group_comes_again_with_its_cue(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: g, at: 1s, every: 10s, group: [{cue: a, at: 2s, play: bell}]}
    """)  # fmt: skip
    told.wait(25)
    assert [at for at, name in cues(told) if name == "g/a"] == [3, 13, 23]


def test_a_cue_that_continues_brings_the_next_after_its_post_wait(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: a, at: 1s, play: bell, post_wait: 2s, continue: true}
            - {cue: b, play: bell, continue: true}
            - {cue: c, pre_wait: 500ms, play: bell}
            - {cue: d, follow: a, pre_wait: 1s, play: bell}
    """)  # fmt: skip
    told.wait(10)
    assert cues(told) == [(1, "a"), (3, "b"), (3.5, "c"), (4, "d")]


def test_a_cue_comes_as_often_as_it_says(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues: [{cue: knock, at: 1s, every: 2s, times: 3, play: bell}]
    """)  # fmt: skip
    told.wait(60)
    assert [at for at, _ in cues(told)] == [1, 3, 5]


def test_fade_out_gives_back_what_the_scene_has(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          look: {glow: 1, glow.warmth: 0.4}
          light: {lamp: 0.3}
          cues:
            - {cue: flare, at: 2s, look: {glow.warmth: 1}, light: {lamp: 1}, sound: {hum: 0dB},
               fade_in: 1s, for: 4s, fade_out: 2s, curve_out: linear}
    """)  # fmt: skip
    told.wait(3.1)
    assert (told.parameter(WARMTH), told.parameter(LAMP), told.parameter(HUM)) == (1, 1, 1)
    told.wait(3.9)
    assert told.parameter(LAMP) == pytest.approx(0.65, abs=0.02)
    told.wait(1.1)
    assert (told.parameter(WARMTH), told.parameter(LAMP), told.parameter(HUM)) == (0.4, 0.3, 0)


def test_add_moves_a_variable_within_its_bounds(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: up, when: touch, add: {steps: 2}}
            - {cue: down, when: near, add: {steps: -1}}
            - {cue: top, when: steps >= 5, osc: /top}
    """, signals="steps: {variable: 1, low: 0, high: 5, reset: act}")  # fmt: skip
    assert told.state.values["steps"] == 1
    for _ in range(3):
        told.sense(touch=1)
        told.sense(touch=0)
    assert told.state.values["steps"] == 5
    assert [m.address for m in told.messages] == ["/top"]
    for _ in range(7):
        told.sense(distance=1)
        told.sense(distance=4)
    assert told.state.values["steps"] == 0


def test_what_a_cue_sets_makes_the_condition_of_another_true_in_the_same_moment(
    tmp_path: Path,
) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: third, when: third_knock, osc: /third}
            - {cue: knock, when: touch, add: {knocks: 1}}
    """, signals="""
        knocks: {variable: 0}
        third_knock: {presence: knocks, above: 2.5}
    """)  # fmt: skip
    for moment in range(3):
        told.now_us = moment * 1_000_000
        told.sense(touch=1)
        told.sense(touch=0)
    assert cues(told) == [(0, "knock"), (1, "knock"), (2, "knock"), (2, "third")]


def test_of_cues_that_become_due_together_a_later_one_sees_what_an_earlier_one_set(
    tmp_path: Path,
) -> None:
    """A ladder: each touch takes one rung."""
    told = story(tmp_path, """
        open:
          cues:
            - {cue: l1, when: [{not: one}, three], set: {one: 1, three: 0}}
            - {cue: l2, when: [{not: two}, three], set: {two: 1, three: 0}}
            - {cue: t, when: touch, set: {three: 1}}
    """, signals=RUNGS)  # fmt: skip
    for _ in range(3):
        told.sense(touch=1)
        told.sense(touch=0)
    assert [name for _, name in cues(told)] == ["t", "l1", "t", "l2", "t"]


def test_cues_that_set_each_other_off_without_end_do_not_hang_the_show(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: c, when: three, set: {three: 0, one: 1}}
            - {cue: b, when: two, set: {two: 0, three: 1}}
            - {cue: a, when: one, set: {one: 0, two: 1}}
            - {cue: s, when: touch, set: {one: 1}}
    """, signals=RUNGS)  # fmt: skip
    told.sense(touch=1)
    told.wait(1)
    faults = [e.why for e in told.events if e.kind == "fault"]
    assert faults == ["cues follow each other without time"]


def test_pre_wait_delays_a_cue_on_a_condition_and_one_on_go(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: w, when: touch, pre_wait: 2s, play: bell}
            - {cue: g, go: true, pre_wait: 1s, play: bell}
    """)  # fmt: skip
    told.sense(touch=1)
    told.wait(1)
    told.sense(touch=0)
    told.sense(touch=1)  # while it waits: it comes once
    told.command("go")
    told.wait(5)
    assert cues(told) == [(2, "w"), (2, "g")]


def test_standby_does_what_go_would_do_once_while_its_condition_holds(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          next: after
          cues:
            - {cue: g1, go: true, play: bell}
            - {cue: g2, go: true, play: bell}
          transitions: [{when: touch, for: 1s, goto: standby, tally: visitors}]
        after: {}
    """)  # fmt: skip
    told.sense(touch=1)
    told.wait(5)
    assert cues(told) == [(1, "g1")]
    for _ in range(2):
        told.sense(touch=0)
        told.sense(touch=1)
        told.wait(5)
    assert [name for _, name in cues(told)] == ["g1", "g2"]
    assert told.at() == ("day", "after")


def test_go_never_takes_standby_or_the_way_of_a_fault_for_next(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          transitions: [{after: 1m, goto: after}, {when: touch, goto: standby}]
          faults: {distance: {goto: dark}}
        after:
          transitions: [{when: touch, goto: standby}]
        dark: {}
    """)  # fmt: skip
    told.command("go")
    assert told.at() == ("day", "after")
    told.wait(1)
    (reply,) = told.command("go").replies
    assert not reply.done


def test_a_condition_that_enters_and_leaves_at_its_own_thresholds(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: close, when: {presence: distance, below: 2m, leave: 3m, for: 200ms}, play: bell}
    """)  # fmt: skip
    for distance in (1.9, 2.5, 1.9, 2.9, 3.1, 1.9):
        told.sense(distance=distance)
        told.wait(0.5)
    assert cues(told) == [(0.2, "close"), (2.7, "close")]


def test_a_signal_that_stands_twice_is_one(tmp_path: Path) -> None:
    show = loaded(tmp_path, """
        open:
          cues:
            - {cue: a, when: {presence: distance, below: 2m}, play: bell}
            - {cue: b, when: {not: {presence: distance, below: 2m}}, play: bell}
    """)  # fmt: skip
    assert sum(signal.kind == "presence" for signal in show.signals) == 2  # `near` is the other


def test_a_signal_may_stand_where_another_reads_it(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: a, when: {latch: {all: [near, {inverse: {any: [touch]}}]}}, play: bell}
    """, signals="""
        first: {sum: [{pair: [near, touch]}, {times: {presence: distance, above: 5m}}, second]}
        second: {max: [{times: {presence: distance, above: 5m}}, {capture: [touch], slots: 1}]}
    """)  # fmt: skip
    told.sense(distance=6)
    assert told.state.values["first"] == 2
    told.sense(distance=1)
    assert cues(told) == [(0, "a")]
    kinds = [signal.kind for signal in told.program.show.signals]
    assert kinds.count("times") == 1


def test_signals_that_read_each_other_in_a_circle_are_told_though_one_has_no_name(
    tmp_path: Path,
) -> None:
    with pytest.raises(ShowFileError, match="in a circle"):
        loaded(tmp_path, "open: {}", signals="round: {inverse: {any: [round]}}")


def test_a_mapping_may_smooth_what_it_reads(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          mappings:
            - {from: {euro: distance, cutoff: 0.5Hz, beta: 0}, to: glow.warmth, in: [0m, 4m]}
    """)  # fmt: skip
    assert told.parameter(WARMTH) == 1
    told.sense(distance=0)
    told.wait(0.1)
    assert 0.6 < told.parameter(WARMTH) < 0.95
    told.wait(10)
    assert told.parameter(WARMTH) == 0


def test_a_value_stands_in_for_a_lost_sensor_and_for_what_is_made_of_it(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          faults: {distance: 1m}
          mappings: [{from: distance, to: output.lamp, in: [0m, 4m]}]
        other: {}
    """)  # fmt: skip
    assert told.state.values["near"] == 0
    told.lose_node()
    assert told.state.values["near"] == 1
    assert told.parameter(LAMP) == 0.25
    told.command("goto", "day/other")
    assert told.state.values["near"] is None
    told.command("goto", "day/open")
    told.sense()
    assert told.state.values["near"] == 0


def test_a_scene_is_left_where_its_sensor_is_lost_for_long(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          faults: {near: {goto: quiet, for: 5s, tally: fault}}
        quiet: {}
    """)  # fmt: skip
    told.lose_node()
    told.wait(4, speaking=False)
    told.sense()
    told.wait(1)
    assert told.at() == ("day", "open")
    told.lose_node()
    told.wait(5.1, speaking=False)
    assert told.at() == ("day", "quiet")
    assert [e.tally for e in told.events if e.kind == "transition"] == ["fault"]


def test_a_scene_goes_on_with_a_value_for_a_while_and_then_leaves(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          faults: {distance: {take: 1, goto: quiet, for: 5s}}
        quiet: {}
    """)  # fmt: skip
    told.lose_node()
    assert told.state.values["near"] == 1
    told.wait(5.1, speaking=False)
    assert told.at() == ("day", "quiet")


def test_what_is_unknown_can_be_asked_for(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: lost, when: {unknown: distance}, play: bell}
            - {cue: back, when: {not: {unknown: distance}}, play: bell}
    """)  # fmt: skip
    told.wait(1)
    told.lose_node()
    told.wait(1, speaking=False)
    told.sense()
    assert cues(told)[-2:] == [(1, "lost"), (2, "back")]


def test_limits_hold_whatever_moves_a_parameter(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          look: {glow: 1, glow.warmth: 0.9}
          light: {lamp: 0}
          mappings: [{from: touch, to: stem.hum}]
          cues: [{cue: up, at: 2s, light: {lamp: 1}, fade: 1s}]
    """, act="limits: {glow.warmth: 0.5, output.lamp: [0.1, 0.7], stem.hum: -6dB}",
         show="limits: {glow: 0.8, glow.warmth: 0.1}")  # fmt: skip
    told.wait(0.1)
    assert told.parameter(WARMTH) == 0.5
    assert told.parameter(GLOW) == 0.8
    assert told.parameter(LAMP) == 0.1
    told.sense(touch=1)
    assert told.parameter(HUM) == pytest.approx(10 ** (-6 / 20), abs=1e-4)
    seen = []
    for _ in range(40):
        told.wait(0.1)
        seen.append(told.parameter(LAMP))
    assert max(seen) == seen[-1] == 0.7


def test_a_limit_does_not_keep_the_core_awake(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          mappings: [{from: touch, to: stem.hum, lag: 200ms}]
    """, act="limits: {stem.hum: 0.5}")  # fmt: skip
    told.sense(touch=1)
    told.wait(3)
    assert told.parameter(HUM) == 0.5
    assert not told.state.lagging


def test_a_layer_that_fades_out_keeps_its_shape_within_the_limits_of_the_new_act(
    tmp_path: Path,
) -> None:
    written(tmp_path, "open: {look: {glow: 1, glow.warmth: 0.9}}")
    night = tmp_path / "acts/night.yaml"
    night.write_text(night.read_text().replace("{dark: {}}", "{dark: {fade: 10s}}")
                     + "limits: {glow.warmth: 0.5}\n")  # fmt: skip
    told = Story(load(tmp_path))
    told.wait(1)
    assert told.parameter(WARMTH) == 0.9
    told.command("goto", "night")
    told.wait(5)
    assert told.parameter(GLOW) > 0.1
    assert told.parameter(WARMTH) == 0.5


def test_waiting_cues_are_held_and_come_when_they_would_have(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: a, at: 1s, play: bell, post_wait: 5s, continue: true}
            - {cue: b, play: bell}
            - {cue: c, at: 7s, play: bell}
            - {cue: w, when: touch, pre_wait: 3s, play: bell}
    """)  # fmt: skip
    told.wait(2)
    told.sense(touch=1)
    told.command("hold")
    told.wait(30)
    assert [name for _, name in cues(told)] == ["a"]
    told.command("resume")
    told.wait(10)
    assert cues(told)[1:] == [(35, "w"), (36, "b"), (37, "c")]


def test_an_interrupted_scene_goes_on_with_its_list_where_it_was(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: a, at: 1s, play: bell}
            - {cue: b, at: 4s, play: bell}
            - {cue: c, follow: b, pre_wait: 4s, play: bell}
            - {cue: d, at: 9s, every: 5s, times: 2, play: bell}
            - {cue: g, go: true, play: bell}
            - {cue: g2, go: true, play: bell}
          transitions: [{when: touch, goto: aside}]
        aside:
          transitions: [{after: 20s, goto: return}]
    """)  # fmt: skip
    told.wait(5)
    told.command("go")
    told.sense(touch=1)
    told.sense(touch=0)
    assert told.at() == ("day", "aside")
    told.wait(22)
    told.command("go")
    told.wait(20)
    assert cues(told) == [
        (1, "a"), (4, "b"), (5, "g"), (27, "g2"), (28, "c"), (29, "d"), (34, "d"),
    ]  # fmt: skip


def test_standby_is_not_done_again_after_an_interruption(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: g1, go: true, play: bell}
            - {cue: g2, go: true, play: bell}
          transitions: [{after: 5s, goto: standby}, {when: touch, goto: aside}]
        aside:
          transitions: [{after: 3s, goto: return}]
    """)  # fmt: skip
    told.wait(6)
    told.sense(touch=1)
    told.sense(touch=0)
    told.wait(10)
    assert told.at() == ("day", "open")
    assert cues(told) == [(5, "g1")]


def test_a_cue_that_comes_again_while_it_stays_stays_as_long_from_then(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues: [{cue: flare, when: touch, light: {lamp: 1}, for: 4s}]
    """)  # fmt: skip
    told.sense(touch=1)
    told.sense(touch=0)
    told.wait(3)
    told.sense(touch=1)
    told.sense(touch=0)
    told.wait(3)
    assert told.parameter(LAMP) == 1
    told.wait(1.1)
    assert told.parameter(LAMP) == 0
    assert [at for at, name in cues(told) if name == "flare/out"] == [7]


@pytest.mark.parametrize(
    ("signal", "steps", "value"),
    [
        ("{pair: [near, touch, touch, touch]}", ["touch", "near"], 2),
        ("{times: touch}", ["touch", "rest", "touch"], 2),
        ("{rate: touch, window: 4s}", ["touch", "rest", "touch"], 0.5),
        ("{variable: 7%}", [], 0.07),
        ("{min: [distance, touch, near]}", ["touch", "near"], 1),
    ],
)
def test_a_signal_of_each_new_kind(
    tmp_path: Path, signal: str, steps: list[str], value: float
) -> None:
    told = story(tmp_path, "open: {}", signals=f"asked: {signal}")
    for step in steps:
        told.sense(touch=float(step == "touch") if step != "near" else None,
                   distance=1.0 if step == "near" else None)  # fmt: skip
    found = told.state.values["asked"]
    assert found is not None
    assert math.isclose(found, value)
