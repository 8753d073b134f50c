"""Writes that Jira has accepted and not yet applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.clock import Clock
from pytest_remotelinks.jira.consistency import Moment, Policy
from pytest_remotelinks.jira.store import LinkStore
from pytest_remotelinks.jira.write import Write


class PendingWrites:
    """Accepted writes, and the order in which they have arrived so far.

    Under a policy that keeps the order, a write is preceded by all earlier ones
    of the same link under that policy, and a deletion by properties, which may
    touch any link, by all earlier ones. Between policies nothing is kept.
    """

    def __init__(self, store: LinkStore, consistency: Policy, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.consistency = consistency
        #: The policy by which the arrivals so far came.
        self.arrived_under = consistency
        #: By policy, its writes in the order of their acceptance.
        self._lanes: dict[Policy, list[Write]] = {}
        #: Requests that the site has answered.
        self._answered = 0
        self._accepted = 0
        #: Every write that has arrived, in that order; one that came twice stands there twice.
        self.arrivals: list[Write] = []

    def __iter__(self) -> Iterator[Write]:
        """The writes in the order of their acceptance."""
        return iter(sorted((write for lane in self._lanes.values() for write in lane), key=lambda write: write.number))

    def accept(self, writes: Sequence[Write]) -> None:
        """Take writes of one kind; their numbers and the moment of their acceptance are put in."""
        if not writes:
            return
        policy, moment = self.consistency.of(writes[0].kind), self._moment()
        self._drop_repeats_before(writes)
        lane = self._lanes.setdefault(policy, [])
        due = []
        for write in writes:
            self._accepted += 1
            write.number, write.accepted_at, write.accepted_after = self._accepted, moment.now, moment.answered
            for delivery in (write, replace(write, is_repeat=True)) if policy.arrives_twice(write) else (write,):
                delivery.turn = policy.turn(delivery)
                lane.append(delivery)
                if policy.is_due(delivery, moment):
                    due.append(delivery)
        self._arrive(policy, due)

    def read(self, link_id: Id, app: str = "") -> None:
        """Count a read of the link, after its answer was made."""
        moment = self._moment()
        for policy, lane in self._lanes.items():
            due = []
            for write in lane:
                if write.may_concern(link_id, app):
                    write.missed_by += 1
                    if policy.is_due(write, moment):
                        due.append(write)
            if due and policy.arrives_singly:
                come = {write.number for write in self.arrivals}
                due = [write for write in sorted(due, key=_turn)[:1] if policy.may_come(write, come)]
            self._arrive(policy, due)

    def count_answer(self) -> None:
        """Count a request that was answered."""
        self._answered += 1
        self.arrive()

    def arrive(self) -> bool:
        """Let arrive what time or the number of requests has brought; tell whether that was anything."""
        moment = self._moment()
        due: list[tuple[float, tuple[float, float], Write]] = []
        for policy, lane in self._lanes.items():
            if lane and not policy.arrives_singly and (not policy.keeps_order or policy.due_at(lane[0]) is not None):
                arriving = [write for write in lane if policy.is_due(write, moment)]
                if arriving:
                    gone = set(map(id, arriving))
                    self._lanes[policy] = [write for write in lane if id(write) not in gone]
                    due += [(policy.due_at(write) or moment.now, write.turn, write) for write in arriving]
        # Whoever looks only now finds what came meanwhile, in the order in which it came.
        for _, _, write in sorted(due, key=lambda one: one[:2]):
            self._apply(write)
        return bool(due)

    def next_due(self) -> float | None:
        """The time on the site's clock at which the next write arrives by itself."""
        times = [policy.due_at(write) for policy, lane in self._lanes.items() for write in lane[:1]]
        return min((time for time in times if time is not None), default=None)

    def in_turn(self) -> list[Write]:
        """The writes in the order in which they would arrive together."""
        return sorted(self, key=_turn)

    def settle(self) -> None:
        """Let every pending write arrive, in turn."""
        writes = self.in_turn()
        self._lanes.clear()
        for write in writes:
            self._apply(write)

    def remove_app(self, app: str) -> None:
        """Drop the app's writes."""
        for policy, lane in self._lanes.items():
            self._lanes[policy] = [write for write in lane if write.app != app]

    def clear(self) -> None:
        """Start anew."""
        self._lanes.clear()
        self.arrivals.clear()
        self.arrived_under = self.consistency
        self._accepted = self._answered = 0

    def _drop_repeats_before(self, writes: Sequence[Write]) -> None:
        """Nothing comes twice after a write that was sent when it had come once: no provider could do anything about that."""
        for policy, lane in self._lanes.items():
            # A policy that keeps the order delivers nothing twice, and its lane may be long.
            if not policy.keeps_order and any(write.is_repeat for write in lane):
                come = {write.number for write in self.arrivals}
                self._lanes[policy] = [
                    write
                    for write in lane
                    if not (write.is_repeat and write.number in come and any(write.may_touch(other) for other in writes))
                ]

    def _moment(self) -> Moment:
        return Moment(self._clock.now(), self._answered)

    def _apply(self, write: Write) -> None:
        self.arrivals.append(write)
        self._store.apply(write)

    def _arrive(self, policy: Policy, due: list[Write]) -> None:
        if not due:
            return
        lane = self._lanes[policy]
        arriving = set(map(id, _with_predecessors(lane, due) if policy.keeps_order else due))
        self._lanes[policy] = [write for write in lane if id(write) not in arriving]
        for write in sorted((write for write in lane if id(write) in arriving), key=_turn):
            self._apply(write)


def _turn(write: Write) -> tuple[float, float]:
    return write.turn


def _with_predecessors(lane: list[Write], due: list[Write]) -> list[Write]:
    """The writes that are due, and those before them that one of them must not overtake."""
    found: list[Write] = []
    numbers = {write.number for write in due}
    #: By app, the ids that a predecessor may have; None for any.
    links: dict[str, set[Id] | None] = {}
    for write in reversed(lane):
        named = links.get(write.app, set())
        if write.number in numbers or named is None or write.id in named or (write.concerns_all and named):
            found.append(write)
            links[write.app] = None if write.concerns_all or named is None else {*named, write.id}
    return found
