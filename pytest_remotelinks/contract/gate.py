"""A fast way through for requests that break no rule.

From the document the gate makes a schema that is stricter than all rules
together: what fits it is clean by every rule about the payload alone, what
does not fit may still be clean and is judged by the authority. So the gate
never decides against a request, and whatever it does not know how to tighten
it lets nobody pass by.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import jsonschema_rs

from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.operations import Operation

_NEVER: dict[str, Any] = {"not": {}}

#: Keywords that mean the same when each schema below them is made stricter.
_KEPT = {
    "type", "required", "enum", "uniqueItems",
    "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
}  # fmt: skip
_ANNOTATIONS = {"title", "description", "default", "example", "deprecated", "externalDocs", "xml"}

_FORMATS: dict[str, dict[str, Any]] = {
    "date-time": {
        "format": "date-time",
        "pattern": r"^[12][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-][01][0-9]:[0-5][0-9])$",
    },
    "uri": {
        "format": "uri",
        "pattern": r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#]([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$",
    },
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"minimum": -(2**63), "maximum": 2**63 - 1},
}
#: Property keys that are surely free of colons and leading underscores.
_PROPERTY_KEY = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
#: Text that surely holds no e-mail address.
_IMPERSONAL = r"^[^@]*$"

Gate = Callable[[Any], bool]


def build_gate(document: Document) -> Gate:
    """A test that is true only of submission payloads that break no rule."""
    submission = document.submission_schema
    strict = _tighten(submission)
    members = strict.get("properties", {})
    if "properties" in members:
        schema = members["properties"]
        value = schema.get("additionalProperties")
        # Draft 4 has no propertyNames: every other key is refused instead.
        schema["patternProperties"] = {_PROPERTY_KEY: value if isinstance(value, dict) else {}}
        schema["additionalProperties"] = False
    for schema in members.get("providerMetadata", {}).get("properties", {}).values():
        schema.setdefault("allOf", []).append({"type": "string", "pattern": _IMPERSONAL})
    if "items" in members.get("remoteLinks", {}):
        members["remoteLinks"]["items"] = _strict_link(document)
    strict["required"] = sorted({*strict.get("required", ()), "remoteLinks"})
    return _passing(strict)


def build_link_gate(document: Document) -> Gate:
    """A test that is true only of links that break no rule."""
    return _passing(_strict_link(document))


def _strict_link(document: Document) -> dict[str, Any]:
    link = _tighten(document.link_schema)
    if "associations" in link.get("properties", {}):
        link["properties"]["associations"].update(_few_distinct(document))
    # A link without a usable id is named by its place: not on this path.
    link["type"] = "object"
    link["required"] = sorted({*link.get("required", ()), "id", "updateSequenceNumber"})
    usable = {"type": "string"}
    members = link.setdefault("properties", {})
    members["id"] = {"allOf": [members["id"], usable]} if "id" in members else usable
    return link


def build_id_gate(document: Document, operation: Operation) -> Gate:
    """A test that is true only of ids that the operation's path parameter allows."""
    schemas = [parameter.get("schema", {}) for parameter in document.parameters(operation) if parameter["in"] == "path"]
    return _passing({"allOf": [_tighten(schema) for schema in schemas]} if schemas else {})


def _passing(schema: dict[str, Any]) -> Gate:
    try:
        is_valid: Gate = jsonschema_rs.Draft4Validator(schema, validate_formats=True).is_valid
    except ValueError:  # a pattern, say, that its engine does not know
        return lambda payload: False

    def clean(payload: Any) -> bool:
        try:
            return is_valid(payload)
        except (ValueError, RecursionError):  # a lone surrogate, say
            return False

    return clean


def _few_distinct(document: Document) -> dict[str, Any]:
    """Associations of distinct types, whose values cannot number over 500 together."""
    kinds = []
    for kind in document.association_schemas:
        schema = _tighten(kind)
        if "values" in schema.get("properties", {}):
            values = schema["properties"]["values"]
            values["maxItems"] = min(values.get("maxItems", 250), 250)
        kinds.append((schema, set(document.association_types(kind))))
    pairs = [
        {"minItems": 2, "items": [first, second], "additionalItems": False}
        for (first, first_types), (second, second_types) in permutations(kinds, 2)
        if first_types.isdisjoint(second_types)
    ]
    return {"items": {}, "anyOf": [{"maxItems": 1, "items": {"anyOf": [schema for schema, _ in kinds]}}, *pairs]}


def _tighten(schema: dict[str, Any]) -> dict[str, Any]:
    strict: dict[str, Any] = {}
    demands: list[dict[str, Any]] = []
    for keyword, value in schema.items():
        if keyword in _KEPT:
            strict[keyword] = value
        elif keyword == "properties":
            strict["properties"] = {name: _tighten(member) for name, member in value.items()}
        elif keyword == "items":
            strict["items"] = _tighten(value)
        elif keyword == "additionalProperties":
            strict["additionalProperties"] = _tighten(value) if isinstance(value, dict) else value
        elif keyword in ("anyOf", "allOf"):
            strict[keyword] = [_tighten(choice) for choice in value]
        elif keyword == "pattern":
            demands.append({"pattern": f"^(?:{value})$"})
        elif keyword == "format" and value in _FORMATS:
            demands.append(_FORMATS[value])
        elif keyword not in _ANNOTATIONS and not keyword.startswith("x-"):
            return dict(_NEVER)
    if "properties" in strict:
        strict.setdefault("type", "object")
        strict.setdefault("additionalProperties", False)
    if demands:
        strict["allOf"] = [*strict.get("allOf", ()), *demands]
    return strict
