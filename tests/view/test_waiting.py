"""Waiting for what happens in other threads and in time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests


@contextmanager
def meanwhile(*work):
    """Do the work in another thread while the block runs."""
    thread = threading.Thread(target=lambda: [one() for one in work])
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_waiting_ends_with_the_submission(jira, provider, link):
    with meanwhile(lambda: provider.read("1"), lambda: provider.submit(link("2")), lambda: provider.submit(link("1"))):
        assert jira.wait_for_submission("1", timeout=30).data["id"] == "1"


def test_waiting_in_vain_says_what_did_arrive(jira, provider, link):
    provider.submit(link("2"))
    with pytest.raises(AssertionError, match=r"'1' was not submitted within 0\.01 seconds\n(.|\n)*'2'"):
        jira.wait_for_submission("1", timeout=0.01)


def test_anything_can_be_waited_for(jira, provider, link):
    with meanwhile(*(lambda number=number: provider.submit(link(str(number))) for number in range(3))):
        assert jira.wait_until(lambda: len(jira.links) == 3 and jira.links, timeout=30).keys() == {"0", "1", "2"}


def test_a_helper_can_be_waited_for(make_site, provider_of, link):
    jira = make_site(consistency="manual")
    provider = provider_of(jira)
    with meanwhile(lambda: provider.submit(link()), lambda: provider.delete("2"), jira.settle):
        assert jira.wait_until(lambda: jira.assert_stored("1"), timeout=30)["id"] == "1"
        assert jira.wait_until(lambda: jira.assert_linked("1", issue="ABC-1"), timeout=30)
        assert jira.wait_until(lambda: jira.assert_deleted("2"), timeout=30).request.method == "DELETE"


def test_what_did_not_come_true_says_why(jira, provider, link):
    provider.read("3")
    with pytest.raises(AssertionError, match=r"within 0\.01 seconds: it returned False\n\nrequests so far:\n  request 1: GET .*/3 -> 404"):
        jira.wait_until(lambda: bool(jira.links), timeout=0.01)
    with pytest.raises(AssertionError, match=r"within 0\.01 seconds: '1' is not stored"):
        jira.wait_until(lambda: jira.assert_stored("1"), timeout=0.01)


def test_time_alone_ends_a_wait(make_site, provider_of, link):
    jira = make_site(consistency="after-seconds:0.05")
    provider_of(jira).submit(link())
    assert jira.links == {}
    assert jira.wait_until(lambda: jira.link("1"), timeout=30)


def test_a_move_of_the_clock_ends_a_wait(make_site, provider_of, link):
    jira = make_site(consistency="after-seconds:1000")
    provider_of(jira).submit(link())
    with meanwhile(lambda: jira.advance(1000)):
        assert jira.wait_until(lambda: jira.link("1"), timeout=30)


def test_a_predicate_may_send_requests_itself(make_site, provider_of, link):
    jira = make_site(consistency="after-reads:3")
    provider = provider_of(jira)
    provider.submit(link())
    assert jira.wait_until(lambda: provider.read("1").status_code == 200, timeout=30)
    assert [exchange.status for exchange in jira.requests] == [202, 404, 404, 404, 200]


def test_idle_is_when_nothing_is_under_way_and_nothing_came_for_a_while(jira, provider, link):
    jira.delay_next(60)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(lambda: provider.submit(link()))
        jira.wait_for_submission("1", timeout=30)  # whose answer is still to come
        with pytest.raises(AssertionError, match=r"did not end within 0\.01 seconds: 1 still in progress(.|\n)*POST"):
            jira.wait_idle(quiet=0, timeout=0.01)
        jira.reset()  # nobody waits for a minute
        jira.wait_idle(quiet=0, timeout=30)
        with pytest.raises(requests.ConnectionError):
            late.result(timeout=30)
    with pytest.raises(AssertionError, match="ended less than 60 seconds ago"):
        jira.wait_idle(quiet=60, timeout=0.01)


def test_a_predicate_that_sends_requests_ends_in_time(make_site, provider_of, link):
    jira = make_site(consistency="manual")
    provider = provider_of(jira)
    provider.submit(link())
    with pytest.raises(AssertionError, match="it returned False"):
        jira.wait_until(lambda: provider.read("1").status_code == 200, timeout=0.2)


def test_a_predicate_that_returns_nothing_is_told_so(jira):
    with pytest.raises(AssertionError, match="it returned None; return a value that becomes true"):
        jira.wait_until(jira.assert_no_violations, timeout=0.01)


def test_a_coroutine_is_no_predicate(jira):
    async def predicate():
        return True

    with pytest.raises(TypeError, match="takes an ordinary function"):
        jira.wait_until(predicate)


def test_what_is_pending_is_told_to_who_waits_for_it(make_site, provider_of, link):
    jira = make_site()
    provider_of(jira).submit(link())
    with pytest.raises(AssertionError, match=r"1 write is still pending \('after-reads:1'\)\. Reading `fake_jira.links` does not count"):
        jira.wait_until(lambda: jira.link("1"), timeout=0.01)
