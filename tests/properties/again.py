"""Plays evenings from a file of JSON in a process of its own, and prints their digests.

`python tests/properties/again.py FILE`; each line of FILE has a show's `files` and its `steps`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.properties.evenings import Evening, played, stalls  # noqa: E402  the root is needed


def digests(evenings: Sequence[Evening], folder: Path, hash_seed: int) -> list[str]:
    """What each of them comes to in another process, with another PYTHONHASHSEED."""
    told = folder / "evenings.jsonl"
    lines = (json.dumps({"files": e.show.files, "steps": e.steps}) for e in evenings)
    told.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, __file__, str(told)], env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def main() -> None:
    for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        stage = played(told["files"], told["steps"])
        stalls(stage)
        print(stage.conductor.digest())


if __name__ == "__main__":
    main()
