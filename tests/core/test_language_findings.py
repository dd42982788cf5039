"""What a review found amiss in the language, each as a story or as what the checker says."""

from __future__ import annotations

from pathlib import Path

import pytest

from installation.showfile.check import check
from tests.core.written import cues, loaded, story, written

EACH = "open: {}"


def mistakes(directory: Path, scenes: str = EACH, **more: str) -> list[str]:
    """What the checker says of such a show."""
    return [mistake.message for mistake in check(written(directory, scenes, **more))]


def test_post_wait_does_not_lengthen_the_time_that_its_own_cue_stays(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues: [{cue: a, at: 1s, light: {lamp: 1}, for: 2s, post_wait: 5s}]
    """)  # fmt: skip
    told.wait(10)
    assert cues(told) == [(1, "a"), (3, "a/out")]


def test_post_wait_does_not_delay_its_own_group(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - cue: g
              at: 1s
              post_wait: 5s
              continue: true
              group: [{cue: a, play: bell}, {cue: b, at: 1s, play: bell, post_wait: 1s},
                      {cue: c, follow: b, play: bell}]
            - {cue: after, play: bell}
    """)  # fmt: skip
    told.wait(10)
    assert cues(told) == [(1, "g"), (1, "g/a"), (2, "g/b"), (3, "g/c"), (6, "after")]


def test_cues_that_hold_in_all_scenes_may_stay_and_have_groups(tmp_path: Path) -> None:
    told = story(tmp_path, EACH, act="""
        cues:
          - {cue: a, when: touch, light: {lamp: 1}, for: 2s}
          - {cue: b, when: near, group: [{cue: c, at: 1s, play: bell}]}
    """)  # fmt: skip
    told.sense(touch=1, distance=1)
    told.wait(3)
    assert cues(told) == [(0, "a"), (0, "b"), (1, "b/c"), (2, "a/out")]


@pytest.mark.parametrize("where", ["act", "show"])
def test_a_cue_without_a_condition_cannot_hold_in_all_scenes(tmp_path: Path, where: str) -> None:
    told = "cues: [{cue: a, when: touch, light: {lamp: 1}, for: 2s}, {cue: b, at: 1s, play: bell}]"
    found = mistakes(tmp_path, **{where: told})
    assert found == ["cue 'b' belongs to a scene: only cues with when hold in all"]


def test_a_scene_that_has_a_shared_cue_itself_has_nothing_else_of_it(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: a, when: touch, play: bell}
            - {cue: g, when: touch, play: bell, group: [{cue: mine, at: 1s, play: bell}]}
    """, act="""
        cues:
          - {cue: a, when: near, light: {lamp: 1}, for: 2s}
          - {cue: g, when: near, group: [{cue: theirs, at: 1s, play: bell}]}
          - {cue: gong, when: near, play: bell}
    """)  # fmt: skip
    told.sense(touch=1, distance=1)
    told.wait(5)
    assert cues(told) == [(0, "a"), (0, "g"), (0, "gong"), (1, "g/mine")]


def test_an_acts_cue_takes_the_place_of_all_of_the_shows(tmp_path: Path) -> None:
    show = loaded(
        tmp_path,
        EACH,
        act="cues: [{cue: a, when: touch, play: bell}]",
        show="cues: [{cue: a, when: touch, light: {lamp: 1}, for: 2s}]",
    )
    assert [cue.name for cue in show.acts["day"].scenes["open"].cues] == ["a"]
    assert [cue.name for cue in show.acts["night"].scenes["dark"].cues] == ["a", "a/out"]


def test_a_misspelt_cue_of_a_group_is_looked_for_in_the_group(tmp_path: Path) -> None:
    found = mistakes(tmp_path, """
        open:
          cues:
            - {cue: alfalfa, at: 1s, play: bell}
            - {cue: G, at: 1s, group: [{cue: alpha, play: bell, for: 1s, light: {lamp: 1}},
               {cue: b, follow: alfa, play: bell}]}
    """)  # fmt: skip
    assert found == ["unknown cue 'alfa' – did you mean 'alpha'?"]


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("{presense: touch, above: 0.5}",
         "unknown condition 'presense' – did you mean 'presence'?"),
        ("{above: 0.5, presense: touch}",
         "unknown condition 'presense' – did you mean 'presence'?"),
        ("{any: [touch], not: near}",
         "a condition has one of all, any, not, unknown, or is a signal"),
        ("{for: 1s, above: 0.5}",
         "a condition has one of all, any, not, unknown, or is a signal"),
    ],
)  # fmt: skip
def test_a_misspelt_kind_of_signal_in_a_condition_has_its_nearest_word(
    tmp_path: Path, condition: str, says: str
) -> None:
    scenes = f"open: {{cues: [{{cue: a, when: {condition}, play: bell}}]}}"
    assert mistakes(tmp_path, scenes) == [says]


def test_a_misspelt_kind_of_signal_is_found_behind_its_options(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, signals="it: {above: 0.5, presense: touch}")
    assert found == "unknown kind of signal 'it' 'presense' – did you mean 'presence'?"


@pytest.mark.parametrize(
    ("osc", "says"),
    [
        ("[foo, 1]", "'foo' is no OSC address: it begins with /, as in /curated"),
        ("foo", "'foo' is no OSC address: it begins with /, as in /curated"),
        ("[[/a, 1], [b, 2]]", "'b' is no OSC address: it begins with /, as in /curated"),
        ("[/a b, 1]", "'/a b' is no OSC address: after each / comes a name without blanks "
                      "and # * , ? [ ] { }"),
        ("['/a//b']", "'/a//b' is no OSC address: after each / comes a name without blanks "
                      "and # * , ? [ ] { }"),
        ("[]", "osc must be [/address, values...], not an empty list"),
        ("{/a: 1}", "osc must be [/address, values...], not a mapping"),
        ("[{/a: 1}, 2]", "osc must be [/address, values...]: a mapping is no address"),
    ],
)  # fmt: skip
def test_a_wrong_osc_address_is_named(tmp_path: Path, osc: str, says: str) -> None:
    scenes = f"open: {{cues: [{{cue: a, at: 1s, osc: {osc}}}]}}"
    assert mistakes(tmp_path, scenes) == [says]


def test_two_signals_that_differ_in_a_late_digit_are_two(tmp_path: Path) -> None:
    told = story(tmp_path, """
        open:
          cues:
            - {cue: a, when: {presence: distance, below: 1.0000001m}, play: bell}
            - {cue: b, when: {presence: distance, below: 1.0000002m}, play: bell}
            - {cue: c, when: {presence: touch, above: 0.5, for: 1000001us}, play: bell}
            - {cue: d, when: {presence: touch, above: 0.5, for: 1s}, play: bell}
    """)  # fmt: skip
    told.sense(distance=1.00000015, touch=1)
    told.wait(2)
    assert cues(told) == [(0, "b"), (1, "d"), (1.000001, "c")]
