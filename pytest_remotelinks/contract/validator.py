"""openapi-core's answer to whether a request fits the document.

The document is prepared for it: patterns get the meaning that they have in
ECMA-262, a schema with properties is an object's, and what OpenAPI 3.0 does
not have, or what other rules check (the Authorization header, the free-form
``params``), is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.validation.request.exceptions import ParameterValidationError, RequestBodyValidationError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from pytest_remotelinks.apis.api import PLACEHOLDER, Id, Operation
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.explain import ParameterError, SchemaError, innermost
from pytest_remotelinks.contract.schema import CHOICES, is_date_time, is_uri, python_pattern

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from openapi_core.validation.request.protocols import RequestValidator

#: Documents of users were validated when they were loaded.
_UNVALIDATED: dict[str, Any] = {"spec_validator_cls": None}

#: Schema keywords that openapi-core gets as they are. It takes others, such as "id", for JSON Schema's.
_PLAIN = {
    "type", "required", "enum", "format", "nullable", "uniqueItems", "readOnly", "writeOnly",
    "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties",
    "minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum",
}  # fmt: skip


class SchemaValidator:
    """Checks requests against one document; threads may share it."""

    def __init__(self, document: Document) -> None:
        self._base = document.api.base
        spec = {
            "openapi": "3.0.1",
            "info": {"title": document.api.name, "version": document.name},
            "paths": _paths(document),
        }
        # openapi-core's own check of "byte" fails on text that is not ASCII.
        formats: dict[str, Callable[[object], bool]] = {"uri": is_uri, "date-time": is_date_time, "byte": lambda value: True}
        config = Config(extra_format_validators=formats, **_UNVALIDATED)
        # openapi-core's validators, and the caches of their document, are not made to be shared by threads.
        self._new_validator: Callable[[], RequestValidator] = lambda: OpenAPI.from_dict(spec, config=config).request_validator

    def body_errors(self, operation: Operation, body: bytes) -> Iterator[SchemaError]:
        """Where a body does not fit."""
        for error in self._new_validator().iter_errors(_Request(self._base, operation, body=body)):
            if isinstance(error, RequestBodyValidationError):
                yield from _schema_errors(error)

    def parameter_errors(
        self,
        operation: Operation,
        id: Id,
        query: Iterable[tuple[str, str]] = (),
        headers: Iterable[tuple[str, str]] = (),
    ) -> Iterator[ParameterError]:
        """The parameters that do not fit."""
        for error in self._new_validator().iter_errors(_Request(self._base, operation, id, query, headers)):
            if isinstance(error, ParameterValidationError):
                yield ParameterError(str(error.location), str(error.name), tuple(_schema_errors(error)))


def _schema_errors(error: Exception) -> Iterator[SchemaError]:
    schema_errors: Iterable[ValidationError] = getattr(error.__cause__, "schema_errors", ())
    seen = set()
    for schema_error in schema_errors:
        for found in innermost(schema_error):
            # A null violates both "type" and "nullable"; once is enough to report it.
            key = (found.path, found.keyword, found.text if found.keyword == "required" else "")
            if key not in seen:
                seen.add(key)
                yield found


class _Request:
    """A request in the form that openapi-core asks for."""

    host_url = "http://jira.invalid"
    content_type = "application/json"

    def __init__(
        self,
        base: str,
        operation: Operation,
        id: Id = (),
        query: Iterable[tuple[str, str]] = (),
        headers: Iterable[tuple[str, str]] = (),
        body: bytes | None = None,
    ) -> None:
        self.method = operation.method.lower()
        # A slash would end the path segment; any other character counts the same.
        segments = iter(part.replace("/", "_") for part in ((id,) if isinstance(id, str) else id))
        self.path = base + PLACEHOLDER.sub(lambda _: next(segments, ""), operation.path)
        self.body = body
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(list(query)), header=Headers(list(headers)), cookie=ImmutableMultiDict()
        )


def _paths(document: Document) -> dict[str, Any]:
    """The paths without what other rules check."""
    paths: dict[str, Any] = {}
    for operation in document.operations:
        described: dict[str, Any] = {"responses": {}}
        in_path = (parameter for parameter in document.parameters(operation) if parameter["in"] == "path")
        described["parameters"] = [_parameter(parameter) for parameter in (*in_path, *document.checked_parameters(operation))]
        if operation.name == "submit":
            described["requestBody"] = {"content": {"application/json": {"schema": _schema(document.submission_schema)}}}
        paths.setdefault(document.api.base + operation.path, {})[operation.method.lower()] = described
    return paths


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter; whether it is there, is empty or is deprecated is left to other rules."""
    prepared: dict[str, Any] = {"name": parameter["name"], "in": parameter["in"]}
    if "content" in parameter:
        prepared["content"] = {name: {"schema": _schema(media.get("schema", {}))} for name, media in parameter["content"].items()}
        return prepared
    if parameter["in"] == "query":
        # In paths and headers each style but the first is for lists, and no two readers agree on those.
        prepared.update({keyword: parameter[keyword] for keyword in ("style", "explode") if keyword in parameter})
    return {**prepared, "schema": _schema(parameter.get("schema", {}))}


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    prepared: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _PLAIN:
            prepared[keyword] = value
        elif keyword == "pattern":
            prepared[keyword] = python_pattern(value)
        elif keyword == "properties":
            prepared[keyword] = {name: _schema(member) for name, member in value.items()}
        elif keyword in ("items", "not") or (keyword == "additionalProperties" and isinstance(value, dict)):
            prepared[keyword] = _schema(value)
        elif keyword == "additionalProperties":
            prepared[keyword] = value
        elif keyword in CHOICES:
            prepared[keyword] = [_schema(choice) for choice in value]
    if "properties" in prepared:
        prepared.setdefault("type", "object")
    return prepared
