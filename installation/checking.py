"""`installation check`: what is wrong with a show, before the doors open."""

from __future__ import annotations

import json
from enum import StrEnum
from itertools import groupby
from math import inf
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from installation.errors import Unavailable
from installation.loading import bar
from installation.settings import load_settings
from installation.showfile.check import Examination, examine
from installation.showfile.lint.drawing import svg
from installation.showfile.lint.finding import MISTAKE, Finding
from installation.showfile.lint.layout import chart, span
from installation.showfile.lint.subject import Subject


class Format(StrEnum):
    human = "human"
    json = "json"
    github = "github"


def check(
    directory: Annotated[
        Path, typer.Argument(help="The show's folder.", exists=True, file_okay=False)
    ],
    format_: Annotated[
        Format, typer.Option("--format", help="How to say it; github: as annotations of a job.")
    ] = Format.human,
    json_: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    strict: Annotated[bool, typer.Option(help="Warnings count as mistakes.")] = False,
    graph: Annotated[
        Path | None, typer.Option(help="Draw the scenes and transitions as SVG into this file.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The site's settings: does it take the show's OSC?")
    ] = None,
) -> None:
    """Check a show: mistakes, with which it is not played, and what nobody can have meant.

    Ends with 1 where there are mistakes, with 0 where there are only warnings.
    """
    osc = bool(load_settings(config).osc) if config is not None else None
    with bar(f"checking {directory}") as progress:
        found = examine(directory, osc, progress)
    if graph is not None:
        _draw(found, graph)
    match Format.json if json_ else format_:
        case Format.json:
            print(json.dumps(told(found), indent=2))
        case Format.github:
            for finding in found.findings:
                print(annotation(directory, finding))
        case Format.human:
            _print(directory, found, Console(highlight=False, soft_wrap=True))
    failed = found.mistakes or (strict and found.findings)
    raise typer.Exit(1 if failed else 0)


def add_to(app: typer.Typer) -> None:
    """The command of the command line."""
    app.command("check")(check)


def told(found: Examination) -> dict[str, object]:
    """All findings, durations and scenes, as JSON; a duration of null has no sure end."""
    subject = found.subject
    return {
        "show": subject.show.name if subject else None,
        "mistakes": found.mistakes,
        "warnings": len(found.findings) - found.mistakes,
        "findings": [
            {
                "severity": f.severity, "code": f.code, "file": f.place.file,
                "line": f.place.line, "column": f.place.column, "message": f.message,
            }
            for f in found.findings
        ],
        "acts": [] if subject is None else [
            {
                "act": length.act,
                "title": subject.show.acts[length.act].title,
                "least_s": _seconds(length.least_us),
                "most_s": _seconds(length.most_us),
                "scenes": _scenes(subject, length.act),
            }
            for length in subject.durations
        ],
    }  # fmt: skip


def _scenes(subject: Subject, act: str) -> list[dict[str, object]]:
    return [
        {"scene": name, "most_s": _seconds(subject.times.longest_us((act, name)))}
        for name in subject.show.acts[act].scenes
    ]


def annotation(directory: Path, finding: Finding) -> str:
    """A workflow command which GitHub shows at the line (docs.github.com, "Workflow commands")."""
    word = "error" if finding.severity == MISTAKE else "warning"
    where = {
        "file": (directory / finding.place.file).as_posix(), "line": finding.place.line,
        "col": finding.place.column, "title": finding.code,
    }  # fmt: skip
    said = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in where.items())
    return f"::{word} {said}::{_escaped(finding.message)}"


def _escaped(text: str, more: str = "") -> str:
    for letter in "%\r\n" + more:
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text


def _seconds(us: float) -> float | None:
    return None if us == inf else us / 1e6


def _draw(found: Examination, graph: Path) -> None:
    if found.subject is None:
        return
    try:
        graph.write_text(svg(chart(found.subject)), encoding="utf-8")
    except OSError as why:
        raise Unavailable(f"{graph}: {why.strerror}") from why


def _print(directory: Path, found: Examination, console: Console) -> None:
    for file, findings in groupby(found.findings, key=lambda f: f.place.file):
        console.print(f"[bold]{escape(file)}[/]")
        for finding in findings:
            colour = "red" if finding.severity == MISTAKE else "yellow"
            place = f"{finding.place.line}:{finding.place.column}"
            console.print(
                f"  [{colour}]{place:>8} {finding.severity}[/] {escape(finding.message)} "
                f"[dim]{finding.code}[/]"
            )
    if found.subject is not None:
        console.print(_durations(found))
    scenes = 0 if found.subject is None else len(found.subject.scenes)
    acts = 0 if found.subject is None else len(found.subject.show.acts)
    mistakes = found.mistakes
    warnings = len(found.findings) - mistakes
    said = f"{acts} acts, {scenes} scenes, " if found.subject else ""
    console.print(
        f"{escape(str(directory))}: {said}{_many(mistakes, 'mistake')}, "
        f"{_many(warnings, 'warning')}"
    )


def _durations(found: Examination) -> Table:
    """How long each act lasts."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for length in found.subject.durations if found.subject else ():
        table.add_row(escape(length.act), span(length.least_us, length.most_us))
    return table


def _many(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
