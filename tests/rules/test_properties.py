"""RL3xx: property keys and provider metadata. Deletions are tested with what they delete, literal params on their own."""

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


@pytest.mark.parametrize(
    ("metadata", "pointers"),
    [
        ({"product": "@scanner, run by ann@scanner.example"}, ["/providerMetadata/product"]),
        ({"product": {"authors": ["Ann", "bob@scanner.example"]}}, ["/providerMetadata/product/authors/1"]),
        ({"product": "ann@ home"}, []),
        ({"product": "@scanner.example"}, []),
        ({"product": "scanner@2.3"}, []),
    ],
)
def test_what_looks_like_an_email_address(jira, provider, link, metadata, pointers):
    """An address is found anywhere in the metadata, and needs a local part and a domain."""
    provider.submit(link(), providerMetadata=metadata)
    assert [violation.pointer for violation in jira.violations if violation.code == "RL307"] == pointers
