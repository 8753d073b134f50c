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

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.schema import items_schema, member_schema

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
    strict = _tighten(document.submission_schema)
    # Draft 4 has no propertyNames: a key of another kind is refused instead.
    _demand(strict, "properties", {"patternProperties": {_PROPERTY_KEY: {}}, "additionalProperties": False})
    _demand(strict, "providerMetadata", {"type": "object", "additionalProperties": {"type": "string", "pattern": _IMPERSONAL}})
    _demand(strict, "remoteLinks", {"type": "array", "items": _strict_link(document)}, covers_items=True)
    return _passing(_object_with(strict, "remoteLinks"))


def _strict_link(document: Document) -> dict[str, Any]:
    stated = document.link_schema
    link = _tighten(stated)
    # Alternatives say all that the schema of the entries says, unless something is said beside them.
    entries = items_schema(member_schema(stated, "associations"))
    is_whole = "anyOf" not in entries or entries.keys() - _ANNOTATIONS == {"anyOf"}
    _demand(link, "associations", _few_distinct(document), covers_items=is_whole and "oneOf" not in entries)
    # A link without a usable id is named by its place: not on this path.
    _demand(link, "id", {"type": "string"})
    return _object_with(link, "id", "updateSequenceNumber")


def _object_with(strict: dict[str, Any], *needed: str) -> dict[str, Any]:
    """The tightened schema, which takes only objects that have the members."""
    if strict.get("type", "object") != "object":
        return dict(_NEVER)
    return {**strict, "type": "object", "required": sorted({*strict.get("required", ()), *needed})}


def _demand(strict: dict[str, Any], name: str, more: dict[str, Any], covers_items: bool = False) -> None:
    """Ask more of a member, whether the tightened schema names it or only lets it pass.

    ``covers_items`` tells that it asks of the member's entries all that is asked
    of them already: then that need not be looked at twice.
    """
    members = strict.setdefault("properties", {})
    if name not in members and strict.get("additionalProperties", True) is False:
        return
    others = strict.get("additionalProperties", True)
    stated = members.get(name, others if isinstance(others, dict) else {})
    if covers_items:
        stated = {keyword: value for keyword, value in stated.items() if keyword != "items"}
    if "additionalProperties" not in more and all(stated.get(keyword, value) == value for keyword, value in more.items()):
        members[name] = {**stated, **more}  # quicker than an allOf
    else:
        members[name] = {"allOf": [stated, more]}


def build_id_gate(document: Document, operation: Operation) -> Gate:
    """A test that is true only of ids that the operation's path parameter allows."""
    schemas = [parameter.get("schema", {}) for parameter in document.parameters(operation) if parameter["in"] == "path"]
    return _passing({"allOf": [_tighten(schema) for schema in schemas]} if schemas else {})


def _nothing_passes(payload: Any) -> bool:
    return False


def _passing(schema: dict[str, Any]) -> Gate:
    try:
        is_valid: Gate = jsonschema_rs.Draft4Validator(schema, validate_formats=True).is_valid
    except ValueError:  # a pattern, say, that its engine does not know
        return _nothing_passes

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
        _demand(schema, "values", {"maxItems": 250})
        kinds.append((schema, set(document.association_types(kind))))
    names = [name for _, types in kinds for name in types]
    if len(kinds) > 1 and (len(set(names)) < len(names) or not all(types for _, types in kinds)):
        return dict(_NEVER)  # which kind a name means is not clear
    pairs = [{"minItems": 2, "items": [first, second], "additionalItems": False} for (first, _), (second, _) in permutations(kinds, 2)]
    return {"anyOf": [{"maxItems": 1, "items": {"anyOf": [schema for schema, _ in kinds]}}, *pairs]}


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
        strict["allOf"] = demands
    return strict
