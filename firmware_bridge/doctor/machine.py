"""The computer as its files tell it: /dev, /sys, /proc, /etc, /run. Nothing is run or written.

A missing or unreadable file reads as empty: that is an answer too.
"""

from __future__ import annotations

import contextlib
import getpass
import glob
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

CONFIG = Path(__file__).resolve().parents[2] / "config"
RULES_FOLDERS = ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
                 "/usr/lib/udev/rules.d", "/lib/udev/rules.d")  # fmt: skip
"""A file in an earlier folder replaces one of the same name in a later: udev(7)."""
HUB = "09"
"""The device class of a hub: USB 2.0, 11.23.1."""
MOST_LOG = 4 << 20
PTYS, MASTERS = "/dev/pts/", {"/dev/ptmx", "/dev/pts/ptmx"}


class Usb(NamedTuple):
    """A USB device. `folder` is its own in /sys/devices; ids are four hex digits in lower case."""

    folder: str
    vendor: str
    product: str
    name: str

    @property
    def id(self) -> str:
        """As `lsusb` writes it."""
        return f"{self.vendor}:{self.product}"

    @property
    def place(self) -> str:
        """As the kernel calls the socket: `1-1.4`."""
        return os.path.basename(self.folder)

    @property
    def called(self) -> str:
        return f"{self.name} ({self.id})" if self.name else self.id


class Port(NamedTuple):
    """`path` is the name by which the show would open it, `device` the kernel's."""

    path: str
    device: str
    usb: Usb | None


class Program(NamedTuple):
    """A process; `name` is at most 15 characters long, `command` its words."""

    pid: int
    name: str
    command: tuple[str, ...]


class Message(NamedTuple):
    """A line of the kernel's log, and how many seconds ago it was written."""

    ago_s: float
    text: str


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a number without a name, as in a container
        return str(os.getuid())


def _groups() -> frozenset[int]:
    return frozenset((*os.getgroups(), os.getegid()))


def _may_use(path: Path) -> bool:
    return os.access(path, os.R_OK | os.W_OK)


@dataclass(frozen=True)
class Machine:
    """This computer, or one that a test has planted in the folder `root`.

    `groups` are the group numbers of this login, `allows` says whether it may open a port, and
    `rules` is the udev rule as this version has it.
    """

    root: Path = Path("/")
    user: str = field(default_factory=_user)
    groups: frozenset[int] = field(default_factory=_groups)
    allows: Callable[[Path], bool] = _may_use
    rules: Path = CONFIG / "99-installation.rules"

    def at(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def read(self, path: str) -> str:
        """Without the blanks around it."""
        try:
            return self.at(path).read_text(errors="replace").strip()
        except (OSError, ValueError):
            return ""

    def glob(self, pattern: str) -> list[str]:
        found = glob.glob(pattern.lstrip("/"), root_dir=self.root)
        return sorted(f"/{path}" for path in found)

    def real(self, path: str) -> str:
        """Where the links end."""
        inside = os.path.relpath(os.path.realpath(self.at(path)), os.path.realpath(self.root))
        return f"/{inside}"

    def is_there(self, path: str) -> bool:
        return self.at(path).exists()

    def link(self, path: str) -> str:
        """What a link says; empty where it is none."""
        try:
            return os.readlink(self.at(path))
        except OSError:
            return ""

    def usb(self) -> list[Usb]:
        """All devices but the hubs, those behind hubs included."""
        paths = self.glob("/sys/bus/usb/devices/*/idVendor")
        folders = [self.real(os.path.dirname(path)) for path in paths]
        return [self._usb(f) for f in folders if self.read(f"{f}/bDeviceClass") != HUB]

    def _usb(self, folder: str) -> Usb:
        vendor, product = self.read(f"{folder}/idVendor"), self.read(f"{folder}/idProduct")
        return Usb(folder, vendor, product, self.read(f"{folder}/product"))

    def usb_of(self, device: str) -> Usb | None:
        """What a port like /dev/ttyUSB0 belongs to; None where that is no USB device."""
        folder = self.real(f"/sys/class/tty/{os.path.basename(device)}/device")
        while len(folder) > 1:
            if self.is_there(f"{folder}/idVendor"):
                return self._usb(folder)
            folder = os.path.dirname(folder)
        return None

    def udev(self, sysfs: str) -> list[str]:
        """What udev noted of a device: lines such as `E:ID_BUS=usb` and `S:serial/by-id/...`."""
        return self.read(f"/run/udev/data/c{self.read(f'{sysfs}/dev')}").splitlines()

    def udev_rules(self) -> dict[str, str]:
        """Each rules file that is in force, by name: its path."""
        paths = [p for f in reversed(RULES_FOLDERS) for p in self.glob(f"{f}/*.rules")]
        return {os.path.basename(path): path for path in paths}

    def group(self, number: int) -> tuple[str, list[str]]:
        """Name and members of a group; the number itself where it has no name."""
        for line in self.read("/etc/group").splitlines():
            name, _, rest = line.partition(":")
            if rest.split(":")[1:2] == [str(number)]:
                return name, rest.rpartition(":")[2].split(",")
        return str(number), []

    def program(self, pid: int) -> Program:
        words = self.read(f"/proc/{pid}/cmdline").rstrip("\0").split("\0")
        return Program(pid, self.read(f"/proc/{pid}/comm"), tuple(words))

    def runs(self, name: str) -> bool:
        return any(self.read(comm) == name for comm in self.glob("/proc/[0-9]*/comm"))

    def holders(self, device: str) -> list[Program]:
        """Who has a port open, but for this process.

        Of another user's programs one sees no files, but the lock with which pyserial takes a
        port: proc(5), /proc/locks.
        """
        pids = {*self._openers(device), *self._lockers(device)} - {os.getpid()}
        return [self.program(pid) for pid in sorted(pids)]

    def _openers(self, device: str) -> Iterator[int]:
        """Of a pty without the simulator at its other end, which keeps both ends open."""
        for folder in self.glob("/proc/[0-9]*/fd"):
            links = {self.link(fd) for fd in self.glob(f"{folder}/*")}
            if device in links and not (device.startswith(PTYS) and links & MASTERS):
                yield int(folder.split("/")[2])

    def _lockers(self, device: str) -> Iterator[int]:
        with contextlib.suppress(OSError):
            told = os.stat(self.at(device))
            place = f"{os.major(told.st_dev):02x}:{os.minor(told.st_dev):02x}:{told.st_ino}"
            for line in self.read("/proc/locks").splitlines():
                words = line.split()
                if place in words and words[4].isdigit():
                    yield int(words[4])

    def log(self) -> list[Message]:
        """The kernel's messages since the start of the computer, where this user may read them.

        A record is `priority,number,microseconds,flags;text`: Documentation/ABI/testing/dev-kmsg.
        """
        up_s = float((self.read("/proc/uptime").split() or ["0"])[0])
        messages = []
        for line in self._records().splitlines():
            head, _, text = line.partition(";")
            words = head.split(",")
            if text and len(words) > 2 and words[2].isdigit():
                messages.append(Message(up_s - int(words[2]) / 1e6, text))
        return messages

    def _records(self) -> str:
        data = b""
        try:
            fd = os.open(self.at("/dev/kmsg"), os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return ""
        try:
            while len(data) < MOST_LOG and (more := _record(fd)):
                data += more
        finally:
            os.close(fd)
        return data.decode(errors="replace")


def _record(fd: int) -> bytes:
    """One record of the log, or what a planted file holds; empty at the end."""
    while True:
        try:
            return os.read(fd, 8192)
        except BrokenPipeError:
            continue  # overwritten while it was read: the next one follows
        except OSError:
            return b""
