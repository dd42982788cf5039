"""What the doctor hands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["good", "bad", "unsure"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is a port, or what else is spoken of. `says` is one sentence for a technician.

    `cure` is what to type or to do, each line one step; empty where nothing is to be done.
    """

    subject: str
    verdict: Verdict
    says: str
    cure: str = ""
