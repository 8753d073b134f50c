"""Where a submission does not fit the document's schema, found in a time that its faults cannot stretch.

openapi-core lists every fault there is, and takes a tenth of a millisecond for
each. So it is shown only the links that the gate did not let through, a few at
a time, and no more once enough was found; each link beyond counts as broken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.fast_path import Gate, build_link_gate
from pytest_remotelinks.contract.schema import member_schema
from pytest_remotelinks.contract.schema_error import ParameterError, SchemaError

if TYPE_CHECKING:
    from pytest_remotelinks.contract.validator import Authority

#: JSON values that a link, or all that surrounds the links, can hold and still be looked at in detail;
#: a link with 500 association values has fewer than 600.
VALUES_LIMIT = 5_000
#: Faults after which no more links are looked at in detail.
FAULTS_LIMIT = 1_000
#: Links that are shown to openapi-core at once.
_AT_ONCE = 50

TOO_LARGE = "size"
UNSEEN = "unseen"


def submission_errors(document: Document, authority: Authority, operation: Operation, payload: Any) -> Iterator[SchemaError]:
    """Each fault of a submission's payload, with its path from the payload's top."""
    links = payload.get("remoteLinks") if isinstance(payload, dict) else None
    if not isinstance(links, list):
        yield from _bounded(authority, operation, payload, ())
        return
    yield from _envelope_errors(document, authority, operation, payload, links)
    faults = 0
    clean = _link_gate_for(document)
    doubtful = [index for index, link in enumerate(links) if not clean(link)]
    for start in range(0, len(doubtful), _AT_ONCE):
        indexes = doubtful[start : start + _AT_ONCE]
        if faults > FAULTS_LIMIT:
            for index in doubtful[start:]:
                yield SchemaError(("remoteLinks", index), UNSEEN, FAULTS_LIMIT, links[index], "")
            return
        shown = []
        for index in indexes:
            if _count(links[index]) > VALUES_LIMIT:
                yield SchemaError(("remoteLinks", index), TOO_LARGE, VALUES_LIMIT, links[index], "")
            else:
                shown.append(index)
        for error in _errors(authority, operation, {"remoteLinks": [links[index] for index in shown]}) if shown else ():
            if len(error.path) > 1 and error.path[0] == "remoteLinks":
                faults += 1
                yield SchemaError(
                    ("remoteLinks", shown[int(error.path[1])], *error.path[2:]), error.keyword, error.wanted, error.found, error.text
                )


def _envelope_errors(
    document: Document, authority: Authority, operation: Operation, payload: dict[str, Any], links: list[Any]
) -> Iterator[SchemaError]:
    """Faults of what surrounds the links, the number of links among it."""
    stated = member_schema(document.submission_schema, "remoteLinks")
    counts = [stated[keyword] for keyword in ("minItems", "maxItems") if keyword in stated]
    # As many as are needed to see whether there are too many or too few; what they are is not looked at here.
    instead = [{"id": str(number)} for number in range(min(len(links), max(counts, default=0) + 1))]
    for error in _bounded(authority, operation, {**payload, "remoteLinks": instead}, ("remoteLinks",)):
        if error.path == ("remoteLinks",):
            yield SchemaError(error.path, error.keyword, error.wanted, links, error.text)
        elif error.path[:1] != ("remoteLinks",):
            yield error


def _bounded(authority: Authority, operation: Operation, payload: Any, besides: tuple[str, ...]) -> Iterator[SchemaError]:
    around = {name: value for name, value in payload.items() if name not in besides} if isinstance(payload, dict) else payload
    if _count(around) > VALUES_LIMIT:
        yield SchemaError((), TOO_LARGE, VALUES_LIMIT, None, "")
    else:
        yield from _errors(authority, operation, payload)


def _errors(authority: Authority, operation: Operation, payload: Any) -> Iterator[SchemaError]:
    for error in authority.errors(operation, None, (), json.dumps(payload).encode()):
        if not isinstance(error, ParameterError):
            yield error


def _count(value: Any) -> int:
    """How many JSON values a value holds; no more than one over the limit is counted."""
    count, todo = 0, [value]
    while todo and count <= VALUES_LIMIT:
        part = todo.pop()
        count += 1
        if isinstance(part, dict):
            todo.extend(part.values())
        elif isinstance(part, list):
            todo.extend(part)
    return count


@cache
def _link_gate_for(document: Document) -> Gate:
    return build_link_gate(document)
