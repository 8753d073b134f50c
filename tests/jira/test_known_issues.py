"""The published statements on associations that a site does not know."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.both_versions


def of(*values, name="issueKeys"):
    return {"associationType": name, "values": list(values)}


def test_a_link_is_rejected_when_all_its_associations_are_unknown(jira, provider, link):
    jira.known_issues.add("ABC-1")
    answer = provider.submit(link("known"), link("unknown", associations=[of("ABC-2", "ABC-3")]))
    assert answer.json()["acceptedRemoteLinks"] == ["known"]
    assert list(answer.json()["rejectedRemoteLinks"]) == ["unknown"]
    assert answer.json()["unknownAssociations"] == [of("ABC-2", "ABC-3")]
    assert jira.violations == []


def test_a_link_with_one_known_association_is_accepted_and_the_others_listed(jira, provider, link):
    jira.known_issues = {"ABC-1"}
    answer = provider.submit(link(associations=[of("ABC-1", "ABC-2"), of("payments", name="serviceIdOrKeys")]))
    assert answer.json() == {"acceptedRemoteLinks": ["1"], "unknownAssociations": [of("ABC-2")]}


def test_unknown_services_are_listed_under_their_type(jira, provider, link):
    jira.known_services = {"payments"}
    answer = provider.submit(link(associations=[of("shop", name="serviceIdOrKeys")]))
    assert answer.json()["unknownAssociations"] == [of("shop", name="serviceIdOrKeys")]
    assert list(answer.json()["rejectedRemoteLinks"]) == ["1"]


def test_every_well_formed_key_is_known_until_the_test_names_the_known_ones(jira, provider, link):
    assert provider.submit(link(associations=[of("ANY-999")])).json() == {"acceptedRemoteLinks": ["1"]}


def test_a_link_with_no_associations_is_stored_and_shown_on_no_issue(jira, provider, link):
    jira.known_issues = {"ABC-1"}
    bare = link()
    del bare["associations"]
    assert provider.submit(bare).json() == {"acceptedRemoteLinks": ["1"]}
    assert jira.link("1") == bare
