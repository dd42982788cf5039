"""One channel's judge: fed with a second of readings, it says how the channel is doing. Pure."""

from __future__ import annotations

from firmware_bridge.calibration import RELEASE
from firmware_bridge.rest import MINUTE_US, Rest
from firmware_bridge.sample import ChannelHealth
from firmware_bridge.schema import Described
from firmware_bridge.second import Second

Verdict = tuple[str, str] | None
"""A state and a sentence for staff; None where there is no trouble."""

UNKNOWN_SHARE, STRAY_SHARE = 0.5, 0.1
STRAY_HOLD_US = 5_000_000
NOISE_SHARES, NOISY_HZ, NOISY_US = {"dB": 0.1}, 10.0, 10_000_000
"""The median jump, as a share of the range: `NOISE_SHARE` where a unit is not named here, and
more for sound, which jumps by its nature. Of fewer readings a second nothing can be said."""
NOISE_SHARE = 0.05
CHATTER_HZ, PRESSES_HZ, RESTLESS_US = 16.0, 20.0, 5_000_000
"""No hand touches and lets go more than eight times a second."""
HELD_US = 10 * MINUTE_US
"""No hand rests on a touch for so long. Dust and moisture do."""
MOTION = "motion"
"""A channel whose name begins so is no touch: in a full room somebody moves all evening."""
STUCK_US, QUIET_US, OWN_NOISE = 10 * MINUTE_US, 10_000_000, 4
LIVED_US, LIVED_ALONE_US = 60 * MINUTE_US, 24 * 60 * MINUTE_US
"""When a channel that does not move is stuck.

Most may well stand still: a range finder before nobody, a force sensor whose converter sees no
difference. Only who always had noise of its own can have lost it. Noise of its own is four
different values in a second: two or three are a converter at the edge between two steps, which
the next breath of warmth takes off the edge. A channel that was ever without it for ten seconds
may be still for ever; one that had it throughout an hour, and has not changed once in ten
minutes while a sister (same node, same unit) did in each second, is stuck. The sister is asked
because the noise of all may come from outside: a dimmer that is switched off at night. Where
none speaks, noise throughout a day and a night counts as much.
"""
DRIFT_SHARE = 0.1
"""Of the range; of a touch made from readings, half of its threshold."""
RESTS = {"m": 1, "N": -1}
"""Which end a channel rests at. Temperature and sound are not here: rooms grow warm, and loud
with ventilation and with people; where those rest is no matter of the sensor."""
DRIFT_HINTS = {"m": "something stands before it, or calibrate it again",
               "N": "something lies on it, or calibrate it again"}  # fmt: skip


class Judge:
    """What every channel can suffer: unknown, out of range. `is_faulty`: not to be believed."""

    def __init__(self, channel: Described) -> None:
        self.channel = channel
        self.last = ChannelHealth(channel.name, channel.unit, "unknown", None, "not heard yet")
        self.is_faulty = False
        self._stray_us: int | None = None
        self._before = (0, 0)
        self._since: dict[str, int] = {}

    def hear(self, second: Second, now_us: int, sister_moves: bool) -> ChannelHealth:
        """`sister_moves`: whether any channel of this unit on the same node moved.

        `now_us` is a clock that stands still while the node is not heard.
        """
        verdict = self._doubt(second, now_us) or self.judge(second, now_us, sister_moves)
        state, says = verdict or ("ok", "")
        value = None if second.newest is None else round(second.newest, 6)
        self.last = ChannelHealth(self.channel.name, self.channel.unit, state, value, says)
        return self.last

    def judge(self, second: Second, now_us: int, sister_moves: bool) -> Verdict:
        """Of readings most of which are known: what its kind of channel suffers besides."""
        return None

    def lasts(self, what: str, is_so: bool, now_us: int) -> int:
        """For how long something has been so, in microseconds."""
        if not is_so:
            self._since.pop(what, None)
            return 0
        return now_us - self._since.setdefault(what, now_us)

    def held(self, is_held: bool, now_us: int) -> Verdict:
        """A touch that nobody lets go is not believed until it is let go."""
        is_touch = not self.channel.name.startswith(MOTION)
        held_us = self.lasts("held", is_held and is_touch, now_us)
        self.is_faulty = held_us >= HELD_US
        if not self.is_faulty:
            return None
        minutes = held_us // MINUTE_US
        return "stuck", (f"{self.channel.name} has been on for {minutes} min: something leans on "
                         "it, or it is stuck; the show leaves it out")  # fmt: skip

    def _doubt(self, second: Second, now_us: int) -> Verdict:
        name, low, high = self.channel.name, self.channel.low, self.channel.high
        if self._strays(second):
            self._stray_us = now_us
        if self._stray_us is not None and now_us - self._stray_us < STRAY_HOLD_US:
            return "out of range", (f"{name} reads outside {low:g} to {high:g}: a short circuit, "
                                    "or the wrong sensor")  # fmt: skip
        if second.heard - second.known > UNKNOWN_SHARE * second.heard:
            return "unknown", f"{name} does not answer: its sensor or its wire"
        return None

    def _strays(self, second: Second) -> bool:
        """More than one, and more than a tenth: of this second and the one before."""
        heard, strays = second.heard + self._before[0], second.strays + self._before[1]
        self._before = (second.heard, second.strays)
        return strays > 1 and strays > STRAY_SHARE * heard


class StateJudge(Judge):
    """Touch and motion: 0 or 1; `is_inverted` where the show takes 0 for 1."""

    def __init__(self, channel: Described, is_inverted: bool = False) -> None:
        super().__init__(channel)
        self._is_inverted = is_inverted

    def judge(self, second: Second, now_us: int, sister_moves: bool) -> Verdict:
        is_held = second.most < 0.5 if self._is_inverted else second.least >= 0.5
        if verdict := self.held(is_held, now_us):
            return verdict
        changes_hz = second.per_s(second.changes)
        if self.lasts("chatters", changes_hz > CHATTER_HZ, now_us) < RESTLESS_US:
            return None
        return "noisy", (f"{self.channel.name} goes on and off {changes_hz / 2.0:.0f} times a "
                         "second: a loose contact")  # fmt: skip


class CountJudge(Judge):
    """Buttons: how often they were pressed."""

    def judge(self, second: Second, now_us: int, sister_moves: bool) -> Verdict:
        presses_hz = second.per_s(second.last - second.first)
        if self.lasts("presses", presses_hz > PRESSES_HZ, now_us) < RESTLESS_US:
            return None
        return "noisy", (f"{self.channel.name} counts {presses_hz:.0f} presses a second: "
                         "a loose wire")  # fmt: skip


class LevelJudge(Judge):
    """Distances, forces, levels, temperatures, and whatever has a range.

    `rest` is the calibrated resting level. `is_inverted` where the sensor is mounted the other
    way round: a distance then rests low.
    """

    def __init__(self, channel: Described, rest: float | None = None,
                 is_inverted: bool = False) -> None:  # fmt: skip
        super().__init__(channel)
        unit, span = channel.unit, channel.high - channel.low
        self._most_jump = NOISE_SHARES.get(unit, NOISE_SHARE) * span
        self.most_drift = DRIFT_SHARE * span
        side = RESTS.get(unit, 0) * (-1 if is_inverted else 1)
        is_judged = unit in RESTS or (rest is not None and unit not in ("dB", "degC"))
        self._rest = Rest(side, rest) if is_judged else None
        self._nobody = side if unit == "m" else 0
        self._farthest: float | None = None
        self._first_us: int | None = None
        self._quiet_us = self._longest_quiet_us = 0

    def judge(self, second: Second, now_us: int, sister_moves: bool) -> Verdict:
        verdicts = (self._noise(second, now_us), self._standstill(second, now_us, sister_moves),
                    self._drift(second, now_us))  # fmt: skip
        return next(filter(None, verdicts), None)

    def _noise(self, second: Second, now_us: int) -> Verdict:
        is_noise = second.jump > self._most_jump and second.per_s(second.known) >= NOISY_HZ
        if self.lasts("noisy", is_noise, now_us) < NOISY_US:
            return None
        return "noisy", (f"{self.channel.name} jumps by {self._told(second.jump)} from one reading "
                         "to the next: interference or a loose wire")  # fmt: skip

    def _standstill(self, second: Second, now_us: int, sister_moves: bool) -> Verdict:
        if self._first_us is None:
            self._first_us = now_us
        sees_nobody = self._sees_nobody(second)
        is_still = not (second.moved or sees_nobody)
        is_quiet = second.kinds < OWN_NOISE and not sees_nobody
        beside_us = self.lasts("still beside a sister", is_still and sister_moves, now_us)
        still_us = self.lasts("still", is_still, now_us)
        self._note_quiet(is_quiet, is_still, now_us)
        lived_us = now_us - still_us - self._first_us
        has_lost = (beside_us >= STUCK_US and lived_us >= LIVED_US) or (
            still_us >= STUCK_US and lived_us >= LIVED_ALONE_US)  # fmt: skip
        if self._longest_quiet_us >= QUIET_US or not has_lost:
            return None
        return "stuck", (f"{self.channel.name} has not moved at all for {still_us // MINUTE_US} "
                         "min, though it always did: its sensor or its wire")  # fmt: skip

    def _note_quiet(self, is_quiet: bool, is_still: bool, now_us: int) -> None:
        """The longest time without noise of its own, but for the standstill that is on."""
        before_us, self._quiet_us = self._quiet_us, self.lasts("quiet", is_quiet, now_us)
        if not is_still:
            self._longest_quiet_us = max(self._longest_quiet_us, before_us, self._quiet_us)

    def _sees_nobody(self, second: Second) -> bool:
        """A range finder before nobody gives its largest reading, and without any noise."""
        if not self._nobody:
            return False
        far = max(self._nobody * second.least, self._nobody * second.most)
        self._farthest = far if self._farthest is None else max(self._farthest, far)
        return self._nobody * second.last >= self._farthest

    def _drift(self, second: Second, now_us: int) -> Verdict:
        if self._rest is None:
            return None
        self._rest.hear(second.middle, now_us)
        shift = self._rest.shift(self.most_drift)
        if shift is None:
            return None
        was, level = map(self._told, shift)
        hint = DRIFT_HINTS.get(self.channel.unit, "calibrate it again")
        return "drifting", (f"{self.channel.name} rests at {level}; it rested at {was} before: "
                            f"{hint}")  # fmt: skip

    def _told(self, reading: float) -> str:
        return f"{reading:.3g} {self.channel.unit}".strip()


class PadJudge(LevelJudge):
    """A touch that is made from readings: `threshold` away from `rest`."""

    def __init__(self, channel: Described, rest: float, threshold: float,
                 is_inverted: bool = False) -> None:  # fmt: skip
        super().__init__(channel, rest)
        self._at_rest, self._threshold, self._is_inverted = rest, threshold, is_inverted
        self.most_drift = 0.5 * threshold

    def judge(self, second: Second, now_us: int, sister_moves: bool) -> Verdict:
        nearest = max(second.least - self._at_rest, self._at_rest - second.most)
        farthest = max(second.most - self._at_rest, self._at_rest - second.least)
        touched, left = nearest >= RELEASE * self._threshold, farthest < self._threshold
        return self.held(left if self._is_inverted else touched, now_us) or super().judge(
            second, now_us, sister_moves)  # fmt: skip


def judge_of(channel: Described, rest: float | None = None, threshold: float | None = None,
             is_inverted: bool = False) -> Judge:  # fmt: skip
    """The judge for a channel's unit and for what calibration made of it."""
    if threshold is not None:
        return PadJudge(channel, rest or 0.0, threshold, is_inverted)
    if channel.unit == "state":
        return StateJudge(channel, is_inverted)
    if channel.unit == "count":
        return CountJudge(channel)
    return LevelJudge(channel, rest, is_inverted)
