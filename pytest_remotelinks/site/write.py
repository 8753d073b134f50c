"""One accepted write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(slots=True, eq=False)
class Write:
    """A link to store, an id to delete, or properties to delete by.

    ``number`` counts the site's writes in the order in which they were
    accepted; ``missed_by`` counts the reads that could have shown the write.
    A deletion by properties has no id.
    """

    number: int
    kind: Literal["submit", "delete", "delete-by-properties"]
    id: str = ""
    #: The link that a submission stores, as it was sent.
    data: dict[str, Any] = field(default_factory=dict)
    #: The properties of the submission, or those that a deletion goes by.
    properties: dict[str, Any] = field(default_factory=dict)
    #: The same of a deletion, with every value of a repeated key.
    criteria: tuple[tuple[str, str], ...] = ()
    missed_by: int = 0

    def __repr__(self) -> str:
        what = f"properties={self.properties!r}" if self.concerns_all else f"id={self.id!r}"
        return f"Write({self.number}, {self.kind}, {what}, missed_by={self.missed_by})"

    @property
    def concerns_all(self) -> bool:
        """Whether the write may touch any link."""
        return self.kind == "delete-by-properties"

    def may_concern(self, link_id: str) -> bool:
        """Whether a read of the link could show this write."""
        return self.id == link_id or self.concerns_all

    def has(self, criteria: tuple[tuple[str, str], ...]) -> bool:
        """Whether the submission had all of the properties."""
        return all(self.properties.get(key) == value for key, value in criteria)
