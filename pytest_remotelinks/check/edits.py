"""Apply fixes to JSON text. All that they don't change stays as it is: layout, order, numbers and duplicate members."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pytest_remotelinks.check.diff import Kept
from pytest_remotelinks.check.positions import Entry, entries_in_json, skip_space
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.json_body import steps_of


class _Edit(NamedTuple):
    """The characters from ``start`` to ``end``, and the text that replaces them."""

    start: int
    end: int
    text: str


class _Place(NamedTuple):
    """One entry of an object or list, and the entries around it."""

    entry: Entry
    before: Entry | None
    after: Entry | None
    #: Where the container's content starts and ends.
    content: tuple[int, int]


def edited(text: str, fixes: Iterable[Fix]) -> tuple[str, Kept]:
    """The JSON text after the fixes that apply to it, and which of its lines were there before.

    Of fixes that overlap, the later ones are left for another time. A fix of a
    member that its object has more than once does not apply, since it could lose
    one of them.
    """
    source = _Source(text)
    edits = []
    done = 0
    for edit in sorted({edit for fix in fixes if (edit := source.edit(fix)) is not None}):
        if edit.start >= done:
            edits.append(edit)
            done = edit.end
    parts, done = [], 0
    for start, end, new in edits:
        parts += [text[done:start], new]
        done = end
    return "".join([*parts, text[done:]]), _kept(text, edits)


def _kept(text: str, edits: Iterable[_Edit]) -> Kept:
    starts = [0, *(index + 1 for index, character in enumerate(text) if character == "\n")]
    kept: list[int | None] = []
    following = 0
    for start, end, new in edits:
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, end) - 1
        if first >= following:
            kept += [*range(following, first), None]
        kept += [None] * (last - max(first, following - 1) + new.count("\n") - text.count("\n", start, end))
        following = last + 1
    return [*kept, *range(following, len(starts))]


class _Source:
    """A JSON text, each of whose containers is read once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._read: dict[int, tuple[list[Entry], dict[str, list[int]], int]] = {}

    def edit(self, fix: Fix) -> _Edit | None:
        """The edit that a fix is, None if it does not apply."""
        place = self._find(steps_of(fix.pointer))
        return _EDITS[fix.action](self._text, place, fix) if place is not None else None

    def _find(self, steps: tuple[str, ...]) -> _Place | None:
        start = skip_space(self._text, 0)
        end = self._entries(start)[2]
        place = _Place(Entry("", start, start, start, end), None, None, (start, end))
        for step in steps:
            entries, by_name, end = self._entries(place.entry.start)
            if len(by_name.get(step, ())) != 1:
                return None
            (index,) = by_name[step]
            before = entries[index - 1] if index else None
            after = entries[index + 1] if index + 1 < len(entries) else None
            place = _Place(entries[index], before, after, (place.entry.start + 1, end - 1))
        return place

    def _entries(self, start: int) -> tuple[list[Entry], dict[str, list[int]], int]:
        if start not in self._read:
            entries, end = entries_in_json(self._text, start)
            by_name: dict[str, list[int]] = {}
            for index, entry in enumerate(entries):
                by_name.setdefault(entry.name, []).append(index)
            self._read[start] = entries, by_name, end
        return self._read[start]


def _set(text: str, place: _Place, fix: Fix) -> _Edit | None:
    return _Edit(place.entry.start, place.entry.end, json.dumps(fix.value))


def _text(text: str, place: _Place, fix: Fix) -> _Edit | None:
    """The string cut or stripped; what is not ASCII in the file stays so."""
    written = text[place.entry.start : place.entry.end]
    value = json.loads(written, strict=False)
    if not isinstance(value, str):
        return None
    new = value.strip() if fix.action == "strip" else value[: fix.value]
    # A lone surrogate can only be written as an escape.
    is_plain = written.isascii() or any("\ud800" <= character <= "\udfff" for character in new)
    return _Edit(place.entry.start, place.entry.end, json.dumps(new, ensure_ascii=is_plain))


def _rename(text: str, place: _Place, fix: Fix) -> _Edit | None:
    entry = place.entry
    return _Edit(entry.name_start, entry.name_end, json.dumps(fix.value)) if entry.name_end > entry.name_start else None


def _remove(text: str, place: _Place, fix: Fix) -> _Edit | None:
    if place.after is not None:
        return _Edit(place.entry.name_start, place.after.name_start, "")
    if place.before is not None:
        return _Edit(place.before.end, place.entry.end, "")
    return _Edit(*place.content, "")


def _wrap(text: str, place: _Place, fix: Fix) -> _Edit | None:
    value = text[place.entry.start : place.entry.end]
    inner = value if fix.value is not None and value.startswith("[") else f"[{value}]"
    return _Edit(place.entry.start, place.entry.end, inner if fix.value is None else f"{{{json.dumps(fix.value)}: {inner}}}")


_EDITS: dict[str, Callable[[str, _Place, Fix], _Edit | None]] = {
    "set": _set,
    "truncate": _text,
    "strip": _text,
    "rename": _rename,
    "remove": _remove,
    "wrap": _wrap,
}
