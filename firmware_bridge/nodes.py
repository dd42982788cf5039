"""All nodes and what is known of them: one line a port. Pure, and for one thread at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite

from firmware_bridge.calibration import Calibration, Corrections
from firmware_bridge.sample import Health, Sample
from firmware_bridge.schema import Described, Schema
from firmware_bridge.session import Expected, Session, difference
from firmware_bridge.text import TextSession
from firmware_bridge.watch import Figures, Watch

HEALTH_US = 1_000_000
MOST_LINES = 256
"""A bound on ports that are remembered."""

Calibrations = Mapping[tuple[str, str], Calibration]
"""By (node, channel)."""


class Line:
    """What happens on one port: the conversation, its diagnostics, its calibration."""

    def __init__(self, path: str, session: Session | TextSession) -> None:
        self.path, self.session = path, session
        self._watched: tuple[Described, ...] = ()
        self._watched_with: Mapping[str, Calibration] = {}
        self._watch, self._corrections = Watch(()), Corrections((), {})
        self._figures: Figures | None = None
        self._told, self._told_us = ("", ""), -HEALTH_US

    @property
    def told(self) -> str:
        """The state that was told last."""
        return self._told[0]

    @property
    def is_live(self) -> bool:
        return self.session.state == "live"

    def receive(self, data: bytes, now_us: int, calibrations: Calibrations) -> list[Sample]:
        """The samples that these bytes complete, corrected; faulty channels are unknown."""
        samples = self.session.receive(data, now_us)
        if not samples:
            return samples
        if self._watched is not self.session.channels:
            self.calibrate(calibrations)
        watch = self._watch
        for sample in samples:
            watch.add(sample.t_us, now_us, sample.values, sample.strays)
        if watch.faulty or self._corrections.is_needed:
            return [self._corrected(sample) for sample in samples]
        return samples

    def calibrate(self, calibrations: Calibrations) -> None:
        """Begin to watch and to correct the channels that the node has told."""
        name, channels = self.session.name, self.session.channels
        names = [c.name for c in channels if (name, c.name) in calibrations]
        of = {channel: calibrations[name, channel] for channel in names}
        self._corrections = Corrections(channels, of)
        if self._watched is not channels or self._watched_with != of:
            self._watched, self._watched_with = channels, of
            self._watch = Watch(
                channels,
                {n: c.baseline for n, c in of.items() if c.baseline is not None},
                thresholds={n: c.threshold for n, c in of.items() if c.threshold is not None},
                inverted={n for n, c in of.items() if c.invert})  # fmt: skip

    def changed(self, now_us: int) -> bool:
        """Whether there is something to tell of this line: a change, or a second has gone."""
        now = (self.session.state, self.session.why)
        if now == self._told and now_us - self._told_us < HEALTH_US:
            return False
        self._told, self._told_us = now, now_us
        self._figures = self._watch.look(now_us) if self.is_live else None
        return True

    def health(self) -> Health:
        """As of the newest `changed`."""
        session, figures = self.session, self._figures
        told = Health(session.name, session.state, session.why, dropped=session.dropped,
                      corrupt=session.corrupt, kind=session.kind, path=self.path,
                      uid=session.uid)  # fmt: skip
        if isinstance(session, Session):
            firmware = session.schema.version if session.schema else ""
            told = replace(told, round_trip_us=session.round_trip_us, boot=session.boot,
                           cause=session.cause, firmware=firmware)  # fmt: skip
        if figures is None:
            return told
        return replace(told, rate_hz=figures.rate_hz, latency_us=figures.latency_us,
                       latency_p99_us=figures.latency_p99_us, jitter_us=figures.jitter_us,
                       channels=self._corrections.tell(figures.channels))  # fmt: skip

    def _corrected(self, sample: Sample) -> Sample:
        values = self._corrections.apply(sample.values)
        if faulty := self._watch.faulty:
            values = tuple(None if i in faulty else v for i, v in enumerate(values))
        return sample._replace(values=values)


class Nodes:
    """The lines, and one truth about each node that the show expects (None: any node)."""

    def __init__(self, expected: Expected | None, calibrations: Calibrations | None = None) -> None:
        self._expected = expected
        self._calibrations = calibrations or {}
        self._known: dict[int, bytes] = {}
        self._wanted: dict[tuple[str, int], float] = {}
        self.lines: dict[str, Line] = {}
        self._health = {name: Health(name, "absent") for name in expected or ()}
        self._changed = set(self._health)

    def line(self, path: str, text: TextSession | None = None) -> Line:
        """The line of a port; a new one where there is none yet."""
        line = self.lines.get(path)
        if line is None:
            if len(self.lines) >= MOST_LINES:
                self._forget_one()
            node = Session(lambda uid, schema: self._admit(path, uid, schema), self._known)
            line = self.lines[path] = Line(path, text or node)
        return line

    def receive(self, line: Line, data: bytes, now_us: int) -> tuple[list[Sample], bytes]:
        """What came in on a line: its samples, and the answer to write."""
        samples = line.receive(data, now_us, self._calibrations)
        if samples and line.session.is_quiet and line.told == "live":
            return samples, b""  # a touch waits for nothing that can be done at the next poll
        answer = line.session.poll(now_us)
        return samples, answer + self._notice(line, now_us)

    def poll(self, line: Line, now_us: int) -> bytes:
        """What to write though nothing came in."""
        answer = line.session.poll(now_us)
        return answer + self._notice(line, now_us)

    def lose(self, line: Line, why: str, now_us: int) -> None:
        """The port is gone, or does not open."""
        line.session.lose(why)
        self._notice(line, now_us)

    def set_output(self, node: str, index: int, value: float) -> Line | None:
        """Want an output of a node at `value`, now or as soon as it is there.

        The line that has something to write now, if any. Raises ValueError where the show has
        no such node or output.
        """
        outputs = self._expected.get(node, ((), ()))[1] if self._expected is not None else None
        if outputs is not None and not 0 <= index < len(outputs):
            raise ValueError(f"the show has no output {index} of {node!r}")
        if not isfinite(value):
            raise ValueError(f"output {index} of {node!r} cannot be set to {value}")
        self._wanted[node, index] = value
        for line in self.lines.values():
            if line.is_live and line.session.name == node:
                line.session.set_output(index, value)
                return line
        return None

    def calibrate(self, calibrations: Calibrations) -> None:
        """Correct what comes from now on by these."""
        self._calibrations = calibrations
        for line in self.lines.values():
            line.calibrate(calibrations)

    def take_health(self) -> tuple[Health, ...]:
        """What changed since the last call; of each live node once a second."""
        if not self._changed:
            return ()
        told = tuple(self._health[name] for name in sorted(self._changed))
        self._changed.clear()
        return told

    @property
    def has_news(self) -> bool:
        return bool(self._changed)

    def ports(self) -> tuple[Health, ...]:
        """Each line, whether the show knows what hangs there or not."""
        return tuple(line.health() for line in self.lines.values())

    def nothing_found(self, why: str) -> None:
        """There is no port at all."""
        if not self.lines:
            for name in self._expected or ():
                self._tell(Health(name, "absent", why))

    def _admit(self, path: str, uid: int, schema: Schema) -> str:
        if self._expected is not None and (why := difference(self._expected, schema)):
            return why
        for other in self.lines.values():
            if other.path != path and other.is_live and other.session.name == schema.name:
                return (f"stands by as a second {schema.name!r} (uid {uid:08x}): "
                        f"{other.path} has one (uid {other.session.uid or 0:08x})")  # fmt: skip
        return ""

    def _notice(self, line: Line, now_us: int) -> bytes:
        """Tell what changed on a line; a node that has just come gets its outputs."""
        was_live = line.told == "live"
        if not line.changed(now_us):
            return b""
        session, answer = line.session, b""
        if line.is_live and not was_live and isinstance(session, Session):
            for (name, index), value in self._wanted.items():
                if name == session.name:
                    session.set_output(index, value)
            answer = session.poll(now_us)
        if was_live and not line.is_live:
            for other in self.lines.values():
                if isinstance(other.session, Session):
                    other.session.reconsider()
        self._report(line)
        return answer

    def _report(self, line: Line) -> None:
        health = line.health()
        if self._expected is None:
            if health.node:
                self._tell(health)
            return
        if health.node in self._expected:
            if line.is_live or not self._is_elsewhere(line):
                self._tell(health)
            return
        named = {other.session.name for other in self.lines.values()}
        why = "; ".join(self._trouble(other) for other in self.lines.values()
                        if other.session.name not in self._expected)  # fmt: skip
        for name in self._expected:
            if name not in named:
                self._tell(Health(name, "absent", why))

    def _trouble(self, line: Line) -> str:
        why = line.session.why or "nothing that is heard there is a node's"
        return why if line.path in why else f"{line.path}: {why}"

    def _is_elsewhere(self, line: Line) -> bool:
        """Whether the node of this line is live, or at least in better shape, on another."""
        rank = _RANKS.index(line.session.state)
        return any(other is not line and other.session.name == line.session.name
                   and _RANKS.index(other.session.state) > rank
                   for other in self.lines.values())  # fmt: skip

    def _tell(self, health: Health) -> None:
        if health.state == "live" or self._health.get(health.node) != health:
            self._health[health.node] = health
            self._changed.add(health.node)

    def _forget_one(self) -> None:
        quiet = [p for p, line in self.lines.items() if line.session.state in ("absent", "lost")]
        del self.lines[(quiet or list(self.lines))[0]]


_RANKS = ("absent", "lost", "refused", "greeting", "live")
