"""The sounds of The Resonance Project: one harmonic world, seamless by construction.

A loop is a sum of partials with a whole number of cycles in its length, and of
noise shaped in the frequency domain, which is periodic by nature. `VOICES` maps
a file's name to what makes it: float samples, shape (frames, 2), 48 kHz.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
RATE_HZ = 48_000
ROOT_HZ = 73.416
"""D2; every pitch is this times a ratio of the final chord."""
CHORD = (1.0, 3 / 2, 2.0, 9 / 4, 5 / 2, 3.0, 10 / 3, 4.0, 9 / 2, 5.0, 6.0, 8.0)
FRAGMENTS = (2.0, 9 / 4, 5 / 2, 3.0, 10 / 3, 4.0)
PEAK = 0.35
"""Of each stem at full gain, about -9 dBFS: the sum of a scene's stems stays below clipping."""


def _time(length_s: int) -> Samples:
    return np.arange(length_s * RATE_HZ) / RATE_HZ


def _whole(hz: float, length_s: int) -> float:
    """The nearest frequency with a whole number of cycles in the loop."""
    return max(1, round(hz * length_s)) / length_s


def tones(length_s: int, ratios: tuple[float, ...], seed: int, bright: float = 0.5) -> Samples:
    """Slow-beating partials of the chord; each breathes at a whole number of turns a loop."""
    dice, t = np.random.default_rng(seed), _time(length_s)
    out = np.zeros((t.size, 2))
    for ratio in ratios:
        for partial_number in (1, 2, 3):
            hz = _whole(ROOT_HZ * ratio * partial_number + dice.uniform(-0.15, 0.15), length_s)
            turns, phase, pan = dice.integers(1, 5), dice.uniform(0, 2 * np.pi), dice.uniform(0, 1)
            breath = 0.55 + 0.45 * np.sin(2 * np.pi * turns * t / length_s + phase)
            wave = np.sin(2 * np.pi * hz * t + phase) * breath * bright ** (partial_number - 1)
            out += wave[:, None] * np.array([np.cos(pan * np.pi / 2), np.sin(pan * np.pi / 2)])
    return out


def noise(length_s: int, centre_hz: float, octaves: float, seed: int) -> Samples:
    """Wind: noise in a band, periodic because it is made from its spectrum."""
    dice, n = np.random.default_rng(seed), length_s * RATE_HZ
    hz = np.fft.rfftfreq(n, 1 / RATE_HZ)
    shape = np.exp(-0.5 * (np.log2(np.maximum(hz, 1) / centre_hz) / octaves) ** 2)
    spectrum = np.exp(2j * np.pi * dice.uniform(size=(2, hz.size))) * shape
    out = np.fft.irfft(spectrum, n).T
    t = _time(length_s)
    gust = 0.6 + 0.4 * np.sin(2 * np.pi * 2 * t / length_s) * np.cos(2 * np.pi * 3 * t / length_s)
    return np.asarray(out / np.abs(out).max() * gust[:, None])


def strikes(length_s: int, beats: int, ratios: tuple[float, ...], decay_s: float, seed: int,
            every: int = 1) -> Samples:  # fmt: skip
    """Struck metal or skin on a grid of `beats`, its tails wrapped round the loop's end."""
    dice, n = np.random.default_rng(seed), length_s * RATE_HZ
    out = np.zeros((n, 2))
    for beat in range(0, beats, every):
        if dice.uniform() < 0.25 and beat % 4:
            continue
        hit = struck(float(dice.choice(ratios)), decay_s, seed + beat) * dice.uniform(0.4, 1.0)
        at = (np.arange(len(hit)) + beat * n // beats) % n
        np.add.at(out, at, hit)
    return out


def struck(ratio: float, decay_s: float, seed: int, metal: float = 0.0) -> Samples:
    """One note with an attack of 4 ms and an exponential tail, silent at its end."""
    dice, t = np.random.default_rng(seed), np.arange(int(decay_s * 5 * RATE_HZ)) / RATE_HZ
    wave = np.zeros(t.size)
    for number, weight in ((1.0, 1.0), (2.0 + 0.76 * metal, 0.4), (3.0 + 2.4 * metal, 0.15)):
        wave += (
            weight
            * np.sin(2 * np.pi * ROOT_HZ * ratio * number * t)
            * np.exp(-t * number / decay_s)
        )
    wave *= np.minimum(1.0, t / 0.004) * np.minimum(1.0, (t[-1] - t) / 0.02)
    pan = dice.uniform(0.3, 0.7)
    return wave[:, None] * np.array([np.cos(pan * np.pi / 2), np.sin(pan * np.pi / 2)])


def levelled(make: Callable[[], Samples]) -> Samples:
    """To the common peak."""
    samples = make()
    return samples * (PEAK / max(1e-9, float(np.abs(samples).max())))


def _mix(*parts: tuple[float, Samples]) -> Samples:
    return np.asarray(sum(weight * part / np.abs(part).max() for weight, part in parts))


def _murmur() -> Samples:
    band = noise(23, 320, 0.5, 31)
    t = _time(23)
    return band * (0.5 + 0.5 * np.sin(2 * np.pi * 46 * t / 23) ** 2)[:, None]


def _pulse() -> Samples:
    return _mix((1.0, strikes(24, 24, (1.0,), 0.5, 71)), (0.3, tones(24, (1.0, 2.0), 72)))


LOOPS: dict[str, Callable[[], Samples]] = {
    "rumour": lambda: _mix((1.0, tones(29, (1.0, 1.5), 1, 0.3)), (0.4, noise(29, 180, 0.8, 2))),
    "choir": partial(tones, 31, (2.0, 3.0, 4.0, 5.0), 3, 0.35),
    "glass": partial(strikes, 27, 36, (4.0, 5.0, 6.0, 8.0), 1.2, 4),
    "iron": lambda: _mix((1.0, strikes(26, 26, (1.0, 1.5), 0.6, 5)), (0.4, noise(26, 90, 0.6, 6))),
    "wind": partial(noise, 33, 420, 0.9, 7),
    "rhythm": partial(strikes, 24, 96, (1.0, 2.0), 0.12, 8),
    "grid": partial(strikes, 25, 50, (4.0, 6.0, 8.0), 0.4, 9),
    "murmur": _murmur,
    "chords": partial(tones, 32, (2.0, 5 / 2, 3.0, 9 / 2), 10, 0.4),
    "chimes_bed": partial(strikes, 30, 24, (6.0, 8.0, 5.0), 2.0, 11),
    "doubt": lambda: _mix((1.0, tones(28, (1.0, 9 / 4), 12)), (0.5, noise(28, 240, 0.5, 13))),
    "drive": lambda: _mix((1.0, strikes(24, 96, (1.0, 1.5, 2.0), 0.2, 14)),
                          (0.5, strikes(24, 48, (3.0, 4.0), 0.1, 15))),
    "thin": partial(noise, 27, 5200, 0.4, 16),
    "warm": partial(tones, 31, (1.0, 2.0, 5 / 2, 3.0), 17, 0.6),
    "debate_west": partial(tones, 23, (3.0, 4.0, 9 / 2), 18, 0.5),
    "debate_east": partial(tones, 24, (1.0, 3 / 2, 9 / 4), 19, 0.7),
    "light": partial(tones, 29, (4.0, 5.0, 6.0), 20, 0.3),
    "pulse": _pulse,
    "work": partial(strikes, 26, 52, (2.0, 5 / 2, 3.0, 4.0), 0.5, 21),
    "festival": lambda: _mix((1.0, strikes(24, 48, (2.0, 3.0, 4.0), 0.5, 22)),
                             (0.6, tones(24, (1.0, 2.0, 3.0), 23))),
    "unison": partial(tones, 32, CHORD, 24, 0.45),
}  # fmt: skip

SHOTS: dict[str, Callable[[], Samples]] = {
    "spark": partial(struck, 8.0, 0.15, 41, 1.0),
    "glint": partial(struck, 6.0, 0.8, 42, 0.3),
    "chime": partial(struck, 5.0, 1.2, 43, 0.5),
    "crack": partial(struck, 1.0, 0.2, 44, 1.0),
    "press": partial(struck, 1.5, 0.9, 45),
    "work_made": partial(struck, 3.0, 1.0, 46, 0.2),
    **{f"note_{i}": partial(struck, r, 0.9, 50 + i) for i, r in enumerate(FRAGMENTS, 1)},
}

VOICES: dict[str, Callable[[], Samples]] = {
    name: partial(levelled, make) for name, make in (LOOPS | SHOTS).items()
}
