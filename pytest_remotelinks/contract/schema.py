"""Read a schema: its properties, items, alternatives, pattern and format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import jsonschema_rs

#: Keywords of a choice between schemas.
CHOICES = ("anyOf", "oneOf")


def shapes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema and every part of it that can describe the same value."""
    yield schema
    for keyword in CHOICES:
        for part in schema.get(keyword, ()):
            yield from shapes(part)


def member_schema(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of one member of an object, empty where it has none."""
    found: dict[str, Any] = schema.get("properties", {}).get(name, {})
    return found


def items_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a list's entries, empty where it has none."""
    found: dict[str, Any] = schema.get("items", {})
    return found


def schema_at(schema: dict[str, Any], path: Iterable[str | int]) -> dict[str, Any]:
    """The schema of the part of a value at a path; a choice if several parts of the schema describe it, empty if none does."""
    for step in path:
        stated = list(shapes(schema))
        if isinstance(step, int):
            found = [shape["items"] for shape in stated if "items" in shape]
        else:
            found = [shape["properties"][step] for shape in stated if step in shape.get("properties", ())]
            others = (shape.get("additionalProperties") for shape in stated)
            found = found or [other for other in others if isinstance(other, dict)]
        schema = any_of(found)
    return schema


def any_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """The schema of what fits one of the schemas."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def members_of(schema: dict[str, Any]) -> dict[str, None]:
    """The members that an object's schema names, in their order."""
    return {name: None for shape in shapes(schema) for name in shape.get("properties", ())}


def required_of(schema: dict[str, Any]) -> set[str]:
    """The members that an object's schema, or one of its alternatives, requires."""
    return {name for shape in shapes(schema) for name in shape.get("required", ())}


def objects_of(schema: dict[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, None]]]:
    """Each object that a schema describes: its place, with ``*`` for the entries of a list, and its members."""
    for shape in shapes(schema):
        if "properties" in shape:
            yield place, members_of(shape)
        for name, inner in shape.get("properties", {}).items():
            yield from objects_of(inner, (*place, name))
        if "items" in shape:
            yield from objects_of(shape["items"], (*place, "*"))


def alternatives(schema: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The alternatives of a schema; the schema itself where it offers no choice."""
    choices: list[list[dict[str, Any]]] = [schema[keyword] for keyword in CHOICES if keyword in schema]
    longest = max(choices, key=len, default=[schema])
    return tuple(longest)


def python_pattern(pattern: str) -> str:
    """The published (ECMA-262) pattern with the same meaning in Python.

    In ECMA-262 ``$`` is only the very end, and ``\\w`` and ``\\d`` are ASCII.
    """
    # A "$" outside a character class and not escaped is the anchor.
    anchored = re.sub(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$", lambda match: match[1] or r"\Z", pattern, flags=re.DOTALL)
    return f"(?a:{anchored})"


def is_uri(value: object) -> bool:
    """Whether a string is an absolute URI by RFC 3986; a format says nothing about other values."""
    return _is_of_format("uri", value)


def is_uri_reference(value: object) -> bool:
    """Whether a string is a URI reference by RFC 3986: an absolute URI, or a relative one."""
    return _is_of_format("uri-reference", value)


def is_date_time(value: object) -> bool:
    """Whether a string is a date-time by RFC 3339, leap seconds and the year 0 included."""
    return _is_of_format("date-time", value)


def _is_of_format(name: str, value: object) -> bool:
    try:
        return not isinstance(value, str) or _format(name).is_valid(value)
    except ValueError:  # a lone surrogate
        return False


@cache
def _format(name: str) -> jsonschema_rs.Draft7Validator:
    # openapi-core's own checks refuse leap seconds and the year 0, and let a newline pass at the end.
    return jsonschema_rs.Draft7Validator({"format": name}, validate_formats=True)
