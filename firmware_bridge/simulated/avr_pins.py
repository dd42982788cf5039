"""What hangs on which pin of a node's board, and what a reading is there: levels and presses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ADC_FULL = 1023


class Input(NamedTuple):
    """`pin` is an ADC channel where `kind` is analogue; `low` and `high` are in its unit."""

    kind: str
    pin: str
    low: float
    high: float


class Wiring:
    """The wiring of one board, and the readings that it was given last."""

    def __init__(self, elf: Path) -> None:
        """From the .pins file beside the firmware; without one nothing has a name."""
        self.inputs: dict[str, Input] = {}
        self.outputs: dict[str, str] = {}
        self._given: dict[str, str] = {}
        self._counts: dict[str, float] = {}
        path = elf.with_suffix(".pins")
        for line in path.read_text(encoding="ascii").splitlines() if path.exists() else ():
            match line.split():
                case ["in", name, _, low, high, kind, pin]:
                    where = pin if kind == "analogue" else _pin(pin)
                    self.inputs[name] = Input(kind, where, float(low), float(high))
                case ["out", name, _, _, _, _, _, pin, _]:
                    self.outputs[name] = _pin(pin)

    def commands(self, readings: Mapping[str, float]) -> list[str]:
        """The commands of avr-node that bring the board from the readings before to these.

        Readings of other nodes, and values that are no numbers, change nothing. A count is
        pressed as often as it has risen since it was given first.
        """
        mine = [name for name in self.inputs if not math.isnan(readings.get(name, math.nan))]
        return [command for name in mine if (command := self._command(name, readings[name]))]

    def _command(self, name: str, value: float) -> str:
        """Empty where nothing changes."""
        kind, pin, low, high = self.inputs[name]
        if kind == "count":
            rise = round(value - self._counts.get(name, value))
            self._counts[name] = value
            return f"press {pin} {rise}" if rise > 0 else ""
        command = f"pin {pin} {int(value >= 0.5)}"
        if kind == "analogue":
            share = min(1.0, max(0.0, (value - low) / (high - low)))
            command = f"adc {pin} {round(share * ADC_FULL)}"
        before, self._given[name] = self._given.get(name), command
        return command if command != before else ""


def _pin(number: str) -> str:
    return f"D{number}" if int(number) < 16 else f"A{int(number) - 16}"
