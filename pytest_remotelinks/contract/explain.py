"""Saying in plain words what a schema error means and what to change."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import ValidationError

_JSON_TYPES: dict[type, str] = {str: "a string", int: "an integer", float: "a number", bool: "a boolean", list: "a list", dict: "an object", type(None): "null"}
_TYPE_WORDS = {"string": "a string", "integer": "an integer", "number": "a number", "boolean": "a boolean", "array": "a list", "object": "an object"}


def deepest(error: ValidationError) -> list[ValidationError]:
    """The errors that say most: for a choice of schemas, those of the choice that was meant."""
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        return [error]
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(next(iter(inner.schema_path), None), []).append(inner)

    def distance(errors: list[ValidationError]) -> tuple[bool, int]:
        # A wrong name in an enum means that another choice was meant.
        return any(inner.validator == "enum" for inner in errors), len(errors)

    meant = min(branches.values(), key=distance)
    if distance(meant)[0]:
        allowed = [name for errors in branches.values() for inner in errors if inner.validator == "enum" for name in inner.validator_value]
        for inner in meant:
            if inner.validator == "enum":
                inner.validator_value = allowed
        meant = [inner for inner in meant if inner.validator == "enum"]
    return [found for inner in meant for found in deepest(inner)]


def explain(error: ValidationError) -> tuple[str, str]:
    """What is wrong, and what to change: two sentences without their place."""
    saying = _SAYINGS.get(str(error.validator))
    if saying is None:
        return f"does not fit the schema's '{error.validator}': {preview(error.validator_value)}", "see the contract document"
    return saying(error)


def preview(value: Any, limit: int = 80) -> str:
    """The value as JSON in ASCII, cut to a length in characters."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = ascii(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def json_type(value: Any) -> str:
    """The JSON type of a value, with its article."""
    for kind in (bool, *_JSON_TYPES):
        if isinstance(value, kind):
            return _JSON_TYPES[kind]
    return type(value).__name__


def _type(error: ValidationError) -> tuple[str, str]:
    wanted = _TYPE_WORDS.get(str(error.validator_value), str(error.validator_value))
    given = json_type(error.instance)
    message = f"is {given}, but must be {wanted}"
    if error.instance is None:
        return message, "leave the member out, or give it a value"
    if error.validator_value == "string" and isinstance(error.instance, (int, float)):
        return message, f"send it in quotes: {json.dumps(str(preview(error.instance)))}"
    return message, f"send {wanted}"


def _required(error: ValidationError) -> tuple[str, str]:
    missing = [name for name in error.validator_value if name not in error.instance and repr(name) in error.message]
    name = missing[0] if missing else error.message
    return f"lacks the member '{name}'", f"add '{name}'"


def _enum(error: ValidationError) -> tuple[str, str]:
    allowed = [str(value) for value in error.validator_value]
    near = difflib.get_close_matches(error.instance, allowed, n=1, cutoff=0.5) if isinstance(error.instance, str) else []
    hint = f"perhaps '{near[0]}' was meant; " if near else ""
    return f"{preview(error.instance)} is not among the allowed values", f"{hint}allowed: {', '.join(allowed)}"


def _max_length(error: ValidationError) -> tuple[str, str]:
    return f"is {len(error.instance)} characters long; at most {error.validator_value} are allowed", f"cut it to {error.validator_value} characters"


def _min_length(error: ValidationError) -> tuple[str, str]:
    return f"is {len(error.instance)} characters long; at least {error.validator_value} are needed", "send a longer text"


def _max_items(error: ValidationError) -> tuple[str, str]:
    return f"has {len(error.instance)} entries; at most {error.validator_value} are allowed", f"send {error.validator_value} or fewer"


def _min_items(error: ValidationError) -> tuple[str, str]:
    return f"has {len(error.instance)} entries; at least {error.validator_value} must be there", "add an entry, or leave the whole member out if it is optional"


def _max_properties(error: ValidationError) -> tuple[str, str]:
    return f"has {len(error.instance)} members; at most {error.validator_value} are allowed", f"keep {error.validator_value} of them"


def _pattern(error: ValidationError) -> tuple[str, str]:
    pattern = str(error.validator_value).removeprefix("(?a:").removesuffix(")").replace(r"\Z", "$")
    hint = f"send a value that matches {pattern}"
    if isinstance(error.instance, str) and error.instance != error.instance.strip():
        hint += "; strip the white space around it"
    elif "issueKeys" in str(error.parent.schema if error.parent else "") or r"-\d" in pattern:
        hint += ", such as ABC-123"
    return f"{preview(error.instance)} does not match the pattern", hint


_FORMAT_HINTS = {
    "uri": "send an absolute URI such as https://scanner.example/alerts/1, with other characters percent-encoded",
    "date-time": "send an RFC 3339 time with its zone, such as 2026-01-31T12:00:00Z; in Python: datetime.now(timezone.utc).isoformat()",
    "int64": "send an integer from -9223372036854775808 to 9223372036854775807",
}


def _format(error: ValidationError) -> tuple[str, str]:
    name = str(error.validator_value)
    return f"{preview(error.instance)} is no {name}", _FORMAT_HINTS.get(name, f"send a value of the format '{name}'")


_SAYINGS: dict[str, Callable[[ValidationError], tuple[str, str]]] = {
    "type": _type,
    "required": _required,
    "enum": _enum,
    "maxLength": _max_length,
    "minLength": _min_length,
    "maxItems": _max_items,
    "minItems": _min_items,
    "maxProperties": _max_properties,
    "pattern": _pattern,
    "format": _format,
}
