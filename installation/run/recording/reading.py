"""A recording file, read from its beginning: what the core was given, and what was said.

A file that ends as MCAP files end is whole, and what cannot be read in it is damage. One that
does not was cut off, by the wall switch for instance: it is read as far as it goes.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from struct import error as StructError  # noqa: N812  # a class, whatever its name
from struct import unpack
from typing import BinaryIO

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment, Channel, Chunk, Header, Message, Metadata

from installation.errors import RecordingError
from installation.run.recording.bundle import Bundle
from installation.run.recording.container import MAGIC, PROFILE
from installation.run.recording.items import Item, Reader

UNREADABLE = (McapError, zstandard.ZstdError, StructError, ValueError, KeyError, TypeError,
              AttributeError, IndexError, MemoryError, RecursionError)  # fmt: skip
"""What reading bytes that are none of ours may come to."""
MOST_CHUNK = 256 * 1024 * 1024


class Recording:
    """`about` is what its metadata say, `bundles` the shows met so far, by hash.

    After `items` is through, `broken_off` says whether the file was cut off; `position` is how
    many of its `size` bytes have been read. Raises RecordingError, also from `items`.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.broken_off, self.position = path, False, 0
        self.bundles: dict[str, Bundle] = {}
        self.about: dict[str, str] = {}
        try:
            self.size = path.stat().st_size
            with path.open("rb") as file:
                for opcode, payload in self._records(file):
                    if opcode == Opcode.CHUNK or not self._outside(opcode, payload):
                        break
        except OSError as why:
            raise RecordingError(f"{path}: {why.strerror}") from why
        if not self.about:
            raise RecordingError(f"{path}: nothing was recorded yet when it was cut off")
        self.seed, self.begun_us, self.offset_us = map(self._number, (
            "seed", "begun_us", "offset_us"))  # fmt: skip

    def items(self) -> Iterator[Item]:
        """All of it in order; a `Check` after the moments that it is about."""
        self.broken_off = False
        reader = Reader(self.offset_us)
        try:
            with self.path.open("rb") as file:
                for opcode, payload in self._records(file):
                    if opcode == Opcode.CHUNK:
                        found = self._read(reader, payload)
                        if found is None:
                            break
                        yield from found
                    elif not self._outside(opcode, payload, reader):
                        break
                yield from reader.rest()
        except OSError as why:
            raise RecordingError(f"{self.path}: {why.strerror}") from why

    def _read(self, reader: Reader, payload: bytes) -> list[Item] | None:
        """A chunk is whole or it is nothing. None: the file breaks off here."""
        try:
            return list(reader.items(_unpacked(payload)))
        except RecordingError as why:
            raise RecordingError(f"{self.path}: {why}") from why
        except UNREADABLE as why:
            self._end(str(why) or type(why).__name__)
            return None

    def _outside(self, opcode: int, payload: bytes, reader: Reader | None = None) -> bool:
        """A record that is no chunk. False: the file breaks off here."""
        try:
            stream = ReadDataStream(io.BytesIO(payload))
            if opcode == Opcode.HEADER and Header.read(stream).profile != PROFILE:
                raise RecordingError(f"{self.path}: is an MCAP file, but no recording of a show")
            if opcode == Opcode.METADATA:
                self.about = dict(Metadata.read(stream).metadata)
            elif opcode == Opcode.ATTACHMENT:
                found = _attached(payload)
                hashed, _, kind = found.name.partition(".")
                had = self.bundles.get(hashed, Bundle(hashed, b""))
                self.bundles[hashed] = (replace(had, files=found.data) if kind == "zip"
                                        else replace(had, show=found.data))  # fmt: skip
            elif opcode == Opcode.CHANNEL and reader is not None:
                channel = Channel.read(stream)
                reader.topics[channel.id] = channel.topic
        except UNREADABLE as why:
            self._end(str(why) or type(why).__name__)
            return False
        return True

    def _records(self, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
        """(opcode, payload), until the data's end or where the file breaks off."""
        if file.read(len(MAGIC)) != MAGIC:
            raise RecordingError(f"{self.path}: is no recording: it does not begin as MCAP does")
        crc = zlib.crc32(MAGIC)
        while True:
            head = file.read(9)
            if len(head) < 9:
                return self._end("it ends in the middle")
            opcode, length = unpack("<BQ", head)
            if not 0 < opcode <= Opcode.DATA_END or length > self.size - file.tell():
                return self._end("no record begins there")
            payload = file.read(length)
            self.position = file.tell()
            if opcode == Opcode.DATA_END:
                told = int.from_bytes(payload, "little")  # 0: nobody worked it out
                return self._end("its data fail their checksum") if told not in (0, crc) else None
            crc = zlib.crc32(payload, zlib.crc32(head, crc))
            yield opcode, payload

    def _end(self, why: str) -> None:
        """Raises where the file ends as it should, and so is damaged before that."""
        with self.path.open("rb") as file:
            file.seek(max(0, self.size - len(MAGIC)))
            if file.read() == MAGIC and self.size > len(MAGIC):
                raise self._damage(why)
        self.broken_off = True

    def _damage(self, why: str) -> RecordingError:
        return RecordingError(f"{self.path}: is damaged, {self.position:,} bytes in ({why}): "
                              "copy it again from where it was recorded")  # fmt: skip

    def _number(self, name: str) -> int:
        try:
            return int(self.about[name])
        except (KeyError, ValueError) as why:
            raise self._damage(f"its metadata lack {name}") from why


def _attached(payload: bytes) -> Attachment:
    """Raises one of UNREADABLE. The library passes over the checksum."""
    if zlib.crc32(payload[:-4]) != int.from_bytes(payload[-4:], "little"):
        raise ValueError("what is attached fails its checksum")
    found: Attachment = Attachment.read(ReadDataStream(io.BytesIO(payload)))
    return found


def _unpacked(payload: bytes) -> Iterator[Message]:
    """A chunk's messages. Raises one of UNREADABLE."""
    chunk = Chunk.read(ReadDataStream(io.BytesIO(payload)))
    if chunk.uncompressed_size > MOST_CHUNK:
        raise ValueError("a chunk is too large")
    data = zstandard.decompress(chunk.data, chunk.uncompressed_size)
    if zlib.crc32(data) != chunk.uncompressed_crc:
        raise ValueError("a chunk fails its checksum")
    stream = ReadDataStream(io.BytesIO(data))
    while stream.count < len(data):
        opcode, length = stream.read1(), stream.read8()
        if opcode != Opcode.MESSAGE:
            raise ValueError("a chunk holds more than messages")
        yield Message.read(stream, length)
