"""One accepted write: as the site keeps it, and as a test gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pytest_remotelinks.apis.api import Api, Id
from pytest_remotelinks.rules.properties import has_properties
from pytest_remotelinks.wire.redact import copy_of, redact_value

#: API, app and id: ids are unique only within an app.
Key = tuple[str, str, Id]
Kind = Literal["submit", "delete", "delete-by-properties"]


@dataclass(frozen=True, repr=False)
class Write:
    """An accepted write: a link to store, an id to delete, or properties to delete by.

    ``number`` counts the site's writes from 1 in the order in which they were
    accepted. ``data`` is the submitted link, empty for a deletion; a deletion
    by properties has no ``id``. ``app`` is the key of the app that sent it,
    empty while no app was installed.
    """

    number: int
    kind: Kind
    id: Id
    data: dict[str, Any]
    properties: dict[str, Any]
    app: str
    _text: str = field(compare=False)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Write {self._text}>"


@dataclass(slots=True, eq=False)
class AcceptedWrite:
    """A write as the site keeps it; its number, times and order are set when it is accepted."""

    api: Api
    kind: Kind
    app: str = ""
    id: Id = ""
    #: The entity that a submission stores, as it was sent.
    data: dict[str, Any] = field(default_factory=dict)
    #: The properties of a submission, or those of a deletion's criteria.
    properties: dict[str, Any] = field(default_factory=dict)
    #: A deletion's properties, with every value of a repeated key.
    criteria: tuple[tuple[str, str], ...] = ()
    #: The association types and values of a submission that the site did not know: the entity is not displayed there.
    unknown: tuple[tuple[str, str], ...] = ()
    number: int = 0
    #: The number of its request in the record.
    request: int = 0
    #: How many requests wrote to the same entity before; for a deletion by properties, how many others of these there were.
    turn: int = 0
    #: When it was accepted: seconds since the epoch on the site's clock, and how many requests the site had answered.
    accepted_at: float = 0.0
    accepted_after: int = 0
    #: Of writes that arrive together, the lowest comes first.
    order_key: tuple[float, float] = (0, 0)
    #: How many reads could have shown it and did not.
    reads_missed: int = 0
    #: The submission or deletion because of which this submission is not stored, though it has arrived.
    lost_to: AcceptedWrite | None = None
    #: Whether this is the second delivery of a write that is delivered twice.
    is_redelivery: bool = False

    def __str__(self) -> str:
        again = ", again" if self.is_redelivery else ""
        if self.concerns_all:
            return f"{self.number} {self.kind} {redact_value(self.properties)!a}{again}"
        sequence = f", {self.api.sequence_member} {self.sequence!a}" if self.kind == "submit" else ""
        return f"{self.number} {self.kind} {self.id!a}{sequence}{again}"

    def __repr__(self) -> str:
        return f"<AcceptedWrite {self}>"

    def public(self) -> Write:
        """The write as a test gets it."""
        return Write(self.number, self.kind, self.id, copy_of(self.data), copy_of(self.properties), self.app, str(self))

    @property
    def owner(self) -> tuple[str, str]:
        """The API and the app: a write touches only what is of both."""
        return self.api.name, self.app

    @property
    def key(self) -> Key:
        """What the entity is stored under."""
        return self.api.name, self.app, self.id

    @property
    def sequence(self) -> Any:
        """The entity's sequence number, None where it has none."""
        return self.data.get(self.api.sequence_member)

    @property
    def concerns_all(self) -> bool:
        """Whether the write may touch any entity of its owner."""
        return self.kind == "delete-by-properties"

    def may_concern(self, key: Key) -> bool:
        """Whether a read of the entity could show this write."""
        return self.key == key or (self.concerns_all and self.owner == key[:2])

    def may_touch(self, other: AcceptedWrite) -> bool:
        """Whether it can matter which of the two arrives first."""
        return self.owner == other.owner and (self.id == other.id or self.concerns_all or other.concerns_all)

    def has(self, criteria: tuple[tuple[str, str], ...]) -> bool:
        """Whether the submission had all of the properties."""
        return has_properties(self.properties, criteria)
