"""Values of the core as JSON and back, exactly: for what a recording begins with.

An array is a tuple, the commonest thing in a state; everything else that JSON does not have is
an object with one key. Integers and floats come back as they were: JSON has them by `repr`.
"""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass
from typing import Any

HOME = "installation.core."
"""Only classes from here are made again: a recording may come from anywhere."""


def as_plain(value: Any) -> Any:
    """A state, or any value in it, for `json.dumps`. Raises TypeError for what is no value."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is tuple:
        return [as_plain(part) for part in value]
    if kind is dict:
        return {"map": [[as_plain(k), as_plain(v)] for k, v in value.items()]}
    if kind is list:
        return {"list": [as_plain(part) for part in value]}
    if kind is frozenset:
        return {"set": [as_plain(part) for part in sorted(value)]}
    if is_dataclass(value):
        has = {f.name: as_plain(getattr(value, f.name)) for f in fields(value)}
        return {"is": _name(kind), "has": has}
    if isinstance(value, tuple):  # a named one
        has = {name: as_plain(part) for name, part in zip(kind._fields, value, strict=True)}
        return {"is": _name(kind), "has": has}
    raise TypeError(f"a {kind.__name__} cannot be recorded")


def from_plain(told: Any) -> Any:
    """What `as_plain` was given. Raises ValueError where it is of no class that there is now."""
    if isinstance(told, list):
        return tuple([from_plain(part) for part in told])
    if not isinstance(told, dict):
        return told
    if "map" in told:
        return {from_plain(k): from_plain(v) for k, v in told["map"]}
    if "list" in told:
        return [from_plain(part) for part in told["list"]]
    if "set" in told:
        return frozenset(from_plain(part) for part in told["set"])
    try:
        return _class(told["is"])(**{k: from_plain(v) for k, v in told["has"].items()})
    except (KeyError, TypeError, AttributeError) as why:
        raise ValueError(f"no value of this version: {why}") from why


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str) -> Any:
    module, _, qualified = name.partition(":")
    if not module.startswith(HOME) or not qualified.isidentifier():
        raise ValueError(f"no class of the core: {name}")
    found = getattr(sys.modules[module], qualified)
    if not isinstance(found, type):
        raise ValueError(f"no class of the core: {name}")
    return found
