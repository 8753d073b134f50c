"""The table of rules: each code once, with what it says and what Jira does about a breach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_remotelinks.contract.violation import Severity

#: Jira answers 202 and names the link among the rejected ones.
REJECTS_LINK = 202


@dataclass(frozen=True)
class Rule:
    """One rule of the contract.

    ``refusal`` is the HTTP status with which Jira refuses the whole request,
    ``REJECTS_LINK`` where it rejects the one link, and None where it takes the
    request all the same.
    """

    code: str
    name: str
    severity: Severity
    refusal: int | None
    summary: str


RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("RL101", "malformed-json", "error", 400, "A submission's body is JSON in UTF-8."),
        Rule("RL102", "wrong-content-type", "error", 415, "A submission is sent as application/json."),
        Rule("RL103", "malformed-envelope", "error", 400, "What surrounds the links fits the document's schema."),
        Rule("RL104", "unknown-path", "error", 404, "A request goes to one of the documented paths."),
        Rule("RL105", "method-not-allowed", "error", 405, "A path is used with one of its documented methods."),
        Rule("RL106", "invalid-id", "error", None, "An id in a path is 1 to 255 characters of UTF-8."),
        Rule("RL107", "invalid-parameter", "error", 400, "A query parameter fits the document's schema."),
        Rule("RL108", "too-many-links", "error", 413, "A submission holds no more links than the document allows."),
        Rule("RL109", "body-too-large", "error", 413, "A body stays under the byte limit."),
        Rule("RL110", "unencoded-id", "error", None, "An id is percent-encoded where it stands in a path."),
        Rule("RL111", "unknown-parameter", "warning", None, "A query names only documented parameters."),
        Rule("RL112", "duplicate-member", "error", None, "An object in a body names each member once."),
        Rule("RL113", "malformed-http", "error", 400, "Request line, headers and body length are well-formed HTTP."),
        Rule("RL201", "link-schema", "error", REJECTS_LINK, "A remote link fits the document's schema."),
        Rule("RL202", "too-many-associations", "error", REJECTS_LINK, "A link's association values number 500 or fewer in all."),
        Rule("RL203", "association-type-twice", "error", REJECTS_LINK, "A link gives each association type once."),
        Rule("RL204", "id-twice", "warning", None, "A submission names each link id once."),
        Rule("RL205", "loose-issue-key", "error", None, "An issue key matches its pattern as a whole, not just in part."),
        Rule("RL206", "unknown-member", "warning", None, "Objects have only members that the schema names."),
        Rule("RL301", "colon-in-property-key", "error", 400, "A property's key contains no colon."),
        Rule("RL302", "underscore-before-property-key", "error", 400, "A property's key does not start with an underscore."),
        Rule("RL303", "delete-without-property", "error", 400, "A deletion by properties names at least one property."),
        Rule("RL304", "delete-by-unused-property", "warning", None, "A deletion goes by properties that were submitted before."),
        Rule("RL305", "deprecated-parameter", "warning", None, "_updateSequenceNumber is no longer sent as a parameter."),
        Rule("RL306", "literal-params", "error", None, "Each property is a query parameter of its own, not JSON under 'params'."),
        Rule("RL307", "personal-data", "warning", None, "Provider metadata holds no personal data."),
        Rule("RL501", "missing-authorization", "error", 401, "Every request carries an Authorization header."),
        Rule("RL502", "malformed-authorization", "error", 401, "The Authorization header is a scheme and a credential."),
    )
}


def selects(selectors: Iterable[str], code: str) -> bool:
    """Whether one of the selectors, each a code or the beginning of one, covers the code."""
    return any(code.startswith(selector) for selector in selectors)


def parse_selectors(given: str | Iterable[str]) -> tuple[str, ...]:
    """Read rule codes or their beginnings, as a list or as one string with commas.

    Raises ValueError for one that covers no rule.
    """
    names = given.split(",") if isinstance(given, str) else list(given)
    selectors = tuple(name.strip() for name in names if isinstance(name, str) and name.strip())
    for name in names:
        if not isinstance(name, str):
            raise ValueError(f"{name!r} is no rule code; give strings such as 'RL206' or 'RL2'")
    for selector in selectors:
        if not selector.startswith("RL") or not any(code.startswith(selector) for code in RULES):
            raise ValueError(f"{selector!r} covers no rule; give a code such as 'RL206' or the beginning of one, such as 'RL2'")
    return selectors
