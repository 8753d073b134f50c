"""openapi-core's word on whether a request fits the document.

The document is prepared for it: patterns get the meaning that they have in
ECMA-262, a schema with members is one of an object, and what belongs to other
rules (the Authorization header, the free-form ``params``) is left out.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.validation.request.exceptions import ParameterValidationError, RequestBodyValidationError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.formats import is_uri
from pytest_remotelinks.contract.operations import SITE_BASE, Operation
from pytest_remotelinks.contract.schema_error import ParameterError, SchemaError, innermost
from pytest_remotelinks.contract.soundness import python_pattern

if TYPE_CHECKING:
    from jsonschema import ValidationError

#: What is said of remote links is judged here; whether the rest of a document is good OpenAPI is not.
_UNVALIDATED: dict[str, Any] = {"spec_validator_cls": None}


class Authority:
    """Judges requests by one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        spec = {
            "openapi": "3.0.1",
            "info": {"title": "remote links", "version": document.name},
            "paths": _prepare({path: _judged(item) for path, item in document.path_items.items()}),
        }
        config = Config(extra_format_validators={"uri": is_uri}, **_UNVALIDATED)
        self._validator = OpenAPI.from_dict(spec, config=config).request_validator

    def errors(
        self, operation: Operation, link_id: str | None, query: tuple[tuple[str, str], ...], body: bytes | None
    ) -> Iterator[ParameterError | SchemaError]:
        """What does not fit: each parameter, and each schema error of the body."""
        for error in self._validator.iter_errors(_Request(operation, link_id, query, body)):
            schema_errors = tuple(_distinct(getattr(error.__cause__, "schema_errors", ())))
            if isinstance(error, RequestBodyValidationError):
                yield from schema_errors
            elif isinstance(error, ParameterValidationError):
                yield ParameterError(str(getattr(error, "name", "")), schema_errors)


def _distinct(errors: Iterable[ValidationError]) -> Iterator[SchemaError]:
    seen = set()
    for error in errors:
        for found in innermost(error):
            # A null breaks both "type" and "nullable": once is enough to say so.
            key = (found.path, found.keyword, found.text if found.keyword == "required" else "")
            if key not in seen:
                seen.add(key)
                yield found


class _Request:
    """A request in the form that openapi-core asks for."""

    host_url = "http://jira.invalid"
    content_type = "application/json"

    def __init__(self, operation: Operation, link_id: str | None, query: tuple[tuple[str, str], ...], body: bytes | None) -> None:
        self.method = operation.method.lower()
        # A slash would end the path segment; any other character counts the same.
        segment = (link_id or "").replace("/", "_")
        self.path = SITE_BASE + (operation.path.partition("{")[0] + segment if operation.takes_id else operation.path)
        self.body = body
        self.parameters = RequestParameters(query=ImmutableMultiDict(query), header=Headers(), cookie=ImmutableMultiDict())


def _judged(path_item: dict[str, Any]) -> dict[str, Any]:
    """The path item without what belongs to other rules."""
    return {
        method: {
            **{key: value for key, value in operation.items() if key != "security"},
            "parameters": [
                parameter
                for parameter in operation["parameters"]
                if parameter.get("in") in ("path", "query") and parameter.get("name") != "params"
            ],
        }
        for method, operation in path_item.items()
    }


def _prepare(part: Any) -> Any:
    if isinstance(part, list):
        return [_prepare(inner) for inner in part]
    if not isinstance(part, dict):
        return copy.copy(part)
    # openapi-core warns of deprecated parameters in the server's thread; RL305 does it in the test's report.
    prepared = {name: _prepare(inner) for name, inner in part.items() if not (name == "deprecated" and isinstance(inner, bool))}
    if isinstance(part.get("pattern"), str):
        prepared["pattern"] = python_pattern(part["pattern"])
    # Where "properties" is a keyword its value maps names to schemas.
    members = part.get("properties")
    if isinstance(members, dict) and "type" not in part and all(isinstance(member, dict) for member in members.values()):
        prepared["type"] = "object"
    return prepared
