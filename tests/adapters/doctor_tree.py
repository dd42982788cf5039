"""A computer planted in a folder, as the doctor reads it: boards, ports, programs, rules, log."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from firmware_bridge.doctor import Finding, Machine, examine

GROUP = 20
BUS = "/sys/devices/pci0000:00/0000:00:14.0/usb1"
RULES = Path(__file__).resolve().parents[2] / "config/99-installation.rules"
CH340, UNO, FTDI, CP210X = "1a86:7523", "2341:0043", "0403:6001", "10c4:ea60"


class Tree:
    """Nothing hangs on it at first. `user` is alex, whose login is in the groups `groups`."""

    def __init__(self, root: Path, *, groups: Sequence[int] = (1000, GROUP),
                 may_open: bool = True) -> None:  # fmt: skip
        self.root, self.may_open, self.groups = root, may_open, frozenset(groups)
        self.folder("/sys/bus/usb/devices")
        self.file("/etc/group", f"root:x:0:\ndialout:x:{GROUP}:\nalex:x:1000:\n")
        self.file("/proc/uptime", "7200.00 14000.00\n")
        self.file("/proc/sys/kernel/osrelease", "6.1.0-30-amd64\n")
        self.folder("/lib/modules/6.1.0-30-amd64")
        self.install(RULES.read_text())

    @property
    def machine(self) -> Machine:
        return Machine(self.root, user="alex", groups=self.groups, allows=lambda _: self.may_open)

    def examine(self, *paths: str) -> list[Finding]:
        """What is found without listening; no trouble is without its cure."""
        found = list(examine(paths, machine=self.machine, listen_s=0))
        assert all(finding.cure for finding in found if finding.verdict != "good"), found
        return found

    def troubles(self, *paths: str) -> list[Finding]:
        return [finding for finding in self.examine(*paths) if finding.verdict != "good"]

    def trouble(self, *paths: str) -> Finding:
        """The only one."""
        (finding,) = self.troubles(*paths)
        return finding

    def folder(self, path: str) -> None:
        (self.root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def file(self, path: str, text: str) -> Path:
        there = self.root / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(text)
        return there

    def link(self, path: str, to: str) -> None:
        """`to` is a path in the tree."""
        there = self.root / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.symlink_to(os.path.relpath(self.root / to.lstrip("/"), there.parent))

    def install(self, rules: str) -> None:
        self.file("/etc/udev/rules.d/99-installation.rules", rules)

    def uninstall(self) -> None:
        (self.root / "etc/udev/rules.d/99-installation.rules").unlink()

    def usb(self, place: str, id_: str, driver: str = "", **attributes: str) -> str:
        """A device in the socket `place`, with one interface; its folder."""
        hubs = place.split(".")
        folder = "/".join([BUS, *(".".join(hubs[: i + 1]) for i in range(len(hubs)))])
        vendor, _, product = id_.partition(":")
        told = {"idVendor": vendor, "idProduct": product, "bConfigurationValue": "1",
                "bMaxPower": "100mA", "bDeviceClass": "00", "bmAttributes": "80", "speed": "12",
                "dev": f"189:{place[-1]}"} | attributes  # fmt: skip
        for name, value in told.items():
            self.file(f"{folder}/{name}", f"{value}\n")
        self.folder(f"{folder}/{place}:1.0")
        if driver:
            self.folder(f"/sys/bus/usb/drivers/{driver}")
            self.link(f"{folder}/{place}:1.0/driver", f"/sys/bus/usb/drivers/{driver}")
        self.link(f"/sys/bus/usb/devices/{place}", folder)
        return folder

    def port(self, name: str, place: str = "1-1", id_: str = CH340, by_id: str = "board",
             *, is_ignored: bool = True, mode: int = 0o660, **attributes: str) -> str:  # fmt: skip
        """A board with its port, named in by-id where `by_id` says so; its path there."""
        number = int(name[-1])
        folder = self.usb(place, id_, "ch341", **attributes)
        tty = f"{folder}/{place}:1.0/{name}"
        self.file(f"{tty}/tty/{name}/dev", f"188:{number}\n")
        self.link(f"/sys/class/tty/{name}", f"{tty}/tty/{name}")
        self.link(f"{tty}/tty/{name}/device", tty)
        device = self.file(f"/dev/{name}", "")
        self._belong(device, mode)
        noted = "E:ID_MM_DEVICE_IGNORE=1\n" if is_ignored else "E:ID_BUS=usb\n"
        if not by_id:
            self.file(f"/run/udev/data/c188:{number}", noted)
            return f"/dev/{name}"
        self.file(f"/run/udev/data/c188:{number}", f"S:serial/by-id/{by_id}\n{noted}")
        if not (self.root / "dev/serial/by-id" / by_id).is_symlink():
            self.link(f"/dev/serial/by-id/{by_id}", f"/dev/{name}")
        return f"/dev/serial/by-id/{by_id}"

    def _belong(self, device: Path, mode: int) -> None:
        """To the group dialout; where the test may not give it away, that is the tester's own."""
        device.chmod(mode)
        with suppress(PermissionError):
            os.chown(device, -1, GROUP)
            return
        text = (self.root / "etc/group").read_text()
        self.file("/etc/group", text.replace(f":{GROUP}:", f":{os.getgid()}:"))

    def join_group(self) -> None:
        """/etc/group has alex in dialout; the login is what it was."""
        text = (self.root / "etc/group").read_text()
        lines = [f"{line}alex" if line.startswith("dialout") else line for line in text.split("\n")]
        self.file("/etc/group", "\n".join(lines))

    def runs(self, pid: int, name: str, *command: str, opens: str = "") -> None:
        self.file(f"/proc/{pid}/comm", f"{name}\n")
        self.file(f"/proc/{pid}/cmdline", "\0".join([*command, ""]))
        if opens:
            self.folder(f"/proc/{pid}/fd")
            (self.root / f"proc/{pid}/fd/7").symlink_to(opens)

    def logs(self, *lines: tuple[float, str]) -> None:
        """Seconds since the start, of 7200, and the text."""
        records = [f"6,{i},{int(at_s * 1e6)},-;{text}" for i, (at_s, text) in enumerate(lines)]
        self.file("/dev/kmsg", "\n SUBSYSTEM=usb\n".join(records) + "\n")
