"""RL7xx: retries that come too early, that cannot succeed, or that repeat what was accepted."""

from __future__ import annotations

import pytest


def codes(jira):
    return [violation.code for violation in jira.violations]


def test_retry_before_retry_after(jira, provider, link):
    """A request before the end of Retry-After violates RL701, which says how much is left."""
    jira.fail_next(429, retry_after=30)
    provider.submit(link())
    jira.advance(10)
    provider.submit(link())
    assert codes(jira) == ["RL701"]
    assert "20 seconds before the end of the Retry-After (status 429)" in jira.violations[0].message


def test_wait_is_for_one_operation_and_ends(jira, provider, link):
    """Retry-After concerns requests to the same operation, until it has passed."""
    jira.fail_next(503, retry_after=30)
    provider.submit(link())
    provider.read("1")
    assert codes(jira) == []
    jira.advance(30)
    provider.submit(link())
    assert codes(jira) == []


def test_success_ends_the_wait(jira, provider, link):
    """If a request that came too early succeeds, the next one is not too early."""
    with jira.maintenance(retry_after=30):
        provider.submit(link())
    jira.advance(10)
    assert provider.submit(link(sequence=2)).status_code == 202
    provider.submit(link(sequence=3))
    assert codes(jira) == ["RL701"]


def test_success_ends_the_permanent_failure(jira, provider):
    """If a retry of a permanent failure succeeds, the next one is fine."""
    jira.fail_next(403)
    for _ in range(3):
        provider.read("1")
    assert codes(jira) == ["RL702"]


@pytest.mark.parametrize("status", [400, 403, 413])
def test_permanent_failure_retried(jira, provider, link, status):
    """The same request after a permanent failure violates RL702; another request does not."""
    jira.fail_next(status)
    provider.submit(link())
    provider.submit(link("2"))
    assert codes(jira) == []
    provider.submit(link())
    assert codes(jira) == ["RL702"]
    assert f"refused with {status}" in jira.violations[0].message


def test_new_bearer_token_after_401(jira, provider):
    """After 401 a request with another bearer token is a new request."""
    jira.fail_next(401, times=2)
    provider.send("GET", "/remotelink/1", headers={"Authorization": "Bearer one"})
    provider.send("GET", "/remotelink/1", headers={"Authorization": "Bearer two"})
    assert codes(jira) == []
    provider.send("GET", "/remotelink/1", headers={"Authorization": "Bearer one"})
    assert codes(jira) == ["RL702"]


def test_new_signed_token_after_401(jira, provider, link):
    """After 401 a new signed token is another one, even if it is made in the same second."""
    jira.fail_next(401)
    provider.submit(link())
    provider.submit(link())
    assert codes(jira) == []


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_temporary_failure_retried(jira, provider, link, status):
    """After other failures the same request may be sent again."""
    jira.fail_next(status)
    provider.submit(link())
    provider.submit(link())
    assert codes(jira) == []


def test_permanent_failure_retried_after_an_hour(jira, provider):
    """An hour later the site may have changed."""
    jira.fail_next(403)
    provider.read("1")
    jira.advance(3600)
    provider.read("1")
    assert codes(jira) == []


def test_rejected_link_resent(jira, provider, link):
    """A rejected link that is sent again violates RL703 only if it is unchanged."""
    jira.reject("1")
    provider.submit(link(), link("2"))
    provider.submit(link(sequence=2))
    assert codes(jira) == []
    provider.submit(link(sequence=2))
    assert codes(jira) == ["RL703"]
    assert jira.violations[0].link_id == "1"


def test_rejected_link_accepted_at_second_try(jira, provider, link):
    """A link that is rejected and then accepted unchanged was not sent in vain."""
    jira.known_issues = {"ABC-2"}
    provider.submit(link())
    jira.known_issues.add("ABC-1")
    assert provider.submit(link()).json() == {"acceptedRemoteLinks": ["1"]}
    assert codes(jira) == []


def test_rejection_ends_with_acceptance(jira, provider, link):
    """Once a link is accepted, its earlier rejection no longer makes later submissions retries."""
    two = link("2", associations=[{"associationType": "issueKeys", "values": ["ABC-2"]}])
    jira.known_issues = {"ABC-2"}
    provider.submit(link("1"), two)
    jira.known_issues.add("ABC-1")
    provider.submit(link("1", sequence=2))
    provider.submit(link("1", sequence=3), two)
    assert codes(jira) == []


def test_other_submission_after_a_rejection(jira, provider, link):
    """A submission without the rejected link is not a retry, even if one of its links is unchanged."""
    jira.reject("1")
    provider.submit(link("1"), link("2"))
    provider.submit(link("2"), link("3"))
    assert codes(jira) == []


def test_batch_retried_with_accepted_links(jira, provider, link):
    """After a partial rejection, sending the accepted links again violates RL704."""
    jira.reject("1")
    provider.submit(link("1"), link("2"), link("3"))
    provider.submit(link("1", sequence=2), link("2"), link("3"))
    assert codes(jira) == ["RL704"]
    assert "2 of the 3 entries" in jira.violations[0].message


def test_same_submission_twice(jira, provider, link):
    """The same submission again violates RL704 though nothing was rejected."""
    provider.submit(link("1"), link("2"))
    provider.submit(link("1"), link("2"))
    assert codes(jira) == ["RL704"]


def test_same_submission_an_hour_later(jira, provider, link):
    """An hour later the same submission is a new synchronisation."""
    provider.submit(link("1"), link("2"))
    jira.advance(3600)
    provider.submit(link("1"), link("2"))
    assert codes(jira) == []


def test_same_submission_after_no_answer(jira, provider, link):
    """A client that got no answer may send everything again."""
    jira.drop_connection(applied=True)
    with pytest.raises(OSError):
        provider.submit(link("1"), link("2"))
    provider.submit(link("1"), link("2"))
    assert codes(jira) == []


def test_unchanged_link_beside_changed_ones(jira, provider, link):
    """An unchanged link is not a retry if another link of the submission has changed."""
    provider.submit(link("1"), link("2"))
    provider.submit(link("1"), link("2", sequence=2))
    assert codes(jira) == []


def test_retry_rules_ignored(make_site, provider_of, link):
    """RL4 and RL7 can be ignored together."""
    jira = make_site(ignore=["RL7", "RL4"])
    provider = provider_of(jira)
    for name in "aab":
        jira.fail_next(400, operation="read")
        provider.read("1")
        provider.submit(link(displayName=name))
    assert codes(jira) == []
