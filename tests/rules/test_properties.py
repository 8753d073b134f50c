"""RL3xx: property keys and provider metadata. Deletions are tested with what they delete."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("key", "expected"), [("a:b", ["RL301"]), ("_a", ["RL302"]), ("_a:b", ["RL301", "RL302"])])
def test_property_keys(jira, provider, link, key, expected):
    """A key with a colon or a leading underscore makes Jira refuse the request."""
    assert provider.submit(link(), properties={key: "x"}).status_code == 400
    assert sorted(violation.code for violation in jira.violations) == expected
    assert {violation.pointer for violation in jira.violations} == {f"/properties/{key}"}


def test_metadata_with_email_address(jira, provider, link):
    """An e-mail address in the metadata is a warning, and the links are accepted."""
    answer = provider.submit(link(), providerMetadata={"product": "Scanner 2 by someone@scanner.example"})
    assert answer.status_code == 202
    (violation,) = jira.violations
    assert (violation.code, violation.severity, violation.pointer) == ("RL307", "warning", "/providerMetadata/product")
    assert list(jira.links) == ["1"]
