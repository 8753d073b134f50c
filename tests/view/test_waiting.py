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


def test_wait_for_submission(jira, provider, link):
    """Waiting ends with the submission of the link."""
    with meanwhile(lambda: provider.read("1"), lambda: provider.submit(link("2")), lambda: provider.submit(link("1"))):
        assert jira.wait_for_submission("1", timeout=30).data["id"] == "1"


def test_wait_for_earlier_submission(jira, provider, link):
    """A submission before the call ends the wait at once."""
    provider.submit(link("1"), link("2"))
    assert jira.wait_for_submission("1", timeout=0).id == "1"


def test_wait_in_vain(jira, provider, link):
    """Waiting in vain says what arrived instead."""
    provider.submit(link("2"))
    with pytest.raises(AssertionError, match=r"'1' was not submitted within 0\.01 seconds: only other ids were\n(.|\n)*'2'"):
        jira.wait_for_submission("1", timeout=0.01)


def test_wait_until_condition(jira, provider, link):
    """Any condition can be waited for, and its value is returned."""
    with meanwhile(*(lambda number=number: provider.submit(link(str(number))) for number in range(3))):
        assert jira.wait_until(lambda: len(jira.links) == 3 and jira.links, timeout=30).keys() == {"0", "1", "2"}


def test_wait_until_assertion(make_site, provider_of, link):
    """An assertion that returns something can be waited for."""
    jira = make_site(consistency="manual")
    provider = provider_of(jira)
    with meanwhile(lambda: provider.submit(link()), lambda: provider.delete("2"), jira.settle):
        assert jira.wait_until(lambda: jira.assert_stored("1"), timeout=30)["id"] == "1"
        assert jira.wait_until(lambda: jira.assert_linked("1", issue="ABC-1"), timeout=30)
        assert jira.wait_until(lambda: jira.assert_deleted("2"), timeout=30).request.method == "DELETE"


def test_wait_until_says_why(jira, provider, link):
    """A condition that does not become true is reported with its reason."""
    provider.read("3")
    with pytest.raises(AssertionError, match=r"within 0\.01 seconds: it returned False\n\nrequests so far:\n  request 1: GET .*/3 -> 404"):
        jira.wait_until(lambda: bool(jira.links), timeout=0.01)
    with pytest.raises(AssertionError, match=r"within 0\.01 seconds: '1' is not stored"):
        jira.wait_until(lambda: jira.assert_stored("1"), timeout=0.01)


def test_wait_for_time(make_site, provider_of, link):
    """Time alone ends a wait, by letting a write arrive."""
    jira = make_site(consistency="after-seconds:0.05")
    provider_of(jira).submit(link())
    assert jira.links == {}
    assert jira.wait_until(lambda: jira.link("1"), timeout=30)


def test_wait_for_clock(make_site, provider_of, link):
    """A move of the clock ends a wait."""
    jira = make_site(consistency="after-seconds:1000")
    provider_of(jira).submit(link())
    with meanwhile(lambda: jira.advance(1000)):
        assert jira.wait_until(lambda: jira.link("1"), timeout=30)


def test_predicate_may_send_requests(make_site, provider_of, link):
    """A predicate may send the requests that it waits for."""
    jira = make_site(consistency="after-reads:3")
    provider = provider_of(jira)
    provider.submit(link())
    assert jira.wait_until(lambda: provider.read("1").status_code == 200, timeout=30)
    assert [exchange.status for exchange in jira.requests] == [202, 404, 404, 404, 200]


def test_wait_idle(jira, provider, link):
    """A site is idle when no request is in progress and none came for a while."""
    jira.delay_next(60)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(lambda: provider.submit(link()))
        jira.wait_for_submission("1", timeout=30)  # whose answer is still to come
        with pytest.raises(AssertionError, match=r"did not end within 0\.01 seconds: 1 still in progress(.|\n)*POST"):
            jira.wait_idle(quiet=0, timeout=0.01)
        jira.reset()  # so that the test does not wait for a minute
        jira.wait_idle(quiet=0, timeout=30)
        with pytest.raises(requests.ConnectionError):
            late.result(timeout=30)
    with pytest.raises(AssertionError, match="ended less than 60 seconds ago"):
        jira.wait_idle(quiet=60, timeout=0.01)


def test_predicate_that_sends_requests(make_site, provider_of, link):
    """A predicate that sends requests itself ends in time."""
    jira = make_site(consistency="manual")
    provider = provider_of(jira)
    provider.submit(link())
    with pytest.raises(AssertionError, match="it returned False"):
        jira.wait_until(lambda: provider.read("1").status_code == 200, timeout=0.2)


def test_predicate_without_value(jira):
    """A predicate that returns nothing is reported."""
    with pytest.raises(AssertionError, match="it returned None; return a value that becomes true"):
        jira.wait_until(jira.assert_no_violations, timeout=0.01)


def test_coroutine_predicate(jira):
    """A coroutine is refused as a predicate."""

    async def predicate():
        return True

    with pytest.raises(TypeError, match="takes an ordinary function"):
        jira.wait_until(predicate)


def test_wait_with_pending_write(make_site, provider_of, link):
    """Waiting in vain says that a write is pending."""
    jira = make_site()
    provider_of(jira).submit(link())
    with pytest.raises(AssertionError, match=r"1 write is still pending \('after-reads:1'\)\. Reading `fake_jira.links` does not count"):
        jira.wait_until(lambda: jira.link("1"), timeout=0.01)
