"""Power, sleep, latency and names of USB ports; what the kernel's log says of them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from firmware_bridge.doctor.finding import Finding, Verdict
from firmware_bridge.doctor.machine import HUB, Machine, Message, Port

RECENT_S = 3600.0
OFTEN = 3
"""So many times unplugged within RECENT_S is no hand."""
SELF_POWERED = 0x40
"""The bit in bmAttributes: USB 2.0, table 9-10."""
USB2_MA, USB3_MA = 500, 900
"""What a socket gives: USB 2.0, 7.2.1; USB 3.2, 11.4.1."""
USB3_MBIT = 5000
CLAIMS = "S:serial/by-id/"


class _Trouble(NamedTuple):
    pattern: re.Pattern[str]
    verdict: Verdict
    says: str
    cure: str


TROUBLES = (
    _Trouble(re.compile("over-current (change|condition)"), "bad",
             "A USB socket reports that too much current is drawn",
             "Unplug what hangs there, look for a short circuit, and give the boards a supply or a "
             "hub of their own."),
    _Trouble(re.compile("insufficient available bus power"), "bad",
             "A board was not switched on because its hub has too little power",
             "Use a hub with a supply of its own."),
    _Trouble(re.compile(r"unable to enumerate|descriptor read/\w+, error|not accepting address"),
             "bad", "Something was plugged in that does not answer as a USB device should",
             "Try another cable, a shorter one, and a socket of the computer itself."),
    _Trouble(re.compile(r"disabled by hub \(EMI\?\)"), "unsure",
             "A USB connection was cut by electrical interference",
             "Lead its cable away from motors, relays and lamps; take a shielded one."),
    _Trouble(re.compile("claimed by .* while 'brltty' sets config"), "bad",
             "brltty, the service for braille displays, took a board away",
             "sudo apt remove brltty"),
)  # fmt: skip
"""What the kernel writes: hub.c, generic.c and devio.c in drivers/usb/core."""
UNPLUGGED = re.compile(r"^usb (\S+): USB disconnect")


def examine_log(machine: Machine) -> Iterator[Finding]:
    """The last hour of the kernel's log."""
    recent = [m for m in machine.log() if m.ago_s <= RECENT_S]
    for trouble in TROUBLES:
        lines = [m for m in recent if trouble.pattern.search(m.text)]
        if lines:
            yield Finding("USB", trouble.verdict, f"{trouble.says}, {_when(lines[-1])}: "
                          f"'{lines[-1].text}'.", trouble.cure)  # fmt: skip
    gone = Counter(found[1] for m in recent if (found := UNPLUGGED.match(m.text)))
    for place, times in gone.items():
        if times >= OFTEN:
            yield Finding(f"USB {place}", "unsure", f"What hangs there was gone {times} times "
                          "within the last hour.",
                          "If nobody pulled it: another cable, and a relief for its "
                          "pull.")  # fmt: skip


def _when(message: Message) -> str:
    minutes = round(message.ago_s / 60)
    return "a minute ago" if minutes <= 1 else f"{minutes} minutes ago"


def examine_hubs(machine: Machine) -> Iterator[Finding]:
    """Hubs that live on their cable, with more behind them than the cable gives."""
    for path in machine.glob("/sys/bus/usb/devices/*/bmAttributes"):
        hub = machine.real(os.path.dirname(path))
        if machine.read(f"{hub}/bDeviceClass") != HUB or _number(machine.read(path)) & SELF_POWERED:
            continue
        drawn_ma = _milliamperes(machine, hub) + sum(
            _milliamperes(machine, folder) for folder in _behind(machine, hub))  # fmt: skip
        speed = machine.read(f"{hub}/speed")
        gives_ma = USB3_MA if speed.isdigit() and int(speed) >= USB3_MBIT else USB2_MA
        if drawn_ma > gives_ma:
            yield Finding(f"USB {os.path.basename(hub)}", "unsure", "This hub has no supply of its "
                          f"own; what hangs there may draw {drawn_ma} mA, and a socket gives "
                          f"{gives_ma} mA.", "Use a hub with a supply of its own.")  # fmt: skip


def _behind(machine: Machine, hub: str) -> list[str]:
    """The devices in its sockets, but not those behind a further hub."""
    paths = machine.glob(f"{hub}/{os.path.basename(hub)}.*/bMaxPower")
    return [os.path.dirname(path) for path in paths]


def _milliamperes(machine: Machine, folder: str) -> int:
    """bMaxPower reads `100mA`."""
    told = machine.read(f"{folder}/bMaxPower").removesuffix("mA")
    return int(told) if told.isdigit() else 0


def _number(hexadecimal: str) -> int:
    try:
        return int(hexadecimal, 16)
    except ValueError:
        return SELF_POWERED  # not told: nothing is held against it


def examine_timing(machine: Machine, port: Port) -> Iterator[Finding]:
    """FTDI's latency timer, and boards that may be put to sleep."""
    latency = f"/sys/bus/usb-serial/devices/{os.path.basename(port.device)}/latency_timer"
    told_ms = machine.read(latency)
    if told_ms not in ("", "1"):
        yield Finding(port.path, "unsure", f"Its FTDI chip holds bytes back for {told_ms} ms; the "
                      "udev rule makes it 1 ms.", f"echo 1 | sudo tee {latency}")  # fmt: skip
    if port.usb and machine.read(f"{port.usb.folder}/power/control") == "auto":
        yield Finding(port.path, "unsure", "This computer may put the board to sleep to save "
                      "power; the udev rule forbids it.",
                      f"echo on | sudo tee {port.usb.folder}/power/control")  # fmt: skip


def examine_names(machine: Machine, ports: Sequence[Port]) -> Iterator[Finding]:
    """Boards without a serial number share one name in by-id, and the link goes to one of them."""
    on_usb = [port for port in ports if port.usb]
    names = {port: _names(machine, port) for port in on_usb}
    shared = Counter(name for claimed in names.values() for name in claimed)
    for name, times in shared.items():
        if times > 1:
            devices = ", ".join(p.device for p, claimed in names.items() if name in claimed)
            yield Finding(f"/dev/{name}", "good", f"{devices} share this name, for they have no "
                          "serial number; a node is told by its own uid, so this is fine.",
                          _automatic(machine))  # fmt: skip
    for port, claimed in names.items():
        if not claimed:
            yield Finding(port.path, "good", "It has no name in /dev/serial/by-id, and may be "
                          "called otherwise next time; a node is told by its own uid, so this is "
                          "fine.", _automatic(machine))  # fmt: skip


def _names(machine: Machine, port: Port) -> list[str]:
    """What udev called it; without udev's notes, the links that lead there."""
    told = machine.udev(f"/sys/class/tty/{os.path.basename(port.device)}")
    claimed = [line.removeprefix("S:") for line in told if line.startswith(CLAIMS)]
    links = machine.glob("/dev/serial/by-id/*")
    return claimed or [p.removeprefix("/dev/") for p in links if machine.real(p) == port.device]


def _automatic(machine: Machine) -> str:
    return (f"Leave serial_ports = [] in {machine.rules.with_name('gallery.toml')}; for a board "
            "that prints lines take its name in /dev/serial/by-path, which is the "
            "socket's.")  # fmt: skip
