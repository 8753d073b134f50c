"""The search through orders of arrival: what it finds, and what it says."""

from __future__ import annotations

import re

import pytest

from pytest_remotelinks import FakeJira


def test_the_classic_of_two_updates_with_one_number(jira, provider, link):
    def scenario():
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
    def scenario():
        provider.submit(link())
        provider.delete("1")

    with pytest.raises(AssertionError) as caught:
        jira.explore(scenario)
    assert "2 delete '1'  (before 1, sent earlier)" in str(caught.value)
    assert "1: not expected, it is stored" in str(caught.value)
    assert "read the link back before deleting it" in str(caught.value)


def test_a_provider_that_reads_back_before_it_deletes_is_safe(jira, provider, link):
    def scenario():
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
    def scenario():
        for sequence in range(1, 5):
            provider.submit(link(sequence=sequence, displayName=f"state {sequence}"), link("other", sequence=sequence))

    found = jira.explore(scenario, runs=30)
    assert (found.runs, found.exhaustive) == (30, False)
    jira.assert_stored("1", displayName="state 4")
    assert not jira.unexpected_violations


def test_few_writes_are_tried_in_every_order(jira, provider, link):
    def scenario():
        for sequence in range(1, 4):
            provider.submit(link(sequence=sequence), link(f"other {sequence}"))

    found = jira.explore(scenario)
    # Three writes of one link; those of other links make no difference.
    assert (found.runs, found.exhaustive) == (6, True)


def test_the_shortest_order_is_reported_though_a_longer_one_was_met(jira, provider, link):
    def scenario():
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
    with pytest.raises(AssertionError, match="fails even if every write arrives in the order of sending\nwhat is stored then is not what"):
        jira.explore(lambda: provider.submit(link()), expected={"2": {}})


def test_afterwards_everything_is_as_it_was(make_site, provider_of, link):
    jira = make_site(consistency="manual")
    provider = provider_of(jira)
    jira.known_issues.add("ABC-1")
    jira.explore(lambda: provider.submit(link()))
    assert jira.known_issues == {"ABC-1"}
    jira.reset()
    provider.submit(link())
    provider.read("1")
    assert len(jira.pending) == 1


@pytest.mark.parametrize("runs", [0, -1, 1.5, True])
def test_runs_that_cannot_be_are_told(jira, runs):
    with pytest.raises(ValueError, match="runs must be a whole number, 1 or more"):
        jira.explore(lambda: None, runs=runs)


def test_a_scenario_without_writes_has_one_order(jira, provider):
    assert jira.explore(lambda: provider.read("1")).runs == 1


def test_it_works_without_pytest(provider_of, link):
    with FakeJira() as jira:
        provider = provider_of(jira)
        assert jira.explore(lambda: provider.submit(link(), link("2"))).exhaustive
