"""config/99-installation.rules: read by udev itself, and beside what the doctor knows of boards."""

from __future__ import annotations

import re
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from firmware_bridge.doctor.machine import Usb
from firmware_bridge.doctor.ports import BOARDS, LOADERS, driver_of

sys.path.insert(0, str(Path(__file__).parents[1]))
from needs import program

RULES = Path(__file__).resolve().parents[2] / "config/99-installation.rules"
BRLTTY = """\
SUBSYSTEM!="usb", GOTO="end"
ENV{PRODUCT}!="1a86/7523/*", GOTO="end"
ENV{BRLTTY_BRAILLE_DRIVER}="bm", TAG+="systemd", ENV{SYSTEMD_WANTS}+="brltty-udev.service"
LABEL="end"
"""
"""What 85-brltty.rules comes to for a CH340."""
BOARD = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1"
TTY, PORT = f"{BOARD}/1-1:1.0/ttyUSB0/tty/ttyUSB0", f"{BOARD}/1-1:1.0/ttyUSB0"
SCRIPT = """\
set -e
mount --bind "$1/sys" /sys
mount --bind "$1/run" /run
for folder in /etc/udev/rules.d /usr/local/lib/udev/rules.d; do
    [ ! -d $folder ] || mount -t tmpfs none $folder
done
touch "$1/dev/null"
mount --bind /dev/null "$1/dev/null"
mount --bind "$1/dev" /dev
export SYSTEMD_DEVICE_VERIFY_SYSFS=0
"$2" test --action=add "$3" 2>&1
"""
"""In a mount namespace of its own: a planted /sys and no more rules than the system's and ours."""


class Udev:
    """A planted CH340 on which udev tries its rules."""

    def __init__(self, root: Path, id_: str = "1a86:7523") -> None:
        self.root, self.udevadm = root, program("udevadm", "udev")
        vendor, _, product = id_.partition(":")
        number = f"{int(vendor, 16):x}/{int(product, 16):x}/264"
        self._device(BOARD, "bus/usb", f"DEVTYPE=usb_device\nPRODUCT={number}\n"
                     "MAJOR=189\nMINOR=1\nDEVNAME=bus/usb/001/002")  # fmt: skip
        for name, value in (("idVendor", vendor), ("idProduct", product), ("dev", "189:1"),
                            ("power/control", "auto"), ("1-1:1.0/bInterfaceNumber", "00"),
                            ("1-1:1.0/bInterfaceClass", "ff")):  # fmt: skip
            self._file(f"{BOARD}/{name}", value)
        self._device(f"{BOARD}/1-1:1.0", "bus/usb", "DEVTYPE=usb_interface")
        self._device(PORT, "bus/usb-serial", "DRIVER=ftdi_sio")
        self._link(f"{PORT}/driver", "/sys/bus/usb-serial/drivers/ftdi_sio")
        self._file(f"{PORT}/latency_timer", "16")
        self._device(TTY, "class/tty", "MAJOR=188\nMINOR=0\nDEVNAME=ttyUSB0")
        self._file(f"{TTY}/dev", "188:0")
        self._link(f"{TTY}/device", PORT)
        self._file("/dev/serial", "")  # not a folder: no link is made
        self.install("99-installation.rules", RULES.read_text())
        self.install("85-brltty.rules", BRLTTY)

    def install(self, name: str, text: str) -> None:
        self._file(f"/run/udev/rules.d/{name}", text)

    def _file(self, path: str, text: str) -> None:
        there = self.root / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(f"{text}\n")

    def _link(self, path: str, to: str) -> None:
        (self.root / to.lstrip("/")).mkdir(parents=True, exist_ok=True)
        (self.root / path.lstrip("/")).symlink_to("../" * (path.count("/") - 1) + to.lstrip("/"))

    def _device(self, folder: str, subsystem: str, uevent: str) -> None:
        self._file(f"{folder}/uevent", uevent)
        self._link(f"{folder}/subsystem", f"/sys/{subsystem}")

    def says(self, device: str) -> str:
        """What `udevadm test` has to say when the device is added."""
        told = subprocess.run(
            ["unshare", "--mount", "--map-root-user", "bash", "-c", SCRIPT, "-", str(self.root),
             self.udevadm, device],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if told.returncode and ("unshare" in told.stderr or "mount" in told.stderr):
            pytest.skip(f"no namespaces here: {told.stderr}")
        assert told.returncode == 0, told.stdout + told.stderr
        return told.stdout


def test_udev_understands_the_rule_and_modem_manager_is_told(tmp_path: Path) -> None:
    said = Udev(tmp_path).says(TTY)
    assert not re.search(r"99-installation\.rules:\d+.*(?i:invalid|unknown|fail)", said), said
    assert "\nID_MM_DEVICE_IGNORE=1\n" in said


def test_udev_gives_the_port_to_the_group_and_to_who_sits_there(tmp_path: Path) -> None:
    said = Udev(tmp_path).says(TTY)
    assert re.search(r"99-installation\.rules:\d+ .*MODE 0660", said), said
    assert re.search(r"99-installation\.rules:\d+ .*GROUP", said), said
    assert re.search(r"99-installation\.rules:\d+ .*RUN 'uaccess'", said), said


def test_udev_takes_back_what_brltty_wished(tmp_path: Path) -> None:
    udev = Udev(tmp_path)
    assert "SYSTEMD_WANTS=" not in udev.says(BOARD)
    assert "\nID_MM_DEVICE_IGNORE=1\n" in udev.says(BOARD)
    udev.install("99-installation.rules", "")
    assert "\nSYSTEMD_WANTS=brltty-udev.service\n" in udev.says(BOARD)


def test_udev_hurries_an_ftdi_chip_and_keeps_a_board_awake(tmp_path: Path) -> None:
    udev = Udev(tmp_path)
    assert re.search(r"99-installation\.rules:\d+ .*latency_timer.*'?1'?", udev.says(PORT))
    assert re.search(r"99-installation\.rules:\d+ .*power/control.*'?on'?", udev.says(BOARD))


def test_udev_leaves_other_devices_alone(tmp_path: Path) -> None:
    said = Udev(tmp_path, "16c0:05e1").says(TTY)  # a braille display of Teensy's vendor number
    assert "ID_VENDOR_ID=16c0" in said and "ID_MM_DEVICE_IGNORE" not in said


def named_by_the_rule(id_: str) -> bool:
    vendor, _, product = id_.partition(":")
    for line in RULES.read_text().splitlines():
        told = dict(re.findall(r'ENV\{(ID_\w+)\}=="([^"]*)"', line))
        vendors, models = told.get("ID_VENDOR_ID", ""), told.get("ID_MODEL_ID", "*")
        if vendor in vendors.split("|") and any(
            fnmatchcase(product, model) for model in models.split("|")
        ):
            return True
    return False


@pytest.mark.parametrize("board", [*BOARDS, *LOADERS])
def test_the_rule_names_every_board_that_the_doctor_knows(board: str) -> None:
    vendor, _, product = board.partition(":")
    assert named_by_the_rule(f"{vendor}:{product.ljust(4, '8') if product else '0043'}")


@pytest.mark.parametrize("board", ["1a86:8091", "10c4:0001", "0403:de58", "16c0:05e1", "046d:c31c"])
def test_neither_the_rule_nor_the_doctor_takes_other_devices_for_boards(board: str) -> None:
    vendor, _, product = board.partition(":")
    assert not named_by_the_rule(board)
    assert driver_of(Usb("/sys/x", vendor, product, "")) == ""


def test_no_line_of_the_rule_ends_in_a_comment() -> None:
    """udev knows none there."""
    for line in RULES.read_text().splitlines():
        assert line.startswith("#") or "#" not in line
