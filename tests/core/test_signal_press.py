"""A press is a count that rises."""

from __future__ import annotations

from installation.core.signals import press

OPTIONS = {"hold": 200_000.0}


def test_a_press_is_a_pulse() -> None:
    was = press.update(None, (3.0,), 0, OPTIONS)
    assert was.value == 0.0
    now = press.update(was.memory, (4.0,), 10, OPTIONS)
    assert now.value == 1.0
    assert press.update(now.memory, (4.0,), now.wake_us or 0, OPTIONS).value == 0.0


def test_a_node_that_boots_presses_nothing() -> None:
    was = press.update(None, (37.0,), 0, OPTIONS)
    silent = press.update(was.memory, (None,), 1_000_000, OPTIONS)
    booted = press.update(silent.memory, (0.0,), 2_000_000, OPTIONS)
    assert booted.value == 0.0
    assert press.update(booted.memory, (1.0,), 3_000_000, OPTIONS).value == 1.0
