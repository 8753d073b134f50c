"""Writes that Jira has accepted and not yet applied."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_remotelinks.site.consistency import Consistency
from pytest_remotelinks.site.store import LinkStore
from pytest_remotelinks.site.write import Write


class PendingWrites:
    """Accepted writes in their order.

    Writes arrive in the order in which they were accepted wherever that order
    can matter: a write is preceded by all earlier ones of the same link, and a
    deletion by properties, which may touch any link, by all earlier ones.
    """

    def __init__(self, store: LinkStore, consistency: Consistency) -> None:
        self._store = store
        self.consistency = consistency
        self._writes: list[Write] = []

    def __iter__(self) -> Iterator[Write]:
        return iter(self._writes)

    def accept(self, write: Write) -> None:
        self._writes.append(write)
        if self.consistency.is_due(write):
            self._arrive([write])

    def read(self, link_id: str) -> None:
        """Count a read of the link, after its answer was made."""
        due = []
        for write in self._writes:
            if write.may_concern(link_id):
                write.missed_by += 1
                if self.consistency.is_due(write):
                    due.append(write)
        self._arrive(due)

    def settle(self) -> None:
        """Let every pending write arrive, in order."""
        writes, self._writes = self._writes, []
        for write in writes:
            self._store.apply(write)

    def clear(self) -> None:
        self._writes = []

    def _arrive(self, due: list[Write]) -> None:
        if not due:
            return
        arriving = self._with_predecessors(due)
        rest = []
        for write in self._writes:
            if write.number in arriving:
                self._store.apply(write)
            else:
                rest.append(write)
        self._writes = rest

    def _with_predecessors(self, due: list[Write]) -> set[int]:
        numbers = {write.number for write in due}
        links = set()
        everything = False
        for write in reversed(self._writes):
            if everything or write.number in numbers or write.id in links:
                numbers.add(write.number)
                if write.concerns_all:
                    everything = True
                else:
                    links.add(write.id)
            elif write.concerns_all and links:
                # A deletion by properties may touch any of the links that follow it.
                numbers.add(write.number)
                everything = True
        return numbers
