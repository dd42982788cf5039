"""The panel process: uvicorn around the app."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import socket
import threading
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from installation.bus import Bus
from installation.errors import Unavailable
from installation.panel.app import make_app

HEALTH_S = 0.5


def serve(bus: Bus, *, host: str = "127.0.0.1", port: int = 8000, stop: threading.Event) -> int:
    """Serve until `stop`: 0, or 1 where serving ended by itself.

    Raises Unavailable where it cannot listen there.
    """
    listener = listen(host, port)
    app = make_app(bus, names=frozenset({host.lower()}))
    asyncio.run(_until(make_server(app), listener, app, bus, stop))
    return 0 if stop.is_set() else 1


class Protocol(WebSocketsSansIOProtocol):
    """Cuts off a client that took nothing to the end; an orderly close would wait for it."""

    async def run_asgi(self) -> None:
        await super().run_asgi()
        if not self.writable.is_set():
            self.transport.abort()


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: `stop` is what ends it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_server(app: FastAPI) -> Server:
    """The server as the gallery runs it; the caller brings the socket."""
    config = uvicorn.Config(
        app, ws=Protocol, ws_per_message_deflate=False, ws_max_size=4096, log_level="warning",
        access_log=False, server_header=False, proxy_headers=False, timeout_graceful_shutdown=1,
        limit_concurrency=500,
    )  # fmt: skip
    return Server(config)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, or the reason why not in one sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as why:
        listener.close()
        raise Unavailable(_sentence(host, port, why)) from why
    return listener


def _sentence(host: str, port: int, why: OSError | OverflowError) -> str:
    if isinstance(why, OverflowError):
        return f"the panel cannot listen on port {port}: a port is a number from 1 to 65535"
    if why.errno == errno.EADDRINUSE:
        cure = f"port {port} is in use; end what uses it or choose another, such as {port + 1}"
    elif why.errno == errno.EACCES:
        cure = f"port {port} is not permitted to this user; choose one from 1024 up, such as 8000"
    else:
        cure = f"{why.strerror}; give an address of this machine, such as 127.0.0.1"
    return f"the panel cannot listen on {host}: {cure}"


async def _until(server: Server, listener: socket.socket, app: FastAPI, bus: Bus,
                 stop: threading.Event) -> None:  # fmt: skip
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not stop.is_set() and not serving.done():
        told = {"pid": os.getpid(), "tablets": app.state.states.watchers}
        bus.publish("health/panel", json.dumps(told).encode())
        await asyncio.sleep(HEALTH_S)
    server.should_exit = True
    await serving
