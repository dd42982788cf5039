"""What happens on one port: the conversation, its diagnostics, its calibration. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from firmware_bridge.calibration import Calibration, Corrections
from firmware_bridge.sample import ChannelHealth, Health, Sample
from firmware_bridge.schema import Described
from firmware_bridge.session import Session
from firmware_bridge.text import TextSession
from firmware_bridge.watch import Figures, Watch

HEALTH_US = 1_000_000
STRANGE_US = 2_000_000
"""After this long without a word that is understood, it is said that it is no node's."""

Calibrations = Mapping[tuple[str, str], Calibration]
"""By (node, channel)."""


class Line:
    """`path` names it for staff; `session` has the conversation. `phase_us` is when in each
    second its figures are worked out: were it the same of all, they would hold up a touch."""

    def __init__(self, path: str, session: Session | TextSession, phase_us: int = 0) -> None:
        self.path, self.session, self._phase_us = path, session, phase_us
        self._watched: tuple[Described, ...] = ()
        self._watched_with: object = None
        self._watch, self._corrections = Watch(()), Corrections((), {})
        self._foreign: frozenset[str] = frozenset()
        self._calibrated_for: int | None = None
        self._figures: Figures | None = None
        self._told, self._told_us = ("", ""), -HEALTH_US
        self._begun_us: int | None = None

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
        """Begin to watch and to correct the channels that the node has told.

        What was calibrated on another board is left alone. What the watch has learnt goes only
        where it would be wrong.
        """
        name, channels, uid = self.session.name, self.session.channels, self.session.uid
        told = {c.name: calibrations[name, c.name] for c in channels
                if (name, c.name) in calibrations}  # fmt: skip
        of = {n: c for n, c in told.items() if None in (c.uid, uid) or c.uid == uid}
        self._foreign = frozenset(told.keys() - of.keys())
        self._corrections = Corrections(channels, of)
        watched_with = {n: (c.baseline, c.threshold, c.invert) for n, c in of.items()}
        if self._watched != channels or self._watched_with != watched_with:
            self._watched_with = watched_with
            self._watch = Watch(
                channels,
                {n: c.baseline for n, c in of.items() if c.baseline is not None},
                thresholds={n: c.threshold for n, c in of.items() if c.threshold is not None},
                inverted={n for n, c in of.items() if c.invert},
            )
        self._watched = channels

    def changed(self, now_us: int) -> bool:
        """Whether there is something to tell of this line: a change, or a second has gone."""
        if self._begun_us is None:
            self._begun_us = now_us
        now = (self.session.state, self.session.why)
        if now == self._told and now_us - self._told_us < HEALTH_US:
            return False
        self._told_us = now_us if now == self._told else now_us - self._phase_us
        self._told = now
        self._figures = self._watch.look(now_us) if self.is_live else None
        return True

    def trouble(self) -> str:
        """Why no node is known on this port; empty where it is too early to say."""
        why = self.session.why
        if not why and self._begun_us is not None and self._told_us - self._begun_us >= STRANGE_US:
            why = "nothing that is heard there is a node's"
        return why if not why or self.path in why else f"{self.path}: {why}"

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
        channels = self._corrections.tell(figures.channels)
        return replace(told, rate_hz=figures.rate_hz, latency_us=figures.latency_us,
                       latency_p99_us=figures.latency_p99_us, jitter_us=figures.jitter_us,
                       channels=tuple(self._marked(c) for c in channels))  # fmt: skip

    def _marked(self, told: ChannelHealth) -> ChannelHealth:
        if told.name not in self._foreign or told.state != "ok":
            return told
        says = f"{told.name} was calibrated on another board: calibrate it again"
        return replace(told, state="uncalibrated", says=says)

    def _corrected(self, sample: Sample) -> Sample:
        values = self._corrections.apply(sample.values)
        if faulty := self._watch.faulty:
            values = tuple(None if i in faulty else v for i, v in enumerate(values))
        return sample._replace(values=values)
