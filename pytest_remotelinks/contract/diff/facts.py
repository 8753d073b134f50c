"""A contract document reduced to its facts, without prose and without order if order has no meaning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.contract.document import Document, security
from pytest_remotelinks.contract.parameters import has_default_style
from pytest_remotelinks.contract.schema import CHOICES
from pytest_remotelinks.contract.scopes import prose_scope, stated_connect_scope

_PROSE = {"title", "description", "summary", "example", "examples", "externalDocs", "tags", "operationId", "xml"}
#: Lists whose order has no meaning.
_SETS = {"required", "enum", "anyOf", "oneOf"}
#: Values that mean the same as a member that is not there.
_DEFAULTS: dict[str, Any] = {
    **dict.fromkeys(("deprecated", "nullable", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum", "allowEmptyValue"), False),
    **dict.fromkeys(("readOnly", "writeOnly", "allowReserved"), False),
    **dict.fromkeys(("minLength", "minItems", "minProperties"), 0),
    "additionalProperties": True,
}

#: The parts of an operation that a client sends.
_ASKED = ("method", "path", "parameters", "requestBody")


def normal_form(document: Document) -> dict[str, dict[str, Any]]:
    """By operation id: method, path, parameters, request body, responses, security and Connect scope."""
    return {operation.id: _operation(document, operation) for operation in document.operations}


def _operation(document: Document, operation: Operation) -> dict[str, Any]:
    described = document.operation_object(operation)
    path, placeholders = _placeholders(document, operation)
    return {
        "method": operation.method,
        "path": path,
        "parameters": dict(_parameter(parameter, placeholders) for parameter in described["parameters"] if _counts(parameter, operation)),
        "requestBody": _facts(described.get("requestBody")),
        "responses": {str(status): _facts(response) for status, response in described.get("responses", {}).items()},
        "security": sorted(
            ({_scheme(document, name): sorted(scopes) for name, scopes in requirement.items()} for requirement in security(described)),
            key=_text,
        ),
        "connectScope": _connect_scope(document, operation),
        **({"deprecated": True} if described.get("deprecated") is True else {}),
    }


def _connect_scope(document: Document, operation: Operation) -> str | dict[str, str] | None:
    """The scope of a Connect app; in place of one that no descriptor can name, both it and the one that counts."""
    stated = stated_connect_scope(document, operation)
    counts = prose_scope(operation.name, stated)
    return {"stated": stated, "counts": counts} if counts else stated.upper() or None


def _placeholders(document: Document, operation: Operation) -> tuple[str, dict[str, str]]:
    """The path with the published names of its placeholders, if only those differ, and by name the published one."""
    published = document.api.operation(operation.name)
    if operation.shape != published.shape:
        return operation.path, {}
    return published.path, dict(zip(operation.placeholders, published.placeholders, strict=True))


def _counts(parameter: dict[str, Any], operation: Operation) -> bool:
    """Whether the parameter is the operation's own, not that of the base of its path."""
    return bool(parameter["in"] != "path" or parameter["name"] in operation.placeholders)


def _parameter(parameter: dict[str, Any], placeholders: dict[str, str]) -> tuple[str, dict[str, Any]]:
    place, name = parameter["in"], parameter["name"]
    stated = {
        keyword: value
        for keyword, value in _facts(parameter).items()
        if keyword not in ("in", "name") and not (keyword in ("style", "explode") and has_default_style(parameter, keyword))
    }
    return f"{place} {placeholders.get(name, name) if place == 'path' else name}", stated


def asks_the_same(document: Document, other: Document) -> bool:
    """Whether each of the document's operations asks for the same request as the other document's."""
    return _asked(document).items() <= _asked(other).items()


@cache
def _asked(document: Document) -> dict[str, str]:
    return {name: _text({part: operation[part] for part in _ASKED}) for name, operation in normal_form(document).items()}


@cache
def fingerprint(document: Document) -> str:
    """Sixteen hexadecimal digits that stay the same as long as the facts do."""
    return hashlib.sha256(_text(normal_form(document)).encode()).hexdigest()[:16]


#: The keywords of a limit, in words.
_LIMITS = {
    "enum": "one of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minProperties": "at least {} members",
    "maxProperties": "at most {} members",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "pattern": "matches {}",
    "format": "format {}",
}


def limits(document: Document) -> Iterator[tuple[str, str]]:
    """The limits of a submission: the place, and its limits in words."""
    yield from _limits(document.submission_schema, "")


def _limits(schema: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    words = [schema["type"]] if "type" in schema else []
    words += [
        text.format(", ".join(map(str, schema[keyword])) if keyword == "enum" else schema[keyword])
        for keyword, text in _LIMITS.items()
        if keyword in schema
    ]
    if schema.get("required"):
        words.append(f"needs {', '.join(schema['required'])}")
    if words:
        yield place, "; ".join(words)
    for name, member in schema.get("properties", {}).items():
        yield from _limits(member, f"{place}.{name}".lstrip("."))
    for index, choice in enumerate(choice for keyword in CHOICES for choice in schema.get(keyword, ())):
        yield from _limits(choice, f"{place}({index + 1})")
    if "items" in schema:
        yield from _limits(schema["items"], f"{place}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _limits(schema["additionalProperties"], f"{place}.*".lstrip("."))


def _facts(part: Any, named: bool = False) -> Any:
    """The part without prose; ``named`` says that its members have names of their own, so that none is a keyword."""
    if isinstance(part, list):
        return [_facts(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    facts = {}
    for name, inner in part.items():
        if named or (name not in _PROSE and not name.startswith("x-")):
            stated = _facts(inner, name == "properties" and not named)
            if not named and _is_default(name, stated):
                continue
            facts[name] = stated
            if name in _SETS and not named and isinstance(inner, list):
                facts[name].sort(key=_text)
    return facts


def _is_default(name: str, value: Any) -> bool:
    if name == "required":  # a flag of a parameter or body, and a list of a schema's members
        return value is False or value == []
    if name in ("items", "additionalProperties") and value == {}:
        return True
    default = _DEFAULTS.get(name)
    return default is not None and type(value) is type(default) and value == default


def _scheme(document: Document, name: str) -> str:
    """The kind of a security scheme, which each document may name in its own way."""
    scheme = document.security_schemes.get(name)
    kind = scheme.get("type") if isinstance(scheme, dict) else None
    if kind == "http" and isinstance(scheme, dict):
        return f"http {scheme.get('scheme')}"
    return str(kind or name)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
