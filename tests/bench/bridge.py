"""The bridge beside its peers: what it decodes, and how soon a sample is there.

Run `python tests/bench/bridge.py`. Prints two tables; asserts nothing about time. All that is
compared is measured in the same run, in rounds that take turns.

Decoding: the same readings, as wire bytes of a node and as Firmata's analogue messages, 3 bytes
for each channel. pyFirmata2 is driven by its own loop, `while bytes_available(): iterate()`; each
pin has a callback, as in its users' programs. From memory it reads a list of single bytes, which
costs it nothing; our session gets a frame at a time, is polled after each as the bridge does, and
knows the clock. From a pty each comes as it is shipped: pyFirmata2 with pyserial, our bridge with
its ports, a process writes as fast as the pty takes it.

Delay: a writer process puts frames on a pty at random moments and notes when it does; this
process notes when each is there. The peers are a bare `os.read` loop, and one in a thread that
wakes another by an Event: what any program has to do that waits for more than its port.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import random
import select
import struct
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import serial

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from firmware_bridge import messages as m  # noqa: E402  the root must be on the path
from firmware_bridge.bridge import Bridge  # noqa: E402
from firmware_bridge.sample import Sample  # noqa: E402
from firmware_bridge.session import Session  # noqa: E402
from firmware_bridge.simulated.node import SimulatedNode  # noqa: E402
from firmware_bridge.simulated.pty import PtyNode  # noqa: E402
from firmware_bridge.wire import Decoder, encode  # noqa: E402

FULL = 1023
"""An Arduino's converter has 10 bits; Firmata carries them in two bytes of 7."""
PERIOD_US = 10_000
PATIENCE_S = 60.0
GAP_US = (3_000, 12_000)
WARM = 20
"""The first frames of a round are not counted."""
NUMBER = struct.Struct("<8xf")
"""The value in a telemetry frame of one channel."""
Hear = Callable[[bytes, int], bytes]
"""Bytes from the node and the time; the answer."""


def node_of(channels: int) -> SimulatedNode:
    names = tuple(f"a{i}" for i in range(channels))
    return SimulatedNode("post", names, (), ranges=dict.fromkeys(names, ("steps", 0.0, FULL)))


def converse(node: SimulatedNode, hear: Hear, now_us: int) -> bytes:
    """What the node says at this moment, after both have answered each other."""
    said = node.advance(now_us)
    answer = hear(said, now_us)
    while answer:
        answer = hear(node.receive(answer, now_us), now_us)
    return said


def greeted(channels: int, hear: Hear) -> tuple[SimulatedNode, int]:
    """A node that streams, and whose clock is known; and the moment."""
    node = node_of(channels)
    for now_us in range(0, 1_000_000, PERIOD_US):
        converse(node, hear, now_us)
    return node, 1_000_000


def record(channels: int, count: int, dice: random.Random) -> tuple[list[bytes], list[bytes]]:
    """The same readings: as frames of a node, and as Firmata's messages, byte by byte."""
    session = Session()
    node, now_us = greeted(channels, lambda d, t: (session.receive(d, t), session.poll(t))[1])
    frames, firmata = [], bytearray()
    for _ in range(count):
        values = [dice.randrange(FULL + 1) for _ in range(channels)]
        node.set_values(tuple(map(float, values)))
        frames.append(converse(node, lambda d, t: (session.receive(d, t), session.poll(t))[1],
                               now_us))  # fmt: skip
        for channel, value in enumerate(values):
            firmata += bytes((0xE0 | channel, value & 0x7F, value >> 7))
        now_us += PERIOD_US
    return frames, [bytes((byte,)) for byte in firmata]


class Tape:
    """A serial port for pyFirmata2 that costs nothing: both of its methods are the list's own."""

    def __init__(self, data: list[bytes]) -> None:
        left = iter(data)
        self.read, self.inWaiting = left.__next__, left.__length_hint__

    def write(self, data: bytes) -> None:
        """Reporting is asked for: the tape reports anyway."""

    def close(self) -> None: ...


def firmata_board(port: Any, channels: int) -> tuple[Any, list[float]]:
    """pyFirmata2 on this port, and the list that its pins' callbacks fill."""
    from pyfirmata2 import Board
    from pyfirmata2.boards import BOARDS

    board = Board.__new__(Board)  # its __init__ opens a real port and waits five seconds
    board.sp, board.samplerThread = port, None
    board.setup_layout(BOARDS["arduino_mega"])
    heard: list[float] = []
    for pin in range(channels):
        board.get_pin(f"a:{pin}:i").register_callback(heard.append)
    return board, heard


def by_firmata(data: list[bytes], channels: int) -> tuple[float, float]:
    """(seconds of processor time, sum of what was decoded) of pyFirmata2."""
    board, heard = firmata_board(Tape(data), channels)
    begun_s = time.process_time()
    while board.bytes_available():
        board.iterate()
    return time.process_time() - begun_s, sum(heard) * FULL


def by_firmata_port(data: list[bytes], channels: int) -> tuple[float, float]:
    """The same with pyserial and a pty, by the loop of pyFirmata2's own thread."""
    master, slave = os.openpty()
    tty.setraw(slave)
    board, heard = firmata_board(serial.Serial(os.ttyname(slave), 57_600), channels)
    count = len(data) // 3
    os.read(master, 4096)  # what it asked of its board
    with feeding(b"".join(data), master):
        begun_s = time.process_time()
        while len(heard) < count:
            while board.bytes_available():
                board.iterate()
            time.sleep(0.001)
        took_s = time.process_time() - begun_s
    board.exit()
    for end in (master, slave):
        os.close(end)
    return took_s, sum(heard) * FULL


@contextlib.contextmanager
def feeding(data: bytes, master: int) -> Iterator[None]:
    """A process writes it, as fast as the pty takes it."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with subprocess.Popen(["cat", file.name], stdout=master):
            yield


def by_session(frames: list[bytes], channels: int) -> tuple[float, float]:
    """The same of a session."""
    session, samples = Session(), []

    def hear(data: bytes, now_us: int) -> bytes:
        samples.extend(session.receive(data, now_us))
        return session.poll(now_us)

    _, now_us = greeted(channels, hear)
    samples.clear()
    begun_s = time.process_time()
    for data in frames:
        hear(data, now_us)
        now_us += PERIOD_US
    return time.process_time() - begun_s, total(samples)


def by_bridge(frames: list[bytes], channels: int) -> tuple[float, float]:
    """The same of a bridge, from its ear for ports to `drain`: with lock, health and diagnoses."""
    bridge, samples = Bridge(["/nowhere"], None), []
    try:
        _, now_us = greeted(channels, lambda d, t: bridge.receive("/nowhere", d, t))
        bridge.drain()
        begun_s = time.process_time()
        for data in frames:
            bridge.receive("/nowhere", data, now_us)
            samples.extend(bridge.drain()[0])
            now_us += PERIOD_US
        took_s = time.process_time() - begun_s
    finally:
        bridge.close()
    return took_s, total(samples)


def by_bridge_port(frames: list[bytes], channels: int) -> tuple[float, float]:
    """The same with its ports and a pty."""
    node, samples = node_of(channels), []
    with tempfile.TemporaryDirectory() as folder:
        pty = PtyNode(node, f"{folder}/tty")
        bridge = Bridge([str(pty.path)], None)
        bridge.start()
        try:
            while not bridge.live():
                pty.pump(time.monotonic_ns() // 1000)
                bridge.wait(0.001)
            os.set_blocking(pty.fileno(), True)
            bridge.drain()
            with feeding(b"".join(frames), pty.fileno()):
                begun_s = time.process_time()
                end_s = time.monotonic() + PATIENCE_S
                while len(samples) < len(frames) and time.monotonic() < end_s:
                    bridge.wait(1.0)
                    samples.extend(bridge.drain()[0])
                took_s = time.process_time() - begun_s
        finally:
            bridge.close()
            pty.unplug()
    return took_s, total(samples)


def total(samples: list[Sample]) -> float:
    return sum(value for sample in samples for value in sample.values if value is not None)


def decoding(channels: int, count: int, rounds: int, dice: random.Random) -> None:
    """A line of the first table."""
    frames, firmata = record(channels, count, dice)
    ways = (
        lambda: by_firmata(firmata, channels),
        lambda: by_session(frames, channels),
        lambda: by_bridge(frames, channels),
        lambda: by_firmata_port(firmata, channels),
        lambda: by_bridge_port(frames, channels),
    )
    rates: list[list[float]] = []
    for _ in range(rounds):
        took_s, sums = zip(*(decode() for decode in ways), strict=True)
        rates.append([count / s for s in took_s])
        if max(sums) - min(sums) > 0.01 * max(sums):
            sys.exit(f"they did not decode the same: {sums}")
    told = [f"{channels:8}"]
    for way, peer in ((0, 0), (1, 0), (2, 0), (3, 3), (4, 3)):
        told.append(f"{median(rate[way] for rate in rates):11,.0f}")
        if way != peer:
            told.append(f"{median(rate[way] / rate[peer] for rate in rates):6.1f}×")
    print("".join(told), flush=True)


def write(link: str, count: int, seed: int) -> None:
    """The writer process: once greeted, `count` frames at random moments, each with its number.

    Prints a line when the pty is there, and at the end when each was written, in nanoseconds.
    """
    dice = random.Random(seed)
    node = SimulatedNode("post", ("number",), (), ranges={"number": ("frames", 0.0, 1e9)})
    master, slave = os.openpty()
    tty.setraw(slave)
    os.symlink(os.ttyname(slave), link)
    print("ready", flush=True)
    written: list[int] = []
    while len(written) < count:
        early_s = node.next_us / 1e6 - time.monotonic()
        ready, _, _ = select.select([master], [], [], max(0.0, early_s))
        now_us = time.monotonic_ns() // 1000
        if ready:
            os.write(master, node.receive(os.read(master, 4096), now_us))
        if now_us < node.next_us:
            continue
        node.set_values((float(len(written)),))
        said = node.advance(now_us)
        if said[2:3] == bytes((m.TELEMETRY,)):
            node.next_us = now_us + dice.randrange(*GAP_US)
            written.append(time.monotonic_ns())
        os.write(master, said)
    print(json.dumps(written), flush=True)
    sys.stdin.read()  # the pty lives until the reader has read all


There = dict[int, int]
"""When the frame of a number was there, in nanoseconds."""


class Bare:
    """What a bare reader must do besides: greet the node, renew its lease, find the numbers."""

    def __init__(self, link: str) -> None:
        self.fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
        self.there: There = {}
        self._decoder, self._session, self._told_us = Decoder(), Session(), 0

    def note(self, data: bytes, at_ns: int) -> int:
        """After the moment is noted; the newest number."""
        now_us = at_ns // 1000
        if self._session.state != "live":
            self._session.receive(data, now_us)
            os.write(self.fd, self._session.poll(now_us))
        elif now_us - self._told_us > 250_000:
            self._told_us = now_us
            os.write(self.fd, encode(m.PING, 0, m.ping(0)))
        for frame in self._decoder.feed(data):
            if frame.type == m.TELEMETRY:
                self.there[round(NUMBER.unpack(frame.payload)[0])] = at_ns
        return max(self.there, default=-1)


def by_read(link: str, count: int) -> There:
    """A bare loop around os.read."""
    bare, newest = Bare(link), -1
    while newest < count - 1:
        data = os.read(bare.fd, 4096)
        newest = bare.note(data, time.monotonic_ns())
    os.close(bare.fd)
    return bare.there


def by_thread(link: str, count: int) -> There:
    """The same in a thread, which wakes this one."""
    bare, newest, wake = Bare(link), -1, threading.Event()
    read: deque[bytes] = deque()

    def listen() -> None:
        with contextlib.suppress(OSError):  # the writer has gone
            while data := os.read(bare.fd, 4096):
                read.append(data)
                wake.set()
        os.close(bare.fd)

    threading.Thread(target=listen, daemon=True).start()
    while newest < count - 1:
        wake.wait(PATIENCE_S)
        wake.clear()
        at_ns = time.monotonic_ns()
        while read:
            newest = bare.note(read.popleft(), at_ns)
    return bare.there


def by_wake(link: str, count: int) -> There:
    """Our bridge, drained when it has waited, as the show's loop does."""
    there: There = {}
    bridge, end_s = Bridge([link], None), time.monotonic() + PATIENCE_S
    bridge.start()
    try:
        while count - 1 not in there and time.monotonic() < end_s:
            bridge.wait(1.0)
            samples, _ = bridge.drain()
            at_ns = time.monotonic_ns()
            there.update((round(sample.values[0] or 0), at_ns) for sample in samples)
    finally:
        bridge.close()
    return there


def delays(read: Callable[[str, int], There], count: int, seed: int) -> tuple[list[float], int]:
    """(microseconds from write to there, frames lost) of one round."""
    with tempfile.TemporaryDirectory() as folder:
        link = f"{folder}/tty"
        command = [sys.executable, __file__, "--write", link, str(count), str(seed)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            there = read(link, count)
            written = json.loads(writer.stdout.readline())
    took = [(there[n] - at_ns) / 1e3 for n, at_ns in enumerate(written) if n in there]
    return took[WARM:], count - len(took)


def delay(count: int, rounds: int) -> None:
    """The second table: the middle of what the rounds tell."""
    ways = {"bare os.read": by_read, "os.read in a thread, Event": by_thread, "bridge": by_wake}
    took: dict[str, list[list[float]]] = {way: [] for way in ways}
    lost = dict.fromkeys(ways, 0)
    for turn in range(rounds):
        for way, read in ways.items():
            times, gone = delays(read, count, turn)
            took[way].append(sorted(times))
            lost[way] += gone
    print(f"\n{'pty write → there, µs':<30}{'p50':>8}{'p99':>8}", end="")
    print(f"{'p50 to bare':>13}{'p99':>8}{'lost':>6}")
    bare = took["bare os.read"]
    for way in ways:
        p50, p99 = (median(at(times, share) for times in took[way]) for share in (0.5, 0.99))
        print(f"{way:<30}{p50:8.0f}{p99:8.0f}", end="")
        for share, wide in ((0.5, 13), (0.99, 8)):
            ratio = median(at(a, share) / at(b, share)
                           for a, b in zip(took[way], bare, strict=True))  # fmt: skip
            print(f"{ratio:{wide - 1}.1f}×", end="")
        print(f"{lost[way]:6}")


def at(in_order: list[float], share: float) -> float:
    return in_order[min(len(in_order) - 1, int(len(in_order) * share))]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--samples", type=int, default=5_000, help="decoded in each round")
    options.add_argument("--frames", type=int, default=500, help="waited for in each round")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--write", nargs=3, help=argparse.SUPPRESS)
    told = options.parse_args()
    if told.write:
        link, count, seed = told.write
        write(link, int(count), int(seed))
        return
    dice = random.Random(1)
    if importlib.util.find_spec("pyfirmata2") is None:
        print("pyfirmata2 is missing: pip install --require-hashes -r requirements-dev.lock")
    else:
        print("samples decoded a second of processor time; a sample is a reading of all channels")
        print(f"{'':8}{'from memory':>11}{'':36}{'from a pty':>11}")
        print(f"{'channels':>8}{'pyFirmata2':>11}{'session':>11}{'ratio':>7}{'bridge':>11}"
              f"{'ratio':>7}{'pyFirmata2':>11}{'bridge':>11}{'ratio':>7}")  # fmt: skip
        for channels in (1, 6, 16):
            decoding(channels, told.samples, told.rounds, dice)
    with contextlib.suppress(OSError):  # as the show does where it may, and the writer with it
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    delay(told.frames, told.rounds)


if __name__ == "__main__":
    main()
