"""Commands from the panel: sent over the bus, answered when the show has confirmed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from installation.bus import Bus

REPLY_S = 2.0
SAVE_S = 10.0
"""What is saved has to be on disk before the reply."""
WAITING = 64

Verb = Literal["go", "hold", "resume", "blackout", "light", "stop", "rearm", "goto"]


class Wish(BaseModel):
    """The body of POST /api/command."""

    model_config = ConfigDict(extra="forbid")

    verb: Verb
    argument: str = Field("", max_length=128, pattern=r"^[A-Za-z0-9_/]*$")


class Answer(BaseModel):
    """What became of it: done, or the reason why not."""

    done: bool
    why: str = ""


class Desk:
    """Knows which commands wait for their reply."""

    def __init__(self, bus: Bus, *, reply_s: float = REPLY_S) -> None:
        self._bus, self._reply_s = bus, reply_s
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self.loop: asyncio.AbstractEventLoop | None = None
        bus.subscribe("reply", self._hear)

    async def ask(self, wish: Wish) -> Answer | None:
        """The show's answer; None where it gave none in time.

        Beyond a bound on waiting commands one more is refused, but never STOP.
        """
        if len(self._waiting) >= WAITING and wish.verb != "stop":
            return Answer(done=False, why=f"{WAITING} commands are waiting already")
        told = {"verb": wish.verb, "argument": wish.argument}
        return await self._reply("command", told, self._reply_s)

    async def save(self) -> Answer | None:
        """Ask the show to save what was played last; where it was saved, or why not.

        None where the show gave no answer in time.
        """
        if len(self._waiting) >= WAITING:
            return Answer(done=False, why=f"{WAITING} commands are waiting already")
        return await self._reply("save", {}, SAVE_S)

    async def _reply(self, topic: str, told: dict[str, str], within_s: float) -> Answer | None:
        number = uuid.uuid4().hex
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._bus.publish(topic, json.dumps({"id": number, **told}).encode())
            return await asyncio.wait_for(future, within_s)
        except TimeoutError:
            return None
        finally:
            del self._waiting[number]

    def _hear(self, topic: str, payload: bytes) -> None:
        try:
            told = json.loads(payload)
            number = str(told["id"])
            answer = Answer(done=told["done"] is True, why=str(told["why"]))
        except (ValueError, KeyError, TypeError):
            return
        if self.loop is not None and not self.loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it was closed in between
                self.loop.call_soon_threadsafe(self._settle, number, answer)

    def _settle(self, number: str, answer: Answer) -> None:
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_result(answer)
