"""The site's clock, and the writes that Jira has accepted and not yet applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.consistency import Moment, Policy
from pytest_remotelinks.jira.store import Store
from pytest_remotelinks.jira.write import AcceptedWrite, Key
from pytest_remotelinks.wire.times import real_time, steady


class Clock:
    """Gives seconds since the epoch; never runs backwards."""

    def __init__(self) -> None:
        self._ahead = real_time() - steady()

    def now(self) -> float:
        """The site's time, in seconds since the epoch."""
        return steady() + self._ahead

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
        #: How many writes were accepted.
        self.accepted = 0
        #: By entity, how many requests wrote to it.
        self._turns: dict[Key, int] = {}
        #: What would be stored if every write had arrived when it was accepted.
        self.as_sent = Store()
        #: Every write that has arrived, in that order; one that was delivered twice appears twice.
        self.arrivals: list[AcceptedWrite] = []

    def __iter__(self) -> Iterator[AcceptedWrite]:
        """The writes in the order of their acceptance."""
        return iter(sorted((write for queue in self._queues.values() for write in queue), key=lambda write: write.number))

    def accept(self, writes: Sequence[AcceptedWrite]) -> None:
        """Take the writes of one request, all of one kind, and set their numbers and when they were accepted."""
        if not writes:
            return
        policy, moment = self.consistency.of(writes[0].kind), self._moment()
        self._drop_redeliveries_before(writes)
        queue = self._queues.setdefault(policy, [])
        turns = {write.key: self._turns.get(write.key, 0) for write in writes}
        self._turns.update((key, turn + 1) for key, turn in turns.items())
        due = []
        for write in writes:
            self.accepted += 1
            write.number, write.turn = self.accepted, turns[write.key]
            write.accepted_at, write.accepted_after = moment.now, moment.answered
            self.as_sent.apply(write)
            for delivery in (write, replace(write, is_redelivery=True)) if policy.is_delivered_twice(write) else (write,):
                delivery.order_key = policy.order_key(delivery)
                queue.append(delivery)
                if policy.is_due(delivery, moment):
                    due.append(delivery)
        self._arrive({policy: due}, moment)

    def read(self, key: Key) -> None:
        """Count a read of the entity, after its answer was made."""
        moment = self._moment()
        due: dict[Policy, list[AcceptedWrite]] = {}
        for policy, queue in self._queues.items():
            missed = [write for write in queue if write.may_concern(key)]
            for write in missed:
                write.reads_missed += 1
            arriving = [write for write in missed if policy.is_due(write, moment)]
            if policy.arrives_singly:
                arriving = [write for write in sorted(arriving, key=_order_key)[:1] if policy.may_arrive(write, self.arrivals)]
            due[policy] = arriving
        self._arrive(due, moment)

    def count_answer(self) -> None:
        """Count a request that was answered."""
        self._answered += 1
        self.arrive()

    def arrive(self) -> bool:
        """Apply the writes that are due by time or by the number of requests. Return whether there were any."""
        moment = self._moment()
        due = {
            policy: [write for write in queue if policy.is_due(write, moment)]
            for policy, queue in self._queues.items()
            if queue and not policy.arrives_singly and (not policy.keeps_order or policy.due_at(queue[0]) is not None)
        }
        return self._arrive(due, moment)

    def next_due(self) -> float | None:
        """The time on the site's clock at which the next write arrives, None where time alone lets none arrive."""
        times = [policy.due_at(write) for policy, queue in self._queues.items() for write in queue[:1]]
        return min((time for time in times if time is not None), default=None)

    def awaited(self) -> list[str]:
        """In words, each write, and what it waits for."""
        moment = self._moment()
        return [
            f"{write}, waits for {self.consistency.of(write.kind).waits_for(write, moment)}" for write in self if not write.is_redelivery
        ]

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
        self.as_sent.remove_app(app)
        for policy, queue in self._queues.items():
            self._queues[policy] = [write for write in queue if write.app != app]

    def clear(self) -> None:
        """Start anew."""
        self._queues.clear()
        self._turns.clear()
        self.as_sent.clear()
        self.arrivals.clear()
        self.arrived_under = self.consistency
        self.accepted = self._answered = 0

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
        for lost in self._store.apply(write):
            lost.lost_to = write if lost is not write else self._store.get(write.key)

    def _arrive(self, due: Mapping[Policy, list[AcceptedWrite]], moment: Moment) -> bool:
        """Apply the writes that are due, and those that they must not overtake. Return whether there were any.

        Under whichever policies they are: first by when time let them arrive,
        then in the order of sending or the one that their policy shuffles.
        """
        arriving: list[tuple[float, AcceptedWrite]] = []
        for policy, writes in due.items():
            if writes:
                queue = self._queues[policy]
                gone = set(map(id, _with_predecessors(queue, writes) if policy.keeps_order else writes))
                self._queues[policy] = [write for write in queue if id(write) not in gone]
                for write in queue:
                    if id(write) in gone:
                        at = policy.due_at(write)
                        arriving.append((moment.now if at is None else at, write))
        for _, write in sorted(arriving, key=lambda one: (one[0], one[1].order_key, one[1].number)):
            self._apply(write)
        return bool(arriving)


def _order_key(write: AcceptedWrite) -> tuple[tuple[float, float], int]:
    return write.order_key, write.number


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
