"""Many nodes at once, and a board that prints fast: a small part of what tests/soak does."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "soak"))
import nodes64
import textnodes


def test_of_sixteen_nodes_at_once_the_core_hears_every_frame() -> None:
    told = nodes64.play(count=16, frames=300)
    assert told.sent == {f"n{i}": 300 for i in range(16)}
    assert told.heard == told.sent
    assert (told.lost, told.gaps, told.corrupt, told.overrun) == (0, 0, 0, 0)


def test_of_twenty_thousand_lines_in_a_second_the_core_hears_every_one() -> None:
    told = textnodes.play(lines=20_000, rate_hz=20_000.0)
    assert told.heard == told.sent == 20_000
    assert (told.gaps, told.corrupt, told.overrun) == (0, 0, 0)
