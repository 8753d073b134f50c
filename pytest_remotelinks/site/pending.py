"""Writes that Jira has accepted and not yet applied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pytest_remotelinks.site.consistency import Consistency
from pytest_remotelinks.site.store import LinkStore, StoredLink


@dataclass
class PendingWrite:
    """One accepted write: a link to store, an id to delete, or properties to delete by.

    ``number`` counts the site's writes in the order in which they were
    accepted; ``missed_by`` counts the reads that could have shown the write.
    """

    number: int
    kind: Literal["submit", "delete", "delete-by-properties"]
    id: str | None = None
    link: StoredLink | None = None
    criteria: tuple[tuple[str, str], ...] = ()
    missed_by: int = 0

    @property
    def data(self) -> dict[str, Any] | None:
        """The link that a submission stores."""
        return self.link.data if self.link else None

    @property
    def properties(self) -> dict[str, Any]:
        """The properties of the submission, or those that a deletion goes by."""
        return self.link.properties if self.link else dict(self.criteria)

    def __repr__(self) -> str:
        what = f"id={self.id!r}" if self.id is not None else f"properties={self.properties!r}"
        return f"PendingWrite({self.number}, {self.kind}, {what}, missed_by={self.missed_by})"

    def apply_to(self, store: LinkStore) -> None:
        if self.link is not None and self.id is not None:
            store.put(self.id, self.link)
        elif self.id is not None:
            store.delete(self.id)
        else:
            store.delete_by(self.criteria)

    def may_concern(self, link_id: str) -> bool:
        """Whether a read of the link could show this write."""
        return self.id is None or self.id == link_id


class PendingWrites:
    """Accepted writes in their order.

    Writes arrive in the order in which they were accepted wherever that order
    can matter: a write is preceded by all earlier ones of the same link, and a
    deletion by properties, which may touch any link, by all earlier ones.
    """

    def __init__(self, store: LinkStore, consistency: Consistency) -> None:
        self._store = store
        self.consistency = consistency
        self._writes: list[PendingWrite] = []

    def __iter__(self) -> Iterator[PendingWrite]:
        return iter(self._writes)

    def accept(self, write: PendingWrite) -> None:
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
            write.apply_to(self._store)

    def clear(self) -> None:
        self._writes = []

    def _arrive(self, due: list[PendingWrite]) -> None:
        if not due:
            return
        arriving = self._with_predecessors(due)
        rest = []
        for write in self._writes:
            if write.number in arriving:
                write.apply_to(self._store)
            else:
                rest.append(write)
        self._writes = rest

    def _with_predecessors(self, due: list[PendingWrite]) -> set[int]:
        numbers = {write.number for write in due}
        links = set()
        everything = False
        for write in reversed(self._writes):
            if everything or write.number in numbers or write.id in links:
                numbers.add(write.number)
                if write.id is None:
                    everything = True
                else:
                    links.add(write.id)
            elif write.id is None and links:
                # A deletion by properties may touch any of the links that follow it.
                numbers.add(write.number)
                everything = True
        return numbers
