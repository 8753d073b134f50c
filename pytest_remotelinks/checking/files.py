"""Judging a file: what it is, is told by what stands in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pytest_remotelinks.checking.positions import line_and_column, position_in_json
from pytest_remotelinks.checking.values import check_link, check_links, check_submission
from pytest_remotelinks.contract.descriptor import check_descriptor, kind_of
from pytest_remotelinks.contract.findings import Findings
from pytest_remotelinks.contract.source import Unreadable, looks_like_json
from pytest_remotelinks.contract.violation import Violation

_LINK_MEMBERS = {"id", "updateSequenceNumber", "displayName", "lastUpdated", "associations"}
_KINDS = "a submission, a remote link, a list of them, a Connect descriptor or a Forge manifest"


@dataclass(frozen=True)
class Finding:
    """A violation, and the line and column of its file, from 1."""

    file: str
    line: int
    column: int
    violation: Violation


@dataclass(frozen=True)
class _Source:
    """A file that was read: its text, its value, and where each part of the value stands."""

    text: str
    value: Any
    position: Callable[[tuple[str, ...]], tuple[int, int]]
    is_json: bool


def check_file(name: str, content: bytes, contract: str, ignore: tuple[str, ...], next_contract: str | None) -> list[Finding]:
    """What breaks the contract in a file, in the order of its lines.

    Raises Unreadable for a file that is none of the kinds that are known, and
    ContractError for a contract document that cannot be used.
    """
    source = _read(content, name)
    settings: tuple[Any, ...] = (contract, ignore, next_contract)
    payload: Any = source.text if source.is_json else source.value
    if isinstance(source.value, list):
        violations = check_links(payload, *settings)
    elif not isinstance(source.value, dict):
        raise Unreadable(f"it holds {type(source.value).__name__}, and none of these: {_KINDS}")
    elif "remoteLinks" in source.value:
        violations = check_submission(payload, *settings)
    elif isinstance(source.value.get("log"), dict) and "entries" in source.value["log"]:
        raise Unreadable("it is a HAR, which cannot be checked yet; check the bodies of its requests")
    elif kind_of(source.value) is not None:
        findings = Findings(ignore)
        check_descriptor(findings, source.value)
        violations = findings.violations
    elif _LINK_MEMBERS & source.value.keys():
        violations = check_link(payload, *settings)
    else:
        raise Unreadable(f"nothing in it tells that it is {_KINDS}")
    located = [Finding(name, *source.position(_steps(violation.pointer)), violation) for violation in violations]
    return sorted(located, key=lambda finding: (finding.line, finding.column, finding.violation.code))


def _read(content: bytes, name: str) -> _Source:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start} is not UTF-8") from None
    if looks_like_json(text):
        try:
            return _Source(text, json.loads(text), lambda path: position_in_json(text, path), True)
        except json.JSONDecodeError as error:
            broken, where = error, line_and_column(text, error.pos)
        except (ValueError, RecursionError):
            raise Unreadable("it is not JSON that can be read: numbers are too long or nesting is too deep") from None
        if not name.lower().endswith((".yaml", ".yml")):
            if '"remoteLinks"' in text:
                return _Source(text, {"remoteLinks": None}, lambda path: where, True)
            raise Unreadable(f"it is not JSON: {broken.msg} at line {where[0]}, column {where[1]}")
    from pytest_remotelinks.contract.yaml_values import NotYAML, read_yaml

    try:
        read = read_yaml(text)
    except NotYAML as problem:
        raise Unreadable(f"it is neither JSON nor YAML that can be used: {problem}") from None
    marks = {tuple(map(str, path)): mark for path, mark in read.marks.items()}

    def position(path: tuple[str, ...]) -> tuple[int, int]:
        return next((marks[path[:length]] for length in range(len(path), -1, -1) if path[:length] in marks), (1, 1))

    return _Source(text, read.value, position, False)


def _steps(pointer: str) -> tuple[str, ...]:
    """The steps of a JSON pointer; of a pointer to something that is not in the body, none."""
    if not pointer.startswith("/"):
        return ()
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))
