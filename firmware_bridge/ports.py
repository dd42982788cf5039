"""Serial ports that are found, opened, lost and opened again; all are served in one thread.

It is the caller's own: what is read is at hand without a hop from thread to thread, and a
program that hangs falls silent, so that its nodes go to their safe values. A second thread opens
and closes, because both may wait for the kernel. POSIX only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import select
import selectors
import socket
import termios
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import serial

from firmware_bridge.discovery import Found

LOOK_S = 0.05
"""How often it is looked for ports that have come."""
SWEEP_US, SWEEP_S = 25_000, 0.025
"""How often a quiet port is asked what it has to say."""
REOPEN_US = 200_000
"""A port that did not open is tried again after this."""
STUCK_US = 1_000_000
"""A device that takes no bytes for so long is lost."""
MOST_READ = 65536
MOST_ROUND, MOST_SWEEP_US = 4, 100
"""So much is done at a time; then the caller may have something else to do."""
JOIN_S = 5.0
"""Longer than the thread that opens takes, unless the kernel holds it."""
LOSSES = (serial.SerialException, OSError, termios.error, TypeError, ValueError)
"""What pyserial raises when the device goes; TypeError comes from a closed descriptor."""

CAUSES = {
    errno.EAGAIN: "another program has it",
    errno.EBUSY: "another program has it",
    errno.EACCES: "this user may not (`installation doctor` tells the cure)",
}


def clock_us() -> int:
    """Host time in microseconds: monotonic."""
    return time.monotonic_ns() // 1000


class Ear(Protocol):
    """Who listens. All but `idle` are called by `serve`; what is returned is written."""

    def receive(self, path: str, data: bytes, now_us: int) -> bytes: ...

    def poll(self, path: str, now_us: int) -> bytes: ...

    def lose(self, path: str, why: str, now_us: int) -> None: ...

    def idle(self, now_us: int) -> None:
        """About every 50 ms, from the thread that opens: there is time for a file."""


@dataclass(slots=True)
class _Device:
    """An open port. `path` names its line; `found.path` may have come to lead elsewhere."""

    path: str
    found: Found
    serial: serial.Serial
    fd: int
    opened_us: int
    unsent: bytes = b""
    stuck_us: int = 0
    """Since when the device takes no bytes; 0 where it does."""


class Ports:
    """`look` tells which ports should be open; `ear` has the conversations.

    For one thread; `wake` alone may be called from any.
    """

    def __init__(self, look: Callable[[], dict[str, Found]], ear: Ear) -> None:
        self._look, self._ear = look, ear
        self._stop, self._is_started = threading.Event(), False
        self._opened: queue.SimpleQueue[_Device | tuple[str, str]] = queue.SimpleQueue()
        self._closing: queue.SimpleQueue[_Device | None] = queue.SimpleQueue()
        self._open: dict[str, _Device] = {}
        self._unwanted: set[str] = set()
        self._ready: deque[_Device | None] = deque()
        self._unasked: deque[_Device] = deque()
        self._swept_us = 0
        self._selector = selectors.DefaultSelector()  # epoll or kqueue: a descriptor itself
        self._hears, self._wakes = socket.socketpair()
        for end in (self._hears, self._wakes):
            end.setblocking(False)
        self._selector_fd = self._selector.fileno()
        self._selector.register(self._hears, selectors.EVENT_READ, None)
        self._tender = threading.Thread(target=self._tend, name="serial ports", daemon=True)

    def start(self) -> None:
        self._tender.start()
        self._is_started = True

    def close(self) -> None:
        """Stop; every device is closed when this returns, or does not let itself be closed."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._closing.put(None)
        if self._is_started:
            self._tender.join(timeout=JOIN_S)
        for device in list(self._open.values()):
            self._retire(device)
        for waiting in (self._closing, self._opened):
            while not waiting.empty():
                if isinstance(opened := waiting.get(), _Device):
                    _close(opened)
        self._selector.close()
        for end in (self._hears, self._wakes):
            end.close()

    @property
    def has_died(self) -> bool:
        """Whether the thread that opens has ended and should not have."""
        return self._is_started and not self._stop.is_set() and not self._tender.is_alive()

    def wake(self) -> None:
        """Make `serve` return. From any thread, also after `close`."""
        with contextlib.suppress(OSError):  # full: it is awake already; closed: nobody waits
            self._wakes.send(b"\0")

    def serve(self, timeout_s: float) -> None:
        """Wait for the first port that speaks, `wake` or the end of the time, and deal with it.

        At most MOST_ROUND ports are read; the others have their turn in the next call, so that
        sixty-four boards that speak at once hold nobody up. After `close` it only waits.
        """
        if self._stop.is_set():
            select.select((), (), (), timeout_s)
            return
        ready = self._ready
        if not ready:
            # by itself it would sleep whole milliseconds
            sleep_s = 0 if self._unasked else min(timeout_s, SWEEP_S)
            select.select([self._selector_fd], (), (), sleep_s)
            ready.extend([key.data for key, _ in self._selector.select(0)])
        for _ in range(min(MOST_ROUND, len(ready))):
            device = ready.popleft()
            if device is None:
                self._hear_news()
            else:
                self._read(device)
        self._sweep()

    def _sweep(self) -> None:
        """Ask each port what it has to say, every 25 ms; the rest of a long round later."""
        begun_us = now_us = clock_us()
        if now_us - self._swept_us >= SWEEP_US and not self._unasked:
            self._swept_us = now_us
            self._unasked.extend(self._open.values())
        while self._unasked and now_us - begun_us < MOST_SWEEP_US:
            device = self._unasked.popleft()
            if self._open.get(device.path) is device:
                self._converse(device, b"", now_us)
            now_us = clock_us()

    def ask(self, path: str) -> None:
        """Write at once what there is to say on a port, if it is open."""
        if (device := self._open.get(path)) is not None:
            self._converse(device, b"", clock_us())

    def _hear_news(self) -> None:
        """Ports that were opened, or did not open; ports that should not be open."""
        with contextlib.suppress(BlockingIOError):
            self._hears.recv(4096)
        while not self._opened.empty():
            opened = self._opened.get()
            if isinstance(opened, _Device):
                self._selector.register(opened.fd, selectors.EVENT_READ, opened)
                self._open[opened.path] = opened
            else:
                self._tell_loss(*opened)
        while self._unwanted:
            if (device := self._open.get(self._unwanted.pop())) is not None:
                self._lose(device, "is the port of a board that prints lines")

    def _read(self, device: _Device) -> None:
        if self._open.get(device.path) is not device:
            return  # lost since it was found ready
        try:
            data = os.read(device.fd, MOST_READ)
        except BlockingIOError:
            return
        except LOSSES as why:
            self._lose(device, f"is gone: {cause(why)}")
            return
        if not data:
            self._lose(device, "is gone: ready to read, and nothing there")
            return
        self._converse(device, data, clock_us())

    def _converse(self, device: _Device, data: bytes, now_us: int) -> None:
        """What came, if anything, is heard; what there is to say is written."""
        try:
            if data:
                answer = self._ear.receive(device.path, data, now_us)
            else:
                answer = self._ear.poll(device.path, now_us)
        except Exception as fault:  # noqa: BLE001  what one device says may end its own conversation, never the others'
            self._lose(device, f"said what could not be dealt with: {fault!r}")
            return
        if answer or device.unsent:
            self._write(device, answer, now_us)

    def _write(self, device: _Device, data: bytes, now_us: int) -> None:
        """What was begun is finished first; an answer that finds it unfinished is dropped."""
        data = device.unsent or data
        try:
            sent = os.write(device.fd, data)
        except BlockingIOError:
            sent = 0
        except LOSSES as why:
            self._lose(device, f"is gone: {cause(why)}")
            return
        device.unsent = data[sent:]
        if sent or not device.unsent:
            device.stuck_us = 0
        elif not device.stuck_us:
            device.stuck_us = now_us
        elif now_us - device.stuck_us >= STUCK_US:
            self._lose(device, f"takes no bytes for {STUCK_US / 1e6:g} s")

    def _lose(self, device: _Device, why: str) -> None:
        self._retire(device)
        self._tell_loss(device.path, f"{device.path} {why}")

    def _tell_loss(self, path: str, why: str) -> None:
        try:
            self._ear.lose(path, why, clock_us())
        except Exception:  # noqa: BLE001  as in _converse
            traceback.print_exc()

    def _retire(self, device: _Device) -> None:
        self._selector.unregister(device.fd)
        del self._open[device.path]
        self._closing.put(device)

    def _tend(self) -> None:
        """Closes at once, or the device comes back under another name; opens what has come."""
        there: dict[tuple[int, int], _Device] = {}
        failed: dict[str, tuple[str, int]] = {}
        while not self._stop.is_set():
            with contextlib.suppress(queue.Empty):
                if (device := self._closing.get(timeout=LOOK_S)) is not None:
                    _close(device)
                    del there[device.found.device]
                    if clock_us() - device.opened_us < REOPEN_US:  # it would be lost again at once
                        failed[device.found.path] = ("", clock_us())
            if self._stop.is_set():
                break  # an opening would reset the board for nobody
            self._look_round(there, failed)

    def _look_round(self, there: dict[tuple[int, int], _Device],
                    failed: dict[str, tuple[str, int]]) -> None:  # fmt: skip
        now_us = clock_us()
        for found in self._look().values():
            known = there.get(found.device)
            if known is None:
                if found.path not in failed or now_us - failed[found.path][1] >= REOPEN_US:
                    self._try(found, there, failed, now_us)
            elif found.is_text and known.path != found.path:
                self._unwanted.add(known.path)  # opened before it got the name of a text node
                self.wake()
        try:
            self._ear.idle(now_us)
        except Exception:  # noqa: BLE001  a file that cannot be read may not end the plugging in of nodes
            traceback.print_exc()

    def _try(self, found: Found, there: dict[tuple[int, int], _Device],
             failed: dict[str, tuple[str, int]], now_us: int) -> None:  # fmt: skip
        """A name that leads to another device than when it was opened is no name for a second
        one: boards without a serial number share theirs."""
        is_taken = any(device.path == found.path for device in there.values())
        path = os.path.realpath(found.path) if is_taken else found.path
        try:
            device = there[found.device] = _open(path, found)
            self._opened.put(device)
            failed.pop(found.path, None)
            self.wake()
        except LOSSES as mistake:
            why = f"{path} does not open: {cause(mistake)}"
            if failed.get(found.path, ("", 0))[0] != why:
                self._opened.put((path, why))
                self.wake()
            failed[found.path] = (why, now_us)


def _open(path: str, found: Found) -> _Device:
    device = serial.Serial(path, found.baud, timeout=0, write_timeout=0, exclusive=True)
    os.set_blocking(device.fileno(), False)
    with contextlib.suppress(*LOSSES, NotImplementedError, AttributeError):
        device.set_low_latency_mode(True)
    return _Device(path, found, device, device.fileno(), clock_us())


def _close(device: _Device) -> None:
    """Without waiting for what was not sent."""
    with contextlib.suppress(*LOSSES):
        termios.tcflush(device.fd, termios.TCOFLUSH)
    with contextlib.suppress(*LOSSES):
        device.serial.close()


def cause(why: BaseException) -> str:
    """What the system says of it."""
    if isinstance(why, OSError) and why.errno:
        return CAUSES.get(why.errno) or os.strerror(why.errno)
    return str(why) or type(why).__name__
