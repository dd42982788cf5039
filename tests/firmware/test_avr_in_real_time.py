"""avr-node on a pty, and its driver in Python: pace, unplugging, ends, what goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from firmware_bridge import messages as m
from firmware_bridge.bridge import Bridge
from firmware_bridge.simulated import avr
from firmware_bridge.simulated.avr import AvrError, AvrNode, LockstepNode
from firmware_bridge.wire import encode
from tests.firmware.avr_talk import POWER, open_pty, read_frame, read_hello, read_pty, until

CYCLES_PER_MS = 16_000
FIVE = range(1, 6)


def cycles(node: AvrNode) -> int:
    return node.stats()["cycles"]


def test_a_host_finds_a_raw_terminal_and_gets_its_answer(bench: Path, tmp_path: Path) -> None:
    with AvrNode(bench, str(tmp_path / "tty"), "--uid=7") as node:
        port = open_pty(tmp_path / "tty")
        assert not termios.tcgetattr(port)[3] & (termios.ECHO | termios.ICANON)
        assert read_hello(port).uid == 7
        ping = encode(m.PING, 0, m.ping(77))
        os.write(port, ping)
        assert m.parse_pong(read_frame(port, m.PONG).payload)[0] == 77
        assert node.stats()["in"] == len(ping)
        os.close(port)


def test_a_node_is_not_ahead_of_the_clock_asleep_or_awake(probe: Path, tmp_path: Path) -> None:
    for orders in (b"", b"S"):
        with AvrNode(probe, str(tmp_path / "tty")) as node:
            port = open_pty(tmp_path / "tty")
            os.write(port, orders)
            begun_s, begun = time.monotonic(), cycles(node)
            until(lambda: cycles(node) - begun > 300 * CYCLES_PER_MS)  # noqa: B023 (called at once)
            assert time.monotonic() - begun_s > 0.29
            assert (node.stats()["slept"] > 0) == bool(orders)
            os.close(port)


def test_a_call_wakes_a_node_that_sleeps(probe: Path, tmp_path: Path) -> None:
    with AvrNode(probe, str(tmp_path / "tty")) as node:
        port = open_pty(tmp_path / "tty")
        assert read_pty(port, 2) == bytes([ord("B"), POWER])
        trips_s = []
        for i in range(50):
            os.write(port, b"S")
            begun_s = time.monotonic()
            os.write(port, bytes([ord("E"), i]))
            assert read_pty(port, 1) == bytes([i])
            trips_s.append(time.monotonic() - begun_s)
        assert min(trips_s) < 0.01
        assert node.stats()["slept"] > 0
        os.close(port)


def test_a_host_that_does_not_read_loses_bytes_and_holds_nobody_up(
    probe: Path, tmp_path: Path
) -> None:
    with AvrNode(probe, str(tmp_path / "tty")) as node:
        port = open_pty(tmp_path / "tty")
        os.write(port, b"F")
        until(lambda: node.stats()["lost"])
        sent = node.stats()["out"]
        until(lambda: node.stats()["out"] > sent + 1000)
        assert set(read_pty(port, 1000)[2:]) == {ord("f")}
        os.close(port)


def test_unplugging_takes_the_port_away_and_plugging_brings_a_new_one(
    bench: Path, tmp_path: Path
) -> None:
    link = tmp_path / "tty"
    with AvrNode(bench, str(link), "--uid=7", "--boots=0") as node:
        files = len(os.listdir(f"/proc/{node.pid}/fd"))
        for boot in FIVE:
            port = open_pty(link)
            hello = read_hello(port)
            assert (hello.boot, hello.cause) == (boot, POWER)
            node.unplug()
            assert not link.is_symlink()
            with pytest.raises(OSError, match="Input/output"):
                os.write(port, b"?")
            os.close(port)
            assert cycles(node) == cycles(node)
            node.plug()
        assert len(os.listdir(f"/proc/{node.pid}/fd")) == files


def test_a_host_that_stood_still_finds_a_node_that_does_not_rush(
    bench: Path, tmp_path: Path
) -> None:
    with (
        AvrNode(bench, str(tmp_path / "stopped")) as stopped,
        AvrNode(bench, str(tmp_path / "going")) as going,
    ):
        nodes = (going, stopped)
        before = [cycles(node) for node in nodes]
        os.kill(stopped.pid, signal.SIGSTOP)
        until(lambda: cycles(going) - before[0] > 1000 * CYCLES_PER_MS)
        os.kill(stopped.pid, signal.SIGCONT)
        until(lambda: cycles(going) - before[0] > 1200 * CYCLES_PER_MS)
        went, stood = (cycles(node) - begun for node, begun in zip(nodes, before, strict=True))
        assert went - stood > 500 * CYCLES_PER_MS
        assert stopped.stats()["stalls"] > 0


def test_feeling_does_not_wait_for_a_node_that_hangs(bench: Path, tmp_path: Path) -> None:
    with AvrNode(bench, str(tmp_path / "tty")) as node:
        os.kill(node.pid, signal.SIGSTOP)
        for i in range(200):
            node.feel({"level": i / 100, "touch": i % 2})
        os.kill(node.pid, signal.SIGCONT)
        assert node.outputs()["lamp"] == 0.0


def test_four_nodes_at_once_do_not_disturb_each_other(bench: Path, tmp_path: Path) -> None:
    first = {
        "plinth": "weight",
        "heap": "zones_south",
        "assembly": "motion",
        "membrane": "pressure_1",
    }
    nodes = [AvrNode(avr.firmware(name), str(tmp_path / f"tty-{name}")) for name in first]
    bridge = Bridge([str(tmp_path / "tty-*")], None)
    bridge.start()
    seen: dict[str, list[float]] = defaultdict(list)

    def drain() -> bool:
        bridge.wait(0.02)
        samples, health = bridge.drain()
        for sample in samples:
            seen[sample.node].append(max(sample.values))
        assert not any(node.dropped or node.corrupt for node in health)
        return len(seen) == len(first) and all(len(values) > 50 for values in seen.values())

    with closing(bridge):
        until(drain)
        for node in nodes:
            node.feel(dict.fromkeys(first.values(), 1.0))
        until(drain)
    for node in nodes:
        node.close()
    assert not list(tmp_path.iterdir())


# ---- Beginnings and ends ----


def test_it_ends_with_its_parent_and_takes_the_link_away(bench: Path, tmp_path: Path) -> None:
    link = tmp_path / "tty"
    code = (
        "import sys; from pathlib import Path; from firmware_bridge.simulated.avr import AvrNode\n"
        "node = AvrNode(Path(sys.argv[1]), sys.argv[2]); print(node.pid); sys.stdin.read()"
    )
    words = [sys.executable, "-u", "-c", code, bench, link]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline())
        assert link.is_symlink()
        parent.kill()
    until(lambda: not link.is_symlink())


def test_it_ends_with_a_signal_and_takes_the_link_away(bench: Path, tmp_path: Path) -> None:
    link = tmp_path / "tty"
    for word in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with AvrNode(bench, str(link)) as node:
            assert link.is_symlink()
            os.kill(node.pid, word)
            until(lambda: not link.is_symlink())
            with pytest.raises(AvrError, match="has ended with 0"):
                node.ask("stats")


def test_the_link_of_another_is_left_alone(bench: Path, tmp_path: Path) -> None:
    link = tmp_path / "tty"
    with AvrNode(bench, str(link)) as older, AvrNode(bench, str(link)):
        newer = link.readlink()
        older.close()
        assert link.readlink() == newer


def test_nothing_is_left_open_and_no_zombie(bench: Path, tmp_path: Path) -> None:
    files = len(os.listdir("/proc/self/fd"))
    for _ in FIVE:
        with AvrNode(bench, str(tmp_path / "tty")) as node, LockstepNode(bench) as other:
            pids = (node.pid, other.pid)
        node.close()
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert len(os.listdir("/proc/self/fd")) == files


def test_a_file_in_the_place_of_the_link_is_left_alone(bench: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.write_text("mine")
    with pytest.raises(AvrError, match="has ended with 1"):
        AvrNode(bench, str(notes))
    assert notes.read_text() == "mine"


def test_a_command_that_is_wrong_is_refused_in_one_sentence(bench: Path) -> None:
    with LockstepNode(bench) as node:
        for wrong in ("pin D99 1", "pin D2 2", "adc 8 0", "adc 0 1024", "adc 0 1.5", "noise 2",
                      "run 1 0g", "run 1 0", "peek 99999", "poke no_such 00", "reset often",
                      "outputs now", "nonsense", ""):  # fmt: skip
            with pytest.raises(AvrError, match=f"does not do {wrong!r}: error"):
                node.ask(wrong)
        node.send("pin D99 1", "pin D2 1")
        with pytest.raises(AvrError, match="D99"):
            node.ask("stats")
        assert node.ask("peek 0x100 2") != []


def test_a_node_that_is_killed_or_was_never_built_says_so(
    bench: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LockstepNode(bench) as node:
        os.kill(node.pid, signal.SIGKILL)
        with pytest.raises(AvrError, match="has ended with -9"):
            node.ask("stats")
    for no_firmware in (tmp_path / "none.elf", Path(__file__)):
        with pytest.raises(AvrError, match="has ended with 1"):
            LockstepNode(no_firmware)
    with pytest.raises(AvrError, match=r"nobody\.elf is not built: make -C \S+firmware$"):
        avr.firmware("nobody")
    monkeypatch.setattr(avr, "RUNNER", tmp_path / "avr-node")
    with pytest.raises(AvrError, match=r"avr-node is not built: make -C \S+firmware/avr$"):
        LockstepNode(bench)
