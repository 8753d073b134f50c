"""RL4xx: sequence numbers against those that were accepted before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.contract.document import load_document
from pytest_remotelinks.rules.checker import Checker, CheckResult
from pytest_remotelinks.rules.retries import AppHistory

CHECKER = Checker(load_document("2026-06"))


def codes(jira):
    return [violation.code for violation in jira.violations]


def test_late_update_with_older_time(jira, provider, link):
    """A lower number is fine if lastUpdated says that the update is only late."""
    provider.submit(link(sequence=2, displayName="new", lastUpdated="2026-01-31T12:05:00Z"))
    provider.submit(link(sequence=1, displayName="old", lastUpdated="2026-01-31T12:00:00.5+00:00"))
    assert codes(jira) == []


@pytest.mark.parametrize("time", ["2026-01-31T12:00:00Z", "2026-01-31T14:00:00.000001+02:00", "2026-02-01T00:00:00Z"])
def test_lower_number_with_newer_data(jira, provider, link, time):
    """A lower number violates RL401 if lastUpdated is not older, and the stored link stays."""
    provider.submit(link(sequence=2))
    provider.submit(link(sequence=1, displayName="new", lastUpdated=time))
    assert codes(jira) == ["RL401"]
    violation = jira.violations[0]
    assert violation.pointer == "/remoteLinks/0/updateSequenceNumber"
    assert f"({'displayName' if time.endswith('31T12:00:00Z') else 'displayName, lastUpdated'})" in violation.message
    assert jira.link("1")["displayName"] == "Link 1"


def test_same_number_with_other_data(jira, provider, link):
    """The same number with other data violates RL402, which names the members that differ."""
    provider.submit(link(sequence=2))
    provider.submit(link(sequence=2, description="new"))
    assert codes(jira) == ["RL402"]
    assert "description" in jira.violations[0].message


def test_message_names_three_members(jira, provider, link):
    """The message names at most three of the members that differ, also those that are gone."""
    provider.submit(link(description="old", attributeMap={"a": "b"}))
    provider.submit(link(displayName="new", url="https://scanner.example/new"))
    assert "(attributeMap, description, displayName, …)" in jira.violations[0].message


def test_number_that_is_not_a_number(make_site, provider_of, link):
    """If RL201 is ignored, numbers that are text are not compared."""
    jira = make_site(ignore=["RL201"])
    for sequence in ("1", 2, "3", "x"):
        provider_of(jira).submit(link(sequence=sequence, displayName=str(sequence)))
    assert codes(jira) == []


def test_numbers_are_compared_with_the_highest(jira, provider, link):
    """A number is compared with the highest one that was accepted, not with the last."""
    for sequence, name in ((5, "a"), (9, "b"), (7, "c"), (9, "d")):
        provider.submit(link(sequence=sequence, displayName=name))
    assert codes(jira) == ["RL401", "RL402"]


def test_deletion_forgets_numbers(jira, provider, link):
    """After a deletion that concerns the link, any number is new."""
    provider.submit(link(sequence=9), properties={"account": "a"})
    provider.delete("1")
    provider.submit(link(sequence=1, displayName="again"), properties={"account": "a"})
    provider.delete_by(account="b")
    provider.submit(link(sequence=1, displayName="changed"))
    assert codes(jira) == ["RL402"]
    provider.delete_by(account="a")
    provider.submit(link(sequence=1, displayName="once more"))
    assert codes(jira) == ["RL402"]


def test_rejected_link_has_no_number(jira, provider, link):
    """The number of a rejected link does not count."""
    jira.reject("1")
    provider.submit(link(sequence=9))
    jira.reset()
    provider.submit(link(sequence=1, displayName="fixed"))
    assert codes(jira) == []


@given(
    sent=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.sampled_from("xy"), st.integers(0, 2), st.booleans()), max_size=12)
)
def test_sequence_rules_match_model(sent):
    """For any sequence of submissions the rules agree with a model that knows only the highest number of each link."""
    history = AppHistory(REMOTE_LINKS)
    highest: dict[str, tuple[int, str, int]] = {}
    for id, sequence, name, minute, accepted in sent:
        link = {"id": id, "updateSequenceNumber": sequence, "displayName": name, "lastUpdated": f"2026-01-31T12:0{minute}:00Z"}
        taken = [0] if accepted else []
        stale = history.remember_accepted([link], {}, taken)
        found = [found.code for found in CHECKER.check_effects(CheckResult(None, payload={"remoteLinks": [link]}), taken, stale, {}, 0.0)]
        expected = None
        if accepted and id in highest and (sequence, name, minute) != highest[id]:
            if sequence == highest[id][0]:
                expected = "RL402"
            elif sequence < highest[id][0] and minute >= highest[id][2]:
                expected = "RL401"
        assert [code for code in found if code.startswith("RL4")] == ([expected] if expected else [])
        if accepted and (id not in highest or highest[id][0] < sequence):
            highest[id] = (sequence, name, minute)
