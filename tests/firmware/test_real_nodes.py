"""The real bridge with the real firmware, on ptys in real time and in lockstep.

Nothing here is judged by the wall clock: times are those of the boards' own clocks.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from firmware_bridge.sample import Sample
from firmware_bridge.simulated import avr
from firmware_bridge.simulated.avr import AvrNode, LockstepNode
from firmware_bridge.simulated.node import RANGES, unit_of
from installation.run.gear import expected
from installation.showfile.load import load
from tests.firmware.real_bench import (
    BENCH,
    CYCLES_PER_S,
    HANG,
    LAMP,
    RELAY,
    Room,
    Seen,
    bench,
    board_s,
    descriptors,
    is_open_here,
    watch,
)
from tests.firmware.real_clock import (
    BOOTED_US,
    WRAP_US,
    Heard,
    Host,
    TrueClock,
    set_board_clock,
)

SHOW = expected(load(Path(__file__).resolve().parents[2] / "shows/resonance"))
LEASE_S = 1.0
LATE_S = 0.1
SECOND_US = 1_000_000
DUTY = 1 / 255
ADC_FULL = 1023
CYCLES = 20
PING_SIZE, PONG_SIZE = 13, 17
"""On the wire."""
SETTLED_US = 20 * SECOND_US
"""Until the drift of a clock is known: four groups of 16 pings, and a little."""


@pytest.fixture(scope="module", autouse=True)
def built(bench: Path) -> None:
    """The firmware and its runner, by conftest.py."""


def room_of_the_show(folder: Path) -> Room:
    return Room(folder, {name: name for name in SHOW}, SHOW)


# ---- Four nodes of the show ----


def test_four_nodes_are_known_by_name_uid_and_firmware(tmp_path: Path) -> None:
    with room_of_the_show(tmp_path) as room:
        room.until_live()
        told = [room.health[name] for name in SHOW]
        ports = {health.node: health.path for health in room.bridge.ports()}
    assert [health.uid for health in told] == [1, 2, 3, 4]
    assert {(h.firmware, h.boot, h.cause, h.kind) for h in told} == {("1.0", 1, "power", "node")}
    assert ports == {name: str(tmp_path / f"tty-{name}") for name in SHOW}


def test_four_nodes_describe_themselves_as_the_show_and_the_rehearsal_know_them(
    tmp_path: Path,
) -> None:
    with room_of_the_show(tmp_path) as room:
        room.until_live()
        live = {health.node: channels for health, channels in room.bridge.live()}
    for name, (channels, _) in SHOW.items():
        told = [(c.name, c.unit, c.low, c.high) for c in live[name]]
        assert told == [(c, unit_of(c), *RANGES[unit_of(c)]) for c in channels]


def test_four_nodes_speak_a_hundred_times_a_second(tmp_path: Path) -> None:
    """Judged by what each has sent in a second of its own: telemetry, and a few pongs."""
    with room_of_the_show(tmp_path) as room:
        room.until_live()
        room.hear()
        before = {name: node.stats() for name, node in room.nodes.items()}
        room.hear(200)
        after = {name: node.stats() for name, node in room.nodes.items()}
        for name, samples in room.samples.items():
            assert all(b.t_us >= a.t_us for a, b in pairwise(samples))
            gone_s = (after[name]["cycles"] - before[name]["cycles"]) / CYCLES_PER_S
            telemetry = 100 * telemetry_size(len(SHOW[name][0]))
            sent = (after[name]["out"] - before[name]["out"]) / gone_s
            assert 0.98 * telemetry < sent < 1.02 * telemetry + 6 * PONG_SIZE, name


def telemetry_size(channels: int) -> int:
    """On the wire: schema, stamp, values; type, seq, CRC; a byte of COBS and two zeros."""
    return 8 + 4 * channels + 6 + 3


def test_every_channel_follows_its_own_pin(tmp_path: Path) -> None:
    """Each gets a reading of its own, so that no two can be taken for each other."""
    dice = random.Random(5)
    with room_of_the_show(tmp_path) as room:
        room.until_live()
        counts = {c: 0.0 for cs, _ in SHOW.values() for c in cs if unit_of(c) == "count"}
        feel(room, counts)
        for _ in range(3):
            counts = {c: n + dice.randrange(1, 4) for c, n in counts.items()}
            readings = {c: a_reading(c, dice) for cs, _ in SHOW.values() for c in cs} | counts
            feel(room, readings)
            room.until(lambda: all(follows(room, name, readings) for name in SHOW))  # noqa: B023 (called at once)


def a_reading(channel: str, dice: random.Random) -> float:
    low, high = RANGES[unit_of(channel)]
    share = dice.random()
    return float(share < 0.5) if unit_of(channel) == "state" else low + share * (high - low)


def feel(room: Room, readings: dict[str, float]) -> None:
    for node in room.nodes.values():
        node.feel(readings)


def follows(room: Room, name: str, readings: dict[str, float]) -> bool:
    """Whether the newest sample has the readings, to a step of the converter."""
    if not room.samples[name]:
        return False
    values = zip(SHOW[name][0], room.samples[name][-1].values, strict=True)
    return all(v is not None and abs(v - readings[c]) <= one_step(c) for c, v in values)


def one_step(channel: str) -> float:
    unit, (low, high) = unit_of(channel), RANGES[unit_of(channel)]
    return 0.0 if unit in ("state", "count") else (high - low) / ADC_FULL


def test_every_output_follows_its_command(tmp_path: Path) -> None:
    dice = random.Random(6)
    with room_of_the_show(tmp_path) as room:
        for duty in (0, 1, 128, 254, 255, None):
            wanted = {
                (name, index): (dice.randrange(256) if duty is None else duty) * DUTY
                for name, (_, outputs) in SHOW.items()
                for index in range(len(outputs))
            }
            for (name, index), value in wanted.items():
                room.bridge.set_output(name, index, value)
            room.until(lambda: all(obeys(room, name, wanted) for name in SHOW))  # noqa: B023 (called at once)


def obeys(room: Room, name: str, wanted: dict[tuple[str, int], float]) -> bool:
    is_at = room.nodes[name].outputs()
    return all(
        abs(is_at[output] - wanted[name, index]) <= DUTY
        for index, output in enumerate(SHOW[name][1])
    )


# ---- Commands and the fail-safe ----


def until_at(room: Room, output: str, value: float, link: str = "bench") -> None:
    room.until(lambda: abs(room.nodes[link].outputs()[output] - value) <= DUTY)


def test_commands_are_acknowledged_though_bytes_are_lost_both_ways(tmp_path: Path) -> None:
    """The next wish for an output waits for the acknowledgement of the one before."""
    with bench(tmp_path) as room:
        room.until_live()
        room.nodes["bench"].noise(drops=0.01)
        for step in range(1, 16):
            room.bridge.set_output("bench", LAMP, step / 15)
            room.bridge.set_output("bench", RELAY, step % 2)
            until_at(room, "lamp", step / 15)
            until_at(room, "relay", step % 2)
        assert room.nodes["bench"].stats()["dropped"] > 0
        room.nodes["bench"].noise()
        until_quiet(room)


def until_quiet(room: Room) -> None:
    """No more comes in than four pings in a second of the board's."""
    node = room.nodes["bench"]
    looks = [node.stats()]

    def is_quiet() -> bool:
        now, then = node.stats(), looks[-1]
        if now["cycles"] - then["cycles"] < CYCLES_PER_S:
            return False
        looks.append(now)
        return now["in"] - then["in"] <= 5 * PING_SIZE

    room.until(is_quiet)


def test_when_the_bridge_closes_the_outputs_go_safe_and_the_house_lights_up(
    tmp_path: Path,
) -> None:
    with room_of_the_show(tmp_path) as room:
        light = SHOW["membrane"][1].index("house_light")
        room.bridge.set_output("membrane", light, 0.2)
        room.bridge.set_output("heap", 0, 0.8)
        until_at(room, "house_light", 0.2, "membrane")
        until_at(room, "fragment_1", 0.8, "heap")
        room.bridge.close()
        goes_safe(room, room.nodes["membrane"], "house_light", 1.0)
        goes_safe(room, room.nodes["heap"], "fragment_1", 0.0)


def goes_safe(room: Room, node: AvrNode, output: str, safe: float) -> None:
    """Nobody speaks to the node any more: it sees to it within the lease."""
    begun_s = board_s(node)
    for seen in watch(room, node, output):
        if seen.value == safe:
            return
        assert seen.after_s - begun_s <= LEASE_S + LATE_S


def test_a_relay_is_on_for_its_two_seconds_and_no_longer(tmp_path: Path) -> None:
    with bench(tmp_path) as room:
        room.until_live()
        node = room.nodes["bench"]
        begun_s = board_s(node)
        room.bridge.set_output("bench", RELAY, 1.0)
        before, on, off = on_and_off_again(room, node, "relay")
    still_off_s = before[-1].after_s if before else begun_s
    assert on[-1].after_s - on[0].before_s <= 2.0 + LATE_S
    assert off.before_s - still_off_s >= 2.0 - LATE_S


def on_and_off_again(room: Room, node: AvrNode, output: str) -> tuple[list[Seen], list[Seen], Seen]:
    """The looks before it was on, those at which it was, and the one after."""
    before: list[Seen] = []
    on: list[Seen] = []
    for seen in watch(room, node, output):
        if on and not seen.value:
            return before, on, seen
        (on if seen.value else before).append(seen)
    raise AssertionError(f"{output} is not watched any more")


# ---- Reboots ----


def is_back(room: Room, boot: int) -> bool:
    return room.is_live("bench") and room.health["bench"].boot == boot


def test_after_each_reboot_its_cause_is_told_and_the_outputs_are_as_wanted(
    tmp_path: Path,
) -> None:
    with bench(tmp_path) as room:
        node = room.nodes["bench"]
        room.bridge.set_output("bench", LAMP, 0.6)
        until_at(room, "lamp", 0.6)
        reboots = {"reset brownout": "brown-out", "reset external": "reset",
                   "dtr 300 200": "reset", "freeze 400": "watchdog",
                   "reset power": "power"}  # fmt: skip
        for boot, (command, cause) in enumerate(reboots.items(), 2):
            node.ask(command)
            room.until(lambda: is_back(room, boot))  # noqa: B023 (called at once)
            assert room.health["bench"].cause == cause
            until_at(room, "lamp", 0.6)


def test_a_firmware_that_hangs_is_woken_by_its_watchdog_and_obeys_again(tmp_path: Path) -> None:
    """Whoever wants `hang` hangs it again after each boot: until nobody does."""
    with bench(tmp_path) as room:
        node = room.nodes["bench"]
        room.bridge.set_output("bench", LAMP, 0.4)
        until_at(room, "lamp", 0.4)
        room.bridge.set_output("bench", HANG, 1.0)
        room.until(lambda: node.stats()["resets"] >= 3)
        room.bridge.set_output("bench", HANG, 0.0)
        room.until(lambda: is_back(room, 1 + node.stats()["resets"]))
        assert room.health["bench"].cause == "watchdog"
        until_at(room, "lamp", 0.4)


def test_no_reset_at_any_moment_leaves_a_node_behind(tmp_path: Path) -> None:
    """Some strike while it beacons or is asked for its schema; the schema is never known yet."""
    dice = random.Random(8)
    with bench(tmp_path) as room:
        node = room.nodes["bench"]
        for _ in range(15):
            begun_s, wait_s = board_s(node), dice.random() * 0.15
            room.until(lambda: board_s(node) - begun_s >= wait_s)  # noqa: B023 (called at once)
            node.reset(dice.choice(("external", "brownout")))
        room.until(lambda: is_back(room, 16))
        room.hear()


# ---- Noise ----


def test_at_half_a_percent_of_damaged_bytes_nothing_false_is_believed(tmp_path: Path) -> None:
    marks = (0.5, 1.5, 2.5, 3.5)
    with bench(tmp_path) as room:
        node = room.nodes["bench"]
        node.feel({"level": marks[0], "touch": 1.0, "button": 0})
        room.until_live()
        room.until(lambda: room.samples["bench"][-1:] and near(room.samples["bench"][-1], marks))
        node.noise(byte_errors=0.005)
        room.samples["bench"].clear()
        for press, mark in enumerate(marks, 1):
            node.feel({"level": mark, "button": press})
            room.bridge.set_output("bench", LAMP, mark / 4)
            until_at(room, "lamp", mark / 4)
            count = len(room.samples["bench"])
            room.until(lambda: len(room.samples["bench"]) > count + 200)  # noqa: B023 (called at once)
        heard = room.samples["bench"]
        assert all(near(sample, marks) for sample in heard)
        assert all(b.t_us >= a.t_us for a, b in pairwise(heard))
        node.noise()
        room.hear(50)
        assert [sample.values[2] for sample in room.samples["bench"]][-1] == len(marks)
        assert room.health["bench"].corrupt > 0
        assert room.health["bench"].dropped > 0


def near(sample: Sample, marks: tuple[float, ...]) -> bool:
    """Whether it is something that the pins have been at."""
    level, touch, presses = sample.values
    return (
        level is not None
        and any(abs(level - mark) <= one_step("level") for mark in marks)
        and touch == 1.0
        and presses in range(len(marks) + 1)
    )


# ---- Cables ----


def test_a_node_that_is_unplugged_comes_back_and_nothing_is_left_open(tmp_path: Path) -> None:
    with bench(tmp_path) as room:
        node = room.nodes["bench"]
        room.until_live()
        open_before = descriptors(), descriptors(node.pid), threading.active_count()
        for cycle in range(CYCLES):
            node.unplug()
            if cycle % 2:  # else it is back before anybody has seen it go
                room.until(lambda: room.health["bench"].state == "lost")
            node.plug()
            room.until(lambda: is_back(room, cycle + 2))  # noqa: B023 (called at once)
            room.hear()
        assert (descriptors(), descriptors(node.pid), threading.active_count()) == open_before


def test_of_two_nodes_of_one_name_the_second_stands_by_and_takes_over(tmp_path: Path) -> None:
    with Room(tmp_path, {"a": "bench", "b": "bench"}, BENCH) as room:
        room.until(lambda: {h.state for h in room.bridge.ports()} == {"live", "refused"})
        first, second = sorted(room.bridge.ports(), key=lambda h: h.state)
        assert f"stands by as a second 'bench' (uid {second.uid:08x})" in second.why
        room.bridge.set_output("bench", LAMP, 0.5)
        link = {1: "a", 2: "b"}
        until_at(room, "lamp", 0.5, link[first.uid or 0])
        assert room.nodes[link[second.uid or 0]].outputs()["lamp"] == 0.0
        room.nodes[link[first.uid or 0]].unplug()
        room.until(lambda: is_back(room, 1) and room.health["bench"].uid == second.uid)
        until_at(room, "lamp", 0.5, link[second.uid or 0])


def test_a_host_that_is_replaced_asks_who_and_is_back_before_the_lease_ends(
    tmp_path: Path,
) -> None:
    """Judged by the board's clock; a machine that stands still in between has more tries."""
    with bench(tmp_path) as room:
        node, took_s = room.nodes["bench"], []
        for _ in range(5):
            room.until_live()
            room.bridge.set_output("bench", LAMP, 0.6)
            until_at(room, "lamp", 0.6)
            begun_s = board_s(node)
            room.replace_bridge()
            room.hear()
            took_s.append(board_s(node) - begun_s)
            if took_s[-1] < LEASE_S:
                assert node.outputs()["lamp"] == pytest.approx(0.6, abs=DUTY)
        room.until_live()
        assert room.health["bench"].boot == 1
    assert min(took_s) < LEASE_S / 2


def test_a_bridge_that_closes_leaves_its_port_to_the_next_one(tmp_path: Path) -> None:
    with bench(tmp_path) as room:
        for _ in range(CYCLES):
            room.until_live()
            terminal = room.terminal("bench")
            room.bridge.close()
            assert not is_open_here(terminal)
            room.replace_bridge()


# ---- In lockstep: the session, the firmware, nobody else ----


@contextmanager
def lockstep(
    name: str, *, ppm: float = 0, clock_us: int = 0
) -> Iterator[tuple[LockstepNode, Host]]:
    """A board whose clock stands at about `clock_us`, and a host that has not met it yet."""
    options = ("--uid=7", "--boots=0", "--seed=4", f"--ppm={ppm}")
    with LockstepNode(avr.firmware(name), *options) as node:
        node.run(BOOTED_US)
        set_board_clock(node, clock_us)
        yield node, Host(node, TrueClock(node, ppm))


def test_the_same_conversation_is_the_same_to_the_byte() -> None:
    def conversation() -> tuple[str, list[Heard], dict[str, int]]:
        with lockstep("bench", ppm=30) as (node, host):
            node.noise(byte_errors=0.003, drops=0.002)
            host.session.set_output(LAMP, 0.3)
            heard = list(host.listen(5 * SECOND_US))
            node.feel({"level": 2.0, "touch": 1.0, "button": 4})
            node.reset("brownout")
            heard += host.listen(5 * SECOND_US)
            return host.heard.hexdigest(), heard, node.stats()

    first = conversation()
    assert len(first[1]) > 500
    assert conversation() == first


def test_every_frame_that_the_noise_took_is_counted() -> None:
    with lockstep("bench") as (node, host):
        list(host.listen(SECOND_US))
        node.noise(byte_errors=0.005)
        heard = list(host.listen(60 * SECOND_US))
        taken, corrupt = host.session.dropped, host.session.corrupt
    sent = round((heard[-1].true_us - heard[0].true_us) / 10_000) + 1
    assert host.session.state == "live"
    assert taken > 300
    assert corrupt > 300
    assert len(heard) + taken - sent in range(3)  # lost before the first of these, too
    assert {sample.values for sample, *_ in heard} == {(0.0, 0.0, 0.0)}


def test_the_lease_ends_a_second_after_the_last_frame() -> None:
    with lockstep("membrane") as (node, host):
        host.session.set_output(4, 0.2)
        list(host.listen(SECOND_US))
        host.session.set_output(0, 1.0)
        list(host.listen(SECOND_US))
        assert node.outputs()["membrane_1"] == 1.0
        silent_us = safe_us = node.run(0)[0]
        while node.outputs() != {f"membrane_{i}": 0.0 for i in range(1, 5)} | {"house_light": 1.0}:
            safe_us = node.run(1000)[0]
            assert safe_us < silent_us + 2 * SECOND_US
    assert 0.75 * SECOND_US <= safe_us - silent_us <= 1.01 * SECOND_US


def test_a_host_that_was_not_heard_for_longer_than_the_lease_is_greeted_again() -> None:
    with lockstep("bench") as (node, host):
        host.session.set_output(LAMP, 0.6)
        list(host.listen(SECOND_US))
        host.is_mute = True
        last = list(host.listen(3 * SECOND_US))[-1]
        assert node.outputs()["lamp"] == 0.0
        host.is_mute = False
        first, *_ = host.listen(SECOND_US)
        assert node.outputs()["lamp"] == pytest.approx(0.6, abs=DUTY)
    assert first.true_us - last.true_us > 2 * SECOND_US
    assert host.session.boot == 1


@pytest.fixture(scope="module")
def across_the_wrap(built: None) -> list[Heard]:
    """Two minutes and a half with a crystal that is 200 ppm fast; the board's clock wraps in it."""
    with lockstep("bench", ppm=200, clock_us=WRAP_US - 60 * SECOND_US) as (_, host):
        return list(host.listen(150 * SECOND_US))


def test_a_fast_clock_is_followed_across_its_wrap(across_the_wrap: list[Heard]) -> None:
    begun_us = across_the_wrap[0].true_us
    settled = [heard for heard in across_the_wrap if heard.true_us - begun_us > SETTLED_US]
    assert len(settled) > 12_000
    assert max(abs(heard.error_us) for heard in settled) <= 1000


def test_a_fast_clock_is_followed_from_the_first_second_on(across_the_wrap: list[Heard]) -> None:
    begun_us = across_the_wrap[0].true_us
    after = [heard for heard in across_the_wrap if heard.true_us - begun_us > SECOND_US]
    assert max(abs(heard.error_us) for heard in after) <= 1000
