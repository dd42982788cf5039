"""The bridge and its nodes: over memory, over hostile bytes, over real ptys."""

from __future__ import annotations

import random
import sys
from itertools import pairwise
from pathlib import Path

from firmware_bridge.clock import NodeClock
from firmware_bridge.sample import Health, Sample
from firmware_bridge.schema import schema_id
from firmware_bridge.session import Session
from firmware_bridge.simulated.memory import MemoryBridge
from firmware_bridge.simulated.node import LEASE_US, SimulatedNode
from firmware_bridge.wire import Decoder, Frame, encode

sys.path.insert(0, str(Path(__file__).parent))
from bridge_bench import POST, Bench, node, now_us


def play(bridge: MemoryBridge, seconds: float, from_us: int = 0) -> list[Sample]:
    now_us, end_us, samples = from_us, from_us + round(seconds * 1e6), []
    while now_us < end_us:
        samples += bridge.advance(now_us)[0]
        now_us = max(now_us + 1, bridge.next_us)
    return samples


def test_the_crc_is_the_documented_one() -> None:
    assert encode(0x31, 0x32, b"3456789")[-5:-1] == 0xCBF43926.to_bytes(4, "little")


def test_frames_survive_any_chopping() -> None:
    dice = random.Random(1)
    payloads = [dice.randbytes(dice.randrange(125)) for _ in range(200)]
    wire = b"".join(encode(5, i % 256, p) for i, p in enumerate(payloads))
    decoder, frames, at = Decoder(), [], 0
    while at < len(wire):
        step = dice.randrange(1, 40)
        frames += decoder.feed(wire[at : at + step])
        at += step
    assert [f.payload for f in frames] == payloads
    assert decoder.corrupt == 0


def test_damage_costs_the_damaged_frames_and_no_others() -> None:
    wire = bytearray(b"".join(encode(5, i, bytes((i, 0, i))) for i in range(100)))
    wire[len(wire) // 2] ^= 0x55
    frames = Decoder().feed(bytes(wire))
    assert len(frames) >= 98
    assert all(f == Frame(5, f.seq, bytes((f.seq, 0, f.seq))) for f in frames)


def test_endless_noise_is_bounded_and_harmless() -> None:
    dice, session = random.Random(2), Session()
    for step in range(5000):
        assert session.receive(dice.randbytes(64), step * 1000) == []
        session.poll(step * 1000)
    assert Decoder().feed(b"\x05" * 1_000_000) == []


def test_a_node_is_greeted_described_and_heard_at_its_rate() -> None:
    simulated = node()
    simulated.set_values((1.25, 1.0))
    samples = play(MemoryBridge([simulated], {"post": POST}), 10)
    assert samples[-1].values == (1.25, 1.0)
    assert 985 <= len(samples) <= 1001


def test_a_node_that_is_wired_otherwise_is_refused_with_the_difference() -> None:
    bridge = MemoryBridge([node()], {"post": (("distance", "press"), ("lamp", "relay"))})
    health: list[Health] = []
    for step in range(200):
        health += bridge.advance(step * 10_000)[1]
    assert health[-1].state == "refused"
    assert "distance, touch" in health[-1].why
    assert "distance, press" in health[-1].why


def test_a_command_reaches_its_output_though_frames_are_lost() -> None:
    simulated, session, dice = node(), Session(), random.Random(3)
    session.set_output(0, 0.5)
    for step in range(1500):
        now_us = step * 5000
        spoken = simulated.advance(now_us) if dice.random() > 0.3 else b""
        session.receive(spoken, now_us)
        answer = session.poll(now_us)
        if answer and dice.random() > 0.5:
            session.receive(simulated.receive(answer, now_us), now_us)
    assert simulated.outputs[0] == 0.5


def test_outputs_go_safe_when_the_host_falls_silent() -> None:
    simulated = node()
    bridge = MemoryBridge([simulated], {"post": POST})
    bridge.set_output("post", 0, 1.0)
    bridge.set_output("post", 1, 0.0)
    play(bridge, 2)
    assert simulated.outputs == (1.0, 0.0)
    simulated.advance(2_000_000 + LEASE_US + 20_000)
    assert simulated.outputs == (0.0, 1.0)


def test_a_rebooted_node_gets_its_outputs_again() -> None:
    simulated = node()
    bridge = MemoryBridge([simulated], {"post": POST})
    bridge.set_output("post", 0, 0.75)
    play(bridge, 2)
    simulated.reboot(2_000_000)
    play(bridge, 2, from_us=2_000_000)
    assert simulated.outputs[0] == 0.75


def test_the_clock_follows_a_skewed_node_across_the_wrap() -> None:
    clock, dice = NodeClock(), random.Random(4)
    start, worst = (1 << 32) - 60_000_000, 0.0
    for step in range(1200):
        host = step * 250_000
        ticks = (start + round(host * 1.0002)) & 0xFFFFFFFF
        out_us, back_us = 200 + dice.randrange(3000), 200 + dice.randrange(3000)
        clock.learn(host - out_us, ticks, host + back_us)
        if step > 200:
            mapped = clock.host_us(ticks)
            assert mapped is not None
            worst = max(worst, abs(mapped - host))
    assert worst <= 1000


def test_four_nodes_on_ptys_are_heard_at_a_hundred_hertz(tmp_path: Path) -> None:
    names = ("plinth", "heap", "assembly", "membrane")
    nodes = {f"tty-{name}": node(name, uid) for uid, name in enumerate(names, 1)}
    with Bench(tmp_path, nodes) as bench:
        bench.until(lambda: len(bench.samples) >= 800)
        bench.until(lambda: all(len(bench.of(name)) >= 200 for name in names))
    for name in names:
        steps = sorted(b.t_us - a.t_us for a, b in pairwise(bench.of(name)[50:]))
        assert 9_000 <= steps[len(steps) // 2] <= 11_000


def test_an_unplugged_node_is_reported_and_comes_back(tmp_path: Path) -> None:
    with Bench(tmp_path, {"tty1": node()}) as bench:
        pty = bench.ptys["tty1"]
        bench.bridge.set_output("post", 0, 1.0)
        bench.until(lambda: pty.node.outputs[0] == 1.0)
        for _ in range(3):
            pty.unplug()
            bench.until(lambda: bench.state() == "lost")
            pty.plug(now_us())
            assert bench.heard()
            bench.until(lambda: pty.node.outputs[0] == 1.0)


def test_a_node_whose_description_is_not_the_announced_one_is_told_and_left_alone() -> None:
    simulated = node()
    simulated._schema ^= 1
    bridge = MemoryBridge([simulated], {"post": POST})
    health: list[Health] = []
    for step in range(300):
        health += bridge.advance(step * 10_000)[1]
    assert health[-1].state == "absent"
    assert "not the one it announced" in health[-1].why


def test_a_command_after_the_lease_does_not_leave_an_output_on() -> None:
    simulated = node()
    play(MemoryBridge([simulated], {"post": POST}), 1)
    simulated.advance(1_000_000 + LEASE_US + 300_000)
    late = encode(8, 1, b"\x01\x00\x00\x00\x80\x3f")
    simulated.receive(late, 3_000_000)
    assert simulated.outputs[0] == 1.0
    simulated.advance(3_000_000 + LEASE_US + 300_000)
    assert simulated.outputs == (0.0, 1.0)


def test_a_range_that_no_reading_can_have_is_refused_and_an_honest_node_taken() -> None:
    liar, session = node(), Session()
    liar._text = liar._text.replace(b"0 4.5", b"0 1e300")
    liar._schema = schema_id(liar._text)
    converse(session, liar, 0)
    assert "the range of distance is 0 to 1e+300" in session.why
    honest = node()
    honest.reboot(3_000_000)
    converse(session, honest, 3_000_000)
    assert session.state == "live"


def converse(session: Session, simulated: SimulatedNode, from_us: int) -> None:
    """Three seconds of it."""
    for t_us in range(from_us, from_us + 3_000_000, 10_000):
        session.receive(simulated.receive(session.poll(t_us), t_us), t_us)
        session.receive(simulated.advance(t_us), t_us)


def test_a_bridge_without_nodes_has_nothing_to_wait_for() -> None:
    assert MemoryBridge([], {}).next_us > 10**15
