"""Every file in core/signals/ keeps the contract of a signal; a new one is tested unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from installation.core import signals
from installation.core.signals import Reading, kind
from installation.showfile.signals import KINDS

FOUND = sorted(p.stem for p in Path(signals.__file__).parent.glob("*.py") if p.stem != "__init__")
OPTIONS = {
    "below": 0.5, "low": 0.0, "high": 1.0, "lag": 100_000.0, "full": 1e6, "drain": 1e6,
    "window": 1e6, "slots": 3.0, "gap": 0.0, "coupling": 1.0, "spread": 0.1,
}  # fmt: skip


def test_the_language_knows_exactly_the_kinds_that_have_a_file() -> None:
    assert sorted(KINDS) == FOUND


@pytest.mark.parametrize("name", FOUND)
def test_a_kind_survives_unknown_sources(name: str) -> None:
    reading = kind(name)(None, (None, None), 0, OPTIONS)
    assert reading.value is None or 0.0 <= reading.value <= 1.0


SETTABLE_ONLY = {"variable"}
"""It reads nothing: only cues move it."""


@pytest.mark.parametrize("name", sorted(set(FOUND) - SETTABLE_ONLY))
def test_a_kind_reacts_to_its_sources_and_is_a_function_of_its_arguments(name: str) -> None:
    def run() -> list[Reading]:
        memory, said = None, []
        for step, value in enumerate((0.0, 1.0, 1.0, 0.0, 1.0)):
            sources = (value, value * 2.0)
            said.append(kind(name)(memory, sources, step * 100_000, OPTIONS))
            memory = said[-1].memory
        return said

    first = run()
    assert first == run()
    assert len({r.value for r in first}) > 1


@pytest.mark.parametrize("name", FOUND)
def test_a_kind_asks_to_be_woken_only_in_the_future(name: str) -> None:
    memory = None
    for step in range(20):
        now_us = step * 30_000
        reading = kind(name)(memory, (float(step % 3 > 0), 0.5), now_us, OPTIONS)
        memory = reading.memory
        assert reading.wake_us is None or reading.wake_us > now_us
