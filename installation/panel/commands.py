"""Commands from the panel: sent over the bus, answered when the show has confirmed."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from installation.run.bus import Bus

REPLY_S = 2.0
WAITING = 64

Verb = Literal["go", "hold", "resume", "blackout", "light", "stop", "rearm", "goto"]


class Wish(BaseModel):
    """The body of POST /api/command."""

    model_config = ConfigDict(extra="forbid")

    verb: Verb
    argument: str = Field("", max_length=64, pattern=r"^[a-z0-9_/]*$")


class Answer(BaseModel):
    """What became of it: done, or the reason why not."""

    done: bool
    why: str = ""


class Desk:
    """Knows which commands wait for their reply."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self.loop: asyncio.AbstractEventLoop | None = None
        bus.subscribe("reply", self._hear)

    async def ask(self, wish: Wish) -> Answer | None:
        """The show's answer; None where it gave none within two seconds."""
        if len(self._waiting) >= WAITING:
            return Answer(done=False, why=f"{WAITING} commands are waiting already")
        number = uuid.uuid4().hex
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        told = {"id": number, "verb": wish.verb, "argument": wish.argument}
        self._bus.publish("command", json.dumps(told).encode())
        try:
            return await asyncio.wait_for(future, REPLY_S)
        except TimeoutError:
            return None
        finally:
            del self._waiting[number]

    def _hear(self, topic: str, payload: bytes) -> None:
        told = json.loads(payload)
        if self.loop is not None and not self.loop.is_closed():
            answer = Answer(done=bool(told["done"]), why=str(told["why"]))
            self.loop.call_soon_threadsafe(self._settle, str(told["id"]), answer)

    def _settle(self, number: str, answer: Answer) -> None:
        future = self._waiting.get(number)
        if future is not None and not future.done():
            future.set_result(answer)
