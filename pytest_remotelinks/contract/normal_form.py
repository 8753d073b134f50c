"""A contract document reduced to its facts: no prose, no order where order says nothing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pytest_remotelinks.contract.document import Document, security

_PROSE = {"title", "description", "summary", "example", "examples", "externalDocs", "tags", "operationId", "xml"}
#: Lists whose order says nothing.
_SETS = {"required", "enum", "anyOf", "oneOf", "allOf"}
_SCOPE = "x-atlassian-connect-scope"


def normal_form(document: Document) -> dict[str, dict[str, Any]]:
    """By operation id: method, path, parameters, request body, responses, security and Connect scope."""
    return {
        operation.id: {
            "method": operation.method,
            "path": operation.path,
            "parameters": {
                f"{parameter.get('in')} {parameter.get('name')}": {
                    key: value for key, value in _facts(parameter).items() if key not in ("in", "name")
                }
                for parameter in document.operation_object(operation)["parameters"]
            },
            "requestBody": _facts(document.operation_object(operation).get("requestBody")),
            "responses": {
                str(status): _facts(response) for status, response in document.operation_object(operation).get("responses", {}).items()
            },
            "security": sorted(
                (
                    {_scheme(document, name): sorted(scopes) for name, scopes in requirement.items()}
                    for requirement in security(document.operation_object(operation))
                ),
                key=_text,
            ),
            "connectScope": document.operation_object(operation).get(_SCOPE),
        }
        for operation in document.operations
    }


def fingerprint(document: Document) -> str:
    """Sixteen hexadecimal digits that stay the same as long as the facts do."""
    return hashlib.sha256(_text(normal_form(document)).encode()).hexdigest()[:16]


def _facts(part: Any, names: bool = False) -> Any:
    """The part without prose; ``names`` tells that its members are named by people."""
    if isinstance(part, list):
        return [_facts(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    facts = {}
    for name, inner in part.items():
        if names or (name not in _PROSE and not name.startswith("x-")):
            facts[name] = _facts(inner, name == "properties" and not names)
            if name in _SETS and not names and isinstance(inner, list):
                facts[name].sort(key=_text)
    return facts


def _scheme(document: Document, name: str) -> str:
    """What a security scheme is, whatever the document calls it."""
    scheme = document.security_schemes.get(name)
    kind = scheme.get("type") if isinstance(scheme, dict) else None
    if kind == "http" and isinstance(scheme, dict):
        return f"http {scheme.get('scheme')}"
    return str(kind or name)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
