"""What one app did before, as far as rules ask for it."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pytest_remotelinks.apis.api import Api, Id, Operation
from pytest_remotelinks.rules.properties import has_properties
from pytest_remotelinks.wire.request import Request

#: Statuses that the same request will get again however often it is sent.
PERMANENT = frozenset({400, 401, 403, 413})
#: Seconds after which a permanent failure may be retried: the site may have changed meanwhile.
PERMANENT_FOR = 3600.0


class Known(NamedTuple):
    """A link as it was last accepted, with the properties that it was submitted with."""

    data: dict[str, Any]
    properties: dict[str, Any]
    #: Its sequence number, None if it has none that is a number.
    number: float | None
    #: When it was accepted, in seconds since the epoch on the site's clock.
    accepted_at: float
    #: Whether the app got an answer that says so.
    acknowledged: bool


class Stale(NamedTuple):
    """A link of a submission that is not newer than what was accepted before."""

    #: Its index in the submission.
    position: int
    known: Known


class Wait(NamedTuple):
    """A Retry-After: from when until when, in seconds since the epoch on the site's clock, and the status of the answer."""

    asked_at: float
    until: float
    status: int


@dataclass
class AppHistory:
    """The past of one app on one site, in one API."""

    api: Api
    #: The keys of all properties that were ever submitted.
    submitted_keys: set[str] = field(default_factory=set)
    #: By id, the accepted submission with the highest sequence number since the link was last deleted.
    links: dict[Id, Known] = field(default_factory=dict)
    #: By id, links whose last submission was rejected.
    rejected: dict[Id, dict[str, Any]] = field(default_factory=dict)
    #: By operation, the last Retry-After; under the empty name, the last one that is for all operations.
    _waits: dict[str, Wait] = field(default_factory=dict)
    #: By request, its permanent refusal: the status, and when that was.
    _refused: dict[bytes, tuple[int, float]] = field(default_factory=dict)

    def waits_of(self, operation: Operation) -> list[Wait]:
        """What the app was asked to wait for before a request to the operation."""
        return [self._waits[name] for name in (operation.name, "") if name in self._waits]

    def refusal_of(self, request: Request, now: float) -> int | None:
        """The status with which exactly this request was permanently refused not long ago, None if it was not."""
        if not self._refused:
            return None
        status, at = self._refused.get(_identity(request, False)) or self._refused.get(_identity(request, True)) or (None, 0.0)
        return status if now - at < PERMANENT_FOR else None

    def remember_answer(
        self, request: Request, operation: Operation, status: int, retry_after: float | None, now: float, concerns_all: bool = False
    ) -> None:
        """Remember the answer to a request; ``concerns_all`` says whether its Retry-After is for all operations."""
        if retry_after is not None:
            self._waits["" if concerns_all else operation.name] = Wait(now, now + retry_after, status)
        elif status < 400:
            self._waits.pop(operation.name, None)
        if status in PERMANENT:
            self._refused[_identity(request, status == 401)] = status, now
        elif self._refused:
            for with_token in (True, False):
                self._refused.pop(_identity(request, with_token), None)

    def remember_accepted(
        self, links: list[Any], properties: dict[str, Any], accepted: Sequence[int], now: float = 0.0, acknowledged: bool = True
    ) -> list[Stale]:
        """Remember the accepted links of a submission, and return those that are not newer than before.

        ``accepted`` are their indexes; ``acknowledged`` says whether the app
        gets an answer that it can read.
        """
        stale = []
        for index in accepted:
            link = links[index]
            id = self.api.id_of(link)
            if id is None:
                continue
            number = link.get(self.api.sequence_member)
            if not isinstance(number, (int, float)):
                number = None
            known = self.links.get(id)
            if known is not None and number is not None and known.number is not None and number <= known.number:
                # The links of one submission share one properties object: a duplicate id is RL204's matter.
                if known.properties is not properties:
                    stale.append(Stale(index, known))
            else:
                self.links[id] = Known(link, properties, number, now, acknowledged)
        return stale

    def remember_rejected(self, links: list[Any], accepted: Container[int]) -> None:
        """Remember which links of a submission were rejected, and that the others no longer are."""
        for index, link in enumerate(links):
            id = self.api.id_of(link)
            if id is None:
                continue
            if index in accepted:
                self.rejected.pop(id, None)
            else:
                self.rejected[id] = link

    def remember_deletion(self, operation: Operation, id: Id | None, criteria: tuple[tuple[str, str], ...]) -> None:
        """Remember an accepted deletion: the links that it concerns may be submitted with any sequence number."""
        if operation.name == "delete" and id is not None:
            self.links.pop(id, None)
        elif operation.name == "delete-by-properties":
            self.links = {id: known for id, known in self.links.items() if not has_properties(known.properties, criteria)}

    def forget_refusals(self) -> None:
        """Forget permanent refusals, because something has changed that they may have depended on."""
        self._refused.clear()


def _identity(request: Request, with_token: bool) -> bytes:
    authorization = request.headers.get("Authorization", "")
    if not with_token and authorization[:4].lower() == "jwt ":
        # Each try has a new signed token, which does not make it another request.
        authorization = "JWT"
    parts = (request.method, request.target, authorization)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass") + b"\n" + request.body).digest()
