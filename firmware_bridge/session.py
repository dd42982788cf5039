"""One node's conversation, seen from the host: bytes and time in, samples and bytes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite

from firmware_bridge import messages as m
from firmware_bridge.clock import NodeClock
from firmware_bridge.sample import Sample
from firmware_bridge.schema import MOST_TEXT, Described, Schema, parse_schema, schema_id
from firmware_bridge.wire import Decoder, Frame, encode

SILENT_US = 1_000_000
RETRY_US = 150_000
PING_US = 247_000
"""No multiple of a node's period: its answers would wait behind the same telemetry each time."""
ASK_US = 100_000
KNOWN = 64
"""A bound on schemas that are remembered."""
FOREVER_US = 1 << 62

_new = tuple.__new__
Admit = Callable[[int, Schema], str]
"""(uid, schema) -> why the node is not taken; empty where it is."""


def anyone(uid: int, schema: Schema) -> str:
    """Takes any node as it is."""
    return ""


class Session:
    """States: absent (nothing heard), greeting (its schema is being fetched), live, refused, lost.

    `admit` judges a node whose schema is known. `known` remembers schema texts by their id, so
    that a node that comes back is asked for the end of its own alone; sessions may share it.
    """

    kind = "node"

    def __init__(self, admit: Admit = anyone, known: dict[int, bytes] | None = None) -> None:
        self._admit = admit
        self._known: dict[int, bytes] = {} if known is None else known
        self._decoder = Decoder()
        self._wanted: dict[int, float] = {}
        self.name = ""
        self.uid: int | None = None
        self.dropped = 0
        self._newest_us = -FOREVER_US
        self._start()

    def _start(self) -> None:
        """Know nothing of the conversation; who it was and what was counted stay."""
        self.state, self.why = "absent", ""
        self._hello: m.Hello | None = None
        self.schema: Schema | None = None
        self._text = b""
        self._telemetry: m.Telemetry | None = None
        self._clock = NodeClock()
        self._heard_us = self._asked_us = self._pinged_us = -FOREVER_US
        self._is_stranger = False
        self._pings: dict[int, int] = {}
        self._ping = self._seq = self._number = 0
        self._last_seq = -1
        self._pending: tuple[int, int, float, int] | None = None
        self._newest = -1
        self._told: dict[int, float] = {}
        self._ranges: tuple[tuple[float, float], ...] = ()

    @property
    def corrupt(self) -> int:
        """Blocks that were no frame, and telemetry that was none of this node's."""
        return self._decoder.corrupt

    @property
    def channels(self) -> tuple[Described, ...]:
        """As the node tells them; none before it has."""
        return self.schema.channels if self.schema else ()

    @property
    def round_trip_us(self) -> int:
        return self._clock.round_trip_us

    @property
    def boot(self) -> int:
        return self._hello.boot if self._hello else 0

    @property
    def cause(self) -> str:
        """Why the node booted last."""
        return m.causes(self._hello.cause) if self._hello else ""

    @property
    def is_quiet(self) -> bool:
        """Whether `poll` has nothing to do but what `due_us` says."""
        return self.state == "live" and self._pending is None and self._told == self._wanted

    def lose(self, why: str) -> None:
        """The port is gone: everything is learnt anew when it comes back."""
        self._start()
        self._decoder.reset()
        self.state, self.why = ("lost" if self.name else "absent"), why

    def reconsider(self) -> None:
        """The next HELLO of a refused node is heard anew."""
        if self.state == "refused":
            self._hello = None

    def set_output(self, index: int, value: float) -> None:
        """Want an output at `value`: sent until acknowledged, and again after a reboot.

        Clamped to the range that the node tells; one that it has not is not sent.
        Raises ValueError for a value that is no number.
        """
        if not isfinite(value):
            raise ValueError(f"output {index} cannot be set to {value}")
        self._wanted[index] = value

    def receive(self, data: bytes, now_us: int) -> list[Sample]:
        """The samples that these bytes complete."""
        samples: list[Sample] = []
        for frame in self._decoder.feed(data):
            if frame.type == m.TELEMETRY:
                self._take(frame, now_us, samples)
            else:
                self._hear(frame, now_us)
        return samples

    def poll(self, now_us: int) -> bytes:
        """What to write now; call whenever something was received and at `due_us`."""
        if self.state not in ("absent", "lost") and now_us - self._heard_us >= SILENT_US:
            self.lose(f"silent for {SILENT_US / 1e6:g} s")
        if self.state == "live":
            return self._keep_up(now_us)
        if self.state == "greeting":
            return self._greet(now_us)
        return self._ask_who(now_us) if self._is_stranger else b""

    @property
    def due_us(self) -> int:
        """When `poll` has something to do though nothing was received."""
        silent_us = self._heard_us + SILENT_US
        if self.state == "refused":
            return silent_us
        if self.state == "greeting":
            return min(self._asked_us + ASK_US, silent_us)
        if self.state != "live":
            return FOREVER_US
        moments = [self._pinged_us + PING_US, silent_us]
        if self._pending is not None:
            moments.append(self._pending[3] + RETRY_US)
        elif self._untold() is not None:
            return self._pinged_us
        return min(moments)

    def _take(self, frame: Frame, now_us: int, samples: list[Sample]) -> None:
        if self._telemetry is None:
            self._notice(now_us)
            return
        if self._last_seq >= 0:
            self.dropped += (frame.seq - self._last_seq - 1) & 0xFF
        self._last_seq = frame.seq
        read = self._telemetry.parse(frame.payload)
        if read is None:
            self._decoder.corrupt += 1
            return
        self._heard_us = now_us
        t_us = self._clock.host_us(read.node_us)
        if t_us is None or t_us > now_us:
            t_us = now_us
        self._newest_us = max(self._newest_us, t_us)
        samples.append(_new(Sample, (self.name, self._newest_us, read.values, read.strays)))

    def _notice(self, now_us: int) -> None:
        """A frame of a conversation that this side does not know: there is a node, then."""
        if self.state == "refused":
            self._heard_us = now_us
        elif self._hello is None:
            self._is_stranger = True

    def _hear(self, frame: Frame, now_us: int) -> None:
        if frame.type == m.HELLO:
            self._hear_hello(m.parse_hello(frame.payload), now_us)
        elif self._hello is None or self.state == "refused":
            self._notice(now_us)
        elif frame.type == m.SCHEMA:
            self._hear_chunk(m.parse_chunk(frame.payload), now_us)
        elif frame.type == m.PONG and (answer := m.parse_pong(frame.payload)):
            sent_us = self._pings.pop(answer[0], None)
            if sent_us is not None:
                self._heard_us = now_us
                self._clock.learn(sent_us, answer[1], now_us)
        elif frame.type == m.ACK and (told := m.parse_ack(frame.payload)):
            if self._pending is not None and told == self._pending[:2]:
                self._told[self._pending[1]] = self._pending[2]
                self._pending = None
            self._heard_us = now_us

    def _hear_hello(self, hello: m.Hello | None, now_us: int) -> None:
        """A beacon means that the node was not greeted: it has booted, or the lease ran out."""
        if hello is None:
            return
        if self.state in ("greeting", "refused") and hello == self._hello:
            self._heard_us = now_us
            return
        self._start()
        if hello.uid != self.uid:
            if self.uid is not None:
                self._wanted.clear()  # they were another board's
            self.name, self.uid = "", hello.uid
        self.state, self._hello, self._heard_us = "greeting", hello, now_us
        if hello.version != m.VERSION:
            self._refuse(f"speaks wire version {hello.version}; this bridge speaks {m.VERSION}")
        elif not 0 < hello.length <= MOST_TEXT:
            self._refuse(f"announces a schema of {hello.length} bytes; there can be {MOST_TEXT}")
        else:
            text = self._known.get(hello.schema, b"")
            if len(text) == hello.length:
                self._text = text[: m.last_chunk(hello.length)]

    def _refuse(self, why: str) -> None:
        self.state, self.why = "refused", why

    def _hear_chunk(self, chunk: tuple[int, int, bytes] | None, now_us: int) -> None:
        hello = self._hello
        if chunk is None or hello is None or self.state != "greeting":
            return
        identity, offset, text = chunk
        if identity != hello.schema or offset != len(self._text) or not text:
            return
        self._heard_us = now_us
        self._text += text
        self._asked_us = -FOREVER_US  # the next piece is asked for at once
        if len(self._text) >= hello.length:
            self._understand(hello)

    def _understand(self, hello: m.Hello) -> None:
        if schema_id(self._text) != hello.schema or len(self._text) != hello.length:
            self._text = b""
            self._refuse("describes itself with a text that is not the one it announced")
            return
        try:
            schema = parse_schema(self._text)
        except ValueError as mistake:
            self._refuse(str(mistake))
            return
        self._remember(hello.schema, self._text)
        self.name, self.schema = schema.name, schema
        if why := self._admit(hello.uid, schema):
            self._refuse(why)
            return
        self._telemetry = m.Telemetry(hello.schema, schema)
        self._ranges = tuple((o.low, o.high) for o in schema.outputs)
        self.state = "live"

    def _remember(self, identity: int, text: bytes) -> None:
        if identity not in self._known and len(self._known) >= KNOWN:
            del self._known[next(iter(self._known))]
        self._known[identity] = text

    def _ask_who(self, now_us: int) -> bytes:
        if now_us - self._asked_us < ASK_US:
            return b""
        self._asked_us, self._is_stranger = now_us, False
        return self._frame(m.WHO, b"")

    def _greet(self, now_us: int) -> bytes:
        if now_us - self._asked_us < ASK_US or self._hello is None:
            return b""
        self._asked_us = now_us
        greeting = self._frame(m.GREET, m.greet(self._hello.uid))
        return greeting + self._frame(m.ASK_SCHEMA, m.ask_schema(len(self._text)))

    def _keep_up(self, now_us: int) -> bytes:
        """PING renews the node's lease and tells its clock."""
        said = b""
        if now_us - self._pinged_us >= PING_US:
            self._pinged_us = now_us
            self._ping = (self._ping + 1) & 0xFFFFFFFF
            self._pings = {k: v for k, v in self._pings.items() if now_us - v < SILENT_US}
            self._pings[self._ping] = now_us
            said += self._frame(m.PING, m.ping(self._ping))
        return said + self._command(now_us)

    def _untold(self) -> int | None:
        """The next output after the newest that is not as wanted: none waits for ever."""
        if self._told == self._wanted:
            return None
        untold = [index for index, value in self._wanted.items()
                  if self._told.get(index) != value and 0 <= index < len(self._ranges)]  # fmt: skip
        return min(untold, key=lambda index: (index <= self._newest, index), default=None)

    def _command(self, now_us: int) -> bytes:
        """One command in flight, again with the same number until it is acknowledged."""
        if self._pending is None:
            index = self._untold()
            if index is None:
                return b""
            self._number, self._newest = (self._number + 1) & 0xFF, index
            self._pending = (self._number, index, self._wanted[index], now_us)
        elif now_us - self._pending[3] >= RETRY_US:
            self._pending = (*self._pending[:3], now_us)
        else:
            return b""
        number, index, value, _ = self._pending
        low, high = self._ranges[index]
        return self._frame(m.COMMAND, m.command(number, index, min(high, max(low, value))))

    def _frame(self, type_: int, payload: bytes) -> bytes:
        self._seq = (self._seq + 1) & 0xFF
        return encode(type_, self._seq, payload)


Expected = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""The nodes of a show, each with its channels and outputs in order."""


def difference(expected: Expected, schema: Schema) -> str:
    """Why a node is none of those expected; empty where it is."""
    wiring = expected.get(schema.name)
    if wiring is None:
        return f"is {schema.name!r}, which the show does not know"
    have = (tuple(c.name for c in schema.channels), tuple(o.name for o in schema.outputs))
    for what, want, got in zip(("channels", "outputs"), wiring, have, strict=True):
        if want != got:
            told = f"{schema.name!r} (firmware {schema.version}) has {what} {', '.join(got)}"
            return f"{told}; the show expects {', '.join(want)}"
    return ""
