"""RL7xx: trying again, and when that is right."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from typing import Any

from pytest_remotelinks.apis.api import Id, Operation
from pytest_remotelinks.rules.app_history import AppHistory, Stale
from pytest_remotelinks.rules.examples import a_link, after, example, refused, rejecting, submission
from pytest_remotelinks.rules.rule import ASSUMPTION, DOCUMENT, REFERENCE, Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.pointer import pointer_to
from pytest_remotelinks.wire.request import Request
from pytest_remotelinks.wire.times import TOLERANCE

_SECOND = a_link(id="alert-2")

RL701 = Rule(
    code="RL701",
    name="retry-too-early",
    severity="error",
    refusal=None,
    summary="After a Retry-After, a request of the same kind waits as long as it says.",
    why="A request that comes earlier is refused again, and the wait grows: a provider in a tight loop locks itself out.",
    source="REST reference, Rate limiting: the header Retry-After",
    broken=example(refused(submission(), 429, 30), after(10, refused(submission(), 429, 30))),
    fixed=example(refused(submission(), 429, 30), after(31, submission())),
)

RL702 = Rule(
    code="RL702",
    name="hopeless-retry",
    severity="error",
    refusal=None,
    summary="A request that was refused with 400, 401, 403 or 413 is not sent again unchanged.",
    why="What is wrong with it is in the request itself. Sent again it costs quota, and whoever waits for it waits for ever.",
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
    why="A 202 that names a link in rejectedRemoteLinks says why; the same link is rejected for the same reason.",
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
    why="They are stored already, or will be. Whoever sends the whole batch again because one link was rejected does the work of the others twice.",
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


#: Seconds within which the same submission again is a retry, and no new look at everything.
RETRIED_WITHIN = 60.0

_MENDS = {
    400: "mend what the answer names, or give up: Jira refuses the same request each time",
    401: "get a new token, or sign anew, before trying again",
    403: "give up and tell somebody: the app lacks the module or the scope, and trying again gives it neither",
    413: "split the submission into smaller ones",
}


def check_retry_timing(
    violations: Violations, request: Request, operation: Operation, history: AppHistory, began: float, now: float
) -> None:
    """Judge whether a request comes too early, or can only be refused again.

    ``began`` is when it did, ``now`` the time, in seconds on the site's clock:
    who began before anybody was asked to wait could not know.
    """
    waits = [wait for wait in history.waits_of(operation) if wait.asked_at < began and now < wait.until - TOLERANCE]
    if waits:
        longest = max(waits, key=lambda wait: wait.until)
        violations.add(
            RL701,
            f"{math.ceil(longest.until - now)} seconds of what Retry-After asked for (with status {longest.status}) had not passed",
            "#request",
            "wait as long as Retry-After says, counted from the answer, before the next request of this kind",
        )
    refused = history.refusal_of(request, now)
    if refused is not None:
        violations.add(RL702, f"exactly this request was refused with {refused} before", "#request", _MENDS[refused])


def check_resent(
    violations: Violations, links: list[Any], accepted: Container[int], stale: Iterable[Stale], rejected: Mapping[Id, Any], now: float
) -> None:
    """Report links that are sent again though nothing can come of it.

    ``rejected`` are those of earlier submissions, by id; ``now`` is in seconds
    on the site's clock.
    """
    retried = False
    for index, link in enumerate(links) if rejected else ():
        before = rejected.get(link["id"]) if isinstance(link, dict) and isinstance(link.get("id"), str) else None
        retried = retried or before is not None
        if index not in accepted and before == link and before is not None:
            violations.add(
                RL703,
                "the link was rejected before, is sent again unchanged, and is rejected again",
                pointer_to(("remoteLinks", index)),
                "mend what rejectedRemoteLinks says of it, or drop it",
                link["id"],
                link=index,
            )
    again = [(links[index]["id"], known) for index, known in stale if known.is_told and links[index] == known.data]
    # All of it once more, and soon: a client that does not take 202 for an answer. A later look at everything is no retry.
    once_more = len(again) == len(links) and all(now - known.accepted_at < RETRIED_WITHIN for _, known in again)
    if again and (retried or once_more):
        violations.add(
            RL704,
            f"{len(again)} of the {len(links)} links were accepted before and are sent again unchanged",
            "/remoteLinks",
            "after a 202 send again only links that changed, and of those that it rejected only what was mended",
            [link_id for link_id, _ in again[:5]],
        )
