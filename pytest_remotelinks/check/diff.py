"""A unified diff of a text that was edited. Which lines stayed is known, so that a long text takes no longer than a short one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

#: For each line of the new text, the number of the same line in the old one; None for a line that is new.
Kept = Sequence[int | None]

_CONTEXT = 3
_Opcode = tuple[Literal["replace", "delete", "insert", "equal"], int, int, int, int]


class _Known(SequenceMatcher[str]):
    """Groups known opcodes. To find them would take minutes for thousands of changes."""

    def __init__(self, opcodes: Iterable[_Opcode]) -> None:
        super().__init__(None, "", "")
        self._known = list(opcodes)

    def get_opcodes(self) -> list[_Opcode]:
        return self._known


def unified_diff(name: str, before: str, after: str, kept: Kept) -> str:
    """The diff in the format that ``patch -p0`` reads, empty if nothing changed."""
    if before == after:
        return ""
    old, new = lines_of(before), lines_of(after)
    parts = [f"--- {name}\n+++ {name}\n"]
    for group in _Known(_opcodes(kept, len(old), len(new))).get_grouped_opcodes(_CONTEXT):
        (_, old_start, _, new_start, _), (_, _, old_end, _, new_end) = group[0], group[-1]
        parts.append(f"@@ -{_range(old_start, old_end)} +{_range(new_start, new_end)} @@\n")
        for tag, first, last, new_first, new_last in group:
            if tag == "equal":
                parts += [_line(" ", line) for line in old[first:last]]
            else:
                parts += [_line("-", line) for line in old[first:last]] + [_line("+", line) for line in new[new_first:new_last]]
    return "".join(parts)


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends; only a newline ends one."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [lines[-1]] * bool(lines[-1])


def _opcodes(kept: Kept, old_count: int, new_count: int) -> Iterator[_Opcode]:
    old = new = 0
    while old < old_count or new < new_count:
        old_start, new_start = old, new
        while new < new_count and kept[new] == old:
            old, new = old + 1, new + 1
        if new > new_start:
            yield "equal", old_start, old, new_start, new
            continue
        while new < new_count and kept[new] is None:
            new += 1
        following = kept[new] if new < new_count else None
        old = old_count if following is None else following
        if new == new_start:
            yield "delete", old_start, old, new_start, new
        else:
            yield "replace" if old > old_start else "insert", old_start, old, new_start, new


def _range(start: int, end: int) -> str:
    count = end - start
    return str(start + 1) if count == 1 else f"{start + 1 if count else start},{count}"


def _line(sign: str, line: str) -> str:
    return sign + line if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"
