"""The search through orders of arrival: what it finds, and what it says."""

from __future__ import annotations

import re

import pytest

from pytest_remotelinks import FakeJira


def test_two_updates_with_one_number(jira, provider, link):
    """Two updates with one sequence number fail when they arrive in the other order."""

    def scenario(_):
        provider.submit(link(sequence=1, displayName="open"))
        provider.submit(link(sequence=1, displayName="fixed"))

    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario)
    message = str(caught.value)
    assert "found in 2 runs" in message
    assert "2 submit '1', updateSequenceNumber 1  (before 1, sent earlier)\n  1 submit '1'" in message
    assert "1.displayName: expected 'open', it is 'fixed'" in message
    assert "change: " in message
    assert "a higher updateSequenceNumber" in message


def test_deletion_before_submission(jira, provider, link):
    """A deletion that arrives before its submission leaves the link stored."""

    def scenario(_):
        provider.submit(link())
        provider.delete("1")

    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario)
    assert "2 delete '1'  (before 1, sent earlier)" in str(caught.value)
    assert "1: not expected, it is stored" in str(caught.value)
    assert "read the link back before deleting it" in str(caught.value)


def test_reading_back_is_safe(jira, provider, link):
    """A provider that reads back before it goes on passes under every order."""

    def scenario(_):
        provider.submit(link())
        while provider.read("1").status_code == 404:
            pass
        provider.delete("1")
        while provider.read("1").status_code == 200:
            pass
        provider.submit(link(sequence=1, displayName="again"))

    found = jira.explore(scenario, expected={"1": {"displayName": "again"}})
    assert found.exhaustive
    assert found.runs == 6


def test_growing_numbers(jira, provider, link):
    """Growing sequence numbers pass under every order."""

    def scenario(_):
        for sequence in range(1, 5):
            provider.submit(link(sequence=sequence, displayName=f"state {sequence}"), link("other", sequence=sequence))

    found = jira.explore(scenario, runs=30)
    assert (found.runs, found.exhaustive) == (30, False)
    jira.assert_stored("1", displayName="state 4")
    assert not [found for found in jira.violations if not found.expected]


def test_few_writes_are_exhausted(jira, provider, link):
    """Few writes are tried in every order that makes a difference."""

    def scenario(_):
        for sequence in range(1, 4):
            provider.submit(link(sequence=sequence), link(f"other {sequence}"))

    found = jira.explore(scenario)
    # Three writes of one link; those of other links make no difference.
    assert (found.runs, found.exhaustive) == (6, True)


def test_shortest_order_is_reported(jira, provider, link):
    """The shortest failing order is reported, also if a longer one was found first."""

    def scenario(_):
        for number in range(6):
            provider.submit(link(f"{number}"), properties={"account": "a"})
        provider.delete_by(account="a")

    for runs in (5, 1000):
        with pytest.raises(AssertionError) as caught:
            jira.explore(scenario, runs=runs)
        overtaking = [line for line in str(caught.value).splitlines() if "sent earlier" in line]
        assert len(overtaking) == 1
        assert re.search(r"7 delete-by-properties .*\(before \d, sent earlier\)", overtaking[0])


def test_assertion_in_scenario_or_check(jira, provider, link):
    """An assertion in the scenario or in the check makes a run fail."""

    def scenario(given):
        assert given is jira
        provider.submit(link(sequence=2, displayName="new"))
        provider.submit(link(sequence=1, displayName="old", lastUpdated="2026-01-01T00:00:00Z"))

    assert jira.explore(scenario).runs == 2
    with pytest.raises(AssertionError, match="an assertion failed: nothing may be overtaken"):
        jira.explore(scenario, check=lambda: _in_order(jira))


def _in_order(jira):
    numbers = [write.number for write in jira.arrivals]
    assert numbers == sorted(numbers), "nothing may be overtaken"


def test_failure_in_order_of_sending(jira, provider, link):
    """A scenario that fails in the order of sending is reported as such."""
    with pytest.raises(
        AssertionError, match="fails even if every write arrives in the order of sending\nwhat is stored then is not as expected"
    ):
        jira.explore(lambda _: provider.submit(link()), expected={"2": {}})


def test_settings_after_exploring(make_site, provider_of, link):
    """After exploring, the policy and the known issues are as before."""
    jira = make_site(consistency="manual")
    provider = provider_of(jira)
    jira.known_issues = {"ABC-1"}
    jira.explore(lambda _: provider.submit(link()))
    assert jira.known_issues == {"ABC-1"}
    jira.reset()
    provider.submit(link())
    provider.read("1")
    assert len(jira.pending) == 1


@pytest.mark.parametrize("runs", [0, -1, 1.5, True])
def test_impossible_runs(jira, runs):
    """A number of runs below 1, or not a whole number, is refused."""
    with pytest.raises(ValueError, match="runs must be a whole number, 1 or more"):
        jira.explore(lambda _: None, runs=runs)


def test_scenario_without_writes(jira, provider):
    """A scenario without writes is run once."""
    assert jira.explore(lambda _: provider.read("1")).runs == 1


def test_explore_without_pytest(provider_of, link):
    """Exploring works without pytest's fixtures."""
    with FakeJira() as jira:
        provider = provider_of(jira)
        assert jira.explore(lambda _: provider.submit(link(), link("2"))).exhaustive


def test_late_submission_after_read_back(jira, provider, link):
    """A late submission is found behind one that was read back."""

    def scenario(_):
        provider.submit(link(sequence=1))
        provider.submit(link(sequence=2))
        while provider.read("1").status_code == 404:
            pass
        provider.delete("1")

    with pytest.raises(AssertionError, match=r"3 delete '1'  \(before 2, sent earlier\)"):
        jira.explore(scenario, expected={})


def test_record_keeps_violations_of_all_runs(jira, provider, link):
    """The record keeps the earlier requests, the violations of all runs, and the last run."""
    provider.submit(link("before", url="<string>"))

    def scenario(_):
        provider.send("GET", "/bulk")
        provider.submit(link("a", sequence=1))
        provider.submit(link("a", sequence=2))

    jira.explore(scenario)
    assert [violation.code for violation in jira.violations] == ["RL201", "RL105", "RL105"]
    assert [exchange.operation for exchange in jira.requests[-2:]] == ["submit"] * 2


def test_expected_violations_around_explore(jira, provider, link):
    """Violations that are expected around explore() stay expected."""
    with jira.expect_violations("RL105"):
        provider.send("GET", "/bulk")
        jira.explore(lambda _: provider.submit(link()))
    with jira.expect_violations("RL105"):
        jira.explore(lambda _: provider.send("GET", "/bulk"))
    assert [found for found in jira.violations if not found.expected] == []


def growing(provider, link):
    for sequence in range(1, 4):
        provider.submit(link(sequence=sequence))


def test_every_run_has_the_planned_faults(jira, provider, link):
    """Every run has the faults that were planned before, and they are planned still."""
    jira.rate_limit(4)
    jira.fail_next(503, retry_after=30, after=3)
    assert jira.explore(lambda _: growing(provider, link)).runs == 6
    assert [exchange.fault for exchange in jira.requests] == ["", "", ""]
    assert [provider.read("2").status_code for _ in range(3)] == [404, 404, 404]
    assert provider.submit(link("2")).status_code == 503, "it is planned still"


def test_earlier_retry_after_is_over(jira, provider, link):
    """A Retry-After from before does not concern the runs."""
    jira.fail_next(429, retry_after=60)
    provider.submit(link())
    assert jira.explore(lambda _: growing(provider, link)).runs == 6


def test_failure_shows_faults(jira, provider, link):
    """A failure shows the requests that failed with a fault."""

    def scenario(_):
        jira.fail_next(500, after=len(jira.requests))
        growing(provider, link)
        if [write.number for write in jira.pending]:
            provider.read("1")
            assert jira.link("1")["updateSequenceNumber"] == 1, "the first one came first"

    with pytest.raises(
        AssertionError,
        match=r"the first one came first(.|\n)*requests that failed with a fault:\n  request \d: POST .*\(fault: fail_next\)",
    ):
        jira.explore(scenario, expected={})


class Boom(Exception):
    pass


@pytest.mark.parametrize("error", [Boom("bang"), pytest.fail.Exception("bang")])
def test_failure_of_scenario_shows_order(jira, provider, link, error):
    """Any exception of a scenario is reported with its order, and is the cause."""

    def scenario(_):
        provider.submit(link(sequence=1))
        provider.submit(link(sequence=2))
        provider.read("1")
        if jira.link("1")["updateSequenceNumber"] == 2:
            raise error

    with pytest.raises(
        AssertionError, match=r"2 submit '1', updateSequenceNumber 2  \(before 1(.|\n)*raised (Boom|Failed): bang"
    ) as caught:
        jira.explore(scenario)
    assert caught.value.__cause__ is error


def test_repeated_link_keeps_its_order(make_site, provider_of, link):
    """Two links of one id in one submission keep their order."""
    jira = make_site(ignore=["RL204"])
    provider = provider_of(jira)
    found = jira.explore(lambda _: provider.submit(link(displayName="first"), link(displayName="second")))
    assert (found.runs, found.exhaustive) == (1, True)


def test_coroutine_is_refused(jira):
    """A scenario that is or returns a coroutine is refused."""

    async def scenario():
        raise AssertionError

    with pytest.raises(TypeError, match=r"lambda jira: asyncio\.run"):
        jira.explore(scenario)
    with pytest.raises(AssertionError, match="TypeError: the scenario returned a coroutine"):
        jira.explore(lambda _: scenario())


def test_large_batches(jira, provider, link):
    """Submissions of many links can be explored."""

    def scenario(_):
        provider.submit(*(link(str(number)) for number in range(100)), properties={"account": "a"})
        provider.submit(*(link(str(number), sequence=2) for number in range(100)), properties={"account": "a"})

    assert not jira.explore(scenario, runs=10).exhaustive

    def clearing(_):
        scenario(_)
        provider.delete_by(account="a")

    with pytest.raises(AssertionError, match=r"201 delete-by-properties .*\(before \d+, sent earlier\)"):
        jira.explore(clearing, runs=10)


def test_sampled_order_is_shortened(jira, provider, link):
    """An order that was found by sampling is shortened to the one write that matters."""

    def scenario(_):
        for sequence in range(1, 9):
            provider.submit(link(sequence=sequence))

    def the_last_is_not_the_first():
        assert jira.arrivals[0].number != 8

    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario, runs=40, check=the_last_is_not_the_first, seed=1)
    lines = [line for line in str(caught.value).splitlines() if "sent earlier" in line]
    assert lines == ["  8 submit '1', updateSequenceNumber 8  (before 1, 2, 3, 4, 5, 6, 7, sent earlier)"]


@pytest.mark.parametrize("scenario", [lambda: None, lambda _, other: None, 5])
def test_scenario_takes_the_fake(jira, scenario):
    """A scenario that cannot be called with the fake is one clear TypeError."""
    with pytest.raises(TypeError, match="calls the scenario with this fake Jira"):
        jira.explore(scenario)


def test_scenario_is_given_the_fake(jira, provider, link):
    """A scenario is always called with the fake."""
    given = []

    def scenario(*arguments):
        given.append(arguments)
        provider.submit(link())

    jira.explore(scenario)
    assert set(given) == {(jira,)}
