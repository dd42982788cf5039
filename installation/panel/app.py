"""The panel's routes: one page, one command, two feeds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from installation.bus import Bus
from installation.panel.commands import REPLY_S, Answer, Desk, Wish
from installation.panel.feed import SEND_S, Feed, News
from installation.panel.guard import Guard, Saying

STATIC = Path(__file__).parent / "static"
WATCH_S = 1.0
TRY_LATER = 1013
"""The WebSocket close code for a server that has no room."""


def make_app(bus: Bus, *, names: frozenset[str] = frozenset(), reply_s: float = REPLY_S,
             send_s: float = SEND_S) -> FastAPI:  # fmt: skip
    """The panel over a bus; the page works without any other address.

    `names` are host names under which it may be opened, beside the machine's own.
    """
    states, pictures = Feed(send_s=send_s), Feed(send_s=send_s)
    desk = Desk(bus, reply_s=reply_s)

    @contextlib.asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        states.loop = pictures.loop = desk.loop = asyncio.get_running_loop()
        bus.subscribe("status", lambda _, payload: states.publish(payload.decode()))
        bus.subscribe("preview", lambda _, payload: pictures.publish(payload))
        watching = asyncio.create_task(_watch(bus, pictures))
        yield
        watching.cancel()

    app = FastAPI(title="Installation panel", lifespan=life, docs_url=None, redoc_url=None)
    app.add_middleware(Guard, names=names)

    @app.exception_handler(RequestValidationError)
    async def explain(_: Request, mistake: RequestValidationError) -> Saying:
        """Says where and what, but echoes nothing: NaN would break the answer."""
        why = "; ".join(
            f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
            for error in mistake.errors()
        )
        return _say(why, 422)

    @app.exception_handler(HTTPException)
    async def refuse(_: Request, mistake: HTTPException) -> Saying:
        return _say(mistake.detail, mistake.status_code)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.post("/api/command")
    async def command(wish: Wish) -> Saying:
        return _answered(await desk.ask(wish))

    @app.post("/api/save")
    async def save() -> Saying:
        """The last five minutes, as a recording."""
        return _answered(await desk.save())

    @app.websocket("/feed/state")
    async def state_feed(socket: WebSocket) -> None:
        await _serve(socket, states)

    @app.websocket("/feed/picture")
    async def picture_feed(socket: WebSocket) -> None:
        bus.publish("watch", b"")
        await _serve(socket, pictures)

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.state.states, app.state.pictures = states, pictures
    return app


def _answered(answer: Answer | None) -> Saying:
    if answer is None:
        return _say("the show did not answer", 504)
    return Saying(answer.model_dump(), 200 if answer.done else 409)


def _say(why: str, status: int) -> Saying:
    return Saying(Answer(done=False, why=why).model_dump(), status)


async def _serve(socket: WebSocket, feed: Feed) -> None:
    await socket.accept()

    async def send(message: News) -> None:
        if isinstance(message, str):
            await socket.send_text(message)
        else:
            await socket.send_bytes(message)

    sending = asyncio.create_task(feed.serve(send))
    listening = asyncio.create_task(_until_gone(socket))
    try:
        await asyncio.wait({sending, listening}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                # One that is asleep would not take a farewell either: the protocol cuts it off.
                if sending.result() == "full":
                    await socket.close(TRY_LATER)
    finally:
        sending.cancel()
        listening.cancel()


async def _until_gone(socket: WebSocket) -> None:
    """What a tablet says on a feed is read and means nothing."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _watch(bus: Bus, pictures: Feed) -> None:
    """Ask the stage for pictures only while someone looks."""
    while True:
        if pictures.watchers:
            bus.publish("watch", b"")
        await asyncio.sleep(WATCH_S)
