"""The panel process: uvicorn around the app."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading

import uvicorn

from installation.errors import Unavailable
from installation.panel.app import make_app
from installation.run.bus import Bus

HEALTH_S = 0.5


def serve(bus: Bus, *, host: str = "127.0.0.1", port: int = 8000, stop: threading.Event) -> int:
    """Serve until `stop`. Raises Unavailable where the port is taken."""
    listener = listen(host, port)
    config = uvicorn.Config(
        make_app(bus), ws="websockets-sansio", ws_per_message_deflate=False, ws_max_size=4096,
        log_level="warning", access_log=False, timeout_graceful_shutdown=1, limit_concurrency=500,
    )  # fmt: skip
    server = Server(config)
    asyncio.run(_until(server, listener, bus, stop))
    return 0


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: `stop` is what ends it."""

    def install_signal_handlers(self) -> None:
        return


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, or the reason why not in one sentence."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as why:
        listener.close()
        raise Unavailable(
            f"the panel cannot listen on {host}:{port} ({why.strerror}); "
            f"choose another port with --port {port + 1}"
        ) from why
    return listener


async def _until(server: Server, listener: socket.socket, bus: Bus, stop: threading.Event) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not stop.is_set() and not serving.done():
        bus.publish("health/panel", json.dumps({"pid": os.getpid()}).encode())
        await asyncio.sleep(HEALTH_S)
    server.should_exit = True
    await serving
