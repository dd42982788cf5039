"""A hand on a fragment, from the byte on the wire to the OSC packet, as a peer outside sees it.

Run `python tests/bench/touch.py`. A node on a pty changes one touch at a random moment; the
clock stops when the UDP packet arrives. Beside it, in the same run, the floor: a bare
read-and-send process on a pty of its own. Prints a table; asserts nothing about time.
"""

from __future__ import annotations

import json
import os
import random
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tty
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from firmware_bridge.simulated.pty import PtyNode  # noqa: E402  the root must be on the path
from installation.run.rehearse import simulated_nodes  # noqa: E402
from installation.run.zenoh_bus import open_bus  # noqa: E402
from installation.showfile.load import load  # noqa: E402

TOUCHES = 400
FLOOR = """
import os, socket, sys
fd, port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY), int(sys.argv[2])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while data := os.read(fd, 4096):
    out.sendto(data, ("127.0.0.1", port))
"""


def listener() -> socket.socket:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    udp.settimeout(2.0)
    return udp


def wait_for(udp: socket.socket, mark: bytes) -> float | None:
    """When a packet with `mark` came; None after two seconds without one."""
    end_s = time.perf_counter() + 2.0
    while time.perf_counter() < end_s:
        try:
            packet = udp.recv(65536)
        except TimeoutError:
            return None
        if mark in packet:
            return time.perf_counter()
    return None


def floor(dice: random.Random) -> list[float]:
    """A bare Python process: blocking read, sendto."""
    master, slave = os.openpty()
    tty.setraw(slave)
    udp = listener()
    child = subprocess.Popen(
        [sys.executable, "-c", FLOOR, os.ttyname(slave), str(udp.getsockname()[1])]
    )
    took = []
    try:
        os.write(master, b"warm")
        wait_for(udp, b"warm")
        for i in range(TOUCHES):
            select.select([], [], [], dice.uniform(0.005, 0.03))
            mark = f"<{i}>".encode()
            begun_s = time.perf_counter()
            os.write(master, mark)
            ended_s = wait_for(udp, mark)
            if ended_s is not None:
                took.append((ended_s - begun_s) * 1e3)
    finally:
        child.kill()
        child.wait()
    return took


def whole(dice: random.Random) -> tuple[list[float], int, dict[str, float]]:
    """The whole show process: bridge, signals, scenes, mappings, OSC.

    (ms, touches lost, what the show itself measured from its read to its send)
    """
    show = load(ROOT / "shows/resonance")
    udp = listener()
    with tempfile.TemporaryDirectory(prefix="installation-") as folder:
        run = Path(folder)
        endpoint = f"unixsock-stream/{run}/bus"
        bus = open_bus(endpoint, listen=True)
        nodes = simulated_nodes(show)
        ptys = [PtyNode(node, str(run / f"tty-{node.name}")) for node in nodes]
        heap = ptys[[node.name for node in nodes].index("heap")]
        child = subprocess.Popen(
            [sys.executable, "-m", "installation", "show", "--show", str(show_dir()), "--bus",
             endpoint, "--run", str(run), "--out", str(run / "out"), "--osc-out",
             f"127.0.0.1:{udp.getsockname()[1]}"], cwd=ROOT,
        )  # fmt: skip
        lock, stop = threading.Lock(), threading.Event()

        def pump() -> None:
            while not stop.is_set():
                with lock:
                    now_us = time.monotonic_ns() // 1000
                    for pty in ptys:
                        pty.pump(now_us)
                    due_us = min(pty.node.next_us for pty in ptys)
                select.select(ptys, [], [], max(0.0, due_us / 1e6 - time.monotonic()))

        quiet = {node.name: [0.0] * n for node, n in zip(nodes, (4, 9, 5, 5), strict=True)}
        quiet["plinth"] = [4.0, 4.0, 4.0, 0.0]
        quiet["heap"] = [4.0, 4.0, 4.0] + [0.0] * 6
        quiet["assembly"] = [45.0, 45.0, 0.0, 0.0, 0.0]
        quiet["membrane"] = [0.0, 0.0, 0.0, 0.0, 22.0]
        for node in nodes:
            node.set_values(tuple(quiet[node.name]))
        thread = threading.Thread(target=pump, daemon=True)
        thread.start()
        took, lost = [], 0
        try:
            wait_for(udp, b"/output/fragment_3")
            select.select([], [], [], 4.0)  # the bridge greets, the first fades end
            for i in range(TOUCHES):
                select.select([], [], [], dice.uniform(0.02, 0.05))
                while select.select([udp], [], [], 0)[0]:
                    udp.recv(65536)
                value = float(i % 2 == 0)
                with lock:
                    heap.node.set_values((4.0, 4.0, 4.0, 0.0, 0.0, value, 0.0, 0.0, 0.0))
                    now_us = time.monotonic_ns() // 1000
                    heap.node.next_us = now_us
                    begun_s = time.perf_counter()
                    heap.pump(now_us)
                ended_s = wait_for(udp, b"/output/fragment_3")
                if ended_s is None:
                    lost += 1
                else:
                    took.append((ended_s - begun_s) * 1e3)
        finally:
            stop.set()
            child.terminate()
            child.wait(10)
            thread.join(2)
            bus.close()
        figures = json.loads((run / "out" / "figures.json").read_text())
    return took, lost, figures["serial_to_osc"]


def show_dir() -> Path:
    return ROOT / "shows/resonance"


def row(name: str, took: list[float]) -> str:
    ordered = sorted(took)
    p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    return f"{name:<38}{p50:8.3f}{p99:8.3f}{ordered[-1]:8.3f}"


def main() -> None:
    dice = random.Random(1)
    bare = floor(dice)
    full, lost, own = whole(dice)
    again = floor(dice)
    print(f"{'byte on the wire → OSC packet, ms':<38}{'p50':>8}{'p99':>8}{'worst':>8}")
    print(row("bare Python read + sendto", bare + again))
    print(row("the whole show", full))
    print(f"{'  of that from its read to its send':<38}{own['p50_ms']:8.3f}{own['p99_ms']:8.3f}")
    both = sorted(bare + again)[len(both) // 2] if (both := bare + again) else 1.0
    print(f"ratio of the medians {sorted(full)[len(full) // 2] / both:.1f}; touches lost: {lost}")


if __name__ == "__main__":
    main()
