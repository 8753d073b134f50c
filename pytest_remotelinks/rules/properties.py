"""RL3xx: properties, deletions by them, and provider metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from pytest_remotelinks.rules.examples import call, example, submission
from pytest_remotelinks.rules.rule import DOCUMENT, REFERENCE, Rule
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.pointer import pointer_to
from pytest_remotelinks.wire.redact import redact_parameter

_SUBMITTED = submission(properties={"accountId": "account-123"})

RL301 = Rule(
    code="RL301",
    name="colon-in-property-key",
    severity="error",
    refusal=400,
    summary="A property's key contains no colon.",
    why="The key would clash with how properties are stored, and the whole submission is refused.",
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
    summary="A deletion by properties names at least one property.",
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
    summary="A deletion goes by properties that were submitted before.",
    why="Nothing matches, Jira answers 202 all the same, and the links stay.",
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
    why="It has no effect any more: links that are newer than the number are deleted too.",
    source=f"{DOCUMENT}: the parameter is marked as deprecated, and its text says that it is not supported",
    broken=example(call("DELETE", "/remotelink/alert-1?_updateSequenceNumber=7")),
    fixed=example(call("DELETE", "/remotelink/alert-1")),
)

RL306 = Rule(
    code="RL306",
    name="literal-params",
    severity="error",
    refusal=None,
    summary="Each property is a query parameter of its own, not JSON under 'params'.",
    why="The document calls the free parameters 'params'; generated clients send that name. Then no link matches, Jira answers 202, and nothing is deleted.",
    source=f"{DOCUMENT}: the parameter params is a free-form object; {REFERENCE}: the examples of deleteRemoteLinksByProperty",
    broken=example(_SUBMITTED, call("DELETE", "/bulkByProperties?params=%7B%22accountId%22%3A%22account-123%22%7D")),
    fixed=example(_SUBMITTED, call("DELETE", "/bulkByProperties?accountId=account-123")),
)

RL307 = Rule(
    code="RL307",
    name="personal-data",
    severity="warning",
    refusal=None,
    summary="Provider metadata holds no personal data.",
    why="Metadata is not treated as private, and Atlassian asks providers to keep people out of it.",
    source=f"{REFERENCE}: the text of a submission's providerMetadata",
    broken=example(submission(providerMetadata={"product": "Scanner, run by ann@scanner.example"})),
    fixed=example(submission(providerMetadata={"product": "Scanner 2.3"})),
)


#: Published as "no longer supported": never a property, without effect.
SEQUENCE_PARAMETER = "_updateSequenceNumber"

_DOMAIN = re.compile(r"[^\s@<>\"']{1,253}\.[A-Za-z]{2,63}")
_LOCAL_PART = re.compile(r"[^\s@<>\"']{1,64}\Z")
#: Characters of a text that are searched for an address; what is asked for here is a product's name.
_SEARCHED = 10_000


def email_in(text: str) -> str | None:
    """The first thing in a text that looks like an e-mail address, None where nothing does."""
    text = text[:_SEARCHED]
    at = text.find("@")
    while at >= 0:
        # Around each "@", and never from every place of the text: a long one would take for ever.
        local, domain = _LOCAL_PART.search(text[max(0, at - 64) : at]), _DOMAIN.match(text, at + 1)
        if local and domain:
            return f"{local[0]}@{domain[0]}"
        at = text.find("@", at + 1)
    return None


def has_properties(properties: Mapping[str, Any], criteria: Iterable[tuple[str, str]]) -> bool:
    """Whether a submission's properties have all that a deletion goes by."""
    return all(key in properties and property_text(properties[key]) == value for key, value in criteria)


def property_text(value: Any) -> str:
    """A property's value as a query names it; only strings fit the schema, and others can be let pass."""
    return value if isinstance(value, str) else json.dumps(value)


def check_property_keys(violations: Violations, keys: Iterable[str], place: str) -> None:
    """Judge the keys of properties; ``place`` is the pointer that they stand below."""
    for key in keys:
        pointer = place + pointer_to((key,))
        if ":" in key:
            violations.add(
                RL301, f"the property key {key!a} contains a colon", pointer, f"rename it, to {key.replace(':', '.')!a} for one", key
            )
        if key.startswith("_"):
            violations.add(
                RL302, f"the property key {key!a} starts with an underscore", pointer, f"rename it, to {key.lstrip('_')!a} for one", key
            )


def check_metadata(violations: Violations, metadata: Any) -> None:
    """Report what looks like personal data in provider metadata."""
    todo: list[tuple[tuple[str | int, ...], Any]] = [(("providerMetadata",), metadata)]
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
                "name the product and its version, nobody's person",
                found,
            )


def check_deletion(
    violations: Violations, query: tuple[tuple[str, str], ...], submitted: Container[str], others: Container[str] = ()
) -> tuple[tuple[str, str], ...]:
    """Judge a deletion by properties and return those that it goes by.

    ``submitted`` holds the property keys that were submitted so far, and
    ``others`` the parameters that the document describes and that are none.
    """
    properties = tuple((key, value) for key, value in query if key != SEQUENCE_PARAMETER and key not in others)
    if not properties:
        violations.add(
            RL303,
            "the query names no property to delete by" + (f"; {query[0][0]} is none" if query else ""),
            "#query",
            "add a property that the links were submitted with, such as ?accountId=account-123",
        )
    check_property_keys(violations, (key for key, _ in properties), "#query")
    for key, value in properties:
        if key == "params" and value.lstrip().startswith(("{", "[")):
            violations.add(
                RL306,
                "'params' stands for free query parameters; sent literally it is a property of that name, and no link has it",
                "#query/params",
                f"send each property as a parameter of its own: ?{_as_query(value) or 'accountId=account-123&repoId=7'}",
                value,
            )
        elif key not in submitted:
            violations.add(
                RL304,
                f"no submission so far had a property {key!a}, so nothing can match",
                "#query" + pointer_to((key,)),
                "check the key's spelling, or submit the links with this property",
                redact_parameter(key, value),
            )
    return properties


def check_deprecated(violations: Violations, query: tuple[tuple[str, str], ...]) -> None:
    """Report the parameter that has no effect any more, unless its value is wrong too: the mend is the same."""
    if any(violation.code == "RL107" for violation in violations.found):
        return
    for key, value in query:
        if key == SEQUENCE_PARAMETER:
            violations.add(
                RL305,
                f"{SEQUENCE_PARAMETER} is no longer supported and has no effect: newer links are deleted too",
                f"#query/{SEQUENCE_PARAMETER}",
                "leave it out; where order matters, wait until the deletion can be read back",
                value,
            )


def _as_query(text: str) -> str:
    """The query that was meant by a JSON object of properties, empty if there is none."""
    try:
        meant = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return urlencode(meant) if isinstance(meant, dict) and all(isinstance(value, str) for value in meant.values()) else ""
