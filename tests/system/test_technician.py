"""The technician's commands, as they are typed, on real ptys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_bridge.calibration import load
from firmware_bridge.simulated.node import SimulatedNode
from firmware_bridge.simulated.pty import PtyNode
from installation.run.rehearse import simulated_nodes
from installation.showfile.load import load as load_show

ROOT = Path(__file__).resolve().parents[2]


def installation(*arguments: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    site = ["--config", str(config)] if config else []
    return subprocess.run(
        [sys.executable, "-m", "installation", *arguments, *site], cwd=ROOT, text=True,
        env={**os.environ, "COLUMNS": "160"}, capture_output=True, timeout=120, check=False,
    )  # fmt: skip


def site(folder: Path, *lines: str) -> Path:
    path = folder / "config/gallery.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([f'show = "{ROOT}/shows/resonance"', *lines]))
    return path


@contextmanager
def plugged(folder: Path, nodes: list[SimulatedNode]) -> Iterator[None]:
    """The nodes on ptys, alive for as long as this lasts."""
    ptys = [PtyNode(node, str(folder / f"tty-{node.name}")) for node in nodes]
    stop = threading.Event()

    def pump() -> None:
        import time

        while not stop.wait(0.002):
            for pty in ptys:
                pty.pump(time.monotonic_ns() // 1000)

    thread = threading.Thread(target=pump)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for pty in ptys:
            pty.unplug()


def the_four() -> list[SimulatedNode]:
    return simulated_nodes(load_show(ROOT / "shows/resonance"))


def test_the_nodes_and_their_channels_are_told(tmp_path: Path) -> None:
    nodes = the_four()
    nodes[0].feel({"weight": 12.5})
    config = site(tmp_path, f'serial_ports = ["{tmp_path}/tty-*"]')
    with plugged(tmp_path, nodes):
        told = installation("nodes", "--for", "4", config=config)
    assert told.returncode == 0, told.stdout + told.stderr
    for word in ("plinth", "heap", "assembly", "membrane", "weight", "12.5 N", "firmware",
                 "live", "Hz"):  # fmt: skip
        assert word in told.stdout


def test_a_node_that_the_show_does_not_know_is_told_with_its_port(tmp_path: Path) -> None:
    config = site(tmp_path, f'serial_ports = ["{tmp_path}/tty-*"]')
    with plugged(tmp_path, [SimulatedNode("kiosk", ("distance",), (), uid=9)]):
        told = installation("nodes", "--for", "3", config=config)
        any_ = installation("nodes", "--for", "3", "--any", "--json", config=config)
    assert told.returncode == 1
    assert f"{tmp_path}/tty-kiosk: is 'kiosk', which the show does not know" in told.stdout
    (node,) = json.loads(any_.stdout)
    assert (node["name"], node["state"]) == ("kiosk", "live")
    assert any_.returncode == 0


def test_a_scale_is_calibrated_by_hand(tmp_path: Path) -> None:
    nodes = the_four()[:1]
    config = site(tmp_path, f'serial_ports = ["{tmp_path}/tty-*"]')
    with plugged(tmp_path, nodes):
        nodes[0].feel({"weight": 2.0})
        zero = installation("calibrate", "plinth.weight", "--zero", "--for", "0.3", config=config)
        assert zero.returncode == 0, zero.stderr
        nodes[0].feel({"weight": 7.0})
        at = installation("calibrate", "plinth.weight", "--at", "10", "--for", "0.3", config=config)
        assert at.returncode == 0, at.stderr
        again = installation(
            "calibrate", "plinth.weight", "--at", "0", "--for", "0.3", config=config
        )
        told = installation("nodes", "--for", "3", config=config)
    kept = load(tmp_path / "config/calibration.toml")["plinth", "weight"]
    assert (kept.offset, kept.scale, kept.uid) == (2.0, 2.0, 1)
    assert again.returncode == 1
    assert "that is --zero" in again.stderr
    assert "10 N" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("plinth",), "no NODE.CHANNEL"),
        (("plinth.weight",), "say one of --zero"),
        (("plinth.weight", "--zero", "--invert"), "say one of --zero"),
        (("plinth.wieght", "--zero"), "no channel 'wieght'; it has gardens_south"),
    ],
)
def test_a_wrong_calibration_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    config = site(tmp_path, f'serial_ports = ["{tmp_path}/tty-*"]')
    with plugged(tmp_path, the_four()[:1]):
        told = installation("calibrate", *arguments, config=config)
    assert told.returncode in (1, 2)
    assert says in " ".join(told.stderr.replace("│", " ").split())
    assert not (tmp_path / "config/calibration.toml").exists()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('[nodes.door]\nport = "/dev/x"', "nodes.door: the show has no such node; it has plinth"),
        ('[nodes.heap]\nport = "/dev/x"', "a board that prints lines has no outputs"),
        ('[nodes.heap]\nprot = "/dev/x"', "unknown key 'nodes.heap.prot' – did you mean 'port'?"),
        ('serial_port = "x"', "unknown key 'serial_port' – did you mean 'serial_ports'?"),
    ],
)
def test_a_mistake_in_the_gear_is_one_sentence(tmp_path: Path, line: str, says: str) -> None:
    told = installation("nodes", config=site(tmp_path, line))
    assert told.returncode == 1
    assert says in told.stderr
    assert len(told.stderr.strip().splitlines()) <= 2
