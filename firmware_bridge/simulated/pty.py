"""A simulated node on a pseudo-terminal, where pyserial finds it like a real one."""

from __future__ import annotations

import contextlib
import os
import threading
import tty
from pathlib import Path

from firmware_bridge.simulated.node import SimulatedNode


class PtyNode:
    """`path` is a link to the pty; `unplug` closes it as a kicked cable does.

    One thread may pump while another plugs and unplugs.
    """

    def __init__(self, node: SimulatedNode, path: str) -> None:
        self.node, self.path = node, Path(path)
        self._master = self._slave = -1
        self._unsent = b""
        self._lock = threading.Lock()
        self.lost = 0
        """Frames dropped because the host did not read."""
        self.plug(0)

    @property
    def is_plugged(self) -> bool:
        return self._master >= 0

    def fileno(self) -> int:
        """For `select`: readable when the host has written. -1 while it is unplugged."""
        return self._master

    def plug(self, now_us: int = 0) -> None:
        """Open a new pty, raw before anyone sees it, and boot the node."""
        with self._lock:
            if self._master >= 0:
                return
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self.node.reboot(now_us or self.node.next_us)
            self.path.unlink(missing_ok=True)
            self.path.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        """Take the device away."""
        with self._lock:
            if self._master < 0:
                return
            self.path.unlink(missing_ok=True)
            os.close(self._slave)
            os.close(self._master)
            self._master = self._slave = -1
            self._unsent = b""

    def pump(self, now_us: int) -> None:
        """Move what is there to move; never waits for the host."""
        with self._lock:
            if self._master >= 0:
                self._move(now_us)

    def _move(self, now_us: int) -> None:
        data = b""
        with contextlib.suppress(BlockingIOError, OSError):
            data = os.read(self._master, 4096)
        said = self.node.receive(data, now_us) if data else b""
        while self.node.next_us <= now_us:
            said += self.node.advance(now_us)
        if said and self._unsent:
            self.lost += 1
            said = b""
        if self._unsent or said:
            self._send(self._unsent + said)

    def _send(self, data: bytes) -> None:
        """A frame begun is finished later; frames after it are dropped whole until then."""
        sent = 0
        with contextlib.suppress(BlockingIOError, OSError):
            sent = os.write(self._master, data)
        self._unsent = data[sent:]
