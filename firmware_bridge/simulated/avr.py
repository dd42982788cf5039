"""A node's real firmware in simavr, driven from Python: on a pty in real time, or in lockstep.

The work is done by firmware/avr/avr-node, a program of its own (see its README.md).
"""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Self, cast

from firmware_bridge.simulated.avr_pins import Wiring

FIRMWARE = Path(__file__).resolve().parents[1] / "firmware"
RUNNER = FIRMWARE / "avr/build/avr-node"
PATIENCE_S = 30.0
"""An answer that takes longer never comes."""
MOST_ASKED = 1000
"""Commands without an answer: fewer than a pipe holds."""


class AvrError(RuntimeError):
    """One sentence: the firmware or avr-node is not built, refuses a command, or has ended."""


def firmware(name: str) -> Path:
    """The ELF file of an object. Raises AvrError where it, or avr-node, is not built."""
    path = FIRMWARE / f"build/{name}.elf"
    for built, folder in ((path, FIRMWARE), (RUNNER, FIRMWARE / "avr")):
        if not built.is_file():
            raise _unbuilt(built, folder)
    return path


def _unbuilt(path: Path, folder: Path) -> AvrError:
    return AvrError(f"{path.name} is not built: make -C {os.path.relpath(folder)}")


class _Avr:
    """avr-node: its commands, its answers, its end."""

    def __init__(self, elf: Path, *options: str) -> None:
        self._wiring = Wiring(elf)
        self._asked: deque[str] = deque()
        self._partial = b""
        command, pipe = [str(RUNNER), str(elf), *options], subprocess.PIPE
        try:
            self._process = subprocess.Popen(command, bufsize=0, stdin=pipe, stdout=pipe)
        except FileNotFoundError as why:
            raise _unbuilt(RUNNER, FIRMWARE / "avr") from why
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
            answer = self._hear(max(0.001, deadline_s - time.monotonic()))
        return answer[1:]

    def send(self, *commands: str) -> None:
        """Without waiting for the answers; one that refuses is raised by a later call."""
        while self._asked and self._hear(PATIENCE_S if len(self._asked) > MOST_ASKED else 0.0):
            pass
        self._asked.extend(commands)
        try:
            self._in.write("".join(f"{c}\n" for c in commands).encode("ascii"))
        except OSError as why:
            raise self._end() from why

    def _end(self) -> AvrError:
        return AvrError(f"avr-node has ended with {self._process.wait(PATIENCE_S)}")

    def _hear(self, patience_s: float) -> list[str]:
        """The words of the next answer. Without patience empty where there is none yet."""
        deadline_s = time.monotonic() + patience_s
        while b"\n" not in self._partial:
            left_s = max(0.0, deadline_s - time.monotonic())
            if select.select([self._out], [], [], left_s)[0]:
                data = self._out.read(65536)
                if not data:
                    raise self._end()
                self._partial += data
            elif patience_s:
                raise AvrError(f"avr-node does not answer {self._asked[0][:60]!r}")
            else:
                return []
        line, self._partial = self._partial.split(b"\n", 1)
        answer, asked = line.decode("ascii"), self._asked.popleft()
        if answer.startswith("error"):
            raise AvrError(f"avr-node does not do {asked[:60]!r}: {answer}")
        return answer.split()

    def feel(self, readings: Mapping[str, float]) -> None:
        """What the sensors read from now on, by channel, in SI units; a count that has risen is
        pressed. Those of other nodes are left alone.
        """
        self.send(*self._wiring.commands(readings))

    def outputs(self) -> dict[str, float]:
        """How much of the time each output is high, 0 to 1; 0 where the pin is not driven."""
        told = dict(word.split("=") for word in self.ask("outputs"))
        return {name: float(told.get(pin, "0")) for name, pin in self._wiring.outputs.items()}

    def stats(self) -> dict[str, int]:
        """What avr-node has counted."""
        return {key: int(value) for key, value in (w.split("=") for w in self.ask("stats"))}

    def reset(self, cause: str) -> None:
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
