"""RL7xx: trying again, and when that is right."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from typing import Any

from pytest_remotelinks.contract.findings import Findings
from pytest_remotelinks.contract.history import History, Stale
from pytest_remotelinks.contract.operations import Operation
from pytest_remotelinks.contract.pointer import pointer_to
from pytest_remotelinks.contract.request import Request

#: Seconds by which a request may come too early: clocks and timers are not exact.
TOLERANCE = 0.05

_MENDS = {
    400: "mend what the answer names, or give up: Jira refuses the same request each time",
    401: "get a new token, or sign anew, before trying again",
    403: "give up and tell somebody: the app lacks the module or the scope, and trying again gives it neither",
    413: "split the submission into smaller ones",
}


def check_patience(findings: Findings, request: Request, operation: Operation, history: History, now: float) -> None:
    """Judge whether a request comes too early, or can only be refused again; ``now`` is the site's time in seconds."""
    until, status = history.waits.get(operation.id, (0.0, 0))
    if now < until - TOLERANCE:
        findings.add(
            "RL701",
            f"{math.ceil(until - now)} seconds of what Retry-After asked for (with status {status}) had not passed",
            "#request",
            "wait as long as Retry-After says, counted from the answer, before the next request of this kind",
        )
    refused = history.refusal_of(request)
    if refused is not None:
        findings.add("RL702", f"exactly this request was refused with {refused} before", "#request", _MENDS[refused])


def check_resent(
    findings: Findings, links: list[Any], accepted: Container[int], stale: Iterable[Stale], rejected: Mapping[str, Any]
) -> None:
    """Report links that are sent again though nothing can come of it; ``rejected`` are those of earlier submissions, by id."""
    retried = False
    for index, link in enumerate(links) if rejected else ():
        before = rejected.get(link["id"]) if isinstance(link, dict) and isinstance(link.get("id"), str) else None
        retried = retried or before is not None
        if index not in accepted and before == link and before is not None:
            findings.add(
                "RL703",
                "the link was rejected before, is sent again unchanged, and is rejected again",
                pointer_to(("remoteLinks", index)),
                "mend what rejectedRemoteLinks says of it, or drop it",
                link["id"],
                link=index,
            )
    again = [links[index]["id"] for index, known in stale if links[index] == known.data]
    if again and (retried or len(again) == len(links)):
        findings.add(
            "RL704",
            f"{len(again)} of the {len(links)} links were accepted before and are sent again unchanged",
            "/remoteLinks",
            "after a 202 send again only links that changed, and of those that it rejected only what was mended",
            again[:5],
        )
