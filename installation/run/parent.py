"""A child process ends with its parent, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT = "INSTALLATION_PARENT"
"""In a child's environment: the process that it belongs to."""
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tie_to_parent() -> None:
    """Be killed when the parent dies; end at once where it has died already."""
    parent = os.environ.get(PARENT)
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if str(os.getppid()) != parent:
        sys.exit(1)
