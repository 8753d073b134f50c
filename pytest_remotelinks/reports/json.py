"""Violations in files as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pytest_remotelinks.reports.located import LocatedViolation
from pytest_remotelinks.rules.catalogue import RULES


def as_json(found: Sequence[LocatedViolation]) -> str:
    """A list of objects, one for each violation."""
    return json.dumps([_facts(located) for located in found], indent=2) + "\n"


def _facts(located: LocatedViolation) -> dict[str, Any]:
    violation = located.violation
    return {
        "file": located.file,
        "line": located.line,
        "column": located.column,
        "code": violation.code,
        "name": RULES[violation.code].name,
        "severity": violation.severity,
        "pointer": violation.pointer,
        "message": violation.message,
        "hint": violation.hint,
        "fix": located.fix,
    }
