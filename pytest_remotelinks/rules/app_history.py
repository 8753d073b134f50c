"""What an app's earlier requests said and were told, as far as rules ask for it."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pytest_remotelinks.apis.api import Id, Operation
from pytest_remotelinks.rules.properties import has_properties
from pytest_remotelinks.wire.request import Request

#: Statuses that the same request will get again however often it is sent.
PERMANENT = frozenset({400, 401, 403, 413})
#: Seconds after which the world may have changed, so that such a request is worth another try.
PERMANENT_FOR = 3600.0


class Known(NamedTuple):
    """A link as it was last accepted, with the properties that it was submitted with."""

    data: dict[str, Any]
    properties: dict[str, Any]
    #: Its sequence number, None where it has none that is a number.
    number: float | None
    #: When it was accepted, in seconds since the epoch on the site's clock, and whether its sender was told.
    accepted_at: float
    is_told: bool

    def has(self, criteria: tuple[tuple[str, str], ...]) -> bool:
        """Whether it was submitted with all of the properties."""
        return has_properties(self.properties, criteria)


class Stale(NamedTuple):
    """A link of a submission, by its place among them, and the earlier one that is as new or newer."""

    place: int
    known: Known


class AskedToWait(NamedTuple):
    """A Retry-After that was answered: from when until when, in seconds since the epoch on the site's clock, and with which status."""

    asked_at: float
    until: float
    status: int


@dataclass
class AppHistory:
    """The past of one app on one site."""

    #: Keys of all properties that were ever submitted.
    submitted_keys: set[str] = field(default_factory=set)
    #: By id, the accepted submission with the highest sequence number since the link was last deleted.
    links: dict[Id, Known] = field(default_factory=dict)
    #: By id, links whose last submission was rejected.
    rejected: dict[Id, dict[str, Any]] = field(default_factory=dict)
    #: By operation, the last wait that Jira asked for; under the empty name, one that is meant for all.
    waits: dict[str, AskedToWait] = field(default_factory=dict)
    #: Requests that were refused for good, with their status and when that was.
    _refused: dict[bytes, tuple[int, float]] = field(default_factory=dict)

    def waits_of(self, operation: Operation) -> list[AskedToWait]:
        """The waits that a request to the operation must mind."""
        return [self.waits[name] for name in (operation.id, "") if name in self.waits]

    def refusal_of(self, request: Request, now: float) -> int | None:
        """The status with which exactly this request was refused for good not long ago, None where it was not."""
        if not self._refused:
            return None
        status, at = self._refused.get(_identity(request, False)) or self._refused.get(_identity(request, True)) or (None, 0.0)
        return status if now - at < PERMANENT_FOR else None

    def remember_answer(
        self, request: Request, operation: Operation, status: int, wait: float | None, now: float, concerns_all: bool = False
    ) -> None:
        """Remember what a request was told; ``wait`` is its Retry-After in seconds, and whom it concerns."""
        if wait is not None:
            self.waits["" if concerns_all else operation.id] = AskedToWait(now, now + wait, status)
        elif status < 400:
            self.waits.pop(operation.id, None)
        if status in PERMANENT:
            self._refused[_identity(request, status == 401)] = status, now
        elif self._refused:
            for with_token in (True, False):
                self._refused.pop(_identity(request, with_token), None)

    def remember_accepted(
        self, links: list[Any], properties: dict[str, Any], accepted: Sequence[int], now: float = 0.0, is_told: bool = True
    ) -> list[Stale]:
        """Compare accepted links with those before them, and remember them.

        Returns those that bring nothing new: their number is no higher than
        that of an earlier submission. ``is_told`` says whether the sender gets
        an answer that he can read.
        """
        stale = []
        known_links = self.links
        for index in accepted:
            link = links[index]
            number = link.get("updateSequenceNumber")
            if not isinstance(number, (int, float)):
                number = None
            known = known_links.get(link["id"])
            if known is not None and number is not None and known.number is not None and number <= known.number:
                # Of one submission, the properties are one object: what it says twice is another rule's matter.
                if known.properties is not properties:
                    stale.append(Stale(index, known))
            else:
                known_links[link["id"]] = Known(link, properties, number, now, is_told)
        return stale

    def remember_rejected(self, links: list[Any], accepted: Container[int]) -> None:
        """Remember which links of a submission were rejected, and that the others are not any more."""
        for index, link in enumerate(links):
            link_id = link.get("id") if isinstance(link, dict) else None
            if not isinstance(link_id, str):
                continue
            if index in accepted:
                self.rejected.pop(link_id, None)
            else:
                self.rejected[link_id] = link

    def remember_deletion(self, operation: Operation, link_id: Id | None, properties: tuple[tuple[str, str], ...]) -> None:
        """Remember an accepted deletion: it leaves no trace of the links that it concerns."""
        if operation.name == "delete" and link_id is not None:
            self.links.pop(link_id, None)
        elif operation.name == "delete-by-properties":
            gone = [id for id, known in self.links.items() if known.has(properties)]
            for id in gone:
                del self.links[id]

    def forget_refusals(self) -> None:
        """Forget what was refused: something has changed that may let it pass."""
        self._refused.clear()


def _identity(request: Request, with_token: bool) -> bytes:
    authorization = request.headers.get("Authorization", "")
    if not with_token and authorization[:4].lower() == "jwt ":
        # A signed token is another one at each try, and says nothing new.
        authorization = "JWT"
    parts = (request.method, request.target, authorization)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass") + b"\n" + request.body).digest()
