"""Violations for people and for machines: as text, as JSON, for GitHub, as SARIF."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import quote

from pytest_remotelinks.reports.located import LocatedViolation
from pytest_remotelinks.rules.catalogue import RULES
from pytest_remotelinks.wire.text import printable

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(findings: list[LocatedViolation]) -> str:
    """A line for each finding, as linters write it, with what to change below."""
    lines = []
    for finding in findings:
        lines.append(printable(f"{_place(finding)}: {finding.violation.code} {_message(finding)}", keep=""))
        lines.append(printable(f"    change: {finding.violation.hint}", keep=""))
    errors = sum(finding.violation.severity == "error" for finding in findings)
    if findings:
        lines.append(f"{_counted(errors, 'error')}, {_counted(len(findings) - errors, 'warning')}")
    return "".join(f"{line}\n" for line in lines)


def as_json(findings: list[LocatedViolation]) -> str:
    """A list of objects."""
    return json.dumps([_facts(finding) for finding in findings], indent=2) + "\n"


def as_github(findings: list[LocatedViolation]) -> str:
    """Workflow commands that annotate the lines."""
    return "".join(
        f"::{finding.violation.severity} file={_property(finding.file)},line={finding.line},col={finding.column},"
        f"title={_property(_title(finding))}::{_data(f'{_message(finding)}; {finding.violation.hint}')}\n"
        for finding in findings
    )


def as_sarif(findings: list[LocatedViolation]) -> str:
    """A SARIF 2.1.0 log with one run."""
    codes = sorted({finding.violation.code for finding in findings})
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "pytest-remotelinks",
                        **_version(),
                        "rules": [_sarif_rule(code) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    {
                        "ruleId": finding.violation.code,
                        "ruleIndex": codes.index(finding.violation.code),
                        "level": finding.violation.severity,
                        "message": {"text": f"{_message(finding)}; {finding.violation.hint}"},
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": quote(os.fsencode(finding.file.replace("\\", "/")))},
                                    "region": {"startLine": finding.line, "startColumn": finding.column},
                                },
                                "logicalLocations": [{"fullyQualifiedName": finding.violation.pointer or "/"}],
                            }
                        ],
                    }
                    for finding in findings
                ],
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


FORMATS: dict[str, Callable[[list[LocatedViolation]], str]] = {"text": as_text, "json": as_json, "github": as_github, "sarif": as_sarif}


def _facts(finding: LocatedViolation) -> dict[str, Any]:
    violation = finding.violation
    return {
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "code": violation.code,
        "name": RULES[violation.code].name,
        "severity": violation.severity,
        "pointer": violation.pointer,
        "message": violation.message,
        "hint": violation.hint,
    }


def _sarif_rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"Source: {rule.source}."},
        "defaultConfiguration": {"level": rule.severity},
    }


def _version() -> dict[str, str]:
    try:
        return {"version": version("pytest-remotelinks")}
    except PackageNotFoundError:
        return {}


def _place(finding: LocatedViolation) -> str:
    return f"{finding.file}:{finding.line}:{finding.column}"


def _message(finding: LocatedViolation) -> str:
    pointer = finding.violation.pointer
    return f"{pointer}: {finding.violation.message}" if pointer.startswith("/") else finding.violation.message


def _title(finding: LocatedViolation) -> str:
    return f"{finding.violation.code} {RULES[finding.violation.code].name}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _data(text: str) -> str:
    return _replaced(text, (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")))


def _property(text: str) -> str:
    return _replaced(text, (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")))


def _replaced(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    for sign, escape in pairs:
        text = text.replace(sign, escape)
    return text
