"""A node's real firmware in simavr, driven from Python: on a pty in real time, or in lockstep.

The work is done by firmware/avr/avr-node, a program of its own (see its README.md).
"""

from __future__ import annotations

import math
import os
import select
import subprocess
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO, NamedTuple, Self, cast

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"
RUNNER = FIRMWARE / "avr/build/avr-node"
PATIENCE_S = 30.0
"""An answer that takes longer never comes."""
ADC_FULL = 1023
MOST_ASKED = 1000
"""Commands without an answer: fewer than a pipe holds."""


class AvrError(RuntimeError):
    """One sentence: the firmware or avr-node is not built, refuses a command, or has ended."""


class Channel(NamedTuple):
    """An input of the .pins file. `pin` is an ADC channel where `kind` is analogue."""

    kind: str
    pin: str
    low: float
    high: float


def firmware(name: str) -> Path:
    """The ELF file of an object. Raises AvrError where it, or avr-node, is not built."""
    path = FIRMWARE / f"build/{name}.elf"
    _must_be_built(path, FIRMWARE)
    _must_be_built(RUNNER, FIRMWARE / "avr")
    return path


def _must_be_built(path: Path, folder: Path) -> None:
    if not path.is_file():
        raise AvrError(f"{path.name} is not built: make -C {os.path.relpath(folder)}")


def _pin(number: str) -> str:
    return f"D{number}" if int(number) < 16 else f"A{int(number) - 16}"


def pins(elf: Path) -> tuple[dict[str, Channel], dict[str, str]]:
    """The channels, and the pins of the outputs, by name: from the .pins file beside `elf`."""
    path = elf.with_suffix(".pins")
    _must_be_built(path, FIRMWARE)
    channels, outputs = {}, {}
    for line in path.read_text(encoding="ascii").splitlines():
        match line.split():
            case ["in", name, _, low, high, kind, pin]:
                where = pin if kind == "analogue" else _pin(pin)
                channels[name] = Channel(kind, where, float(low), float(high))
            case ["out", name, _, _, _, _, _, pin, _]:
                outputs[name] = _pin(pin)
    return channels, outputs


class _Avr:
    """avr-node: its commands, its answers, its end."""

    def __init__(self, elf: Path, *options: str) -> None:
        _must_be_built(RUNNER, FIRMWARE / "avr")
        self.channels, self._output_pins = pins(elf)
        self._asked: deque[str] = deque()
        self._partial = b""
        self._wired: dict[str, str] = {}
        self._counts: dict[str, float] = {}
        pipe = subprocess.PIPE
        command = [str(RUNNER), str(elf), *options]
        self._process = subprocess.Popen(command, bufsize=0, stdin=pipe, stdout=pipe)
        self._in = cast(IO[bytes], self._process.stdin)
        self._out = cast(IO[bytes], self._process.stdout)
        self.pid = self._process.pid
        try:
            self.ask("stats")
        except AvrError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """It ends with its stdin, or is killed; its link is gone then. Twice does no harm."""
        self._in.close()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._out.close()

    def ask(self, command: str, patience_s: float = PATIENCE_S) -> list[str]:
        """The words of the answer, after its first. Raises AvrError for a refusal or silence."""
        self.send(command)
        deadline_s, answer = time.monotonic() + patience_s, [""]
        while self._asked:
            answer = self._hear(deadline_s - time.monotonic())
        return answer[1:]

    def send(self, *commands: str) -> None:
        """Without waiting for the answers; one that refuses is raised by a later call."""
        while self._asked and (len(self._asked) > MOST_ASKED or self._is_heard(0.0)):
            self._hear(PATIENCE_S)
        self._asked.extend(commands)
        try:
            self._in.write("".join(f"{c}\n" for c in commands).encode("ascii"))
        except OSError as why:
            raise self._end() from why

    def _end(self) -> AvrError:
        return AvrError(f"avr-node has ended with {self._process.wait(PATIENCE_S)}")

    def _is_heard(self, patience_s: float) -> bool:
        ready, _, _ = select.select([self._out], [], [], max(0.0, patience_s))
        return b"\n" in self._partial or bool(ready)

    def _hear(self, patience_s: float) -> list[str]:
        """The words of the next answer."""
        deadline_s = time.monotonic() + patience_s
        while b"\n" not in self._partial:
            if not self._is_heard(deadline_s - time.monotonic()):
                raise AvrError(f"avr-node does not answer {self._asked[0][:60]!r}")
            data = self._out.read(65536)
            if not data:
                raise self._end()
            self._partial += data
        line, self._partial = self._partial.split(b"\n", 1)
        answer, asked = line.decode("ascii"), self._asked.popleft()
        if answer.startswith("error"):
            raise AvrError(f"avr-node does not do {asked[:60]!r}: {answer}")
        return answer.split()

    def feel(self, readings: Mapping[str, float]) -> None:
        """What the sensors read from now on, in the channels' units; others than the node's are
        left alone, and so are values that are no numbers. A count that has risen is pressed.
        """
        felt = {name: readings[name] for name in self.channels if name in readings}
        self.send(*(c for name, value in felt.items() if (c := self._wire(name, value))))

    def _wire(self, name: str, value: float) -> str:
        """The command that sets a channel; empty where nothing changes."""
        channel = self.channels[name]
        if math.isnan(value):
            return ""
        if channel.kind == "count":
            rise = round(value - self._counts.get(name, value))
            self._counts[name] = value
            return f"press {channel.pin} {rise}" if rise > 0 else ""
        command = f"pin {channel.pin} {int(value >= 0.5)}"
        if channel.kind == "analogue":
            share = (value - channel.low) / (channel.high - channel.low)
            command = f"adc {channel.pin} {round(min(1.0, max(0.0, share)) * ADC_FULL)}"
        changed, self._wired[name] = self._wired.get(name) != command, command
        return command if changed else ""

    def outputs(self) -> dict[str, float]:
        """How much of the time each output is high, 0 to 1; 0 where the pin is not driven."""
        told = dict(word.split("=") for word in self.ask("outputs"))
        return {name: float(told.get(pin, "0")) for name, pin in self._output_pins.items()}

    def stats(self) -> dict[str, int]:
        """What avr-node has counted."""
        return {key: int(value) for key, value in (w.split("=") for w in self.ask("stats"))}

    def reset(self, cause: str = "external") -> None:
        """`cause` is power, external, brownout or watchdog."""
        self.ask(f"reset {cause}")

    def unplug(self) -> None:
        """No power, no pty, no link."""
        self.ask("unplug")

    def plug(self) -> None:
        """Power, and a new pty under the same link."""
        self.ask("plug")

    def noise(self, byte_errors: float = 0.0, bit_errors: float = 0.0, drops: float = 0.0) -> None:
        """How likely a byte is altered, each of its bits flips, it is swallowed; 0 to 1."""
        self.send(f"noise {byte_errors}", f"biterrors {bit_errors}", f"drop {drops}")


class AvrNode(_Avr):
    """In real time, on a pty that `link` leads to. Options are those of avr-node, such as
    `--uid=7`. It ends with the thread that made it."""

    def __init__(self, elf: Path, link: str, *options: str) -> None:
        super().__init__(elf, f"--link={link}", *options)


class LockstepNode(_Avr):
    """In virtual time, as far as `run` says, far faster than the clock and the same every time."""

    def __init__(self, elf: Path, *options: str) -> None:
        super().__init__(elf, "--lockstep", *options)

    def run(self, us: int, data: bytes = b"") -> tuple[int, bytes]:
        """On by at most `us`, while `data` comes in; or to the end of a frame that the node sends.

        The host's time in microseconds since the start, and what has come from the node.
        """
        t_us, *sent = self.ask(f"run {us} {data.hex()}", PATIENCE_S + us / 1e6)
        return int(t_us), bytes.fromhex("".join(sent))
