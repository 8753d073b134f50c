"""Bodies under the byte limit that could occupy a careless server for minutes."""

from __future__ import annotations

import pytest

#: Seconds in which an answer must come; a client waits that long.
PATIENCE = 20


def test_a_long_text_without_an_address_is_looked_through_at_once(jira, provider, link):
    payload = {"remoteLinks": [link()], "providerMetadata": {"product": "a" * 300_000 + " @"}}
    assert provider.post(payload, timeout=PATIENCE).status_code == 202
    assert jira.violations == []


def test_an_address_is_found_in_a_long_text(jira, provider, link):
    provider.submit(link(), providerMetadata={"product": "a" * 5_000 + " @ run by ann@scanner.example"})
    assert [violation.value for violation in jira.violations] == ["ann@scanner.example"]


def test_hundreds_of_thousands_of_members_are_read_at_once(jira, provider):
    members = ",".join(f'"k{number}":1' for number in range(300_000))
    assert provider.post(f'{{{members},"k0":2,"remoteLinks":[]}}'.encode(), timeout=PATIENCE).status_code == 400
    assert [violation.pointer for violation in jira.violations if violation.code == "RL112"] == ["/k0"]


def test_an_endless_list_of_broken_links_is_refused_as_a_whole(jira, provider):
    assert provider.post(b'{"remoteLinks":[' + b"1," * 2_400_000 + b"1]}", timeout=PATIENCE).status_code == 413
    assert [violation.code for violation in jira.violations] == ["RL109"]


def test_a_link_of_a_hundred_thousand_broken_parts_is_rejected(provider, link):
    broken = link(associations=[{"associationType": "x", "values": []}] * 100_000)
    answer = provider.post({"remoteLinks": [broken, link("2")]}, timeout=PATIENCE).json()
    assert answer["acceptedRemoteLinks"] == ["2"]
    assert any("more than 5000 values" in error["message"] for error in answer["rejectedRemoteLinks"]["1"])


def test_of_many_broken_links_each_is_rejected_and_each_good_one_taken(make_site, provider_of, link):
    jira = make_site(contract="2023-06", consistency="immediate")
    links = [link(str(number), **({} if number % 2 else {"type": "x", "url": 5})) for number in range(3_000)]
    answer = provider_of(jira).submit(*links).json()
    assert answer["acceptedRemoteLinks"] == [str(number) for number in range(1, 3_000, 2)]
    assert list(answer["rejectedRemoteLinks"]) == [str(number) for number in range(0, 3_000, 2)]
    assert "1000 faults were found before it" in answer["rejectedRemoteLinks"]["2998"][0]["message"]


def test_an_ignored_byte_limit_limits_nothing(make_site, provider_of, link):
    jira = make_site(ignore=["RL109"], byte_limit=1_000, consistency="immediate")
    answer = provider_of(jira).submit(*(link(str(number)) for number in range(10)))
    assert (answer.status_code, len(jira.links), jira.violations) == (202, 10, [])


@pytest.mark.parametrize(("sent", "named"), [(1234, "1234"), (True, "true"), (1.5, "1.5")])
def test_a_property_that_is_no_text_can_be_deleted_by_where_it_is_let_pass(make_site, provider_of, link, sent, named):
    jira = make_site(ignore=["RL103"], consistency="immediate")
    provider = provider_of(jira)
    provider.submit(link(), properties={"installation": sent})
    provider.delete_by(installation=named)
    assert jira.links == {}
