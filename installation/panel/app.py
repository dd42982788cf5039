"""The panel's routes: one page, one command, two feeds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from installation.panel.commands import Answer, Desk, Wish
from installation.panel.feed import Feed
from installation.run.bus import Bus

STATIC = Path(__file__).parent / "static"
MOST_BODY = 4096
WATCH_S = 1.0
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class TooLarge(Exception):
    """A body over the limit."""


class BodyLimit:
    """Refuses a body over 4 kB before it is read into memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MOST_BODY:
                raise TooLarge
            return message

        length = dict(scope["headers"]).get(b"content-length", b"0")
        try:
            if not length.isdigit() or int(length) > MOST_BODY:
                raise TooLarge
            await self._app(scope, counted, send)
        except TooLarge:
            refusal = JSONResponse({"done": False, "why": "the body is too large"}, 413)
            await refusal(scope, receive, send)


def make_app(bus: Bus) -> FastAPI:
    """The panel over a bus; the page works without any other address."""
    states, pictures, desk = Feed(), Feed(), Desk(bus)

    @contextlib.asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        states.loop = pictures.loop = desk.loop = asyncio.get_running_loop()
        bus.subscribe("status", lambda _, payload: states.publish(payload))
        bus.subscribe("preview", lambda _, payload: pictures.publish(payload))
        watching = asyncio.create_task(_watch(bus, pictures))
        yield
        watching.cancel()

    app = FastAPI(title="Installation panel", lifespan=life, docs_url=None, redoc_url=None)
    app.add_middleware(BodyLimit)

    @app.middleware("http")
    async def guard(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.method not in ("GET", "HEAD") and not same_origin(request):
            refused = {"done": False, "why": "this came from another site"}
            return JSONResponse(refused, 403, headers=HEADERS)
        response = await call_next(request)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(RequestValidationError)
    async def refuse(_: Request, mistake: RequestValidationError) -> JSONResponse:
        """Says where and what, but echoes nothing: NaN would break the answer."""
        why = "; ".join(
            f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
            for error in mistake.errors()
        )
        return JSONResponse({"done": False, "why": why}, 422)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.post("/api/command")
    async def command(wish: Wish) -> JSONResponse:
        answer = await desk.ask(wish)
        if answer is None:
            late = Answer(done=False, why="the show did not answer within two seconds")
            return JSONResponse(late.model_dump(), 504)
        return JSONResponse(answer.model_dump(), 200 if answer.done else 409)

    @app.websocket("/feed/state")
    async def state_feed(socket: WebSocket) -> None:
        await _serve(socket, states, text=True)

    @app.websocket("/feed/picture")
    async def picture_feed(socket: WebSocket) -> None:
        await _serve(socket, pictures, text=False)

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.state.states, app.state.pictures = states, pictures
    return app


def same_origin(request: Request | WebSocket) -> bool:
    """Whether a browser sent this from our own page; no Origin at all is no browser."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def _serve(socket: WebSocket, feed: Feed, *, text: bool) -> None:
    if not same_origin(socket):
        await socket.close(1008)
        return
    await socket.accept()

    async def send(message: bytes) -> None:
        if text:
            await socket.send_text(message.decode())
        else:
            await socket.send_bytes(message)

    async def until_gone() -> None:
        while True:
            await socket.receive()

    tasks = {asyncio.create_task(feed.serve(send)), asyncio.create_task(until_gone())}
    _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception) and not isinstance(
            outcome, WebSocketDisconnect | RuntimeError | OSError
        ):
            raise outcome
    with contextlib.suppress(RuntimeError, OSError):
        await socket.close()


async def _watch(bus: Bus, pictures: Feed) -> None:
    """Ask the stage for pictures only while someone looks."""
    while True:
        if pictures.watchers:
            bus.publish("watch", b"")
        await asyncio.sleep(WATCH_S)
