"""When an accepted write becomes visible: Jira only says "eventually", so a test chooses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_remotelinks.site.write import Write


@dataclass(frozen=True)
class Immediate:
    """A write is visible at once. Convenient, and kinder than Jira."""

    def is_due(self, write: Write) -> bool:
        return True

    def __str__(self) -> str:
        return "immediate"


@dataclass(frozen=True)
class AfterReads:
    """A write stays hidden from the next ``reads`` reads that could have shown it.

    A read of a link's id counts for the writes of that link and for deletions
    by properties. Without any read, ``settle()`` lets the write arrive.
    """

    reads: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.reads, bool) or not isinstance(self.reads, int) or self.reads < 0:
            raise ValueError(f"after-reads takes a whole number of reads, 0 or more, not {self.reads!r}")

    def is_due(self, write: Write) -> bool:
        return write.missed_by >= self.reads

    def __str__(self) -> str:
        return f"after-reads:{self.reads}"


@dataclass(frozen=True)
class Manual:
    """A write stays hidden until the test calls ``settle()``."""

    def is_due(self, write: Write) -> bool:
        return False

    def __str__(self) -> str:
        return "manual"


Consistency = Immediate | AfterReads | Manual
DEFAULT: Consistency = AfterReads(1)


def parse_consistency(given: Consistency | str) -> Consistency:
    """The policy itself, or the one that a string such as ``after-reads:2`` names.

    Raises ValueError for anything else.
    """
    if isinstance(given, (Immediate, AfterReads, Manual)):
        return given
    if isinstance(given, str):
        name, colon, argument = given.strip().partition(":")
        if name == "immediate" and not colon:
            return Immediate()
        if name == "manual" and not colon:
            return Manual()
        if name == "after-reads" and not colon:
            return AfterReads()
        if name == "after-reads" and argument.isascii() and argument.isdigit() and len(argument) < 10:
            return AfterReads(int(argument))
    raise ValueError(f"consistency {given!r} is unknown; use 'immediate', 'after-reads:N' with a whole number N, or 'manual'")
