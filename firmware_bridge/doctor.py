"""Why a node is not heard: each finding one sentence, and what to type against it.

Nothing is ever written to a port: what hangs there may be no node.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import serial

from firmware_bridge import messages as m
from firmware_bridge.discovery import ANY, BAUD
from firmware_bridge.machine import Machine
from firmware_bridge.ports import LOSSES, cause
from firmware_bridge.wire import Decoder

RULES = Path(__file__).resolve().parents[1] / "config/99-installation.rules"
INSTALLED = "/etc/udev/rules.d/99-installation.rules"
INSTALL = (f"sudo cp {RULES.relative_to(RULES.parents[1])} {INSTALLED} && "
           "sudo udevadm control --reload && sudo udevadm trigger")  # fmt: skip
OTHER_BAUDS = (115_200, 9_600, 57_600, 230_400, 500_000, 1_000_000)
ENOUGH = 64
"""Bytes without a frame after which another baud rate is tried."""
PRINTABLE_SHARE = 0.9
BOARDS = {"2341": "an Arduino", "2a03": "an Arduino", "1a86": "a CH340", "10c4": "a CP210x",
          "0403": "an FTDI adapter", "303a": "an ESP32", "2e8a": "an RP2040",
          "16c0": "a Teensy"}  # fmt: skip
DRIVERS = {"1a86": "ch341", "10c4": "cp210x", "0403": "ftdi_sio"}
"""The kernel's modules; the others' boards are CDC ACM devices."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`verdict` is good, bad or unsure; `cure` is what to type or to do, empty where nothing is."""

    subject: str
    verdict: str
    says: str
    cure: str = ""


def examine(paths: Sequence[str] = (), *, machine: Machine | None = None, listen_s: float = 1.0,
            progress: Callable[[str], None] = lambda what: None) -> Iterator[Finding]:  # fmt: skip
    """Everything that can be said of the computer, then of each port: of `paths`, else of any."""
    seen = machine or Machine()
    ports = _ports(seen, paths or ANY)
    if not ports:
        yield from _no_port(seen, paths)
    yield from _programs(seen)
    yield _rules(seen)
    for path in ports:
        progress(path)
        yield from _port(seen, path, listen_s)


def _ports(machine: Machine, patterns: Sequence[str]) -> list[str]:
    """Each device once, by its first name."""
    found: dict[str, str] = {}
    for pattern in patterns:
        for path in machine.glob(pattern):
            if machine.exists(path):
                found.setdefault(machine.target(path), path)
    return list(found.values())


def _no_port(machine: Machine, paths: Sequence[str]) -> Iterator[Finding]:
    boards = [
        (machine.read(f"{device}/idVendor"), machine.read(f"{device}/idProduct"))
        for device in machine.glob("/sys/bus/usb/devices/*")
    ]
    known = [(vendor, product) for vendor, product in boards if vendor in BOARDS]
    for vendor, product in known:
        says = f"the kernel sees {BOARDS[vendor]} ({vendor}:{product}), and there is no port of it"
        if vendor in DRIVERS and _brltty(machine):
            yield Finding("USB", "bad", f"{says}: brltty, for braille displays, takes it",
                          "sudo apt remove brltty, then plug the board in again")  # fmt: skip
        else:
            yield Finding("USB", "bad", f"{says}: its driver is not loaded",
                          f"sudo modprobe {DRIVERS.get(vendor, 'cdc_acm')}")  # fmt: skip
    if not known:
        where = f" as {', '.join(paths)}" if paths else ""
        yield Finding("USB", "bad", f"no serial port is there{where}, and no board is seen on USB",
                      "another cable (many only charge), another socket; is the hub powered? "
                      "watch `sudo dmesg -w` while plugging")  # fmt: skip


def _brltty(machine: Machine) -> bool:
    return bool(machine.glob("/usr/lib/udev/rules.d/*brltty*.rules")
                or machine.glob("/lib/udev/rules.d/*brltty*.rules"))  # fmt: skip


def _programs(machine: Machine) -> Iterator[Finding]:
    running = {name for _, name in machine.programs()}
    if "ModemManager" in running and not _is_installed(machine):
        yield Finding("ModemManager", "bad", "it talks to each new port for half a minute, as if "
                      "it were a modem", INSTALL)  # fmt: skip
    if _brltty(machine):
        yield Finding("brltty", "unsure", "it takes boards with a CH340, a CP210x or an FTDI "
                      "chip for braille displays", "sudo apt remove brltty, unless somebody reads "
                      "braille here")  # fmt: skip


def _is_installed(machine: Machine) -> bool:
    return machine.read(INSTALLED) == RULES.read_text(encoding="utf-8").strip()


def _rules(machine: Machine) -> Finding:
    if _is_installed(machine):
        return Finding("udev", "good", "the rules for nodes are installed")
    is_old = machine.exists(INSTALLED)
    says = "the rules for nodes are not those of this version" if is_old else (
        "the rules for nodes are not installed")  # fmt: skip
    return Finding("udev", "unsure", says, INSTALL)


def _port(machine: Machine, path: str, listen_s: float) -> Iterator[Finding]:
    device = machine.target(path)
    rights = _rights(machine, path, device)
    if rights is not None:
        yield rights
    yield from _latency(machine, path, device)
    if rights is not None and rights.verdict == "bad":
        return
    if holders := machine.holders(device):
        yield _holder(path, *holders[0])
        return
    yield listened(path, lambda baud: _listen(path, baud, listen_s))


def _rights(machine: Machine, path: str, device: str) -> Finding | None:
    group, mode = machine.rights(device)
    if machine.who == "root" or mode & 0o006 == 0o006 or group in machine.own_groups():
        return None
    members = [line.rpartition(":")[2].split(",") for line in machine.read("/etc/group").split("\n")
               if line.startswith(f"{group}:")]  # fmt: skip
    if any(machine.who in names for names in members):
        return Finding(path, "bad", f"{machine.who} is in the group {group}, but this login does "
                       "not know it yet", "log out and in again, or restart")  # fmt: skip
    cure = f"sudo usermod -aG {group} {machine.who}, then log out and in again"
    return Finding(path, "bad", f"{machine.who} may not open it: the group {group} may", cure)


def _latency(machine: Machine, path: str, device: str) -> Iterator[Finding]:
    where = f"/sys/bus/usb-serial/devices/{device.rpartition('/')[2]}/latency_timer"
    if (timer := machine.read(where)) and timer != "1":
        yield Finding(path, "bad", f"its FTDI chip holds bytes back for {timer} ms",
                      f"echo 1 | sudo tee {where}; for good: {INSTALL}")  # fmt: skip


def _holder(path: str, pid: int, command: str) -> Finding:
    if "installation" in command:
        return Finding(path, "good", f"the show has it (process {pid}): ask `installation nodes`")
    return Finding(path, "bad", f"another program has it: {command[:60]} (process {pid})",
                   f"close it, or: kill {pid}")  # fmt: skip


def _listen(path: str, baud: int, seconds: float) -> bytes:
    """What comes at a baud rate. Raises what pyserial raises."""
    heard, decoder, end_s = b"", Decoder(), time.monotonic() + seconds
    with serial.Serial(path, baud, timeout=0.05, exclusive=True) as device:
        while time.monotonic() < end_s:
            data = device.read(max(1, device.in_waiting))
            heard += data
            if any(frame.type == m.HELLO for frame in decoder.feed(data)):
                break
    return heard


def listened(path: str, listen: Callable[[int], bytes]) -> Finding:
    """Listen at the nodes' baud rate, and at others where what comes there is no frame."""
    heard: dict[int, bytes] = {}
    try:
        for baud in (BAUD, *OTHER_BAUDS):
            heard[baud] = listen(baud)
            if len(heard[BAUD]) < ENOUGH or _frames(heard[baud]):
                break
    except LOSSES as why:
        return Finding(path, "bad", f"does not open: {cause(why)}", "plug it in again")
    return judge(path, heard)


def judge(path: str, heard: Mapping[int, bytes]) -> Finding:
    """What hangs on a port, by what came at each baud rate."""
    for baud, data in heard.items():
        if frames := _frames(data):
            if baud != BAUD:
                return Finding(path, "bad", f"a node that speaks at {baud} baud instead of {BAUD}",
                               "set the baud rate of its firmware")  # fmt: skip
            return _node(path, frames)
    if not heard.get(BAUD):
        return Finding(path, "bad", "nothing is heard: no firmware, a board that has crashed, or "
                       "another device", "press its reset button; flash it: make -C "
                       "firmware_bridge/firmware help")  # fmt: skip
    for baud, data in heard.items():
        lines = data.split(b"\n")[1:-1]
        if len(lines) > 1 and _printable(b"".join(lines)) >= PRINTABLE_SHARE:
            shown = lines[0].decode("ascii", "replace").strip()[:40]
            return Finding(path, "unsure", f"prints lines at {baud} baud, such as {shown!r}",
                           f"make it a node of the site's config: [nodes.NAME] port = \"{path}\" "
                           f"baud = {baud}")  # fmt: skip
    if len(heard[BAUD]) < ENOUGH:
        return Finding(path, "unsure", f"only {len(heard[BAUD])} bytes came, and no frame",
                       "listen longer: installation doctor --seconds 5")  # fmt: skip
    return Finding(path, "bad", "what comes is no node's at any usual baud rate",
                   "is ground connected, TX to RX; is it this firmware?")  # fmt: skip


def _frames(data: bytes) -> list[tuple[int, bytes]]:
    return [(frame.type, frame.payload) for frame in Decoder().feed(data)]


def _node(path: str, frames: Sequence[tuple[int, bytes]]) -> Finding:
    hellos = [m.parse_hello(payload) for type_, payload in frames if type_ == m.HELLO]
    hello = next((hello for hello in hellos if hello is not None), None)
    if hello is None:
        return Finding(path, "good", "a node that streams")
    if hello.version != m.VERSION:
        return Finding(path, "bad", f"a node of wire version {hello.version}; this bridge speaks "
                       f"{m.VERSION}", "flash it with this version's firmware")  # fmt: skip
    why = m.causes(hello.cause)
    told = f", booted by {why}" if why else ""
    return Finding(path, "good", f"a node: uid {hello.uid:08x}, boot {hello.boot}{told}")


def _printable(data: bytes) -> float:
    return sum(32 <= byte < 127 or byte in b"\r\t" for byte in data) / max(1, len(data))
