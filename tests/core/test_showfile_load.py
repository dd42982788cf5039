"""A show file becomes a Show, or says everything that is wrong with it."""

from __future__ import annotations

import random
from pathlib import Path
from pkgutil import iter_modules

import pytest

from installation.core import signals as core_signals
from installation.core.advance import advance, begin
from installation.core.inputs import Inputs
from installation.showfile.check import check
from installation.showfile.load import load
from installation.showfile.model import All, Any, Assign, Compare, Fade, Not, Play, Send, Show
from installation.showfile.signals import KINDS
from tests.core.small_show import MEETING, SHOW, WAITING, build


def small(directory: Path) -> Show:
    build(directory)
    return load(directory)


def only_mistake(directory: Path) -> str:
    found = check(directory)
    assert len(found) == 1, found
    return str(found[0])


def test_a_small_show_is_read_as_its_artist_wrote_it(tmp_path: Path) -> None:
    show = small(tmp_path)
    assert (show.name, show.attract, list(show.acts)) == (
        "small",
        "waiting",
        ["waiting", "meeting"],
    )
    assert show.patch["voice"] == ("post", 1)
    assert show.outputs == {"ring": ("plinth", 0)}
    assert show.surfaces[0].height_m == pytest.approx(3.375)
    assert [layer.name for layer in show.layers] == ["garden", "veil"]
    assert show.layers[0].defaults == {"level": 0.4}
    assert not show.stems[1].loop
    assert show.palette["gold"] == pytest.approx((0xC9 / 255, 0xA2 / 255, 0x4B / 255))


def test_signals_come_after_those_that_they_read(tmp_path: Path) -> None:
    show = small(tmp_path)
    order = [signal.name for signal in show.signals]
    assert order.index("met") > max(order.index("here"), order.index("loud"))
    assert order.index("works") > order.index("met")
    by_name = {signal.name: signal for signal in show.signals}
    assert by_name["here"].options == {
        "below": 1.4,
        "leave": 1.6,
        "for": 250_000.0,
        "hold": 500_000.0,
    }
    assert by_name["fed"].options == {"full": 90_000_000.0, "drain": 0.0}
    assert by_name["fed"].reset == "act"


def test_a_scene_holds_parameters_cues_and_ways_out(tmp_path: Path) -> None:
    dark = small(tmp_path).acts["waiting"].scenes["dark"]
    assert dark.look == pytest.approx(
        {
            "layer.garden.opacity": 1.0,
            "layer.garden.level": 0.25,
            "stem.choir": 10 ** (-6 / 20),
            "output.ring": 0.3,
        }
    )
    first, second, third = dark.cues
    assert first.at_us == 5_000_000
    assert first.actions == (Fade("layer.garden.level", 0.5, 8_000_000, "linear"),)
    assert (second.follow, second.pre_wait_us) == ("W1", 2_000_000)
    assert second.actions == (Play("bell"), Send("/small/w2", (1.0, 2, "3")))
    assert third.when == Compare("button", ">", 0.5)
    assert third.actions[1] == Assign("fed", 1.0)
    assert [t.why for t in dark.transitions] == ["here for 6s", "after 4m"]
    assert dark.transitions[1].after_us == 240_000_000
    assert dark.next == "act meeting"


def test_conditions_nest_and_say_themselves(tmp_path: Path) -> None:
    meeting = small(tmp_path).acts["meeting"]
    way = meeting.scenes["near"].transitions[0]
    assert way.when == All(
        (
            Compare("met", ">", 0.5),
            Compare("works[0]", ">", 0.2),
            Any((Compare("scene_s", ">=", 30.0), Compare("weight", "<", 3.0))),
        )
    )
    assert way.why == "met and works[0] > 0.2 and (scene_s >= 30s or weight < 3N)"
    assert meeting.transitions[0].when == Not(Compare("here", ">", 0.5))
    assert meeting.scenes["far"].next == "near"
    assert meeting.mappings[1].to_low == pytest.approx(0.01)


def test_ten_planted_mistakes_are_ten_located_errors(tmp_path: Path) -> None:
    planted = build(
        tmp_path,
        ('gold: "#c9a24b"', "gold: @yellow"),
        ("button: post.button", "button: @post.buton"),
        ("surface: wall, visual", "surface: @wal, visual"),
        ("all: [here, loud]", "all: [@heer, loud]"),
        ("goto: far", "goto: @fra"),
        ("garden.level: 25%", "@garden.levl: 25%"),
        ("choir: -6dB", "@choire: -6dB"),
        ("fade: 3s", "fade: @3"),
        ("{cue: W1, at: 5s,", "@{cue: W1,"),
        ("follow: W1", "follow: @W9"),
    )
    found = check(tmp_path)
    assert [f"{m.file}:{m.line}:{m.column}" for m in found] == planted
    for right, mistake in zip(
        (
            "#rrggbb",
            "button",
            "wall",
            "here",
            "far",
            "level",
            "choir",
            "3s",
            "timing",
            "unknown cue",
        ),
        found,
        strict=True,
    ):
        assert right in mistake.message


MISTAKES = [
    ("blend: add", "blend: @ad", "did you mean 'add'"),
    ("attract: waiting", "attract: @wating", "did you mean 'waiting'"),
    ("attract: waiting", "@atract: x\nattract: waiting", "did you mean 'attract'"),
    ("[waiting, meeting]", "[waiting, meeting, @parting]", "no such file"),
    (
        "veil: {surface: all, visual: garden.fs",
        "veil: {surface: all, visual: @gardn.fs",
        "garden.fs",
    ),
    ("{level: 0.4}", "{level: @1.4}", "outside 0..1"),
    ("{level: 0.4}", "{level: @.nan}", "number"),
    ("{level: 0.4}", "{@gold: 1}", "unknown input"),
    ("width: 6m", "width: @6", "6m"),
    ("  met: {all: [here, loud]}", "  @met: {all: [met, loud]}", "circle: met -> met"),
    ("{presence: distance", "{@presense: distance", "'presence'"),
    ("below: 1.4m, leave: 1.6m", "below: 1.4m, @leave: 1.2m", "at least below"),
    ("lag: 200ms", "lag: @200", "200ms"),
    ("lag: 200ms", "@lags: 200ms", "'lag'"),
    ("full: 1m30s, ", "", "lacks 'full'"),
    ("loop: false", "loop: @no", "true or false"),
    ("start: dark", "start: @drak", "'dark'"),
    ("- {cue: W2", "- @{cue: W1", "duplicate cue 'W1'"),
    ("{cue: W1, at: 5s", "{cue: W1, at: 5s, @go: true", "two timings"),
    ("{cue: W1, at: 5s", "{cue: W1, follow: @W2", "circle"),
    ("play: bell, osc", "play: @choir, osc", "is a loop"),
    ("[/small/w2", "[@small w2", "no OSC address"),
    ("goto: act meeting, tally: v", "goto: @meeting, tally: v", "is an act"),
    ("goto: act meeting, tally: v", "goto: @act meting, tally: v", "'meeting'"),
    ("    fade: 3s", "    fade: 3s\n    @fade: 4s", "duplicate 'fade'"),
    ("start: near\n", "", "lacks 'start'"),
    ('"works[0] >', '@"works[3] >', "parts 0 to 2"),
    ('"scene_s >= 30s"', '@"scene_s >= 30"', "30s"),
    ("to: stem.choir", "to: @stem.chior", "'choir'"),
    ("go: true", "go: true, set: {@here: 1}", "cannot be set"),
    ("title: Meeting\nstart:", "title: [Meeting\nstart@:", "YAML"),
    ("title: Meeting", "title: @&a Meeting", "anchors"),
    ("pre_wait: 2s", "pre_wait: 2s, @every: 1s", "every goes with at, not with follow"),
    ("act: meeting", r'act: @"meet\ning"', "is called 'meet�ing'"),
    ("title: Meeting", r'title: @"\uD800"', "half a character"),
    ("/small/w2, 1.0,", r'/small/w2, @"a\uDFFF",', "half a character"),
    ('gold: "#c9a24b"', r'@"g\uD83D\uDE00": "#c9a24b"', "half a character"),
    ("cue: M1", r'cue: @"M1\n"', "one line"),
    ("cue: M1", r'cue: @"M\u20281"', "one line"),
    ("cue: M1", r'cue: @"M\x1b[2J"', "one line"),
    ("tally: nobody", r'tally: @"no\u0085body"', "one line"),
    ("tally: nobody", r'tally: @"no\u2029body"', "one line"),
    ("title: Meeting", r'title: @"Meet\ning"', "one line"),
    ("title: A Small Show", r'title: @"A\tShow"', "one line"),
    ("/small/w2, 1.0,", "/small/w2, @1e300,", "32 bits"),
    ("/small/w2, 1.0,", "/small/w2, @-3.5e38,", "32 bits"),
    ("/small/w2, 1.0,", "/small/w2, @1e400,", "32 bits"),
    ("/small/w2, 1.0,", f"/small/w2, @{'9' * 70},", "32 bits"),
    ('2, "3"]', r'2, @"a\0b"]', "NUL"),
    ("osc: [/small/w2,", r'osc: [@"/small\0w2",', "no OSC address"),
]


@pytest.mark.parametrize(("old", "new", "what"), MISTAKES)
def test_a_mistake_is_named_where_it_stands(tmp_path: Path, old: str, new: str, what: str) -> None:
    places = build(tmp_path, (old, new))
    said = only_mistake(tmp_path)
    assert what in said
    for place in places:
        assert said.startswith(f"{place}: ")


def test_a_folder_that_is_not_there_is_named_as_it_was_written(tmp_path: Path) -> None:
    assert only_mistake(tmp_path / "lantren") == f"{tmp_path / 'lantren'}:1:1: no such folder"
    assert only_mistake(Path("../no/shows")) == "../no/shows:1:1: no such folder"
    (tmp_path / "show.yaml").write_text(SHOW)
    assert "is no folder" in only_mistake(tmp_path / "show.yaml")


BUSES = "stems:\n  choir: {file: choir.wav, bus: room}"


def test_a_stem_plays_on_a_bus_of_the_show_where_those_are_listed(tmp_path: Path) -> None:
    build(tmp_path, (BUSES, "buses: [room, gardens]\n" + BUSES))
    assert check(tmp_path) == []
    misspelt = BUSES.replace("bus: room", "bus: @rom")
    place, *_ = build(tmp_path, (BUSES, "buses: [room, gardens]\n" + misspelt))
    said = only_mistake(tmp_path)
    assert said.startswith(f"{place}: ") and "did you mean 'room'" in said


def many(count: int) -> str:
    return ", ".join(f"c{i}" for i in range(count))


@pytest.mark.parametrize(("which", "most"), [("channels", 29), ("outputs", 255)])
def test_a_node_has_no_more_channels_and_outputs_than_its_frames_carry(
    tmp_path: Path, which: str, most: int
) -> None:
    line = "  post: {channels: [button, voice], outputs: []}"
    other = f"{line}\n  tower: {{{which}: [{many(most)}"
    build(tmp_path, (line, f"{other}]}}"))
    assert check(tmp_path) == []
    place, *_ = build(tmp_path, (line, f"{other}, @one_more]}}"))
    said = only_mistake(tmp_path)
    assert said.startswith(f"{place}: ") and str(most) in said


def test_a_name_fits_on_the_panel(tmp_path: Path) -> None:
    place, *_ = build(tmp_path, ("  far:", f"  @{'f' * 64}:"), ("goto: far", f"goto: {'f' * 64}"))
    said = only_mistake(tmp_path)
    assert said.startswith(f"{place}: ") and "63" in said


def test_a_sound_that_is_not_there_is_a_mistake_unless_the_show_makes_its_sounds(
    tmp_path: Path,
) -> None:
    places = build(tmp_path, ("file: bell.wav", "file: @bel.wav"))
    said = only_mistake(tmp_path)
    assert said.startswith(f"{places[0]}: ")
    assert "no such file in sounds/" in said and "did you mean 'bell.wav'" in said
    (tmp_path / "sounds" / "make.py").write_text("VOICES = {}\n")
    assert check(tmp_path) == []


LEVEL = '{"NAME": "level", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.5}'
GOLD = '{"NAME": "gold", "TYPE": "color", "DEFAULT": [1, 1, 0, 1]}'
HEADERS = [
    (LEVEL, "{oops}", 2, "ISF header"),
    ("void main", "\0void main", 4, "NUL"),
    ('"ISFVSN": "2"', '"PASSES": {}', 1, "PASSES must be a list"),
    ('"ISFVSN": "2"', '"PASSES": [{}, {}]', 1, "one pass"),
    (GOLD, '{"NAME": "gold", "TYPE": "colour"}', 3, "'colour'"),
    (GOLD, '{"NAME": "gold", "TYPE": "image"}', 3, "'image'"),
    (GOLD, '{"NAME": "gold", "TYPE": ["color"]}', 3, "the types float, long"),
    (GOLD, '{"NAME": "gold", "TYPE": "color", "DEFAULT": [1, 1, 0]}', 3, "4 numbers"),
    (GOLD, '{"NAME": "gold", "TYPE": "color", "DEFAULT": [1, 1, 0, 1e39]}', 3, "32-bit"),
    (GOLD, '{"NAME": "gold", "TYPE": "point2D", "MAX": ["1", 1]}', 3, "2 numbers"),
    (GOLD, '{"NAME": "gold leaf", "TYPE": "color"}', 3, "letters, digits"),
    (GOLD, '{"NAME": "gl_gold", "TYPE": "color"}', 3, "uses the word"),
    (GOLD, '{"NAME": "vec3", "TYPE": "color"}', 3, "uses the word"),
    (GOLD, '{"NAME": "TIME", "TYPE": "float"}', 3, "uses the word"),
    (GOLD, '{"NAME": "level", "TYPE": "float"}', 2, "two inputs"),
    (GOLD, '{"TYPE": "color"}', 1, "without NAME"),
    (GOLD, '["gold"]', 1, "without NAME"),
    (GOLD, '{"NAME": "n", "TYPE": "long", "MAX": 2147483648}', 3, "32-bit integer"),
    (GOLD, '{"NAME": "n", "TYPE": "float", "MAX": 1e39}', 3, "32-bit"),
    (GOLD, '{"NAME": "n", "TYPE": "float", "MIN": NaN}', 3, "32-bit"),
    (GOLD, '{"NAME": "n", "TYPE": "float", "DEFAULT": -Infinity}', 3, "32-bit"),
    (GOLD, f'{{"NAME": "n", "TYPE": "float", "MAX": {"9" * 400}}}', 3, "32-bit"),
    (GOLD, '{"NAME": "n", "TYPE": "float", "MAX": "much"}', 3, "a number"),
    (GOLD, '{"NAME": "n", "TYPE": "float", "MIN": 2, "MAX": 1}', 3, "above its MAX"),
]


@pytest.mark.parametrize(("old", "new", "line", "what"), HEADERS)
def test_a_visual_that_the_stage_cannot_draw_is_a_mistake_of_its_own_line(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    build(tmp_path, (old, new))
    said = only_mistake(tmp_path)
    assert said.startswith(f"visuals/garden.fs:{line}:")
    assert what in said


def test_a_visual_of_a_megabyte_is_refused(tmp_path: Path) -> None:
    build(tmp_path, ("void main", "// " + "x" * 1_000_000 + "\nvoid main"))
    assert "larger" in only_mistake(tmp_path)


def test_a_condition_over_several_lines_is_said_on_one(tmp_path: Path) -> None:
    build(tmp_path, ("when: here, for", r'when: "here\n\u0085>=\n 0.5", for'))
    assert load(tmp_path).acts["waiting"].scenes["dark"].transitions[0].why == "here >= 0.5 for 6s"


def test_an_empty_directory_is_told_what_a_show_is(tmp_path: Path) -> None:
    assert "show.yaml" in only_mistake(tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"\x00",
        b"[" * 50_000,
        b"{a: " * 50_000,
        b"- " * 50_000,
        b"show: &a [*a]",
        b"a: " + b"9" * 10_000,
        b"%YAML " + b"9" * 5_000 + b".1\n---\na",
        b'a: "\\UFFFFFFFF"',
        b"? [a]\n: b",
        b"---\na: 1\n---\nb: 2",
        b"a: !!python/object:os.system x",
        b"a: b: c",
        b"\tshow: x",
        b"show",
        b"- show",
        b"'",
        b"a: |",
        b"a" * 1_000_001,
        b"<<: {a: 1}",
    ],
)
def test_no_file_however_strange_is_a_traceback(tmp_path: Path, data: bytes) -> None:
    build(tmp_path)
    (tmp_path / "show.yaml").write_bytes(data)
    found = check(tmp_path)
    assert found
    assert all(m.line >= 1 and m.column >= 1 and "\n" not in m.message for m in found)


def test_a_damaged_byte_is_a_mistake_or_nothing_but_never_a_traceback(tmp_path: Path) -> None:
    build(tmp_path)
    dice = random.Random(1)
    texts = {"show.yaml": SHOW, "acts/waiting.yaml": WAITING, "acts/meeting.yaml": MEETING}
    noticed = 0
    for turn in range(300):
        name, text = list(texts.items())[turn % 3]
        data = bytearray(text.encode())
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(data))
            match dice.randrange(3):
                case 0:
                    data[at] = dice.randrange(256)
                case 1:
                    data[at:at] = dice.choice([b"[", b"{", b":", b"\n", b"&a ", b"*a ", b"!", b"%"])
                case _:
                    del data[at : at + dice.randint(1, 20)]
        (tmp_path / name).write_bytes(bytes(data))
        noticed += bool(check(tmp_path))
        (tmp_path / name).write_text(text)
    assert noticed > 150
    assert check(tmp_path) == []


def test_every_signal_kind_of_the_core_can_be_written_and_no_other() -> None:
    assert set(KINDS) == {module.name for module in iter_modules(core_signals.__path__)}


def test_the_core_plays_what_was_loaded(tmp_path: Path) -> None:
    program, state = begin(small(tmp_path), 1, 0)
    for second in range(14):
        state, outputs = advance(program, state, Inputs(second * 1_000_000))
    assert outputs.parameters["stem.choir"] == pytest.approx(0.501, abs=0.001)
    assert outputs.parameters["layer.garden.level"] == pytest.approx(0.5)


def test_bottomless_nesting_is_refused_where_it_gets_too_deep(tmp_path: Path) -> None:
    build(tmp_path)
    (tmp_path / "show.yaml").write_text("show: " + "[" * 1000)
    assert only_mistake(tmp_path) == "show.yaml:1:30: nested deeper than 24 levels"


COMMON = """\
mappings:
  - {from: loud, to: veil.level, in: [0, 1], out: [0, 1]}
  - {from: loud, to: garden.level, in: [0, 1], out: [1, 0]}
cues:
  - {cue: B1, when: button, play: bell}
"""


def test_what_the_show_says_for_all_holds_in_every_act_that_does_not_say_it(
    tmp_path: Path,
) -> None:
    build(tmp_path, ("signals:\n", COMMON + "signals:\n"))
    show = load(tmp_path)
    to = {act.name: {m.parameter: m.to_low for m in act.mappings} for act in show.acts.values()}
    assert to["waiting"] == {"layer.veil.level": 0.0, "layer.garden.level": 1.0}
    assert to["meeting"] == {
        "layer.garden.level": 0.2,
        "stem.choir": pytest.approx(0.01),
        "layer.veil.level": 0.0,
    }
    for act in show.acts.values():
        for scene in act.scenes.values():
            assert scene.cues[-1].name == "B1"


def test_a_scene_that_sets_what_is_mapped_for_all_goes_first(tmp_path: Path) -> None:
    build(tmp_path, ("signals:\n", COMMON + "signals:\n"))
    program, _ = begin(load(tmp_path), 1, 0)
    assert set(program.active["waiting", "dark"].mapped) == {"layer.veil.level"}
    assert "layer.garden.level" in program.active["meeting", "near"].mapped


def test_a_scenes_own_cue_takes_the_place_of_one_for_all(tmp_path: Path) -> None:
    build(tmp_path, ("signals:\n", COMMON + "signals:\n"), ("cue: W3", "cue: B1"))
    cues = load(tmp_path).acts["waiting"].scenes["dark"].cues
    assert [cue.name for cue in cues] == ["W1", "W2", "B1"]
    assert any(isinstance(action, Assign) for action in cues[2].actions)


def test_a_cue_for_all_needs_a_condition(tmp_path: Path) -> None:
    late = COMMON.replace("when: button", "at: 3s")
    build(tmp_path, ("signals:\n", late + "signals:\n"))
    assert "belongs to a scene" in only_mistake(tmp_path)
