"""A fast check that lets requests without violations pass.

From the document it makes a schema that is stricter than all rules together.
What fits it violates no rule about the payload alone; what does not fit may
still be valid, and the rules and the validator check it. So the fast path never
decides against a request, and a schema that it cannot make stricter fits
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import permutations
from typing import Any

import jsonschema_rs

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.schema import items_schema, member_schema

_NEVER: dict[str, Any] = {"not": {}}

#: Keywords that mean the same if each schema below them is made stricter.
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
#: Property keys without a colon and a leading underscore.
_PROPERTY_KEY = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
#: Text without an e-mail address.
_IMPERSONAL = r"^[^@]*$"
#: Values of each association of an entity, so that two associations cannot have more than 500 together.
_VALUES_EACH = 250

#: True only of a value that violates no rule.
FastPath = Callable[[Any], bool]
#: The same of one member: whether it is an entity's, its name, and its value.
MemberFastPath = Callable[[bool, str, Any], bool]


def build_fast_path(document: Document) -> FastPath:
    """The fast path of submissions' payloads."""
    return _fitting(_object_with(_strict_submission(document), document.api.list_member))


def build_member_fast_path(document: Document) -> MemberFastPath:
    """The fast paths of single members of submissions and of entities."""
    members = {
        in_entity: strict.get("properties", {})
        for in_entity, strict in ((False, _strict_submission(document)), (True, _strict_entity(document)))
    }

    @cache
    def fast_path(in_entity: bool, name: str) -> FastPath:
        return _fitting(members[in_entity].get(name, _NEVER))

    return lambda in_entity, name, value: fast_path(in_entity, name)(value)


def _strict_submission(document: Document) -> dict[str, Any]:
    api = document.api
    strict = _tighten(document.submission_schema)
    # Draft 4 has no propertyNames: a key of another kind is refused instead.
    _demand(strict, api.properties_member, {"patternProperties": {_PROPERTY_KEY: {}}, "additionalProperties": False})
    _demand(strict, api.metadata_member, {"type": "object", "additionalProperties": {"type": "string", "pattern": _IMPERSONAL}})
    _demand(strict, api.list_member, {"type": "array", "items": _strict_entity(document)}, covers_items=True)
    return strict


def build_id_fast_path(document: Document, operation: Operation) -> FastPath:
    """The fast path of the ids in an operation's path."""
    schemas = {parameter["name"]: parameter.get("schema", {}) for parameter in document.parameters(operation) if parameter["in"] == "path"}
    parts = [_fitting(_tighten(schemas.get(name, {}))) for name in operation.placeholders]
    return lambda id: all(fits(part) for fits, part in zip(parts, (id,) if isinstance(id, str) else id, strict=True))


def _strict_entity(document: Document) -> dict[str, Any]:
    api, stated = document.api, document.entity_schema
    entity = _tighten(stated)
    # Alternatives say all that the schema of the entries says, unless it says something beside them.
    entries = items_schema(member_schema(stated, api.associations_member))
    is_whole = "oneOf" not in entries and ("anyOf" not in entries or entries.keys() - _ANNOTATIONS == {"anyOf"})
    _demand(entity, api.associations_member, _few_distinct(document), covers_items=is_whole)
    # An entity without a usable id is named by its position, which the fast path does not do.
    for name in api.identity:
        _demand(entity, name, {"type": "string" if len(api.identity) == 1 else ["string", "integer"]})
    return _object_with(entity, *api.identity, api.sequence_member)


def _few_distinct(document: Document) -> dict[str, Any]:
    """Associations of distinct types with few values."""
    kinds = []
    for kind in document.association_schemas:
        schema = _tighten(kind)
        _demand(schema, document.api.association_values_member, {"maxItems": _VALUES_EACH})
        kinds.append((schema, set(document.association_types(kind))))
    names = [name for _, types in kinds for name in types]
    if len(kinds) > 1 and (len(set(names)) < len(names) or not all(types for _, types in kinds)):
        return dict(_NEVER)  # a name does not say which kind is meant
    pairs = [{"minItems": 2, "items": [first, second], "additionalItems": False} for (first, _), (second, _) in permutations(kinds, 2)]
    return {"anyOf": [{"maxItems": 1, "items": {"anyOf": [schema for schema, _ in kinds]}}, *pairs]}


def _object_with(strict: dict[str, Any], *needed: str) -> dict[str, Any]:
    """The stricter schema, for objects that have the members."""
    if strict.get("type", "object") != "object":
        return dict(_NEVER)
    return {**strict, "type": "object", "required": sorted({*strict.get("required", ()), *needed})}


def _demand(strict: dict[str, Any], name: str, more: dict[str, Any], covers_items: bool = False) -> None:
    """Ask more of a member, whether the stricter schema names it or only allows it.

    ``covers_items`` says that it asks of the member's entries all that is asked
    of them already, so that they need not be checked twice.
    """
    members = strict.setdefault("properties", {})
    if name not in members and strict.get("additionalProperties", True) is False:
        return
    others = strict.get("additionalProperties", True)
    stated = members.get(name, others if isinstance(others, dict) else {})
    if covers_items:
        stated = {keyword: value for keyword, value in stated.items() if keyword != "items"}
    if "additionalProperties" not in more and all(stated.get(keyword, value) == value for keyword, value in more.items()):
        members[name] = {**stated, **more}  # faster than an allOf
    else:
        members[name] = {"allOf": [stated, more]}


def _tighten(schema: dict[str, Any]) -> dict[str, Any]:
    """A stricter schema; one that fits nothing where a keyword cannot be made stricter."""
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


def _fitting(schema: dict[str, Any]) -> FastPath:
    try:
        is_valid: FastPath = jsonschema_rs.Draft4Validator(schema, validate_formats=True).is_valid
    except ValueError:  # a pattern, say, that its engine does not know
        return lambda value: False

    def fits(value: Any) -> bool:
        try:
            return is_valid(value)
        except (ValueError, RecursionError):  # a lone surrogate, say
            return False

    return fits
