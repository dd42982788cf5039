"""The bridge of a show: which ports, which nodes, which boards that print lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.bridge import Bridge, TextNode
from firmware_bridge.schema import MOST_FLOAT, Described
from firmware_bridge.session import Expected
from firmware_bridge.text import TextSession
from installation.errors import SettingsError
from installation.settings import Settings
from installation.showfile.model import Node, Show


@dataclass(frozen=True, slots=True)
class Gear:
    """`ports` are patterns as of a shell; none means every port that there is."""

    ports: Sequence[str] = ()
    ignore: Sequence[str] = ()
    texts: tuple[TextNode, ...] = ()
    calibration: Path | None = None

    def bridge(self, nodes: Expected | None) -> Bridge:
        """A bridge for the nodes of a show; for None, any that there are."""
        return Bridge(self.ports, nodes, texts=self.texts, calibration=self.calibration,
                      ignore=self.ignore)  # fmt: skip


def expected(show: Show) -> Expected:
    """The nodes of a show, as the bridge wants them told."""
    return {node.name: (node.channels, node.outputs) for node in show.nodes.values()}


def gear_of(settings: Settings, show: Show) -> Gear:
    """What a site's settings say. Raises SettingsError where a text node does not fit the show."""
    texts: list[TextNode] = []
    for name, told in settings.nodes.items():
        node = show.nodes.get(name)
        if node is None:
            known = ", ".join(show.nodes)
            raise SettingsError(f"nodes.{name}: the show has no such node; it has {known}")
        if node.outputs:
            raise SettingsError(f"nodes.{name}: a board that prints lines has no outputs; the "
                                f"show wants {', '.join(node.outputs)} of it")  # fmt: skip
        for other in texts:
            if other.port == told.port:
                raise SettingsError(f"nodes.{name}: {told.port} is the port of "
                                    f"nodes.{other.name}")  # fmt: skip
        channels = _channels(name, node, told.ranges)
        try:
            TextSession(name, channels, told.pattern)
        except ValueError as why:
            raise SettingsError(f"nodes.{name}: {why}") from why
        texts.append(TextNode(name, told.port, channels, told.baud, told.pattern,
                              round(told.silent_after_s * 1e6)))  # fmt: skip
    return Gear(settings.serial_ports, settings.ignore_ports, tuple(texts), settings.calibration)


def _channels(name: str, node: Node,
              ranges: dict[str, tuple[float, float]]) -> tuple[Described, ...]:  # fmt: skip
    """Raises SettingsError where a range is none, or of no channel."""
    for channel, (low, high) in ranges.items():
        where = f"nodes.{name}.ranges.{channel}"
        if channel not in node.channels:
            known = ", ".join(node.channels)
            raise SettingsError(f"{where}: no channel {channel!r}; there are {known}")
        if not -MOST_FLOAT <= low < high <= MOST_FLOAT:
            raise SettingsError(f"{where}: {low:g} to {high:g} is no range")
    anything = (-MOST_FLOAT, MOST_FLOAT)
    return tuple(Described(c, "", *ranges.get(c, anything)) for c in node.channels)
