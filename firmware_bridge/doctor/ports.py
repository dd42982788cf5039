"""Which ports there are, and boards that should have one and have none."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from firmware_bridge.discovery import ANY
from firmware_bridge.doctor.finding import Finding
from firmware_bridge.doctor.machine import Machine, Port, Usb
from firmware_bridge.doctor.services import claimed_by_brltty, free_of_brltty

CDC = "cdc_acm"
BOARDS = {
    "2341": CDC, "2a03": CDC, "303a": CDC, "2e8a": CDC, "16c0:04": CDC, "1a86:55d4": CDC,
    "1a86:7523": "ch341", "10c4:ea60": "cp210x", "0403:6001": "ftdi_sio", "0403:6010": "ftdi_sio",
    "0403:6011": "ftdi_sio", "0403:6014": "ftdi_sio", "0403:6015": "ftdi_sio",
}  # fmt: skip
"""The usual boards by the beginning of their id, and the kernel's driver for them: the tables in
drivers/usb/serial; the others are of the USB class for modems. config/99-installation.rules has
the same boards."""
LOADERS = {
    "2e8a:0003": "a Raspberry Pi Pico that waits for its firmware",
    "2e8a:000f": "a Raspberry Pi Pico 2 that waits for its firmware",
    "16c0:0478": "a Teensy that waits for its firmware",
}
"""Boards in their loader, where they have no port: picotool and teensy_loader_cli know these."""
CABLE = """\
Try another cable: many are for charging and have no wires for data.
Try a socket of the computer itself, without a hub, and see that the board has light.
Plug it in while this runs, to see what the kernel says: sudo dmesg --follow"""


class Found(NamedTuple):
    """`asked` are the ports to look at, `all_` those that there are."""

    asked: list[Port]
    all_: list[Port]


def find(machine: Machine, paths: Sequence[str]) -> Found:
    """`paths` may be patterns, and names in /dev; none is every port."""
    all_ = _ports(machine, ANY)
    return Found(_ports(machine, [_absolute(p) for p in paths]) if paths else all_, all_)


def _absolute(path: str) -> str:
    return path if path.startswith("/") else f"/dev/{path}"


def _ports(machine: Machine, patterns: Sequence[str]) -> list[Port]:
    """Each device once, by the first of its names."""
    ports: dict[str, Port] = {}
    for pattern in patterns:
        for path in machine.glob(pattern):
            device = machine.real(path)
            if machine.is_there(path) and device not in ports:
                ports[device] = Port(path, device, machine.usb_of(device))
    return list(ports.values())


def driver_of(usb: Usb) -> str:
    """The kernel's driver for a usual board; empty for what is none."""
    return next((driver for board, driver in BOARDS.items() if usb.id.startswith(board)), "")


def missing(machine: Machine, paths: Sequence[str], found: Found) -> Iterator[Finding]:
    """Ports that were asked for and are not there; boards without a port; nothing at all."""
    for path in map(_absolute, paths):
        if not any(glob.has_magic(path) or machine.real(path) == p.device for p in found.asked):
            yield _no_such(path, found)
    with_port = {port.usb.folder for port in found.all_ if port.usb}
    boards = [u for u in machine.usb() if driver_of(u) and u.folder not in with_port]
    for usb in boards:
        yield _portless(machine, usb)
    if not found.all_ and not boards and not found.asked:
        yield _nothing(machine)


def _no_such(path: str, found: Found) -> Finding:
    there = ", ".join(port.path for port in found.all_) or "no port at all"
    return Finding(path, "bad", f"There is no such port now; there is {there}.",
                   "installation doctor")  # fmt: skip


def _nothing(machine: Machine) -> Finding:
    if not machine.is_there("/sys/bus/usb/devices"):
        return Finding(
            "ports", "bad",
            "There is no serial port, and no USB is to be seen: a container or a virtual machine?",
            "Hand the board through: docker run --device=/dev/ttyACM0 …, or the USB menu of the "
            "virtual machine.",
        )  # fmt: skip
    others = ", ".join(usb.called for usb in machine.usb())
    seen = f"; of other USB devices there are {others}" if others else ", nor any USB device"
    return Finding("ports", "bad", f"The computer sees no board{seen}.", CABLE)


def _portless(machine: Machine, usb: Usb) -> Finding:
    """The kernel sees the board, and made no port for it."""
    for why in (_is_loading, _is_locked_out, _is_not_switched_on, _is_taken, _has_no_driver):
        if told := why(machine, usb):
            return Finding(f"USB {usb.place}", "bad", *told)
    drivers = _drivers(machine, usb)
    if driver_of(usb) not in drivers:
        return Finding(f"USB {usb.place}", "unsure", f"{usb.called} has no serial port, for its "
                       f"firmware offers none: the kernel uses it with {', '.join(drivers)}.",
                       "Flash it with firmware that speaks on USB.")  # fmt: skip
    return Finding(f"USB {usb.place}", "bad", f"The kernel drives {usb.called}, and yet there is "
                   "no port for it in /dev.",
                   "sudo udevadm trigger --action=add --subsystem-match=tty\n"
                   "In a container: docker run --device=/dev/ttyACM0 …")  # fmt: skip


def _drivers(machine: Machine, usb: Usb) -> list[str]:
    """What drives the device's interfaces; usbfs is a program that talks to it directly."""
    links = machine.glob(f"{usb.folder}/{usb.place}:*/driver")
    return sorted({os.path.basename(machine.link(link)) for link in links})


Why = tuple[str, str] | None
"""What a finding says, and its cure."""


def _is_loading(_: Machine, usb: Usb) -> Why:
    if usb.id not in LOADERS:
        return None
    return (f"This is {LOADERS[usb.id]}, and so has no port.",
            "Flash it, or plug it in again without its button pressed.")  # fmt: skip


def _is_locked_out(machine: Machine, usb: Usb) -> Why:
    if machine.read(f"{usb.folder}/authorized") != "0":
        return None
    return (f"This computer locks {usb.called} out.",
            f"echo 1 | sudo tee {usb.folder}/authorized")  # fmt: skip


def _is_not_switched_on(machine: Machine, usb: Usb) -> Why:
    if machine.read(f"{usb.folder}/bConfigurationValue") not in ("", "0"):
        return None
    return (f"{usb.called} is plugged in but was not switched on: most often its hub has too "
            "little power for it.",
            "Use a hub with a supply of its own, or a socket of the computer.")  # fmt: skip


def _is_taken(machine: Machine, usb: Usb) -> Why:
    """A program that takes a device leaves usbfs as its driver; one that let go of it, none."""
    drivers, claimed = _drivers(machine, usb), claimed_by_brltty(machine, usb)
    if drivers not in ([], ["usbfs"]):
        return None
    if claimed or (drivers and machine.runs("brltty")):
        return (f"brltty, the service for braille displays, has taken {usb.called}, and so it has "
                "no port.", free_of_brltty(machine))  # fmt: skip
    if not drivers:
        return None
    return (f"A program has taken {usb.called} from the kernel, and so it has no port: something "
            "that flashes boards?", "Close that program, and plug the board in again.")  # fmt: skip


def _has_no_driver(machine: Machine, usb: Usb) -> Why:
    if _drivers(machine, usb):
        return None
    release = machine.read("/proc/sys/kernel/osrelease")
    if release and not machine.is_there(f"/lib/modules/{release}"):
        return (f"{usb.called} has no driver, for the kernel that runs ({release}) is no longer "
                "installed: it was updated since the start.", "sudo reboot")  # fmt: skip
    return (f"The kernel sees {usb.called}, and no driver is at work for it.",
            f"sudo modprobe {driver_of(usb)}")  # fmt: skip
