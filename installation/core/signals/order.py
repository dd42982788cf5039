"""How much many move as one: the order parameter of coupled oscillators.

Y. Kuramoto, Chemical Oscillations, Waves, and Turbulence (1984), section 5.4:
dθi/dt = ωi + K r sin(ψ - θi), with r e^iψ the mean of e^iθ over the active ones.
"""

from __future__ import annotations

from math import atan2, cos, hypot, pi, sin, tau

from installation.core.signals import Options, Reading, Sources, next_step

STEP_US, STEP_S = 20_000, 0.02
MOST_STEPS = 50
"""A second; what is longer ago is let go."""
PACE_HZ = 0.25
Memory = tuple[tuple[float, ...], int, tuple[int, ...], float]


def update(was: Memory | None, of: Sources, now_us: int, options: Options) -> Reading:
    """r in 0..1 over the sources above 0.5; parts are all phases, in turns, 0..1.

    `coupling` (1/s) is scaled by the share of sources that are active, `spread`
    (Hz) is the width of the natural frequencies around 0.25 Hz. With nobody, r
    is 0 and the phases rest. They move in steps of 20 ms, however often it is asked.
    """
    n = len(of)
    phases, then_us, before, r = was or (tuple((i * 0.381966) % 1.0 for i in range(n)), now_us,
                                         (), 0.0)  # fmt: skip
    active = tuple([i for i, x in enumerate(of) if x is not None and x > 0.5])
    if not active:
        return Reading(0.0, (phases, now_us, (), 0.0), None, phases)
    if not before:
        then_us = now_us
    steps = min(MOST_STEPS, now_us // STEP_US - then_us // STEP_US)
    if steps or active != before:
        angles = [p * tau for p in phases]
        gain = options.get("coupling", 1.0) * (0.25 + 0.75 * min(1.0, len(active) / 4.0))
        spread = options.get("spread", 0.05)
        paces = [tau * (PACE_HZ + spread * ((i * 0.618034) % 1.0 - 0.5)) for i in active]
        r, psi = _mean(angles, active)
        for _ in range(steps):
            for i, pace in zip(active, paces, strict=True):
                angles[i] += STEP_S * (pace + gain * r * sin(psi - angles[i]))
            r, psi = _mean(angles, active)
        if steps:
            phases = tuple([(a / tau) % 1.0 for a in angles])
            then_us = now_us
    return Reading(r, (phases, then_us, active, r), next_step(now_us, STEP_US), phases)


def _mean(angles: list[float], active: tuple[int, ...]) -> tuple[float, float]:
    x = sum(cos(angles[i]) for i in active) / len(active)
    y = sum(sin(angles[i]) for i in active) / len(active)
    return hypot(x, y), atan2(y, x) % (2 * pi)
