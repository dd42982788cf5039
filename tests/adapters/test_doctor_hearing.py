"""What the doctor makes of a port's bytes: as a function of bytes, and on real ptys."""

from __future__ import annotations

import errno
import math
import os
import random
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest
import serial

from firmware_bridge import messages as m
from firmware_bridge.discovery import BAUD
from firmware_bridge.doctor import Finding, Machine, examine, hearing
from firmware_bridge.doctor.hearing import BOOT_S, OTHERS, judge, unread, weigh
from firmware_bridge.doctor.machine import Port, Usb
from firmware_bridge.simulated.node import SimulatedNode
from firmware_bridge.simulated.pty import PtyNode
from firmware_bridge.wire import encode

PATIENCE_S = 30.0
PORT = Port("/dev/serial/by-id/board", "/dev/ttyUSB0", None)
TEXT = b"distance=1.25\r\ntouch=0\r\n" * 5 + b"touch=1\n"


def hello(version: int = m.VERSION, boot: int = 3, cause: int = 2) -> bytes:
    told = m.Hello(version, 0x2A, boot, cause, schema=7, length=73)
    return encode(m.HELLO, 0, m.hello(told))


def noise(size: int = 400, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def judged(heard: Mapping[int, bytes]) -> list[Finding]:
    return list(judge(Machine(user="alex"), PORT, heard))


def test_a_beacon_is_a_node_and_tells_who_it_is() -> None:
    (found,) = judged({BAUD: b"\x17" + hello() * 3})
    assert (found.subject, found.verdict, found.cure) == (PORT.path, "good", "")
    assert "uid 0000002a, boot 3, by reset, wire version 1" in found.says


def test_a_stream_is_a_node_that_keeps_its_name_to_itself() -> None:
    stream = b"".join(encode(m.TELEMETRY, i, m.telemetry(7, i, bytes(4))) for i in range(5))
    (found,) = judged({BAUD: stream})
    assert found.verdict == "good" and "streams here (5 intact frames)" in found.says


def test_another_wire_version_wants_other_firmware() -> None:
    (found,) = judged({BAUD: hello(version=2)})
    assert found.verdict == "bad" and "0000002a speaks wire version 2" in found.says
    assert "flash PORT=/dev/ttyUSB0" in found.cure and "plinth" in found.cure


def test_a_node_at_another_rate_is_flashed_anew() -> None:
    (found,) = judged({BAUD: noise(), 115_200: hello()})
    assert found.verdict == "bad" and "at 115200 baud; it must be 250000" in found.says
    assert "flash PORT=" in found.cure


def test_lines_of_text_become_a_node_of_the_show() -> None:
    (found,) = judged({BAUD: noise(), 9_600: noise(40, 2), 115_200: TEXT})
    assert found.verdict == "unsure"
    assert "prints lines here at 115200 baud, such as 'touch=1'" in found.says
    assert found.cure.endswith('[nodes.NAME]\nport = "/dev/serial/by-id/board"\nbaud = 115200')


def test_text_in_other_letters_is_text_and_a_line_need_not_end() -> None:
    assert weigh("Wärme 21,5 °C\n".encode() * 3).is_text
    assert weigh(b"distance 1.2").is_text
    assert not weigh(b"dist").is_text
    assert not weigh(b"\xff" * 40).is_text


def test_it_is_listened_no_longer_than_tells_something() -> None:
    for enough, less in ((hello() * 8, hello() * 7), (TEXT, TEXT[:-8]), (noise(4096), noise(4095))):
        assert weigh(enough).is_enough and not weigh(less).is_enough


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_neither_frames_nor_text(seed: int) -> None:
    what = weigh(noise(200, seed))
    assert not what.is_clear
    (found,) = judged(dict.fromkeys((BAUD, *OTHERS), noise(200, seed)))
    assert found.verdict == "bad" and "at no usual baud rate" in found.says


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_text_read_too_fast_is_no_text(factor: int) -> None:
    """Each bit is read `factor` times: what a UART makes of 115200 baud at a multiple of it."""
    assert not weigh(oversampled(TEXT, factor)).is_text


def oversampled(data: bytes, factor: int) -> bytes:
    """The receiver finds a start bit, then takes the next eight samples for a byte."""
    frames = [[0, *(byte >> i & 1 for i in range(8)), 1] for byte in data]
    line = [bit for bits in frames for bit in bits for _ in range(factor)] + [1] * 10
    read, at = bytearray(), 0
    while 0 in line[at:] and (at := line.index(0, at)) + 10 <= len(line):
        read.append(sum(line[at + 1 + i] << i for i in range(8)))
        at += 10
    return bytes(read)


def test_silence_points_at_firmware_and_wires() -> None:
    (found,) = judged({BAUD: b""})
    assert found.verdict == "bad" and "TX and RX are swapped" in found.says
    assert f"--seconds 10 --port {PORT.path}" in found.cure


def test_a_node_that_starts_again_and_again_wants_a_stronger_supply() -> None:
    for once in (hello(boot=3) + hello(boot=4, cause=2), hello(cause=4)):
        steady, *none = judged({BAUD: once})
        assert steady.verdict == "good" and none == []  # by the host, and at power on
    _, weak = judged({BAUD: hello(boot=3, cause=4) + hello(boot=4, cause=4)})
    assert weak.verdict == "bad" and "again and again, by brown-out" in weak.says
    assert "stronger supply" in weak.cure
    _, hung = judged({BAUD: hello(boot=3, cause=8) + hello(boot=4, cause=8)})
    assert "by watchdog" in hung.says and "flash PORT=" in hung.cure


def test_damaged_frames_among_good_ones_are_counted() -> None:
    bad = hello().replace(b"\x49", b"\x48").replace(b"\x2a", b"\x2b")
    assert len(judged({BAUD: hello() * 8 + bad})) == 1  # half a frame at the start is none
    _, found = judged({BAUD: (hello() + bad) * 4})
    assert found.verdict == "unsure" and "4 of 8 frames come in damaged" in found.says


@pytest.mark.parametrize(("why", "says", "cure"), [
    (ValueError("Failed to set custom baud rate"), "does not do 250000 baud", "another USB chip"),
    (OSError(errno.EIO, "x"), "Input/output error", "plug it in again"),
    (TypeError("'NoneType' object"), "'NoneType' object", "plug it in again"),
])  # fmt: skip
def test_a_port_that_fails_says_how(why: Exception, says: str, cure: str) -> None:
    found = unread(PORT, why)
    assert found.verdict == "bad" and says in found.says and cure in found.cure


@contextmanager
def pumped(pump: Callable[[], None]) -> Iterator[None]:
    """Something that goes on beside the doctor."""
    stop = threading.Event()

    def always() -> None:
        while not stop.wait(0.001):
            pump()

    thread = threading.Thread(target=always)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def pty() -> Iterator[tuple[int, str]]:
    """The board's end, and the path of the computer's."""
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    try:
        yield master, os.ttyname(slave)
    finally:
        os.close(slave)
        os.close(master)


def say(master: int, data: bytes) -> Callable[[], None]:
    def pump() -> None:
        try:
            os.write(master, data)
        except BlockingIOError:
            return

    return pump


def heard_on(path: str, listen_s: float = PATIENCE_S) -> tuple[Finding, list[str]]:
    """What is found on the port, and what the doctor said that it does."""
    did: list[str] = []
    found = list(examine([path], listen_s=listen_s, progress=did.append))
    (own,) = [f for f in found if f.subject == path]
    return own, did


class Listener(SimulatedNode):
    """A node that remembers what was written to it."""

    heard: ClassVar[list[bytes]] = []

    def receive(self, data: bytes, now_us: int) -> bytes:
        self.heard.append(data)
        return super().receive(data, now_us)


def test_a_node_on_a_port_is_heard_and_nothing_is_written_to_it(tmp_path: Path) -> None:
    node = Listener("post", ("distance",), (), uid=0x2A)
    board = PtyNode(node, str(tmp_path / "tty-post"))
    with pumped(lambda: board.pump(time.monotonic_ns() // 1000)):
        found, did = heard_on(str(board.path))
    board.unplug()
    assert found.verdict == "good" and "uid 0000002a" in found.says
    assert did == [f"{board.path}: listening at 250000 baud"]
    assert node.heard == []


def test_lines_on_a_port_are_heard() -> None:
    with pty() as (master, path), pumped(say(master, b"distance 1.25\n")):
        found, did = heard_on(path)
    assert "prints lines here at 250000 baud" in found.says and len(did) == 1


def test_noise_on_a_port_is_listened_to_at_every_rate() -> None:
    with pty() as (master, path), pumped(say(master, noise(64))):
        found, did = heard_on(path)
    assert "at no usual baud rate" in found.says
    assert [int(what.split()[-2]) for what in did] == [BAUD, *OTHERS]


def test_a_silent_port_is_listened_to_once() -> None:
    with pty() as (_, path):
        found, did = heard_on(path, listen_s=0.1)
    assert "Nothing is heard" in found.says and len(did) == 1


def test_a_board_that_was_reset_is_given_the_time_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """As seen by the clock that `listen` reads: BOOT_S, and what it was told."""
    clock = iter(range(100))
    monkeypatch.setattr(hearing.time, "monotonic", lambda: float(next(clock)))
    with pty() as (_, path):
        on_usb = Port(path, path, Usb("/sys/x", "1a86", "7523", ""))
        heard = hearing.listen(on_usb, 2.0, lambda what: None)
    assert heard == {BAUD: b""}
    assert next(clock) == math.ceil(BOOT_S + 2.0) + 1


def test_a_port_that_another_program_holds_is_left_alone() -> None:
    code = ("import serial, sys; s = serial.Serial(sys.argv[1], 9600, exclusive=True); "
            "print('has it', flush=True); sys.stdin.read()")  # fmt: skip
    with pty() as (_, path), subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:  # fmt: skip
        assert other.stdout is not None and other.stdout.readline() == b"has it\n"
        found, did = heard_on(path)
        locked = list(Machine()._lockers(path))  # alone: /proc/PID/fd shows this one as well
        other.communicate(b"")
    assert found.verdict == "bad" and f"process {other.pid}" in found.says and did == []
    assert locked == [other.pid]


def test_a_simulator_in_another_process_is_no_stranger_on_its_own_pty() -> None:
    code = ("import os, sys; _, s = os.openpty(); print(os.ttyname(s), flush=True); "
            "sys.stdin.read()")  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as simulator:  # fmt: skip
        assert simulator.stdout is not None
        found, _ = heard_on(simulator.stdout.readline().decode().strip(), listen_s=0.1)
        simulator.communicate(b"")
    assert "Nothing is heard" in found.says


def test_a_port_that_is_locked_by_somebody_unseen_is_told() -> None:
    """This process holds it, and counts itself out, as one does whose holder is not to be seen."""
    with pty() as (_, path), serial.Serial(path, exclusive=True):
        found, _ = heard_on(path)
    assert found.says == "It is in use by a program of another user."
    assert found.cure == f"sudo fuser -v {path}"


def test_a_container_that_keeps_the_port_to_itself_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise serial.SerialException(errno.EPERM, "no")

    with pty() as (_, path):
        monkeypatch.setattr(hearing.serial, "Serial", refuse)
        found, _ = heard_on(path)
    assert found.verdict == "unsure" and f"docker run --device={path}" in found.cure


def test_a_port_that_is_no_port_says_so(tmp_path: Path) -> None:
    (tmp_path / "tty-file").write_text("")
    found, _ = heard_on(str(tmp_path / "tty-file"))
    assert found.verdict == "bad" and "does not let itself be read" in found.says


def test_a_board_that_is_pulled_while_it_is_listened_to_is_told(tmp_path: Path) -> None:
    board = PtyNode(SimulatedNode("post", ("distance",), ()), str(tmp_path / "tty-post"))
    path = str(board.path)
    did: list[str] = []

    def pull(what: str) -> None:
        did.append(what)
        board.unplug()

    found = [f for f in examine([path], listen_s=PATIENCE_S, progress=pull) if f.subject == path]
    assert [f.verdict for f in found] == ["bad"] and len(did) == 1
    assert "Unplug the board and plug it in again." in found[0].cure
