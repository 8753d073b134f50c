"""RL107: query and header parameters, as the document describes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.contract.explain import explain, preview
from pytest_remotelinks.contract.schema_error import ParameterError, SchemaError
from pytest_remotelinks.rules.examples import call, example
from pytest_remotelinks.rules.properties import SEQUENCE_PARAMETER
from pytest_remotelinks.rules.rule import DOCUMENT, Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.pointer import pointer_to
from pytest_remotelinks.wire.redact import REDACTED, redact_header, redact_parameter
from pytest_remotelinks.wire.request import Request

RL107 = Rule(
    code="RL107",
    name="invalid-parameter",
    severity="error",
    refusal=400,
    summary="Query and header parameters are as the document describes them.",
    why="What is required is there, and what is there fits its schema. In the published documents that concerns one parameter, which is deprecated, so the mend is to leave it out.",
    source=f"{DOCUMENT}: the parameters of its operations; _updateSequenceNumber is a 64-bit integer",
    broken=example(call("DELETE", "/remotelink/alert-1?_updateSequenceNumber=latest")),
    fixed=example(call("DELETE", "/remotelink/alert-1")),
)


if TYPE_CHECKING:
    from pytest_remotelinks.contract.validator import Authority

#: How a value of a type is written; Python's own readers, which openapi-core asks, take more.
_WRITTEN = {
    "integer": re.compile(r"-?[0-9]+", re.ASCII),
    "number": re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII),
    "boolean": re.compile(r"true|false"),
}
_SORTS = {"integer": "integer", "number": "number", "boolean": "boolean: true or false", "array": "list", "object": "object"}


def check_parameters(
    violations: Violations,
    judged: tuple[dict[str, Any], ...],
    request: Request,
    authority: Callable[[], Authority],
    operation: Operation,
) -> None:
    """Judge the query and header parameters that a document describes; openapi-core is asked only of those that were sent."""
    sent: list[dict[str, Any]] = []
    for parameter in judged:
        name, given = parameter["name"], _given(parameter, request)
        if given is None:
            if parameter.get("required"):
                _report(violations, parameter, f"the required {parameter['in']} parameter {name!a} is missing", f"send {name}", request)
        elif not (given == "" and parameter.get("allowEmptyValue")):
            sent.append(parameter)
    doubtful = []
    for parameter in sent:
        kind = parameter.get("schema", {}).get("type")
        if kind in _WRITTEN and "content" not in parameter and not _WRITTEN[kind].fullmatch(_given(parameter, request) or ""):
            _report_value(violations, parameter, (), request)
        else:
            doubtful.append(parameter)
    if not doubtful:
        return
    headers = [(parameter["name"], request.headers[parameter["name"]]) for parameter in doubtful if parameter["in"] == "header"]
    wrong = {
        (error.location, error.name): error.errors
        for error in authority().errors(operation, "-", request.query_pairs, None, headers)
        if isinstance(error, ParameterError)
    }
    for parameter in doubtful:
        place = (parameter["in"], parameter["name"])
        if place in wrong:
            _report_value(violations, parameter, wrong[place], request)


def _given(parameter: dict[str, Any], request: Request) -> str | None:
    """The first value that was sent, None where there is none."""
    if parameter["in"] == "header":
        return request.headers.get(parameter["name"])
    return next((value for key, value in request.query_pairs if key == parameter["name"]), None)


def _report_value(violations: Violations, parameter: dict[str, Any], errors: tuple[SchemaError, ...], request: Request) -> None:
    value = _given(parameter, request) or ""
    schema = parameter.get("schema", {})
    if parameter["name"] == SEQUENCE_PARAMETER:
        _report(violations, parameter, f"{preview(value)} is no 64-bit integer", "leave the parameter out: it has no effect", request)
    elif _masked(parameter, value) != value:
        _report(violations, parameter, "does not fit the document", "see the contract document", request)
    elif errors:
        message, hint = (("; " if part == 0 else "; or ").join(texts) for part, texts in enumerate(zip(*map(explain, errors), strict=True)))
        _report(violations, parameter, message, hint, request)
    elif value == "":
        _report(violations, parameter, "is empty", "give it a value, or leave it out", request)
    else:
        sort = _SORTS.get(str(schema.get("type")), "value that the document describes")
        _report(
            violations, parameter, f"{preview(value)} is no {sort}", f"send what the document describes as {parameter['name']}", request
        )


def _report(violations: Violations, parameter: dict[str, Any], message: str, hint: str, request: Request) -> None:
    value = _given(parameter, request)
    pointer = f"#{parameter['in']}{pointer_to((parameter['name'],))}"
    violations.add(RL107, message, pointer, hint, *(() if value is None else (_masked(parameter, value),)))


def _masked(parameter: dict[str, Any], value: str) -> str:
    masked = redact_header if parameter["in"] == "header" else redact_parameter
    shown = masked(parameter["name"], value)
    return REDACTED if shown != value else value
