"""What the core does, told in seconds of show time."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from story import SECOND, Story, scene, small_show

from firmware_bridge.sample import Health
from installation.core.inputs import Inputs
from installation.showfile.model import Assign, Compare, Cue, Fade, Map, Play, Send, Transition


def test_an_empty_room_stays_in_attract() -> None:
    story = Story(small_show())
    story.wait(600)
    assert story.at() == ("dark", "wait")


def test_a_passer_by_wakes_the_room_and_an_empty_minute_lets_it_sleep() -> None:
    story = Story(small_show())
    story.sense(distance=1.0)
    assert story.at() == ("day", "open")
    story.sense(distance=4.0)
    story.wait(59)
    assert story.at() == ("day", "open")
    story.wait(2)
    assert story.at() == ("dark", "wait")


def test_hysteresis_keeps_someone_at_the_edge_present() -> None:
    story = Story(small_show())
    story.sense(distance=1.4)
    story.sense(distance=1.6)
    assert story.state.values["near"] == 1.0
    story.sense(distance=1.8)
    assert story.state.values["near"] == 0.0


def test_a_follow_chain_does_not_drift_when_it_is_run_late() -> None:
    cues = (
        Cue("a", (), at_us=SECOND),
        *(Cue(n, (), follow=b, pre_wait_us=SECOND) for b, n in zip("abcd", "bcde", strict=True)),
    )
    story = Story(small_show(open=scene("open", cues=cues)))
    story.sense(distance=1.0)
    for late_us in (1_700_000, 2_900_000, 3_000_000, 7_500_000):
        story.now_us = late_us
        story.sense()
    moments = [e.t_us for e in story.events if e.kind == "cue"]
    assert moments == [SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND, 5 * SECOND]


def test_a_repeated_cue_comes_back_on_its_moment() -> None:
    cues = (Cue("spark", (Play("hum"),), at_us=0, every_us=30 * SECOND),)
    story = Story(small_show(open=scene("open", cues=cues)))
    story.sense(distance=1.0)
    story.wait(95)
    assert [e.t_us // SECOND for e in story.events if e.kind == "cue"] == [0, 30, 60, 90]
    assert story.state.shots == 4


def test_a_transition_waits_for_its_condition_to_hold() -> None:
    leave = Transition("after", Compare("touch", ">", 0.5), for_us=4 * SECOND, tally="visitors")
    story = Story(small_show(open=scene("open", transitions=(leave,)), after=scene("after")))
    story.sense(distance=1.0)
    story.sense(touch=1.0)
    story.wait(3)
    story.sense(touch=0.0)
    story.wait(3)
    assert story.at() == ("day", "open")
    story.sense(touch=1.0)
    story.wait(4.1)
    assert story.at() == ("day", "after")
    assert [e.tally for e in story.events if e.kind == "transition"][-1] == "visitors"


def test_a_timer_leaves_at_its_moment_not_at_the_late_look() -> None:
    timer = Transition("after", after_us=10 * SECOND)
    story = Story(small_show(open=scene("open", transitions=(timer,)), after=scene("after")))
    story.sense(distance=1.0)
    story.now_us = 13 * SECOND
    story.sense()
    assert story.state.scene_us == 10 * SECOND


def test_an_interruption_returns_to_where_the_scene_was_left() -> None:
    setback = scene("setback", transitions=(Transition("return", after_us=8 * SECOND),))
    interrupt = Transition("setback", Compare("touch", ">", 0.5), limit=2)
    gathering = scene("open", transitions=(interrupt,), cues=(Cue("late", (), at_us=12 * SECOND),))
    story = Story(small_show(open=gathering, setback=setback))
    story.sense(distance=1.0)
    story.wait(5)
    story.sense(touch=1.0)
    assert story.at() == ("day", "setback")
    story.sense(touch=0.0)
    story.wait(8.5)
    assert story.at() == ("day", "open")
    story.wait(7)
    assert [e.t_us for e in story.events if e.kind == "cue"] == [20 * SECOND]
    for _ in range(3):
        story.sense(touch=1.0)
        story.sense(touch=0.0)
        story.wait(9)
    assert sum(e.kind == "scene" and e.scene == "setback" for e in story.events) == 2


def test_an_accumulator_does_not_depend_on_how_often_it_is_asked() -> None:
    seldom, often = Story(small_show()), Story(small_show())
    for story, steps in ((seldom, 1), (often, 500)):
        story.sense(distance=1.0)
        for _ in range(steps):
            story.wait(10 / steps)
    assert seldom.state.values["fed"] == 0.5
    assert abs((often.state.values["fed"] or 0) - 0.5) < 1e-6


def test_signals_of_an_act_begin_anew_with_it() -> None:
    story = Story(small_show())
    story.sense(distance=1.0, touch=1.0)
    story.wait(5)
    assert story.state.values["touched"] == 1.0
    story.sense(touch=0.0)
    story.command("goto", "dark")
    story.wait(0.1)
    assert story.state.values["touched"] == 0.0
    assert (story.state.values["fed"] or 0.0) < 0.05


def test_a_look_fades_in_over_its_time_and_rests_afterwards() -> None:
    look = {"layer.glow.opacity": 1.0, "stem.hum": 0.5}
    story = Story(small_show(open=scene("open", look=look, fade_us=2 * SECOND)))
    story.sense(distance=1.0)
    story.wait(1)
    assert 0.45 < story.parameter("layer.glow.opacity") < 0.55
    story.wait(1.1)
    assert story.parameter("layer.glow.opacity") == 1.0
    assert story.parameter("stem.hum") == 0.5


def test_a_mapping_answers_a_hand_in_the_same_moment() -> None:
    light = Map("touch", "output.lamp", to_high=0.8)
    story = Story(small_show(open=scene("open", mappings=(light,))))
    story.sense(distance=1.0)
    assert story.sense(touch=1.0).parameters["output.lamp"] == 0.8


def test_a_lagging_mapping_arrives_whatever_the_steps() -> None:
    light = Map("distance", "layer.glow.warmth", low=4.0, high=1.0, lag_us=200_000)
    story = Story(small_show(open=scene("open", mappings=(light,))))
    story.sense(distance=1.0)
    story.wait(0.2)
    assert 0.5 < story.parameter("layer.glow.warmth") < 0.8
    story.wait(3)
    assert story.parameter("layer.glow.warmth") == 1.0


def test_a_cue_on_a_touch_fires_once_a_touch() -> None:
    cue = Cue("note", (Send("/note", (1,)), Assign("fed", 1.0)), when=Compare("touch", ">", 0.5))
    story = Story(small_show(open=scene("open", cues=(cue,))))
    story.sense(distance=1.0)
    for touch in (1.0, 1.0, 0.0, 1.0):
        story.sense(touch=touch)
    assert [m.address for m in story.messages] == ["/note", "/note"]
    assert story.state.values["fed"] == 1.0


def test_go_runs_what_stands_by_and_refuses_a_double_press() -> None:
    cue = Cue("G1", (Fade("stem.hum", 1.0),), on_go=True)
    story = Story(small_show(open=scene("open", cues=(cue,), next="after"), after=scene("after")))
    story.sense(distance=1.0)
    assert story.command("go").replies[0].done
    refused = story.command("go").replies[0]
    assert not refused.done
    assert "half a second" in refused.why
    story.wait(1)
    story.command("go")
    assert story.at() == ("day", "after")


def test_hold_stops_the_clock_of_the_scene_and_resume_lets_it_run_on() -> None:
    timer = Transition("after", after_us=10 * SECOND)
    story = Story(small_show(open=scene("open", transitions=(timer,)), after=scene("after")))
    story.sense(distance=1.0)
    story.wait(4)
    story.command("hold")
    story.wait(50)
    story.command("resume")
    story.wait(5.9)
    assert story.at() == ("day", "open")
    story.wait(0.2)
    assert story.at() == ("day", "after")


def test_stop_fades_everything_and_raises_the_house_light_until_rearmed() -> None:
    look = {"layer.glow.opacity": 1.0, "stem.hum": 0.5, "output.lamp": 1.0}
    story = Story(small_show(open=scene("open", look=look, fade_us=0)))
    story.sense(distance=1.0)
    story.wait(1)
    story.command("stop")
    story.wait(4)
    for name in look:
        assert story.parameter(name) == 0.0
    assert not story.command("go").replies[0].done
    story.command("rearm")
    assert story.parameter("stem.hum") == 0.5


def test_a_lost_node_is_unknown_and_its_conditions_are_not_true() -> None:
    story = Story(small_show())
    story.sense(distance=1.0)
    story.lose_node()
    assert story.state.channels["distance"] is None
    assert story.state.values["near"] is None
    assert [e.why for e in story.events if e.kind == "node"] == ["unplugged"]
    story.sense(distance=1.2)
    assert story.state.values["near"] == 1.0


def test_a_board_that_prints_now_and_then_is_believed_between_two_lines() -> None:
    story = Story(small_show())
    story.sense(distance=1.0)
    for _ in range(20):
        story.wait(1, speaking=False)
        story.tell(Inputs(story.now_us, health=(Health("post", "live"),)))
    assert story.state.channels["distance"] == 1.0
    assert not [e for e in story.events if e.kind == "node"]


def test_a_silent_node_is_noticed_without_anyone_telling() -> None:
    story = Story(small_show())
    story.wait(5, speaking=False)
    assert [e.why for e in story.events if e.kind == "node"] == ["silent"]


def test_equal_inputs_give_equal_outputs_and_the_old_state_stays() -> None:
    one, two = Story(small_show()), Story(small_show())
    before = one.state
    kept = repr(before)
    for story in (one, two):
        story.sense(distance=1.0)
        story.wait(30)
    assert repr(one.said) == repr(two.said)
    assert repr(before) == kept


def test_a_loop_without_time_does_not_hang() -> None:
    there = scene("open", transitions=(Transition("b"),))
    back = scene("b", transitions=(Transition("open"),))
    story = Story(small_show(open=there, b=back))
    story.sense(distance=1.0)
    assert story.state.act == "day"


def jump(story: Story, to: str) -> None:
    story.command("goto", to)


def test_a_scene_looks_the_same_whatever_came_before_it() -> None:
    scenes = {
        "warm": scene("warm", look={"layer.glow.opacity": 1.0, "layer.glow.warmth": 0.9}),
        "plain": scene("plain", look={"layer.glow.opacity": 0.5}, fade_us=SECOND),
    }
    looks = []
    for path in (("day/plain",), ("day/warm", "day/plain")):
        story = Story(small_show(**scenes))
        for place in path:
            jump(story, place)
            story.wait(3)
        looks.append(dict(story.said[-1].parameters))
    assert looks[0] == looks[1]
    assert looks[0]["layer.glow.warmth"] == 0.2


def test_a_layer_on_its_way_out_keeps_its_shape() -> None:
    scenes = {
        "warm": scene("warm", look={"layer.glow.opacity": 1.0, "layer.glow.warmth": 0.9}),
        "gone": scene("gone", fade_us=2 * SECOND),
    }
    story = Story(small_show(**scenes))
    jump(story, "day/warm")
    story.wait(2)
    jump(story, "day/gone")
    story.wait(1)
    assert 0.2 < story.parameter("layer.glow.opacity") < 0.8
    assert story.parameter("layer.glow.warmth") == 0.9


def test_blackout_is_dark_and_silent_at_once_while_the_show_runs_on() -> None:
    look = {"layer.glow.opacity": 1.0, "stem.hum": 0.5, "output.lamp": 0.7}
    story = Story(small_show(open=scene("open", look=look)))
    jump(story, "day/open")
    story.wait(2)
    dark = story.command("blackout")
    assert {name: dark.parameters[name] for name in look} == dict.fromkeys(look, 0.0)
    assert set(look) <= set(dark.changed)
    story.wait(1)
    lit = story.command("light")
    assert {name: lit.parameters[name] for name in look} == look


def test_nodes_that_say_the_same_again_change_nothing() -> None:
    """Most moments bring nothing: the core takes a short way through them."""
    told = []
    for steps in (1, 100):
        story = Story(small_show())
        story.sense(distance=1.0)
        for _ in range(20 * steps):
            story.now_us += SECOND // steps
            story.sense()
        told.append([(e.t_us, e.kind, e.name) for e in story.events])
        told[-1].append(dict(story.said[-1].parameters) == dict(story.program.rest))
    assert told[0] == told[1]
    ways = {id(said.parameters) for said in story.said}
    assert len(ways) < len(story.said) / 4, "the long way was taken each time"


def test_the_first_moment_tells_every_parameter() -> None:
    story = Story(small_show())
    assert set(story.said[0].changed) == set(story.program.rest)


def test_go_where_nothing_stands_by_is_refused() -> None:
    story = Story(small_show(open=scene("open", next="")))
    jump(story, "day/open")
    (reply,) = story.command("go").replies
    assert not reply.done
    assert "nothing stands by" in reply.why


def test_a_mapping_from_a_silent_sensor_lets_the_core_sleep() -> None:
    mapped = Map("distance", "layer.glow.warmth", lag_us=100_000)
    story = Story(small_show(open=scene("open", mappings=(mapped,))))
    jump(story, "day/open")
    story.lose_node()
    before = len(story.said)
    story.wait(30, speaking=False)
    assert len(story.said) - before < 100


def test_a_loop_without_time_goes_on_a_frame_later_though_no_input_comes() -> None:
    scenes = {
        "a": scene("a", transitions=(Transition("b", after_us=0),)),
        "b": scene("b", transitions=(Transition("a", after_us=0),)),
    }
    story = Story(small_show(**scenes))
    jump(story, "day/a")
    assert story.said[-1].wake_us <= story.now_us + 20_000


def test_every_act_scene_and_cue_says_why_it_began() -> None:
    note = Cue("note", (), when=Compare("touch", ">", 0.5), why="touch")
    scenes = {
        "open": scene("open", cues=(note,), transitions=(
            Transition("late", after_us=5 * SECOND, why="after 5s"),)),
        "late": scene("late", next="open"),
    }  # fmt: skip
    story = Story(small_show(**scenes))
    story.sense(distance=1.0)
    story.sense(touch=1.0)
    story.wait(6)
    story.command("go")
    whys = [(e.kind, e.name, e.why) for e in story.events if e.kind in ("act", "scene", "cue")]
    assert whys == [
        ("act", "dark", "the show begins"),
        ("scene", "wait", "the show begins"),
        ("act", "day", "near"),
        ("scene", "open", "near"),
        ("cue", "note", "touch"),
        ("scene", "late", "after 5s"),
        ("scene", "open", "GO"),
    ]


def test_an_empty_room_is_left_though_scenes_follow_each_other() -> None:
    scenes = {
        name: scene(name, transitions=(Transition(then, after_us=25 * SECOND),))
        for name, then in (("a", "b"), ("b", "c"), ("c", "a"))
    }
    story = Story(small_show(**scenes))
    jump(story, "day/a")
    story.wait(59)
    assert story.at() == ("day", "c")
    story.wait(2)
    assert story.at() == ("dark", "wait")


def test_an_act_that_goes_to_itself_begins_anew() -> None:
    again = Transition("act day", Compare("act_s", ">=", 10.0), why="act_s >= 10s")
    story = Story(small_show(open=scene("open", transitions=(again,))))
    jump(story, "day/open")
    story.wait(35)
    assert [e.t_us // SECOND for e in story.events if e.kind == "act" and e.name == "day"] == [
        0, 10, 20, 30
    ]  # fmt: skip


def test_an_act_does_not_go_where_it_is() -> None:
    show = small_show(open=scene("open"))
    finale = Transition("open", after_us=2 * SECOND)
    day = replace(show.acts["day"], transitions=(finale,))
    story = Story(replace(show, acts={**show.acts, "day": day}))
    jump(story, "day/open")
    story.wait(10)
    assert sum(e.kind == "scene" and e.act == "day" for e in story.events) == 1


def test_a_loop_without_time_is_told_once() -> None:
    scenes = {
        "a": scene("a", transitions=(Transition("b", after_us=0),)),
        "b": scene("b", transitions=(Transition("a", after_us=0),)),
    }
    story = Story(small_show(**scenes))
    jump(story, "day/a")
    story.wait(1)
    assert [e.why for e in story.events if e.kind == "fault"] == [
        "scenes follow each other without time"
    ]


def test_a_repeated_cue_that_is_late_comes_once_and_in_step_again() -> None:
    cues = (Cue("spark", (Play("hum"),), at_us=0, every_us=5 * SECOND),)
    story = Story(small_show(open=scene("open", cues=cues)))
    jump(story, "day/open")
    story.now_us = 47 * SECOND
    story.sense()
    assert len(story.said[-1].shots) == 1
    story.wait(5)
    assert [e.t_us // SECOND for e in story.events if e.kind == "cue"] == [0, 5, 50]
