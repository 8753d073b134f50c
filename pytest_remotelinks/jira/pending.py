"""The site's clock, and the writes that Jira has accepted and not yet applied."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.consistency import Moment, Policy
from pytest_remotelinks.jira.store import Store
from pytest_remotelinks.jira.write import AcceptedWrite, Key


class Clock:
    """Gives seconds since the epoch; never runs backwards."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()

    def now(self) -> float:
        """The site's time, in seconds since the epoch."""
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the clock forward. Raises ValueError for a negative number."""
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"a clock can be moved forward by 0 seconds or more, not by {seconds!r}")
        self._ahead += seconds


class PendingWrites:
    """Accepted writes, and the order in which they have arrived so far.

    Under a policy that keeps the order, a write is preceded by all earlier ones
    of the same entity under that policy, and a deletion by properties, which
    may touch any entity, by all earlier ones. Between policies there is no order.
    """

    def __init__(self, store: Store, consistency: Policy, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.consistency = consistency
        #: The policy under which the writes so far arrived.
        self.arrived_under = consistency
        #: By policy, its writes in the order of their acceptance.
        self._queues: dict[Policy, list[AcceptedWrite]] = {}
        #: How many requests the site has answered.
        self._answered = 0
        self._accepted = 0
        #: Every write that has arrived, in that order; one that was delivered twice appears twice.
        self.arrivals: list[AcceptedWrite] = []

    def __iter__(self) -> Iterator[AcceptedWrite]:
        """The writes in the order of their acceptance."""
        return iter(sorted((write for queue in self._queues.values() for write in queue), key=lambda write: write.number))

    def accept(self, writes: Sequence[AcceptedWrite]) -> None:
        """Take writes of one kind, and set their numbers and when they were accepted."""
        if not writes:
            return
        policy, moment = self.consistency.of(writes[0].kind), self._moment()
        self._drop_redeliveries_before(writes)
        queue = self._queues.setdefault(policy, [])
        due = []
        for write in writes:
            self._accepted += 1
            write.number, write.accepted_at, write.accepted_after = self._accepted, moment.now, moment.answered
            for delivery in (write, replace(write, is_redelivery=True)) if policy.is_delivered_twice(write) else (write,):
                delivery.order_key = policy.order_key(delivery)
                queue.append(delivery)
                if policy.is_due(delivery, moment):
                    due.append(delivery)
        self._arrive(policy, due)

    def read(self, key: Key) -> None:
        """Count a read of the entity, after its answer was made."""
        moment = self._moment()
        for policy, queue in self._queues.items():
            due = []
            for write in queue:
                if write.may_concern(key):
                    write.reads_missed += 1
                    if policy.is_due(write, moment):
                        due.append(write)
            if due and policy.arrives_singly:
                arrived = {write.number for write in self.arrivals}
                due = [write for write in sorted(due, key=_order_key)[:1] if policy.may_arrive(write, arrived)]
            self._arrive(policy, due)

    def count_answer(self) -> None:
        """Count a request that was answered."""
        self._answered += 1
        self.arrive()

    def arrive(self) -> bool:
        """Apply the writes that are due by time or by the number of requests, in due order. Return whether there were any."""
        moment = self._moment()
        due: list[tuple[float, tuple[float, float], AcceptedWrite]] = []
        for policy, queue in self._queues.items():
            if queue and not policy.arrives_singly and (not policy.keeps_order or policy.due_at(queue[0]) is not None):
                arriving = [write for write in queue if policy.is_due(write, moment)]
                if arriving:
                    gone = set(map(id, arriving))
                    self._queues[policy] = [write for write in queue if id(write) not in gone]
                    due += [(policy.due_at(write) or moment.now, write.order_key, write) for write in arriving]
        for _, _, write in sorted(due, key=lambda one: one[:2]):
            self._apply(write)
        return bool(due)

    def next_due(self) -> float | None:
        """The time on the site's clock at which the next write arrives, None where time alone lets none arrive."""
        times = [policy.due_at(write) for policy, queue in self._queues.items() for write in queue[:1]]
        return min((time for time in times if time is not None), default=None)

    def in_order(self) -> list[AcceptedWrite]:
        """The writes in the order in which they would arrive together."""
        return sorted(self, key=_order_key)

    def settle(self) -> None:
        """Let every pending write arrive, in order."""
        writes = self.in_order()
        self._queues.clear()
        for write in writes:
            self._apply(write)

    def remove_app(self, app: str) -> None:
        """Drop the app's writes."""
        for policy, queue in self._queues.items():
            self._queues[policy] = [write for write in queue if write.app != app]

    def clear(self) -> None:
        """Start anew."""
        self._queues.clear()
        self.arrivals.clear()
        self.arrived_under = self.consistency
        self._accepted = self._answered = 0

    def _drop_redeliveries_before(self, writes: Sequence[AcceptedWrite]) -> None:
        """Deliver nothing again after a write that was sent when it had arrived: no provider could prevent that."""
        for policy, queue in self._queues.items():
            # A policy that keeps the order delivers nothing twice, and its queue may be long.
            if not policy.keeps_order and any(write.is_redelivery for write in queue):
                arrived = {write.number for write in self.arrivals}
                self._queues[policy] = [
                    write
                    for write in queue
                    if not (write.is_redelivery and write.number in arrived and any(write.may_touch(other) for other in writes))
                ]

    def _moment(self) -> Moment:
        return Moment(self._clock.now(), self._answered)

    def _apply(self, write: AcceptedWrite) -> None:
        self.arrivals.append(write)
        self._store.apply(write)

    def _arrive(self, policy: Policy, due: list[AcceptedWrite]) -> None:
        if not due:
            return
        queue = self._queues[policy]
        arriving = set(map(id, _with_predecessors(queue, due) if policy.keeps_order else due))
        self._queues[policy] = [write for write in queue if id(write) not in arriving]
        for write in sorted((write for write in queue if id(write) in arriving), key=_order_key):
            self._apply(write)


def _order_key(write: AcceptedWrite) -> tuple[float, float]:
    return write.order_key


def _with_predecessors(queue: list[AcceptedWrite], due: list[AcceptedWrite]) -> list[AcceptedWrite]:
    """The writes that are due, and those before them that one of them must not overtake."""
    found: list[AcceptedWrite] = []
    numbers = {write.number for write in due}
    #: By owner, the ids that a predecessor may have; None for any.
    ids: dict[tuple[str, str], set[Id] | None] = {}
    for write in reversed(queue):
        named = ids.get(write.owner, set())
        if write.number in numbers or named is None or write.id in named or (write.concerns_all and named):
            found.append(write)
            ids[write.owner] = None if write.concerns_all or named is None else {*named, write.id}
    return found
