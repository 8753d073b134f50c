"""A test that freezes or moves its clock: waits end all the same, and tokens are checked by the provider's clock."""

from __future__ import annotations

import re
import threading
import time

import pytest
import requests
import time_machine
from freezegun import freeze_time
from support.apps import published_token
from support.links import a_link

from pytest_remotelinks.wire.times import real_time, steady

READ = "/rest/remotelinks/1.0/remotelink/alert-1"
FROZEN = [
    pytest.param(lambda: freeze_time("2020-01-01"), id="freezegun"),
    pytest.param(lambda: time_machine.travel("2020-01-01T00:00:00Z", tick=False), id="time-machine"),
]
MOVED = [
    pytest.param(lambda: freeze_time("2120-01-01", tick=True), id="freezegun"),
    pytest.param(lambda: time_machine.travel("2120-01-01T00:00:00Z"), id="time-machine"),
]


def read(jira, authorization=None):
    headers = {"Authorization": authorization or jira.authorization("GET", READ)}
    return requests.get(jira.url + READ, headers=headers, timeout=30).status_code


@pytest.mark.parametrize("frozen", FROZEN)
def test_clocks_run_on(frozen):
    """Our own clocks show the real time while that of the test is frozen, and afterwards."""
    before, began = time.time(), time.perf_counter()
    with frozen():
        assert time.time() < before
        moment = steady()
        while steady() == moment:
            pass
        assert real_time() >= before
        assert steady() > began
    assert before <= real_time() <= time.time()


@pytest.mark.parametrize("frozen", FROZEN)
def test_waits_end(make_site, provider_of, frozen):
    """Waiting and delayed answers end, and writes arrive after seconds of real time."""
    jira = make_site(consistency="after-seconds:0.01")
    provider = provider_of(jira)
    with frozen():
        with pytest.raises(AssertionError):
            jira.wait_until(lambda: False, timeout=0.01)
        jira.delay_next(0.01)
        assert provider.submit(a_link()).status_code == 202
        jira.wait_idle(quiet=0.01)
        jira.wait_until(lambda: jira.link("1"))
    assert jira.requests[0].started > 1_700_000_000
    assert jira.requests[0].duration < 1_000_000


@pytest.mark.parametrize("clock", [*FROZEN, *MOVED])
def test_token_of_the_clock(app_site, clock):
    """A provider signs with the time that its clock shows, also in a thread, and is accepted; so is what the fake signs."""
    with clock():
        assert read(app_site, published_token("GET", READ)) == 404
        thread = threading.Thread(target=read, args=(app_site,))
        thread.start()
        thread.join()
    assert app_site.requests[1].status == 404
    assert app_site.violations == []


@pytest.mark.parametrize(
    ("clock", "code", "year"), [(*param.values, "RL508", 2020) for param in FROZEN] + [(*param.values, "RL507", 2120) for param in MOVED]
)
def test_token_of_the_real_time(app_site, clock, code, year):
    """A token that was made before the clock was set is refused, and the message names both clocks."""
    authorization = published_token("GET", READ)
    with clock():
        assert read(app_site, authorization) == 401
    violation = app_site.violations[0]
    assert violation.code == code
    assert f" on the test's clock, which is set to {year}-01-01T00:00:0" in violation.message
    assert "Z; the real time is 2" in violation.message
    assert "sign each request when it is sent, in this process, after the test has set its clock" in violation.hint


@pytest.mark.parametrize(
    ("year", "message"),
    [
        (2020, r"the token ended at 2020-01-01T00:03:00Z, \d+ seconds ago; the time is 2\S+Z"),
        (2120, r"the token's iat is 2120-01-01T00:00:00Z, \d+ seconds in the future; the time is 2\S+Z"),
    ],
)
def test_token_of_a_clock_set_back(app_site, year, message):
    """A token that was signed under a frozen clock and sent after it is refused, and the message has both times."""
    with freeze_time(f"{year}-01-01"):
        authorization = app_site.authorization("GET", READ)
    assert read(app_site, authorization) == 401
    (violation,) = app_site.violations
    assert re.fullmatch(message, violation.message)
    assert "; if the clock was frozen or wrong when the token was signed, " in violation.hint


@pytest.mark.parametrize(("ends", "has_both"), [(-3600, False), (-2 * 86400, True), (-(2**62), False)])
def test_old_token_has_both_times(app_site, ends, has_both):
    """Only a token that ended more than a day ago, at a time that there is, makes a clock the probable reason."""
    ended = int(time.time()) + ends
    assert read(app_site, published_token("GET", READ, iat=ended - 180, exp=ended)) == 401
    (violation,) = app_site.violations
    assert violation.code == "RL507"
    assert ("; the time is " in violation.message) == ("frozen or wrong" in violation.hint) == has_both


def test_stale_token_of_the_clock(app_site):
    """A token that is kept while the clock moves on is refused, with the usual hint."""
    with freeze_time("2020-01-01") as clock:
        authorization = published_token("GET", READ)
        clock.tick(3600)
        assert read(app_site, authorization) == 401
    (violation,) = app_site.violations
    assert (violation.code, violation.hint) == ("RL507", "make a token for each request; 180 seconds are usual")
    assert "ended 3420 seconds ago on the test's clock" in violation.message
