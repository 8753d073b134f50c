"""RL7xx: when and how a request may be retried; and what an app did before, as far as rules ask."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pytest_remotelinks.apis.api import Api, Id, Operation
from pytest_remotelinks.rules.examples import a_link, after, example, refused, rejecting, submission
from pytest_remotelinks.rules.properties import has_properties
from pytest_remotelinks.rules.rule import ASSUMPTION, DOCUMENT, REFERENCE, Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.request import Request
from pytest_remotelinks.wire.times import TOLERANCE

#: Statuses that the same request will get again however often it is sent.
PERMANENT = frozenset({400, 401, 403, 413})
#: Seconds after which a permanent failure may be retried: the site may have changed meanwhile.
PERMANENT_FOR = 3600.0
#: Seconds after the end of a Retry-After in which a worker that waited for it may still come.
PROMISE_LASTS = 60.0
#: Seconds for which requests of other workers may be on their way.
ON_ITS_WAY = 1.0


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


class Promise(NamedTuple):
    """A Retry-After that was answered: a request at its end is served unless something else is against it."""

    #: The operation that it is for, empty if it is for all.
    operation: str
    #: From when until when, in seconds since the epoch on the site's clock.
    asked_at: float
    until: float
    #: The status of the answer, and the request that got it.
    status: int
    request: bytes

    def has_passed(self, now: float) -> bool:
        """Whether a request comes late enough for it."""
        return now >= self.until - TOLERANCE


@dataclass
class Promises:
    """The Retry-Afters that one app was answered and has not used yet.

    Requests do not say which of an app's workers sent them. One that repeats a
    refused request was asked to wait. Another may come from a worker that was
    not, and be on its way already: it is early only if nothing shows that the
    app has several workers, and only some time after the answer.
    """

    _open: list[Promise] = field(default_factory=list)
    #: Whether the app has several workers: requests overlapped, or another was refused meanwhile.
    _several: bool = False
    #: When the last request was answered, and when the app was asked to wait or last waited as long as it was asked.
    _answered_at: float = 0.0
    _asked_at: float = 0.0
    #: Whether the last request came too early.
    _was_early: bool = False

    def early(self, request: Request, operation: str, began: float, now: float) -> Promise | None:
        """The promise for which the request comes too early, None if it does not.

        A request that ``began`` before an answer was sent could not know it.
        """
        mine = self._of(operation)
        waiting = [promise for promise in mine if promise.asked_at < began and not promise.has_passed(now)]
        if not waiting:
            return None
        identity = _identity(request, False)
        passed = [promise.request for promise in mine if promise.has_passed(now)]
        if identity in passed:
            return None
        if self._several or began < self._answered_at or now - self._asked_at <= ON_ITS_WAY:
            waiting = [promise for promise in waiting if promise.request == identity and not passed]
        return max(waiting, key=lambda promise: promise.until, default=None)

    def arrive(self, request: Request, operation: str, began: float, now: float) -> tuple[Promise | None, frozenset[str]]:
        """Note that the request has come.

        Return the promise for which it is too early, and the operations whose
        promise it uses; the empty name is for all.
        """
        ignored = self.early(request, operation, began, now)
        self._was_early = ignored is not None
        self._several = self._several or began < self._answered_at
        self._answered_at = now
        if not self._open:
            return None, frozenset()
        self._open = [promise for promise in self._open if now < promise.until + PROMISE_LASTS]
        used: set[str] = set()
        identity = _identity(request, False)
        # A worker uses its own promise, if it has one.
        for promise in sorted(self._of(operation), key=lambda promise: (promise.request != identity, promise.until)):
            if promise.has_passed(now) and promise.operation not in used:
                used.add(promise.operation)
                self._open.remove(promise)
                self._asked_at = now
        return ignored, frozenset(used)

    def add(self, request: Request, operation: str, status: int, seconds: float, now: float) -> None:
        """Note a Retry-After that a request is answered now; with an empty ``operation`` it is for all."""
        new = Promise(operation, now, now + seconds, status, _identity(request, False))
        others = [promise for promise in self._open if (promise.operation, promise.request) != (operation, new.request)]
        if all(promise.has_passed(now) for promise in self._open):
            self._asked_at = now
        elif others and not self._was_early:
            self._several = True
        # A request that is repeated too early has a new promise, and no longer the old one.
        self._open = [promise for promise in self._open if promise in others or promise.has_passed(now)]
        self._open.append(new)

    def end(self, operation: str, now: float) -> None:
        """Note that a request to the operation is served now. If it did not wait, no other need wait any more."""
        if self._asked_at != now:
            self._open = [promise for promise in self._open if promise.operation != operation or promise.has_passed(now)]

    def _of(self, operation: str) -> list[Promise]:
        return [promise for promise in self._open if promise.operation in (operation, "")]


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
    #: The Retry-Afters that the app was answered.
    promises: Promises = field(default_factory=Promises)
    #: By request, its permanent refusal: the status, and when that was.
    _refused: dict[bytes, tuple[int, float]] = field(default_factory=dict)

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
            name = "" if concerns_all else operation.name
            self.promises.add(request, name, status, retry_after, now)
        elif status < 400:
            self.promises.end(operation.name, now)
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


_SECOND = a_link(id="alert-2")

RL701 = Rule(
    code="RL701",
    name="retry-too-early",
    severity="error",
    refusal=None,
    summary="After a Retry-After, the next request of the same kind waits as long as it says.",
    why="An earlier request is refused again, and the wait grows: a provider that retries in a tight loop never gets through.",
    source="REST reference, Rate limiting: the header Retry-After",
    broken=example(refused(submission(), 429, 30), after(10, refused(submission(), 429, 30))),
    fixed=example(refused(submission(), 429, 30), after(31, submission())),
)

RL702 = Rule(
    code="RL702",
    name="permanent-failure-retried",
    severity="error",
    refusal=None,
    summary="A request that was refused with 400, 401, 403 or 413 is not sent again unchanged.",
    why="What is wrong is in the request itself. Retrying cannot succeed and uses up quota.",
    source=f"{DOCUMENT}: the texts of the answers 400, 401, 403 and 413",
    broken=example(refused(submission(), 400), submission()),
    fixed=example(refused(submission(), 400), submission(a_link(displayName="SQL injection"))),
)

RL703 = Rule(
    code="RL703",
    name="rejected-link-resent",
    severity="warning",
    refusal=None,
    summary="A link that was rejected is not sent again unchanged.",
    why="A 202 that lists a link in rejectedRemoteLinks says why. The same link is rejected for the same reason.",
    source=f"{REFERENCE}: rejectedRemoteLinks; that this is worth a warning is {ASSUMPTION}",
    broken=example(rejecting("alert-1", submission()), rejecting("alert-1", submission())),
    fixed=example(rejecting("alert-1", submission()), submission(a_link(displayName="SQL injection"))),
)

RL704 = Rule(
    code="RL704",
    name="accepted-link-resent",
    severity="warning",
    refusal=None,
    summary="A retry after a 202 leaves out the links that were accepted.",
    why="They are stored already, or will be. Sending the whole batch again because one link was rejected repeats the work for all others.",
    source=f"{REFERENCE}: acceptedRemoteLinks; that this is worth a warning is {ASSUMPTION}",
    broken=example(
        rejecting("alert-1", submission(a_link(), _SECOND)),
        submission(a_link(displayName="SQL injection"), _SECOND),
    ),
    fixed=example(
        rejecting("alert-1", submission(a_link(), _SECOND)),
        submission(a_link(displayName="SQL injection")),
    ),
)

#: Seconds within which the same submission is a retry; later it is a new synchronisation.
RETRIED_WITHIN = 60.0

_FIXES = {
    400: "fix what the answer names, or give up: Jira refuses the same request each time",
    401: "get a new token, or sign again, before the next try",
    403: "give up and report it: the app lacks the module or the scope, and a retry does not change that",
    413: "split the submission into smaller ones",
}


def check_retry_timing(
    violations: Violations, request: Request, operation: Operation, history: AppHistory, began: float, now: float
) -> None:
    """Report a request that comes too early, or that can only be refused again.

    ``began`` is when the request began and ``now`` the time, in seconds on the
    site's clock: a request that began before the Retry-After was answered is
    not too early.
    """
    promise = history.promises.early(request, operation.name, began, now)
    if promise is not None:
        violations.add(
            RL701,
            f"the request comes {math.ceil(promise.until - now)} seconds before the end of the Retry-After (status {promise.status})",
            "#request",
            "wait as long as Retry-After says, counted from the answer, before the next request of this kind",
        )
    status = history.refusal_of(request, now)
    if status is not None:
        violations.add(RL702, f"exactly this request was refused with {status} before", "#request", _FIXES[status])


def check_resent(
    violations: Violations,
    api: Api,
    links: list[Any],
    accepted: Container[int],
    stale: Iterable[Stale],
    rejected: Mapping[Id, Any],
    now: float,
) -> None:
    """Report links that are sent again although that has no effect.

    ``rejected`` are those of earlier submissions, by id; ``now`` is in seconds
    on the site's clock.
    """
    retried = False
    for index, link in enumerate(links) if rejected else ():
        id = api.id_of(link)
        before = rejected.get(id) if id is not None else None
        retried = retried or before is not None
        if index not in accepted and before == link and before is not None:
            violations.add(
                RL703,
                f"the {api.noun} was rejected before, is sent again unchanged, and is rejected again",
                api.pointer(index),
                "fix what the rejection says, or leave it out",
                id,
                link=index,
            )
    again = [(links[index], known) for index, known in stale if known.acknowledged and links[index] == known.data]
    # The whole submission once more, and soon: the client ignored the 202. Later it is a new synchronisation.
    once_more = len(again) == len(links) and all(now - known.accepted_at < RETRIED_WITHIN for _, known in again)
    if again and (retried or once_more):
        violations.add(
            RL704,
            f"{len(again)} of the {len(links)} entries were accepted before and are sent again unchanged",
            f"/{api.list_member}",
            "after a 202 send again only what changed, and of what was rejected only what was fixed",
            [api.id_of(link) for link, _ in again[:5]],
        )
