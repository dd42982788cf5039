"""State and pictures to many tablets: one mailbox each, so that a sleeping one holds up nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Literal

SEND_S = 5.0
"""A client that takes longer than this for one message is dropped."""
FRESH_S = 1.5
"""A newcomer is told nothing older than this: it would take it for the present."""
MOST = 100

News = str | bytes
Send = Callable[[News], Awaitable[None]]
Why = Literal["full", "asleep"]


class Mailbox:
    """Holds only the newest message; an older one that was not fetched is gone."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._latest: News = b""

    def put(self, message: News) -> None:
        self._latest = message
        self._news.set()

    async def get(self) -> News:
        await self._news.wait()
        self._news.clear()
        return self._latest


class Feed:
    """One kind of message to all who watch. `publish` may be called from any thread."""

    def __init__(self, *, most: int = MOST, send_s: float = SEND_S) -> None:
        self._mailboxes: set[Mailbox] = set()
        self._latest: News | None = None
        self._latest_s = 0.0
        self._waiting: News | None = None
        self._most, self._send_s = most, send_s
        self.loop: asyncio.AbstractEventLoop | None = None

    @property
    def watchers(self) -> int:
        return len(self._mailboxes)

    def publish(self, message: News) -> None:
        """At most one message waits for the event loop; the newest takes its place."""
        loop = self.loop
        if loop is None or loop.is_closed():
            return
        spreading, self._waiting = self._waiting is not None, message
        if not spreading:
            with contextlib.suppress(RuntimeError):  # the loop was closed in between
                loop.call_soon_threadsafe(self._spread, loop)

    def _spread(self, loop: asyncio.AbstractEventLoop) -> None:
        message, self._waiting = self._waiting, None
        if message is None:
            return
        self._latest, self._latest_s = message, loop.time()
        for mailbox in self._mailboxes:
            mailbox.put(message)

    async def serve(self, send: Send) -> Why:
        """Send the newest message to one client, again and again, until it is cancelled.

        Returns at once where there are too many clients, and when one message
        took the client too long. What `send` raises goes through.
        """
        if len(self._mailboxes) >= self._most:
            return "full"
        mailbox = Mailbox()
        self._mailboxes.add(mailbox)
        try:
            age_s = asyncio.get_running_loop().time() - self._latest_s
            if self._latest is not None and age_s < FRESH_S:
                mailbox.put(self._latest)
            while True:
                message = await mailbox.get()
                await asyncio.wait_for(send(message), self._send_s)
        except TimeoutError:
            return "asleep"
        finally:
            self._mailboxes.discard(mailbox)
