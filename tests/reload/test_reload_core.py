"""What an edit does to a show that plays, told in seconds of show time."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from edited_story import SECOND, EditedStory, scene, small_show, with_day, with_scene

from installation.core.reload import Kind, compare
from installation.showfile.model import (
    Compare,
    Cue,
    Fade,
    Layer,
    Map,
    Send,
    Show,
    Signal,
    Surface,
    Transition,
)

GLOW = "layer.glow.opacity"
WARMTH = "layer.glow.warmth"


def sends(name: str, at_s: float, **more: object) -> Cue:
    """A cue that says its name by OSC."""
    cue = Cue(name, (Send(f"/{name}", ()),), at_us=round(at_s * SECOND))
    return replace(cue, **more)  # type: ignore[arg-type]


def day_of(*cues: Cue, **more: object) -> Show:
    return small_show(open=scene("open", cues=cues, **more))


def two_scenes(*cues: Cue) -> Show:
    """`open` leads to `late` after ten seconds, which has the cues."""
    first = scene("open", transitions=(Transition("late", after_us=10 * SECOND),))
    return small_show(open=first, late=scene("late", cues=cues))


KINDS = {
    "nothing": (Kind.NOTHING, lambda show: replace(show)),
    "a look": (Kind.VALUES, lambda show: with_scene(show, "open", look={GLOW: 0.5})),
    "a fade": (Kind.VALUES, lambda show: with_scene(show, "open", fade_us=7)),
    "a cue's time": (Kind.VALUES, lambda show: with_scene(show, "open", cues=(sends("A", 9),))),
    "a mapping": (
        Kind.VALUES,
        lambda show: with_scene(show, "open", mappings=(Map("near", WARMTH),)),
    ),
    "a signal's option": (
        Kind.VALUES,
        lambda show: with_signal(show, "near", options={"below": 2.5, "leave": 2.7}),
    ),
    "one cue more": (
        Kind.STRUCTURE,
        lambda show: with_scene(show, "open", cues=(sends("A", 5), sends("B", 6))),
    ),
    "a cue's name": (Kind.STRUCTURE, lambda show: with_scene(show, "open", cues=(sends("C", 5),))),
    "a cue on GO": (
        Kind.STRUCTURE,
        lambda show: with_scene(show, "open", cues=(sends("A", 5, at_us=None, on_go=True),)),
    ),
    "a signal's kind": (Kind.STRUCTURE, lambda show: with_signal(show, "fed", kind="latch")),
    "one scene more": (
        Kind.STRUCTURE,
        lambda show: with_day(show, scenes={**show.acts["day"].scenes, "new": scene("new")}),
    ),
    "one transition less": (Kind.STRUCTURE, lambda show: with_day(show, transitions=())),
    "a layer": (
        Kind.STRUCTURE,
        lambda show: replace(show, layers=(*show.layers, Layer("veil", "wall", "veil.fs"))),
    ),
    "the order of a node's channels": (
        Kind.RESTART,
        lambda show: replace(show, nodes={
            "post": replace(show.nodes["post"], channels=("touch", "distance"))}),
    ),
    "a surface": (Kind.RESTART, lambda show: replace(show, surfaces=(Surface("wall", 5.0, 3.0),))),
}  # fmt: skip


def with_signal(show: Show, name: str, **more: object) -> Show:
    return replace(show, signals=tuple(
        replace(s, **more) if s.name == name else s for s in show.signals))  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize("what", KINDS)
def test_an_edit_is_of_a_kind(what: str) -> None:
    kind, edit = KINDS[what]
    show = day_of(sends("A", 5))
    assert compare(show, edit(show)) is kind


def test_an_edited_look_is_reached_within_300_ms_and_without_a_jump() -> None:
    story = EditedStory(small_show(open=scene("open", look={GLOW: 0.2, WARMTH: 1.0})))
    story.begin_day()
    story.wait(5)
    began_us = story.state.scene_us
    edited = with_scene(story.program.show, "open", look={GLOW: 0.8, WARMTH: 1.0})
    assert story.edit(edited) is Kind.VALUES
    levels = [story.parameter(GLOW)]
    for _ in range(16):
        story.wait(0.02)
        levels.append(story.parameter(GLOW))
    assert levels[0] == 0.2
    assert levels[-1] == 0.8
    assert max(b - a for a, b in pairwise(levels)) < 0.1
    assert story.at() == ("day", "open")
    assert story.state.scene_us == began_us
    assert story.parameter(WARMTH) == 1.0


@given(
    at_s=st.floats(0.0, 20.0),
    looks=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    cue_s=st.tuples(st.floats(0.5, 20.0), st.floats(0.5, 20.0)),
    faded=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    is_held=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whatever_values_are_edited_the_scene_goes_on_and_nothing_jumps_or_comes_twice(
    at_s: float, looks: tuple[float, float], cue_s: tuple[float, float],
    faded: tuple[float, float], is_held: bool,
) -> None:  # fmt: skip
    def show(i: int) -> Show:
        cue = sends("A", cue_s[i], actions=(Send("/A", ()), Fade(WARMTH, faded[i], SECOND)))
        return day_of(cue, sends("B", 10), look={GLOW: 0.1 + 0.9 * looks[i], WARMTH: 0.5})

    story = EditedStory(show(0))
    story.begin_day()
    story.wait(at_s)
    if is_held:
        story.command("hold")
    before, state = dict(story.said[-1].parameters), story.state
    story.edit(show(1))
    assert (story.state.act, story.state.scene) == (state.act, state.scene)
    assert (story.state.act_us, story.state.scene_us) == (state.act_us, state.scene_us)
    assert all(abs(story.parameter(p) - before[p]) < 0.12 for p in before)
    if is_held:
        story.wait(0.5)
        story.command("resume")
    story.wait(25)
    assert [m.address for m in story.messages if m.address == "/A"] == ["/A"]
    assert [m.address for m in story.messages if m.address == "/B"] == ["/B"]
    assert story.parameter(GLOW) == pytest.approx(0.1 + 0.9 * looks[1], abs=1e-4)
    assert story.parameter(WARMTH) == pytest.approx(faded[1], abs=1e-4)


def test_a_cue_to_come_follows_its_new_time() -> None:
    story = EditedStory(day_of(sends("A", 10)))
    story.begin_day()
    story.wait(2)
    story.edit(day_of(sends("A", 4)))
    story.wait(20)
    assert story.told("cue") == [("A", 4.0)]


def test_a_cue_whose_time_has_passed_is_due_now() -> None:
    story = EditedStory(day_of(sends("A", 10)))
    story.begin_day()
    story.wait(6)
    story.edit(day_of(sends("A", 4)))
    assert story.told("cue") == [("A", 6.0)]


def test_a_fired_cue_that_moves_behind_one_to_come_is_not_fired_again() -> None:
    story = EditedStory(day_of(sends("A", 5), sends("B", 10)))
    story.begin_day()
    story.wait(6)
    story.edit(day_of(sends("A", 8), sends("B", 7)))
    story.wait(20)
    assert story.told("cue") == [("A", 5.0), ("B", 7.0)]


def test_a_cue_may_be_moved_twice() -> None:
    story = EditedStory(day_of(sends("A", 5), sends("B", 10)))
    story.begin_day()
    story.wait(6)
    story.edit(day_of(sends("A", 30), sends("B", 20)))
    story.edit(day_of(sends("A", 40), sends("B", 12)))
    story.wait(40)
    assert story.told("cue") == [("A", 5.0), ("B", 12.0)]


def test_a_repeated_cue_takes_up_its_new_interval_and_its_new_number() -> None:
    story = EditedStory(day_of(sends("A", 1, every_us=5 * SECOND)))
    story.begin_day()
    story.wait(7)
    story.edit(day_of(sends("A", 1, every_us=2 * SECOND, times=4)))
    story.wait(20)
    assert story.told("cue") == [("A", 1.0), ("A", 6.0), ("A", 9.0), ("A", 11.0)]


def test_a_follower_that_waits_takes_its_new_wait() -> None:
    leader = sends("A", 1)

    def follower(wait_s: int) -> Cue:
        return sends("B", 0, at_us=None, follow="A", pre_wait_us=wait_s * SECOND)

    story = EditedStory(day_of(leader, follower(10)))
    story.begin_day()
    story.wait(3)
    story.edit(day_of(leader, follower(4)))
    story.wait(20)
    assert story.told("cue") == [("A", 1.0), ("B", 5.0)]


def test_what_a_fired_cue_moved_follows_the_cue_and_not_the_look() -> None:
    def show(look: float, cue: float) -> Show:
        return day_of(sends("A", 1, actions=(Fade(GLOW, cue),)), look={GLOW: look})

    story = EditedStory(show(0.2, 0.9))
    story.begin_day()
    story.wait(3)
    story.edit(show(0.3, 0.9))
    story.wait(1)
    assert story.parameter(GLOW) == 0.9
    story.edit(show(0.3, 0.6))
    story.wait(1)
    assert story.parameter(GLOW) == 0.6


def test_a_fade_on_its_way_goes_to_its_new_end_in_the_time_that_is_left() -> None:
    def show(end: float) -> Show:
        return day_of(sends("A", 1, actions=(Fade(GLOW, end, 4 * SECOND, "linear"),)))

    story = EditedStory(show(1.0))
    story.begin_day()
    story.wait(3)
    story.edit(show(0.6))
    story.wait(1)
    assert 0.5 < story.parameter(GLOW) < 0.6
    story.wait(1)
    assert story.parameter(GLOW) == 0.6


def test_an_edited_mapping_moves_its_parameter_softly_and_is_exact_afterwards() -> None:
    def show(high: float) -> Show:
        return day_of(mappings=(Map("near", WARMTH, to_high=high),))

    story = EditedStory(show(1.0))
    story.begin_day()
    story.wait(2)
    assert story.parameter(WARMTH) == 1.0
    levels = [story.parameter(WARMTH)]
    story.edit(show(0.2))
    levels.append(story.parameter(WARMTH))
    for _ in range(20):
        story.wait(0.02)
        levels.append(story.parameter(WARMTH))
    assert max(a - b for a, b in pairwise(levels)) < 0.25
    assert levels[-1] == 0.2
    story.edit(replace(show(0.2), title="Another"))
    story.sense(distance=4.0)
    assert story.parameter(WARMTH) == 0.0, "without a lag of its own it follows at once"


def test_a_signal_goes_on_with_its_new_option() -> None:
    show = small_show()
    story = EditedStory(show)
    story.begin_day()
    story.wait(2)
    assert story.state.values["fed"] == pytest.approx(0.1)
    story.edit(with_signal(show, "fed", options={"full": 10e6, "drain": 0.0}))
    story.wait(2)
    assert story.state.values["fed"] == pytest.approx(0.3)


def test_a_condition_that_is_true_as_soon_as_it_is_edited_is_no_edge() -> None:
    def show(more_than: float) -> Show:
        when = Compare("fed", ">", more_than)
        return day_of(sends("A", 0, at_us=None, when=when))

    story = EditedStory(show(0.9))
    story.begin_day()
    story.wait(4)
    story.edit(show(0.1))
    story.wait(2)
    assert story.told("cue") == []


def test_a_condition_edited_has_not_held_until_now() -> None:
    def show(more_than: float) -> Show:
        leave = Transition("late", Compare("fed", ">", more_than), for_us=5 * SECOND)
        return small_show(open=scene("open", transitions=(leave,)), late=scene("late"))

    story = EditedStory(show(0.05))
    story.begin_day()
    story.wait(4)
    story.edit(show(0.01))
    story.wait(4)
    assert story.at() == ("day", "open")
    story.wait(2)
    assert story.at() == ("day", "late")


def test_what_an_unknown_channel_counts_as_can_be_edited() -> None:
    def show(touch: float) -> Show:
        cue = sends("A", 0, at_us=None, when=Compare("touch", ">", 0.5))
        return day_of(cue, stand_ins={"touch": touch})

    story = EditedStory(show(0.0))
    story.begin_day()
    story.lose_node()
    story.edit(show(1.0))
    assert story.told("cue") == [("A", 0.0)]
    assert story.state.values["touched"] == 1.0


def test_nothing_of_a_new_structure_is_seen_before_the_scene_ends_and_all_of_it_after() -> None:
    story = EditedStory(two_scenes(sends("A", 1)))
    story.begin_day()
    story.wait(3)
    edited = with_scene(two_scenes(sends("A", 2), sends("B", 3)), "open", look={GLOW: 1.0})
    assert story.edit(edited) is Kind.STRUCTURE
    story.wait(6)
    assert story.parameter(GLOW) == 0.0
    assert story.told("reload") == []
    story.wait(10)
    assert story.told("reload") == [("structure", 10.0)]
    assert story.told("cue") == [("A", 12.0), ("B", 13.0)]


@given(at_s=st.floats(0.0, 9.9), a=st.floats(0.0, 9.0), b=st.floats(0.0, 9.0), look=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_from_the_scene_on_it_is_as_if_it_had_always_been_so(
    at_s: float, a: float, b: float, look: float
) -> None:
    new = with_scene(two_scenes(sends("A", a), sends("B", b)), "late", look={GLOW: look})
    always = EditedStory(new)
    always.begin_day()
    always.wait(20)
    story = EditedStory(two_scenes(sends("A", 1)))
    story.begin_day()
    story.wait(at_s)
    story.edit(new)
    story.wait(20 - story.now_us / SECOND)
    late = [e for e in story.events if e.scene == "late" and e.kind != "reload"]
    assert late == [e for e in always.events if e.scene == "late"]
    assert story.messages == always.messages
    assert story.parameter(GLOW) == always.parameter(GLOW)


def test_signals_that_are_the_same_go_on_and_others_begin_anew() -> None:
    show = two_scenes()
    kept = with_signal(show, "touched", reset="never")
    story = EditedStory(kept)
    story.begin_day()
    story.sense(touch=1.0)
    story.sense(touch=0.0)
    story.wait(5)
    fed = story.state.values["fed"]
    renamed = replace(kept, signals=(
        *kept.signals[:2],
        Signal("touched", "latch", ("near",), {}, "never"),
        Signal("again", "latch", ("touch",), {}, "never"),
    ))  # fmt: skip
    story.edit(renamed)
    story.sense(distance=4.0)
    story.wait(6)
    assert story.at() == ("day", "late")
    assert fed == pytest.approx(0.25)
    assert story.state.values["fed"] == pytest.approx(0.25), "its memory went on"
    assert story.state.values["touched"] == 0.0, "it reads another source: it began anew"
    assert story.state.values["again"] == 0.0


def test_a_channel_by_another_name_is_known_at_once() -> None:
    show = two_scenes()
    story = EditedStory(show)
    story.begin_day()
    near = replace(show.signals[0], of=("range",))
    story.edit(replace(show, patch={"range": ("post", 0), "touch": ("post", 1)},
                       signals=(near, *show.signals[1:])))  # fmt: skip
    story.wait(11)
    assert story.at() == ("day", "late")
    assert story.state.channels["range"] == 1.0
    assert story.state.values["near"] == 1.0
    assert "distance" not in story.state.channels


def test_a_scene_that_is_gone_plays_until_it_is_left() -> None:
    show = two_scenes(sends("A", 1))
    story = EditedStory(show)
    story.begin_day()
    story.wait(3)
    story.edit(with_day(show, start="late", scenes={"late": show.acts["day"].scenes["late"]}))
    story.wait(5)
    assert story.at() == ("day", "open")
    story.wait(4)
    assert story.at() == ("day", "late")
    assert story.told("cue") == [("A", 11.0)]


@pytest.mark.parametrize("gone", ["scene", "act"])
def test_where_the_goal_of_a_transition_is_gone_the_attract_act_begins(gone: str) -> None:
    show = two_scenes()
    story = EditedStory(show)
    story.begin_day()
    story.wait(3)
    day = show.acts["day"]
    if gone == "scene":
        edited = with_day(show, scenes={"open": day.scenes["open"], "other": scene("other")})
    else:
        edited = replace(show, acts={"dark": show.acts["dark"]})
    story.sense(distance=4.0)
    story.edit(edited)
    story.wait(8)
    assert story.at() == ("dark", "wait")


def test_an_interrupted_scene_goes_on_with_its_edited_cues() -> None:
    def show(b_s: float, *more: Cue) -> Show:
        first = scene("open", cues=(sends("A", 2), sends("B", b_s), *more), transitions=(
            Transition("break", after_us=4 * SECOND, limit=1),))  # fmt: skip
        pause = scene("break", transitions=(Transition("return", after_us=3 * SECOND),))
        return small_show(**{"open": first, "break": pause})

    story = EditedStory(show(9))
    story.begin_day()
    story.wait(5)
    assert story.at() == ("day", "break")
    story.edit(show(6))
    story.wait(12)
    assert story.told("cue") == [("A", 2.0), ("B", 9.0)]

    story = EditedStory(show(9))
    story.begin_day()
    story.wait(5)
    assert story.edit(show(6, sends("C", 7))) is Kind.STRUCTURE
    story.wait(12)
    assert story.told("cue") == [("A", 2.0), ("B", 9.0), ("C", 10.0)]


def test_how_often_a_transition_has_fired_is_known_by_what_it_is_not_by_its_place() -> None:
    again = Transition("late", after_us=4 * SECOND, limit=1)
    back = scene("late", transitions=(Transition("open", after_us=2 * SECOND),))

    def show(*first: Transition) -> Show:
        return small_show(open=scene("open", transitions=(*first, again)), late=back)

    story = EditedStory(show())
    story.begin_day()
    story.wait(5)
    story.edit(show(Transition("late", Compare("touched", ">", 0.5))))
    story.wait(20)
    assert story.at() == ("day", "open"), "its limit is reached, in the edited show as well"


def test_staff_can_go_to_a_scene_that_was_added() -> None:
    show = two_scenes()
    story = EditedStory(show)
    story.begin_day()
    story.wait(1)
    story.edit(with_day(show, scenes={**show.acts["day"].scenes, "new": scene("new")}))
    (reply,) = story.command("goto", "day/new").replies
    assert reply.done
    assert story.at() == ("day", "new")


def test_an_edit_taken_back_before_the_scene_ends_never_happened() -> None:
    show = two_scenes(sends("A", 1))
    story = EditedStory(show)
    story.begin_day()
    story.edit(two_scenes(sends("B", 1)))
    assert story.edit(replace(show)) is Kind.NOTHING
    story.wait(12)
    assert story.told("cue") == [("A", 11.0)]
    assert story.told("reload") == []


def test_a_refused_edit_changes_nothing() -> None:
    show = two_scenes(sends("A", 1))
    story = EditedStory(show)
    story.begin_day()
    program = story.program
    assert story.edit(replace(show, surfaces=())) is Kind.RESTART
    assert story.program is program


VARIANTS = [
    two_scenes(sends("A", 1), sends("B", 2, every_us=SECOND)),
    two_scenes(sends("B", 3)),
    day_of(sends("A", 1), look={GLOW: 0.7}),
    day_of(sends("A", 3), mappings=(Map("near", GLOW),)),
    small_show(break_=scene("break_", transitions=(Transition("return", after_us=SECOND),))),
    replace(small_show(), signals=small_show().signals[:1]),
    replace(small_show(), stems=(), outputs={}),
]


@given(st.lists(st.tuples(st.sampled_from(VARIANTS), st.floats(0.0, 15.0), st.booleans()),
                min_size=1, max_size=6))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_edit_at_any_moment_is_survived_and_told_twice_is_the_same(
    edits: list[tuple[Show, float, bool]],
) -> None:
    def tell() -> EditedStory:
        story = EditedStory(VARIANTS[0])
        for show, seconds, is_near in edits:
            story.sense(distance=1.0 if is_near else 4.0)
            story.wait(seconds)
            frozen = repr(story.state)
            before = story.state
            story.edit(show)
            assert repr(before) == frozen, "a State is a value"
            story.command("go")
        story.wait(80)
        return story

    story = tell()
    assert story.state.act in story.program.show.acts
    assert story.state.levels.keys() == story.program.rest.keys()
    assert story.said == tell().said


def test_an_edit_before_the_first_moment_is_played_from_the_start() -> None:
    story = EditedStory(small_show())
    fresh = EditedStory(with_scene(small_show(), "open", look={GLOW: 0.5}))
    story.edit(with_scene(small_show(), "open", look={GLOW: 0.5}))
    for one in (story, fresh):
        one.begin_day()
        one.wait(3)
    assert story.parameter(GLOW) == fresh.parameter(GLOW) == 0.5


def test_transitions_that_change_places_keep_what_they_have_done() -> None:
    first = Transition("there", Compare("touch", ">", 0.5), limit=1)
    second = Transition("there", Compare("distance", "<", 0.5), limit=1)
    show = small_show(
        open=scene("open", transitions=(first, second)),
        there=scene("there", transitions=(Transition("open", after_us=SECOND),)),
    )
    story = EditedStory(show)
    story.begin_day()
    story.wait(1)
    story.sense(touch=1.0)
    story.sense(touch=0.0)
    story.wait(2)
    assert story.at() == ("day", "open")
    assert story.edit(with_scene(show, "open", transitions=(second, first))) is Kind.VALUES
    story.sense(distance=0.4)
    assert story.at() == ("day", "there"), "the one that has never fired may"


def test_an_edit_of_structure_while_a_mapping_still_moves_softly_leaves_it_quick() -> None:
    follows = Map("distance", "layer.glow.opacity", 0.0, 4.0, 0.0, 1.0)
    show = small_show(open=scene("open", mappings=(follows,)))
    edit = with_scene(show, "open", mappings=(replace(follows, to_high=0.5),))
    story = EditedStory(show)
    story.begin_day()
    story.wait(1)
    assert story.edit(edit) is Kind.VALUES
    story.wait(0.1)
    days = edit.acts["day"].scenes
    assert story.edit(with_day(edit, scenes={**days, "more": scene("more")})) is Kind.STRUCTURE
    story.wait(1)
    story.sense(distance=0.0)
    assert story.parameter("layer.glow.opacity") == 0.0
