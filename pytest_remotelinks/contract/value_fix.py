"""The mechanical fix of a value that does not fit its schema, where the schema alone says what was meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from pytest_remotelinks.contract.near import meant
from pytest_remotelinks.contract.schema import is_date_time, is_uri, is_uri_reference
from pytest_remotelinks.wire.fix import Fix

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?) ?(?:([Zz])|([+-][0-9]{2}):?([0-9]{2}))")
_SURROGATE = re.compile("[\ud800-\udfff]")
#: Whole numbers up to here are exact as floats.
_EXACT = 2**53
#: Keywords of a simple value's schema that ``fits`` knows; by any other one nothing fits.
_KNOWN = {"type", "enum", "minLength", "maxLength", "pattern", "format", "title", "description", "default", "example"}


def value_fix(keyword: str, schema: Mapping[str, Any], value: Any) -> Fix | None:
    """The fix of a value that violates a keyword of its schema; None if the provider must decide.

    A fixed value violates no other keyword of the schema.
    """
    if isinstance(value, str) and value != value.strip() and fits(schema, value.strip()):
        return Fix("strip", safe=True)
    candidates = _CANDIDATES.get(keyword)
    found = [] if candidates is None else [fix for fix in candidates(schema, value) if fits(schema, fix.value)]
    return found[0] if len(found) == 1 else None


def fits(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a string or an integer fits the schema of a simple value; False in doubt."""
    if schema.keys() - _KNOWN or ("enum" in schema and value not in schema["enum"]):
        return False
    if schema.get("type") == "integer":
        bits = {"int32": 31, "int64": 63}.get(schema.get("format", "int64"), 0)
        return isinstance(value, int) and not isinstance(value, bool) and -(1 << bits) <= value < 1 << bits
    return (
        schema.get("type") == "string"
        and isinstance(value, str)
        and schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        and ("pattern" not in schema or re.search(schema["pattern"], value) is not None)
        and ("format" not in schema or (schema["format"] in _FORMATS and _FORMATS[schema["format"]](value)))
    )


_FORMATS: dict[str, Callable[[str], bool]] = {"uri": is_uri, "date-time": is_date_time, "uri-reference": is_uri_reference}


def _of_type(schema: Mapping[str, Any], value: Any) -> Iterator[Fix]:
    """A number in quotes, or a text without them, if nothing of it is lost."""
    if schema.get("type") == "string" and not isinstance(value, bool):
        # "1.0" is a version; other texts of floats need not be what was meant.
        if isinstance(value, int) or (isinstance(value, float) and "enum" in schema):
            yield Fix("set", str(value), safe=True)
    elif schema.get("type") == "integer":
        is_whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
        if is_whole or (isinstance(value, str) and _INTEGER.fullmatch(value.strip())):
            yield Fix("set", int(value), safe=True)


def _of_enum(schema: Mapping[str, Any], value: Any) -> Iterator[Fix]:
    allowed = schema.get("enum", ())
    note = f"allowed: {', '.join(map(str, allowed))}"
    if isinstance(value, str) and (found := meant(value, (name for name in allowed if isinstance(name, str)))):
        yield Fix("set", found.name, safe=found.certain, note=note)
    elif isinstance(value, float) and str(value) in allowed:
        yield Fix("set", str(value), safe=True, note=note)
    elif len(allowed) == 1:
        yield Fix("set", allowed[0], note="nothing else is allowed")


def _of_format(schema: Mapping[str, Any], value: Any) -> Iterator[Fix]:
    if not isinstance(value, str):
        return
    text = value.strip()
    if schema.get("format") == "uri":
        scheme, colon, rest = text.partition("://")
        host = re.match(r"[^/?#]*", rest)
        # An address with spaces or letters beyond ASCII is written this way (RFC 3987, section 3.1), but not its host.
        if colon and host and host[0].isascii() and " " not in host[0] and not _SURROGATE.search(rest):
            encoded = "".join(quote(one, safe="") if one == " " or not one.isascii() else one for one in rest)
            yield Fix("set", f"{scheme}://{encoded}", safe=True)
    elif match := _TIME.fullmatch(text):
        zone = "Z" if match[3] else f"{match[4]}:{match[5]}"
        yield Fix("set", f"{match[1]}T{match[2]}{zone}", safe=True)


_CANDIDATES: dict[str, Callable[[Mapping[str, Any], Any], Iterator[Fix]]] = {
    "type": _of_type,
    "enum": _of_enum,
    "format": _of_format,
}
