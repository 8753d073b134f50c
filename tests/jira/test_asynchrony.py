"""The published statements on order, replacement, deletion and "eventually"."""

from __future__ import annotations

import pytest


def codes(jira):
    return sorted({violation.code for violation in jira.violations})


def test_a_higher_sequence_number_replaces(jira, provider, link):
    provider.submit(link(sequence=1, displayName="old"))
    provider.submit(link(sequence=2, displayName="new"))
    assert jira.link("1")["displayName"] == "new"


def test_an_equal_or_lower_sequence_number_is_ignored_and_no_failure(jira, provider, link):
    provider.submit(link(sequence=5, displayName="kept"))
    for sequence in (5, 4):
        answer = provider.submit(link(sequence=sequence, displayName="late"))
        assert answer.json() == {"acceptedRemoteLinks": ["1"]}
    assert jira.link("1")["displayName"] == "kept"


def test_order_is_decided_when_a_write_arrives(make_site, provider_of, link, version):
    jira = make_site(contract=version, consistency="manual")
    provider = provider_of(jira)
    provider.submit(link(sequence=5, displayName="first sent"))
    provider.submit(link(sequence=3, displayName="sent later, numbered lower"))
    assert jira.links == {}
    assert [write.id for write in jira.pending] == ["1", "1"]
    jira.settle()
    assert jira.link("1")["displayName"] == "first sent"
    assert jira.pending == []


def test_submissions_and_deletions_are_asynchronous_and_a_read_ignores_pending_ones(make_site, provider_of, link, version):
    jira = make_site(contract=version)
    provider = provider_of(jira)
    provider.submit(link())
    assert [provider.read("1").status_code for _ in range(3)] == [404, 200, 200]
    provider.submit(link(sequence=2, displayName="new"))
    assert [provider.read("1").json()["displayName"] for _ in range(2)] == ["Link 1", "new"]
    provider.delete("1")
    assert [provider.read("1").status_code for _ in range(2)] == [200, 404]
    assert jira.violations == []


def test_a_read_answers_the_link_as_it_was_sent(provider, link):
    sent = link(status={"appearance": "new", "label": "Ä"}, attributeMap={"a": "b"}, actionIds=["a"], schemaVersion="1.0")
    provider.submit(sent)
    assert provider.read("1").json() == sent


def test_deleting_what_is_not_there_is_accepted(jira, provider):
    assert provider.delete("nothing").status_code == 202
    assert provider.delete("nothing").content == b""


def test_a_deletion_leaves_no_trace_so_a_lower_number_is_stored_again(jira, provider, link):
    provider.submit(link(sequence=9))
    provider.delete("1")
    provider.submit(link(sequence=2))
    assert jira.link("1")["updateSequenceNumber"] == 2


def test_properties_of_a_deletion_are_an_and(jira, provider, link):
    provider.submit(link("both"), properties={"account": "a", "repository": "r"})
    provider.submit(link("one"), properties={"account": "a", "repository": "other"})
    provider.submit(link("none"))
    assert provider.delete_by(account="a", repository="r").status_code == 202
    assert set(jira.links) == {"one", "none"}
    jira.assert_deleted("both")
    jira.assert_deleted_by(account="a", repository="r")


def test_a_repeated_property_wants_both_values_so_nothing_matches(jira, provider, link):
    provider.submit(link(), properties={"account": "a"})
    assert provider.delete_by(("account", "a"), ("account", "b")).status_code == 202
    assert set(jira.links) == {"1"}


def test_a_deletion_by_properties_needs_one(jira, provider, link):
    provider.submit(link())
    answer = provider.delete_by()
    assert answer.status_code == 400
    assert codes(jira) == ["RL303"]
    assert set(jira.links) == {"1"}


def test_the_deprecated_parameter_is_no_property(jira, provider, link):
    assert provider.delete_by(_updateSequenceNumber="1").status_code == 400
    assert codes(jira) == ["RL303", "RL305"]


def test_the_deprecated_parameter_has_no_effect(jira, provider, link):
    provider.submit(link("new", sequence=9), link("other", sequence=9), properties={"account": "a"})
    assert provider.send("DELETE", "/remotelink/new?_updateSequenceNumber=1").status_code == 202
    assert provider.delete_by(account="a", _updateSequenceNumber="1").status_code == 202
    assert jira.links == {}
    assert [(violation.code, violation.severity) for violation in jira.violations] == [("RL305", "warning")] * 2


def test_the_deprecated_parameter_is_still_a_number(jira, provider, link):
    provider.submit(link(), properties={"account": "a"})
    assert provider.delete_by(account="a", _updateSequenceNumber="soon").status_code == 400
    assert codes(jira) == ["RL107"]
    assert set(jira.links) == {"1"}


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ('{"account": "a b"}', "?account=a+b"),
        ("{}", "?accountId="),
        ("[1]", "?accountId="),
        ('{"account": 5}', "?accountId="),
        ("{", "?accountId="),
    ],
)
def test_a_literal_params_is_a_clients_bug(jira, provider, link, sent, meant):
    provider.submit(link(), properties={"account": "a"})
    assert provider.delete_by(params=sent).status_code == 202
    assert codes(jira) == ["RL306"]
    assert meant in jira.violations[0].hint
    assert set(jira.links) == {"1"}


def test_a_deletion_by_a_property_never_submitted_is_reported(jira, provider, link):
    provider.submit(link(), properties={"account": "a"})
    assert provider.delete_by(acount="a").status_code == 202
    assert [(violation.code, violation.severity) for violation in jira.violations] == [("RL304", "warning")]


def test_property_keys_in_a_deletion_follow_the_same_rules(jira, provider):
    assert provider.delete_by(**{"a:b": "x"}).status_code == 400
    assert provider.delete_by(_a="x").status_code == 400
    assert {"RL301", "RL302"} <= set(codes(jira))


def test_a_property_value_may_be_empty_or_need_escaping(jira, provider, link):
    provider.submit(link("empty"), properties={"account": ""})
    provider.submit(link("escaped"), properties={"the account": "a&b=c d+e/ü"})
    provider.delete_by(account="")
    provider.delete_by(**{"the account": "a&b=c d+e/ü"})
    assert jira.links == {}
    assert jira.violations == []
