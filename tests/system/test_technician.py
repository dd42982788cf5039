"""The technician's commands, as they are typed, on real ptys."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_bridge.calibration import Calibration, load, save
from firmware_bridge.simulated.node import SimulatedNode
from firmware_bridge.simulated.pty import PtyNode
from installation import technician
from installation.run.rehearse import simulated_nodes
from installation.showfile.load import load as load_show

ROOT = Path(__file__).resolve().parents[2]


def installation(*arguments: str, config: Path | None = None) -> subprocess.CompletedProcess[str]:
    site = ["--config", str(config)] if config else []
    return subprocess.run(
        [sys.executable, "-m", "installation", *arguments, *site], cwd=ROOT, text=True,
        env={**os.environ, "COLUMNS": "160"}, capture_output=True, timeout=120, check=False,
        stdin=subprocess.DEVNULL,
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


def calibrate(*arguments: str, config: Path) -> subprocess.CompletedProcess[str]:
    return installation("calibrate", *arguments, "--for", "0.3", "--wait", "0", config=config)


@contextmanager
def at_a_terminal(
    *arguments: str, config: Path
) -> Iterator[tuple[Callable[[], str], Callable[[], object]]]:
    """`installation calibrate` with a person: what it says line by line, and the Enter key."""
    keyboard, stdin = os.openpty()
    command = [sys.executable, "-m", "installation", "calibrate", *arguments, "--for", "0.5",
               "--config", str(config)]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:  # fmt: skip
        assert process.stderr is not None
        try:
            yield process.stderr.readline, lambda: os.write(keyboard, b"\n")
            _, rest = process.communicate(timeout=60)
        except BaseException:
            process.kill()  # it may wait for Enter for ever
            raise
    os.close(keyboard)
    os.close(stdin)
    assert process.returncode == 0, rest


def test_a_scale_is_calibrated_by_hand(tmp_path: Path) -> None:
    nodes = the_four()[:1]
    config = site(tmp_path, f'serial_ports = ["{tmp_path}/tty-*"]')
    with plugged(tmp_path, nodes):
        nodes[0].feel({"weight": 2.0})
        zero = calibrate("plinth.weight", "--zero", config=config)
        assert zero.returncode == 0, zero.stderr
        nodes[0].feel({"weight": 7.0})
        at = calibrate("plinth.weight", "--at", "10", config=config)
        assert at.returncode == 0, at.stderr
        again = calibrate("plinth.weight", "--at", "0", config=config)
        told = installation("nodes", "--for", "3", config=config)
    kept = load(tmp_path / "config/calibration.toml")["plinth", "weight"]
    assert (kept.offset, kept.scale, kept.uid) == (2.0, 2.0, 1)
    assert again.returncode == 1
    assert "that is --zero" in again.stderr
    assert "10 N" in told.stdout


def test_a_range_finder_is_calibrated_by_two_distances(tmp_path: Path) -> None:
    nodes = the_four()[:1]
    config = site(tmp_path, f'serial_ports = ["{tmp_path}/tty-*"]')
    with (
        plugged(tmp_path, nodes),
        at_a_terminal("plinth.gardens_south", "--at", "1", "--at", "3", config=config) as (
            says,
            enter,
        ),
    ):
        for reads, asked in ((1.2, "sense 1 m"), (3.2, "sense 3 m")):
            assert f"let gardens_south {asked}, then press Enter" in says()
            nodes[0].feel({"gardens_south": reads})
            enter()
            assert "reading" in says()
    kept = load(tmp_path / "config/calibration.toml")["plinth", "gardens_south"]
    assert (kept.offset, kept.scale) == (pytest.approx(0.2), pytest.approx(1.0))


def test_a_touch_is_taught_by_a_person_who_takes_their_time(tmp_path: Path) -> None:
    nodes = the_four()[:1]
    config = site(tmp_path, f'serial_ports = ["{tmp_path}/tty-*"]')
    with (
        plugged(tmp_path, nodes),
        at_a_terminal("plinth.weight", "--touch", config=config) as (says, enter),
    ):
        for feels, asked in ((1.0, "leave weight alone"), (6.0, "now keep a hand on weight")):
            assert f"{asked}, then press Enter" in says()
            nodes[0].feel({"weight": feels})
            enter()
            assert "reading" in says()
    kept = load(tmp_path / "config/calibration.toml")["plinth", "weight"]
    assert (kept.baseline, kept.threshold) == (
        pytest.approx(1.0, abs=0.2),
        pytest.approx(2.5, abs=0.2),
    )


def test_at_a_terminal_each_reading_waits_for_its_own_enter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keyboard = io.StringIO("\n\n")
    monkeypatch.setattr(keyboard, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", keyboard)
    waited: list[float] = []
    technician.ask("leave weight alone", 3.0, sleep=waited.append)
    assert (keyboard.tell(), waited) == (1, [])


def test_where_nobody_can_press_enter_there_is_time_to_get_ready(
    capsys: pytest.CaptureFixture[str],
) -> None:
    waited: list[float] = []
    technician.ask("leave weight alone", 3.0, sleep=waited.append)
    assert waited == [3.0]
    assert capsys.readouterr().err.splitlines() == [
        "leave weight alone: reading in 3 s",
        "reading …",
    ]


def test_to_invert_and_to_clear_need_no_node(tmp_path: Path) -> None:
    config, path = site(tmp_path, f'serial_ports = ["{tmp_path}/tty-*"]'), tmp_path / "config"
    inverted = installation("calibrate", "plinth.weight", "--invert", config=config)
    assert inverted.returncode == 0, inverted.stderr
    assert load(path / "calibration.toml") == {("plinth", "weight"): Calibration(invert=True)}
    cleared = installation("calibrate", "plinth.weight", "--clear", config=config)
    assert cleared.returncode == 0, cleared.stderr
    assert load(path / "calibration.toml") == {}


def test_beside_a_running_show_only_what_reads_the_sensor_is_refused(tmp_path: Path) -> None:
    config = site(tmp_path)
    out = tmp_path / "out/gallery"
    out.mkdir(parents=True)
    (out / "house.json").write_text(json.dumps({"pid": os.getpid(), "bus": "unixsock-stream/x"}))
    for how in (("--zero",), ("--at", "10"), ("--touch",)):
        told = installation("calibrate", "plinth.weight", *how, config=config)
        assert told.returncode == 1
        assert "the show has the ports: stop it, then calibrate" in told.stderr
    assert installation("calibrate", "plinth.weight", "--invert", config=config).returncode == 0


def test_what_is_a_touch_is_not_given_a_scale(tmp_path: Path) -> None:
    config = site(tmp_path, f'serial_ports = ["{tmp_path}/tty-*"]')
    touch = {("plinth", "weight"): Calibration(baseline=1.0, threshold=2.0)}
    save(tmp_path / "config/calibration.toml", touch)
    with plugged(tmp_path, the_four()[:1]):
        told = calibrate("plinth.weight", "--zero", config=config)
    assert told.returncode == 1
    assert "weight is a touch: --touch learns it anew" in told.stderr
    assert load(tmp_path / "config/calibration.toml") == touch


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("plinth",), "no NODE.CHANNEL"),
        (("plinth.weight",), "say one of --zero"),
        (("plinth.weight", "--zero", "--invert"), "say one of --zero"),
        (("plinth.weight", "--at", "1", "--at", "2", "--at", "3"), "once or twice"),
        (("plinth.wieght", "--invert"), "no channel 'wieght'; it has gardens_south"),
        (("plint.weight", "--clear"), "no node 'plint'; it has plinth"),
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


def test_doctor_says_at_a_terminal_which_port_it_listens_to(tmp_path: Path) -> None:
    screen, stderr = os.openpty()
    node = SimulatedNode("post", ("distance",), (), uid=9)
    with plugged(tmp_path, [node]):
        port = str(tmp_path / "tty-post")
        command = [sys.executable, "-m", "installation", "doctor", "--port", port]
        told = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=stderr, timeout=120,
                              env={**os.environ, "COLUMNS": "160"})  # fmt: skip
        quiet = installation("doctor", "--port", port)
    os.close(stderr)  # what was written can still be read; where nothing was, that is an error
    seen = os.read(screen, 10_000).decode()
    os.close(screen)
    assert port in seen
    assert "listening at 250000 baud" in seen
    assert "listening" not in told.stdout
    assert quiet.stderr == ""
