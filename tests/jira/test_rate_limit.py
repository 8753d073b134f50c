"""The rate limit alone, under any sequence of requests."""

from __future__ import annotations

from datetime import datetime, timezone

from hypothesis import given
from hypothesis import strategies as st

from pytest_remotelinks.jira.rate_limit import RateLimit, Wait

START = 1_800_000_000.0


def moments(gaps):
    now = START
    for gap in gaps:
        now += gap + 0.001  # two requests of one client never begin at the same time
        yield now


class Client:
    """A client with one worker: what it was answered, and whether it comes too early."""

    def __init__(self, limit):
        self.limit = limit
        self.asked_at = self.until = 0.0

    def send(self, now):
        is_early = now < self.until
        refused = self.limit.take(1, self.asked_at if is_early else None, bool(self.until) and not is_early, now)
        self.asked_at, self.until = (now, now + refused[0]) if refused is not None else (0.0, 0.0)
        return refused


@given(gaps=st.lists(st.integers(0, 20), max_size=60), requests=st.integers(1, 10), per=st.integers(1, 60))
def test_window_keeps_the_limit(gaps, requests, per):
    """No window accepts more requests than the limit."""
    client = Client(RateLimit(requests, None, per))
    accepted = [now for now in moments(gaps) if client.send(now) is None]
    for now in accepted:
        # Around the border of two windows, as many as both of them allow may be accepted.
        assert sum(now <= other < now + per for other in accepted) <= 2 * requests


@given(gaps=st.lists(st.integers(0, 20), max_size=60), requests=st.integers(1, 10), per=st.integers(1, 60), longest=st.integers(1, 200))
def test_ignored_wait_doubles(gaps, requests, per, longest):
    """A wait doubles when it is ignored, up to the longest, and ends when it is not."""
    client = Client(RateLimit(requests, None, per, longest))
    last = 0
    for now in moments(gaps):
        until = client.until
        refused = client.send(now)
        if refused is None:
            assert now >= until
            last = 0
            continue
        seconds, reason = refused
        assert reason == "jira-quota-based"
        if now < until:
            assert seconds == max(last, min(2 * last, longest))
        last = seconds
    if client.until:
        assert client.send(client.until) is None


@given(workers=st.integers(1, 20), requests=st.integers(1, 5), per=st.integers(1, 5), lateness=st.lists(st.floats(0, 2), min_size=100))
def test_workers_that_wait_are_served(workers, requests, per, lateness):
    """However many workers wait as long as each was answered, all are served, and no wait doubles."""
    limit = RateLimit(requests, None, per)
    late = iter(lateness * 20)
    due = [(START + number / 1000, number, False) for number in range(workers)]
    windows = 0
    while due:
        due.sort()
        now, number, has_waited = due.pop(0)
        refused = limit.take(1, None, has_waited, now)
        if refused is not None:
            windows += 1
            assert refused[0] <= per
            due.append((now + refused[0] + next(late), number, True))
    assert windows <= workers * workers


@given(costs=st.lists(st.integers(1, 10), max_size=40), most=st.integers(10, 50))
def test_quota_by_cost(costs, most):
    """A quota by cost adds up the costs of requests."""
    limit = RateLimit(None, most, 60)
    used = 0
    for cost in costs:
        refused = limit.take(cost, None, False, START)
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
        limit.take(1, None, False, START)
    headers = dict(limit.headers())
    left = max(0, requests - used)
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == (str(requests), str(left))
    assert ("X-RateLimit-NearLimit" in headers) == (left < requests * 0.2)
    if 0 < used <= requests:
        reset = datetime.strptime(headers["X-RateLimit-Reset"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=timezone.utc).timestamp()
        assert START + 90 <= reset < START + 90 + 60


def test_requests_refused_together():
    """Of workers that were refused together and ignore it together, one doubles the wait."""
    limit = RateLimit(2, None, 10)
    answers = [limit.take(1, None, False, START) for _ in range(6)]
    assert answers == [None, None, *[(10, "jira-quota-based")] * 4]
    assert [limit.take(1, START, False, START + 1)[0] for _ in range(4)] == [20] * 4
    assert [limit.take(1, START + 1, False, START + 2)[0] for _ in range(4)] == [40] * 4


def test_headers_of_two_limits():
    """Of two limits, the headers describe the nearer one."""
    limit = RateLimit(1000, 10, 60)
    limit.take(9, None, False, START)
    headers = dict(limit.headers())
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("10", "1")
    assert headers["X-RateLimit-NearLimit"] == "true"


def test_wait_has_a_maximum():
    """A wait grows up to a minute, and a longer one that was asked for stays as it is."""
    for seconds, grown in ((1, [2, 4, 8]), (25, [50, 60, 60]), (100, [100, 100, 100])):
        wait = Wait()
        wait.start(seconds, START)
        found = []
        for now in (START + 0.1, START + 0.2, START + 0.3):
            assert wait.refuses(wait.asked_at, False, now)
            found.append(wait.seconds)
        assert found == grown
