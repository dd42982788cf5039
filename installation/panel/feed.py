"""State and pictures to many tablets: one mailbox each, so that a sleeping one holds up nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

SEND_S = 5.0
"""A client that takes longer than this for one message is dropped."""

Send = Callable[[bytes], Awaitable[None]]


class Mailbox:
    """Holds only the newest message; an older one that was not fetched is gone."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._latest: bytes | None = None

    def put(self, message: bytes) -> None:
        self._latest = message
        self._news.set()

    async def get(self) -> bytes:
        await self._news.wait()
        self._news.clear()
        assert self._latest is not None
        return self._latest


class Feed:
    """One kind of message to all who watch. `publish` may be called from any thread."""

    def __init__(self, most: int = 100) -> None:
        self._mailboxes: set[Mailbox] = set()
        self._latest: bytes | None = None
        self._most = most
        self.loop: asyncio.AbstractEventLoop | None = None

    @property
    def watchers(self) -> int:
        return len(self._mailboxes)

    def publish(self, message: bytes) -> None:
        loop = self.loop
        if loop is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it closed in between
                loop.call_soon_threadsafe(self._spread, message)

    def _spread(self, message: bytes) -> None:
        self._latest = message
        for mailbox in self._mailboxes:
            mailbox.put(message)

    async def serve(self, send: Send) -> None:
        """Send the newest message to one client until it goes, or takes too long."""
        if len(self._mailboxes) >= self._most:
            return
        mailbox = Mailbox()
        self._mailboxes.add(mailbox)
        try:
            if self._latest is not None:
                mailbox.put(self._latest)
            while True:
                message = await mailbox.get()
                await asyncio.wait_for(send(message), SEND_S)
        except TimeoutError:
            return
        finally:
            self._mailboxes.discard(mailbox)
