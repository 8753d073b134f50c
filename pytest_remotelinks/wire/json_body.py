"""JSON bodies: read strictly, with the repeated members that parsers usually drop; and pointers into them (RFC 6901)."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, NoReturn

from pytest_remotelinks.wire.redact import SecretBytes, secret_json


def pointer_to(path: Iterable[str | int]) -> str:
    """The pointer of a path of member names and indexes; the whole document's is empty."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def steps_of(pointer: str) -> tuple[str, ...]:
    """The steps of a JSON pointer; none for one that is empty or does not lead into a body."""
    if not pointer.startswith("/"):
        return ()
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


# How gzip and zstd begin, and how zlib does.
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x78\x01", b"\x78\x9c", b"\x78\xda")

#: Deeper nesting than this is refused, long before Python's own limit.
DEPTH_LIMIT = 200


class NotJSON(ValueError):
    """The body is not JSON; the message says why, ``hint`` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class _DuplicateMember(ValueError):
    pass


def _constant(name: str) -> NoReturn:
    raise NotJSON(f"{name} is not a JSON value", "send a number, a string or null; json.dumps(…, allow_nan=False) finds the place")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise NotJSON(f"the number {digits[:40]} is too large", "send a number that fits 64 bits")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _DuplicateMember
    return members


class _Repeating(dict[str, Any]):
    """An object that remembers which of its members were given more than once."""

    repeated: tuple[str, ...] = ()


def _last_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = _Repeating(pairs)
    if len(members) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        members.repeated = tuple(name for name in members if counts[name] > 1)
    return members


_strict = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_constant)
_lenient = json.JSONDecoder(object_pairs_hook=_last_wins, parse_float=_finite, parse_constant=_constant)


def decode(body: bytes) -> tuple[Any, list[str]]:
    """The body's value, and the pointers of members that appear more than once in their object.

    Of a repeated member the last one counts, as in most JSON parsers. Raises NotJSON.
    """
    if not body.strip():
        raise NotJSON("the body is empty", "send a JSON object")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        if body.startswith(_COMPRESSED):
            raise NotJSON("the body is compressed", "send the body uncompressed") from None
        raise NotJSON(f"byte {error.start} of the body is not UTF-8", "encode the body as UTF-8") from None
    if text.startswith("\ufeff"):
        raise NotJSON("the body starts with a byte order mark", "encode the body as 'utf-8', not 'utf-8-sig'")
    try:
        try:
            return _strict.decode(text), []
        except _DuplicateMember:
            value = _lenient.decode(text)
            require_shallow(value)
            return value, _repeated_members(value)
    except json.JSONDecodeError as error:
        raise NotJSON(
            f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}; "
            f"that is byte {len(text[: error.pos].encode())} of {len(body)}",
            "serialise the payload with a JSON library and send all of it: Content-Length must count bytes, not characters",
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except NotJSON:
        raise
    except ValueError:
        # Python refuses to read integers of many thousand digits.
        raise NotJSON("a number in the body has thousands of digits", "send a number that fits 64 bits") from None


def json_value(body: bytes) -> Any:
    """The body's JSON value, None if it is not JSON. In a body that contains secrets, they are ``Secret`` in the value too."""
    try:
        value, _ = decode(body)
        require_shallow(value)
    except NotJSON:
        return None
    return secret_json(value) if isinstance(body, SecretBytes) else value


def holds_more_values(value: Any, limit: int) -> bool:
    """Whether a JSON value holds more values than a limit, itself among them."""
    count, rest = 0, [value]
    while rest and count <= limit:
        part = rest.pop()
        count += 1
        if isinstance(part, dict):
            rest.extend(part.values())
        elif isinstance(part, list):
            rest.extend(part)
    return count > limit


def require_shallow(value: Any) -> None:
    """Raise NotJSON where lists and objects are nested deeper than DEPTH_LIMIT."""
    level = [value]
    for _ in range(DEPTH_LIMIT + 1):
        containers = (part for part in level if isinstance(part, (dict, list)))
        level = [inner for outer in containers for inner in (outer.values() if isinstance(outer, dict) else outer)]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> NotJSON:
    return NotJSON(f"lists and objects are nested more than {DEPTH_LIMIT} deep", "send the payload as documented; it needs a few levels")


def _repeated_members(value: Any) -> list[str]:
    found: list[str] = []

    def visit(part: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(part, dict):
            found.extend(pointer_to((*path, name)) for name in getattr(part, "repeated", ()))
            for name, inner in part.items():
                visit(inner, (*path, name))
        elif isinstance(part, list):
            for index, inner in enumerate(part):
                visit(inner, (*path, index))

    visit(value, ())
    return found
