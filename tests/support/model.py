"""A model of a site's weather, simple enough to be believed: one list of what is under way, walked from its beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_remotelinks.jira.consistency import AfterReads, AfterSeconds, Immediate, Manual, PerOperation, Policy, Shuffled
from pytest_remotelinks.jira.write import Write

Stored = dict[str, tuple[int, str]]


@dataclass
class UnderWay:
    """A write that was accepted: what it is, when it came, and how often it was missed."""

    number: int
    kind: str
    id: str | None
    sequence: int
    account: str
    came_at: float
    came_after: int
    missed: int = 0
    again: bool = False


class Model:
    """What is stored and what is under way; ``now`` is moved by the test, in seconds."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.stored: Stored = {}
        self.under_way: list[UnderWay] = []
        self.come: list[UnderWay] = []
        self.now = 0.0
        self.answered = 0
        self.accepted = 0

    def accept(self, kind: str, id: str | None = None, sequence: int = 0, account: str = "") -> None:
        self.accepted += 1
        newcomer = UnderWay(0, kind, id, sequence, account, 0.0, 0)
        come = [write.number for write in self.come]
        self.under_way = [write for write in self.under_way if not (write.again and write.number in come and self.touch(write, newcomer))]
        write = UnderWay(self.accepted, kind, id, sequence, account, self.now, self.answered)
        self.under_way.append(write)
        policy = self.policy_of(write)
        if isinstance(policy, Shuffled) and policy.arrives_twice(self.as_write(write)):
            self.under_way.append(UnderWay(self.accepted, kind, id, sequence, account, self.now, self.answered, again=True))
        self.arrive()

    def read(self, id: str) -> tuple[int, str] | None:
        shown = self.stored.get(id)
        for write in self.under_way:
            if write.id in (id, None):
                write.missed += 1
        self.arrive()
        return shown

    def answer(self) -> None:
        self.answered += 1
        self.arrive()

    def settle(self) -> None:
        for write in sorted(self.under_way, key=self.turn):
            self.apply(write)
        self.under_way = []

    def arrive(self) -> None:
        """Let arrive what is due, and with it what it must not overtake."""
        arriving = [write for write in self.under_way if self.is_due(write)]
        grown = True
        while grown:
            before = [
                write
                for write in self.under_way
                if write not in arriving
                and any(
                    write.number < later.number and self.touch(write, later) and self.policy_of(write) == self.policy_of(later)
                    for later in arriving
                    if not isinstance(self.policy_of(later), Shuffled)
                )
            ]
            arriving += before
            grown = bool(before)
        for write in sorted(arriving, key=lambda write: (self.due_at(write), self.turn(write))):
            self.apply(write)
            self.under_way.remove(write)

    def due_at(self, write: UnderWay) -> float:
        """When time brings it; what something else brings, comes now."""
        policy = self.policy_of(write)
        return write.came_at + policy.seconds if isinstance(policy, AfterSeconds) else self.now

    def is_due(self, write: UnderWay) -> bool:
        match self.policy_of(write):
            case Immediate():
                return True
            case AfterReads(reads):
                return write.missed >= reads
            case AfterSeconds(seconds):
                return self.now - write.came_at >= seconds
            case Manual():
                return False
            case Shuffled():
                return self.answered >= self.turn(write)[0]
        raise AssertionError("a policy that the model does not know")

    def turn(self, write: UnderWay) -> tuple[float, float]:
        policy = self.policy_of(write)
        return policy.turn(self.as_write(write)) if isinstance(policy, Shuffled) else (write.came_after, write.number)

    def apply(self, write: UnderWay) -> None:
        self.come.append(write)
        match write.kind:
            case "submit":
                if write.id not in self.stored or self.stored[write.id][0] < write.sequence:
                    self.stored[str(write.id)] = (write.sequence, write.account)
            case "delete":
                self.stored.pop(str(write.id), None)
            case _:
                self.stored = {id: link for id, link in self.stored.items() if link[1] != write.account}

    def policy_of(self, write: UnderWay) -> Policy:
        return self.policy.of(write.kind) if isinstance(self.policy, PerOperation) else self.policy  # type: ignore[arg-type]

    @staticmethod
    def touch(one: UnderWay, other: UnderWay) -> bool:
        return one.id == other.id or one.id is None or other.id is None

    @staticmethod
    def as_write(write: UnderWay) -> Write:
        kind: Any = write.kind
        return Write(write.number, kind, write.id or "", accepted_after=write.came_after, is_repeat=write.again)
