"""The last minutes, in memory: blocks that can be made a recording of at any time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from installation.run.recording.container import Block
from installation.run.recording.tape import SECOND_US, Opening

KEPT_S = 300
MOST_BYTES = 32 * 1024 * 1024


@dataclass(slots=True)
class Segment:
    """What followed an opening. `shows` are the hashes of the shows in it."""

    opening: Opening
    blocks: list[Block] = field(default_factory=list)
    shows: set[str] = field(default_factory=set)

    @property
    def bytes(self) -> int:
        return self.opening.block.bytes + sum(block.bytes for block in self.blocks)


class Ring:
    """Segments; the oldest goes where the rest alone is `kept_s` long, or all are too large."""

    def __init__(self, kept_s: int = KEPT_S, most_bytes: int = MOST_BYTES) -> None:
        self._kept_ns, self._most_bytes = kept_s * SECOND_US * 1000, most_bytes
        self._segments: deque[Segment] = deque()
        self.bytes = 0

    def open(self, opening: Opening) -> None:
        self._segments.append(Segment(opening, shows=set(opening.shows)))
        self.bytes += opening.block.bytes
        self._shorten()

    def add(self, block: Block) -> None:
        """What comes before the first opening has no beginning, and is left out."""
        if not self._segments:
            return
        self._segments[-1].blocks.append(block)
        self.bytes += block.bytes
        self._shorten()

    def mention(self, show: str) -> None:
        """A show that took over in the newest segment."""
        if self._segments:
            self._segments[-1].shows.add(show)

    def clear(self) -> None:
        self._segments.clear()
        self.bytes = 0

    @property
    def shows(self) -> set[str]:
        """The hashes of all shows in it."""
        return {show for segment in self._segments for show in segment.shows}

    @property
    def played_s(self) -> float:
        """How long it is, in show time."""
        blocks = [block for segment in self._segments for block in segment.blocks]
        return (blocks[-1].end_ns - blocks[0].start_ns) / 1e9 if blocks else 0.0

    def blocks(self) -> Iterator[Block]:
        """A recording: one opening, and all that followed."""
        for number, segment in enumerate(self._segments):
            if not number:
                yield segment.opening.block
            yield from segment.blocks

    def _shorten(self) -> None:
        while len(self._segments) > 1 and (self._is_long_enough() or self.bytes > self._most_bytes):
            self.bytes -= self._segments.popleft().bytes

    def _is_long_enough(self) -> bool:
        """Whether it is without the oldest segment."""
        second, newest = self._segments[1], self._segments[-1]
        end_ns = newest.blocks[-1].end_ns if newest.blocks else newest.opening.block.end_ns
        return end_ns - second.opening.block.start_ns >= self._kept_ns
