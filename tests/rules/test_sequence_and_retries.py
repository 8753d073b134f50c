"""RL4xx and RL7xx: what is said of a request because of those before it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.contract.document import load_document
from pytest_remotelinks.rules.app_history import AppHistory
from pytest_remotelinks.rules.checker import Checker, CheckResult

CHECKER = Checker(load_document("2026-06"))


def codes(jira):
    return [violation.code for violation in jira.violations]


def test_a_late_update_that_says_so_is_no_breach(jira, provider, link):
    provider.submit(link(sequence=2, displayName="new", lastUpdated="2026-01-31T12:05:00Z"))
    provider.submit(link(sequence=1, displayName="old", lastUpdated="2026-01-31T12:00:00.5+00:00"))
    assert codes(jira) == []


@pytest.mark.parametrize("time", ["2026-01-31T12:00:00Z", "2026-01-31T14:00:00.000001+02:00", "2026-02-01T00:00:00Z"])
def test_a_lower_number_with_newer_data_is_a_breach(jira, provider, link, time):
    provider.submit(link(sequence=2))
    provider.submit(link(sequence=1, displayName="new", lastUpdated=time))
    assert codes(jira) == ["RL401"]
    violation = jira.violations[0]
    assert violation.pointer == "/remoteLinks/0/updateSequenceNumber"
    assert "displayName" in violation.message
    assert jira.link("1")["displayName"] == "Link 1"


def test_the_same_number_with_other_data_is_a_breach(jira, provider, link):
    provider.submit(link(sequence=2))
    provider.submit(link(sequence=2, description="new"))
    assert codes(jira) == ["RL402"]
    assert "description" in jira.violations[0].message


def test_numbers_are_compared_with_the_highest_so_far(jira, provider, link):
    for sequence, name in ((5, "a"), (9, "b"), (7, "c"), (9, "d")):
        provider.submit(link(sequence=sequence, displayName=name))
    assert codes(jira) == ["RL401", "RL402"]


def test_a_deletion_leaves_no_trace_of_numbers(jira, provider, link):
    provider.submit(link(sequence=9), properties={"account": "a"})
    provider.delete("1")
    provider.submit(link(sequence=1, displayName="again"), properties={"account": "a"})
    provider.delete_by(account="b")
    provider.submit(link(sequence=1, displayName="changed"))
    assert codes(jira) == ["RL402"]
    provider.delete_by(account="a")
    provider.submit(link(sequence=1, displayName="once more"))
    assert codes(jira) == ["RL402"]


def test_rejected_links_have_no_number(jira, provider, link):
    jira.reject("1")
    provider.submit(link(sequence=9))
    jira.reset()
    provider.submit(link(sequence=1, displayName="mended"))
    assert codes(jira) == []


@settings(max_examples=300, deadline=None)
@given(
    sent=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.sampled_from("xy"), st.integers(0, 2), st.booleans()), max_size=12)
)
def test_the_order_of_any_course_is_judged_as_the_rules_say(sent):
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


def test_a_wait_concerns_the_same_operation_and_ends(jira, provider, link):
    jira.fail_next(503, retry_after=30)
    provider.submit(link())
    provider.read("1")
    assert codes(jira) == []
    jira.advance(30)
    provider.submit(link())
    assert codes(jira) == []


@pytest.mark.parametrize("status", [400, 403, 413])
def test_the_same_request_after_a_refusal_for_good_is_hopeless(jira, provider, link, status):
    jira.fail_next(status)
    provider.submit(link())
    provider.submit(link("2"))
    assert codes(jira) == []
    provider.submit(link())
    assert codes(jira) == ["RL702"]
    assert f"refused with {status}" in jira.violations[0].message


def test_a_new_token_is_worth_another_try_after_401(jira, provider):
    jira.fail_next(401, times=2)
    provider.send("GET", "/remotelink/1", headers={"Authorization": "Bearer one"})
    provider.send("GET", "/remotelink/1", headers={"Authorization": "Bearer two"})
    assert codes(jira) == []
    provider.send("GET", "/remotelink/1", headers={"Authorization": "Bearer one"})
    assert codes(jira) == ["RL702"]


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_other_refusals_may_be_tried_again(jira, provider, link, status):
    jira.fail_next(status)
    provider.submit(link())
    provider.submit(link())
    assert codes(jira) == []


def test_a_rejected_link_is_resent_unchanged(jira, provider, link):
    jira.reject("1")
    provider.submit(link(), link("2"))
    provider.submit(link(sequence=2))
    assert codes(jira) == []
    provider.submit(link(sequence=2))
    assert codes(jira) == ["RL703"]


def test_a_link_that_is_taken_at_the_second_try_was_not_sent_in_vain(jira, provider, link):
    jira.known_issues = {"ABC-2"}
    provider.submit(link())
    jira.known_issues = {"ABC-1"}
    assert provider.submit(link()).json() == {"acceptedRemoteLinks": ["1"]}
    assert codes(jira) == []


def test_a_retry_of_the_whole_batch_resends_what_was_accepted(jira, provider, link):
    jira.reject("1")
    provider.submit(link("1"), link("2"), link("3"))
    provider.submit(link("1", sequence=2), link("2"), link("3"))
    assert codes(jira) == ["RL704"]
    assert "2 of the 3 entries" in jira.violations[0].message


def test_the_same_submission_twice_resends_what_was_accepted(jira, provider, link):
    provider.submit(link("1"), link("2"))
    provider.submit(link("1"), link("2"))
    assert codes(jira) == ["RL704"]


def test_a_later_look_at_everything_is_no_retry(jira, provider, link):
    provider.submit(link("1"), link("2"))
    jira.advance(3600)
    provider.submit(link("1"), link("2"))
    assert codes(jira) == []


def test_what_was_hopeless_may_be_tried_after_an_hour(jira, provider):
    jira.fail_next(403)
    provider.read("1")
    jira.advance(3600)
    provider.read("1")
    assert codes(jira) == []


def test_a_token_of_the_same_second_is_another_one(jira, provider, link):
    jira.fail_next(401)
    provider.submit(link())
    provider.submit(link())
    assert codes(jira) == []


def test_an_unchanged_link_beside_changed_ones_is_no_retry(jira, provider, link):
    provider.submit(link("1"), link("2"))
    provider.submit(link("1"), link("2", sequence=2))
    assert codes(jira) == []


def test_manners_can_be_ignored(make_site, provider_of, link):
    jira = make_site(ignore=["RL7", "RL4"])
    provider = provider_of(jira)
    for name in "aab":
        jira.fail_next(400, operation="read")
        provider.read("1")
        provider.submit(link(displayName=name))
    assert codes(jira) == []
