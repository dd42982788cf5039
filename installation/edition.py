"""One version of the show's files, as the bus carries it from who reads them to who plays them."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from installation.showfile import model
from installation.showfile.model import Show

TOPIC = "edition"


@dataclass(frozen=True, slots=True)
class Edition:
    """`id` names the version. `files` are those that changed since the one before, relative to
    the show's folder; `edited` is when, by the clock on the wall. Where the files have
    `mistakes`, each with its place, there is no `show`.
    """

    id: str
    show: Show | None
    files: tuple[str, ...] = ()
    edited: str = ""
    mistakes: tuple[str, ...] = ()

    def told(self) -> bytes:
        """A line of JSON, and the show after it."""
        head = {"id": self.id, "files": self.files, "edited": self.edited,
                "mistakes": self.mistakes}  # fmt: skip
        return json.dumps(head).encode() + b"\n" + pickle.dumps(self.show, protocol=5)


def id_of(payload: bytes) -> str:
    """Which edition it is, without reading the show. Raises ValueError where it is none."""
    return str(_head(payload)["id"])


def heard(payload: bytes) -> Edition:
    """The inverse of `Edition.told`. Raises ValueError where it is none."""
    head = _head(payload)
    _, _, body = payload.partition(b"\n")
    try:
        show = _Shows(io.BytesIO(body)).load()
        return Edition(head["id"], show, tuple(head["files"]), head["edited"],
                       tuple(head["mistakes"]))  # fmt: skip
    except (pickle.UnpicklingError, EOFError, AttributeError, KeyError, TypeError) as why:
        raise ValueError(f"no edition: {why}") from why


def _head(payload: bytes) -> Mapping[str, Any]:
    head = json.loads(payload.partition(b"\n")[0])
    if not isinstance(head, dict) or "id" not in head:
        raise ValueError("no edition: its head has no id")
    return head


class _Shows(pickle.Unpickler):
    """Makes what a show is made of, and nothing else: a pickle could name any function."""

    def find_class(self, module: str, name: str) -> Any:
        if module == model.__name__ and isinstance(found := getattr(model, name, None), type):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a show")
