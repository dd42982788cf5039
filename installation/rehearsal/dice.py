"""Chance that repeats: a stream of numbers for each (seed, name)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

BATCH = 512


class Dice:
    """Draws from PCG64; what libm computes is rounded, as its last bit differs between machines."""

    def __init__(self, seed: int, name: str) -> None:
        digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()
        self._source = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
        self._drawn: list[float] = []

    def share(self) -> float:
        """Uniform, 0 to 1."""
        if not self._drawn:
            self._drawn = self._source.random(BATCH).tolist()
        return self._drawn.pop()

    def between(self, low: float, high: float) -> float:
        """Uniform, `low` to `high`."""
        return low + (high - low) * self.share()

    def jitter(self, amplitude: float) -> float:
        """Triangular about zero, never beyond ±`amplitude`."""
        return (self.share() + self.share() - 1.0) * amplitude

    def dwell_s(self, median_s: float, spread: float = 0.4) -> float:
        """Log-normal, as the time people stay at exhibits is; rounded to a millisecond."""
        normal = sum(self.share() for _ in range(12)) - 6.0
        return round(median_s * math.exp(spread * normal), 3)

    def choose(self, things: Sequence[tuple[T, float]]) -> T | None:
        """One of `things` by weight; None when nothing weighs anything."""
        left = self.share() * sum(weight for _, weight in things)
        for thing, weight in things:
            left -= weight
            if left < 0.0:
                return thing
        return None
