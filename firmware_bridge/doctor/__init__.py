"""Why a node is not heard, and what to type: `installation doctor`.

To add a cause: a function that yields `Finding`s, its line in `examine`, and a test that plants it.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence

from firmware_bridge.doctor import services, usb
from firmware_bridge.doctor.finding import Finding
from firmware_bridge.doctor.hearing import judge, listen, unread
from firmware_bridge.doctor.machine import Machine, Port
from firmware_bridge.doctor.ports import find, missing
from firmware_bridge.doctor.rights import forbidden, held, held_by_nobody_seen, refused
from firmware_bridge.ports import LOSSES

LISTEN_S = 2.0
IN_USE, FORBIDDEN = (errno.EAGAIN, errno.EBUSY), (errno.EACCES, errno.EPERM)

__all__ = ["Finding", "Machine", "examine"]


def examine(paths: Sequence[str] = (), *, machine: Machine | None = None,
            listen_s: float = LISTEN_S,
            progress: Callable[[str], None] = lambda what: None) -> Iterable[Finding]:  # fmt: skip
    """All that is found, as it is found: what concerns the computer first, then port by port.

    `paths` may be patterns; none is every port. Each port is listened to for `listen_s` seconds,
    up to 3 s longer while a board starts, and again at six other baud rates where it is not
    understood; 0 listens to none. `progress` is told what takes time.
    """
    here = machine or Machine()
    found = find(here, paths)
    yield from missing(here, paths, found)
    yield from services.examine_rule(here)
    yield from services.examine_brltty(here, found.asked)
    yield from services.examine_modem_manager(here, found.asked)
    yield from usb.examine_log(here)
    yield from usb.examine_hubs(here)
    yield from usb.examine_names(here, found.asked)
    for port in found.asked:
        yield from usb.examine_timing(here, port)
        yield from _examine_port(here, port, listen_s, progress)


def _examine_port(machine: Machine, port: Port, listen_s: float,
                  progress: Callable[[str], None]) -> Iterator[Finding]:  # fmt: skip
    """A port that may not be opened, or that somebody has, is left alone."""
    try:
        if not machine.allows(machine.at(port.device)):
            yield refused(machine, port)
        elif holders := machine.holders(port.device):
            yield held(port, holders)
        elif listen_s > 0:
            yield from judge(machine, port, listen(port, listen_s, progress))
    except LOSSES as why:
        yield _why_not(machine, port, why)


def _why_not(machine: Machine, port: Port, why: BaseException) -> Finding:
    number = why.errno if isinstance(why, OSError) else None
    if number in IN_USE:
        return held_by_nobody_seen(port)
    return forbidden(machine, port) if number in FORBIDDEN else unread(port, why)
