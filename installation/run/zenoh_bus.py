"""The bus over eclipse-zenoh: no server, a unix socket, discovery off.

The parent process listens and routes; every other process is its client, so
that any of them may die, come back or be absent without the others noticing.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import zenoh

from installation.bus import Bus, Receive
from installation.errors import Unavailable

LONGEST_PATH = 100
"""Bytes; the kernel takes 107 for a unix socket."""
PREFIX = "installation/"


class ZenohBus:
    """A session and its declarations, which live as long as it does."""

    def __init__(self, session: zenoh.Session) -> None:
        self._session = session
        self._publishers: dict[str, zenoh.Publisher] = {}
        self._subscribers: list[zenoh.Subscriber[None]] = []

    def publish(self, topic: str, payload: bytes) -> None:
        """Latest wins where the receiver is slow: a congested message is dropped."""
        publisher = self._publishers.get(topic)
        if publisher is None:
            publisher = self._session.declare_publisher(PREFIX + topic)
            self._publishers[topic] = publisher
        publisher.put(payload)

    def subscribe(self, topic: str, receive: Receive) -> None:
        def hear(sample: zenoh.Sample) -> None:
            name = str(sample.key_expr).removeprefix(PREFIX)
            try:
                receive(name, sample.payload.to_bytes())
            except (ValueError, KeyError, TypeError) as mistake:
                logging.getLogger("bus").warning("a message on %s was refused: %s", name, mistake)

        self._subscribers.append(self._session.declare_subscriber(PREFIX + topic, hear))

    def close(self) -> None:
        self._session.close()  # type: ignore[no-untyped-call]  # zenoh's stub has no return type


def open_bus(endpoint: str, *, listen: bool) -> Bus:
    """Open an endpoint such as `unixsock-stream//run/x/bus`; one process listens.

    A client does not wait for the listener, and finds it again when it comes back.
    Raises Unavailable where the path is too long or cannot be listened on.
    """
    path = endpoint.partition("/")[2]
    if len(path.encode()) > LONGEST_PATH:
        raise Unavailable(f"the bus's path has over {LONGEST_PATH} bytes, choose a shorter: {path}")
    config = zenoh.Config()
    settings: dict[str, object] = {
        "mode": "router" if listen else "client",
        "scouting/multicast/enabled": False,
        "scouting/gossip/enabled": False,
    }
    if listen:
        Path(path).unlink(missing_ok=True)
        settings["listen/endpoints"] = [endpoint]
    else:
        settings["connect/endpoints"] = [endpoint]
        settings["connect/timeout_ms"] = -1
        settings["connect/exit_on_failure"] = False
    for key, value in settings.items():
        config.insert_json5(key, json.dumps(value))
    try:
        return ZenohBus(zenoh.open(config))
    except zenoh.ZError as why:
        raise Unavailable(f"the bus does not open at {path}: {why}") from why
