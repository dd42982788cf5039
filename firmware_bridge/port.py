"""A serial port that opens, loses and reopens itself; one thread reads and answers.

Answers are a few dozen bytes; a write that does not pass within 0.1 s counts as a lost device."""

from __future__ import annotations

import contextlib
import termios
import threading
import time
from collections.abc import Callable

import serial

BAUD = 250_000
REOPEN_S = 0.2
READ_S = 0.05
LOSSES = (serial.SerialException, OSError, termios.error, TypeError)
"""What pyserial raises when the device goes; TypeError comes from a closed descriptor."""


class Port:
    """`receive(data, now_us) -> bytes to write` and `lose(why)` run on the reader's thread.

    `poll(now_us) -> bytes` is asked at least every 50 ms.
    """

    def __init__(self, path: str, receive: Callable[[bytes, int], bytes],
                 poll: Callable[[int], bytes], lose: Callable[[str], None]) -> None:  # fmt: skip
        self.path = path
        self._receive, self._poll, self._lose = receive, poll, lose
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read_always, name=path, daemon=True)
        self._device: serial.Serial | None = None

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop and wait for the reader, which closes the device."""
        self._stop.set()
        device = self._device
        if device is not None:
            with contextlib.suppress(*LOSSES, AttributeError):
                device.cancel_read()
        self._thread.join(timeout=2.0)

    def _read_always(self) -> None:
        while not self._stop.is_set():
            try:
                device = serial.Serial(self.path, BAUD, timeout=READ_S, write_timeout=0.1)
            except (*LOSSES, ValueError) as why:
                self._lose(f"{self.path} does not open: {_cause(why)}")
                self._stop.wait(REOPEN_S)
                continue
            with contextlib.suppress(*LOSSES, ValueError, NotImplementedError, AttributeError):
                device.set_low_latency_mode(True)
            self._device = device
            try:
                self._converse(device)
            except LOSSES as why:
                self._lose(f"{self.path} is gone: {_cause(why)}")
            finally:
                self._device = None
                with contextlib.suppress(*LOSSES):
                    device.close()
            self._stop.wait(REOPEN_S)

    def _converse(self, device: serial.Serial) -> None:
        while not self._stop.is_set():
            data = device.read(max(1, device.in_waiting))
            now_us = time.monotonic_ns() // 1000
            answer = self._receive(data, now_us) if data else self._poll(now_us)
            if answer:
                device.write(answer)


def _cause(why: BaseException) -> str:
    if isinstance(why, OSError) and why.strerror:
        return why.strerror
    return str(why) or type(why).__name__
