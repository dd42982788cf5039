"""All nodes and what is known of them: one line a port. Pure, and for one thread at a time."""

from __future__ import annotations

from math import isfinite

from firmware_bridge.line import HEALTH_US, Calibrations, Line
from firmware_bridge.sample import Health, Sample
from firmware_bridge.schema import Schema
from firmware_bridge.session import Expected, Session, difference
from firmware_bridge.text import TextSession

MOST_LINES = 256
"""A bound on ports, and on names, that are remembered."""
STAGGER_US = 618_034
"""So much of a second, the golden section of it, from line to line: they never crowd."""


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
        self._text_paths: set[str] = set()
        self._where, self._begun = "", 0

    def line(self, path: str, text: TextSession | None = None) -> Line:
        """The line of a port; a new one where there is none yet."""
        line = self.lines.get(path)
        if line is None:
            if len(self.lines) >= MOST_LINES:
                self._forget_one()
            node = Session(lambda uid, schema: self._admit(path, uid, schema), self._known)
            line = self.lines[path] = Line(path, text or node, self._begun * STAGGER_US % HEALTH_US)
            self._begun += 1
            if text is not None:
                self._text_paths.add(path)
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

    def look_for(self, where: str) -> None:
        """`where` is where ports are looked for: there may be none."""
        self._where = where
        self._explain()

    def _explain(self) -> None:
        """Why nodes are absent, said anew: a port that was strange may have become known."""
        if self._expected is None:
            return
        named = {line.session.name for line in self.lines.values()}
        strange = [line.trouble() for line in self.lines.values()
                   if line.session.name not in self._expected]  # fmt: skip
        why = "; ".join(filter(None, strange))
        if self._where and not self.lines.keys() - self._text_paths:
            why = f"no serial port is there as {self._where}"
        for name in self._expected.keys() - named:
            self._tell(Health(name, "absent", why))

    def _admit(self, path: str, uid: int, schema: Schema) -> str:
        if self._expected is not None and (why := difference(self._expected, schema)):
            return why
        for other in self.lines.values():
            if other.path == path or other.session.name != schema.name:
                continue
            if other.session.kind == "text":
                return f"is {schema.name!r}, which is a board that prints lines on {other.path}"
            if other.is_live:
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
        self._explain()
        return answer

    def _report(self, line: Line) -> None:
        health = line.health()
        if self._expected is None:
            if health.node:
                self._tell(health)
            return
        if health.node in self._expected and (line.is_live or not self._is_elsewhere(line)):
            self._tell(health)

    def _is_elsewhere(self, line: Line) -> bool:
        """Whether the node of this line is live, or at least in better shape, on another."""
        rank = _RANKS.index(line.session.state)
        return any(other is not line and other.session.name == line.session.name
                   and _RANKS.index(other.session.state) > rank
                   for other in self.lines.values())  # fmt: skip

    def _tell(self, health: Health) -> None:
        if health.node not in self._health and len(self._health) >= MOST_LINES:
            return
        if health.state == "live" or self._health.get(health.node) != health:
            self._health[health.node] = health
            self._changed.add(health.node)

    def _forget_one(self) -> None:
        nodes = [p for p in self.lines if p not in self._text_paths]
        quiet = [p for p in nodes if self.lines[p].session.state in ("absent", "lost")]
        del self.lines[(quiet or nodes)[0]]


_RANKS = ("absent", "lost", "refused", "greeting", "live")
