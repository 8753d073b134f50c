"""Check a file. Its kind is recognised from its content."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.check.payloads import check_link, check_links, check_submission
from pytest_remotelinks.check.positions import Path, line_and_column, number_not_in_json, positions_in_json
from pytest_remotelinks.contract.document import load_document
from pytest_remotelinks.contract.layout import kind_of
from pytest_remotelinks.contract.loading import Unreadable, decoded, looks_like_json, read_yaml
from pytest_remotelinks.contract.near import meant
from pytest_remotelinks.reports.located import LocatedViolation
from pytest_remotelinks.rules.descriptor import check_descriptor
from pytest_remotelinks.rules.request import report_duplicate_members
from pytest_remotelinks.rules.violation import Violation, Violations
from pytest_remotelinks.wire.json_body import pointer_to, steps_of

_KINDS = "a submission, a remote link, a list of them, a Connect descriptor or a Forge manifest"

Positions = dict[Path, tuple[int, int]]


@dataclass(frozen=True)
class _Source:
    """A file that was read: its text, its value, and a function that finds the positions of its parts."""

    text: str
    value: Any
    positions: Callable[[Iterable[Path]], Positions]
    is_json: bool
    #: Pointers of duplicate members; in JSON the rules find them.
    repeated: tuple[str, ...] = ()
    #: Where the text stops being JSON.
    broken: tuple[int, int] | None = None


def check_file(name: str, content: bytes, contract: str, ignore: tuple[str, ...], next_contract: str | None) -> list[LocatedViolation]:
    """The violations in a file, in the order of its lines.

    A bare module is read as Connect's in JSON and as Forge's in YAML, the
    formats of their descriptors. Raises Unreadable for a file of an unknown
    kind, and ContractError for a contract document that cannot be used.
    """
    source = _read(content, name)
    violations = _violations(source, contract, ignore, next_contract)
    broken = source.broken or (number_not_in_json(source.text) if source.is_json else None) or (1, 1)
    positions = source.positions(steps_of(violation.pointer) for violation in violations)
    located = [
        LocatedViolation(name, *(broken if violation.code == "RL101" else positions[steps_of(violation.pointer)]), violation)
        for violation in violations
    ]
    return sorted(located, key=lambda each: (each.line, each.column, each.violation.code))


def _violations(source: _Source, contract: str, ignore: tuple[str, ...], next_contract: str | None) -> list[Violation]:
    value = source.value
    if not isinstance(value, (dict, list)):
        raise Unreadable(f"it is a {type(value).__name__}, not {_KINDS}")
    if isinstance(value, dict) and isinstance(value.get("log"), dict) and "entries" in value["log"]:
        raise Unreadable("it is a HAR, which cannot be checked yet; check the bodies of its requests")
    violations = Violations(ignore)
    check: Callable[[Any, str, tuple[str, ...], str | None], list[Violation]]
    if isinstance(value, dict) and any(meant(name, (REMOTE_LINKS.list_member,)) for name in value):
        check = check_submission
    elif kind_of(value) is not None and not _has_link(value):
        check_descriptor(violations, value, load_document(contract), "connect" if source.is_json else "forge")
        return violations.found
    elif isinstance(value, list):
        check = check_links
    elif _has_link(value):
        check = check_link
    else:
        raise Unreadable(f"its content is not recognised as {_KINDS}")
    report_duplicate_members(violations, source.repeated)
    return [*check(source.text if source.is_json else value, contract, ignore, next_contract), *violations.found]


def _has_link(value: Any) -> bool:
    """Whether a value is a link, or a list with a link, and not a descriptor."""
    if isinstance(value, list):
        return any(map(_has_link, value))
    return (
        isinstance(value, dict) and not REMOTE_LINKS.telling_members.isdisjoint(value) and "homeUrl" not in value and "modules" not in value
    )


def _read(content: bytes, name: str) -> _Source:
    text = decoded(content)
    if looks_like_json(text):
        try:
            return _Source(text, json.loads(text), lambda paths: positions_in_json(text, paths), True)
        except json.JSONDecodeError as error:
            problem, where = error, line_and_column(text, error.pos)
        except (ValueError, RecursionError):
            raise Unreadable("it is not JSON that can be read: numbers are too long or nesting is too deep") from None
        if not name.lower().endswith((".yaml", ".yml")):
            if f'"{REMOTE_LINKS.list_member}"' in text:
                return _Source(text, {REMOTE_LINKS.list_member: None}, lambda paths: dict.fromkeys(paths, where), True, broken=where)
            raise Unreadable(f"it is not JSON: {problem.msg} at line {where[0]}, column {where[1]}")
    read = read_yaml(text)
    repeated = tuple(map(pointer_to, read.repeated))
    return _Source(text, read.value, lambda paths: {path: read.position(path) for path in paths}, False, repeated)
