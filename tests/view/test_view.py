"""The assertions of a view: what they accept, and what their messages say."""

from __future__ import annotations

import re
from unittest.mock import ANY

import pytest
import requests


def message(call, *args, **kwargs):
    with pytest.raises(AssertionError) as failure:
        call(*args, **kwargs)
    return str(failure.value)


def test_fields_are_a_subset(jira, provider, link):
    """Fields are compared as a subset and may be matchers."""
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


def test_submitted_returns_last_match(jira, provider, link):
    """assert_submitted returns the last submission that has the fields."""
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
def test_difference_is_shown(jira, provider, link, fields, says):
    """A difference is shown with its path, what was expected and what is there."""
    provider.submit(link())
    assert says in message(jira.assert_submitted, "1", **fields)
    assert says in message(jira.assert_stored, "1", **fields)


def test_nearest_submission_of_link(jira, provider, link):
    """Of several submissions of a link, the one with the fewest differences is shown."""
    provider.submit(link(displayName="near", type="alert"))
    provider.submit(link(sequence=2, displayName="far", type="test", url="https://far.example"))
    said = message(jira.assert_submitted, "1", displayName="near", type="alert", url="https://other.example")
    assert "url: expected 'https://other.example', it is 'https://scanner.example/alerts/1'" in said
    assert "far" not in said


def test_nearest_ids(jira, provider, link):
    """If no submission has the id, the nearest ids are shown."""
    provider.submit(link("alert-17"), link("alert-18"), link("unlike"))
    said = message(jira.assert_submitted, "alert-19")
    assert "nearest ids submitted: 'alert-1" in said
    assert "nearest submission: 'alert-1" in said


def test_nearest_submission_is_compared(jira, provider, link):
    """The submission with the nearest id is shown with its differences and violations."""
    provider.submit(link("alert-2", displayName="X", url="<string>"), link("alert-2", sequence=2), link("unlike", sequence=3))
    said = message(jira.assert_submitted, "alert-1", displayName="X", type="alert")
    assert "expected: displayName='X', type='alert'" in said
    assert "nearest submission: 'alert-2', rejected, in request 1: POST" in said
    assert "  id: expected 'alert-1', it is 'alert-2'" in said
    assert "  type: expected 'alert', it is 'security'" in said
    assert "  displayName:" not in said
    assert "Jira said: /remoteLinks/0/url" in said
    assert "RL201 link-schema (error) at /remoteLinks/0/url" in said


def test_nearest_fields_without_near_id(jira, provider, link):
    """If no id is near, the submission with the nearest fields is shown."""
    provider.submit(link("zz-9", displayName="X"), link("yy-8"))
    said = message(jira.assert_submitted, "alert-1", displayName="X", type="alert")
    assert "nearest submission: 'zz-9'" in said
    assert "  type: expected 'alert', it is 'security'" in said


def test_unreadable_submission_is_shown(jira, provider, link):
    """A request that may have contained the link is shown with its violations."""
    provider.submit(link("alert-2"))
    provider.post(b'{"remoteLinks": [{"id": "alert-1"')
    said = message(jira.assert_submitted, "alert-1")
    assert "requests of which no link was read:\n  request 2: POST /rest/remotelinks/1.0/bulk -> 400\n    RL101" in said


def test_nothing_submitted(jira, provider):
    """If nothing was submitted, the requests are shown with their violations."""
    provider.post(b"{")
    said = message(jira.assert_submitted, "1")
    assert "nothing was submitted" in said
    assert "POST /rest/remotelinks/1.0/bulk -> 400" in said
    assert "RL101" in said


def test_rejection_is_shown(jira, provider, link):
    """A rejection is shown with Jira's message and the violations."""
    provider.submit(link(url="<string>"))
    said = message(jira.assert_accepted, "1")
    assert "the last submission of '1' was not accepted" in said
    assert "Jira said: /remoteLinks/0/url" in said
    assert jira.submissions[0].errors[0]["errorTraceId"] in said
    assert "RL201 link-schema (error) at /remoteLinks/0/url" in said
    assert "change: " in said


def test_last_submission_decides(jira, provider, link):
    """The last submission decides whether a link is accepted or rejected."""
    provider.submit(link(url="<string>"))
    jira.assert_rejected("1", match="is not a valid URI")
    provider.submit(link())
    jira.assert_accepted("1")
    assert "was accepted" in message(jira.assert_rejected, "1")
    provider.submit(link(sequence=2, type="x"))
    assert "no message matches 'uri'" in message(jira.assert_rejected, "1", match="uri")


def test_refused_request_rejects_its_links(jira, provider, link):
    """A refused request rejects all of its links."""
    provider.submit(link(), properties={"_a": "x"})
    assert "underscore" in jira.assert_rejected("1").errors[0]["message"]
    assert jira.submissions[0].accepted is False


def test_never_submitted(jira, provider, link):
    """A link that was never submitted is reported as such."""
    jira.assert_not_submitted("1")
    assert "'1' was never submitted" in message(jira.assert_accepted, "1")
    assert "'1' was never submitted" in message(jira.assert_rejected, "1")
    provider.submit(link())
    assert "'1' was submitted once" in message(jira.assert_not_submitted, "1")


def test_pending_link_is_not_stored(make_site, provider_of, link):
    """A pending link is not stored, and the message says that it is pending."""
    jira = make_site(consistency="manual")
    provider_of(jira).submit(link())
    said = message(jira.assert_stored, "1")
    assert "'1' is not stored" in said
    assert "1 write that may concern it is still pending ('manual'): call fake_jira.settle() first" in said
    jira.settle()
    jira.assert_stored("1")


def test_missing_link_shows_nearest(jira, provider, link):
    """For a missing link, the expectation and the nearest stored link are shown."""
    provider.submit(link("alert-2", displayName="X", severity="high"), properties={"account": "a"})
    said = message(jira.assert_stored, "alert-1", displayName="X", type="alert", properties={"account": "b"})
    assert (
        "'alert-1' is not stored: did you mean 'alert-2'?\n  expected: displayName='X', type='alert', properties={'account': 'b'}\n" in said
    )
    assert "nearest link that is stored: 'alert-2'\n  id: expected 'alert-1', it is 'alert-2'\n" in said
    assert "  type: expected 'alert', it is 'security'" in said
    assert "  properties.account: expected 'b', it is 'a'" in said
    assert "  displayName:" not in said
    assert "its submission: 'alert-2', accepted, in request 1: POST" in said
    assert "RL206" in said


def test_missing_link_shows_last_submission(jira, provider, link):
    """For a missing link, its last submission is shown."""
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


def test_missing_link_shows_its_deletion(jira, provider, link):
    """For a deleted link, its deletion is shown."""
    provider.submit(link(), properties={"a": "1"})
    provider.delete_by(a="1")
    said = message(jira.assert_stored, "1")
    assert "its deletion:\n  request 2: DELETE /rest/remotelinks/1.0/bulkByProperties?a=1 -> 202" in said


def test_stored_and_last_submission(jira, provider, link):
    """The submission that a link is stored by, and a later one without effect, are both shown."""
    provider.submit(link(sequence=2))
    provider.submit(link(sequence=1, displayName="late"))
    said = message(jira.assert_stored, "1", displayName="late")
    assert "expected: displayName='late'" in said
    assert "displayName: expected 'late', it is 'Link 1'" in said
    assert said.index("its submission: '1', accepted") < said.index("last submission: '1', accepted") < said.index("RL401")


def test_deleted_by_id_or_properties(jira, provider, link):
    """A link may be deleted by id or by properties; one that is stored again is not deleted."""
    provider.submit(link("a"), link("b"), properties={"account": "x"})
    assert "no deletion of 'a' was accepted" in message(jira.assert_deleted, "a")
    provider.delete("a")
    jira.assert_deleted("a")
    provider.delete_by(account="x")
    jira.assert_deleted("b")
    provider.submit(link("b"))
    assert "'b' was deleted, but it is or will be stored" in message(jira.assert_deleted, "b")


def test_deletion_counts_from_acceptance(make_site, provider_of, link):
    """A deletion counts from its acceptance, also while it is pending."""
    jira = make_site(consistency="manual")
    provider = provider_of(jira)
    provider.submit(link())
    jira.settle()
    provider.delete("1")
    jira.assert_deleted("1")
    assert set(jira.links) == {"1"}


def test_deletion_by_other_properties(jira, provider, link):
    """A deletion by other properties does not count, and is shown."""
    provider.submit(link("a"), properties={"account": "x"})
    provider.delete_by(account="y")
    said = message(jira.assert_deleted, "a")
    assert "DELETE /rest/remotelinks/1.0/bulkByProperties?account=y -> 202" in said


def refused(provider, path):
    assert provider.send("DELETE", path, headers={"Authorization": None}).status_code == 401


def test_refused_deletion_is_shown(jira, provider, link):
    """A refused deletion is shown with its violations."""
    provider.submit(link("keep"), properties={"a": "1"})
    refused(provider, "/bulkByProperties?a=1")
    provider.send("DELETE", "/remotelinks/keep")
    for said in (message(jira.assert_deleted, "keep"), message(jira.assert_deleted_by, a="1")):
        assert "deletions that were not accepted:\n  request 2: DELETE /rest/remotelinks/1.0/bulkByProperties?a=1 -> 401\n    RL501" in said
        assert "  request 3: DELETE /rest/remotelinks/1.0/remotelinks/keep -> 404\n    RL104" in said
    refused(provider, "/remotelink/keep")
    assert "  request 4: DELETE /rest/remotelinks/1.0/remotelink/keep -> 401\n    RL501" in message(jira.assert_deleted, "keep")


def test_refused_deletion_after_accepted(jira, provider, link):
    """A refused deletion is shown also after one that was accepted."""
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


def test_deletion_without_effect_is_shown(jira, provider, link):
    """An accepted deletion that touches nothing is shown with the reason and its violations."""
    provider.submit(link("keep"), properties={"a": "1"})
    provider.delete_by(params='{"a": "1"}')
    said = message(jira.assert_deleted, "keep")
    assert "-> 202\n    params: the deletion has '{\"a\": \"1\"}', 'keep' had nothing\n    RL306" in said
    assert "change: " in said
    assert "?a=1" in said.partition("change: ")[2].partition("\n")[0]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ([("a", "1")], "a: the deletion has '1', 'r' had '2'"),
        ([("a", "2"), ("a", "1")], "a: the deletion has '2' and '1' at once, 'r' had '2'"),
        ([("a", "2"), ("b", "x")], "b: the deletion has 'x', 'r' had nothing"),
    ],
)
def test_deletion_criteria(jira, provider, link, query, why):
    """A deletion by properties counts only if the stored link has all of them."""
    provider.submit(link("r"), properties={"a": "1"})
    provider.submit(link("r", sequence=2), properties={"a": "2"})
    provider.delete_by(*query)
    said = message(jira.assert_deleted, "r")
    assert "no deletion of 'r' was accepted: request 3 names other properties\n  it is stored with updateSequenceNumber 2\n" in said
    assert f"-> 202\n    {why}\n" in said
    assert "after the deletion" not in said
    provider.delete_by(a="2")
    assert jira.assert_deleted("r") is jira.requests[-1]


def test_deletion_before_submission(jira, provider, link):
    """A deletion before the submission does not count."""
    provider.delete_by(a="1")
    provider.submit(link("r"), properties={"a": "1"})
    said = message(jira.assert_deleted, "r")
    assert "no deletion of 'r' was accepted" in said
    assert "no submission of 'r' was accepted before" in said


def test_submission_after_deletion(make_site, provider_of, link):
    """A submission after the deletion is named with its sequence number."""
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


def test_deletion_overtakes_submission(make_site, provider_of, link):
    """A deletion that overtakes the submission is explained by the arrival order."""
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


def test_deletion_by_arrival_order_alone(make_site, provider_of, link):
    """A link that is gone only because of the arrival order is not deleted."""
    jira = make_site(consistency={"submit": "immediate", "delete": "manual"})
    provider = provider_of(jira)
    provider.delete_by(a="1")
    provider.submit(link("r"), properties={"a": "1"})
    said = message(jira.assert_deleted, "r")
    assert "no deletion of 'r' was accepted" in said
    assert "it will be gone, but for another reason" in said
    assert "  2 submit 'r', updateSequenceNumber 1\n  1 delete-by-properties {'a': '1'}, pending" in said


@pytest.mark.parametrize("seed", range(8))
def test_deletion_message_when_shuffled(make_site, provider_of, link, seed):
    """The message on a deletion is true under any shuffled order."""
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


def test_deleted_by_with_two_values(jira, provider):
    """A deletion with two values of one property is not one by either of them."""
    provider.delete_by(("a", "2"), ("a", "1"))
    for wanted in ("1", "2", ANY):
        assert f"a: expected {wanted!a}, it has 2 values: '2', '1'" in message(jira.assert_deleted_by, a=wanted)
    assert "a: not expected, it is '2' and '1'" in message(jira.assert_deleted_by)
    jira.assert_deleted_by(a=["2", "1"])
    provider.delete_by(("a", "1"), ("a", "1"))
    assert jira.assert_deleted_by(a="1") is jira.requests[1]


def test_deleted_by_exact_properties(jira, provider):
    """assert_deleted_by passes for exactly the given properties."""
    assert "DELETE" not in message(jira.assert_deleted_by, account="x")
    provider.delete_by(account="x", repository="r", _updateSequenceNumber="5")
    jira.assert_deleted_by(account="x", repository="r")
    jira.assert_deleted_by(account=ANY, repository="r")
    assert "repository: not expected, it is 'r'" in message(jira.assert_deleted_by, account="x")
    assert "account: expected 'y', it is 'x'" in message(jira.assert_deleted_by, account="y", repository="r")


def test_linked_issue(jira, provider, link):
    """assert_linked passes for the issues that the stored link is associated with."""
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


def test_linked_unknown_issue(jira, provider, link):
    """A link is not linked to an issue that the site does not know."""
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


def test_issue_known_at_acceptance(jira, provider, link):
    """What the site knows when it accepts the link decides."""
    provider.submit(link())
    jira.known_issues = {"XYZ-1"}
    jira.assert_linked("1", issue="ABC-1")
    provider.submit(link(sequence=2, associations=[{"associationType": "issueKeys", "values": ["ABC-1", "XYZ-1"]}]))
    jira.known_issues = None
    assert "the site does not know the issue" in message(jira.assert_linked, "1", issue="ABC-1")
    provider.submit(link(sequence=3))
    jira.assert_linked("1", issue="ABC-1")


def test_linked_text_that_is_no_key(jira, provider, link):
    """A value that is not an issue key is linked nowhere, also if all issues are known."""
    provider.submit(link(associations=[{"associationType": "issueKeys", "values": ["ABC-1", "see QQ-1"]}]))
    said = message(jira.assert_linked, "1", issue="see QQ-1")
    assert "the site does not know the issue (unknownAssociations)" in said
    assert "RL205" in said
    assert 'change: send "QQ-1"' in said


def test_linked_missing_link(jira, provider, link):
    """For a missing link, the expected issue and the nearest link's issues are shown."""
    provider.submit(link("alert-2"))
    said = message(jira.assert_linked, "alert-1", issue="ABC-7")
    assert "'alert-1' is not stored: did you mean 'alert-2'?\n  expected: linked to the issue 'ABC-7'\n" in said
    assert "nearest link that is stored: 'alert-2'\n  id: expected 'alert-1', it is 'alert-2'\n  it is linked to 'ABC-1'\n" in said


def test_no_violations(jira, provider, link):
    """assert_no_violations fails also for a warning, and shows it."""
    provider.submit(link())
    jira.assert_no_violations()
    provider.submit(link(severity="x"))
    assert "RL206" in message(jira.assert_no_violations)


def test_expected_violations(jira, provider, link):
    """Expected violations are recorded, and do not count."""
    with jira.expect_violations("RL2"):
        provider.submit(link(severity="x", url="<string>"))
    jira.assert_no_violations()
    assert len(jira.violations) == 2
    assert [found for found in jira.violations if not found.expected] == []


def test_expected_violations_if_block_raises(jira, provider, link):
    """Expected violations do not count if the block raises."""
    with pytest.raises(requests.HTTPError), jira.expect_violations("RL302"):
        provider.submit(link(), properties={"_a": "x"}).raise_for_status()
    jira.assert_no_violations()
    assert [violation.code for violation in jira.violations] == ["RL302"]


def test_block_raises_without_expected(jira, provider, link):
    """If the block raises, a missing violation is not a failure, and others count."""
    with pytest.raises(requests.HTTPError), jira.expect_violations("RL9", "RL302"):
        provider.submit(link(severity="x"), properties={"_a": "x"}).raise_for_status()
    assert [violation.code for violation in [found for found in jira.violations if not found.expected]] == ["RL206"]


@pytest.mark.parametrize("codes", [(), ("RL999",), ("link-schema",)])
def test_expected_code_without_rule(jira, codes):
    """A code that is not of a rule is refused."""
    with pytest.raises(ValueError, match=r"codes that are expected|selects no rule"), jira.expect_violations(*codes):
        pass


def test_messages_escape_control_characters(jira, provider, link):
    """Messages escape the control characters that a client sent."""
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


WRONG_IDS = [17, None, ("1",), b"1"]


@pytest.mark.parametrize("id", WRONG_IDS)
@pytest.mark.parametrize(
    "method",
    [
        "link",
        "assert_submitted",
        "assert_not_submitted",
        "assert_accepted",
        "assert_rejected",
        "assert_stored",
        "assert_not_stored",
        "assert_deleted",
        "wait_for_submission",
    ],
)
def test_id_of_wrong_type(jira, method, id):
    """An id that is not a string is one clear TypeError, not a failed assertion."""
    with pytest.raises(TypeError, match=f"^an id is a string such as 'alert-17', not {re.escape(repr(id))}$"):
        getattr(jira, method)(id)


def test_id_of_wrong_type_for_display(jira):
    """The assertions on what is displayed check the id, too."""
    with pytest.raises(TypeError, match="an id is a string"):
        jira.assert_linked(17, issue="ABC-1")
    with pytest.raises(TypeError, match="an id is a string"):
        jira.assert_action(None, "dismiss", "https://scanner.example")


def test_linked_service(jira, provider, link):
    """A link may be linked to a service, which is not an issue of the same key."""
    provider.submit(
        link(
            associations=[
                {"associationType": "issueIdOrKeys", "values": ["ABC-1"]},
                {"associationType": "serviceIdOrKeys", "values": ["SVC-1"]},
            ]
        )
    )
    assert jira.assert_linked("1", service="SVC-1")["id"] == "1"
    said = message(jira.assert_linked, "1", service="ABC-1")
    assert "'1' is stored, but not linked to the service 'ABC-1'\n  it is linked to 'SVC-1'\n" in said
    assert "not linked to the issue 'SVC-1'\n  it is linked to 'ABC-1'\n" in message(jira.assert_linked, "1", issue="SVC-1")
    assert "expected: linked to the service 'SVC-1'" in message(jira.assert_linked, "2", service="SVC-1")


def test_linked_unknown_service(jira, provider, link):
    """A link is not linked to a service that the site does not know."""
    jira.known_services = set()
    provider.submit(
        link(
            associations=[
                {"associationType": "issueIdOrKeys", "values": ["ABC-1"]},
                {"associationType": "serviceIdOrKeys", "values": ["SVC-1"]},
            ]
        )
    )
    said = message(jira.assert_linked, "1", service="SVC-1")
    assert "the site does not know the service (unknownAssociations)" in said
    assert "it is linked to no service" in said


@pytest.mark.parametrize("places", [{}, {"issue": "ABC-1", "service": "SVC-1"}, {"issue": None}])
def test_linked_takes_one_place(jira, places):
    """assert_linked takes an issue or a service."""
    with pytest.raises(TypeError, match="takes one of issue= and service="):
        jira.assert_linked("1", **places)


@pytest.mark.parametrize(("place", "key"), [("issue", 12), ("service", ["SVC-1"])])
def test_linked_key_of_wrong_type(jira, place, key):
    """The key of an issue or a service is a string."""
    with pytest.raises(TypeError, match=f"^{place} must be a string"):
        jira.assert_linked("1", **{place: key})


def test_not_stored(make_site, provider_of, link):
    """A link is not stored before it arrived and after it was deleted; otherwise its submission is shown."""
    jira = make_site(consistency="manual")
    provider = provider_of(jira)
    provider.submit(link())
    jira.assert_not_stored("1")
    jira.settle()
    said = message(jira.assert_not_stored, "1")
    assert said.startswith("'1' is stored: nothing deleted it\n\nits submission: '1', accepted, in request 1: POST")
    provider.delete("1")
    assert "1 write that may concern it is still pending ('manual')" in message(jira.assert_not_stored, "1")
    jira.settle()
    jira.assert_not_stored("1")


def test_deleted_by_mapping(jira, provider):
    """The properties may be a mapping, a keyword, or both."""
    provider.delete_by(("account-id", "a"), ("repository", "r"))
    expected = jira.requests[0]
    assert jira.assert_deleted_by({"account-id": "a", "repository": "r"}) is expected
    assert jira.assert_deleted_by({"account-id": "a"}, repository="r") is expected
    assert "repository: not expected" in message(jira.assert_deleted_by, {"account-id": "a"})


@pytest.mark.parametrize("properties", ["account", ["account"], 5])
def test_deleted_by_wrong_type(jira, properties):
    """What is not a mapping is one clear TypeError."""
    with pytest.raises(TypeError, match="takes the properties as a mapping or by keyword"):
        jira.assert_deleted_by(properties)


def test_expected_violations_are_yielded(jira, provider, link):
    """The block is given a list, which has the expected violations after it."""
    provider.submit(link("before", url="<string>"))
    with jira.expect_violations("RL201") as found:
        provider.submit(link(url="<string>", severity="x"))
        assert found == []
    assert [(violation.code, violation.link_id, violation.request.number) for violation in found] == [("RL201", "1", 2)]
    assert found == [violation for violation in jira.violations if violation.expected]
    assert [violation.code for violation in jira.violations if not violation.expected] == ["RL201", "RL206"]


def test_violations_name_request_and_link(jira, provider, link):
    """A violation is shown with its request's number, its link's id and the command that explains its rule."""
    provider.submit(link("1"), link("shop#17", url="<string>"))
    said = message(jira.assert_no_violations)
    assert "the contract was violated once\n\nrequest 1: POST /rest/remotelinks/1.0/bulk -> 202\n" in said
    assert "RL201 link-schema (error) at /remoteLinks/1/url (link 'shop#17')\n" in said
    assert "\n    docs:   remotelinks rules RL201\n" in said
