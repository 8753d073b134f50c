"""Consistency policies: when an accepted write becomes visible. Jira only says "eventually", so a test chooses."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, get_args

from pytest_remotelinks.jira.write import AcceptedWrite, Kind
from pytest_remotelinks.wire.text import counted


@dataclass(frozen=True)
class Moment:
    """A point in a site's time: seconds since the epoch on its clock, and how many requests it has answered."""

    now: float
    answered: int


class Policy:
    """When a write arrives, and which of several arrives first."""

    #: Whether writes arrive in the order in which they were accepted, wherever that order can matter.
    keeps_order = True
    #: Whether a read lets no more than one write arrive.
    arrives_singly = False

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies that this one consists of."""
        return (self,)

    def is_due(self, write: AcceptedWrite, moment: Moment) -> bool:
        """Whether the write arrives now."""
        raise NotImplementedError

    def may_arrive(self, write: AcceptedWrite, arrived: Iterable[AcceptedWrite]) -> bool:
        """Whether a read lets the write arrive, now that these others have arrived."""
        return True

    def order_key(self, write: AcceptedWrite) -> tuple[float, float]:
        """Of writes that arrive together, the one with the lowest key is the first; computed once, on acceptance."""
        return write.accepted_after, write.number

    def is_delivered_twice(self, write: AcceptedWrite) -> bool:
        """Whether the write is delivered a second time."""
        return False

    def due_at(self, write: AcceptedWrite) -> float | None:
        """The time on the site's clock at which the write arrives, None where time alone does not let it arrive."""
        return None

    def waits_for(self, write: AcceptedWrite, moment: Moment) -> str:
        """What lets a pending write arrive, in words."""
        return "fake_jira.settle()"

    def of(self, kind: Kind) -> Policy:
        """The policy for one kind of write."""
        return self


@dataclass(frozen=True)
class Immediate(Policy):
    """A write is visible at once. Convenient, and more than Jira promises."""

    def is_due(self, write: AcceptedWrite, moment: Moment) -> bool:
        return True

    def __str__(self) -> str:
        return "immediate"


@dataclass(frozen=True)
class AfterReads(Policy):
    """A write stays hidden from the next ``reads`` reads that could have shown it.

    A read of a link's id counts for the writes of that link and for deletions
    by properties. Without a read, ``settle()`` lets the write arrive.
    """

    reads: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.reads, bool) or not isinstance(self.reads, int) or self.reads < 0:
            raise ValueError(f"after-reads takes a whole number of reads, 0 or more, not {self.reads!r}")

    def is_due(self, write: AcceptedWrite, moment: Moment) -> bool:
        return write.reads_missed >= self.reads

    def waits_for(self, write: AcceptedWrite, moment: Moment) -> str:
        return f"{counted(self.reads - write.reads_missed, 'more read')} that could show it"

    def __str__(self) -> str:
        return f"after-reads:{self.reads}"


@dataclass(frozen=True)
class AfterSeconds(Policy):
    """A write stays hidden for ``seconds`` on the site's clock: real time, moved forward by ``advance()``."""

    seconds: float = 1.0

    def __post_init__(self) -> None:
        if isinstance(self.seconds, bool) or not isinstance(self.seconds, (int, float)) or not 0 <= self.seconds < float("inf"):
            raise ValueError(f"after-seconds takes a number of seconds, 0 or more, not {self.seconds!r}")

    def is_due(self, write: AcceptedWrite, moment: Moment) -> bool:
        return moment.now >= self.due_at(write)

    def due_at(self, write: AcceptedWrite) -> float:
        return write.accepted_at + self.seconds

    def waits_for(self, write: AcceptedWrite, moment: Moment) -> str:
        return f"{max(0.0, self.due_at(write) - moment.now):.1f} more seconds of the site's clock, or fake_jira.advance()"

    def __str__(self) -> str:
        return f"after-seconds:{self.seconds!r}".removesuffix(".0")


@dataclass(frozen=True)
class Manual(Policy):
    """A write stays hidden until the test calls ``settle()``."""

    def is_due(self, write: AcceptedWrite, moment: Moment) -> bool:
        return False

    def __str__(self) -> str:
        return "manual"


@dataclass(frozen=True)
class Shuffled(Policy):
    """Writes overtake each other, and some arrive twice: the worst that "eventually" allows.

    Each write waits for its own number of further requests to the site, up to
    ``SPREAD``; so a submission and a deletion of one id may cross. If one
    submission contains a link twice, the two keep their order, and nothing is
    delivered again after a write that was sent when it had arrived. Everything
    follows from the seed and the order of the requests; how late a write is
    also does not depend on what was written to other ids. Without a seed, one
    is drawn; a failing test prints it.
    """

    seed: int = field(default_factory=lambda: secrets.randbelow(10**6))

    keeps_order = False
    #: How many requests a write waits for at most; its second delivery waits for up to twice as many.
    SPREAD = 5
    #: How many of a hundred writes are delivered twice.
    REPEATED = 25

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"shuffled takes a whole number as its seed, 0 or more, not {self.seed!r}")

    def is_due(self, write: AcceptedWrite, moment: Moment) -> bool:
        return moment.answered >= write.order_key[0]

    def waits_for(self, write: AcceptedWrite, moment: Moment) -> str:
        return counted(int(write.order_key[0]) - moment.answered, "more request")

    def order_key(self, write: AcceptedWrite) -> tuple[float, float]:
        dice = self._dice(write)
        delay, tie = dice.randint(0, self.SPREAD), dice.random()
        if write.is_redelivery:
            delay += dice.randint(0, self.SPREAD)
        return write.accepted_after + 1 + delay, tie + write.is_redelivery

    def is_delivered_twice(self, write: AcceptedWrite) -> bool:
        return random.Random(f"twice {self._name(write)}").randrange(100) < self.REPEATED

    def _dice(self, write: AcceptedWrite) -> random.Random:
        # A redelivery starts with the delay of the first delivery.
        return random.Random(self._name(write))

    def _name(self, write: AcceptedWrite) -> str:
        # A text gives the same numbers in every process and on every machine, and this one whatever was written to other entities.
        return f"{self.seed} {write.kind} {write.id} {write.turn}"

    def __str__(self) -> str:
        return f"shuffled:{self.seed}"


@dataclass(frozen=True)
class PerOperation(Policy):
    """One policy for each kind of write. Writes under different policies may overtake each other."""

    submit: Policy
    delete: Policy
    delete_by_properties: Policy

    @property
    def policies(self) -> tuple[Policy, ...]:
        return self.submit, self.delete, self.delete_by_properties

    def of(self, kind: Kind) -> Policy:
        return {"submit": self.submit, "delete": self.delete, "delete-by-properties": self.delete_by_properties}[kind]

    def __str__(self) -> str:
        return f"submit={self.submit},delete={self.delete},delete-by-properties={self.delete_by_properties}"


DEFAULT: Policy = AfterReads(1)
_KINDS: tuple[Kind, ...] = get_args(Kind)
_USE = (
    "use 'immediate', 'after-reads:N', 'after-seconds:S', 'manual' or 'shuffled:SEED', "
    "or one for each of submit, delete and delete-by-properties"
)


def parse_consistency(given: Any) -> Policy:
    """The policy itself, or the one that is named.

    A text such as ``after-reads:2`` names one; a mapping such as
    ``{"submit": "after-reads:2", "delete": "manual"}``, or the text
    ``submit=after-reads:2,delete=manual``, names one for each kind of write;
    others have the default. Raises ValueError for anything else.
    """
    if isinstance(given, Policy):
        return given
    if isinstance(given, str) and "=" in given:
        pairs = [part.partition("=") for part in given.split(",")]
        given = {name.strip(): policy for name, _, policy in pairs}
    if isinstance(given, Mapping):
        for name in given:
            if name not in _KINDS:
                raise ValueError(f"consistency has no operation {name!r}; the operations are {', '.join(_KINDS)}")
        return PerOperation(*(_parse_one(given.get(kind, DEFAULT)) for kind in _KINDS))
    return _parse_one(given)


def _parse_one(given: Any) -> Policy:
    if isinstance(given, Policy) and not isinstance(given, PerOperation):
        return given
    if isinstance(given, str):
        name, colon, argument = given.strip().partition(":")
        count = int(argument) if argument.isascii() and argument.isdigit() and len(argument) < 30 else None
        if name == "immediate" and not colon:
            return Immediate()
        if name == "manual" and not colon:
            return Manual()
        if name == "after-reads" and (not colon or count is not None):
            return AfterReads() if count is None else AfterReads(count)
        if name == "after-seconds" and (not colon or _seconds(argument) is not None):
            return AfterSeconds(_seconds(argument) or 0.0) if colon else AfterSeconds()
        if name == "shuffled" and (not colon or count is not None):
            return Shuffled() if count is None else Shuffled(count)
    raise ValueError(f"consistency {given!r} is unknown; {_USE}")


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) and value >= 0 else None
