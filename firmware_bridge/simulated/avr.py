"""The real firmware in simavr, driven from Python: in real time on a pty, or in lockstep."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"
RUNNER = FIRMWARE / "avr/build/avr-node"
PATIENCE_S = 10.0
"""An answer that takes longer never comes."""
ADC_FULL = 1023



class AvrError(RuntimeError):
    """One sentence: the firmware or its runner is missing, or has ended."""


class Wire(NamedTuple):
    """A line of the .pins file: what a channel or an output hangs on."""

    name: str
    kind: str
    pin: str
    low: float = 0.0
    high: float = 1.0


def firmware(name: str) -> Path:
    """The ELF file of an object. Raises AvrError where it was not made."""
    path = FIRMWARE / "build" / f"{name}.elf"
    for needed, made in ((path, FIRMWARE), (RUNNER, RUNNER.parents[1])):
        if not needed.exists():
            where = made.relative_to(FIRMWARE.parents[1])
            raise AvrError(f"{needed.name} is missing: make -C {where}")
    return path


def wires(elf: Path) -> tuple[dict[str, Wire], dict[str, Wire]]:
    """(channels, outputs) by name, of the .pins file beside the firmware."""
    channels, outputs = {}, {}
    for line in elf.with_suffix(".pins").read_text(encoding="ascii").splitlines():
        match line.split():
            case ["in", name, _, low, high, kind, pin]:
                where = pin if kind == "analogue" else _digital(int(pin))
                channels[name] = Wire(name, kind, where, float(low), float(high))
            case ["out", name, _, _, _, _, kind, pin, _]:
                outputs[name] = Wire(name, kind, _digital(int(pin)))
    return channels, outputs


def _digital(pin: int) -> str:
    return f"D{pin}" if pin < 16 else f"A{pin - 16}"


class _Runner:
    """avr-node, its commands and its answers."""

    def __init__(self, elf: Path, *options: str) -> None:
        if not RUNNER.exists():
            raise AvrError(f"avr-node is missing: make -C {RUNNER.parents[1].name}")
        self.channels, self._outputs = wires(elf)
        self._process = subprocess.Popen(
            [str(RUNNER), str(elf), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._rest, self._owed = b"", 0
        for wire in self.channels.values():
            if wire.kind == "count":
                self.send(f"pin {wire.pin} 1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 where: TracebackType | None) -> None:  # fmt: skip
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """It ends with its stdin."""
        with contextlib.suppress(OSError):
            self._process.communicate(timeout=PATIENCE_S)
        self._process.poll() is None and self._process.kill()
        self._process.wait()

    def send(self, command: str) -> None:
        """Without waiting for the answer. Raises AvrError where the runner has ended."""
        self._read(0.0)
        try:
            os.write(self._in, command.encode() + b"\n")
        except OSError as why:
            raise AvrError(f"avr-node has ended with {self._process.poll()}") from why
        self._owed += 1

    def ask(self, command: str) -> str:
        """The answer. Raises AvrError for an error, and where none comes."""
        self.send(command)
        end_s = time.monotonic() + PATIENCE_S
        answer = ""
        while self._owed:
            answer = self._read(end_s - time.monotonic()) or answer
            if self._owed and time.monotonic() >= end_s:
                raise AvrError(f"avr-node does not answer {command[:40]!r}")
        if answer.startswith("error"):
            raise AvrError(f"avr-node: {command[:40]!r}: {answer}")
        return answer

    def _read(self, patience_s: float) -> str:
        """The newest answer that has come, empty where none has."""
        newest = ""
        if not select.select([self._out], [], [], max(0.0, patience_s))[0]:
            return newest
        data = os.read(self._out, 65536)
        if not data:
            raise AvrError(f"avr-node has ended with {self._process.wait()}")
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._owed -= 1
            newest = line.decode("ascii")
        return newest

    def outputs(self) -> dict[str, float]:
        """How much of the time each output is high: 0 to 1."""
        told = dict(word.split("=") for word in self.ask("outputs").split()[1:])
        return {name: float(told.get(wire.pin, "0")) for name, wire in self._outputs.items()}

    def stats(self) -> dict[str, str]:
        """What the runner has counted."""
        return dict(word.split("=") for word in self.ask("stats").split()[1:])

    def set_channel(self, name: str, value: float) -> None:
        """An analogue or a state input, in the channel's unit."""
        wire = self.channels[name]
        if wire.kind == "analogue":
            share = (value - wire.low) / (wire.high - wire.low)
            self.send(f"adc {wire.pin} {round(min(1.0, max(0.0, share)) * ADC_FULL)}")
        else:
            self.send(f"pin {wire.pin} {int(value >= 0.5)}")

    def press(self, name: str, is_down: bool) -> None:
        """A button: pressed is low."""
        self.send(f"pin {self.channels[name].pin} {int(not is_down)}")


class AvrNode(_Runner):
    """In real time on a pty, found at `link`. The uid is that of an EEPROM image, else its own."""

    def __init__(self, elf: Path, link: str, *options: str) -> None:
        super().__init__(elf, "--link", link, *options)
        self.link = Path(link)
        self._felt: dict[str, float] = {}
        self._to_press: dict[str, int] = {}
        self._down: set[str] = set()
        self.ask("stats")  # it has opened its pty

    def feel(self, readings: Mapping[str, float]) -> None:
        """What the sensors read from now on; call it some twenty times a second: a button is
        down from one call to the next."""
        for name in self.channels.keys() & readings.keys():
            before, value = self._felt.get(name), readings[name]
            self._felt[name] = value
            if self.channels[name].kind == "count":
                rise = round(value - (before or 0.0))
                self._to_press[name] = self._to_press.get(name, 0) + max(0, rise)
            elif value != before:
                self.set_channel(name, value)
        for name in list(self._to_press):
            self._work(name)

    def _work(self, name: str) -> None:
        if name in self._down:
            self._down.discard(name)
            self.press(name, False)
        elif self._to_press[name] > 0:
            self._to_press[name] -= 1
            self._down.add(name)
            self.press(name, True)

    def plug(self) -> None:
        self.ask("plug")

    def unplug(self) -> None:
        self.ask("unplug")


class LockstepNode(_Runner):
    """In virtual time, as far as `run` says; the same from run to run."""

    def __init__(self, elf: Path, *options: str) -> None:
        super().__init__(elf, "--lockstep", *options)
        self.now_us = 0

    def run(self, us: int, data: bytes = b"") -> tuple[int, bytes]:
        """On by at most `us`, or to the end of the node's next frame: (moment, its bytes)."""
        told = self.ask(f"run {us} {data.hex()}").split()
        self.now_us = int(told[1])
        return self.now_us, bytes.fromhex(told[2]) if len(told) > 2 else b""
