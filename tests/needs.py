"""Programs of the system that a test needs."""

from __future__ import annotations

import os
import shutil

import pytest


def program(name: str, package: str) -> str:
    """Its path. Where it is missing the test is skipped on a laptop, and fails in CI."""
    path = shutil.which(name)
    if path is not None:
        return path
    missing = f"{name} is missing: apt-get install --no-install-recommends {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
