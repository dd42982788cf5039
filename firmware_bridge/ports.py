"""Serial ports that are found, opened, lost and opened again: one thread serves all of them.

A second thread opens and closes, because both may wait for the kernel. POSIX only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import selectors
import termios
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import serial

from firmware_bridge.discovery import Found

LOOK_S = 0.05
"""How often it is looked for ports that have come."""
SWEEP_US = 25_000
"""How often a quiet port is asked what it has to say."""
REOPEN_US = 200_000
"""A port that did not open is tried again after this."""
STUCK_US = 1_000_000
"""A device that takes no bytes for so long is lost."""
MOST_READ = 65536
JOIN_S = 5.0
"""Longer than either thread takes, unless the kernel holds it."""
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
    """Who listens. All but `idle` come from the serving thread; what is returned is written."""

    def receive(self, path: str, data: bytes, now_us: int) -> bytes: ...

    def poll(self, path: str, now_us: int) -> bytes: ...

    def lose(self, path: str, why: str, now_us: int) -> None: ...

    def served(self) -> None:
        """All that was there has been read."""

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
    """`look` tells which ports should be open; `ear` has the conversations."""

    def __init__(self, look: Callable[[], dict[str, Found]], ear: Ear) -> None:
        self._look, self._ear = look, ear
        self._stop, self._is_started = threading.Event(), False
        self._opened: queue.SimpleQueue[_Device | tuple[str, str]] = queue.SimpleQueue()
        self._closing: queue.SimpleQueue[_Device | None] = queue.SimpleQueue()
        self._open: dict[str, _Device] = {}
        self._kicked: set[str] = set()
        self._unwanted: set[str] = set()
        self._wake_r, self._wake_w = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._threads = [
            threading.Thread(target=self._serve, name="serial", daemon=True),
            threading.Thread(target=self._tend, name="serial ports", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
        self._is_started = True

    def close(self) -> None:
        """Stop; every device is closed when this returns, or does not let itself be closed."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._wake()
        self._closing.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=JOIN_S)
        for waiting in (self._closing, self._opened):
            while not waiting.empty():
                if isinstance(device := waiting.get(), _Device):
                    _close(device)
        for fd in (self._wake_r, self._wake_w):
            os.close(fd)

    @property
    def has_died(self) -> bool:
        """Whether a thread has ended that should not have."""
        return self._is_started and not self._stop.is_set() and not all(
            thread.is_alive() for thread in self._threads)  # fmt: skip

    def kick(self, path: str) -> None:
        """Ask a port at once what it has to say. From any thread."""
        if not self._stop.is_set():
            self._kicked.add(path)
            self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full: it is awake already
            os.write(self._wake_w, b"\0")

    def _serve(self) -> None:
        """Reads what is there, writes what is due; nothing here waits for a device."""
        swept_us = 0
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_r, selectors.EVENT_READ, None)
            while not self._stop.is_set():
                ready = selector.select(SWEEP_US / 1e6)
                for key, _ in ready:
                    if key.data is None:
                        self._news(selector)
                    else:
                        self._read(selector, key.data)
                self._ear.served()
                now_us = clock_us()
                if now_us - swept_us >= SWEEP_US:
                    swept_us = now_us
                    for device in list(self._open.values()):
                        self._converse(selector, device, b"", now_us)
                self._ear.served()
            for device in list(self._open.values()):
                self._retire(selector, device)

    def _news(self, selector: selectors.BaseSelector) -> None:
        """Ports that were opened, or did not open; ports that were kicked."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_r, 4096)
        while not self._opened.empty():
            opened = self._opened.get()
            if isinstance(opened, _Device):
                selector.register(opened.fd, selectors.EVENT_READ, opened)
                self._open[opened.path] = opened
            else:
                self._tell_loss(*opened)
        while self._unwanted:
            if (device := self._open.get(self._unwanted.pop())) is not None:
                self._lose(selector, device, "is the port of a board that prints lines")
        while self._kicked:
            device = self._open.get(self._kicked.pop())
            if device is not None:
                self._converse(selector, device, b"", clock_us())

    def _read(self, selector: selectors.BaseSelector, device: _Device) -> None:
        if self._open.get(device.path) is not device:
            return  # lost since it was found ready
        try:
            data = os.read(device.fd, MOST_READ)
        except BlockingIOError:
            return
        except LOSSES as why:
            self._lose(selector, device, f"is gone: {cause(why)}")
            return
        if not data:
            self._lose(selector, device, "is gone: ready to read, and nothing there")
            return
        self._converse(selector, device, data, clock_us())

    def _converse(self, selector: selectors.BaseSelector, device: _Device, data: bytes,
                  now_us: int) -> None:  # fmt: skip
        """What came, if anything, is heard; what there is to say is written."""
        try:
            if data:
                answer = self._ear.receive(device.path, data, now_us)
            else:
                answer = self._ear.poll(device.path, now_us)
        except Exception as fault:  # noqa: BLE001  what one device says may end its own conversation, never the others'
            self._lose(selector, device, f"said what could not be dealt with: {fault!r}")
            return
        self._write(selector, device, answer, now_us)

    def _write(self, selector: selectors.BaseSelector, device: _Device, data: bytes,
               now_us: int) -> None:  # fmt: skip
        """What was begun is finished first; an answer that finds it unfinished is dropped."""
        data = device.unsent or data
        if not data:
            return
        try:
            sent = os.write(device.fd, data)
        except BlockingIOError:
            sent = 0
        except LOSSES as why:
            self._lose(selector, device, f"is gone: {cause(why)}")
            return
        device.unsent = data[sent:]
        if sent or not device.unsent:
            device.stuck_us = 0
        elif not device.stuck_us:
            device.stuck_us = now_us
        elif now_us - device.stuck_us >= STUCK_US:
            self._lose(selector, device, f"takes no bytes for {STUCK_US / 1e6:g} s")

    def _lose(self, selector: selectors.BaseSelector, device: _Device, why: str) -> None:
        self._retire(selector, device)
        self._tell_loss(device.path, f"{device.path} {why}")

    def _tell_loss(self, path: str, why: str) -> None:
        try:
            self._ear.lose(path, why, clock_us())
        except Exception:  # noqa: BLE001  as in _converse
            traceback.print_exc()

    def _retire(self, selector: selectors.BaseSelector, device: _Device) -> None:
        selector.unregister(device.fd)
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
                self._wake()
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
            self._wake()
        except LOSSES as mistake:
            why = f"{path} does not open: {cause(mistake)}"
            if failed.get(found.path, ("", 0))[0] != why:
                self._opened.put((path, why))
                self._wake()
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
