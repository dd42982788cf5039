"""What visitors do, one file each: APPEAL by `act/scene`, `act` or `*`, and `errand(dice, now)`.

A new file here is a new behaviour; nothing else changes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Protocol, cast

from installation.rehearsal.dice import Dice
from installation.rehearsal.errand import Errand, Now


class Behaviour(Protocol):
    """The contract of a file in this folder."""

    APPEAL: Mapping[str, float]

    def errand(self, dice: Dice, now: Now) -> Errand | None:
        """What to do next, or None where all places are taken."""


def _all() -> dict[str, Behaviour]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {n: cast(Behaviour, importlib.import_module(f"{__name__}.{n}")) for n in names}


BEHAVIOURS: Mapping[str, Behaviour] = _all()
