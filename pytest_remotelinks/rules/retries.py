"""RL7xx: when and how a request may be retried."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from typing import Any

from pytest_remotelinks.apis.api import Api, Id, Operation
from pytest_remotelinks.rules.app_history import AppHistory, Stale
from pytest_remotelinks.rules.examples import a_link, after, example, refused, rejecting, submission
from pytest_remotelinks.rules.rule import ASSUMPTION, DOCUMENT, REFERENCE, Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.request import Request
from pytest_remotelinks.wire.times import TOLERANCE

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
    waits = [wait for wait in history.waits_of(operation) if wait.asked_at < began and now < wait.until - TOLERANCE]
    if waits:
        longest = max(waits, key=lambda wait: wait.until)
        violations.add(
            RL701,
            f"the request comes {math.ceil(longest.until - now)} seconds before the end of the Retry-After (status {longest.status})",
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
