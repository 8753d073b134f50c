"""Whether the operations of a document can be judged by: found out when it is loaded, not when a request comes."""

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
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -1e300 < value < 1e300


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
    **dict.fromkeys(("nullable", "uniqueItems", "readOnly", "writeOnly"), (lambda value: isinstance(value, bool), "true or false")),
    "minimum": (_is_number, "a number"),
    "maximum": (_is_number, "a number"),
    "multipleOf": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    "exclusiveMinimum": (lambda value: isinstance(value, bool), "true or false"),
    "exclusiveMaximum": (lambda value: isinstance(value, bool), "true or false"),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), (_is_count, "a whole number, 0 or more")
    ),
    **dict.fromkeys(("anyOf", "oneOf"), (_are_schemas, "a list of schemas")),
    "allOf": (lambda value: False, "no allOf: no published document has one, so it is not supported; write its parts as one schema"),
}


#: The path of a part, and what should stand there.
Unsound = tuple[tuple[str | int, ...], str]

_STYLES = ("matrix", "label", "form", "simple", "spaceDelimited", "pipeDelimited", "deepObject")
_PARAMETER: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (lambda value: isinstance(value, str) and bool(value), "the parameter's name"),
    "in": (lambda value: value in ("path", "query", "header", "cookie"), "one of path, query, header, cookie"),
    "style": (lambda value: value in _STYLES, f"one of {', '.join(_STYLES)}"),
    **dict.fromkeys(
        ("required", "deprecated", "explode", "allowReserved", "allowEmptyValue"), (lambda value: isinstance(value, bool), "true or false")
    ),
}


def unsound_parts(described: dict[str, Any]) -> Iterator[Unsound]:
    """What cannot be used in an operation object without references."""
    for index, parameter in enumerate(described["parameters"]):
        for member, (is_right, wanted) in _PARAMETER.items():
            if (member in parameter or member in ("name", "in")) and not is_right(parameter.get(member)):
                yield ("parameters", index, member), wanted
        yield from _unsound_schema(parameter.get("schema", {}), ("parameters", index, "schema"))
        if "content" in parameter and (not isinstance(parameter["content"], dict) or len(parameter["content"]) != 1):
            yield ("parameters", index, "content"), "an object of one media type"
        yield from _unsound_content(parameter, ("parameters", index))
    body = described.get("requestBody", {})
    if not isinstance(body, dict) or not isinstance(body.get("required", False), bool):
        yield ("requestBody",), "an object whose 'required' is true or false"
    else:
        yield from _unsound_content(body, ("requestBody",))
    responses = described.get("responses")
    if not isinstance(responses, dict) or not all(isinstance(response, dict) for response in responses.values()):
        yield ("responses",), "an object of responses"
    else:
        for status, response in responses.items():
            yield from _unsound_content(response, ("responses", str(status)))


def _unsound_content(holder: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Unsound]:
    content = holder.get("content", {})
    if not isinstance(content, dict) or not all(isinstance(media, dict) for media in content.values()):
        yield (*path, "content"), "an object of media types"
        return
    for name, media in content.items():
        yield from _unsound_schema(media.get("schema", {}), (*path, "content", name, "schema"))


def _unsound_schema(schema: Any, path: tuple[str | int, ...]) -> Iterator[Unsound]:
    if not isinstance(schema, dict):
        yield path, "a schema, which is an object"
        return
    for keyword, value in schema.items():
        is_right, wanted = _WANTED.get(keyword, (None, ""))
        if is_right is not None and not is_right(value):
            yield (*path, keyword), wanted
        elif keyword == "properties":
            for name, inner in value.items():
                yield from _unsound_schema(inner, (*path, keyword, name))
        elif keyword in ("anyOf", "oneOf"):
            for index, inner in enumerate(value):
                yield from _unsound_schema(inner, (*path, keyword, index))
        elif keyword in ("items", "not") or (keyword == "additionalProperties" and not isinstance(value, bool)):
            yield from _unsound_schema(value, (*path, keyword))
