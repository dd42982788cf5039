"""What a port has to say, and what that means. Nothing is ever written to it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import serial

from firmware_bridge import messages as m
from firmware_bridge.discovery import BAUD
from firmware_bridge.doctor.finding import Finding
from firmware_bridge.doctor.machine import Machine, Port
from firmware_bridge.lines import DAMAGED, printable
from firmware_bridge.text import Splitter
from firmware_bridge.wire import Decoder, Frame

OTHERS = (115_200, 9_600, 57_600, 230_400, 500_000, 1_000_000)
"""Where else is listened, the likely ones first."""
BOOT_S = 3.0
"""Opening the port resets most boards on USB; with their loader they take so long to speak."""
LOOK_S = 0.05
ENOUGH_HELLOS, ENOUGH_LINES, ENOUGH_BYTES = 8, 10, 4096
"""So much is heard at most: a HELLO comes every 100 ms."""
LEAST_TEXT, PLAIN = 8, 0.95
"""Text is so long at least, and so much of it is printable. Of random bytes 38 % are."""
NOISY = 0.1
FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"
WEAK = 4 | 8
"""Brown-out and watchdog, among the causes of HELLO."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Bytes, understood as well as they can be. `plain` is the share of printable characters,
    `corrupt` counts blocks between zeros that are no frames."""

    size: int
    frames: tuple[Frame, ...]
    corrupt: int
    hellos: tuple[m.Hello, ...]
    lines: tuple[str, ...]
    plain: float

    @property
    def is_text(self) -> bool:
        return self.size >= LEAST_TEXT and self.plain >= PLAIN

    @property
    def is_clear(self) -> bool:
        return bool(self.frames) or self.is_text

    @property
    def is_enough(self) -> bool:
        """Whether more of it would tell no more."""
        if self.frames:
            return len(self.hellos) >= ENOUGH_HELLOS
        return self.size >= ENOUGH_BYTES or (self.is_text and len(self.lines) >= ENOUGH_LINES)


def weigh(data: bytes) -> Weighed:
    decoder = Decoder()
    frames = decoder.feed(data)
    hellos = [m.parse_hello(frame.payload) for frame in frames if frame.type == m.HELLO]
    text = data.decode("utf-8", "replace")
    plain = sum((c.isprintable() and c != DAMAGED) or c in "\r\n\t" for c in text)
    lines = [printable(line.decode("utf-8", "replace"), 40) for line in Splitter().feed(data)]
    return Weighed(len(data), tuple(frames), decoder.corrupt, tuple(h for h in hellos if h),
                   tuple(lines), plain / max(len(text), 1))  # fmt: skip


def listen(port: Port, listen_s: float, progress: Callable[[str], None]) -> dict[int, bytes]:
    """Bytes by baud rate: 250000, and where that is not understood, the others in turn.

    At each it is listened for `listen_s`, at the first in addition until a board that was reset
    has started. Raises what the port raises: `LOSSES` of ports.py.
    """
    heard: dict[int, bytes] = {}
    wait_s = BOOT_S if port.usb else 0.0
    with serial.Serial(str(port.device), BAUD, timeout=LOOK_S, exclusive=True) as device:
        for baud in (BAUD, *OTHERS):
            progress(f"{port.path}: listening at {baud} baud")
            with contextlib.suppress(ValueError):  # this adapter does not know that rate
                device.baudrate = baud  # of a port that is open: it resets nothing
                device.reset_input_buffer()
                heard[baud] = _collect(device, listen_s, wait_s)
            wait_s = 0.0
            if not heard.get(BAUD, b"?") or weigh(heard.get(baud, b"")).is_clear:
                break
    return heard


def _collect(device: serial.Serial, listen_s: float, wait_s: float) -> bytes:
    """All that comes within `listen_s` of the first byte."""
    data, end_s = b"", time.monotonic() + wait_s + listen_s
    while time.monotonic() < end_s:
        more = bytes(device.read(ENOUGH_BYTES))
        if more and not data:
            end_s = time.monotonic() + listen_s
        data += more
        if more and weigh(data).is_enough:
            break
    return data


def judge(machine: Machine, port: Port, heard: Mapping[int, bytes]) -> Iterator[Finding]:
    """What bytes by baud rate mean. On a port that has no rate, as a pty, the first one counts."""
    weighed = {baud: weigh(data) for baud, data in heard.items()}
    for baud, what in weighed.items():
        if what.frames:
            yield from _node(port, what) if baud == BAUD else _slow_node(port, baud)
            return
    for baud, what in weighed.items():
        if what.is_text:
            yield _text(machine, port, baud, what)
            return
    yield _noise(port) if any(heard.values()) else _silence(port)


def _node(port: Port, what: Weighed) -> Iterator[Finding]:
    hello = what.hellos[-1] if what.hellos else None
    if hello is None:
        yield Finding(port.path, "good", f"A node streams here ({len(what.frames)} intact frames); "
                      "it tells who it is when nobody asks it for a second.")  # fmt: skip
    elif hello.version != m.VERSION:
        yield Finding(port.path, "bad", f"The node {hello.uid:08x} speaks wire version "
                      f"{hello.version}; this program speaks {m.VERSION}.",
                      _flash(port))  # fmt: skip
    else:
        why = f", by {m.causes(hello.cause)}" if m.causes(hello.cause) else ""
        yield Finding(port.path, "good", f"A node speaks here: uid {hello.uid:08x}, boot "
                      f"{hello.boot}{why}, wire version {hello.version}.")  # fmt: skip
        yield from _reboots(port, what)
    if what.corrupt > 1 + NOISY * len(what.frames):  # the first block is often half a one
        yield Finding(port.path, "unsure", f"{what.corrupt} of {what.corrupt + len(what.frames)} "
                      "frames come in damaged.",
                      "Use a shorter, shielded cable; connect the grounds; keep away from motors "
                      "and lamps.")  # fmt: skip


def _reboots(port: Port, what: Weighed) -> Iterator[Finding]:
    boots, cause = {hello.boot for hello in what.hellos}, what.hellos[-1].cause & WEAK
    if len(boots) > 1 and cause:
        yield Finding(port.path, "bad", f"The node starts again and again, by {m.causes(cause)}.",
                      "Give it a stronger supply and a shorter cable."
                      if cause & 4 else _flash(port))  # fmt: skip


def _slow_node(port: Port, baud: int) -> Iterator[Finding]:
    yield Finding(port.path, "bad", f"A node speaks here at {baud} baud; it must be {BAUD}.",
                  _flash(port))  # fmt: skip


def _text(machine: Machine, port: Port, baud: int, what: Weighed) -> Finding:
    config = machine.rules.with_name("gallery.toml")
    example = what.lines[-1].strip() if what.lines else ""
    such = f", such as '{example}'" if example else ""
    return Finding(port.path, "unsure", f"A board prints lines here at {baud} baud{such}; it can "
                   "be a node of the show as it is.",
                   f"Add to {config}, with the node's name in the show for NAME:\n"
                   f'[nodes.NAME]\nport = "{port.path}"\nbaud = {baud}')  # fmt: skip


def _noise(port: Port) -> Finding:
    return Finding(port.path, "bad", "Bytes come, but at no usual baud rate are they a node's or "
                   "text: another rate, no common ground, or a signal that is inverted (RS-232).",
                   "Connect the grounds, and flash the node with this version's firmware; or "
                   f"listen for longer: {_longer(port)}")  # fmt: skip


def _silence(port: Port) -> Finding:
    return Finding(port.path, "bad", "Nothing is heard: the board has no firmware or hangs, or TX "
                   "and RX are swapped, or this is another device.",
                   "Press the board's reset button, and listen for longer: "
                   f"{_longer(port)}\n{_flash(port)}")  # fmt: skip


def _longer(port: Port) -> str:
    return f"installation doctor --seconds 10 --port {port.path}"


def _flash(port: Port) -> str:
    names = ", ".join(sorted(path.stem for path in (FIRMWARE / "objects").glob("*.h")))
    return f"make -C {FIRMWARE} flash PORT={port.device} OBJECT=…  # one of {names}"


def unread(port: Port, why: BaseException) -> Finding:
    """It does not open, or was pulled while it was listened to."""
    if isinstance(why, ValueError) and not isinstance(why, OSError):
        return Finding(port.path, "bad", f"It does not do {BAUD} baud: {why}.",
                       "Take a board with another USB chip.")  # fmt: skip
    says = os.strerror(why.errno) if isinstance(why, OSError) and why.errno else str(why.args[-1])
    return Finding(port.path, "bad", f"It does not let itself be read: {says}.",
                   "Unplug the board and plug it in again.")  # fmt: skip
