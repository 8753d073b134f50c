"""Violations in files as SARIF 2.1.0, which code scanning services read."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from pytest_remotelinks.reports.located import LocatedViolation
from pytest_remotelinks.reports.version import version
from pytest_remotelinks.rules.catalogue import RULES

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(found: Sequence[LocatedViolation]) -> str:
    """A log with one run."""
    codes = sorted({located.violation.code for located in found})
    driver = {"name": "pytest-remotelinks", "version": version(), "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(located, codes) for located in found],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"Source: {rule.source}."},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(located: LocatedViolation, codes: list[str]) -> dict[str, Any]:
    violation = located.violation
    properties = {"properties": {"fix": located.fix}} if located.fix else {}
    return {
        **properties,
        "ruleId": violation.code,
        "ruleIndex": codes.index(violation.code),
        "level": violation.severity,
        "message": {"text": f"{located.message}; {violation.hint}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(os.fsencode(located.file.replace("\\", "/")))},
                    "region": {"startLine": located.line, "startColumn": located.column},
                },
                "logicalLocations": [{"fullyQualifiedName": violation.pointer or "/"}],
            }
        ],
    }
