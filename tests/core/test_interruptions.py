"""Scenes that interrupt others, holds, and limits: what goes on, and from where."""

from __future__ import annotations

from dataclasses import replace

from installation.core.inputs import Inputs
from installation.showfile.model import Compare, Cue, Fade, Map, Show, Transition
from tests.core.story import SECOND, Story, scene, small_show

TOUCHED = Compare("touch", ">", 0.5)
CLOSE = Compare("distance", "<", 1.0)
GLOW = "layer.glow.opacity"


def playing(show: Show) -> Story:
    """In the first scene of the day."""
    story = Story(show)
    story.command("goto", "day")
    return story


def back(after_s: float) -> Transition:
    return Transition("return", after_us=round(after_s * SECOND))


def cues_of(story: Story, name: str) -> list[float]:
    return [e.t_us / SECOND for e in story.events if e.kind == "cue" and e.name == name]


def scenes_of(story: Story) -> list[tuple[str, float]]:
    return [(e.scene, e.t_us / SECOND) for e in story.events if e.kind == "scene"][2:]


def test_an_interruption_for_the_act_never_goes_back_in_time() -> None:
    show = small_show(open=scene("open"), v=scene("v", transitions=(back(2),)))
    day = replace(show.acts["day"], transitions=(Transition("v", TOUCHED),))
    story = playing(replace(show, acts={**show.acts, "day": day}))
    story.wait(6)
    story.sense(touch=1.0)
    story.wait(2)
    story.sense(touch=0.0)
    story.wait(3)
    moments = [t_s for _, t_s in scenes_of(story)]
    assert moments == sorted(moments)
    assert scenes_of(story)[:3] == [("v", 6.0), ("open", 8.0), ("v", 8.0)]


def test_a_cue_that_waits_for_the_clock_does_not_come_again_with_the_scene() -> None:
    late = Cue("late", (), when=Compare("scene_s", ">=", 3.0))
    show = small_show(
        open=scene("open", cues=(late,), transitions=(Transition("v", TOUCHED),)),
        v=scene("v", transitions=(back(2),)),
    )
    story = playing(show)
    story.wait(5)
    story.sense(touch=1.0)
    story.sense(touch=0.0)
    story.wait(5)
    assert story.at() == ("day", "open")
    assert cues_of(story, "late") == [3.0]


def test_an_interrupted_scene_comes_back_as_its_cues_had_left_it() -> None:
    bright = Cue("bright", (Fade(GLOW, 0.9),), at_us=SECOND)
    gone = Cue("bright/out", (Fade(GLOW, None),), follow="bright", pre_wait_us=8 * SECOND)
    show = small_show(
        open=scene("open", cues=(bright, gone), look={GLOW: 0.2},
                   transitions=(Transition("v", TOUCHED),)),
        v=scene("v", transitions=(back(2),)),
    )  # fmt: skip
    story = playing(show)
    story.wait(4)
    story.sense(touch=1.0)
    story.sense(touch=0.0)
    story.wait(1.9)
    assert story.parameter(GLOW) == 0.0
    story.wait(2)
    assert story.parameter(GLOW) == 0.9
    story.wait(6)
    assert story.parameter(GLOW) == 0.2


def test_interruptions_of_interruptions_find_back() -> None:
    show = small_show(
        open=scene("open"),
        mid=scene("mid", transitions=(Transition("v1", TOUCHED),)),
        v1=scene("v1", transitions=(Transition("v2", CLOSE, limit=1), back(4))),
        v2=scene("v2", transitions=(back(1),)),
    )
    story = playing(show)
    story.command("goto", "day/mid")
    story.sense(touch=1.0)
    story.sense(touch=0.0)
    story.wait(2)
    story.sense(distance=0.5)
    story.wait(0.5)
    assert story.at() == ("day", "v2")
    story.wait(1)
    assert story.at() == ("day", "v1")
    story.wait(3)
    assert story.at() == ("day", "mid")


def test_what_breaks_while_the_show_is_held_has_not_lasted() -> None:
    lasting = Transition("there", TOUCHED, for_us=5 * SECOND)
    story = playing(small_show(open=scene("open", transitions=(lasting,)), there=scene("there")))
    story.sense(touch=1.0)
    story.wait(4)
    story.command("hold")
    story.sense(touch=0.0)
    story.wait(10)
    story.sense(touch=1.0)
    story.command("resume")
    story.wait(4.9)
    assert story.at() == ("day", "open")
    story.wait(0.2)
    assert story.at() == ("day", "there")


def test_limits_hold_where_what_is_mapped_is_unknown() -> None:
    follows = Map("distance", GLOW, 0.0, 4.0, 0.0, 1.0)
    show = small_show(open=scene("open", mappings=(follows,)))
    dark = show.acts["dark"]
    bright = replace(dark.scenes["wait"], look={GLOW: 1.0})
    day = replace(show.acts["day"], limits={GLOW: (0.0, 0.5)})
    acts = {"dark": replace(dark, scenes={"wait": bright}), "day": day}
    story = Story(replace(show, acts=acts))
    story.wait(3)
    story.lose_node()
    story.command("goto", "day")
    story.tell(Inputs(story.now_us + 1))
    assert story.parameter(GLOW) == 0.5
