"""Objects of a test's own, and where the channels and outputs of an object are wired."""

from __future__ import annotations

import re
from pathlib import Path

from tests.firmware.host_node import make


def object_of(folder: Path, name: str, channels: list[str], outputs: str = "") -> None:
    (folder / f"{name}.h").write_text(
        f"#define NODE_NAME {name}\n#define NODE_VERSION 1.0\n"
        f"#define NODE_CHANNELS(ANALOGUE, STATE, COUNT) {' '.join(channels)}\n"
        f"#define NODE_OUTPUTS(PWM, SWITCH) {outputs}\n"
    )


def pins_of(name: str, folder: Path) -> dict[str, str]:
    """As they stand on the board."""
    told = {}
    for line in make(f"{folder}/{name}.pins", f"BUILD={folder}").read_text().splitlines():
        word = line.split()
        pin = word[6] if word[0] == "in" else word[7]
        if int(pin) < 20:
            told[word[1]] = ("A" if "analogue" in word else "D") + pin
    return told


def pins_of_table(table: str) -> dict[str, str]:
    """The same from a table of the page for makers: names, pins, what it is."""
    told = {}
    for row in table.splitlines()[2:]:
        names, pins, _ = row.strip("| ").split(" | ", 2)
        told.update(zip(_names(names), pins.split(), strict=True))
    told.pop("hang", None)
    return told


def _names(cell: str) -> list[str]:
    """`a` `b`, or `a_1` to `a_6`."""
    names = re.findall(r"`(\w+)`", cell)
    if " to " not in cell:
        return names
    stem, last = names[1].rsplit("_", 1)
    return [f"{stem}_{i}" for i in range(1, int(last) + 1)]
