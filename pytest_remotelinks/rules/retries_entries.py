"""RL7xx: manners in trying again."""

from __future__ import annotations

from pytest_remotelinks.rules.rule import (
    ASSUMPTION,
    DOCUMENT,
    REFERENCE,
    Rule,
    after,
    example,
    link,
    refused,
    rejecting,
    submission,
)

_SECOND = link(id="alert-2")

MANNERS_RULES = (
    Rule(
        "RL701",
        "retry-too-early",
        "error",
        None,
        "After a Retry-After, a request of the same kind waits as long as it says.",
        "A request that comes earlier is refused again, and the wait grows: a provider in a tight loop locks itself out.",
        "REST reference, Rate limiting: the header Retry-After",
        example(refused(submission(), 429, 30), after(10, refused(submission(), 429, 30))),
        example(refused(submission(), 429, 30), after(31, submission())),
    ),
    Rule(
        "RL702",
        "hopeless-retry",
        "error",
        None,
        "A request that was refused with 400, 401, 403 or 413 is not sent again unchanged.",
        "What is wrong with it is in the request itself. Sent again it costs quota, and whoever waits for it waits for ever.",
        f"{DOCUMENT}: the texts of the answers 400, 401, 403 and 413",
        example(refused(submission(), 400), submission()),
        example(refused(submission(), 400), submission(link(displayName="SQL injection"))),
    ),
    Rule(
        "RL703",
        "rejected-link-resent",
        "warning",
        None,
        "A link that was rejected is not sent again unchanged.",
        "A 202 that names a link in rejectedRemoteLinks says why; the same link is rejected for the same reason.",
        f"{REFERENCE}: rejectedRemoteLinks; that this is worth a warning is {ASSUMPTION}",
        example(rejecting("alert-1", submission()), rejecting("alert-1", submission())),
        example(rejecting("alert-1", submission()), submission(link(displayName="SQL injection"))),
    ),
    Rule(
        "RL704",
        "accepted-link-resent",
        "warning",
        None,
        "A retry after a 202 leaves out the links that were accepted.",
        "They are stored already, or will be. Whoever sends the whole batch again because one link was rejected does the work of the others twice.",
        f"{REFERENCE}: acceptedRemoteLinks; that this is worth a warning is {ASSUMPTION}",
        example(
            rejecting("alert-1", submission(link(), _SECOND)),
            submission(link(displayName="SQL injection"), _SECOND),
        ),
        example(
            rejecting("alert-1", submission(link(), _SECOND)),
            submission(link(displayName="SQL injection")),
        ),
    ),
)
