"""The search through orders of arrival: what it finds, and what it says."""

from __future__ import annotations

import re

import pytest

from pytest_remotelinks import FakeJira


def test_the_classic_of_two_updates_with_one_number(jira, provider, link):
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


def test_the_classic_of_a_delete_and_a_late_submit(jira, provider, link):
    def scenario(_):
        provider.submit(link())
        provider.delete("1")

    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario)
    assert "2 delete '1'  (before 1, sent earlier)" in str(caught.value)
    assert "1: not expected, it is stored" in str(caught.value)
    assert "read the link back before deleting it" in str(caught.value)


def test_a_provider_that_reads_back_before_it_deletes_is_safe(jira, provider, link):
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


def test_growing_numbers_survive_every_order(jira, provider, link):
    def scenario(_):
        for sequence in range(1, 5):
            provider.submit(link(sequence=sequence, displayName=f"state {sequence}"), link("other", sequence=sequence))

    found = jira.explore(scenario, runs=30)
    assert (found.runs, found.exhaustive) == (30, False)
    jira.assert_stored("1", displayName="state 4")
    assert not [found for found in jira.violations if not found.expected]


def test_few_writes_are_tried_in_every_order(jira, provider, link):
    def scenario(_):
        for sequence in range(1, 4):
            provider.submit(link(sequence=sequence), link(f"other {sequence}"))

    found = jira.explore(scenario)
    # Three writes of one link; those of other links make no difference.
    assert (found.runs, found.exhaustive) == (6, True)


def test_the_shortest_order_is_reported_though_a_longer_one_was_met(jira, provider, link):
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


def test_an_assertion_in_the_scenario_or_after_it_counts(jira, provider, link):
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


def test_a_scenario_that_fails_in_good_weather_is_told_as_such(jira, provider, link):
    with pytest.raises(
        AssertionError, match="fails even if every write arrives in the order of sending\nwhat is stored then is not as expected"
    ):
        jira.explore(lambda _: provider.submit(link()), expected={"2": {}})


def test_afterwards_everything_is_as_it_was(make_site, provider_of, link):
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
def test_runs_that_cannot_be_are_told(jira, runs):
    with pytest.raises(ValueError, match="runs must be a whole number, 1 or more"):
        jira.explore(lambda _: None, runs=runs)


def test_a_scenario_without_writes_has_one_order(jira, provider):
    assert jira.explore(lambda _: provider.read("1")).runs == 1


def test_it_works_without_pytest(provider_of, link):
    with FakeJira() as jira:
        provider = provider_of(jira)
        assert jira.explore(lambda _: provider.submit(link(), link("2"))).exhaustive


def test_a_late_submission_behind_one_that_was_read_back_is_found(jira, provider, link):
    def scenario(_):
        provider.submit(link(sequence=1))
        provider.submit(link(sequence=2))
        while provider.read("1").status_code == 404:
            pass
        provider.delete("1")

    with pytest.raises(AssertionError, match=r"3 delete '1'  \(before 2, sent earlier\)"):
        jira.explore(scenario, expected={})


def test_what_broke_the_contract_is_not_lost(jira, provider, link):
    provider.submit(link("before", url="<string>"))

    def scenario(_):
        provider.send("GET", "/bulk")
        provider.submit(link("a", sequence=1))
        provider.submit(link("a", sequence=2))

    jira.explore(scenario)
    assert [violation.code for violation in jira.violations] == ["RL201", "RL105", "RL105"]
    assert [exchange.operation for exchange in jira.requests[-2:]] == ["submit"] * 2


def test_what_is_wanted_stays_wanted(jira, provider, link):
    with jira.expect_violations("RL105"):
        provider.send("GET", "/bulk")
        jira.explore(lambda _: provider.submit(link()))
    with jira.expect_violations("RL105"):
        jira.explore(lambda _: provider.send("GET", "/bulk"))
    assert [found for found in jira.violations if not found.expected] == []


def growing(provider, link):
    for sequence in range(1, 4):
        provider.submit(link(sequence=sequence))


def test_every_run_has_the_trouble_that_was_planned_and_no_other(jira, provider, link):
    jira.rate_limit(4)
    jira.fail_next(503, retry_after=30, after=3)
    assert jira.explore(lambda _: growing(provider, link)).runs == 6
    assert [exchange.fault for exchange in jira.requests] == ["", "", ""]
    assert [provider.read("2").status_code for _ in range(3)] == [404, 404, 404]
    assert provider.submit(link("2")).status_code == 503, "it is planned still"


def test_a_wait_from_before_is_over(jira, provider, link):
    jira.fail_next(429, retry_after=60)
    provider.submit(link())
    assert jira.explore(lambda _: growing(provider, link)).runs == 6


def test_trouble_is_told_beside_the_order(jira, provider, link):
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
def test_any_failure_of_a_scenario_is_told_with_its_order(jira, provider, link, error):
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


def test_what_one_submission_says_twice_keeps_its_order(make_site, provider_of, link):
    jira = make_site(ignore=["RL204"])
    provider = provider_of(jira)
    found = jira.explore(lambda _: provider.submit(link(displayName="first"), link(displayName="second")))
    assert (found.runs, found.exhaustive) == (1, True)


def test_coroutines_are_refused(jira):
    async def scenario():
        raise AssertionError

    with pytest.raises(TypeError, match=r"lambda jira: asyncio\.run"):
        jira.explore(scenario)
    with pytest.raises(AssertionError, match="TypeError: the scenario returned a coroutine"):
        jira.explore(lambda _: scenario())


def test_whole_batches_can_be_searched(jira, provider, link):
    def scenario(_):
        provider.submit(*(link(str(number)) for number in range(100)), properties={"account": "a"})
        provider.submit(*(link(str(number), sequence=2) for number in range(100)), properties={"account": "a"})

    assert not jira.explore(scenario, runs=10).exhaustive

    def clearing(_):
        scenario(_)
        provider.delete_by(account="a")

    with pytest.raises(AssertionError, match=r"201 delete-by-properties .*\(before \d+, sent earlier\)"):
        jira.explore(clearing, runs=10)


def test_a_write_that_came_too_soon_is_found_where_it_was_sampled(jira, provider, link):
    def scenario(_):
        for sequence in range(1, 9):
            provider.submit(link(sequence=sequence))

    def the_last_is_not_the_first():
        assert jira.arrivals[0].number != 8

    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario, runs=40, check=the_last_is_not_the_first, seed=1)
    lines = [line for line in str(caught.value).splitlines() if "sent earlier" in line]
    assert lines == ["  8 submit '1', updateSequenceNumber 8  (before 1, 2, 3, 4, 5, 6, 7, sent earlier)"]
