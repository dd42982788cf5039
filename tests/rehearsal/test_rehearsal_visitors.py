"""Visitors cause what the piece answers, and cause the same again from the same seed."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from installation.rehearsal.behaviours import BEHAVIOURS
from installation.rehearsal.crowds import CROWDS
from installation.rehearsal.sensors import Readings
from installation.rehearsal.world import World

STEP_US = 50_000
EMPTY = 4.0


def evening(crowd: str, seed: int, act: str, scene: str, seconds: float,
            ) -> Iterator[tuple[float, Readings]]:  # fmt: skip
    world = World(crowd, seed)
    for n in range(int(seconds * 20)):
        yield n * STEP_US / 1e6, world.step(n * STEP_US, act, scene)


def longest_s(true: list[bool]) -> float:
    best = run = 0
    for now in true:
        run = run + 1 if now else 0
        best = max(best, run)
    return best * STEP_US / 1e6


@pytest.mark.parametrize("crowd", sorted(CROWDS))
def test_the_same_crowd_and_seed_give_the_same_evening(crowd: str) -> None:
    assert list(evening(crowd, 3, "whispers", "gathering", 60)) == list(
        evening(crowd, 3, "whispers", "gathering", 60)
    )


def test_another_seed_gives_another_evening() -> None:
    assert list(evening("one", 1, "whispers", "gathering", 30)) != list(
        evening("one", 2, "whispers", "gathering", 30)
    )


def test_an_empty_room_reads_as_empty() -> None:
    for _, seen in evening("nobody", 1, "rumour", "breathing", 30):
        assert seen["plinth"][:3] == seen["heap"][:3] == (EMPTY,) * 3
        assert seen["heap"][3:] == (0.0,) * 6
        assert seen["plinth"][3] < 0.1
        assert max(seen["assembly"][:2]) < 47.0
        assert seen["assembly"][2:] == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("seed", range(6))
def test_an_onlooker_is_seen_by_the_door_alone_and_at_least_once_a_minute(seed: int) -> None:
    unseen_s = noticed_s = 0.0
    for t_s, seen in evening("onlooker", seed, "infiltration", "debate", 900):
        assert seen["plinth"][:3] == seen["heap"][:3] == (EMPTY,) * 3
        assert max(seen["assembly"][:2]) < 47.0
        assert not any(seen["heap"][3:])
        noticed_s = t_s if seen["assembly"][4] else noticed_s
        unseen_s = max(unseen_s, t_s - noticed_s)
    assert unseen_s < 60.0


@pytest.mark.parametrize("seed", range(4))
def test_on_opening_night_all_six_fragments_are_touched_within_two_minutes(seed: int) -> None:
    touched = [0.0] * 6
    for _, seen in evening("opening-night", seed, "whispers", "gathering", 120):
        touched = [max(pair) for pair in zip(touched, seen["heap"][3:], strict=True)]
    assert touched == [1.0] * 6


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("crowd", ["couple", "opening-night"])
def test_people_stand_opposite_each_other_at_all_three_heights(crowd: str, seed: int) -> None:
    seen = [s for _, s in evening(crowd, seed, "workshops", "barrier", 290)]
    for height in range(3):
        pair = [s["plinth"][height] < 1.4 and s["heap"][height] < 1.4 for s in seen]
        assert longest_s(pair) >= 4.0


@pytest.mark.parametrize("seed", range(4))
def test_both_posts_are_spoken_at_in_the_debate(seed: int) -> None:
    seen = [s["assembly"] for _, s in evening("opening-night", seed, "infiltration", "debate", 90)]
    for post in range(2):
        assert sum(s[post] > 72.0 for s in seen) * 0.05 > 8.0
        assert seen[-1][2 + post] >= 1.0


@pytest.mark.parametrize("seed", range(4))
def test_a_voice_at_one_post_is_faint_at_the_other(seed: int) -> None:
    seen = [s["assembly"] for _, s in evening("one", seed, "infiltration", "debate", 90)]
    west = [s for s in seen if s[0] > 75.0]
    assert all(s[1] < s[0] - 8.0 for s in west)
    assert max(max(s[:2]) for s in seen) > 75.0


@pytest.mark.parametrize("seed", range(4))
def test_someone_steps_up_to_the_plinth_when_elysia_needs_it(seed: int) -> None:
    world = World("opening-night", seed)
    for n in range(90 * 20):
        world.step(n * STEP_US, "infiltration", "disdain")
    weights = [world.step(n * STEP_US, "infiltration", "advocacy")["plinth"][3]
               for n in range(90 * 20, 120 * 20)]  # fmt: skip
    assert max(weights) > 3.0


@pytest.mark.parametrize("seed", range(4))
def test_touch_and_pressure_come_together_in_the_workshops(seed: int) -> None:
    seen = [s for _, s in evening("opening-night", seed, "workshops", "platform", 120)]
    both = [any(s["heap"][3:]) and max(s["membrane"][:4]) > 3.0 for s in seen]
    assert sum(both) * 0.05 > 5.0


def test_the_room_stays_busy_on_opening_night_and_people_come_and_go() -> None:
    world = World("opening-night", 5)
    for n in range(1800 * 20):
        world.step(n * STEP_US, "resonance", "resonance")
        if n * STEP_US > 60_000_000 and n % 200 == 0:
            assert 5 <= len(world.people) <= 16
    assert world.numbered > 16


def test_a_step_costs_little() -> None:
    world = World("opening-night", 1)
    for n in range(1200):
        world.step(n * STEP_US, "whispers", "gathering")
    begun_s = time.process_time()
    for n in range(1200, 2400):
        world.step(n * STEP_US, "whispers", "gathering")
    assert (time.process_time() - begun_s) / 1200 < 450e-6  # three times what it should be


@pytest.mark.parametrize("name", sorted(BEHAVIOURS))
def test_every_behaviour_names_its_own_errands_and_stays_in_the_room(name: str) -> None:
    from installation.rehearsal.dice import Dice
    from installation.rehearsal.errand import Now

    dice = Dice(1, name)
    for _ in range(50):
        errand = BEHAVIOURS[name].errand(dice, Now("whispers", "gathering"))
        assert errand is not None
        assert errand.behaviour == name
        assert 0.3 <= errand.x <= 8.7
        assert 0.3 <= errand.y <= 5.7
        assert errand.dwell_s > 0.0
