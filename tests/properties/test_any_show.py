"""Any show that the checker passes plays: it never raises, never stalls, and is repeatable."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from installation.core.play import CASCADE
from installation.showfile.acts import GOTO_WORDS, RECOVERIES
from installation.showfile.cues import CURVES, DOES, TIMINGS
from installation.showfile.signals import RESETS
from tests.properties.again import digests
from tests.properties.evenings import SECOND, Evening, evenings, played, stalls, through
from tests.properties.shows import GARDEN, HEAD, Drawn, shows

FEW = settings(
    max_examples=40, derandomize=True, database=None, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
# The kinds of signals are not among them: they are drawn from the loader's own table.
WORDS = {
    *TIMINGS, *DOES, *CURVES, *RECOVERIES, *GOTO_WORDS, *(set(RESETS) - {"never"}),
    "pre_wait", "post_wait", "continue", "every", "times", "fade", "fade_in", "for", "fade_out",
    "curve_out", "after", "limit", "tally", "faults", "take", "limits", "mappings", "lag", "next",
    "not", "unknown", "scene_s", "act_s", "osc", "recovery",
}  # fmt: skip


def test_any_show_plays_to_its_end_and_again_in_another_process(tmp_path: Path) -> None:
    heard: dict[str, tuple[Evening, str]] = {}

    @FEW
    @given(evenings)
    def any_evening(evening: Evening) -> None:
        heard[repr(evening)] = evening, through(evening)

    any_evening()
    again = digests([evening for evening, _ in heard.values()], tmp_path, hash_seed=4242)
    other = [told for (told, (_, digest)), now in zip(heard.items(), again, strict=True)
             if digest != now]  # fmt: skip
    assert len(heard) > 20
    assert not other, min(other, key=len)


def test_what_is_drawn_has_every_word_of_the_language() -> None:
    written: list[str] = []

    @settings(FEW, max_examples=100, phases=[Phase.generate])
    @given(shows())
    def any_show(show: Drawn) -> None:
        written.append(repr(show))

    any_show()
    seen = set(re.findall(r"\w+", " ".join(written)))
    assert WORDS - seen == set()


def small(ways: str, cues: str = "") -> Drawn:
    """Two scenes, the second with these transitions and cues."""
    scenes = "  s0:\n    transitions: [{after: 1s, goto: s1}]\n  s1:\n"
    scenes += f"    transitions: [{ways}]\n    cues: [{cues}]\n"
    return Drawn({
        "show.yaml": HEAD.format(first="act0", acts="act0"), "visuals/garden.fs": GARDEN,
        "sounds/choir.wav": "", "sounds/bell.wav": "",
        "acts/act0.yaml": f"act: act0\ntitle: Small\nstart: s0\nscenes:\n{scenes}",
    })  # fmt: skip


def test_a_scene_that_nothing_ends_counts_as_stalled() -> None:
    second = [{"wait_ms": 3_000}]
    assert stalls(played(small("{after: 8s, goto: s0}").files, second)) == ""
    assert "act0/s1 is still on" in stalls(played(small("").files, second))
    assert "act0/s1 is still on" in stalls(played(small("{after: 1m, goto: s0}").files, second))


@pytest.mark.parametrize(("at", "moments"), [("0s", 50), ("10ms", 100)])
def test_a_loop_without_time_goes_on_a_frame_later_and_not_at_once(at: str, moments: int) -> None:
    drawn = small('{when: "scene_s >= 0s", goto: s1}', f"{{cue: C0, at: {at}, osc: [/a]}}")
    stage = played(drawn.files, [{"wait_ms": 1_100}])
    stage.events.clear()
    stage.wait(SECOND)
    assert (moments - 10) * CASCADE < len(stage.scenes) <= (moments + 1) * CASCADE


def test_a_digest_tells_evenings_apart_and_is_the_same_in_another_process(tmp_path: Path) -> None:
    evening = Evening(small("{after: 3s, goto: s0}"), ())
    longer = replace(evening, steps=({"wait_ms": 700},))
    here = [through(one) for one in (evening, longer)]
    assert here[0] != here[1]
    assert digests([evening, longer], tmp_path, hash_seed=7) == here


def test_an_evening_prints_as_the_yaml_that_it_is_and_what_happened() -> None:
    said = repr(Evening(small("{after: 3s, goto: s0}"), ({"staff": "go"},)))
    assert "transitions: [{after: 3s, goto: s0}]" in said
    assert "- {'staff': 'go'}" in said
    assert "gl_FragColor" not in said
