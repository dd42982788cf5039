"""The import contracts see what they are there for: each planted import turns one red."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("file", "planted", "broken"),
    [
        ("core/advance.py", "import datetime", "The core and the show files are pure"),
        ("showfile/acts.py", "import random", "The core and the show files are pure"),
        ("core/sense.py", "import firmware_bridge.ports", "Of the bridge the core knows"),
        ("stage/preview.py", "import installation.run.link", "Imports point one way"),
    ],
)
def test_a_planted_import_is_seen(tmp_path: Path, file: str, planted: str, broken: str) -> None:
    for package in ("installation", "firmware_bridge"):
        shutil.copytree(ROOT / package, tmp_path / package,
                        ignore=shutil.ignore_patterns("__pycache__", "static"))  # fmt: skip
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "installation" / file).open("a") as source:
        source.write(f"\n{planted}\n")
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0, done.stdout
    red = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(broken) for line in red), red
