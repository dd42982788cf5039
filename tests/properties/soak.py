"""Thousands of drawn shows, each played through an evening, and again in another process.

Run `python tests/properties/soak.py --examples 5000`, in about twenty minutes; `--seed N` draws
others. A show that fails is shrunk, and printed as YAML with what happened to it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from hypothesis import HealthCheck, given, seed, settings  # noqa: E402  the root must be known
from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402

from tests.properties.again import digests  # noqa: E402
from tests.properties.evenings import Evening, evenings, through  # noqa: E402

BATCH = 50


def batch(number: int) -> int:
    """Draw and play some, then the same in another process; how many."""
    heard: dict[str, tuple[Evening, str]] = {}

    @seed(number)
    @settings(max_examples=BATCH, database=None, deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(evenings)
    def any_evening(evening: Evening) -> None:
        heard[repr(evening)] = evening, through(evening)

    any_evening()
    with tempfile.TemporaryDirectory() as folder:
        again = digests([evening for evening, _ in heard.values()], Path(folder), number + 1)
    for (told, (_, digest)), now in zip(heard.items(), again, strict=True):
        if digest != now:
            sys.exit(f"{told}\nanother digest in another process")
    return len(heard)


def main() -> None:
    wish = argparse.ArgumentParser(description=__doc__)
    wish.add_argument("--examples", type=int, default=5_000)
    wish.add_argument("--seed", type=int, default=1)
    asked = wish.parse_args()
    first = asked.seed * 1_000_000
    numbers = range(first, first + -(-asked.examples // BATCH))
    console = Console(stderr=True)
    played = sum(batch(number) for number in track(numbers, "evenings", console=console))
    print(f"{played} evenings of drawn shows: none raised, none stalled, all the same again")


if __name__ == "__main__":
    main()
