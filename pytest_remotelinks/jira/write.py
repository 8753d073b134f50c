"""One accepted write."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.rules.properties import has_properties

Kind = Literal["submit", "delete", "delete-by-properties"]


@dataclass(slots=True, eq=False)
class Write:
    """A link to store, an id to delete, or properties to delete by.

    ``number`` counts the site's writes from 1 in the order in which they were
    accepted; ``missed_by`` counts the reads that could have shown the write.
    A deletion by properties has no id.
    """

    number: int
    kind: Kind
    id: Id = ""
    #: The link that a submission stores, as it was sent.
    data: dict[str, Any] = field(default_factory=dict)
    #: The properties of the submission, or those that a deletion goes by.
    properties: dict[str, Any] = field(default_factory=dict)
    #: The same of a deletion, with every value of a repeated key.
    criteria: tuple[tuple[str, str], ...] = ()
    #: Of a submission, the association types and values that the site did not know: the link is not shown there.
    unknown: tuple[tuple[str, str], ...] = ()
    #: The key of the app that sent it; empty where the site asks nobody who they are.
    app: str = ""
    #: When it was accepted: seconds since the epoch on the site's clock, and how many requests the site had answered.
    accepted_at: float = 0.0
    accepted_after: int = 0
    #: Its place among writes that arrive together.
    turn: tuple[float, float] = (0, 0)
    missed_by: int = 0
    #: Whether this is the second delivery of a write that arrives twice.
    is_repeat: bool = False

    def __repr__(self) -> str:
        return f"<Write {self}>"

    def __str__(self) -> str:
        again = ", again" if self.is_repeat else ""
        if self.concerns_all:
            return f"{self.number} {self.kind} {self.properties!a}{again}"
        sequence = f", updateSequenceNumber {self.sequence!a}" if self.kind == "submit" else ""
        return f"{self.number} {self.kind} {self.id!a}{sequence}{again}"

    @property
    def sequence(self) -> Any:
        """The link's updateSequenceNumber, None where it has none."""
        return self.data.get("updateSequenceNumber")

    def copy(self) -> Write:
        """One that nobody can alter this one by."""
        return replace(self, data=deepcopy(self.data), properties=deepcopy(self.properties))

    @property
    def concerns_all(self) -> bool:
        """Whether the write may touch any link of its app."""
        return self.kind == "delete-by-properties"

    def may_concern(self, link_id: Id, app: str = "") -> bool:
        """Whether a read of the app's link could show this write."""
        return self.app == app and (self.id == link_id or self.concerns_all)

    def may_touch(self, other: Write) -> bool:
        """Whether it can matter which of the two arrives first."""
        return self.app == other.app and (self.id == other.id or self.concerns_all or other.concerns_all)

    def has(self, criteria: tuple[tuple[str, str], ...]) -> bool:
        """Whether the submission had all of the properties."""
        return has_properties(self.properties, criteria)
