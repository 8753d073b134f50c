"""RL9xx: the future."""

from __future__ import annotations

from pytest_remotelinks.rules.rule import DOCUMENT, Rule, example, link, submission

FUTURE_RULES = (
    Rule(
        "RL901",
        "refused-by-newer-contract",
        "warning",
        None,
        "A request fits the newer published contract too.",
        "It is taken today and refused as soon as Jira goes by the newer document, which may already be the case.",
        f"{DOCUMENT}: the versions of 2023-06-15 and 2026-06-10, compared; or the document that remotelinks_next_contract names",
        example(submission(*(link(id=f"alert-{number}") for number in range(101))), contract="2023-06"),
        example(submission(*(link(id=f"alert-{number}") for number in range(100))), contract="2023-06"),
    ),
)
