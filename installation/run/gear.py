"""The bridge of a show: which ports, which nodes, which boards that print lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.bridge import Bridge, TextNode
from firmware_bridge.schema import MOST_FLOAT, Described
from firmware_bridge.session import Expected
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

    def bridge(self, nodes: Expected | None, wake: Callable[[], None]) -> Bridge:
        """A bridge for the nodes of a show; for None, any that there are."""
        return Bridge(self.ports, nodes, wake, texts=self.texts,
                      calibration=self.calibration, ignore=self.ignore)  # fmt: skip


def expected(show: Show) -> Expected:
    """The nodes of a show, as the bridge wants them told."""
    return {node.name: (node.channels, node.outputs) for node in show.nodes.values()}


def gear_of(settings: Settings, show: Show) -> Gear:
    """What a site's settings say. Raises SettingsError where a text node does not fit the show."""
    texts = []
    for name, told in settings.nodes.items():
        node = show.nodes.get(name)
        if node is None:
            known = ", ".join(show.nodes)
            raise SettingsError(f"nodes.{name}: the show has no such node; it has {known}")
        if node.outputs:
            raise SettingsError(f"nodes.{name}: a board that prints lines has no outputs; the "
                                f"show wants {', '.join(node.outputs)} of it")  # fmt: skip
        for channel in told.ranges:
            if channel not in node.channels:
                known = ", ".join(node.channels)
                raise SettingsError(f"nodes.{name}.ranges: no channel {channel!r}; "
                                    f"there are {known}")  # fmt: skip
        texts.append(TextNode(name, told.port, _channels(node, told.ranges), told.baud,
                              told.pattern, round(told.silent_after_s * 1e6)))  # fmt: skip
    return Gear(settings.serial_ports, settings.ignore_ports, tuple(texts), settings.calibration)


def _channels(node: Node, ranges: dict[str, tuple[float, float]]) -> tuple[Described, ...]:
    anything = (-MOST_FLOAT, MOST_FLOAT)
    return tuple(Described(c, "", *ranges.get(c, anything)) for c in node.channels)
