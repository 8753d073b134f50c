"""Bodies under the byte limit that could keep a careless server busy for minutes."""

from __future__ import annotations

import pytest
import requests


def test_long_text_without_an_address(jira, provider, link):
    """A long text without an e-mail address is searched in one pass."""
    payload = {"remoteLinks": [link()], "providerMetadata": {"product": "a" * 300_000 + " @"}}
    assert provider.post(payload).status_code == 202
    assert jira.violations == []


def test_address_in_a_long_text(jira, provider, link):
    """An e-mail address is found at the end of a long text."""
    provider.submit(link(), providerMetadata={"product": "a" * 5_000 + " @ run by ann@scanner.example"})
    assert [violation.value for violation in jira.violations] == ["ann@scanner.example"]


def test_many_members(jira, provider):
    """Tens of thousands of members are read, and a duplicate among them is found."""
    members = ",".join(f'"k{number}":1' for number in range(90_000))
    assert provider.post(f'{{{members},"k0":2,"remoteLinks":[]}}'.encode()).status_code == 400
    assert [violation.pointer for violation in jira.violations if violation.code == "RL112"] == ["/k0"]


@pytest.mark.parametrize("body", [b"1", b'{"id": "1", "associations": [' + b"1," * 160_000 + b"1]}"], ids=["links", "one link"])
def test_too_many_values_to_check(jira, provider, body):
    """A body under the byte limit is refused as a whole when its violations would take minutes to find."""
    links = b",".join([body] * (2_400_000 if body == b"1" else 2))
    assert provider.post(b'{"remoteLinks":[' + links + b"]}").status_code == 413
    assert [violation.code for violation in jira.violations] == ["RL109"]


def test_many_unknown_actions(app_site, link):
    """Of tens of thousands of unknown actions as many are compared with the app's own as are reported."""
    path, payload = "/rest/remotelinks/1.0/bulk", {"remoteLinks": [link(actionIds=[f"dismis{number % 7}" for number in range(100_000)])]}
    headers = {"Authorization": app_site.authorization("POST", path)}
    assert requests.post(app_site.url + path, json=payload, headers=headers, timeout=30).status_code == 202
    assert [violation.code for violation in app_site.violations].count("RL603") == 1_000


def test_many_broken_links(make_site, provider_of, link):
    """Of many broken links each is rejected, and each valid one accepted."""
    jira = make_site(contract="2023-06", consistency="immediate")
    links = [link(str(number), **({} if number % 2 else {"type": "x", "url": 5})) for number in range(3_000)]
    answer = provider_of(jira).submit(*links).json()
    assert answer["acceptedRemoteLinks"] == [str(number) for number in range(1, 3_000, 2)]
    assert list(answer["rejectedRemoteLinks"]) == [str(number) for number in range(0, 3_000, 2)]
    assert all(answer["rejectedRemoteLinks"].values())


def test_ignored_byte_limit(make_site, provider_of, link):
    """With RL109 ignored, a body over the limit is accepted."""
    jira = make_site(ignore=["RL109"], byte_limit=1_000, consistency="immediate")
    answer = provider_of(jira).submit(*(link(str(number)) for number in range(10)))
    assert (answer.status_code, len(jira.links), jira.violations) == (202, 10, [])


@pytest.mark.parametrize(("sent", "named"), [(1234, "1234"), (True, "true"), (1.5, "1.5")])
def test_delete_by_property_that_is_not_text(make_site, provider_of, link, sent, named):
    """With RL103 ignored, a property that is not text matches its JSON text."""
    jira = make_site(ignore=["RL103"], consistency="immediate")
    provider = provider_of(jira)
    provider.submit(link(), properties={"installation": sent})
    provider.delete_by(installation=named)
    assert jira.links == {}
