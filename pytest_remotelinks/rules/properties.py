"""RL3xx: properties, deletions by them, and provider metadata."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from pytest_remotelinks.apis.api import Api
from pytest_remotelinks.auth.qsh import TOKEN_PARAMETER
from pytest_remotelinks.contract.near import meant
from pytest_remotelinks.rules.examples import call, example, submission
from pytest_remotelinks.rules.literal_params import LiteralParams, find_literal_params
from pytest_remotelinks.rules.rule import DOCUMENT, REFERENCE, Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.json_body import pointer_to
from pytest_remotelinks.wire.redact import REDACTED, is_secret_name

_SUBMITTED = submission(properties={"accountId": "account-123"})

RL301 = Rule(
    code="RL301",
    name="colon-in-property-key",
    severity="error",
    refusal=400,
    summary="A property's key contains no colon.",
    why="The key would clash with how Jira stores properties, so it refuses the whole submission.",
    source=f"{REFERENCE}: the text of a submission's properties",
    broken=example(submission(properties={"account:id": "account-123"})),
    fixed=example(submission(properties={"account.id": "account-123"})),
)

RL302 = Rule(
    code="RL302",
    name="underscore-before-property-key",
    severity="error",
    refusal=400,
    summary="A property's key does not start with an underscore.",
    why="Keys with an underscore are Jira's own, as _updateSequenceNumber was.",
    source=f"{REFERENCE}: the text of a submission's properties",
    broken=example(submission(properties={"_accountId": "account-123"})),
    fixed=example(_SUBMITTED),
)

RL303 = Rule(
    code="RL303",
    name="delete-without-property",
    severity="error",
    refusal=400,
    summary="A deletion by properties has at least one property.",
    why="Without one it would delete everything, so Jira refuses it.",
    source=f"{REFERENCE}: deleteRemoteLinksByProperty",
    broken=example(_SUBMITTED, call("DELETE", "/bulkByProperties")),
    fixed=example(_SUBMITTED, call("DELETE", "/bulkByProperties?accountId=account-123")),
)

RL304 = Rule(
    code="RL304",
    name="delete-by-unused-property",
    severity="warning",
    refusal=None,
    summary="A deletion uses properties that were submitted before.",
    why="No link matches, Jira answers 202 nevertheless, and the links stay.",
    source=f"{REFERENCE}: deleteRemoteLinksByProperty deletes links whose properties match",
    broken=example(_SUBMITTED, call("DELETE", "/bulkByProperties?account=account-123")),
    fixed=example(_SUBMITTED, call("DELETE", "/bulkByProperties?accountId=account-123")),
)

RL305 = Rule(
    code="RL305",
    name="deprecated-parameter",
    severity="warning",
    refusal=None,
    summary="_updateSequenceNumber is no longer sent as a parameter.",
    why="It no longer has an effect: links that are newer than the number are deleted too.",
    source=f"{DOCUMENT}: the parameter is marked as deprecated, and its text says that it is not supported",
    broken=example(call("DELETE", "/remotelink/alert-1?_updateSequenceNumber=7")),
    fixed=example(call("DELETE", "/remotelink/alert-1")),
)

RL306 = Rule(
    code="RL306",
    name="literal-params",
    severity="error",
    refusal=None,
    summary="Each property is a query parameter of its own, not an object under 'params'.",
    why="The document calls the free parameters 'params'. Generated clients send that name, with JSON or with whatever their HTTP library makes of an object: params[accountId]=…, [object Object]. Then no link matches, Jira answers 202, and nothing is deleted.",
    source=f"{DOCUMENT}: the parameter params is a free-form object; {REFERENCE}: the examples of deleteRemoteLinksByProperty",
    broken=example(_SUBMITTED, call("DELETE", "/bulkByProperties?params=%7B%22accountId%22%3A%22account-123%22%7D")),
    fixed=example(_SUBMITTED, call("DELETE", "/bulkByProperties?accountId=account-123")),
)

RL307 = Rule(
    code="RL307",
    name="personal-data",
    severity="warning",
    refusal=None,
    summary="Provider metadata contains no personal data.",
    why="Metadata is not treated as private, and Atlassian asks providers to leave personal data out of it.",
    source=f"{REFERENCE}: the text of a submission's providerMetadata",
    broken=example(submission(providerMetadata={"product": "Scanner, run by ann@scanner.example"})),
    fixed=example(submission(providerMetadata={"product": "Scanner 2.3"})),
)

_DOMAIN = re.compile(r"[^\s@<>\"']{1,253}\.[A-Za-z]{2,63}")
_LOCAL_PART = re.compile(r"[^\s@<>\"']{1,64}\Z")
#: What to do about keys that are not properties.
_UNUSED: dict[str, str | Fix] = {
    "params": "send each property as a parameter of its own, such as ?accountId=account-123: 'params' is the document's name for them",
    TOKEN_PARAMETER: Fix("remove", note="the token belongs into the Authorization header alone"),
}
#: How many names of submitted properties a hint has.
_NAMED = 10
#: Characters of a text that are searched for an address; the text is meant to be a product's name.
_SEARCHED = 10_000


def email_in(text: str) -> str | None:
    """The first thing in a text that looks like an e-mail address, None if nothing does."""
    text = text[:_SEARCHED]
    at = text.find("@")
    while at >= 0:
        # Only around each "@": one pattern for the whole address would take minutes for a long text.
        local, domain = _LOCAL_PART.search(text[max(0, at - 64) : at]), _DOMAIN.match(text, at + 1)
        if local and domain:
            return f"{local[0]}@{domain[0]}"
        at = text.find("@", at + 1)
    return None


def has_properties(properties: Mapping[str, Any], criteria: Iterable[tuple[str, str]]) -> bool:
    """Whether a submission's properties match all criteria of a deletion."""
    return all(key in properties and _property_text(properties[key]) == value for key, value in criteria)


def _property_text(value: Any) -> str:
    """A property's value as a query has it. Only strings fit the schema; others get here if that rule is ignored."""
    return value if isinstance(value, str) else json.dumps(value)


def check_property_keys(violations: Violations, keys: Iterable[str], parent: str, allowed: Container[str] | None = None) -> None:
    """Check the keys of properties; ``parent`` is the pointer to the object or query that has them.

    ``allowed`` are the keys that a key can be renamed to, None if any other is free.
    """
    keys = list(keys)
    wanted = Counter(map(_valid_key, keys))
    for key in keys:
        pointer = parent + pointer_to((key,))
        new = _valid_key(key)
        is_free = new and wanted[new] == 1 and (allowed is None or new in allowed)
        hint = (
            Fix("rename", new)
            if is_free
            else "rename it to a key that no other property has, without a colon and without a leading underscore"
        )
        if ":" in key:
            violations.add(RL301, f"the property key {key!a} contains a colon", pointer, hint, key)
        if key.startswith("_"):
            violations.add(RL302, f"the property key {key!a} starts with an underscore", pointer, hint, key)


def _valid_key(key: str) -> str:
    return key.replace(":", ".").lstrip("_")


def check_metadata(violations: Violations, metadata: Any, member: str) -> None:
    """Report what looks like personal data in provider metadata, which is the payload's ``member``."""
    todo: list[tuple[tuple[str | int, ...], Any]] = [((member,), metadata)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict):
            todo.extend(((*path, name), inner) for name, inner in value.items())
        elif isinstance(value, list):
            todo.extend(((*path, index), inner) for index, inner in enumerate(value))
        elif isinstance(value, str) and (found := email_in(value)):
            violations.add(
                RL307,
                "this looks like an e-mail address; provider metadata is not treated as private",
                pointer_to(path),
                "give the product's name and version, not a person's",
                found,
            )


def check_deletion(
    violations: Violations, api: Api, query: tuple[tuple[str, str], ...], submitted: Collection[str], parameters: Container[str] = ()
) -> tuple[tuple[str, str], ...]:
    """Check a deletion by properties, and return its criteria.

    ``submitted`` has the property keys that were submitted so far, and
    ``parameters`` the parameters in the document that are not properties.
    """
    criteria = tuple((key, value) for key, value in query if key != api.sequence_parameter and key not in parameters)
    # Without the token, nothing would be left.
    if all(key == TOKEN_PARAMETER and key not in submitted for key, _ in criteria):
        criteria = ()
    if not criteria:
        violations.add(
            RL303,
            "the query has no property to delete by" + (f"; {query[0][0]} is not one" if query else ""),
            "#query",
            "add a property that the links were submitted with, such as ?accountId=account-123",
        )
    check_property_keys(violations, (key for key, _ in criteria), "#query", allowed=submitted)
    literal = find_literal_params(criteria, submitted)
    if literal is not None:
        _add_literal(violations, query, literal, submitted)
    for key, value in criteria:
        # There may be thousands, and to find the nearest key takes time.
        if violations.lists(RL304) and key not in submitted and (literal is None or (key, value) not in literal.sent):
            violations.add(
                RL304,
                f"no submission so far had a property {key!a}, so nothing can match",
                "#query" + pointer_to((key,)),
                _UNUSED.get(key) or _submitted_key(key, submitted, {name for name, _ in criteria}),
                value,
            )
    return criteria


def _add_literal(violations: Violations, query: tuple[tuple[str, str], ...], literal: LiteralParams, submitted: Collection[str]) -> None:
    key, value = literal.sent[0]
    note = "each property is a parameter of its own"
    if literal.meant:
        hint: Fix | str = Fix(
            "set", urlencode([*(pair for pair in query if pair not in literal.sent), *literal.meant]), "#query", note=note
        )
        # Otherwise it is not known to be enough.
        hint = hint if all(name in submitted for name, _ in literal.meant) else str(hint)
    else:
        example = "&".join(f"{urlencode({name: ''})}…" for name in literal.names) or "accountId=account-123&repoId=7"
        hint = f"{note}: send ?{example}"
        if literal.only_names and submitted and not all(name in submitted for name in literal.names):
            hint += f"; submitted were {', '.join(sorted(submitted)[:_NAMED])}"
    message = "'params' is only the document's name for free query parameters; sent literally it is a property that no link has"
    if literal.only_names:
        message = "requests sends only the names of a nested object, and the values are lost"
    elif "properties" in key.lower().partition("[")[0]:
        message = "'properties' is a member of a submission; in a query it is a property that no link has"
    is_secret = any(is_secret_name(name) for name, _ in literal.meant)
    violations.add(
        RL306,
        message,
        "#query" + pointer_to((key,)),
        hint,
        REDACTED if is_secret else value,
    )


def check_deprecated(violations: Violations, api: Api, query: tuple[tuple[str, str], ...]) -> None:
    """Report the parameter that no longer has an effect, unless RL107 reports its value: the fix is the same."""
    if any(violation.code == "RL107" for violation in violations.found):
        return
    for key, value in query:
        if key == api.sequence_parameter:
            violations.add(
                RL305,
                f"{key} is no longer supported and has no effect: newer links are deleted too",
                f"#query/{key}",
                Fix("remove", safe=True, note="where order matters, wait until a read confirms the deletion"),
                value,
            )


def _submitted_key(key: str, submitted: Collection[str], used: Container[str]) -> str | Fix:
    near = meant(key, submitted)
    if near is not None and near.name not in used:
        return Fix("rename", near.name, note="or submit the links with this property")
    return "check the key's spelling, or submit the links with this property"
