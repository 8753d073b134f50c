"""RL107: query and header parameters, as the document describes them."""

from __future__ import annotations

import re
from typing import Any

from pytest_remotelinks.apis.api import Api, Operation
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.explain import SchemaError, explain
from pytest_remotelinks.rules.examples import call, example
from pytest_remotelinks.rules.rule import DOCUMENT, Rule
from pytest_remotelinks.rules.validators import validator_of
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.json_body import pointer_to
from pytest_remotelinks.wire.redact import REDACTED, redact_header, redact_parameter
from pytest_remotelinks.wire.request import Request
from pytest_remotelinks.wire.text import preview

RL107 = Rule(
    code="RL107",
    name="invalid-parameter",
    severity="error",
    refusal=400,
    summary="Query and header parameters are as the document describes them.",
    why="Required ones must be there, and all must fit their schemas. The published documents describe only one, which is deprecated: leave it out.",
    source=f"{DOCUMENT}: the parameters of its operations; _updateSequenceNumber is a 64-bit integer",
    broken=example(call("DELETE", "/remotelink/alert-1?_updateSequenceNumber=latest")),
    fixed=example(call("DELETE", "/remotelink/alert-1")),
)

#: How a value of a type is written. Python's own conversions, which openapi-core uses, accept more.
_WRITTEN = {
    "integer": re.compile(r"-?[0-9]+", re.ASCII),
    "number": re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII),
    "boolean": re.compile(r"true|false"),
}
_TYPES = {
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean: true or false",
    "array": "a list",
    "object": "an object",
}

Parameter = dict[str, Any]


def check_parameters(violations: Violations, document: Document, operation: Operation, request: Request) -> None:
    """Check the query and header parameters that the document describes; openapi-core is needed only for those that were sent."""
    unchecked = []
    for parameter in document.checked_parameters(operation):
        name, value = parameter["name"], _value(parameter, request)
        if value is None:
            if parameter.get("required"):
                _report(violations, parameter, request, f"the required {parameter['in']} parameter {name!a} is missing", f"send {name}")
        elif value == "" and parameter.get("allowEmptyValue"):
            continue
        elif _is_miswritten(parameter, value):
            _report_value(violations, document.api, parameter, (), request)
        else:
            unchecked.append(parameter)
    if not unchecked:
        return
    headers = [(parameter["name"], request.headers[parameter["name"]]) for parameter in unchecked if parameter["in"] == "header"]
    any_id = ("-",) * len(document.api.identity)
    wrong = {
        (error.location, error.name): error.errors
        for error in validator_of(document).parameter_errors(operation, any_id, request.query_pairs, headers)
    }
    for parameter in unchecked:
        place = (parameter["in"], parameter["name"])
        if place in wrong:
            _report_value(violations, document.api, parameter, wrong[place], request)


def _value(parameter: Parameter, request: Request) -> str | None:
    """The first value that was sent, None if there is none."""
    if parameter["in"] == "header":
        return request.headers.get(parameter["name"])
    return next((value for key, value in request.query_pairs if key == parameter["name"]), None)


def _is_miswritten(parameter: Parameter, value: str) -> bool:
    kind = parameter.get("schema", {}).get("type")
    return kind in _WRITTEN and "content" not in parameter and not _WRITTEN[kind].fullmatch(value)


def _report_value(violations: Violations, api: Api, parameter: Parameter, errors: tuple[SchemaError, ...], request: Request) -> None:
    value = _value(parameter, request) or ""
    name = parameter["name"]
    if name == api.sequence_parameter:
        message, hint = f"{name} {preview(value)} is not a 64-bit integer", "leave the parameter out: it has no effect"
    elif _redacted(parameter, value) != value:
        message, hint = f"{name} does not fit the document", "see the contract document"
    elif errors:
        messages, hints = zip(*(explain(error, name) for error in errors), strict=True)
        message, hint = "; ".join(messages), "; or ".join(map(str, hints))
    elif value == "":
        message, hint = f"{name} is empty", "give it a value, or leave it out"
    else:
        wanted = _TYPES.get(str(parameter.get("schema", {}).get("type")), "what the document describes")
        message, hint = f"{name} {preview(value)} is not {wanted}", f"send what the document describes as {name}"
    _report(violations, parameter, request, message, hint)


def _report(violations: Violations, parameter: Parameter, request: Request, message: str, hint: str) -> None:
    value = _value(parameter, request)
    pointer = f"#{parameter['in']}{pointer_to((parameter['name'],))}"
    violations.add(RL107, message, pointer, hint, *(() if value is None else (_redacted(parameter, value),)))


def _redacted(parameter: Parameter, value: str) -> str:
    redact = redact_header if parameter["in"] == "header" else redact_parameter
    return REDACTED if redact(parameter["name"], value) != value else value
