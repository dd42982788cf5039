"""`installation schema`: what an editor needs to complete and underline show files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from installation.errors import Unavailable
from installation.showfile.load import names_of
from installation.showfile.schema import FILES, Known, schema

LANGUAGE = Path(__file__).resolve().parent.parent / "shows/schema"
OWN = ".schema"
HOW = """\
Put these as the first lines, and the editor completes the names of this show:
  show.yaml         # yaml-language-server: $schema={0}/show.json
  acts/NAME.yaml    # yaml-language-server: $schema=../{0}/act.json"""


def write(
    show: Annotated[
        Path | None, typer.Option(help="With the names of this show.", exists=True, file_okay=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to, else the show's .schema.")
    ] = None,
) -> None:
    """Write the JSON Schema of show files: VS Code and others complete, explain and underline.

    With --show it knows the names of that show; run it again when there are new ones.
    """
    known = known_of(show) if show is not None else None
    folder = out or (show / OWN if show is not None else LANGUAGE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.name == OWN:
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        for file in FILES:
            path = folder / f"{file}.json"
            path.write_text(text(file, known), encoding="utf-8")
            print(path)
    except OSError as why:
        raise Unavailable(f"{why.filename}: {why.strerror}") from why
    if show is not None and out is None:
        print(HOW.format(OWN))


def text(file: str, known: Known | None = None) -> str:
    """The schema of `show` or `act` files as it is written."""
    return json.dumps(schema(file, known), indent=1, ensure_ascii=False) + "\n"


def known_of(directory: Path) -> Known:
    """The names of the show in `directory`, as far as it can be read."""
    names, places = names_of(directory)
    return Known(names, frozenset(key[2] for key in places if key[0] == "scene"))


def add_to(app: typer.Typer) -> None:
    """The command of the command line."""
    app.command("schema")(write)
