"""The helpers: what they accept, and what their messages say."""

from __future__ import annotations

import threading
from unittest.mock import ANY

import pytest
import requests


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


def test_the_nearest_submission_is_compared_field_by_field(jira, provider, link):
    provider.submit(link("alert-2", displayName="X", url="<string>"), link("alert-2", sequence=2), link("unlike", sequence=3))
    said = message(jira.assert_submitted, "alert-1", displayName="X", type="alert")
    assert "expected: displayName='X', type='alert'" in said
    assert "nearest submission: 'alert-2', rejected, in request 1: POST" in said
    assert "  id: expected 'alert-1', it is 'alert-2'" in said
    assert "  type: expected 'alert', it is 'security'" in said
    assert "  displayName:" not in said
    assert "Jira said: /remoteLinks/0/url" in said
    assert "RL201 link-schema (error) at /remoteLinks/0/url" in said


def test_without_a_near_id_the_submission_with_the_nearest_fields_is_shown(jira, provider, link):
    provider.submit(link("zz-9", displayName="X"), link("yy-8"))
    said = message(jira.assert_submitted, "alert-1", displayName="X", type="alert")
    assert "nearest submission: 'zz-9'" in said
    assert "  type: expected 'alert', it is 'security'" in said


def test_a_request_that_may_have_held_the_link_is_shown_with_its_violations(jira, provider, link):
    provider.submit(link("alert-2"))
    provider.post(b'{"remoteLinks": [{"id": "alert-1"')
    said = message(jira.assert_submitted, "alert-1")
    assert "requests of which no link was read:\n  request 2: POST /rest/remotelinks/1.0/bulk -> 400\n    RL101" in said


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
    jira.assert_rejected("1", match="is not a valid URI")
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
    assert "1 write that may concern it is still pending ('manual'): call fake_jira.settle() first" in said
    jira.settle()
    jira.assert_stored("1")


def test_of_what_is_not_stored_the_expectation_and_the_nearest_stored_link_are_shown(jira, provider, link):
    provider.submit(link("alert-2", displayName="X", severity="high"), properties={"account": "a"})
    said = message(jira.assert_stored, "alert-1", displayName="X", type="alert", properties={"account": "b"})
    assert "'alert-1' is not stored\n  expected: displayName='X', type='alert', properties={'account': 'b'}\n" in said
    assert "nearest link that is stored: 'alert-2'\n  id: expected 'alert-1', it is 'alert-2'\n" in said
    assert "  type: expected 'alert', it is 'security'" in said
    assert "  properties.account: expected 'b', it is 'a'" in said
    assert "  displayName:" not in said
    assert "its submission: 'alert-2', accepted, in request 1: POST" in said
    assert "RL206" in said


def test_of_what_is_not_stored_its_own_submission_is_shown_as_far_as_there_is_one(jira, provider, link):
    provider.submit(link("alert-1", url="<string>"))
    said = message(jira.assert_stored, "alert-1", displayName="X")
    assert "expected: displayName='X'" in said
    assert "last submission: 'alert-1', rejected, in request 1: POST" in said
    assert "  displayName: expected 'X', it is 'Link alert-1'" in said
    assert "Jira said: /remoteLinks/0/url" in said
    assert "RL201" in said
    said = message(jira.assert_stored, "alert-2", displayName="X")
    assert "nearest submission: 'alert-1', rejected" in said
    assert "RL201" in said


def test_of_what_is_not_stored_any_more_the_deletion_is_shown(jira, provider, link):
    provider.submit(link(), properties={"a": "1"})
    provider.delete_by(a="1")
    said = message(jira.assert_stored, "1")
    assert "its deletion:\n  request 2: DELETE /rest/remotelinks/1.0/bulkByProperties?a=1 -> 202" in said


def test_the_submission_that_is_stored_and_the_last_one_are_told_apart(jira, provider, link):
    provider.submit(link(sequence=2))
    provider.submit(link(sequence=1, displayName="late"))
    said = message(jira.assert_stored, "1", displayName="late")
    assert "expected: displayName='late'" in said
    assert "displayName: expected 'late', it is 'Link 1'" in said
    assert said.index("its submission: '1', accepted") < said.index("last submission: '1', accepted") < said.index("RL401")


def test_deleted_by_id_and_by_properties(jira, provider, link):
    provider.submit(link("a"), link("b"), properties={"account": "x"})
    assert "no deletion of 'a' was accepted" in message(jira.assert_deleted, "a")
    provider.delete("a")
    jira.assert_deleted("a")
    provider.delete_by(account="x")
    jira.assert_deleted("b")
    provider.submit(link("b"))
    assert "'b' was deleted, but it is or will be stored" in message(jira.assert_deleted, "b")


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


def refused(provider, path):
    assert provider.send("DELETE", path, headers={"Authorization": None}).status_code == 401


def test_a_refused_deletion_is_shown_with_its_violations(jira, provider, link):
    provider.submit(link("keep"), properties={"a": "1"})
    refused(provider, "/bulkByProperties?a=1")
    provider.send("DELETE", "/remotelinks/keep")
    for said in (message(jira.assert_deleted, "keep"), message(jira.assert_deleted_by, a="1")):
        assert "deletions that were not accepted:\n  request 2: DELETE /rest/remotelinks/1.0/bulkByProperties?a=1 -> 401\n    RL501" in said
        assert "  request 3: DELETE /rest/remotelinks/1.0/remotelinks/keep -> 404\n    RL104" in said
    refused(provider, "/remotelink/keep")
    assert "  request 4: DELETE /rest/remotelinks/1.0/remotelink/keep -> 401\n    RL501" in message(jira.assert_deleted, "keep")


def test_a_refused_deletion_is_shown_also_after_one_that_was_accepted(jira, provider, link):
    provider.submit(link(), properties={"a": "1"})
    provider.delete("1")
    provider.submit(link(sequence=2), properties={"a": "1"})
    refused(provider, "/bulkByProperties?a=1")
    said = message(jira.assert_deleted, "1")
    assert "'1' was deleted, but it is or will be stored" in said
    assert "the last deletion:\n  request 2: DELETE /rest/remotelinks/1.0/remotelink/1 -> 202" in said
    assert "bulkByProperties?a=1 -> 401\n    RL501" in said
    provider.delete_by(b="2")
    said = message(jira.assert_deleted_by, a="1")
    assert "nearest:\n  request 5: DELETE /rest/remotelinks/1.0/bulkByProperties?b=2 -> 202\n    a: expected '1', it is missing" in said
    assert "bulkByProperties?a=1 -> 401\n    RL501" in said


def test_accepted_deletions_that_touch_nothing_are_shown_with_their_violations(jira, provider, link):
    provider.submit(link("keep"), properties={"a": "1"})
    provider.delete_by(params='{"a": "1"}')
    said = message(jira.assert_deleted, "keep")
    assert "-> 202\n    params: the deletion has '{\"a\": \"1\"}', 'keep' had nothing\n    RL306" in said
    assert "change: send each property as a parameter of its own: ?a=1" in said


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ([("a", "1")], "a: the deletion has '1', 'r' had '2'"),
        ([("a", "2"), ("a", "1")], "a: the deletion has '2' and '1' at once, 'r' had '2'"),
        ([("a", "2"), ("b", "x")], "b: the deletion has 'x', 'r' had nothing"),
    ],
)
def test_a_deletion_counts_for_what_it_could_touch(jira, provider, link, query, why):
    provider.submit(link("r"), properties={"a": "1"})
    provider.submit(link("r", sequence=2), properties={"a": "2"})
    provider.delete_by(*query)
    said = message(jira.assert_deleted, "r")
    assert "no deletion of 'r' was accepted\n  it is stored with updateSequenceNumber 2\n" in said
    assert f"-> 202\n    {why}\n" in said
    assert "after the deletion" not in said
    provider.delete_by(a="2")
    assert jira.assert_deleted("r") is jira.requests[-1]


def test_a_deletion_before_the_submission_did_not_delete_it(jira, provider, link):
    provider.delete_by(a="1")
    provider.submit(link("r"), properties={"a": "1"})
    said = message(jira.assert_deleted, "r")
    assert "no deletion of 'r' was accepted" in said
    assert "no submission of 'r' was accepted before" in said


def test_a_submission_after_the_deletion_is_named(make_site, provider_of, link):
    jira = make_site(consistency="manual")
    provider = provider_of(jira)
    provider.submit(link("r", sequence=5), properties={"a": "1"})
    provider.delete_by(a="1")
    provider.submit(link("r", sequence=6))
    said = message(jira.assert_deleted, "r")
    assert "a submission with updateSequenceNumber 6 came after the deletion" in said
    assert "it will be stored with updateSequenceNumber 6" in said
    assert "arrival order" not in said
    jira.settle()
    assert "it is stored with updateSequenceNumber 6" in message(jira.assert_deleted, "r")


def test_a_deletion_that_overtakes_the_submission_is_told_by_the_order_of_arrival(make_site, provider_of, link):
    jira = make_site(consistency={"submit": "manual", "delete-by-properties": "immediate"})
    provider = provider_of(jira)
    provider.submit(link("r"), properties={"a": "1"})
    provider.delete_by(a="1")
    said = message(jira.assert_deleted, "r")
    assert "'r' was deleted, but it is or will be stored" in said
    assert "after the deletion" not in said
    assert "its writes do not arrive in the order in which they were accepted" in said
    assert "it will be stored with updateSequenceNumber 1" in said
    assert "if settled now:\n  2 delete-by-properties {'a': '1'}\n  1 submit 'r', updateSequenceNumber 1, pending" in said
    jira.settle()
    said = message(jira.assert_deleted, "r")
    assert "it is stored with updateSequenceNumber 1" in said
    assert "pending" not in said


def test_a_link_that_only_the_weather_deleted_does_not_count(make_site, provider_of, link):
    jira = make_site(consistency={"submit": "immediate", "delete": "manual"})
    provider = provider_of(jira)
    provider.delete_by(a="1")
    provider.submit(link("r"), properties={"a": "1"})
    said = message(jira.assert_deleted, "r")
    assert "no deletion of 'r' was accepted" in said
    assert "it will be gone, but for another reason" in said
    assert "  2 submit 'r', updateSequenceNumber 1\n  1 delete-by-properties {'a': '1'}, pending" in said


@pytest.mark.parametrize("seed", range(8))
def test_what_is_said_of_a_deletion_is_true_in_any_weather(make_site, provider_of, link, seed):
    jira = make_site(consistency=f"shuffled:{seed}")
    provider = provider_of(jira)
    provider.submit(link("r"), properties={"a": "1"})
    provider.delete_by(a="1")
    said = None
    try:
        jira.assert_deleted("r")
    except AssertionError as error:
        said = str(error)
    jira.settle()
    assert ("r" in jira.links) == (said is not None)
    if said is not None:
        assert "arrival order with 'shuffled:" in said
        assert "stored with updateSequenceNumber 1" in said


def test_deleted_by_does_not_pass_for_two_values_of_one_property(jira, provider):
    provider.delete_by(("a", "2"), ("a", "1"))
    for wanted in ("1", "2", ANY):
        assert f"a: expected {wanted!a}, it has 2 values: '2', '1'" in message(jira.assert_deleted_by, a=wanted)
    assert "a: not expected, it is '2' and '1'" in message(jira.assert_deleted_by)
    jira.assert_deleted_by(a=["2", "1"])
    provider.delete_by(("a", "1"), ("a", "1"))
    assert jira.assert_deleted_by(a="1") is jira.requests[1]


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
    jira.assert_linked("1", issue="ABC-2")
    said = message(jira.assert_linked, "1", issue="ABC-3")
    assert "it is linked to 'ABC-1', 'ABC-2'" in said
    assert "did you mean 'ABC-" in said
    assert "'2' is not stored" in message(jira.assert_linked, "2", issue="ABC-1")


def test_linked_does_not_pass_for_an_issue_that_the_site_does_not_know(jira, provider, link):
    jira.known_issues = {"ABC-1"}
    issues = [{"associationType": "issueKeys", "values": ["ABC-1", "XYZ-1", "see QQ-1"]}]
    provider.submit(link(associations=issues))
    jira.assert_linked("1", issue="ABC-1")
    for key in ("XYZ-1", "see QQ-1"):
        said = message(jira.assert_linked, "1", issue=key)
        assert f"'1' is stored, but not linked to the issue {key!r}" in said
        assert "the link names it, but the site does not know the issue (unknownAssociations)" in said
        assert "  it is linked to 'ABC-1'\n" in said
    assert jira.requests[0].response.json["unknownAssociations"] == [{"associationType": "issueKeys", "values": ["XYZ-1", "see QQ-1"]}]


def test_what_is_known_when_the_link_is_taken_decides(jira, provider, link):
    provider.submit(link())
    jira.known_issues = {"XYZ-1"}
    jira.assert_linked("1", issue="ABC-1")
    provider.submit(link(sequence=2, associations=[{"associationType": "issueKeys", "values": ["ABC-1", "XYZ-1"]}]))
    jira.known_issues = None
    assert "the site does not know the issue" in message(jira.assert_linked, "1", issue="ABC-1")
    provider.submit(link(sequence=3))
    jira.assert_linked("1", issue="ABC-1")


def test_what_is_no_key_is_linked_nowhere_even_where_every_key_is_known(jira, provider, link):
    provider.submit(link(associations=[{"associationType": "issueKeys", "values": ["ABC-1", "see QQ-1"]}]))
    said = message(jira.assert_linked, "1", issue="see QQ-1")
    assert "the site does not know the issue (unknownAssociations)" in said
    assert "RL205" in said
    assert "send just the key: 'QQ-1'" in said


def test_of_a_link_that_is_not_stored_the_expected_issue_is_shown(jira, provider, link):
    provider.submit(link("alert-2"))
    said = message(jira.assert_linked, "alert-1", issue="ABC-7")
    assert "'alert-1' is not stored\n  expected: linked to the issue 'ABC-7'\n" in said
    assert "nearest link that is stored: 'alert-2'\n  id: expected 'alert-1', it is 'alert-2'\n  it is linked to 'ABC-1'\n" in said


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
    assert [found for found in jira.violations if not found.expected] == []


def test_expected_violations_do_not_count_where_the_block_raises(jira, provider, link):
    with pytest.raises(requests.HTTPError), jira.expect_violations("RL302"):
        provider.submit(link(), properties={"_a": "x"}).raise_for_status()
    jira.assert_no_violations()
    assert [violation.code for violation in jira.violations] == ["RL302"]


def test_where_the_block_raises_absence_is_not_asserted_and_other_violations_count(jira, provider, link):
    with pytest.raises(requests.HTTPError), jira.expect_violations("RL9", "RL302"):
        provider.submit(link(severity="x"), properties={"_a": "x"}).raise_for_status()
    assert [violation.code for violation in [found for found in jira.violations if not found.expected]] == ["RL206"]


@pytest.mark.parametrize("codes", [(), ("RL999",), ("link-schema",)])
def test_expecting_what_is_no_rule_is_a_mistake(jira, codes):
    with pytest.raises(ValueError, match=r"codes that are expected|selects no rule"), jira.expect_violations(*codes):
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
        message(jira.assert_linked, "a\x1b[31m", issue="X-1\x1b"),
    ):
        assert "\x1b" not in said
        assert "\x07" not in said
