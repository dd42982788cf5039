"""The udev rule, and the services that it keeps away: ModemManager and brltty."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from firmware_bridge.doctor.finding import Finding
from firmware_bridge.doctor.machine import Machine, Port, Usb

CLAIM = re.compile(r'ENV\{PRODUCT\}=="([^"]*)"')
CONDITION = re.compile(r'ATTRS\{(\w+)\}=="([^"]*)"')
IGNORED = "E:ID_MM_DEVICE_IGNORE=1"
"""What ModemManager asks of a device or its port: ModemManager-Common-udev-tags."""


def examine_rule(machine: Machine) -> Iterator[Finding]:
    """Whether the udev rule is installed, as this version has it."""
    name, wanted = machine.rules.name, _wanted(machine)
    installed = machine.udev_rules().get(name)
    if not wanted:
        return
    if installed is None:
        yield Finding("udev rule", "unsure", f"{name} is not installed: this computer's own rules "
                      "decide who may open a board, and which services reach for it.",
                      install_rule(machine))  # fmt: skip
    elif machine.read(installed) != wanted:
        yield Finding("udev rule", "unsure", f"{installed} is not the one of this version.",
                      install_rule(machine))  # fmt: skip
    else:
        yield Finding("udev rule", "good", f"{installed} is installed, as this version has it.")


def rule_is_in_force(machine: Machine) -> bool:
    installed = machine.udev_rules().get(machine.rules.name)
    return installed is not None and machine.read(installed) == _wanted(machine)


def _wanted(machine: Machine) -> str:
    return machine.rules.read_text().strip() if machine.rules.exists() else ""


def install_rule(machine: Machine) -> str:
    """The lines to type."""
    return (f"sudo cp {machine.rules} /etc/udev/rules.d/\n"
            "sudo udevadm control --reload\n"
            "sudo udevadm trigger --action=add --subsystem-match=usb "
            "--subsystem-match=usb-serial --subsystem-match=tty\n"
            "Unplug the boards and plug them in again.")  # fmt: skip


def examine_modem_manager(machine: Machine, ports: Sequence[Port]) -> Iterator[Finding]:
    """It may write to what looks like a modem; a port that udev has marked it leaves alone."""
    if not machine.runs("ModemManager"):
        return
    for port in ports:
        if port.usb is None or _is_ignored(machine, port, port.usb):
            continue
        cure = _own_rule(port.usb) if rule_is_in_force(machine) else install_rule(machine)
        yield Finding(port.path, "unsure", "ModemManager runs, and nothing tells it to leave this "
                      "board alone: it may write to it when it is plugged in.", cure)  # fmt: skip


def _own_rule(usb: Usb) -> str:
    """For a board that the rule does not name."""
    line = (f'SUBSYSTEM=="usb", ATTR{{idVendor}}=="{usb.vendor}", '
            f'ATTR{{idProduct}}=="{usb.product}", ENV{{ID_MM_DEVICE_IGNORE}}="1"')  # fmt: skip
    return ("Unplug the board and plug it in again; where this does not go away, type:\n"
            f"echo '{line}' | sudo tee -a /etc/udev/rules.d/99-own-boards.rules\n"
            "sudo udevadm control --reload")  # fmt: skip


def _is_ignored(machine: Machine, port: Port, usb: Usb) -> bool:
    name = port.device.rpartition("/")[2]
    return any(IGNORED in machine.udev(f) for f in (f"/sys/class/tty/{name}", usb.folder))


def examine_brltty(machine: Machine, ports: Sequence[Port]) -> Iterator[Finding]:
    """A board that still has its port, and that brltty takes when it is plugged in next."""
    for port in ports:
        if port.usb and not rule_is_in_force(machine):
            rule = claimed_by_brltty(machine, port.usb)
            if rule:
                yield Finding(port.path, "unsure", "brltty, the service for braille displays, may "
                              f"take this board when it is plugged in next: {rule} says so.",
                              install_rule(machine))  # fmt: skip


def claimed_by_brltty(machine: Machine, usb: Usb) -> str:
    """The rules file that has brltty started for this device; empty where none does."""
    for name, path in machine.udev_rules().items():
        if "brltty" in name and any(_claims(machine, line, usb) for line in _lines(machine, path)):
            return path
    return ""


def _lines(machine: Machine, path: str) -> list[str]:
    return [line for line in machine.read(path).splitlines() if not line.startswith("#")]


def _claims(machine: Machine, line: str, usb: Usb) -> bool:
    """udev's own reading: the kernel's PRODUCT, and one device on the way to the root that has
    all the attributes that are named."""
    claim = CLAIM.search(line)
    product = f"{int(usb.vendor or '0', 16):x}/{int(usb.product or '0', 16):x}/0"
    if claim is None or not fnmatchcase(product, claim[1]):
        return False
    conditions, folder = CONDITION.findall(line), usb.folder
    while len(folder) > 1:
        if all(fnmatchcase(machine.read(f"{folder}/{a}"), value) for a, value in conditions):
            return True
        folder = folder.rpartition("/")[0]
    return False


def free_of_brltty(machine: Machine) -> str:
    """Lines that end brltty for good: its process finds generic chips without udev, too."""
    if machine.is_there("/usr/bin/apt"):
        return "sudo apt remove brltty\nUnplug the board and plug it in again."
    return ("sudo systemctl mask --now brltty.path brltty.service brltty-udev.service\n"
            "Unplug the board and plug it in again.")  # fmt: skip
