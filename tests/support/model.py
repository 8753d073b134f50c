"""A simple model of delayed writes: one list of pending writes, searched from its beginning."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.jira.consistency import AfterReads, AfterSeconds, Immediate, Manual, PerOperation, Policy, Shuffled
from pytest_remotelinks.jira.write import AcceptedWrite

Stored = dict[str, tuple[int, str]]


@dataclass
class PendingWrite:
    """An accepted write: what it is, when it was accepted, and how many reads it missed."""

    number: int
    kind: str
    id: str | None
    sequence: int
    account: str
    accepted_at: float
    accepted_after: int
    turn: int = 0
    missed: int = 0
    again: bool = False


class Model:
    """What is stored and what is pending; ``now`` is moved by the test, in seconds."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.stored: Stored = {}
        self.pending: list[PendingWrite] = []
        self.arrived: list[PendingWrite] = []
        self.now = 0.0
        self.answered = 0
        self.accepted = 0
        #: By id, how many writes there were; by None, how many deletions by properties.
        self.turns: Counter[str | None] = Counter()

    def accept(self, kind: str, id: str | None = None, sequence: int = 0, account: str = "") -> None:
        self.accepted += 1
        newcomer = PendingWrite(0, kind, id, sequence, account, 0.0, 0)
        arrived = [write.number for write in self.arrived]
        self.pending = [write for write in self.pending if not (write.again and write.number in arrived and self.touch(write, newcomer))]
        write = PendingWrite(self.accepted, kind, id, sequence, account, self.now, self.answered, self.turns[id])
        self.turns[id] += 1
        self.pending.append(write)
        policy = self.policy_of(write)
        if isinstance(policy, Shuffled) and policy.is_delivered_twice(self.as_write(write)):
            self.pending.append(replace(write, again=True))
        self.arrive()

    def read(self, id: str) -> tuple[int, str] | None:
        shown = self.stored.get(id)
        for write in self.pending:
            if write.id in (id, None):
                write.missed += 1
        self.arrive()
        return shown

    def answer(self) -> None:
        self.answered += 1
        self.arrive()

    def settle(self) -> None:
        for write in sorted(self.pending, key=self.order_key):
            self.apply(write)
        self.pending = []

    def arrive(self) -> None:
        """Let writes arrive that are due, and with each those that it must not overtake."""
        arriving = [write for write in self.pending if self.is_due(write)]
        grown = True
        while grown:
            before = [
                write
                for write in self.pending
                if write not in arriving
                and any(
                    write.number < later.number and self.touch(write, later) and self.policy_of(write) == self.policy_of(later)
                    for later in arriving
                    if not isinstance(self.policy_of(later), Shuffled)
                )
            ]
            arriving += before
            grown = bool(before)
        for write in sorted(arriving, key=lambda write: (self.due_at(write), self.order_key(write))):
            self.apply(write)
            self.pending.remove(write)

    def due_at(self, write: PendingWrite) -> float:
        """When time lets it arrive; everything else arrives now."""
        policy = self.policy_of(write)
        return write.accepted_at + policy.seconds if isinstance(policy, AfterSeconds) else self.now

    def is_due(self, write: PendingWrite) -> bool:
        match self.policy_of(write):
            case Immediate():
                return True
            case AfterReads(reads):
                return write.missed >= reads
            case AfterSeconds(seconds):
                return self.now - write.accepted_at >= seconds
            case Manual():
                return False
            case Shuffled():
                return self.answered >= self.order_key(write)[0]
        raise AssertionError("a policy that the model does not know")

    def order_key(self, write: PendingWrite) -> tuple[float, float]:
        policy = self.policy_of(write)
        return policy.order_key(self.as_write(write)) if isinstance(policy, Shuffled) else (write.accepted_after, write.number)

    def apply(self, write: PendingWrite) -> None:
        self.arrived.append(write)
        match write.kind:
            case "submit":
                if write.id not in self.stored or self.stored[write.id][0] < write.sequence:
                    self.stored[str(write.id)] = (write.sequence, write.account)
            case "delete":
                self.stored.pop(str(write.id), None)
            case _:
                self.stored = {id: link for id, link in self.stored.items() if link[1] != write.account}

    def policy_of(self, write: PendingWrite) -> Policy:
        return self.policy.of(write.kind) if isinstance(self.policy, PerOperation) else self.policy  # type: ignore[arg-type]

    @staticmethod
    def touch(one: PendingWrite, other: PendingWrite) -> bool:
        return one.id == other.id or one.id is None or other.id is None

    @staticmethod
    def as_write(write: PendingWrite) -> AcceptedWrite:
        kind: Any = write.kind
        return AcceptedWrite(
            REMOTE_LINKS,
            kind,
            id=write.id or "",
            number=write.number,
            turn=write.turn,
            accepted_after=write.accepted_after,
            is_redelivery=write.again,
        )
