"""The rate limit alone, under any sequence of requests."""

from __future__ import annotations

from datetime import datetime, timezone

from hypothesis import given
from hypothesis import strategies as st

from pytest_remotelinks.jira.rate_limit import LONGEST_WAIT, RateLimit, Wait

START = 1_800_000_000.0


def moments(gaps):
    now = START
    for gap in gaps:
        now += gap + 0.001  # two requests of one client never begin at the same time
        yield now


@given(gaps=st.lists(st.integers(0, 20), max_size=60), requests=st.integers(1, 10), per=st.integers(1, 60))
def test_window_keeps_the_limit(gaps, requests, per):
    """No window accepts more requests than the limit."""
    limit = RateLimit(requests, None, per)
    accepted = [now for now in moments(gaps) if limit.take(1, now, now) is None]
    for now in accepted:
        # Around the border of two windows, as many as both of them allow may be accepted.
        assert sum(now <= other < now + per for other in accepted) <= 2 * requests


@given(gaps=st.lists(st.integers(0, 20), max_size=60), requests=st.integers(1, 10), per=st.integers(1, 60))
def test_ignored_wait_grows(gaps, requests, per):
    """A wait doubles when it is ignored, and ends when it is not."""
    limit = RateLimit(requests, None, per)
    until, last = 0.0, 0
    for now in moments(gaps):
        refused = limit.take(1, now, now)
        if refused is None:
            assert now >= until
            until, last = 0.0, 0
            continue
        seconds, reason = refused
        assert reason == "jira-quota-based"
        assert 1 <= seconds <= LONGEST_WAIT
        if now < until:
            assert seconds == min(2 * last, LONGEST_WAIT)
        until, last = now + seconds, seconds
    if until:
        assert limit.take(1, until, until) is None


@given(costs=st.lists(st.integers(1, 10), max_size=40), most=st.integers(10, 50))
def test_quota_by_cost(costs, most):
    """A quota by cost adds up the costs of requests."""
    limit = RateLimit(None, most, 60)
    used = 0
    for cost in costs:
        refused = limit.take(cost, START, START)
        assert (refused is None) == (used + cost <= most)
        if refused is not None:
            assert refused[1] == "jira-cost-based"
            return
        used += cost


@given(requests=st.integers(1, 100), used=st.integers(0, 120))
def test_headers_say_what_is_left(requests, used):
    """The headers say what is left, when the window ends and whether the limit is near."""
    limit = RateLimit(requests, None, 90)
    for _ in range(used):
        limit.take(1, START, START)
    headers = dict(limit.headers())
    left = max(0, requests - used)
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == (str(requests), str(left))
    assert ("X-RateLimit-NearLimit" in headers) == (left < requests * 0.2)
    if 0 < used <= requests:
        reset = datetime.strptime(headers["X-RateLimit-Reset"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=timezone.utc).timestamp()
        assert START + 90 <= reset < START + 90 + 60


def test_request_started_before_retry_after():
    """A request that began before the wait was asked for does not make it longer."""
    limit = RateLimit(2, None, 60)
    answers = [limit.take(1, START, START + 1) for _ in range(6)]
    assert answers == [None, None, *[(60, "jira-quota-based")] * 4]
    assert limit.take(1, START + 2, START + 2) == (120, "jira-quota-based")


def test_headers_of_two_limits():
    """Of two limits, the headers describe the nearer one."""
    limit = RateLimit(1000, 10, 60)
    limit.take(9, START, START)
    headers = dict(limit.headers())
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("10", "1")
    assert headers["X-RateLimit-NearLimit"] == "true"


def test_wait_has_a_maximum():
    """A wait grows up to an hour."""
    wait = Wait()
    wait.start(1, START)
    for number in range(1, 50):
        assert wait.refuses(START + number * 0.001, START + number * 0.001)
    assert wait.seconds == LONGEST_WAIT
