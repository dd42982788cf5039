"""The doctor: each trouble is planted in a small tree of files, and read as a sentence."""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path

import pytest
from serial import SerialException

from firmware_bridge import messages as m
from firmware_bridge.discovery import BAUD
from firmware_bridge.doctor import INSTALLED, RULES, Finding, examine, judge, listened
from firmware_bridge.machine import Machine, Rights
from firmware_bridge.simulated.node import SimulatedNode
from firmware_bridge.simulated.pty import PtyNode
from firmware_bridge.wire import encode

HELLO = encode(m.HELLO, 0, m.hello(m.Hello(m.VERSION, 0xBEEF, 7, 4, 1, 60)))


class Planted(Machine):
    """A tree of files; the rights of devices are as told, because a test may not change owners."""

    def rights(self, path: str) -> Rights:
        return Rights("dialout", stat.S_IFCHR | 0o660)

    def target(self, path: str) -> str:
        return path


def planted(folder: Path, user: str = "maker", groups: tuple[str, ...] = ("dialout",),
            **files: str) -> Planted:  # fmt: skip
    for path, text in files.items():
        plant(folder, path, text)
    return Planted(folder, user, groups)


def plant(folder: Path, path: str, text: str = "") -> None:
    where = folder / path.lstrip("/")
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(text)


def found(machine: Machine, subject: str, *paths: str) -> list[Finding]:
    return [f for f in examine(paths, machine=machine, listen_s=0.2) if f.subject == subject]


def test_no_port_and_no_board_is_a_cable_or_a_hub(tmp_path: Path) -> None:
    (told,) = found(planted(tmp_path), "USB")
    assert told.verdict == "bad"
    assert "no board is seen on USB" in told.says
    assert "many only charge" in told.cure


@pytest.mark.parametrize(
    ("vendor", "has_brltty", "cure"),
    [("1a86", True, "sudo apt remove brltty"), ("1a86", False, "sudo modprobe ch341"),
     ("2341", True, "sudo modprobe cdc_acm")],
)  # fmt: skip
def test_a_board_without_a_port_is_its_driver_or_brltty(
    tmp_path: Path, vendor: str, has_brltty: bool, cure: str
) -> None:
    plant(tmp_path, "/sys/bus/usb/devices/1-1/idVendor", vendor + "\n")
    plant(tmp_path, "/sys/bus/usb/devices/1-1/idProduct", "7523\n")
    if has_brltty:
        plant(tmp_path, "/usr/lib/udev/rules.d/85-brltty.rules")
    (told,) = found(planted(tmp_path), "USB")
    assert f"({vendor}:7523)" in told.says
    assert cure in told.cure


def test_a_user_without_the_right_is_told_the_group(tmp_path: Path) -> None:
    plant(tmp_path, "/dev/ttyACM0")
    (told,) = found(planted(tmp_path, groups=("maker",)), "/dev/ttyACM0")
    assert told.cure.startswith("sudo usermod -aG dialout maker")


def test_a_user_who_joined_the_group_today_logs_in_again(tmp_path: Path) -> None:
    plant(tmp_path, "/dev/ttyACM0")
    plant(tmp_path, "/etc/group", "root:x:0:\ndialout:x:20:artist,maker\n")
    (told,) = found(planted(tmp_path, groups=("maker",)), "/dev/ttyACM0")
    assert "this login does not know it yet" in told.says
    assert "log out and in again" in told.cure


def test_modem_manager_is_kept_off_by_our_rules(tmp_path: Path) -> None:
    plant(tmp_path, "/proc/77/comm", "ModemManager\n")
    (told,) = found(planted(tmp_path), "ModemManager")
    assert "sudo cp config/99-installation.rules" in told.cure
    plant(tmp_path, INSTALLED, RULES.read_text())
    assert not found(planted(tmp_path), "ModemManager")


@pytest.mark.parametrize(
    ("text", "verdict", "says"),
    [(None, "unsure", "not installed"), ("# older\n", "unsure", "not those of this version"),
     (RULES.read_text(), "good", "are installed")],
)  # fmt: skip
def test_the_rules_are_compared_with_those_of_this_version(
    tmp_path: Path, text: str | None, verdict: str, says: str
) -> None:
    if text is not None:
        plant(tmp_path, INSTALLED, text)
    (told,) = found(planted(tmp_path), "udev")
    assert (told.verdict, says in told.says) == (verdict, True)


def test_an_ftdi_chip_that_holds_bytes_back_is_told(tmp_path: Path) -> None:
    plant(tmp_path, "/dev/ttyUSB0")
    timer = "/sys/bus/usb-serial/devices/ttyUSB0/latency_timer"
    plant(tmp_path, timer, "16\n")
    told = found(planted(tmp_path, groups=()), "/dev/ttyUSB0")
    assert [f.says for f in told if "16 ms" in f.says]
    assert [f.cure for f in told if f.cure.startswith(f"echo 1 | sudo tee {timer}")]


@pytest.mark.parametrize(
    ("command", "verdict"),
    [("/usr/bin/screen\0/dev/ttyUSB0\0", "bad"),
     ("python\0-m\0installation\0show\0", "good")],
)  # fmt: skip
def test_who_has_the_port_is_named(tmp_path: Path, command: str, verdict: str) -> None:
    plant(tmp_path, "/dev/ttyUSB0")
    plant(tmp_path, "/proc/4242/cmdline", command)
    (tmp_path / "proc/4242/fd").mkdir()
    (tmp_path / "proc/4242/fd/3").symlink_to("/dev/ttyUSB0")
    (told,) = found(planted(tmp_path), "/dev/ttyUSB0")
    assert (told.verdict, "4242" in told.says) == (verdict, True)


@pytest.mark.parametrize(
    ("heard", "verdict", "says"),
    [
        ({BAUD: HELLO}, "good", "uid 0000beef, boot 7, booted by brown-out"),
        ({BAUD: encode(m.TELEMETRY, 0, b"12345678")}, "good", "a node that streams"),
        ({BAUD: encode(m.HELLO, 0, b"\x09" + bytes(4))}, "bad", "wire version 9; this bridge"),
        ({BAUD: b"\xf0\x81" * 50, 115_200: HELLO}, "bad", "at 115200 baud instead of 250000"),
        ({BAUD: b"\xf0\x81" * 50, 9_600: b"x\ndist 12\ndist 13\nd"}, "unsure",
         "prints lines at 9600 baud, such as 'dist 12'"),
        ({BAUD: b""}, "bad", "nothing is heard"),
        ({BAUD: b"\xf0\x81"}, "unsure", "only 2 bytes came"),
        ({BAUD: b"\xf0\x81" * 50, 9_600: b"\x99\xf3" * 90}, "bad", "no node's at any usual baud"),
    ],
)  # fmt: skip
def test_what_is_heard_tells_what_hangs_there(
    heard: dict[int, bytes], verdict: str, says: str
) -> None:
    told = judge("/dev/ttyUSB0", heard)
    assert (told.verdict, says in told.says) == (verdict, True), told


def test_other_baud_rates_are_tried_only_where_something_else_is_said() -> None:
    asked: list[int] = []

    def silent(baud: int) -> bytes:
        asked.append(baud)
        return b""

    listened("/dev/x", silent)
    assert asked == [BAUD]
    asked.clear()

    def printing(baud: int) -> bytes:
        asked.append(baud)
        return b"\xf0\x81" * 50

    listened("/dev/x", printing)
    assert len(asked) > 5


def test_a_port_that_does_not_open_says_why() -> None:
    def refuse(baud: int) -> bytes:
        raise SerialException(16, "busy")

    told = listened("/dev/x", refuse)
    assert (told.verdict, "another program has it" in told.says) == ("bad", True)


def test_a_real_node_on_a_real_port_is_heard_and_never_written_to(tmp_path: Path) -> None:
    node = PtyNode(SimulatedNode("post", ("distance",), (), uid=0xBEEF), str(tmp_path / "tty1"))
    stop = threading.Event()

    def pump() -> None:
        while not stop.wait(0.005):
            node.pump(time.monotonic_ns() // 1000)

    thread = threading.Thread(target=pump)
    thread.start()
    try:
        path = str(tmp_path / "tty1")
        told = [f for f in examine([path], listen_s=5.0) if f.subject == path]
    finally:
        stop.set()
        thread.join()
        written = node.node.outputs, node.node._streaming
        node.unplug()
    assert [f.verdict for f in told] == ["good"], told
    assert "uid 0000beef" in told[0].says
    assert written == ((), False)


def test_the_computer_that_this_runs_on_can_be_examined() -> None:
    told = list(examine())
    assert told
    assert all(f.verdict in ("good", "bad", "unsure") and f.says for f in told)
    assert all(f.cure for f in told if f.verdict == "bad")
    assert os.path.exists(RULES)
