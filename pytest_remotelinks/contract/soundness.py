"""Whether the schemas of a document can be judged by: found out when it is loaded, not when a request comes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

_TYPES = ("string", "integer", "number", "boolean", "array", "object")


def python_pattern(pattern: str) -> str:
    """The published (ECMA-262) pattern with the same meaning in Python.

    In ECMA-262 ``$`` is only the very end, and ``\\w`` and ``\\d`` are ASCII.
    """
    # A "$" outside a character class and not escaped is the anchor.
    anchored = re.sub(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$", lambda match: match[1] or r"\Z", pattern, flags=re.DOTALL)
    return f"(?a:{anchored})"


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(python_pattern(value))
    except (re.error, TypeError, RecursionError, OverflowError):
        return False
    return True


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _are_schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_type(value: Any) -> bool:
    return isinstance(value, str) and value in _TYPES


_WANTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "type": (_is_type, f"one of {', '.join(_TYPES)}"),
    "properties": (lambda value: isinstance(value, dict), "an object of schemas"),
    "required": (_are_names, "a list of names"),
    "enum": (lambda value: isinstance(value, list) and bool(value), "a list of values"),
    "pattern": (_is_pattern, "a regular expression that Python can read too"),
    "format": (lambda value: isinstance(value, str), "a text"),
    "nullable": (lambda value: isinstance(value, bool), "true or false"),
    "uniqueItems": (lambda value: isinstance(value, bool), "true or false"),
    "minimum": (_is_number, "a number"),
    "maximum": (_is_number, "a number"),
    "multipleOf": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    "exclusiveMinimum": (lambda value: isinstance(value, bool), "true or false"),
    "exclusiveMaximum": (lambda value: isinstance(value, bool), "true or false"),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), (_is_count, "a whole number, 0 or more")
    ),
    **dict.fromkeys(("anyOf", "oneOf", "allOf"), (_are_schemas, "a list of schemas")),
}


def unsound_parts(schema: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What cannot be used in a schema without references: the path of each part, and what should stand there."""
    if not isinstance(schema, dict):
        yield path, "a schema, which is an object"
        return
    for keyword, value in schema.items():
        is_right, wanted = _WANTED.get(keyword, (None, ""))
        if is_right is not None and not is_right(value):
            yield (*path, keyword), wanted
        elif keyword == "properties":
            for name, inner in value.items():
                yield from unsound_parts(inner, (*path, keyword, name))
        elif keyword in ("anyOf", "oneOf", "allOf"):
            for index, inner in enumerate(value):
                yield from unsound_parts(inner, (*path, keyword, index))
        elif keyword in ("items", "not") or (keyword == "additionalProperties" and not isinstance(value, bool)):
            yield from unsound_parts(value, (*path, keyword))
