"""The piece itself, scene by scene: what visitors do, and what its own show files answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge.sample import Sample
from installation.core.advance import advance, begin
from installation.core.inputs import Command, Inputs
from installation.core.outputs import Event, Outputs
from installation.showfile.load import load
from installation.showfile.model import Show

SECOND = 1_000_000
QUIET = {"voice_west": 45.0, "voice_east": 45.0}
FAR_M = 5.0


@pytest.fixture(scope="module")
def show() -> Show:
    return load(Path(__file__).resolve().parents[2] / "shows" / "resonance")


class Room:
    """The real show, from the first scene of an act on; sensors change only when told."""

    def __init__(self, show: Show, act: str, scene: str) -> None:
        self._show = show
        self._values = {
            name: QUIET.get(name, FAR_M if node in {"plinth", "heap"} else 0.0)
            for name, (node, _) in show.patch.items()
        }
        for name in self._values:
            if name == "weight" or name.startswith("touch"):
                self._values[name] = 0.0
        self.program, self.state = begin(show, 1, 0)
        self.now_us, self._speak_us = 0, SECOND
        self.events: list[Event] = []
        self.said: Outputs = self._tell(Inputs(0, self._samples()))
        self._tell(Inputs(0, commands=(Command("c", "goto", f"{act}/{scene}"),)))

    @property
    def scene(self) -> str:
        return self.state.scene

    def feel(self, **values: float) -> Room:
        """Sensors say something new, by their names in the patch."""
        assert values.keys() <= self._values.keys()
        self._values |= values
        self._tell(Inputs(self.now_us, self._samples()))
        return self

    def wait(self, seconds: float) -> Room:
        end_us = self.now_us + round(seconds * SECOND)
        while self.now_us < end_us:
            wake_us = max(self.now_us + 1, min(self.said.wake_us, self._speak_us))
            self.now_us = min(end_us, wake_us)
            samples: tuple[Sample, ...] = ()
            if self.now_us >= self._speak_us:
                self._speak_us += SECOND
                samples = self._samples()
            self._tell(Inputs(self.now_us, samples))
        return self

    def until(self, scene: str, most_s: float) -> Room:
        for _ in range(round(most_s * 2)):
            if self.scene == scene:
                return self
            self.wait(0.5)
        raise AssertionError(f"{scene} did not come within {most_s} s, but {self.scene}")

    def touch(self, *fragments: int) -> Room:
        for i in fragments:
            self.feel(**{f"touch_{i}": 1.0}).wait(0.3).feel(**{f"touch_{i}": 0.0}).wait(0.3)
        return self

    def level(self, name: str) -> float:
        return self.said.parameters[name]

    def signal(self, name: str) -> float:
        value = self.state.values[name]
        assert value is not None
        return value

    def cues(self, *names: str) -> list[str]:
        return [e.name for e in self.events if e.kind == "cue" and e.name in names]

    def tally(self, scene: str) -> str:
        """Who caused the last way into `scene`."""
        return [e for e in self.events if e.kind == "transition" and e.name == scene][-1].tally

    def _tell(self, inputs: Inputs) -> Outputs:
        self.state, self.said = advance(self.program, self.state, inputs)
        self.events += self.said.events
        return self.said

    def _samples(self) -> tuple[Sample, ...]:
        names = {place: name for name, place in self._show.patch.items()}
        return tuple(
            Sample(node.name, self.now_us, tuple(
                self._values.get(names.get((node.name, i), ""), 0.0)
                for i in range(len(node.channels))))
            for node in self._show.nodes.values()
        )  # fmt: skip


def test_who_lingers_at_the_plinth_hears_the_doubt_and_it_is_theirs(show: Show) -> None:
    room = Room(show, "two_cities", "divided").feel(weight=6.0).until("doubt", 10)
    room.until("divided", 15)
    assert room.tally("doubt") == "visitors"
    ends = [e for e in room.events if e.kind == "transition" and e.name == "return"]
    assert ends[-1].tally == "visitors"


def test_each_fragment_throws_its_own_shard(show: Show) -> None:
    room = Room(show, "whispers", "gathering").touch(5).wait(2)
    thrown = [room.level(f"layer.zones.shard_{i}") for i in range(1, 7)]
    assert [round(x, 1) for x in thrown] == [0, 0, 0, 0, 1, 0]


def test_laying_lays_only_what_is_missing_one_every_three_seconds(show: Show) -> None:
    room = Room(show, "whispers", "laying").touch(1, 2, 4)
    entered_us = room.state.scene_us
    room.until("curated", 30)
    laid = {
        e.name: e.t_us - entered_us for e in room.events if e.name in {f"L{i}" for i in range(1, 7)}
    }
    assert list(laid) == ["L3", "L5", "L6"]
    assert [round(t / SECOND) for t in laid.values()] == [3, 6, 9]
    assert room.now_us - entered_us < 16 * SECOND
    assert room.tally("act infiltration") == "nobody"


def test_the_material_glows_falters_once_and_fails(show: Show) -> None:
    room = Room(show, "whispers", "gathering").wait(10).feel(pressure_2=6.0).until("setback", 3)
    room.feel(pressure_2=0.0)
    lights = []
    while room.scene == "setback":
        room.wait(0.1)
        lights.append(room.level("output.membrane_1"))
    assert max(lights[:25]) > 0.85
    assert lights[-3] < 0.05
    turns = sum(
        (b - a) * (c - b) < 0 for a, b, c in zip(lights, lights[1:], lights[2:], strict=False)
    )
    assert turns <= 3


def test_the_material_must_mend_before_it_fails_again(show: Show) -> None:
    room = Room(show, "whispers", "gathering").wait(10).feel(pressure_2=6.0).until("setback", 3)
    room.feel(pressure_2=0.0).until("gathering", 9)
    room.feel(pressure_2=6.0).wait(4)
    assert room.scene == "gathering"
    room.feel(pressure_2=0.0).wait(15).feel(pressure_2=6.0).until("setback", 3)
    room.feel(pressure_2=0.0).until("gathering", 9).wait(25).feel(pressure_2=6.0).wait(5)
    assert room.scene == "gathering"


def test_the_curated_exhibition_answers_with_a_sheen_only(show: Show) -> None:
    room = Room(show, "infiltration", "curated").wait(5)
    before = room.level("layer.curated.splendour")
    room.feel(zones_north=1.0).wait(0.1)
    assert 0 < room.level("layer.curated.splendour") - before < 0.1


@pytest.mark.parametrize(
    ("sensor", "door"),
    [(f"{wall}_{at}", f"{side}_{at}") for wall, side in (("gardens", "west"), ("zones", "east"))
     for at in ("south", "middle", "north")],
)  # fmt: skip
def test_everyone_near_a_wall_is_a_door(show: Show, sensor: str, door: str) -> None:
    room = Room(show, "infiltration", "infiltration").feel(**{sensor: 0.8}).wait(0.1)
    assert room.level(f"layer.breach.{door}") > 0.3


def test_six_touches_of_one_fragment_carry_it_all_the_way(show: Show) -> None:
    room = Room(show, "infiltration", "infiltration").touch(2, 2, 2, 2, 2).wait(30)
    assert "E2" not in room.cues("E2")
    assert room.level("layer.breach.amount") < 0.9
    room.touch(2).wait(5)
    assert room.level("layer.breach.amount") > 0.95
    room.until("disdain", 16)
    assert room.tally("disdain") == "visitors"


def test_with_nobody_it_carries_itself(show: Show) -> None:
    room = Room(show, "infiltration", "infiltration").wait(58)
    assert room.level("layer.breach.amount") > 0.9
    room.until("disdain", 3)
    assert room.tally("disdain") == "nobody"


def test_the_picture_shrinks_back_from_whoever_comes_close(show: Show) -> None:
    room = Room(show, "infiltration", "disdain").wait(4)
    alone = room.level("layer.curated.recoil")
    room.feel(gardens_north=0.8).wait(0.1)
    assert room.level("layer.curated.recoil") > alone + 0.1
    room.wait(2)
    assert room.level("layer.curated.recoil") > 0.85


def test_warm_light_falls_when_someone_steps_up(show: Show) -> None:
    room = Room(show, "infiltration", "advocacy").wait(8)
    assert room.level("layer.breach.glow") == room.level("stem.warm") == 0
    room.feel(weight=5.0).wait(12)
    assert room.level("layer.breach.glow") > 0.8
    assert room.level("output.ring") == 1
    room.until("debate", 24)
    assert room.tally("debate") == "visitors"


def test_elysia_steps_forward_herself_when_nobody_does(show: Show) -> None:
    room = Room(show, "infiltration", "advocacy").until("debate", 45)
    assert room.cues("V1", "V3") == ["V3"]
    assert room.tally("debate") == "nobody"
    assert room.now_us <= 42 * SECOND


def speak(room: Room, west: float, east: float, seconds: float) -> Room:
    return room.feel(voice_west=west, voice_east=east).wait(seconds)


def test_one_side_shouting_alone_splits_harder_and_stalls(show: Show) -> None:
    room = Room(show, "infiltration", "debate").wait(3)
    before = room.level("layer.curated.split")
    speak(room, 88, 45, 12)
    assert room.level("layer.curated.split") > before + 0.3
    assert room.signal("drive") == 0


def test_two_voices_in_turn_drive_it_on(show: Show) -> None:
    room = Room(show, "infiltration", "debate")
    for _ in range(8):
        speak(room, 78, 45, 4)
        speak(room, 45, 78, 4)
    assert room.signal("drive") > 0.9
    assert room.level("layer.curated.split") < 0.2
    speak(room, 78, 78, 20)
    assert (room.scene, room.tally("unveiling")) == ("unveiling", "visitors")


def test_silence_counts_as_listening_after_twenty_seconds(show: Show) -> None:
    room = Room(show, "infiltration", "debate").wait(19)
    assert room.signal("drive") == 0
    room.wait(40)
    assert 0.1 < room.signal("drive") < 0.3
    room.until("unveiling", 35)
    assert room.tally("unveiling") == "nobody"


def test_the_membrane_lights_waits_and_a_press_sends_light_through_everything(show: Show) -> None:
    room = Room(show, "infiltration", "unveiling").wait(12)
    assert room.level("output.membrane_1") > 0.35
    assert room.level("layer.breach.unveil") == 0
    room.feel(pressure_3=5.0).wait(4).feel(pressure_3=0.0)
    assert room.level("layer.breach.unveil") == 1
    assert room.level("output.membrane_1") == 1
    room.until("awakening", 25)
    assert room.tally("awakening") == "visitors"


def test_with_nobody_the_membrane_unveils_itself(show: Show) -> None:
    room = Room(show, "infiltration", "unveiling").until("awakening", 40)
    assert room.cues("U2", "U3") == ["U3"]
    assert room.tally("awakening") == "nobody"


def make_a_work(room: Room, fragment: int) -> Room:
    room.feel(**{f"touch_{fragment}": 1.0}, pressure_1=5.0).wait(1)
    return room.feel(**{f"touch_{fragment}": 0.0}, pressure_1=0.0).wait(7)


def test_every_work_is_answered_in_whatever_scene_and_set_into_the_frieze(show: Show) -> None:
    room = Room(show, "workshops", "barrier")
    make_a_work(make_a_work(room, 1), 2)
    room.feel(gardens_south=1.0, gardens_middle=1.0, gardens_north=1.0,
              zones_south=1.0, zones_middle=1.0, zones_north=1.0).until("platform", 40)  # fmt: skip
    for fragment in (3, 4, 5, 6):
        make_a_work(room, fragment)
    assert room.cues(*(f"F{i}" for i in range(1, 6))) == ["F1", "F2", "F3", "F4", "F5"]
    assert all(room.level(f"layer.frieze.grow_{i}") > 0.9 for i in range(1, 6))
    assert len({room.level(f"layer.frieze.work_{i}") for i in range(1, 6)}) == 5


def test_which_fragments_were_touched_makes_the_work(show: Show) -> None:
    seeds = {make_a_work(Room(show, "workshops", "barrier"), i).level("layer.frieze.work_1")
             for i in range(1, 7)}  # fmt: skip
    assert len(seeds) == 6


def test_works_are_made_in_the_workshops_only(show: Show) -> None:
    assert make_a_work(Room(show, "whispers", "gathering"), 1).signal("works") == 0


def test_the_wall_that_nobody_opens_yields_and_the_platform_is_shown(show: Show) -> None:
    room = Room(show, "workshops", "yielding")
    room.until("platform", 30)
    assert room.signal("opened") == 3
    began_us = room.now_us
    assert room.cues("Y1", "Y2", "Y3") == ["Y1", "Y2", "Y3"]
    room.wait(15)
    assert room.scene == "platform"
    assert began_us < 26 * SECOND


def test_one_alone_is_not_unison(show: Show) -> None:
    room = Room(show, "resonance", "resonance").feel(zones_middle=1.0).wait(30)
    assert room.signal("order") > 0.99
    alone = room.level("layer.resonance.order_r")
    assert alone < 0.5
    room.feel(gardens_north=1.0, pressure_1=5.0).wait(20)
    assert room.level("layer.resonance.order_r") > 2 * alone


def test_together_they_reach_unison_but_not_before_it_was_a_festival(show: Show) -> None:
    room = Room(show, "resonance", "resonance").feel(zones_middle=1.0, gardens_north=1.0)
    room.until("unison", 150)
    assert room.now_us > 130 * SECOND
    assert room.tally("unison") == "visitors"


def test_a_hand_on_the_membrane_is_an_oscillator_too(show: Show) -> None:
    assert Room(show, "resonance", "resonance").feel(pressure_4=5.0).wait(1).signal("order") > 0.9


def test_the_works_fill_the_walls_one_after_the_other_then_dark(show: Show) -> None:
    room = Room(show, "resonance", "afterglow").wait(4)
    light = [room.level("layer.frieze.light")]
    for _ in range(2):
        light.append(room.wait(6.5).level("layer.frieze.light"))
    assert light == [0.5, 0.75, 1.0]
    assert room.wait(12).level("layer.frieze.opacity") == 0
    assert room.until("breathing", 3).state.act == "rumour"


@pytest.mark.parametrize(
    ("act", "scene"),
    [(act, scene) for act, scenes in {
        "two_cities": ("divided", "doubt"), "whispers": ("gathering", "laying"),
        "infiltration": ("curated", "infiltration", "disdain", "awakening"),
        "workshops": ("barrier", "platform", "yielding"),
        "resonance": ("overture", "resonance", "unison", "afterglow"),
    }.items() for scene in scenes],
)  # fmt: skip
def test_the_walls_answer_a_step_within_a_tenth_of_a_second(
    show: Show, act: str, scene: str
) -> None:
    walked, still = (Room(show, act, scene).wait(1.5) for _ in range(2))
    walked.feel(zones_middle=1.2).wait(0.09)
    still.wait(0.09)
    changed = {
        name for name, value in walked.said.parameters.items()
        if name.startswith("layer.") and abs(value - still.level(name)) > 0.005
    }  # fmt: skip
    shown = {
        name.split(".")[1] for name, value in walked.said.parameters.items()
        if name.endswith(".opacity") and value > 0.05
    }  # fmt: skip
    assert {name.split(".")[1] for name in changed} & shown
