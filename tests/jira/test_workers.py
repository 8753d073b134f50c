"""One refusal and several workers: each that waits as long as it was told is served, and not blamed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from support.raw import BASE, connect, everything, exchange, head
from support.workers import RECIPES, WORKERS


def codes(jira):
    return [violation.code for violation in jira.violations]


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("submissions", [WORKERS, 2 * WORKERS])
def test_workers_share_a_rate_limit(jira, link, recipe, submissions):
    """Workers that retry as each was told finish, without a violation."""
    jira.rate_limit(30, per=1)
    assert recipe(jira, [{"remoteLinks": [link(str(number))]} for number in range(submissions)]) == [202] * submissions
    jira.assert_no_violations()
    assert len(jira.links) == submissions


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_workers_meet_planned_refusals(jira, link, recipe):
    """Workers that meet refusals with different waits finish, without a violation."""
    jira.fail_next(429, retry_after=1, times=WORKERS // 2)
    assert recipe(jira, [{"remoteLinks": [link(str(number))]} for number in range(WORKERS)]) == [202] * WORKERS
    jira.assert_no_violations()


def test_burst_of_workers(jira, provider, link):
    """Of workers that send at once, those that are refused before they were told to wait are not blamed."""
    jira.rate_limit(2)
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(lambda number: provider.submit(link(str(number))).status_code, range(WORKERS)))
    assert sorted(answers) == [202] * 2 + [429] * (WORKERS - 2)
    jira.assert_no_violations()


def overlap(jira):
    """Have two requests under way at once: the app has several workers."""
    target = f"{BASE}/remotelink/1"
    with connect(jira.url) as slow:
        slow.sendall(head("DELETE", target, "Content-Length: 1", "Expect: 100-continue"))
        assert slow.recv(100).startswith(b"HTTP/1.1 100 ")
        exchange(jira.url, head("GET", target))
        slow.sendall(b"x")
        everything(slow)


def test_worker_that_was_not_told(jira, provider, link):
    """A worker that was not asked to wait is refused, without a violation and without a longer wait."""
    overlap(jira)
    jira.fail_next(429, retry_after=30)
    provider.submit(link("1"))
    jira.advance(10)
    answer = provider.submit(link("2"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "20")
    assert codes(jira) == []


def test_worker_that_repeats_too_early(jira, provider, link):
    """Of several workers, the one that repeats a refused request too early violates RL701, and the wait doubles once."""
    overlap(jira)
    jira.fail_next(429, retry_after=10)
    for id in ("1", "2"):
        provider.submit(link(id))
    assert [provider.submit(link(id)).headers["Retry-After"] for id in ("1", "2")] == ["20", "20"]
    assert codes(jira) == ["RL701"] * 2


def test_worker_that_waited_is_served(jira, provider, link):
    """A worker that waited as long as it was told is served, although another one made the wait longer."""
    overlap(jira)
    jira.fail_next(429, retry_after=10)
    for id in ("1", "2"):
        provider.submit(link(id))
    provider.submit(link("2"))
    jira.advance(10)
    assert provider.submit(link("1")).status_code == 202
    assert codes(jira) == ["RL701"]


def test_tokens_have_waits_too(jira):
    """A request for a token that ignores Retry-After is refused, and the wait doubles."""
    jira.fail_next(429, retry_after=5, operation="token")
    waits = [requests.post(f"{jira.url}/oauth/token", json={}, timeout=30).headers["Retry-After"] for _ in range(3)]
    assert waits == ["5", "10", "20"]
