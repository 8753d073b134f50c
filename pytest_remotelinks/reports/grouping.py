"""One fault in many places is one entry of a report."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pytest_remotelinks.rules.violation import Violation

#: More members than this are counted, not named.
_NAMED = 10

_QUOTED_OR_NUMBER = re.compile(r"""\"(?:[^"\\]|\\.)*\"|"[^"]*…|'(?:[^'\\]|\\.)*'|\d+""")
_INDEX = re.compile(r"(?<=/)\d+(?=/|\Z)")
#: A member that is missing, or one too many: several of one object are named in one sentence.
_MEMBER = re.compile(r"\b((?:lacks the|has no) member)( )('(?:[^'\\]|\\.)*')")

_ADD = re.compile(r"add ('[^']*')")

Found = TypeVar("Found", bound=Violation)


@dataclass(frozen=True)
class Group(Generic[Found]):
    """Violations of one rule that differ only in their link, their request, and in what their message quotes."""

    violations: tuple[Found, ...]

    @property
    def first(self) -> Found:
        return self.violations[0]

    @property
    def place(self) -> str:
        """What the pointers have in common, with ``*`` for the indexes that differ."""
        pointers = [violation.pointer.split("/") for violation in self.violations]
        common = []
        for steps in zip(*pointers, strict=False):
            if len({*steps}) > 1 and not all(map(str.isdigit, steps)):
                break
            common.append(steps[0] if len({*steps}) == 1 else "*")
        return "/".join(common)

    @property
    def message(self) -> str:
        """The message of the first violation, with the names of all members that the others are about."""
        names = dict.fromkeys(match[3] for violation in self.violations if (match := _MEMBER.search(violation.message)))
        if len(names) < 2:
            return self.first.message
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return _MEMBER.sub(lambda match: f"{match[1]}s {', '.join([*names][:_NAMED])}{more}", self.first.message, count=1)

    @property
    def hint(self) -> str:
        """What to change in the first place."""
        same_object = (violation.hint for violation in self.violations if _object(violation) == _object(self.first))
        hints = [*dict.fromkeys(same_object)][:_NAMED]
        names = [match[1] for hint in hints if (match := _ADD.fullmatch(hint))]
        return f"add {', '.join(names)}" if len(names) == len(hints) else "; ".join(hints)


def grouped(violations: Iterable[Found]) -> list[Group[Found]]:
    """The violations as groups, in the order of their first ones."""
    groups: dict[tuple[str, ...], list[Found]] = {}
    for violation in violations:
        shape = _QUOTED_OR_NUMBER.sub("", violation.message)
        key = violation.code, violation.severity, _INDEX.sub("*", _object(violation)), shape
        groups.setdefault(key, []).append(violation)
    return [Group(tuple(found)) for found in groups.values()]


def _object(violation: Violation) -> str:
    """The pointer; of a member that the schema does not have, that of its object."""
    return violation.pointer.rpartition("/")[0] if "has no member" in violation.message else violation.pointer
