"""RL3xx: properties, deletions by them, and provider metadata."""

from __future__ import annotations

from pytest_remotelinks.rules.rule import DOCUMENT, REFERENCE, Rule, call, example, submission

_SUBMITTED = submission(properties={"accountId": "account-123"})

PROPERTY_RULES = (
    Rule(
        "RL301",
        "colon-in-property-key",
        "error",
        400,
        "A property's key contains no colon.",
        "The key would clash with how properties are stored, and the whole submission is refused.",
        f"{REFERENCE}: the text of a submission's properties",
        example(submission(properties={"account:id": "account-123"})),
        example(submission(properties={"account.id": "account-123"})),
    ),
    Rule(
        "RL302",
        "underscore-before-property-key",
        "error",
        400,
        "A property's key does not start with an underscore.",
        "Keys with an underscore are Jira's own, as _updateSequenceNumber was.",
        f"{REFERENCE}: the text of a submission's properties",
        example(submission(properties={"_accountId": "account-123"})),
        example(_SUBMITTED),
    ),
    Rule(
        "RL303",
        "delete-without-property",
        "error",
        400,
        "A deletion by properties names at least one property.",
        "Without one it would delete everything, so Jira refuses it.",
        f"{REFERENCE}: deleteRemoteLinksByProperty",
        example(_SUBMITTED, call("DELETE", "/bulkByProperties")),
        example(_SUBMITTED, call("DELETE", "/bulkByProperties?accountId=account-123")),
    ),
    Rule(
        "RL304",
        "delete-by-unused-property",
        "warning",
        None,
        "A deletion goes by properties that were submitted before.",
        "Nothing matches, Jira answers 202 all the same, and the links stay.",
        f"{REFERENCE}: deleteRemoteLinksByProperty deletes links whose properties match",
        example(_SUBMITTED, call("DELETE", "/bulkByProperties?account=account-123")),
        example(_SUBMITTED, call("DELETE", "/bulkByProperties?accountId=account-123")),
    ),
    Rule(
        "RL305",
        "deprecated-parameter",
        "warning",
        None,
        "_updateSequenceNumber is no longer sent as a parameter.",
        "It has no effect any more: links that are newer than the number are deleted too.",
        f"{DOCUMENT}: the parameter is marked as deprecated, and its text says that it is not supported",
        example(call("DELETE", "/remotelink/alert-1?_updateSequenceNumber=7")),
        example(call("DELETE", "/remotelink/alert-1")),
    ),
    Rule(
        "RL306",
        "literal-params",
        "error",
        None,
        "Each property is a query parameter of its own, not JSON under 'params'.",
        "The document calls the free parameters 'params'; generated clients send that name. Then no link matches, Jira answers 202, and nothing is deleted.",
        f"{DOCUMENT}: the parameter params is a free-form object; {REFERENCE}: the examples of deleteRemoteLinksByProperty",
        example(_SUBMITTED, call("DELETE", "/bulkByProperties?params=%7B%22accountId%22%3A%22account-123%22%7D")),
        example(_SUBMITTED, call("DELETE", "/bulkByProperties?accountId=account-123")),
    ),
    Rule(
        "RL307",
        "personal-data",
        "warning",
        None,
        "Provider metadata holds no personal data.",
        "Metadata is not treated as private, and Atlassian asks providers to keep people out of it.",
        f"{REFERENCE}: the text of a submission's providerMetadata",
        example(submission(providerMetadata={"product": "Scanner, run by ann@scanner.example"})),
        example(submission(providerMetadata={"product": "Scanner 2.3"})),
    ),
)
