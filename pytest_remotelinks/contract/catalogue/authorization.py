"""RL5xx: who sends a request, and whether that may be believed."""

from __future__ import annotations

from pytest_remotelinks.contract.catalogue.rule import DOCUMENT, Rule, call, example

AUTHORIZATION_RULES = (
    Rule(
        "RL501",
        "missing-authorization",
        "error",
        401,
        "Every request carries an Authorization header.",
        "Jira does not look at a request whose sender it cannot tell.",
        f"{DOCUMENT}: the header Authorization is required, and 401 is the answer to a request without it",
        example(call("GET", "/remotelink/alert-1", ("Accept", "application/json"))),
        example(call("GET", "/remotelink/alert-1")),
    ),
    Rule(
        "RL502",
        "malformed-authorization",
        "error",
        401,
        "The Authorization header is a scheme and a credential.",
        "A token without its scheme, or a scheme that the contract does not name, is no token to Jira.",
        f"{DOCUMENT}: the header's pattern 'JWT <token>', and the security schemes since 2026-06",
        example(call("GET", "/remotelink/alert-1", ("Authorization", "aaaa.bbbb.cccc"))),
        example(call("GET", "/remotelink/alert-1")),
    ),
)
