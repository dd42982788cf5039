"""The lint: what a show without mistakes still does that nobody can have meant."""

from __future__ import annotations

from installation.showfile.lint.finding import MISTAKE, WARNING, Finding
from installation.showfile.lint.rules import RULES, STALLING
from installation.showfile.lint.subject import Subject


def lint(subject: Subject) -> tuple[Finding, ...]:
    """Every finding, in the order of file and line; of equal ones in one place the first."""
    found: dict[tuple[str, object], Finding] = {}
    for code, rule in RULES.items():
        severity = MISTAKE if code in STALLING else WARNING
        for key, message in rule(subject):
            place = subject.place_of(key)
            found.setdefault((code, place), Finding(severity, code, place, message))
    return tuple(sorted(found.values(), key=_order))


def _order(finding: Finding) -> tuple[bool, str, int, int]:
    place = finding.place
    return place.file != "show.yaml", place.file, place.line, place.column
