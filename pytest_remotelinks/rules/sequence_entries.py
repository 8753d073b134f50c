"""RL4xx: the order of updates."""

from __future__ import annotations

from pytest_remotelinks.rules.rule import REFERENCE, Rule, example, link, submission

_REPLACED = f"{REFERENCE}: a stored link is replaced only by one with a higher updateSequenceNumber"

ORDER_RULES = (
    Rule(
        "RL401",
        "sequence-number-falls",
        "error",
        None,
        "A link that changed has a higher updateSequenceNumber than before.",
        "Jira takes the link, answers 202 and stores nothing of it. An update that merely arrives late is fine, and is told by its older lastUpdated.",
        _REPLACED,
        example(
            submission(link(updateSequenceNumber=7)),
            submission(link(updateSequenceNumber=6, displayName="SQL injection, fixed", lastUpdated="2026-01-31T12:05:00Z")),
        ),
        example(
            submission(link(updateSequenceNumber=7)),
            submission(link(updateSequenceNumber=8, displayName="SQL injection, fixed", lastUpdated="2026-01-31T12:05:00Z")),
        ),
    ),
    Rule(
        "RL402",
        "sequence-number-reused",
        "error",
        None,
        "An updateSequenceNumber goes with one state of a link.",
        "Of two states with the same number the one that arrives first stays, and which one that is nobody can tell. A clock in seconds is the usual cause.",
        _REPLACED,
        example(submission(), submission(link(displayName="SQL injection, fixed"))),
        example(submission(), submission(link(displayName="SQL injection, fixed", updateSequenceNumber=2))),
    ),
)
