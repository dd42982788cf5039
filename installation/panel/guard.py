"""What every request passes first: who may speak to the panel, and how much of it is read."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY = 4096
BODY_S = 5.0
"""A body that takes longer than this to arrive is not waited for."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "font-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Saying(JSONResponse):
    """JSON in ASCII: half a surrogate pair in what was sent must not break the answer to it."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False).encode("ascii")


class Refused(Exception):
    """A request that goes no further, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Guard:
    """ASGI middleware. `names` are host names beside the machine's own and IP addresses.

    A page of another site that resolves its own name to this machine (DNS
    rebinding) has that name in Host; one that merely calls here has it in
    Origin. No Origin at all is no browser.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str] = frozenset()) -> None:
        own = socket.gethostname().lower()
        self._app = app
        self._names = names | {"localhost", own, f"{own}.local"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            try:
                self._admit(Headers(scope=scope))
            except Refused:
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, _with_headers(send))
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            if scope["method"] in ("GET", "HEAD"):
                self._know(headers)
            else:
                self._admit(headers)
                receive = _again(await _body(receive), receive)
        except Refused as refused:
            answer = Saying({"done": False, "why": refused.why}, refused.status)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _know(self, headers: Headers) -> None:
        if not self._known(headers.get("host", "").lower()):
            raise Refused(421, "open the panel by this machine's own name or address")

    def _admit(self, headers: Headers) -> None:
        self._know(headers)
        origin, host = headers.get("origin"), headers["host"].lower()
        if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}"):
            raise Refused(403, "this came from another site")

    def _known(self, host: str) -> bool:
        bare = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        if bare in self._names:
            return True
        try:
            ipaddress.ip_address(bare)
        except ValueError:
            return False
        return True


async def _body(receive: Receive) -> bytes:
    body = b""
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "the body did not arrive")
                part: bytes = message.get("body", b"")
                body += part
                if len(body) > MOST_BODY:
                    raise Refused(413, f"a body has at most {MOST_BODY} bytes")
                if not message.get("more_body", False):
                    return body
    except TimeoutError:
        raise Refused(408, f"the body did not arrive within {BODY_S:g} s") from None


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that tells the whole body once, and then what comes after it."""
    told = False

    async def once() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sending
