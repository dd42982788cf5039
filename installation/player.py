"""The commands for what has been played: replay, save-recording."""

from __future__ import annotations

import json
import sys
import threading
import uuid
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from installation.errors import Unavailable
from installation.run.recording.keeping import TOPIC
from installation.run.recording.reading import Recording
from installation.run.recording.replaying import Verdict, verify
from installation.run.roster import running
from installation.run.zenoh_bus import open_bus
from installation.settings import load_settings
from installation.showfile.load import load

ROOT = Path(__file__).resolve().parent.parent
ANSWER_S = 10.0


def replay(
    file: Annotated[Path, typer.Argument(help="The recording.", exists=True, dir_okay=False)],
    show: Annotated[
        Path | None,
        typer.Option(help="Play its visitors against the show in this folder.", exists=True,
                     file_okay=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="With --show: the page that draws what differs.")
    ] = None,
) -> None:  # fmt: skip
    """Play a recording again, and check each second of what it said.

    With --show OTHER, see what its visitors would have made of an edited show.
    """
    console = Console(stderr=True)
    recording = Recording(file)
    if show is not None:
        _compare(recording, show, out or file.with_suffix(".html"), console)
        return
    with _progress(console) as bar:
        task = bar.add_task(f"replaying {file.name}", total=recording.size)
        verdict = verify(recording, lambda done: bar.update(task, completed=done))
    print(_told(verdict, recording))
    raise typer.Exit(1 if verdict.differs else 0)


def _told(verdict: Verdict, recording: Recording) -> str:
    title, minutes = recording.about.get("title", "?"), f"{verdict.played_s / 60:.1f} min"
    if verdict.differs:
        return f"{title}: {verdict.differs}"
    cut = "; the file breaks off there" if verdict.broken_off else ""
    return (f"{title}: {minutes}, {verdict.moments:,} moments: the same in each of "
            f"{verdict.checks} digests{cut}")  # fmt: skip


def save_recording(
    config: Annotated[Path, typer.Option(help="The settings of the show that runs.")] =
        ROOT / "config/gallery.toml",
    out: Annotated[
        Path | None, typer.Option(help="Where the show that runs writes, where not in settings.")
    ] = None,
) -> None:  # fmt: skip
    """Save the last five minutes of the show that is running, after the fact."""
    folder = out or load_settings(config).out
    endpoint = running(folder)
    if not endpoint:
        raise Unavailable(f"no show is running that writes to {folder}: name its folder with --out")
    told = ask(endpoint)
    print(told["why"], file=sys.stdout if told["done"] else sys.stderr)
    raise typer.Exit(0 if told["done"] else 1)


def ask(endpoint: str) -> dict[str, Any]:
    """Ask the show on that bus to save; its answer. Raises Unavailable where none comes."""
    number, answer = uuid.uuid4().hex, threading.Event()
    heard: list[dict[str, Any]] = []

    def hear(topic: str, payload: bytes) -> None:
        told = json.loads(payload)
        if told["id"] == number:
            heard.append(told)
            answer.set()

    with closing(open_bus(endpoint, listen=False)) as bus:
        bus.subscribe("reply", hear)
        connected = threading.Event()
        bus.subscribe("desired", lambda *_: connected.set())
        connected.wait(ANSWER_S)
        bus.publish(TOPIC, json.dumps({"id": number}).encode())
        if not answer.wait(ANSWER_S):
            raise Unavailable("the show that is running did not answer")
    return heard[0]


def _compare(recording: Recording, show: Path, page: Path, console: Console) -> None:
    from installation.run.recording.comparing import compare_shows
    from installation.run.recording.page import write_page

    edited = load(show)
    with _progress(console) as bar:
        task = bar.add_task("playing its visitors against both", total=recording.size)
        found = compare_shows(recording, edited, lambda done: bar.update(task, completed=done))
    write_page(page, found)
    for line in found.lines():
        print(line)
    print(f"  {page}")


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(),
               TextColumn("{task.percentage:3.0f} %"), TimeRemainingColumn())  # fmt: skip
    return Progress(*columns, console=console, transient=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(replay)
    app.command("save-recording")(save_recording)
