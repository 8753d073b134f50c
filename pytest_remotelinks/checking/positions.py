"""Where in a JSON text the value stands that a path leads to."""

from __future__ import annotations

import re
from json import JSONDecoder

_SPACE = re.compile(r"[ \t\r\n]*")
_decode = JSONDecoder(strict=False).raw_decode


def position_in_json(text: str, path: tuple[str, ...]) -> tuple[int, int]:
    """Line and column, from 1, of the value; of its nearest container where it is not there.

    ``text`` is valid JSON. Of a member that stands more than once it is the
    last that counts.
    """
    start = _skip(text, 0)
    for step in path:
        found = _member(text, start, step) if text[start] == "{" else _entry(text, start, step) if text[start] == "[" else None
        if found is None:
            break
        start = found
    return line_and_column(text, start)


def line_and_column(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of a character."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _member(text: str, start: int, name: str) -> int | None:
    found = None
    index = _skip(text, start + 1)
    while text[index] != "}":
        key, index = _decode(text, index)
        index = _skip(text, _skip(text, index) + 1)  # past the colon
        if key == name:
            found = index
        index = _next(text, _decode(text, index)[1])
    return found


def _entry(text: str, start: int, number: str) -> int | None:
    index = _skip(text, start + 1)
    position = 0
    while text[index] != "]":
        if str(position) == number:
            return index
        index = _next(text, _decode(text, index)[1])
        position += 1
    return None


def _next(text: str, index: int) -> int:
    """From the end of one member to the beginning of the next, or to the closing bracket."""
    index = _skip(text, index)
    return _skip(text, index + 1) if text[index] == "," else index


def _skip(text: str, index: int) -> int:
    match = _SPACE.match(text, index)
    return match.end() if match else index
