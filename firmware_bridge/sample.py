"""What the bridge hands on: readings of a node, and how the node is doing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of all channels of one node.

    `t_us` is host time in microseconds (the node's clock already mapped);
    `values` stand in the order of the node's schema, in SI units (metres,
    newtons, dB SPL; a button is its press count; touch and motion are 0 or 1).
    """

    node: str
    t_us: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """How one node is doing.

    `state` is absent, greeting, live or lost. `rate_hz` is samples over the
    last second; `dropped` and `corrupt` count frames since the start.
    """

    node: str
    state: str
    why: str = ""
    rate_hz: float = 0.0
    dropped: int = 0
    corrupt: int = 0
    round_trip_us: int = 0
