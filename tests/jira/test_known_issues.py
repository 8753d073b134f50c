"""Associations with issues and services that a site does not know."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.both_versions


def of(*values, name="issueKeys"):
    return {"associationType": name, "values": list(values)}


def test_link_with_only_unknown_associations_is_rejected(jira, provider, link):
    """A link is rejected if all of its associations are unknown."""
    jira.known_issues = {"ABC-1"}
    answer = provider.submit(link("known"), link("unknown", associations=[of("ABC-2", "ABC-3")]))
    assert answer.json()["acceptedRemoteLinks"] == ["known"]
    assert list(answer.json()["rejectedRemoteLinks"]) == ["unknown"]
    assert answer.json()["unknownAssociations"] == [of("ABC-2", "ABC-3")]
    assert jira.violations == []


def test_link_with_a_known_association_is_accepted(jira, provider, link):
    """A link with one known association is accepted, and the unknown ones are listed."""
    jira.known_issues = {"ABC-1"}
    answer = provider.submit(link(associations=[of("ABC-1", "ABC-2"), of("payments", name="serviceIdOrKeys")]))
    assert answer.json() == {"acceptedRemoteLinks": ["1"], "unknownAssociations": [of("ABC-2")]}


def test_unknown_services_are_listed(jira, provider, link):
    """Unknown services are listed under their association type."""
    jira.known_services = {"payments"}
    answer = provider.submit(link(associations=[of("shop", name="serviceIdOrKeys")]))
    assert answer.json()["unknownAssociations"] == [of("shop", name="serviceIdOrKeys")]
    assert list(answer.json()["rejectedRemoteLinks"]) == ["1"]


def test_all_issues_are_known_by_default(jira, provider, link):
    """None means that every well-formed key is known."""
    assert jira.known_issues is None
    assert provider.submit(link(associations=[of("ANY-999")])).json() == {"acceptedRemoteLinks": ["1"]}


def test_link_without_associations_is_stored(jira, provider, link):
    """A link without associations is accepted and stored."""
    jira.known_issues = {"ABC-1"}
    bare = link()
    del bare["associations"]
    assert provider.submit(bare).json() == {"acceptedRemoteLinks": ["1"]}
    assert jira.link("1") == bare


def test_empty_set_means_none_known(jira, provider, link):
    """An empty set makes every issue unknown; a reset makes all known again."""
    jira.known_issues = set()
    assert list(provider.submit(link()).json()["rejectedRemoteLinks"]) == ["1"]
    jira.reset()
    assert provider.submit(link()).json() == {"acceptedRemoteLinks": ["1"]}


def test_empty_set_of_services_leaves_issues_known(jira, provider, link):
    """Issues and services are known independently of each other."""
    jira.known_services = set()
    answer = provider.submit(link(associations=[of("ABC-1"), of("payments", name="serviceIdOrKeys")]))
    assert answer.json() == {"acceptedRemoteLinks": ["1"], "unknownAssociations": [of("payments", name="serviceIdOrKeys")]}
