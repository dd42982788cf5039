"""MCAP: messages to blocks, blocks to a file (mcap.dev/spec).

The library's own writer makes a file and nothing else. Here a block, which is a chunk and its
message indexes, is made once and is used twice: at the end of the file that is being written,
and in memory, for a recording that is asked for after the fact.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from struct import Struct, pack

import zstandard
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Attachment,
    AttachmentIndex,
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)

MAGIC = b"\x89MCAP0\r\n"
PROFILE, LIBRARY = "installation", "installation"
_MESSAGE = Struct("<BQHIQQ")
_AFTER_LENGTH = _MESSAGE.size - 9


@dataclass(frozen=True, slots=True)
class Topic:
    """A channel of the file; `schema` is JSON Schema, which Foxglove reads."""

    id: int
    name: str
    schema: bytes
    encoding: str = "json"


@dataclass(frozen=True, slots=True)
class Block:
    """`chunk` and `index` are whole records; `places` where in `index` that of a topic begins."""

    chunk: bytes
    index: bytes
    places: Mapping[int, int]
    counts: Mapping[int, int]
    start_ns: int
    end_ns: int
    packed: int
    size: int

    @property
    def bytes(self) -> int:
        """What it needs on disk and in memory."""
        return len(self.chunk) + len(self.index)


class Chunker:
    """Messages until `close` makes a block of them. `level` is zstd's."""

    def __init__(self, level: int = 3, *, is_indexed: bool = True) -> None:
        self._level, self._is_indexed = level, is_indexed
        self._data = bytearray()
        self._times: dict[int, list[int]] = {}
        self._start_ns = self._end_ns = 0

    def __len__(self) -> int:
        return len(self._data)

    def add(self, topic: int, sequence: int, at_ns: int, data: bytes) -> None:
        if not self._data:
            self._start_ns = at_ns
        self._end_ns = at_ns
        self._times.setdefault(topic, []).extend((at_ns, len(self._data)))
        self._data += _MESSAGE.pack(Opcode.MESSAGE, _AFTER_LENGTH + len(data), topic,
                                    sequence & 0xFFFFFFFF, at_ns, at_ns)  # fmt: skip
        self._data += data

    def close(self) -> Block | None:
        """The block; None where nothing was added since the last."""
        if not self._data:
            return None
        data, times = bytes(self._data), self._times
        self._data, self._times = bytearray(), {}
        packed = zstandard.compress(data, self._level)
        chunk = _record(Chunk(
            compression="zstd", data=packed, message_start_time=self._start_ns,
            message_end_time=self._end_ns, uncompressed_crc=zlib.crc32(data),
            uncompressed_size=len(data),
        ))  # fmt: skip
        index, places = bytearray(), {}
        for topic, found in times.items() if self._is_indexed else ():
            places[topic] = len(index)
            index += pack("<BQHI", Opcode.MESSAGE_INDEX, 6 + 8 * len(found), topic, 8 * len(found))
            index += pack(f"<{len(found)}Q", *found)
        counts = {topic: len(found) // 2 for topic, found in times.items()}
        return Block(chunk, bytes(index), places, counts, self._start_ns, self._end_ns,
                     len(packed), len(data))  # fmt: skip


class McapFile:
    """A file that is whole up to the last block that was written, however it ends.

    With `is_durable` a block is on disk when `write` returns. All raise OSError.
    """

    def __init__(self, path: Path, about: Mapping[str, str], *, is_durable: bool = False) -> None:
        self.path, self._is_durable = path, is_durable
        self._file = path.open("wb")
        self._topics: dict[int, Topic] = {}
        self._chunks: list[ChunkIndex] = []
        self._attached: dict[str, AttachmentIndex] = {}
        self._counts: dict[int, int] = {}
        self._crc = 0
        self._put(MAGIC + _record(Header(PROFILE, LIBRARY)))
        noted = _record(Metadata("recording", dict(about)))
        self._noted = MetadataIndex(self._file.tell(), len(noted), "recording")
        self._put(noted)

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._file.tell()

    def attach(self, name: str, media_type: str, data: bytes) -> None:
        """Once for each name."""
        if name in self._attached:
            return
        record = _record(Attachment(0, 0, name, media_type, data))
        self._attached[name] = AttachmentIndex(self._file.tell(), len(record), 0, 0, len(data),
                                               name, media_type)  # fmt: skip
        self._put(record)

    def write(self, block: Block, topics: Iterable[Topic]) -> None:
        """`topics` are all that there are; those that are new here go before the block."""
        for topic in topics:
            if topic.id not in self._topics:
                self._topics[topic.id] = topic
                self._put(_of_topic(topic))
        at = self._file.tell()
        self._put(block.chunk + block.index)
        self._chunks.append(_chunk_index(block, at))
        for topic_id, count in block.counts.items():
            self._counts[topic_id] = self._counts.get(topic_id, 0) + count
        self._file.flush()
        if self._is_durable:
            os.fdatasync(self._file.fileno())

    def abandon(self) -> None:
        """Leave it as it is: nothing more can be written."""
        with contextlib.suppress(OSError):
            self._file.close()

    def close(self) -> None:
        """The summary, by which a reader finds its way without reading all."""
        with self._file:
            self._file.write(_record(DataEnd(self._crc)))
            start = self._file.tell()
            groups = self._summary()
            summary = b"".join(data for _, data in groups)
            self._file.write(summary)
            offsets, at = b"", start
            for opcode, data in groups:
                if data:
                    offsets += _record(SummaryOffset(opcode, at, len(data)))
                at += len(data)
            self._file.write(offsets)
            crc = zlib.crc32(summary + offsets + pack("<BQQQ", Opcode.FOOTER, 20, start, at))
            self._file.write(_record(Footer(start, at, crc)) + MAGIC)
            self._file.flush()
            os.fsync(self._file.fileno())

    def _put(self, data: bytes) -> None:
        """All that stands before the data's end goes into its checksum."""
        self._file.write(data)
        self._crc = zlib.crc32(data, self._crc)

    def _summary(self) -> list[tuple[Opcode, bytes]]:
        topics = self._topics.values()
        return [
            (Opcode.SCHEMA, b"".join(_record(_schema(t)) for t in topics)),
            (Opcode.CHANNEL, b"".join(_record(_channel(t)) for t in topics)),
            (Opcode.STATISTICS, _record(self._statistics())),
            (Opcode.CHUNK_INDEX, b"".join(map(_record, self._chunks))),
            (Opcode.ATTACHMENT_INDEX, b"".join(map(_record, self._attached.values()))),
            (Opcode.METADATA_INDEX, _record(self._noted)),
        ]

    def _statistics(self) -> Statistics:
        chunks, topics = self._chunks, self._topics
        return Statistics(
            attachment_count=len(self._attached), channel_count=len(topics),
            channel_message_counts=self._counts, chunk_count=len(chunks),
            message_count=sum(self._counts.values()),
            message_end_time=chunks[-1].message_end_time if chunks else 0,
            message_start_time=chunks[0].message_start_time if chunks else 0,
            metadata_count=1, schema_count=len(topics),
        )  # fmt: skip


def _record(record: McapRecord) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    return bytes(builder.end())  # type: ignore[no-untyped-call]  # mcap's builder has no types


def _schema(topic: Topic) -> Schema:
    return Schema(data=topic.schema, encoding="jsonschema", id=topic.id,
                  name=topic.name.strip("/").replace("/", "."))  # fmt: skip


def _channel(topic: Topic) -> Channel:
    return Channel(topic.id, topic.name, topic.encoding, {}, topic.id)


def _of_topic(topic: Topic) -> bytes:
    return _record(_schema(topic)) + _record(_channel(topic))


def _chunk_index(block: Block, at: int) -> ChunkIndex:
    index_at = at + len(block.chunk)
    return ChunkIndex(
        chunk_length=len(block.chunk), chunk_start_offset=at, compression="zstd",
        compressed_size=block.packed, message_start_time=block.start_ns,
        message_end_time=block.end_ns, message_index_length=len(block.index),
        message_index_offsets={topic: index_at + place for topic, place in block.places.items()},
        uncompressed_size=block.size,
    )  # fmt: skip
