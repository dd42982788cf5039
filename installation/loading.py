"""A bar at the terminal for a show that takes longer than a second to read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

AFTER_S = 1.0


@contextmanager
def bar(what: str, console: Console | None = None) -> Iterator[Callable[[float], None]]:
    """Tell what is handed over the share that is done, 0 to 1; a quick one draws nothing."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    shown = Progress(*columns, console=console or Console(stderr=True), transient=True)
    task = shown.add_task(what, total=1.0)
    begun_s = time.monotonic()

    def tell(share: float) -> None:
        if not shown.live.is_started and time.monotonic() - begun_s > AFTER_S:
            shown.start()
        shown.update(task, completed=share)

    try:
        yield tell
    finally:
        if shown.live.is_started:
            shown.stop()
