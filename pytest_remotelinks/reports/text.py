"""Violations in files as text, as linters print them: a line for each fault, which may be in many places."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_remotelinks.reports.grouping import grouped
from pytest_remotelinks.reports.located import LocatedViolation
from pytest_remotelinks.rules.violation import Violation
from pytest_remotelinks.wire.text import counted, printable

#: More lines than this that have the same fault are counted.
_LINES = 10


def as_text(found: Sequence[LocatedViolation]) -> str:
    """A line for each fault, with what to change and where else it is below it, and a last line that counts the violations."""
    lines = []
    by_file: dict[str, dict[Violation, LocatedViolation]] = {}
    for located in found:
        by_file.setdefault(located.file, {})[located.violation] = located
    for places in by_file.values():
        for group in grouped(places):
            first, *others = (places[violation] for violation in group.violations)
            lines.append(f"{first.file}:{first.line}:{first.column}: {group.first.code} {first.at}{group.message}")
            lines.append(f"    change: {group.hint}")
            if other_lines := [str(line) for line in dict.fromkeys(other.line for other in others) if line != first.line]:
                more = f" and {len(other_lines) - _LINES} more" if len(other_lines) > _LINES else ""
                lines.append(f"    also:   in {'line' if len(other_lines) == 1 else 'lines'} {', '.join(other_lines[:_LINES])}{more}")
    errors = sum(located.violation.severity == "error" for located in found)
    if found:
        lines.append(f"{counted(errors, 'error')}, {counted(len(found) - errors, 'warning')}")
    return "".join(f"{printable(line, keep='')}\n" for line in lines)
