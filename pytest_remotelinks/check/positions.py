"""Map paths of a JSON text to lines and columns."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from json import JSONDecoder
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
#: Strings are skipped; outside of them it matches numbers, and what Python reads as one.
_NUMBERS = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)', re.DOTALL)
_decode = JSONDecoder(strict=False).raw_decode

Path = tuple[str, ...]
#: By the next step of the wanted paths, the steps after it.
_Wanted = dict[str, Any]


def positions_in_json(text: str, paths: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """By path, line and column, from 1, of the value; of its nearest container if it is not there.

    ``text`` is valid JSON and is read once for all paths. The last one of
    duplicate members counts.
    """
    paths = list(paths)
    wanted: _Wanted = {}
    for path in paths:
        below = wanted
        for step in path:
            below = below.setdefault(step, {})
    found: _Wanted = {}
    start = _skip(text, 0)
    _find(text, start, wanted, found)
    lines = [index for index, character in enumerate(text) if character == "\n"] if len(paths) > 1 else None
    return {path: _place(text, _nearest(start, found, path), lines) for path in paths}


def number_not_in_json(text: str) -> tuple[int, int] | None:
    """Line and column of the first number that Python reads and JSON does not have, such as NaN."""
    for match in _NUMBERS.finditer(text):
        if match[1] and (match[1][-1] in "Ny" or float(match[1]) in (float("inf"), float("-inf"))):
            return line_and_column(text, match.start())
    return None


def line_and_column(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of a character."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _find(text: str, start: int, wanted: _Wanted, found: _Wanted) -> int:
    """Find the start of each wanted part of the value at ``start``, and return the end of the value."""
    closing = {"{": "}", "[": "]"}.get(text[start])
    if not wanted or closing is None:
        return _decode(text, start)[1]
    index = _skip(text, start + 1)
    number = 0
    while text[index] != closing:
        if closing == "}":
            name, index = _decode(text, index)
            index = _skip(text, _skip(text, index) + 1)  # past the colon
        else:
            name, number = str(number), number + 1
        if name in wanted:
            below: _Wanted = {}
            found[name] = index, below  # the last one of duplicate members stays
            index = _find(text, index, wanted[name], below)
        else:
            index = _decode(text, index)[1]
        index = _skip(text, index)
        if text[index] == ",":
            index = _skip(text, index + 1)
    return index + 1


def _nearest(start: int, found: _Wanted, path: Path) -> int:
    for step in path:
        if step not in found:
            break
        start, found = found[step]
    return start


def _place(text: str, index: int, lines: list[int] | None) -> tuple[int, int]:
    if lines is None:
        return line_and_column(text, index)
    number = bisect_left(lines, index)
    return number + 1, index - (lines[number - 1] if number else -1)


def _skip(text: str, index: int) -> int:
    match = _SPACE.match(text, index)
    return match.end() if match else index
