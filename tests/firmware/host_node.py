"""The node's core on this computer, in virtual time, over `boards/host.c`."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

from firmware_bridge import messages as m
from firmware_bridge.schema import Schema, parse_schema
from firmware_bridge.wire import Decoder, Frame, encode
from tests.needs import program

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware_bridge/firmware"
OBJECTS = FIRMWARE / "objects"
PATIENCE_S = 60


def make(target: str, *settings: str) -> Path:
    """A file that the firmware's Makefile makes; skips or fails where there is no compiler."""
    program("cc", "gcc")
    words = [program("make", "make"), "-s", "-C", str(FIRMWARE), target, *settings]
    subprocess.run(words, check=True, timeout=PATIENCE_S, capture_output=True, text=True)
    return Path(target)


def build(name: str, folder: Path, objects: Path = OBJECTS) -> Path:
    """The program of one object."""
    return make(f"{folder}/{name}.host", f"FROM={objects}", f"BUILD={folder}")


class HostNode:
    """One boot of a node. Time goes on by `run` and by `stall` alone; a context manager."""

    def __init__(self, path: Path, uid: int = 42, boot: int = 7, cause: int = 1,
                 clock_us: int = 0) -> None:  # fmt: skip
        words = [path, *map(str, (uid, boot, cause, clock_us % 2**32))]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._decoder = Decoder()
        self.uid = uid

    def __enter__(self) -> HostNode:
        return self

    def __exit__(self, *_: object) -> None:
        """What a sanitizer found comes out here at the latest."""
        with suppress(BrokenPipeError):
            self._process.communicate(timeout=PATIENCE_S)
        assert self._process.returncode == 0

    def ask(self, command: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(command + "\n")
        answer = self._process.stdout.readline()
        assert answer.endswith("\n"), f"the core has ended at {command[:60]!r}"
        return answer.strip()

    def run(self, us: int, data: bytes = b"") -> list[Frame]:
        """The bytes come in, the time goes on; what the node has said, every frame of it intact."""
        frames = self._decoder.feed(bytes.fromhex(self.ask(f"run {us} {data.hex()}")))
        assert self._decoder.corrupt == 0
        return frames

    def hear(self, type_: int, payload: bytes = b"", us: int = 0) -> list[Frame]:
        """The same with one message."""
        return self.run(us, encode(type_, 0, payload))

    def keep_alive(self, ms: int) -> list[Frame]:
        """A host that pings every 250 ms."""
        frames = []
        for _ in range(ms // 250):
            frames += self.hear(m.PING, m.ping(1), 250_000)
        return frames + self.run(ms % 250 * 1000)

    def pins(self) -> dict[int, int]:
        """What each output pin is driven to: 0 to 255, a switch 0 or 1."""
        told = [word.split("=") for word in self.ask("pins").split()]
        return {int(pin): int(value) for pin, value in told}

    def schema(self) -> tuple[m.Hello, Schema]:
        """Greeted and asked for everything it is: then it streams."""
        self.run(0)
        (frame,) = self.hear(m.WHO)
        hello = m.parse_hello(frame.payload)
        assert hello
        self.hear(m.GREET, m.greet(self.uid))
        text = b""
        while len(text) < hello.length:
            (frame,) = self.hear(m.ASK_SCHEMA, m.ask_schema(len(text)))
            told = m.parse_chunk(frame.payload)
            assert told
            assert told[:2] == (hello.schema, len(text))
            assert len(told[2]) == min(m.CHUNK, hello.length - len(text))
            text += told[2]
        return hello, parse_schema(text)
