"""What the bridge hands on: readings of a node, and how the node is doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Sample(NamedTuple):
    """One reading of all channels of one node.

    `t_us` is host time in microseconds (the node's clock already mapped);
    `values` stand in the order of the node's schema, in SI units (metres,
    newtons, dB SPL; a button is its press count; touch and motion are 0 or 1).
    A value is None where it is unknown: the sensor does not answer, or tells
    what is out of its range; `strays` are the indices of the latter.
    """

    node: str
    t_us: int
    values: tuple[float | None, ...]
    strays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """How one channel is doing.

    `state` is ok, unknown, out of range, stuck, noisy, drifting or uncalibrated (on another
    board); `says` is a sentence for staff where it is not ok. `value` is the newest, in `unit`.
    """

    name: str
    unit: str
    state: str = "ok"
    value: float | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How one node is doing.

    `state` is absent, greeting, live, refused or lost. `rate_hz` is samples over the last
    second; `dropped` and `corrupt` count frames since the start. `latency_us` is the median
    from the moment of a reading to its arrival, `latency_p99_us` that of the slowest,
    `jitter_us` how much the node's own pace varies. `kind` is node or text; `uid`, `boot`,
    `cause` (why it booted) and `firmware` are what the node tells of itself.
    """

    node: str
    state: str
    why: str = ""
    rate_hz: float = 0.0
    dropped: int = 0
    corrupt: int = 0
    round_trip_us: int = 0
    latency_us: int = 0
    latency_p99_us: int = 0
    jitter_us: int = 0
    kind: str = "node"
    path: str = ""
    uid: int | None = None
    boot: int = 0
    cause: str = ""
    firmware: str = ""
    channels: tuple[ChannelHealth, ...] = ()
