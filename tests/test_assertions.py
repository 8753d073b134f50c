"""The helpers: what they accept, and what their messages say."""

from __future__ import annotations

import threading
from unittest.mock import ANY

import pytest
import requests


@pytest.fixture(params=["2026-06"])
def version(request):
    return request.param


def message(call, *args, **kwargs):
    with pytest.raises(AssertionError) as failure:
        call(*args, **kwargs)
    return str(failure.value)


def test_fields_compare_as_a_subset_and_take_matchers(jira, provider, link):
    provider.submit(link(status={"appearance": "new", "label": "OPEN"}), properties={"account": "a"})
    found = jira.assert_submitted(
        "1",
        displayName="Link 1",
        lastUpdated=ANY,
        status={"label": "OPEN"},
        associations=[{"values": ["ABC-1"]}],
        properties={"account": "a"},
    )
    assert found is not None
    assert found.data["id"] == "1"
    assert found.request is jira.requests[0]
    assert jira.assert_stored("1", displayName=ANY, properties={"account": "a"})["url"].startswith("https:")


def test_any_submission_of_the_link_counts_and_the_last_that_fits_is_returned(jira, provider, link):
    for sequence in (1, 2):
        provider.submit(link(sequence=sequence, displayName="same"))
    provider.submit(link(sequence=3, displayName="other"))
    assert jira.assert_submitted("1", displayName="same").data["updateSequenceNumber"] == 2


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"displayName": "x"}, "displayName: expected 'x', it is 'Link 1'"),
        ({"display_name": "x"}, "display_name: expected 'x', it is missing; there is 'displayName'"),
        ({"associations": [{"values": ["ABC-2"]}]}, "associations[0].values[0]: expected 'ABC-2', it is 'ABC-1'"),
        ({"associations": []}, "(1 entries instead of 0)"),
        ({"updateSequenceNumber": True}, "updateSequenceNumber: expected True, it is 1"),
        ({"properties": {"account": "a"}}, "properties.account: expected 'a', it is missing"),
        ({"status": {"label": "x"}}, "status: expected {'label': 'x'}, it is missing"),
    ],
)
def test_a_difference_is_shown_field_by_field(jira, provider, link, fields, says):
    provider.submit(link())
    assert says in message(jira.assert_submitted, "1", **fields)
    assert says in message(jira.assert_stored, "1", **fields)


def test_the_nearest_of_several_submissions_is_shown(jira, provider, link):
    provider.submit(link(displayName="near", type="alert"))
    provider.submit(link(sequence=2, displayName="far", type="test", url="https://far.example"))
    said = message(jira.assert_submitted, "1", displayName="near", type="alert", url="https://other.example")
    assert "url: expected 'https://other.example', it is 'https://scanner.example/alerts/1'" in said
    assert "far" not in said


def test_the_nearest_ids_are_shown(jira, provider, link):
    provider.submit(link("alert-17"), link("alert-18"), link("unlike"))
    said = message(jira.assert_submitted, "alert-19")
    assert "nearest ids submitted: 'alert-1" in said
    assert "nearest submission: 'alert-1" in said


def test_with_nothing_submitted_the_requests_and_their_violations_are_shown(jira, provider):
    provider.post(b"{")
    said = message(jira.assert_submitted, "1")
    assert "nothing was submitted" in said
    assert "POST /rest/remotelinks/1.0/bulk -> 400" in said
    assert "RL101" in said


def test_the_rejection_and_the_violations_of_the_request_are_shown(jira, provider, link):
    provider.submit(link(url="<string>"))
    said = message(jira.assert_accepted, "1")
    assert "the last submission of '1' was not accepted" in said
    assert "Jira said: /remoteLinks/0/url" in said
    assert jira.submissions[0].errors[0]["errorTraceId"] in said
    assert "RL201 link-schema (error) at /remoteLinks/0/url" in said
    assert "change: " in said


def test_accepted_and_rejected_go_by_the_last_submission(jira, provider, link):
    provider.submit(link(url="<string>"))
    jira.assert_rejected("1", match="is no uri")
    provider.submit(link())
    jira.assert_accepted("1")
    assert "was accepted" in message(jira.assert_rejected, "1")
    provider.submit(link(sequence=2, type="x"))
    assert "no message matches 'uri'" in message(jira.assert_rejected, "1", match="uri")


def test_a_refused_request_rejects_all_its_links(jira, provider, link):
    provider.submit(link(), properties={"_a": "x"})
    assert "underscore" in jira.assert_rejected("1").errors[0]["message"]
    assert jira.submissions[0].accepted is False


def test_links_never_submitted(jira, provider, link):
    jira.assert_not_submitted("1")
    assert "'1' was never submitted" in message(jira.assert_accepted, "1")
    assert "'1' was never submitted" in message(jira.assert_rejected, "1")
    provider.submit(link())
    assert "'1' was submitted once" in message(jira.assert_not_submitted, "1")


def test_what_is_pending_is_not_stored_and_said_to_be_pending(make_site, provider_of, link):
    jira = make_site(consistency="manual")
    provider_of(jira).submit(link())
    said = message(jira.assert_stored, "1")
    assert "'1' is not stored" in said
    assert "1 write that may concern it is pending under 'manual': call fake_jira.settle() first" in said
    jira.settle()
    jira.assert_stored("1")


def test_deleted_by_id_and_by_properties(jira, provider, link):
    provider.submit(link("a"), link("b"), properties={"account": "x"})
    assert "no deletion of 'a' was accepted" in message(jira.assert_deleted, "a")
    provider.delete("a")
    jira.assert_deleted("a")
    provider.delete_by(account="x")
    jira.assert_deleted("b")
    provider.submit(link("b"))
    assert "'b' was deleted, but is or will be stored all the same" in message(jira.assert_deleted, "b")


def test_a_deletion_counts_from_its_acceptance(make_site, provider_of, link):
    jira = make_site(consistency="manual")
    provider = provider_of(jira)
    provider.submit(link())
    jira.settle()
    provider.delete("1")
    jira.assert_deleted("1")
    assert set(jira.links) == {"1"}


def test_a_deletion_of_what_others_have_does_not_count(jira, provider, link):
    provider.submit(link("a"), properties={"account": "x"})
    provider.delete_by(account="y")
    said = message(jira.assert_deleted, "a")
    assert "DELETE /rest/remotelinks/1.0/bulkByProperties?account=y -> 202" in said


def test_deleted_by_wants_exactly_the_properties(jira, provider):
    assert "DELETE" not in message(jira.assert_deleted_by, account="x")
    provider.delete_by(account="x", repository="r", _updateSequenceNumber="5")
    jira.assert_deleted_by(account="x", repository="r")
    jira.assert_deleted_by(account=ANY, repository="r")
    assert "repository: not expected, it is 'r'" in message(jira.assert_deleted_by, account="x")
    assert "account: expected 'y', it is 'x'" in message(jira.assert_deleted_by, account="y", repository="r")


def test_linked_goes_by_what_is_stored(jira, provider, link):
    provider.submit(
        link(
            associations=[
                {"associationType": "issueIdOrKeys", "values": ["ABC-1", "ABC-2"]},
                {"associationType": "serviceIdOrKeys", "values": ["ABC-3"]},
            ]
        )
    )
    jira.assert_linked("ABC-2", "1")
    said = message(jira.assert_linked, "ABC-3", "1")
    assert "it is linked to 'ABC-1', 'ABC-2'" in said
    assert "perhaps 'ABC-" in said
    assert "'2' is not stored" in message(jira.assert_linked, "ABC-1", "2")


def test_no_violations(jira, provider, link):
    provider.submit(link())
    jira.assert_no_violations()
    provider.submit(link(severity="x"))
    assert "RL206" in message(jira.assert_no_violations)


def test_expected_violations_do_not_count(jira, provider, link):
    with jira.expect_violations("RL2"):
        provider.submit(link(severity="x", url="<string>"))
    jira.assert_no_violations()
    assert len(jira.violations) == 2
    assert jira.unexpected_violations == []


def test_expected_violations_do_not_count_where_the_block_raises(jira, provider, link):
    with pytest.raises(requests.HTTPError), jira.expect_violations("RL302"):
        provider.submit(link(), properties={"_a": "x"}).raise_for_status()
    jira.assert_no_violations()
    assert [violation.code for violation in jira.violations] == ["RL302"]


def test_where_the_block_raises_absence_is_not_asserted_and_other_violations_count(jira, provider, link):
    with pytest.raises(requests.HTTPError), jira.expect_violations("RL9", "RL302"):
        provider.submit(link(severity="x"), properties={"_a": "x"}).raise_for_status()
    assert [violation.code for violation in jira.unexpected_violations] == ["RL206"]


@pytest.mark.parametrize("codes", [(), ("RL999",), ("link-schema",)])
def test_expecting_what_is_no_rule_is_a_mistake(jira, codes):
    with pytest.raises(ValueError, match=r"codes that are wanted|covers no rule"), jira.expect_violations(*codes):
        pass


def test_waiting_ends_when_the_link_arrives(jira, provider, link):
    released = threading.Event()

    def later():
        released.wait(10)
        provider.submit(link("early"))
        provider.submit(link("wanted", displayName="arrived"))

    thread = threading.Thread(target=later)
    thread.start()
    released.set()
    assert jira.wait_for_submission("wanted", timeout=30).data["displayName"] == "arrived"
    thread.join()
    assert jira.wait_for_submission("early", timeout=0).id == "early"


def test_waiting_in_vain_says_what_did_arrive(jira, provider, link):
    provider.submit(link("alert-1"))
    said = message(jira.wait_for_submission, "alert-2", timeout=0.01)
    assert "'alert-2' was not submitted within 0.01 seconds" in said
    assert "'alert-1'" in said


def test_messages_escape_what_a_client_sent(jira, provider, link):
    provider.submit(link("a\x1b[31m", displayName="\x1b]0;x\x07"))
    for said in (
        message(jira.assert_submitted, "a"),
        message(jira.assert_submitted, "a\x1b[31m", displayName="x"),
        message(jira.assert_stored, "a\x1b[31m", displayName="x"),
        message(jira.assert_stored, "b\x1b"),
        message(jira.assert_linked, "X-1\x1b", "a\x1b[31m"),
    ):
        assert "\x1b" not in said
        assert "\x07" not in said
