"""A quantity smoothed while it rests and quick while it moves: the 1€ filter.

G. Casiez, N. Roussel, D. Vogel, "1€ Filter: a simple speed-based low-pass filter for noisy input
in interactive systems", CHI 2012.
"""

from __future__ import annotations

from math import pi

from installation.core.signals import Options, Reading, Sources, next_step

STEP_US = 20_000
SPEED_HZ = 1.0
"""The cutoff for the speed; the paper's."""
SETTLED = 1e-4

Memory = tuple[float, float, float, int]


def update(was: Memory | None, of: Sources, now_us: int, options: Options) -> Reading:
    """The source in its own unit. `cutoff` (Hz) is that at rest, `beta` (1/unit) what speed adds.

    Unknown where the source is; begins at its first value.
    """
    x = of[0]
    if x is None:
        return Reading(None)
    if was is None:
        return Reading(x, (x, 0.0, x, now_us))
    smooth, speed, aim, then_us = was
    if now_us <= then_us:
        return Reading(smooth, (smooth, speed, x, then_us), next_step(now_us, STEP_US))
    dt_s = (now_us - then_us) / 1e6
    speed += _alpha(SPEED_HZ, dt_s) * ((x - aim) / dt_s - speed)
    cutoff_hz = options.get("cutoff", 1.0) + options.get("beta", 0.0) * abs(speed)
    smooth += _alpha(cutoff_hz, dt_s) * (x - smooth)
    if abs(x - smooth) < SETTLED:
        return Reading(x, (x, 0.0, x, now_us))
    return Reading(smooth, (smooth, speed, x, now_us), next_step(now_us, STEP_US))


def _alpha(cutoff_hz: float, dt_s: float) -> float:
    return 1.0 / (1.0 + 1.0 / (2.0 * pi * cutoff_hz * dt_s))
