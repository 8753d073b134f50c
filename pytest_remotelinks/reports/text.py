"""Violations in files as text, one line each, as linters print them."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_remotelinks.reports.located import LocatedViolation
from pytest_remotelinks.wire.text import counted, printable


def as_text(found: Sequence[LocatedViolation]) -> str:
    """A line for each violation, with what to change below it, and a last line that counts them."""
    lines = []
    for located in found:
        violation = located.violation
        lines.append(printable(f"{located.file}:{located.line}:{located.column}: {violation.code} {located.message}", keep=""))
        lines.append(printable(f"    change: {violation.hint}", keep=""))
    errors = sum(located.violation.severity == "error" for located in found)
    if found:
        lines.append(f"{counted(errors, 'error')}, {counted(len(found) - errors, 'warning')}")
    return "".join(f"{line}\n" for line in lines)
