"""Violations in files as workflow commands of GitHub Actions, which annotate the lines."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_remotelinks.reports.grouping import grouped
from pytest_remotelinks.reports.located import LocatedViolation
from pytest_remotelinks.rules.catalogue import RULES
from pytest_remotelinks.wire.text import printable


def as_github(found: Sequence[LocatedViolation]) -> str:
    """A command for each violation; one of each fault first, since GitHub shows ten errors and ten warnings of a step."""
    firsts = {id(group.first) for group in grouped(located.violation for located in found)}
    ordered = sorted(found, key=lambda located: id(located.violation) not in firsts)
    return "".join(f"{_command(located)}\n" for located in ordered)


def _command(located: LocatedViolation) -> str:
    violation = located.violation
    title = f"{violation.code} {RULES[violation.code].name}"
    place = f"file={_property(located.file)},line={located.line},col={located.column},title={_property(title)}"
    return f"::{violation.severity} {place}::{_data(printable(f'{located.message}; {violation.hint}', keep=''))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
