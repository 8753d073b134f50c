"""Schema errors, and what they mean in words, with a hint."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_remotelinks.contract.near import meant
from pytest_remotelinks.contract.value_fix import value_fix
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.text import preview

if TYPE_CHECKING:
    from jsonschema import ValidationError

_JSON_TYPES: dict[type, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
_TYPE_WORDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "array": "a list",
    "object": "an object",
}


#: How much the lengths of two words differ at most of which one may be the other misspelled.
_LENGTHS = 2
_PLAIN_NAME = re.compile(r"[\w.:-]{1,60}")


@dataclass(frozen=True)
class SchemaError:
    """A value that does not fit: its place, the keyword that it violates, what that keyword wants, jsonschema's text, its schema."""

    path: tuple[str | int, ...]
    keyword: str
    wanted: Any
    found: Any
    text: str
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ParameterError:
    """A parameter that does not fit; ``location`` is path, query or header."""

    location: str
    name: str
    errors: tuple[SchemaError, ...]


def innermost(error: ValidationError) -> list[SchemaError]:
    """The most specific errors: for a choice of schemas, those of the alternative that was meant."""
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        schema = error.schema if isinstance(error.schema, Mapping) else {}
        place, keyword = tuple(error.absolute_path), str(error.validator)
        return [SchemaError(place, keyword, error.validator_value, error.instance, error.message, schema)]
    choices: dict[object, list[SchemaError]] = {}
    for inner in error.context:
        choices.setdefault(next(iter(inner.schema_path), None), []).extend(innermost(inner))
    # A wrong name in an enum means that another alternative was meant.
    fitting = [errors for errors in choices.values() if not any(found.keyword == "enum" for found in errors)]
    if fitting:
        return min(fitting, key=len)
    names = [found for errors in choices.values() for found in errors if found.keyword == "enum"]
    wanted = [name for found in names for name in found.wanted]
    first = replace(names[0], wanted=wanted, schema={**names[0].schema, "enum": wanted})
    # A misspelled name says which alternative was meant, and its other errors count.
    near = meant(first.found, (name for name in wanted if isinstance(name, str))) if isinstance(first.found, str) else None
    for errors in choices.values():
        if near and any(found.keyword == "enum" and near.name in found.wanted for found in errors):
            return [first, *(found for found in errors if found.keyword != "enum")]
    return [first]


def explain(error: SchemaError, subject: str) -> tuple[str, str | Fix]:
    """What is wrong with the subject, and what to change: a fix where the schema alone says what was meant."""
    saying = _SAYINGS.get(error.keyword)
    if saying is None:
        return f"{subject} does not fit the schema's '{error.keyword}': {preview(error.wanted)}", "see the contract document"
    message, advice = saying(error)
    return f"{subject} {message}", value_fix(error.keyword, error.schema, error.found) or advice


def subject_of(path: Sequence[str | int], whole: str) -> str:
    """What a sentence calls a part of a payload: ``displayName``, ``values[3]``; ``whole`` is the payload itself."""
    names = [index for index, step in enumerate(path) if isinstance(step, str)]
    if not names:
        return whole + "".join(f"[{step}]" for step in path)
    name = str(path[names[-1]])
    return (name if _PLAIN_NAME.fullmatch(name) else preview(name, 40)) + "".join(f"[{step}]" for step in path[names[-1] + 1 :])


def json_type(value: Any) -> str:
    """The JSON type of a value, with its article."""
    for kind in (bool, *_JSON_TYPES):
        if isinstance(value, kind):
            return _JSON_TYPES[kind]
    return type(value).__name__


def _type(error: SchemaError) -> tuple[str, str]:
    wanted = _TYPE_WORDS.get(str(error.wanted), str(error.wanted))
    given = json_type(error.found)
    message = f"is {given}, but must be {wanted}"
    if error.found is None:
        return message, "leave the member out, or give it a value"
    article = f"{wanted} such as {preview(error.schema['enum'][0])}" if error.schema.get("enum") else wanted
    return message, _FORMAT_HINTS.get(str(error.schema.get("format")), f"send {article}")


def missing_member(error: SchemaError) -> str:
    """The member that an error of ``required`` is about."""
    missing = [name for name in error.wanted if name not in error.found and repr(name) in error.text]
    return str(missing[0]) if missing else error.text


def _required(error: SchemaError) -> tuple[str, str]:
    name = missing_member(error)
    return f"lacks the member '{name}'", f"add '{name}'"


def _enum(error: SchemaError) -> tuple[str, str]:
    allowed = ", ".join(map(str, error.wanted))
    found = error.found if isinstance(error.found, str) else ""
    # A much longer or shorter word has the same letters by chance.
    similar = [value for value in error.wanted if isinstance(value, str) and abs(len(value) - len(found)) <= _LENGTHS]
    near = difflib.get_close_matches(found, similar, n=1, cutoff=0.7)
    hint = f"perhaps '{near[0]}' was meant; " if near else ""
    return f"{preview(error.found)} is not among the allowed values", f"{hint}allowed: {allowed}"


def _max_length(error: SchemaError) -> tuple[str, str]:
    return f"is {len(error.found)} characters long; at most {error.wanted} are allowed", _too_long(error)


def _too_long(error: SchemaError) -> str:
    if error.schema.get("format") == "uri":
        return f"send a URL of at most {error.wanted} characters that leads to the same page; a cut one leads elsewhere"
    return f"send a value of at most {error.wanted} characters; a cut one is another value"


def _min_length(error: SchemaError) -> tuple[str, str]:
    return f"is {len(error.found)} characters long; at least {error.wanted} are needed", "send a longer text"


def _max_items(error: SchemaError) -> tuple[str, str]:
    return f"has {len(error.found)} entries; at most {error.wanted} are allowed", f"send {error.wanted} or fewer"


def _min_items(error: SchemaError) -> tuple[str, str]:
    return (
        f"has {len(error.found)} entries; at least {error.wanted} must be there",
        "add an entry, or leave the whole member out if it is optional",
    )


def _max_properties(error: SchemaError) -> tuple[str, str]:
    return f"has {len(error.found)} members; at most {error.wanted} are allowed", f"keep {error.wanted} of them"


def _pattern(error: SchemaError) -> tuple[str, str]:
    pattern = str(error.wanted).removeprefix("(?a:").removesuffix(")").replace(r"\Z", "$")
    hint = f"send a value that matches {pattern}"
    if r"-\d" in pattern:
        hint += ", such as ABC-123"
    return f"{preview(error.found)} does not match the pattern", hint


def _additional(error: SchemaError) -> tuple[str, str]:
    # jsonschema's text names the members in two ways.
    match = re.search(r"\((.+) w(?:as|ere) unexpected\)$", error.text, re.DOTALL)
    names = match[1] if match else error.text.partition(" do")[0]
    return f"has members that are not allowed: {names[:200]}", "leave them out, or check their spelling"


_FORMAT_NAMES = {"uri": "URI", "date-time": "date and time"}
_FORMAT_HINTS = {
    "uri": "send an absolute URI such as https://scanner.example/alerts/1, with other characters percent-encoded",
    "date-time": "send an RFC 3339 time with its zone, such as 2026-01-31T12:00:00Z; in Python: datetime.now(timezone.utc).isoformat()",
    "int64": "send an integer from -9223372036854775808 to 9223372036854775807",
}


def _format(error: SchemaError) -> tuple[str, str]:
    name = str(error.wanted)
    message = f"{preview(error.found)} is not a valid {_FORMAT_NAMES.get(name, name)}"
    return message, _FORMAT_HINTS.get(name, f"send a value of the format '{name}'")


_SAYINGS: dict[str, Callable[[SchemaError], tuple[str, str]]] = {
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
    "additionalProperties": _additional,
}
