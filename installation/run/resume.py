"""Where the show was: kept on disk, for a show process that has to start again."""

from __future__ import annotations

import pickle
from hashlib import sha256
from pathlib import Path

from installation.core.draft import ALL, FIELDS
from installation.core.state import State
from installation.showfile.model import Show

FILE = "state.bin"
FORM = ("2", FIELDS)
EVERY_US = 1_000_000
STALE_US = 60_000_000
"""What is older tells nothing of the room any more."""
AGAIN_US = 10_000_000
"""A process that ended so soon after it had gone on ended for what it went on with."""


class Keeper:
    """Keeps the newest state in `out`: once a second, and whenever something has happened, so that
    nothing happens twice. A write that fails costs only the going on."""

    def __init__(self, out: Path, since_us: int) -> None:
        self._path, self._kept_us, self._since_us = out / FILE, since_us, since_us
        self._show: Show | None = None
        self._print = ""

    def keep(self, show: Show, state: State, now_us: int, *, is_news: bool = False) -> None:
        """Call it whenever there is time; what it does takes about 0.3 ms."""
        if not is_news and now_us - self._kept_us < EVERY_US:
            return
        self._kept_us = now_us
        if show is not self._show:
            self._show, self._print = show, fingerprint(show)
        told = pickle.dumps((FORM, self._print, self._since_us, tuple(ALL(state))))
        part = self._path.with_suffix(".part")
        try:
            part.write_bytes(told)
            part.replace(self._path)
        except OSError:
            self._path.unlink(missing_ok=True)


def resumed(out: Path, show: Show, now_us: int) -> tuple[State | None, str]:
    """The state to go on in, or None; and the act to begin, or ''.

    As the `recovery` of the act says. Nothing of it where no process ended here within the last
    minute; no state where the show is another one, or where the process before this one ended
    within ten seconds of going on itself.
    """
    try:
        form, told, since_us, values = pickle.loads((out / FILE).read_bytes())
        if form != FORM:
            return None, ""  # of another version: its fields may mean something else
        state = State(*values)
    except (OSError, pickle.PickleError, EOFError, ValueError, TypeError, AttributeError,
            ImportError, IndexError, KeyError):  # fmt: skip
        return None, ""
    if not 0 <= now_us - state.now_us < STALE_US:
        return None, ""
    act = show.acts.get(state.act)
    if act is None or act.recovery == "attract" or act.name == show.attract:
        return None, ""
    is_sound = told == fingerprint(show) and state.now_us - since_us >= AGAIN_US
    if act.recovery == "act" or not is_sound:
        return None, act.name
    return state, ""


def fingerprint(show: Show) -> str:
    """Equal for equal shows."""
    return sha256(repr(show).encode(errors="backslashreplace")).hexdigest()
