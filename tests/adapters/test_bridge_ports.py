"""The bridge on real ptys: found, plugged, taken away, doubled, changed, refused."""

from __future__ import annotations

import errno
import os
import sys
import threading
import tty
from pathlib import Path

import pytest

from firmware_bridge import messages as m
from firmware_bridge.bridge import TextNode
from firmware_bridge.calibration import Calibration, save
from firmware_bridge.discovery import Discovery, Found
from firmware_bridge.ports import cause
from firmware_bridge.sample import Sample
from firmware_bridge.schema import Described
from firmware_bridge.session import Session
from firmware_bridge.simulated.memory import MemoryBridge
from firmware_bridge.simulated.node import SimulatedNode
from firmware_bridge.wire import encode

sys.path.insert(0, str(Path(__file__).parent))
from bridge_bench import POST, Bench, descriptors, node, now_us


def test_a_node_is_found_whenever_it_comes(tmp_path: Path) -> None:
    with Bench(tmp_path, {}, expected={"post": POST}) as bench:
        bench.until(lambda: "no serial port is there" in bench.health["post"].why)
        from firmware_bridge.simulated.pty import PtyNode

        bench.ptys["late"] = PtyNode(node(), str(tmp_path / "tty-late"))
        assert bench.heard()
        assert bench.health["post"].path == str(tmp_path / "tty-late")


def test_a_device_of_two_names_is_opened_once_by_the_first(tmp_path: Path) -> None:
    master, slave = os.openpty()
    try:
        (tmp_path / "by-id").mkdir()
        for link in (tmp_path / "by-id/board", tmp_path / "ttyACM0"):
            link.symlink_to(os.ttyname(slave))
        found = Discovery([f"{tmp_path}/by-id/*", f"{tmp_path}/tty*"]).look()
        assert list(found) == [f"{tmp_path}/by-id/board"]
        assert Discovery([f"{tmp_path}/*"], ignore=[f"{tmp_path}/tty*"]).look().keys() == {
            f"{tmp_path}/by-id"
        }
        text = Found(f"{tmp_path}/ttyACM0", 9600, is_text=True)
        assert Discovery([f"{tmp_path}/by-id/*"], [text]).look()[text.path].is_text
    finally:
        os.close(master)
        os.close(slave)


def test_the_second_node_of_a_name_stands_by_and_takes_over(tmp_path: Path) -> None:
    nodes = {"tty1": node(uid=1), "tty2": node(uid=2)}
    with Bench(tmp_path, nodes) as bench:
        bench.until(lambda: {p.state for p in bench.bridge.ports()} == {"live", "refused"})
        ports = {port.state: port for port in bench.bridge.ports()}
        assert "stands by as a second 'post' (uid 0000000" in ports["refused"].why
        first, second = (Path(ports[state].path).name for state in ("live", "refused"))
        assert bench.state() == "live"
        bench.ptys[first].unplug()
        bench.until(lambda: bench.health["post"].path.endswith(second) and bench.state() == "live")
        assert bench.heard()


def test_plugging_and_unplugging_leaks_nothing(tmp_path: Path) -> None:
    with Bench(tmp_path, {"tty1": node()}) as bench:
        assert bench.heard()
        before = (descriptors(), threading.active_count())
        for _ in range(50):
            bench.ptys["tty1"].unplug()
            bench.until(lambda: bench.state() == "lost")
            bench.ptys["tty1"].plug(now_us())
            bench.until(lambda: bench.state() == "live")
        assert (descriptors(), threading.active_count()) == before


def test_a_new_bridge_finds_a_streaming_node_before_its_lease_is_over(tmp_path: Path) -> None:
    with Bench(tmp_path, {"tty1": node()}) as bench:
        bench.bridge.set_output("post", 0, 0.5)
        bench.until(lambda: bench.ptys["tty1"].node.outputs[0] == 0.5)
        bench.bridge.close()
        bench.bridge = bench.new_bridge()
        bench.bridge.start()
        assert bench.heard()
        assert bench.ptys["tty1"].node.outputs[0] == 0.5


def test_a_port_that_another_program_has_is_told_and_taken_when_it_is_free(tmp_path: Path) -> None:
    with Bench(tmp_path, {"tty1": node()}) as first:
        assert first.heard()
        with Bench(tmp_path, {}, expected={"post": POST}) as second:
            second.until(lambda: "another program has it" in second.health["post"].why)
            first.bridge.close()
            second.until(lambda: second.state() == "live")
            second.bridge.close()
        first.bridge = first.new_bridge()
        first.bridge.start()


def test_a_port_without_a_right_to_it_names_the_doctor() -> None:
    assert "installation doctor" in cause(PermissionError(errno.EACCES, "no"))


def test_nothing_is_written_to_what_is_no_node(tmp_path: Path) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    (tmp_path / "tty1").symlink_to(os.ttyname(slave))
    os.set_blocking(master, False)
    try:
        with Bench(tmp_path, {}, expected={"post": POST}) as bench:
            for _ in range(20):
                os.write(master, b"DMX 512 ready\r\n\x00\x01")
            bench.until(
                lambda: "nothing that is heard there is a node's" in bench.health["post"].why
            )
        with pytest.raises(BlockingIOError):
            os.read(master, 1)
    finally:
        os.close(master)
        os.close(slave)


def test_a_board_that_prints_lines_stands_among_the_nodes(tmp_path: Path) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    port = tmp_path / "door"
    port.symlink_to(os.ttyname(slave))
    text = TextNode("door", str(port), (Described("open", "state", 0.0, 1.0),))
    try:
        with Bench(tmp_path, {"tty1": node()}, expected={"post": POST, "door": (("open",), ())},
                   texts=[text]) as bench:  # fmt: skip
            bench.until(lambda: bench.state() == "live")
            os.write(master, b"pen=0\nopen=0\nopen=1\n")
            bench.until(lambda: [s.values for s in bench.samples if s.node == "door"] != [])
            bench.until(lambda: bench.state("door") == "live")
            told = [s.values for s in bench.samples if s.node == "door"]
            assert told in ([(0.0,), (1.0,)], [(1.0,)])
            assert bench.health["door"].kind == "text"
    finally:
        os.close(master)
        os.close(slave)


def test_a_calibration_that_changes_is_heard_of_while_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "calibration.toml"
    one = node()
    one.set_values((2.0, 0.0))
    with Bench(tmp_path, {"tty1": one}, calibration=path) as bench:
        bench.until(lambda: any(s.values[0] == 2.0 for s in bench.samples))
        save(path, {("post", "distance"): Calibration(offset=0.5, scale=2.0)})
        bench.until(lambda: bench.samples[-1].values[0] == 3.0)
        path.write_text("[post.distance]\nofset = 1")
        assert bench.heard()
        assert bench.samples[-1].values[0] == 3.0


def hear(session: Session, simulated: SimulatedNode, from_us: int, seconds: float = 1.0) -> None:
    for t_us in range(from_us, from_us + round(seconds * 1e6), 10_000):
        session.receive(simulated.receive(session.poll(t_us), t_us), t_us)
        session.receive(simulated.advance(t_us), t_us)


def test_a_node_of_another_version_is_refused_with_both() -> None:
    session = Session()
    future = m.Hello(9, 0xABCD, 0, 0, 0, 0)
    session.receive(encode(m.HELLO, 0, m.hello(future)[:5] + b"whatever comes then"), 0)
    assert session.state == "refused"
    assert session.why == "speaks wire version 9; this bridge speaks 1"
    assert (session.uid, session.poll(0)) == (0xABCD, b"")


def test_what_a_node_does_not_know_costs_that_channel_alone() -> None:
    session, simulated = Session(), node()
    hear(session, simulated, 0)
    good = m.telemetry(session._hello.schema, 0, simulated._pack(1.0, 1.0))  # type: ignore[union-attr]  it is live
    for packed, values, strays in (
        (simulated._pack(float("nan"), 1.0), (None, 1.0), ()),
        (simulated._pack(9.0, 1.0), (None, 1.0), (0,)),
        (simulated._pack(4.5, float("inf")), (4.5, None), (1,)),
    ):
        (sample,) = session.receive(encode(m.TELEMETRY, 0, good[:8] + packed), 2_000_000)
        assert (sample.values, sample.strays) == (values, strays)
    assert session.corrupt == 0


def test_a_node_that_comes_back_is_asked_for_the_end_of_its_schema_alone() -> None:
    known: dict[int, bytes] = {}
    many = SimulatedNode("post", tuple(f"weight_{i}" for i in range(12)), (), uid=3)
    first = Session(known=known)
    hear(first, many, 0)
    assert first.state == "live"
    many.reboot(2_000_000)
    second, asked = Session(known=known), []
    for t_us in range(2_000_000, 3_000_000, 10_000):
        said = second.poll(t_us)
        asked += [b for b in said.split(b"\0") if b[1:2] == bytes((m.ASK_SCHEMA,))]
        second.receive(many.receive(said, t_us), t_us)
        second.receive(many.advance(t_us), t_us)
    assert second.state == "live"
    assert len(asked) == 1


def test_a_node_that_stands_by_takes_over_in_memory_too() -> None:
    first, second = node(uid=1), node(uid=2)
    bridge = MemoryBridge([first, second], {"post": POST})
    said = {}
    for t_us in range(0, 3_000_000, 5_000):
        said.update((h.node, h) for h in bridge.advance(t_us)[1])
    assert said["post"].uid == 1
    first.advance = lambda now_us: b""  # type: ignore[method-assign]  it is dead
    first.receive = lambda data, now_us: b""  # type: ignore[method-assign]
    for t_us in range(3_000_000, 6_000_000, 5_000):
        said.update((h.node, h) for h in bridge.advance(t_us)[1])
    assert (said["post"].uid, said["post"].state) == (2, "live")


def test_a_fault_in_one_conversation_ends_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Session.receive

    def receive(self: Session, data: bytes, now_us: int) -> list[Sample]:
        if self.name == "bad" and self.state == "live":
            raise ZeroDivisionError("a fault of ours")
        return honest(self, data, now_us)

    monkeypatch.setattr(Session, "receive", receive)
    nodes = {"tty1": node("good", 1), "tty2": node("bad", 2)}
    with Bench(tmp_path, nodes) as bench:
        bench.until(lambda: "ZeroDivisionError('a fault of ours')" in bench.health["bad"].why)
        assert bench.heard("good")
        monkeypatch.setattr(Session, "receive", honest)
        assert bench.heard("bad")


def pty_in(folder: Path, *links: str) -> tuple[int, int]:
    """(master, slave) of a raw pty with these names."""
    master, slave = os.openpty()
    tty.setraw(slave)
    for link in links:
        (folder / link).parent.mkdir(exist_ok=True)
        (folder / link).symlink_to(os.ttyname(slave))
    return master, slave


def test_a_board_that_prints_lines_is_found_though_its_name_comes_late(tmp_path: Path) -> None:
    """udev makes the kernel's name first, and by-id a moment later."""
    port = tmp_path / "by-id/door"
    ends = pty_in(tmp_path, "ttyUSB0")
    text = TextNode("door", str(port), (Described("open", "state", 0.0, 1.0),))
    patterns = [f"{tmp_path}/by-id/*", f"{tmp_path}/tty*"]
    try:
        with Bench(tmp_path, {}, expected={"door": (("open",), ())}, ports=patterns,
                   texts=[text]) as bench:  # fmt: skip
            bench.until(lambda: any(p.path.endswith("ttyUSB0") for p in bench.bridge.ports()))
            bench.until(lambda: f"{port} is not there" in bench.health["door"].why)
            port.parent.mkdir()
            port.symlink_to(os.ttyname(ends[1]))

            def printed() -> bool:
                os.write(ends[0], b"open=1\n")
                return any(sample.node == "door" for sample in bench.samples)

            bench.until(printed)
    finally:
        for fd in ends:
            os.close(fd)


def test_two_boards_that_share_one_stable_name_are_both_opened(tmp_path: Path) -> None:
    """Boards without a serial number: the link goes to the one that came last."""
    from firmware_bridge.simulated.pty import PtyNode

    (tmp_path / "by-id").mkdir()
    patterns = [f"{tmp_path}/by-id/*", f"{tmp_path}/tty*"]
    expected = {"one": POST, "two": POST}
    with Bench(tmp_path, {"tty1": node("one", 1)}, expected=expected, ports=patterns) as bench:
        shared = tmp_path / "by-id/board"
        bench.until(lambda: bench.state("one") == "live")
        shared.symlink_to(os.path.realpath(tmp_path / "tty1"))
        bench.ptys["tty1"].unplug()
        bench.until(lambda: bench.state("one") == "lost")
        bench.ptys["tty1"].plug(now_us())
        shared.unlink()
        shared.symlink_to(os.path.realpath(tmp_path / "tty1"))
        bench.until(lambda: bench.state("one") == "live")
        bench.ptys["tty2"] = PtyNode(node("two", 2), str(tmp_path / "tty2"))
        shared.unlink()
        shared.symlink_to(os.path.realpath(tmp_path / "tty2"))
        bench.until(lambda: bench.state("two") == "live")
        assert bench.heard("one")
        assert bench.heard("two")
        assert len({port.path for port in bench.bridge.ports() if port.state == "live"}) == 2


def test_a_pattern_that_is_none_is_refused_before_anything_runs(tmp_path: Path) -> None:
    text = TextNode("door", "/dev/x", (Described("open", "state", 0.0, 1.0),), pattern="{a} {b}")
    with pytest.raises(ValueError, match="pattern"):
        Bench(tmp_path, {}, expected={"door": (("open",), ())}, texts=[text])


def test_why_a_node_is_absent_names_no_port_that_is_well(tmp_path: Path) -> None:
    with Bench(tmp_path, {"tty1": node("one", 1)}, expected={"one": POST, "two": POST}) as bench:
        bench.until(lambda: bench.state("one") == "live")
        bench.until(lambda: bench.state("two") == "absent" and bench.health["two"].why == "")


def test_a_calibration_of_another_board_is_left_alone_and_told(tmp_path: Path) -> None:
    path = tmp_path / "calibration.toml"
    save(path, {("post", "distance"): Calibration(offset=0.5, uid=99)})
    one = node(uid=7)
    one.set_values((2.0, 0.0))
    with Bench(tmp_path, {"tty1": one}, calibration=path) as bench:
        assert bench.heard()
        bench.until(lambda: bool(bench.health["post"].channels))
        bench.until(lambda: bench.health["post"].channels[0].state == "uncalibrated")
        assert "calibrated on another board" in bench.health["post"].channels[0].says
        assert bench.samples[-1].values[0] == 2.0
        path.unlink()
        bench.until(lambda: bench.health["post"].channels[0].state == "ok")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_has_died_ends_the_process_that_waits_for_it(tmp_path: Path) -> None:
    with Bench(tmp_path, {"tty1": node()}) as bench:
        assert bench.heard()
        bench.bridge._ports._look = None  # type: ignore[assignment]  a fault of ours
        with pytest.raises(RuntimeError, match="has ended"):
            bench.until(lambda: False)
