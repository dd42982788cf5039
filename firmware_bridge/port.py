"""A serial port that opens, loses and reopens itself: a thread reads, another writes."""

from __future__ import annotations

import contextlib
import os
import queue
import termios
import threading
import time
from collections.abc import Callable

import serial

BAUD = 250_000
REOPEN_S = 0.2
READ_S = 0.05
WRITE_S = 1.0
WAITING = 32
"""A bound on answers that wait for a slow device; the session repeats what is dropped."""
LOSSES = (serial.SerialException, OSError, termios.error, TypeError)
"""What pyserial raises when the device goes; TypeError comes from a closed descriptor."""


def clock_us() -> int:
    """Host time in microseconds."""
    return time.monotonic_ns() // 1000


class Port:
    """`receive(data, now_us)` and `poll(now_us)` give the bytes to write.

    Both run on the reader's thread, as does `lose(why, now_us)`: again at each
    failed try to open. `poll` is asked at least every 50 ms while the device is there.
    """

    def __init__(self, path: str, receive: Callable[[bytes, int], bytes],
                 poll: Callable[[int], bytes],
                 lose: Callable[[str, int], None]) -> None:  # fmt: skip
        self.path = path
        self._receive, self._poll, self._lose = receive, poll, lose
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=path, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop and wait for the reader, which closes the device within 50 ms."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                why = self._open_and_converse()
            except Exception as fault:  # noqa: BLE001  the thread's edge: what a device says may end one conversation, never the port
                why = f"said what could not be dealt with: {fault!r}"
            if why and not self._stop.is_set():
                self._lose(f"{self.path} {why}", clock_us())
            self._stop.wait(REOPEN_S)

    def _open_and_converse(self) -> str:
        """Why it ended, empty where it was asked to."""
        try:
            device = serial.Serial(
                self.path, BAUD, timeout=READ_S, write_timeout=WRITE_S, exclusive=True
            )
        except (*LOSSES, ValueError) as why:
            return f"does not open: {_cause(why)}"
        with contextlib.suppress(*LOSSES, ValueError, NotImplementedError, AttributeError):
            device.set_low_latency_mode(True)
        writer = _Writer(device)
        try:
            return self._converse(device, writer)
        finally:
            writer.close()
            with contextlib.suppress(*LOSSES):
                device.close()

    def _converse(self, device: serial.Serial, writer: _Writer) -> str:
        while not self._stop.is_set():
            if writer.why:
                return f"takes no bytes: {writer.why}"
            try:
                data = device.read(1)
                if data and (more := device.in_waiting):
                    data += device.read(more)
            except LOSSES as why:
                return f"is gone: {_cause(why)}"
            now_us = clock_us()
            answer = self._receive(data, now_us) if data else self._poll(now_us)
            if answer:
                writer.put(answer)
        return ""


class _Writer:
    """Keeps a device that takes no bytes from holding up its reader."""

    def __init__(self, device: serial.Serial) -> None:
        self._device = device
        self._waiting: queue.Queue[bytes | None] = queue.Queue(maxsize=WAITING)
        self.why = ""
        self._thread = threading.Thread(target=self._write_all, daemon=True)
        self._thread.start()

    def put(self, data: bytes) -> None:
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(data)

    def close(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()
        self._waiting.put_nowait(None)
        with contextlib.suppress(*LOSSES, AttributeError):
            self._device.cancel_write()
        self._thread.join(timeout=WRITE_S + 1.0)

    def _write_all(self) -> None:
        while (data := self._waiting.get()) is not None:
            try:
                self._device.write(data)
            except LOSSES as why:
                self.why = _cause(why)
                return


def _cause(why: BaseException) -> str:
    if isinstance(why, OSError) and why.errno:
        return os.strerror(why.errno)
    return str(why) or type(why).__name__
