"""Bytes <-> frames: `00 | COBS(type u8, seq u8, payload, crc32 LE) | 00`. No I/O.

COBS: Cheshire and Baker, IEEE/ACM Transactions on Networking 7(2), 1999.
CRC-32/ISO-HDLC, the one of zip: "123456789" gives 0xCBF43926. A CRC-16 lets one corrupt frame
in 65,536 through.
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

MOST_PAYLOAD = 124
MOST_ENCODED = MOST_PAYLOAD + 7
"""Type, seq and crc around the payload, and one byte of COBS."""
LEAST_BODY = 6
INTACT = 0x2144DF1C
"""What CRC-32 gives of a body with its own CRC behind it."""


CODES = tuple(bytes((length + 1,)) for length in range(254))
"""The code byte before a run of so many bytes without a zero."""


_new = tuple.__new__
"""For what is made with every reading: half the time of a NamedTuple's own."""


class Frame(NamedTuple):
    """One intact frame."""

    type: int
    seq: int
    payload: bytes


def encode(type_: int, seq: int, payload: bytes) -> bytes:
    """A frame as bytes for the wire. Raises ValueError for a payload over 124 bytes."""
    if len(payload) > MOST_PAYLOAD:
        raise ValueError(f"a payload has at most {MOST_PAYLOAD} bytes, not {len(payload)}")
    body = bytes((type_, seq)) + payload
    body += crc32(body).to_bytes(4, "little")
    return b"\0" + stuff(body) + b"\0"


def stuff(body: bytes) -> bytes:
    """COBS: the same bytes without a zero. `body` is shorter than 254 bytes."""
    return b"".join([piece for part in body.split(b"\0") for piece in (CODES[len(part)], part)])


def unstuff(block: bytes) -> bytes | None:
    """The bytes that were stuffed, or None where `block` is no COBS."""
    body, at, end = bytearray(block), 0, len(block)
    while at < end:
        code = block[at]
        if code == 0:
            return None
        body[at] = 0
        at += code
    return bytes(body[1:]) if at == end else None


class Decoder:
    """Feed bytes, get frames; resynchronises at each zero and counts what it drops."""

    def __init__(self) -> None:
        self._rest = b""
        self._overlong = False
        self.corrupt = 0

    def reset(self) -> None:
        """Forget a frame begun: what comes next is another connection."""
        self._rest, self._overlong = b"", False

    def feed(self, data: bytes) -> list[Frame]:
        """The intact frames that `data` completes, in order."""
        *blocks, rest = (self._rest + data).split(b"\0")
        frames = []
        for block in blocks:
            if self._overlong:
                self._overlong = False
                self.corrupt += 1
            elif block:
                if (frame := _frame(block)) is None:
                    self.corrupt += 1
                else:
                    frames.append(frame)
        if len(rest) > MOST_ENCODED:
            self._overlong, rest = True, b""
        self._rest = rest
        return frames


def _frame(block: bytes) -> Frame | None:
    body = unstuff(block) if len(block) <= MOST_ENCODED else None
    if body is None or crc32(body) != INTACT or len(body) < LEAST_BODY:
        return None
    return _new(Frame, (body[0], body[1], body[2:-4]))
