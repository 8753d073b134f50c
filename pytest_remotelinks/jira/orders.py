"""The orders in which writes can arrive, as far as they make a difference."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pytest_remotelinks.jira.consistency import Moment, Policy
from pytest_remotelinks.jira.write import AcceptedWrite, Key

#: The numbers of writes in the order in which they arrive.
Order = tuple[int, ...]


class _OneByOne(Policy):
    """Each read lets one write arrive that it could have shown; the rest arrive together at the end."""

    arrives_singly = True

    def is_due(self, write: AcceptedWrite, moment: Moment) -> bool:
        return write.reads_missed > 0

    def __str__(self) -> str:
        return "explore(), where a read over HTTP lets a write arrive"


@dataclass(frozen=True)
class SendingOrder(_OneByOne):
    """Writes arrive in the order in which they were sent."""


@dataclass(frozen=True)
class GivenOrder(_OneByOne):
    """Writes arrive in a given order: that of the writes of an earlier run.

    A write is recognised by its entity and by how many there were of it
    before, so that other threads of the provider may send earlier or later; one
    of an entity that the earlier run did not have, by its number. It waits for
    those that precede it, also if they are not yet sent; but only for so many
    reads, since its sender may be waiting for it.
    """

    writes: tuple[AcceptedWrite, ...]

    keeps_order = False
    #: For how many reads a write is held back for those before it.
    MAX_HOLD = 3

    @cached_property
    def _places(self) -> dict[tuple[Key, int], int]:
        # What one submission has twice shares a place, and so keeps its order.
        places: dict[tuple[Key, int], int] = {}
        for place, write in enumerate(self.writes):
            places.setdefault((write.key, write.turn), place)
        return places

    @cached_property
    def _places_by_number(self) -> dict[int, int]:
        return {write.number: self._places[write.key, write.turn] for write in self.writes}

    @cached_property
    def _keys(self) -> set[Key]:
        return {write.key for write in self.writes}

    def _place(self, write: AcceptedWrite) -> int:
        """Where in the order a write comes; one that the order does not have comes after those that it has."""
        if write.key in self._keys:
            return self._places.get((write.key, write.turn), len(self.writes))
        return self._places_by_number.get(write.number, len(self.writes))

    def may_arrive(self, write: AcceptedWrite, arrived: Iterable[AcceptedWrite]) -> bool:
        place = self._place(write)
        if write.reads_missed > self.MAX_HOLD or place == len(self.writes):
            return True
        return {before for before in self._places.values() if before < place} <= set(map(self._place, arrived))

    def order_key(self, write: AcceptedWrite) -> tuple[float, float]:
        return self._place(write), write.number


class Orders:
    """The orders of some writes.

    Two writes that cannot touch the same entity may change places without any
    difference, so of all orders that differ only by that there is one here.
    An entity that one submission contains twice keeps its order.
    """

    def __init__(self, writes: Sequence[AcceptedWrite]) -> None:
        self._writes = {write.number: write for write in writes}
        self.sent: Order = tuple(sorted(self._writes))
        #: By number, the writes whose order to this one matters.
        self._rivals = self._find_rivals()

    def policy(self, order: Order) -> Policy:
        """The policy under which writes like these arrive in this order."""
        return GivenOrder(tuple(self._writes[number] for number in order)) if order != self.sent else SendingOrder()

    def nearest(self, most: int) -> list[Order]:
        """Up to ``most`` orders, beginning with the order of sending, by the number of swaps."""
        found = {self._normal(self.sent): None}
        todo = deque(found)
        while todo and len(found) < most:
            for other in self._one_swap_away(todo.popleft()):
                if len(found) < most and other not in found:
                    found[other] = None
                    todo.append(other)
        return sorted(found, key=self.swaps)

    def sample(self, seed: int) -> Order:
        """An order that follows from a seed."""
        order = list(self.sent)
        random.Random(f"order {seed}").shuffle(order)
        places: dict[object, list[int]] = {}
        for place, number in enumerate(order):
            places.setdefault(self._unit(number), []).append(place)
        for together in places.values():
            numbers = sorted(order[place] for place in together)
            for place, number in zip(together, numbers, strict=True):
                order[place] = number
        return self._normal(tuple(order))

    def swaps(self, order: Order) -> int:
        """How many pairs of writes whose order matters arrive in another order than they were sent."""
        place = {number: index for index, number in enumerate(order)}
        return sum(place[rival] < place[number] for number in order for rival in self._rivals[number] if rival > number)

    def towards_sent(self, order: Order) -> list[Order]:
        """Orders with fewer swaps, the fewest first: one write moved back to its place, or one pair."""
        swaps = self.swaps(order)
        candidates = {*self._one_moved_back(order), *self._one_swap_away(order)}
        return sorted((other for other in candidates if self.swaps(other) < swaps), key=lambda other: (self.swaps(other), other))

    def single_moves(self, order: Order) -> list[Order]:
        """The orders in which only one write is out of place, as it is in the given order; the fewest swaps first."""
        place = {number: index for index, number in enumerate(order)}
        found = set()
        for number in order:
            overtaken = [rival for rival in self._rivals[number] if rival < number and place[number] < place[rival]]
            overtaking = [rival for rival in self._rivals[number] if rival > number and place[rival] < place[number]]
            others = [other for other in self.sent if other != number]
            if overtaken:
                start = others.index(min(overtaken))
                found.add(self._normal((*others[:start], number, *others[start:])))
            if overtaking:
                end = others.index(max(overtaking)) + 1
                found.add(self._normal((*others[:end], number, *others[end:])))
        return sorted(found, key=lambda other: (self.swaps(other), other))

    def _find_rivals(self) -> dict[int, set[int]]:
        by_key: dict[Key, set[int]] = {}
        by_owner: dict[tuple[str, str], set[int]] = {}
        for number, write in self._writes.items():
            by_owner.setdefault(write.owner, set()).add(number)
            by_key.setdefault(write.key, set()).add(number)
        sweeping = {owner: {number for number in numbers if self._writes[number].concerns_all} for owner, numbers in by_owner.items()}
        return {
            number: (by_owner[write.owner] if write.concerns_all else by_key[write.key] | sweeping[write.owner]) - {number}
            for number, write in self._writes.items()
        }

    def _unit(self, number: int) -> object:
        """What always keeps its order: the writes of one entity in one submission."""
        write = self._writes[number]
        return (*write.key, write.accepted_after) if write.kind == "submit" else number

    def _normal(self, order: Order) -> Order:
        """Of all orders that make no difference, the one with the lowest numbers first."""
        place = {number: index for index, number in enumerate(order)}
        waits_for = {number: sum(place[rival] < place[number] for rival in self._rivals[number]) for number in order}
        free = [number for number, count in waits_for.items() if count == 0]
        heapq.heapify(free)
        normal: list[int] = []
        while free:
            number = heapq.heappop(free)
            normal.append(number)
            for rival in self._rivals[number]:
                if place[number] < place[rival]:
                    waits_for[rival] -= 1
                    if waits_for[rival] == 0:
                        heapq.heappush(free, rival)
        return tuple(normal)

    def _one_swap_away(self, order: Order) -> Iterator[Order]:
        """The orders in which one pair of writes with nothing between them has changed places."""
        for start, first in enumerate(order):
            # Of the writes behind, those that no other one holds back.
            reached: list[int] = []
            rivals = self._rivals[first]
            for end in range(start + 1, len(order)):
                second = order[end]
                if second not in rivals:
                    continue
                if not any(other in self._rivals[second] for other in reached) and self._unit(first) != self._unit(second):
                    between = order[start + 1 : end]
                    before = [number for number in between if number not in rivals]
                    behind = [number for number in between if number in rivals]
                    yield self._normal((*order[:start], *before, second, first, *behind, *order[end + 1 :]))
                reached.append(second)
                if not self._writes[first].concerns_all or self._writes[second].concerns_all:
                    break  # this one holds back everything behind it

    def _one_moved_back(self, order: Order) -> Iterator[Order]:
        """The orders in which one write has come back to where it was sent."""
        for number in order:
            # The writes that it keeps its order with move along.
            others = [other for other in order if self._unit(other) != self._unit(number)]
            together = [other for other in order if self._unit(other) == self._unit(number)]
            earlier = [index for index, other in enumerate(others) if other < number and other in self._rivals[number]]
            later = [index for index, other in enumerate(others) if other > number and other in self._rivals[number]]
            for place in {earlier[-1] + 1 if earlier else 0, later[0] if later else len(others)}:
                yield self._normal((*others[:place], *together, *others[place:]))
