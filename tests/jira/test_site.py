"""Order, replacement, deletion and "eventually", as they are published."""

from __future__ import annotations

import pytest


def codes(jira):
    return sorted({violation.code for violation in jira.violations})


def test_higher_sequence_number_replaces(jira, provider, link):
    """A link with a higher sequence number replaces the stored one."""
    provider.submit(link(sequence=1, displayName="old"))
    provider.submit(link(sequence=2, displayName="new"))
    assert jira.link("1")["displayName"] == "new"


def test_equal_or_lower_number_is_ignored(jira, provider, link):
    """A link with an equal or lower number is accepted and ignored."""
    provider.submit(link(sequence=5, displayName="kept"))
    for sequence in (5, 4):
        answer = provider.submit(link(sequence=sequence, displayName="late"))
        assert answer.json() == {"acceptedRemoteLinks": ["1"]}
    assert jira.link("1")["displayName"] == "kept"


def test_sequence_is_compared_on_arrival(make_site, provider_of, link, version):
    """The sequence numbers are compared when a write arrives."""
    jira = make_site(contract=version, consistency="manual")
    provider = provider_of(jira)
    provider.submit(link(sequence=5, displayName="first sent"))
    provider.submit(link(sequence=3, displayName="sent later, numbered lower"))
    assert jira.links == {}
    assert [write.id for write in jira.pending] == ["1", "1"]
    jira.settle()
    assert jira.link("1")["displayName"] == "first sent"
    assert jira.pending == []


def test_writes_are_asynchronous(make_site, provider_of, link, version):
    """Submissions and deletions are asynchronous, and a read ignores pending ones."""
    jira = make_site(contract=version)
    provider = provider_of(jira)
    provider.submit(link())
    assert [provider.read("1").status_code for _ in range(3)] == [404, 200, 200]
    provider.submit(link(sequence=2, displayName="new"))
    assert [provider.read("1").json()["displayName"] for _ in range(2)] == ["Link 1", "new"]
    provider.delete("1")
    assert [provider.read("1").status_code for _ in range(2)] == [200, 404]
    assert jira.violations == []


def test_read_returns_the_link_as_sent(provider, link):
    """A read returns the link with all members as it was sent."""
    sent = link(status={"appearance": "new", "label": "Ä"}, attributeMap={"a": "b"}, actionIds=["a"], schemaVersion="1.0")
    provider.submit(sent)
    assert provider.read("1").json() == sent


def test_deletion_of_unknown_link(jira, provider):
    """A deletion of a link that is not stored is accepted."""
    assert provider.delete("nothing").status_code == 202
    assert provider.delete("nothing").content == b""


def test_deletion_forgets_the_sequence_number(jira, provider, link):
    """After a deletion a lower number is stored again."""
    provider.submit(link(sequence=9))
    provider.delete("1")
    provider.submit(link(sequence=2))
    assert jira.link("1")["updateSequenceNumber"] == 2


def test_deletion_needs_all_properties(jira, provider, link):
    """A deletion by properties deletes links that have all of them."""
    provider.submit(link("both"), properties={"account": "a", "repository": "r"})
    provider.submit(link("one"), properties={"account": "a", "repository": "other"})
    provider.submit(link("none"))
    assert provider.delete_by(account="a", repository="r").status_code == 202
    assert set(jira.links) == {"one", "none"}
    jira.assert_deleted("both")
    jira.assert_deleted_by(account="a", repository="r")


def test_repeated_property_matches_nothing(jira, provider, link):
    """A link would need both values of a repeated property, so none matches."""
    provider.submit(link(), properties={"account": "a"})
    assert provider.delete_by(("account", "a"), ("account", "b")).status_code == 202
    assert set(jira.links) == {"1"}


def test_deletion_without_properties(jira, provider, link):
    """A deletion by properties without a property is refused."""
    provider.submit(link())
    answer = provider.delete_by()
    assert answer.status_code == 400
    assert codes(jira) == ["RL303"]
    assert set(jira.links) == {"1"}


def test_deprecated_parameter_is_not_a_property(jira, provider, link):
    """The deprecated parameter does not count as a property."""
    assert provider.delete_by(_updateSequenceNumber="1").status_code == 400
    assert codes(jira) == ["RL303", "RL305"]


def test_deprecated_parameter_has_no_effect(jira, provider, link):
    """The deprecated parameter has no effect and is reported."""
    provider.submit(link("new", sequence=9), link("other", sequence=9), properties={"account": "a"})
    assert provider.send("DELETE", "/remotelink/new?_updateSequenceNumber=1").status_code == 202
    assert provider.delete_by(account="a", _updateSequenceNumber="1").status_code == 202
    assert jira.links == {}
    assert [(violation.code, violation.severity) for violation in jira.violations] == [("RL305", "warning")] * 2


def test_deprecated_parameter_must_be_a_number(jira, provider, link):
    """The deprecated parameter must be a number."""
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
        ('{"account": 5}', "?account=5"),
        ('{"account": true}', "?accountId="),
        ("{", "?accountId="),
    ],
)
def test_literal_params_is_reported(jira, provider, link, sent, meant):
    """A query parameter named ``params`` is reported with the query that was meant."""
    provider.submit(link(), properties={"account": "a"})
    assert provider.delete_by(params=sent).status_code == 202
    assert codes(jira) == ["RL306"]
    assert meant in jira.violations[0].hint
    assert set(jira.links) == {"1"}


def test_deletion_by_unused_property(jira, provider, link):
    """A deletion by a property that was never submitted is reported."""
    provider.submit(link(), properties={"account": "a"})
    assert provider.delete_by(acount="a").status_code == 202
    assert [(violation.code, violation.severity) for violation in jira.violations] == [("RL304", "warning")]


def test_property_keys_of_a_deletion(jira, provider):
    """The rules of property keys hold for deletions, too."""
    assert provider.delete_by(**{"a:b": "x"}).status_code == 400
    assert provider.delete_by(_a="x").status_code == 400
    assert {"RL301", "RL302"} <= set(codes(jira))


def test_property_values_are_decoded(jira, provider, link):
    """A property value may be empty or need escaping."""
    provider.submit(link("empty"), properties={"account": ""})
    provider.submit(link("escaped"), properties={"the account": "a&b=c d+e/ü"})
    provider.delete_by(account="")
    provider.delete_by(**{"the account": "a&b=c d+e/ü"})
    assert jira.links == {}
    assert jira.violations == []
