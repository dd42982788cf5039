"""The nodes' firmware and the program that runs it, built once for all tests of this folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from firmware_bridge.simulated.avr import FIRMWARE
from tests.needs import program

PATIENCE_S = 120
PROBE = Path(__file__).with_name("avr_probe.c")


def make(folder: Path) -> None:
    command = [program("make", "make"), "-s", "-C", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if made.returncode:
        pytest.fail(f"{' '.join(command[1:])} failed: {made.stderr.strip()[-500:]}")


@pytest.fixture(scope="session")
def avr_node() -> None:
    """The runner."""
    header = "simavr/sim_avr.h"
    look = [program("cc", "gcc"), "-E", "-include", header, "-x", "c", "/dev/null"]
    if subprocess.run(look, capture_output=True, timeout=PATIENCE_S, check=False).returncode:
        program(header, "libsimavr-dev")
    make(FIRMWARE / "avr")


@pytest.fixture(scope="session")
def bench(avr_node: None) -> Path:
    """The firmware of objects/bench.h: a channel of each kind, a lamp, a relay."""
    program("avr-gcc", "gcc-avr avr-libc")
    make(FIRMWARE)
    return FIRMWARE / "build/bench.elf"


@pytest.fixture(scope="session")
def probe(avr_node: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware of avr_probe.c."""
    elf = tmp_path_factory.mktemp("avr") / "probe.elf"
    compiler = program("avr-gcc", "gcc-avr avr-libc")
    subprocess.run(
        [compiler, "-mmcu=atmega328p", "-DF_CPU=16000000UL", "-std=gnu99", "-Os", "-Wall",
         "-Wextra", "-Werror", "-o", elf, PROBE],
        check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    return elf
