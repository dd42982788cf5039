"""Many moments as one message: what is alike stands together, and packs well.

A message is a line of JSON, and after it the columns of numbers, as bytes.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice, pairwise
from struct import pack, unpack

from firmware_bridge.sample import Sample
from installation.core.inputs import Inputs
from installation.run.recording.topics import command_heard, dumps, health_heard, health_told

FAR_US = 1 << 31
"""Moments further apart do not stand in one message."""

Values = tuple[float | None, ...]


class Columns:
    """One for a whole recording: a reading that is as it was is not told again."""

    def __init__(self) -> None:
        self._newest: dict[str, Values] = {}

    def tell(self, moments: Sequence[Inputs]) -> bytes:
        """At least one moment, each less than FAR_US after the one before."""
        samples = [(m.now_us, sample) for m in moments for sample in m.samples]
        nodes = list(dict.fromkeys(sample.node for _, sample in samples))
        strays = [(i, s.strays) for i, (_, s) in enumerate(samples) if s.strays]
        places = {node: place for place, node in enumerate(nodes)}
        numbers = (
            [b.now_us - a.now_us for a, b in pairwise(moments)],
            [len(m.samples) for m in moments],
            [places[sample.node] for _, sample in samples],
            [now_us - sample.t_us for now_us, sample in samples],
        )
        told = {
            "from_us": moments[0].now_us,
            "nodes": nodes,
            "values": [self._news(sample) for _, sample in samples],
            "strays": strays,
            "health": [(i, health_told(h)) for i, m in enumerate(moments) for h in m.health],
            "commands": [(i, asdict(c)) for i, m in enumerate(moments) for c in m.commands],
        }
        return dumps(told).encode() + b"\n" + b"".join(map(_planes, numbers))

    def hear(self, data: bytes) -> Iterator[Inputs]:
        """The moments that were told. Raises ValueError, KeyError, IndexError, TypeError."""
        head, _, rest = data.partition(b"\n")
        told, (after_us, samples_in, node, age_us) = json.loads(head), _numbers(rest, 4)
        now_us, strays = told["from_us"], {i: tuple(s) for i, s in told["strays"]}
        nodes = [told["nodes"][place] for place in node]
        readings = enumerate(zip(nodes, age_us, told["values"], strict=True))
        for index, (late_us, many) in enumerate(zip((0, *after_us), samples_in, strict=True)):
            now_us += late_us
            samples = []
            for number, (name, early_us, values) in islice(readings, many):
                samples.append(Sample(name, now_us - early_us, self._values(name, values),
                                      strays.get(number, ())))  # fmt: skip
            health = [health_heard(dict(h)) for i, h in told["health"] if i == index]
            commands = [command_heard(c) for i, c in told["commands"] if i == index]
            yield Inputs(now_us, tuple(samples), tuple(health), tuple(commands))

    def _news(self, sample: Sample) -> Values | None:
        """None where they are as they were."""
        was, self._newest[sample.node] = self._newest.get(sample.node), sample.values
        is_same = was is not None and marshal.dumps(was, 2) == marshal.dumps(sample.values, 2)
        return None if is_same else sample.values

    def _values(self, node: str, told: list[float | None] | None) -> Values:
        if told is not None:
            self._newest[node] = tuple(told)
        return self._newest[node]


def _planes(numbers: Sequence[int]) -> bytes:
    """How many, then 32 bits each, all lowest bytes first: the higher ones are nearly all alike."""
    packed = pack(f"<{len(numbers)}i", *numbers)
    return pack("<I", len(numbers)) + b"".join(packed[plane::4] for plane in range(4))


def _numbers(data: bytes, columns: int) -> list[tuple[int, ...]]:
    """The inverse of `_planes`, for so many of them. Raises struct.error."""
    found = []
    for _ in range(columns):
        (many,), data = unpack("<I", data[:4]), data[4:]
        packed = bytearray(4 * many)
        for plane in range(4):
            packed[plane::4] = data[plane * many : (plane + 1) * many]
        found.append(unpack(f"<{many}i", packed))
        data = data[4 * many :]
    return found
