"""Hostile bytes by the million, into the decoder and the session.

Run `python tests/soak/fuzz.py`: a million strings, then ten million corrupt frames, and the
same under a CRC-16 to compare; in about three minutes. `./test` runs a
small part of both (tests/adapters/test_bridge_fuzz.py).
"""

from __future__ import annotations

import argparse
import random
import sys
from binascii import crc_hqx
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from firmware_bridge import messages as m  # noqa: E402  the root must be on the path
from firmware_bridge.schema import parse_schema, schema_id  # noqa: E402
from firmware_bridge.session import Session  # noqa: E402
from firmware_bridge.simulated.node import SimulatedNode  # noqa: E402
from firmware_bridge.wire import encode, stuff, unstuff  # noqa: E402

MOST_BYTES = 300_000
"""What a session may grow to: 64 schemas of 4 kB that it remembers are most of it."""
CHANNELS = ("distance", "weight", "voice", "touch")
Progress = Callable[[int], None]


def damage(frame: bytes, dice: random.Random) -> bytes:
    """A frame as a bad line leaves it: bits, bytes, bursts, losses, two frames run together."""
    kind, at, data = dice.randrange(8), dice.randrange(len(frame)), bytearray(frame)
    if kind < 2:
        for _ in range(dice.randrange(1, 5)):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    elif kind < 4:
        for _ in range(dice.randrange(1, 9)):
            data[dice.randrange(len(data))] = dice.randrange(256)
    elif kind == 4:
        data[at : at + dice.randrange(1, 12)] = dice.randbytes(dice.randrange(12))
    elif kind == 5:
        del data[at : at + dice.randrange(1, 4)]
    elif kind == 6:
        data[at:at] = dice.randbytes(dice.randrange(1, 4))
    else:
        data = data[: max(1, at)] + bytearray(frame[1:])
    return bytes(data)


def strings(count: int, seed: int) -> Iterator[bytes]:
    """Noise; a real conversation, damaged; and frames with a right CRC and nonsense in them."""
    dice = random.Random(seed)
    node = SimulatedNode("post", CHANNELS, ("lamp",), uid=7)
    said = [encode(t, i, dice.randbytes(n)) for i, (t, n) in enumerate(
        ((m.GREET, 4), (m.ASK_SCHEMA, 2), (m.PING, 4), (m.COMMAND, 6), (m.WHO, 0)))]  # fmt: skip
    said += [node.advance(0), node.receive(encode(m.GREET, 0, m.greet(7)), 0)]
    said += [node.receive(encode(m.ASK_SCHEMA, 0, m.ask_schema(o)), 0) for o in (0, 100)]
    said += [node.receive(encode(m.PING, 0, m.ping(1)), 9), node.advance(9)]
    said = [frame for frame in said if frame]
    for _ in range(count):
        kind = dice.randrange(4)
        if kind == 0:
            yield dice.randbytes(dice.randrange(200))
        elif kind == 1:
            yield encode(
                dice.randrange(13), dice.randrange(256), dice.randbytes(dice.randrange(125))
            )
        elif kind == 2:
            yield dice.choice(said)
        else:
            yield damage(dice.choice(said), dice)


def weight(thing: object) -> int:
    """Bytes of a value and of all that it holds, roughly."""
    size = sys.getsizeof(thing)
    if isinstance(thing, dict):
        return size + sum(weight(k) + weight(v) for k, v in thing.items())
    if isinstance(thing, list | tuple | deque):
        return size + sum(weight(one) for one in thing)
    held = vars(thing).values() if hasattr(thing, "__dict__") else ()
    return size + sum(weight(value) for value in held)


def storm(count: int, seed: int, progress: Progress = lambda _: None) -> int:
    """The largest that a session grew to, in bytes. Raises what the session raises."""
    session, largest, now_us = Session(), 0, 0
    session.set_output(0, 0.5)
    for step, data in enumerate(strings(count, seed)):
        now_us += 1 + (step * 7919) % 30_000
        session.receive(data, now_us)
        session.poll(now_us)
        assert session.due_us > 0
        if step % 1000 == 0:
            largest = max(largest, weight(vars(session)))
            progress(step)
    return max(largest, weight(vars(session)))


def live_session() -> tuple[Session, SimulatedNode]:
    """A node and a session that have greeted each other, at 1 s."""
    session, node = Session(), SimulatedNode("post", CHANNELS, (), uid=7)
    for now_us in range(0, 1_000_000, 10_000):
        session.receive(node.advance(now_us), now_us)
        session.receive(node.receive(session.poll(now_us), now_us), now_us)
    assert session.state == "live"
    return session, node


class Believed(m.Telemetry):
    """Notes each reading that a session believes: a sample has lost the node's own time."""

    def __init__(self, session: Session) -> None:
        assert session.schema is not None
        super().__init__(schema_id(session.schema.text()), session.schema)
        self._readings: list[m.Reading] = []
        session._telemetry = self

    def parse(self, payload: bytes) -> m.Reading | None:
        reading = super().parse(payload)
        if reading is not None:
            self._readings.append(reading)
        return reading

    def take(self) -> list[m.Reading]:
        """Those since the last call."""
        told, self._readings = self._readings, []
        return told


def frames(dice: random.Random, count: int) -> list[tuple[bytes, m.Reading]]:
    """Intact telemetry of many moments, and what each one says."""
    made = []
    witness, twin = live_session()
    believed = Believed(witness)
    for i in range(count):
        values = (dice.uniform(0, 4.5), dice.uniform(0, 30), dice.uniform(30, 110), 1.0 * (i & 1))
        twin.set_values(values)
        now_us = 1_000_000 + i * 10_000
        frame = twin.advance(now_us)
        witness.receive(frame, now_us)
        made.append((frame, *believed.take()))
        witness.receive(twin.receive(witness.poll(now_us), now_us), now_us)
    return made


def false_samples(count: int, seed: int, progress: Progress = lambda _: None) -> tuple[int, int]:
    """(corrupt frames sent, samples accepted that nobody sent: in a value or in their time)."""
    dice, session = random.Random(seed), live_session()[0]
    intact, false, sent = frames(dice, 512), 0, 0
    honest, believed = {reading for _, reading in intact}, Believed(session)
    while sent < count:
        frame, _ = intact[sent % len(intact)]
        broken = damage(frame, dice)
        if broken.strip(b"\0") == frame.strip(b"\0"):
            continue
        sent += 1
        session.receive(broken + b"\0", 2_000_000)
        false += sum(reading not in honest for reading in believed.take())
        if session.state != "live":
            false += 1  # a corrupt frame was taken for a HELLO
            session = live_session()[0]
            believed = Believed(session)
        if sent % 100_000 == 0:
            progress(sent)
    return sent, false


def false_with_crc16(count: int, seed: int) -> tuple[int, int]:
    """The same damage to the same telemetry under a CRC-16/IBM-3740: what CRC-32 is worth."""
    dice = random.Random(seed)
    text = SimulatedNode("post", CHANNELS, (), uid=7)._text
    telemetry = m.Telemetry(schema_id(text), parse_schema(text))
    intact = []
    for frame, _ in frames(dice, 512):
        body = unstuff(frame.strip(b"\0"))
        assert body is not None
        body = body[:-4]
        intact.append(b"\0" + stuff(body + crc_hqx(body, 0xFFFF).to_bytes(2, "little")) + b"\0")
    sent = false = 0
    while sent < count:
        frame = intact[sent % len(intact)]
        broken = damage(frame, dice)
        if broken.strip(b"\0") == frame.strip(b"\0"):
            continue
        sent += 1
        for block in broken.split(b"\0"):
            body = unstuff(block) or b""
            if (
                block == frame.strip(b"\0")
                or len(body) < 4
                or crc_hqx(body, 0xFFFF) != _residue(body)
            ):
                continue
            read = telemetry.parse(body[2:-2]) if body[0] == m.TELEMETRY else None
            false += read is not None and not read.strays
    return sent, false


def _residue(body: bytes) -> int:
    """What a body with a right CRC-16 behind it, least byte first, must give."""
    return crc_hqx(body[:-2] + crc_hqx(body[:-2], 0xFFFF).to_bytes(2, "little"), 0xFFFF)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--strings", type=int, default=1_000_000)
    options.add_argument("--corrupt", type=int, default=10_000_000)
    options.add_argument("--seed", type=int, default=1)
    told = options.parse_args()

    def progress(of: int, what: str) -> Progress:
        def tell(done: int) -> None:
            print(f"\r{done / of:5.0%} {what}", end="", file=sys.stderr, flush=True)

        return tell

    size = storm(told.strings, told.seed, progress(told.strings, "strings"))
    print(f"\r{told.strings:,} strings: no exception, a session grew to {size:,} bytes at most")
    assert size <= MOST_BYTES, f"a session may grow to {MOST_BYTES} bytes"
    sent, false = false_samples(told.corrupt, told.seed, progress(told.corrupt, "corrupt frames"))
    print(f"\r{sent:,} corrupt frames: {false} false samples accepted")
    sent16, false16 = false_with_crc16(told.corrupt, told.seed)
    print(f"{sent16:,} corrupt frames under a CRC-16 instead: {false16} false samples accepted")
    sys.exit(1 if false else 0)


if __name__ == "__main__":
    main()
