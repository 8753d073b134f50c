"""The orders in which writes can arrive, as far as the difference can be seen."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_remotelinks.site.consistency import Moment, Policy
from pytest_remotelinks.site.write import Write

#: The numbers of writes in the order in which they arrive.
Order = tuple[int, ...]


@dataclass(frozen=True)
class Arranged(Policy):
    """Writes that arrive together do so in a given order; a write that has been missed by a read arrives."""

    order: Order

    keeps_order = False

    def is_due(self, write: Write, moment: Moment) -> bool:
        return write.missed_by > 0

    def turn(self, write: Write) -> tuple[float, float]:
        # A write that the order does not name comes after those that it does.
        return (self.order.index(write.number) if write.number in self.order else len(self.order)), write.number

    def __str__(self) -> str:
        return f"the order {' '.join(map(str, self.order))}"


class Orders:
    """The orders of some writes.

    Two writes that cannot touch the same link may change places without any
    difference, so of all orders that differ only by that there is one here.
    """

    def __init__(self, writes: Sequence[Write]) -> None:
        self._writes = {write.number: write for write in writes}
        self.sent: Order = tuple(sorted(self._writes))

    def nearest(self) -> Iterator[Order]:
        """Every order, beginning with that of sending; each next one takes as many swaps as the last, or one more."""
        found = {self._normal(self.sent)}
        todo = deque(found)
        while todo:
            order = todo.popleft()
            yield order
            for other in self._one_swap_away(order):
                if other not in found:
                    found.add(other)
                    todo.append(other)

    def sample(self, seed: int) -> Order:
        """An order that follows from a seed."""
        order = list(self.sent)
        random.Random(f"order {seed}").shuffle(order)
        return self._normal(tuple(order))

    def swaps(self, order: Order) -> int:
        """How many pairs of writes, of those where it matters, arrive in another order than they were sent."""
        return sum(earlier > later and self._matters(earlier, later) for index, earlier in enumerate(order) for later in order[index + 1 :])

    def towards_sent(self, order: Order) -> Iterator[Order]:
        """The orders with one swap less."""
        return (other for other in self._one_swap_away(order) if self.swaps(other) < self.swaps(order))

    def _matters(self, one: int, other: int) -> bool:
        return self._writes[one].may_touch(self._writes[other])

    def _normal(self, order: Order) -> Order:
        """Of all orders that make no difference, the one with the lowest numbers first."""
        rest, normal = list(order), []
        while rest:
            free = [number for index, number in enumerate(rest) if not any(self._matters(earlier, number) for earlier in rest[:index])]
            normal.append(min(free))
            rest.remove(normal[-1])
        return tuple(normal)

    def _one_swap_away(self, order: Order) -> Iterator[Order]:
        """The orders in which one pair of writes has changed places that nothing stood between."""
        for start, first in enumerate(order):
            behind = {first}
            between: list[int] = []
            followers: list[int] = []
            for end in range(start + 1, len(order)):
                second = order[end]
                if self._matters(first, second) and not any(self._matters(other, second) for other in behind - {first}):
                    yield self._normal((*order[:start], *between, second, first, *followers, *order[end + 1 :]))
                if any(self._matters(other, second) for other in behind):
                    behind.add(second)
                    followers.append(second)
                else:
                    between.append(second)
