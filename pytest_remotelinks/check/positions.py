"""Map paths of a JSON text to lines and columns."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from json import JSONDecoder
from typing import Any, NamedTuple

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
    start = skip_space(text, 0)
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


def skip_space(text: str, index: int) -> int:
    """Where the white space at an index ends."""
    match = _SPACE.match(text, index)
    return match.end() if match else index


class Entry(NamedTuple):
    """One member of an object, or entry of a list: its name or index, and where name and value start and end.

    The name of a list's entry has no length and starts where the value does.
    """

    name: str
    name_start: int
    name_end: int
    start: int
    end: int


def entries_in_json(text: str, start: int) -> tuple[list[Entry], int]:
    """The entries of the object or list at ``start``, none for another value; and where the value ends."""
    closing = {"{": "}", "[": "]"}.get(text[start])
    if closing is None:
        return [], _decode(text, start)[1]
    entries: list[Entry] = []
    index = skip_space(text, start + 1)
    while text[index] != closing:
        name, name_start, name_end = str(len(entries)), index, index
        if closing == "}":
            name, name_end = _decode(text, index)
            index = skip_space(text, skip_space(text, name_end) + 1)  # past the colon
        _, end = _decode(text, index)
        entries.append(Entry(name, name_start, name_end, index, end))
        index = skip_space(text, end)
        if text[index] == ",":
            index = skip_space(text, index + 1)
    return entries, index + 1


def _find(text: str, start: int, wanted: _Wanted, found: _Wanted) -> None:
    """Find the start of each wanted part of the value at ``start``."""
    for entry in entries_in_json(text, start)[0]:
        if entry.name in wanted:
            below: _Wanted = {}
            found[entry.name] = entry.start, below  # the last one of duplicate members stays
            if wanted[entry.name]:
                _find(text, entry.start, wanted[entry.name], below)


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
