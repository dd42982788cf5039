"""The topics of a recording: what is told under which name, in JSON with a schema.

| topic         | one message for               | is                                           |
|---------------|-------------------------------|----------------------------------------------|
| `/nodes/NODE` | each sample                   | given: `values` by channel, `age_us`, strays |
| `/health`     | each report of a node         | given                                        |
| `/commands`   | each command of staff         | given                                        |
| `/moments`    | each moment without the above | given: its time alone                        |
| `/inputs`     | minutes, in a compact file    | given: all of the above (`columns.py`)       |
| `/show`       | each edit of the show         | given: its hash, and the files; one that     |
|               |                               | waits again where the recording begins       |
| `/start`      | the recording's beginning     | the state, where it begins in the middle     |
| `/events`     | each line of the timeline     | said                                         |
| `/scene`      | each scene that begins        | said                                         |
| `/osc`        | each OSC message              | said                                         |
| `/parameters` | a second                      | said: those that moved since the last time   |
| `/digest`     | a second                      | SHA-256 over all that was said in it         |

A message's time is its moment's, in nanoseconds since 1970; its sequence number is the moment's,
so that messages with one number, in their order, are one `Inputs`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from firmware_bridge.sample import Health, Sample
from installation.core.inputs import Command
from installation.run.recording.container import Topic

NODES, INPUTS = "/nodes/", "/inputs"
dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

_NUMBER, _WHOLE, _TEXT = {"type": ["number", "null"]}, {"type": "integer"}, {"type": "string"}
_LIST: dict[str, Any] = {"type": "array", "items": {}}
_ANY: dict[str, Any] = {"type": "object", "properties": {}}
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "/health": {"node": _TEXT, "state": _TEXT, "why": _TEXT, "rate_hz": _NUMBER,
                "dropped": _WHOLE, "corrupt": _WHOLE, "latency_us": _WHOLE},
    "/commands": {"id": _TEXT, "verb": _TEXT, "argument": _TEXT},
    "/moments": {},
    INPUTS: {},
    "/show": {"show": _TEXT, "files": _LIST},
    "/start": {"show": _TEXT, "state": _ANY},
    "/events": {"t_s": _NUMBER, "kind": _TEXT, "act": _TEXT, "scene": _TEXT, "name": _TEXT,
                "why": _TEXT, "tally": _TEXT},
    "/scene": {"act": _TEXT, "scene": _TEXT, "why": _TEXT},
    "/osc": {"address": _TEXT, "arguments": _LIST},
    "/parameters": {"layer": _ANY, "stem": _ANY, "output": _ANY},
    "/digest": {"second": _WHOLE, "moments": _WHOLE, "sha256": _TEXT},
}  # fmt: skip


class Topics:
    """Names to topics; a number, once given, stays."""

    def __init__(self) -> None:
        self._by_name: dict[str, Topic] = {}
        for name, fields in FIELDS.items():
            self._add(name, fields)

    @property
    def all(self) -> tuple[Topic, ...]:
        return tuple(self._by_name.values())

    def __getitem__(self, name: str) -> int:
        return self._by_name[name].id

    def of_node(self, node: str, channels: tuple[str, ...]) -> int:
        name = NODES + node
        if name not in self._by_name:
            values = {"type": "object", "properties": dict.fromkeys(channels, _NUMBER)}
            self._add(name, {"values": values, "age_us": _WHOLE, "strays": _LIST})
        return self[name]

    def _add(self, name: str, fields: Mapping[str, Any]) -> None:
        schema = json.dumps({"type": "object", "properties": fields}).encode()
        encoding = "json" if name != INPUTS else "columns"
        self._by_name[name] = Topic(len(self._by_name) + 1, name, schema, encoding)


def values_told(values: tuple[float | None, ...], channels: tuple[str, ...]) -> str:
    """`channels` name the values; they come back by their order alone."""
    names = channels
    if len(channels) != len(values):
        names = tuple(str(index) for index in range(len(values)))
    return dumps(dict(zip(names, values, strict=True)))


def sample_told(sample: Sample, now_us: int, values: str) -> str:
    """`values` are already told: most samples say what the one before said."""
    strays = f',"strays":{list(sample.strays)}' if sample.strays else ""
    return f'{{"age_us":{now_us - sample.t_us},"values":{values}{strays}}}'


def sample_heard(node: str, told: Mapping[str, Any], now_us: int) -> Sample:
    return Sample(node, now_us - told["age_us"], tuple(told["values"].values()),
                  tuple(told.get("strays", ())))  # fmt: skip


def health_told(health: Health) -> dict[str, Any]:
    return asdict(health)


def health_heard(told: dict[str, Any]) -> Health:
    """The core reads no more of a channel's health than the bridge's types say."""
    from firmware_bridge.sample import ChannelHealth

    channels = tuple(ChannelHealth(**channel) for channel in told.pop("channels"))
    return Health(**told, channels=channels)


def command_heard(told: Mapping[str, Any]) -> Command:
    return Command(told["id"], told["verb"], told["argument"])


def nested(parameters: Mapping[str, float]) -> dict[str, Any]:
    """`layer.seam.level` as an object in an object, so that a plot finds it by its path."""
    tree: dict[str, Any] = {}
    for name, value in parameters.items():
        *path, leaf = name.split(".")
        at = tree
        for part in path:
            at = at.setdefault(part, {})
        at[leaf] = value
    return tree


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """The reverse of `nested`."""
    found: dict[str, float] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found
