"""The first line of a failed assertion says why."""

from __future__ import annotations

import pytest

from pytest_remotelinks import FakeJira
from pytest_remotelinks.server.listener import Listener

LATE = {"lastUpdated": "2026-01-01T00:00:00Z"}


def cause(call, *args, **kwargs):
    with pytest.raises(AssertionError) as failure:
        call(*args, **kwargs)
    return str(failure.value).splitlines()[0]


def said(call, *args, **kwargs):
    with pytest.raises(AssertionError) as failure:
        call(*args, **kwargs)
    return str(failure.value)


@pytest.fixture
def manual(make_site):
    return make_site(consistency="manual")


def test_late_update_is_ignored(jira, provider, link):
    """An update with a lower number is ignored: both numbers are named, and each submission has its own."""
    provider.submit(link(sequence=5))
    provider.submit(link(sequence=4, displayName="late", **LATE))
    assert jira.violations == []
    message = said(jira.assert_stored, "1", displayName="late")
    why = "ignored: 4 is lower than the 5 that is stored"
    assert message.startswith(f"'1' is stored, with other fields than expected: its submission in request 2 was {why}\n")
    first, last = message.partition("its submission: ")[2].split("last submission: ")
    assert first.startswith("'1', accepted, in request 1: ")
    assert "\n  updateSequenceNumber 5: stored\n" in first
    assert last.startswith("'1', accepted, in request 2: ")
    assert f"\n  updateSequenceNumber 4: {why}" in last


def test_update_with_the_same_number(make_site, provider_of, link):
    """An update with the number that is stored is ignored."""
    jira = make_site(consistency="immediate", ignore=["RL402"])
    provider = provider_of(jira)
    provider.submit(link(sequence=5))
    provider.submit(link(sequence=5, displayName="same"))
    assert cause(jira.assert_stored, "1", displayName="same").endswith(
        "its submission in request 2 was ignored: 5 equals the 5 that is stored"
    )


def test_update_that_was_replaced(jira, provider, link):
    """Of the submission that has the expected fields it is said which one replaced it."""
    for number in (1, 2, 3):
        provider.submit(link(sequence=number, displayName=f"state {number}"))
    assert cause(jira.assert_stored, "1", displayName="state 2") == (
        "'1' is stored, with other fields than expected: its submission in request 2 was replaced by request 3"
    )
    assert cause(jira.assert_stored, "1", displayName="state 4") == "'1' is stored, with other fields than expected"


def test_number_that_is_missing(make_site, provider_of, link):
    """Without numbers the later submission replaces the earlier one."""
    jira = make_site(consistency="immediate", ignore=["RL2"])
    provider = provider_of(jira)
    for name in ("first", "second"):
        provider.submit({**link(displayName=name), "updateSequenceNumber": name})
    assert cause(jira.assert_stored, "1", displayName="first").endswith("in request 1 was replaced by request 2")


def test_ignored_update_of_a_deleted_link(jira, provider, link):
    """An update that was ignored for a link that is deleted now has both causes."""
    provider.submit(link(sequence=5))
    provider.submit(link(sequence=4, **LATE))
    provider.delete("1")
    why = "ignored: 4 is lower than the 5 that was stored, and that was deleted by request 3"
    assert cause(jira.assert_stored, "1") == f"'1' is not stored: its submission in request 2 was {why}"


def test_pending_submission(manual, provider_of, link):
    """A submission that has not arrived is still pending, whether or not the link is stored."""
    provider = provider_of(manual)
    provider.submit(link())
    assert cause(manual.assert_stored, "1") == "'1' is not stored: its submission in request 1 is still pending"
    manual.settle()
    provider.submit(link(sequence=2, displayName="new"))
    message = said(manual.assert_stored, "1", displayName="new")
    assert message.startswith("'1' is stored, with other fields than expected: its submission in request 2 is still pending\n")
    assert "call fake_jira.settle() first" in message


def test_deleted_later(jira, provider, link):
    """A link that was deleted is said to be, by the request that did it."""
    provider.submit(link("a"), link("b"), properties={"account": "x"})
    provider.delete("a")
    provider.delete_by(account="x")
    assert cause(jira.assert_stored, "a") == "'a' is not stored: its submission in request 1 was deleted by request 2"
    assert cause(jira.assert_stored, "b") == "'b' is not stored: its submission in request 1 was deleted by request 3"


def test_deleted_by_a_late_deletion(make_site, provider_of, link):
    """A deletion that was sent before the submission and arrived after it is named as such."""
    jira = make_site(consistency={"submit": "immediate", "delete": "manual"})
    provider = provider_of(jira)
    provider.submit(link())
    provider.delete("1")
    provider.submit(link(sequence=2))
    jira.settle()
    assert cause(jira.assert_stored, "1") == (
        "'1' is not stored: its submission in request 3 was deleted by request 2, which was sent before request 3 and arrived after it"
    )


def test_rejected_link(jira, provider, link):
    """A rejected link is said to be, with Jira's reason."""
    provider.submit(link("1"), link("2", url="<string>"))
    reason = jira.submissions[1].errors[0]["message"]
    assert cause(jira.assert_stored, "2") == f"'2' is not stored: its submission in request 1 was rejected: {reason}"
    assert cause(jira.assert_accepted, "2") == f"the last submission of '2' was not accepted: rejected: {reason}"
    assert cause(jira.assert_linked, "2", issue="ABC-1").startswith("'2' is not stored: its submission in request 1 was rejected: ")


def test_unknown_associations(jira, provider, link):
    """A link without a known association is rejected for that."""
    jira.known_issues = set()
    provider.submit(link())
    assert "was rejected: none of its associations is known to this site: " in cause(jira.assert_stored, "1")


def test_refused_request(jira, provider, link):
    """A link of a refused request is refused with it; a fault is named."""
    provider.post({"remoteLinks": [link()]}, headers={"Authorization": None})
    assert cause(jira.assert_stored, "1").endswith("in request 1 was refused with its request: status 401")
    jira.fail_next(503)
    provider.submit(link())
    why = "refused with its request: status 503 (fault: fail_next)"
    assert cause(jira.assert_stored, "1") == f"'1' is not stored: its submission in request 2 was {why}"
    assert cause(jira.assert_accepted, "1") == f"the last submission of '1' was not accepted: {why}"
    assert cause(jira.assert_rejected, "1") == f"'1' was not rejected: the request failed before it was validated, {why}"


def test_dropped_answer(manual, provider_of, link):
    """A submission that took effect without an answer is pending or stored like any other."""
    manual.drop_connection(applied=True)
    with pytest.raises(Exception, match=r"onnection|emote"):
        provider_of(manual).submit(link())
    assert cause(manual.assert_stored, "1") == "'1' is not stored: its submission in request 1 is still pending"
    manual.settle()
    manual.assert_stored("1")


def test_never_submitted(jira, provider, link):
    """Nothing, only other ids, or one that is almost the same was submitted."""
    calls = (jira.assert_stored, jira.assert_submitted, jira.assert_accepted, jira.assert_rejected)
    for call in calls:
        assert cause(call, "alert-1").endswith(": nothing was submitted")
    provider.submit(link("zzz"))
    for call in calls:
        assert cause(call, "alert-1").endswith(": only other ids were")
    provider.submit(link("alert_1"))
    for call in calls:
        assert cause(call, "alert-1").endswith(": did you mean 'alert_1'?")
    assert cause(jira.wait_for_submission, "alert-1", timeout=0) == (
        "'alert-1' was not submitted within 0 seconds: did you mean 'alert_1'?"
    )


def test_submitted_to_another_site(provider_of, link):
    """What another site got is found there."""
    listener = Listener()
    listener.start()
    here, there = FakeJira().start(listener), FakeJira().start(listener)
    provider_of(there).read("1")
    provider_of(there).submit(link())
    for call in (here.assert_stored, here.assert_submitted, here.assert_accepted):
        assert cause(call, "1").endswith(f": it was submitted to another site, {there.url}, in request 2 there")
    there.settle()
    there.assert_stored("1")
    for site in (there, here):
        site.stop()
    listener.stop()
    assert cause(here.assert_submitted, "1") == "'1' was never submitted: nothing was submitted"


def test_submitted_by_another_app(app_site, provider_of, link, descriptor):
    """What another app sent is found there, and so is what no known app sent."""
    first = app_site.app
    second = app_site.install({**descriptor, "key": "com.other"})
    bearer = {"Authorization": f"Bearer {second.token()}"}
    provider_of(app_site).post({"remoteLinks": [link()]}, headers=bearer)
    assert cause(first.assert_stored, "1") == "'1' is not stored: the app 'com.other' submitted it, in request 1"
    second.assert_stored("1")
    provider_of(app_site).post({"remoteLinks": [link("2")]}, headers={"Authorization": "Bearer nonsense"})
    assert cause(first.assert_submitted, "2") == (
        "'2' was never submitted: a sender that is not known as an app submitted it, in request 2"
    )


def test_uninstalled_app(app_site, provider_of, link):
    """What an uninstalled app had sent is gone for that reason."""
    provider_of(app_site).post({"remoteLinks": [link()]}, headers={"Authorization": f"Bearer {app_site.token()}"})
    app_site.assert_stored("1")
    app_site.uninstall()
    assert cause(app_site.assert_stored, "1") == ("'1' is not stored: its submission in request 1 was dropped when its app was uninstalled")


def test_still_stored(manual, provider_of, link):
    """Of a link that is still stored it is said why no deletion deleted it."""
    provider = provider_of(manual)
    provider.submit(link(), properties={"account": "a"})
    manual.settle()
    provider.delete_by(account="b")
    assert cause(manual.assert_not_stored, "1") == "'1' is stored: nothing deleted it"
    provider.send("DELETE", "/remotelink/1", headers={"Authorization": None})
    assert cause(manual.assert_not_stored, "1") == "'1' is stored: its deletion, request 3, was not accepted: status 401"
    provider.send("DELETE", "/bulkByProperties?account=a", headers={"Authorization": None})
    assert cause(manual.assert_not_stored, "1") == "'1' is stored: its deletion, request 4, was not accepted: status 401"
    provider.delete("1")
    assert cause(manual.assert_not_stored, "1") == "'1' is stored: its deletion, request 5, is still pending"
    manual.settle()
    provider.submit(link(sequence=2))
    manual.settle()
    assert cause(manual.assert_not_stored, "1") == "'1' is stored: request 6 submitted it after request 5 had deleted it"


def test_stored_after_its_deletion_arrived(make_site, provider_of, link):
    """A deletion that arrived before the submission that it was to delete is named."""
    jira = make_site(consistency={"submit": "manual", "delete-by-properties": "immediate"})
    provider = provider_of(jira)
    provider.submit(link(), properties={"account": "a"})
    provider.delete_by(account="a")
    jira.settle()
    assert cause(jira.assert_not_stored, "1") == "'1' is stored: its deletion, request 2, was sent after request 1 and arrived before it"


def test_links_of_three_apps_with_one_id(app_site, provider_of, link, descriptor):
    """Of three apps' links with one id that of the app installed last counts, then that of the one before."""
    others = [app_site.install({**descriptor, "key": key}) for key in ("com.second", "com.third")]
    for app in (others[1], app_site.app, others[0]):
        bearer = {"Authorization": f"Bearer {app.token()}"}
        provider_of(app_site).post({"remoteLinks": [link(displayName=app.key)]}, headers=bearer)
    assert app_site.links["1"]["displayName"] == "com.third"
    app_site.uninstall("com.third")
    assert app_site.links["1"]["displayName"] == "com.second"


def test_issue_of_an_ignored_update(jira, provider, link):
    """An issue or an action that only an ignored update names is missing for that reason."""
    more = {"associations": [{"associationType": "issueKeys", "values": ["ABC-1", "ABC-2"]}], "actionIds": ["dismiss"]}
    provider.submit(link(sequence=5))
    provider.submit(link(sequence=4, **more, **LATE))
    why = "its submission in request 2 was ignored: 4 is lower than the 5 that is stored"
    assert cause(jira.assert_linked, "1", issue="ABC-2") == f"'1' is stored, but not linked to the issue 'ABC-2': {why}"
    assert cause(jira.assert_linked, "1", service="ABC-2") == "'1' is stored, but not linked to the service 'ABC-2'"
    assert cause(jira.assert_linked, "1", issue="ABC-3") == "'1' is stored, but not linked to the issue 'ABC-3'"
    assert cause(jira.assert_action, "1", "dismiss", "https://scanner.example") == f"'1' does not offer the action 'dismiss': {why}"


def test_write_that_arrives_while_it_is_said(make_site, provider_of, link):
    """A link that becomes due between being looked for and being explained is not explained away."""
    jira = make_site(consistency="after-seconds:1000")
    provider_of(jira).submit(link("alert-1"), link("alert-2"))
    with jira._site.present():
        jira._site.clock.advance(2000)
        assert cause(jira.assert_stored, "alert-1") == "'alert-1' is not stored: its submission in request 1 is still pending"
    jira.assert_stored("alert-1")


def test_no_deletion(jira, provider, link):
    """Of a link that no deletion touched it is said what was deleted instead, or why the deletion was not accepted."""
    expected = "no deletion of 'alert-1' was accepted: "
    assert cause(jira.assert_deleted, "alert-1") == expected + "none was sent"
    provider.delete_by(account="a")
    assert cause(jira.assert_deleted, "alert-1") == expected + "request 1 found no such link"
    provider.submit(link("alert-1"), properties={"account": "b"})
    provider.delete("zzz")
    assert cause(jira.assert_deleted, "alert-1") == expected + "request 1 found no such link"
    provider.delete_by(account="a")
    assert cause(jira.assert_deleted, "alert-1") == expected + "request 4 names other properties"
    provider.delete("alert_1")
    assert cause(jira.assert_deleted, "alert-1") == expected + "request 5 deleted 'alert_1'"
    provider.send("DELETE", "/remotelink/alert-1", headers={"Authorization": None})
    assert cause(jira.assert_deleted, "alert-1") == expected + "request 6 was not: status 401"


def test_deletion_of_other_links(jira, provider, link):
    """A deletion of an id that is not alike is no reason."""
    provider.submit(link("alert-1"))
    provider.delete("zzz")
    assert cause(jira.assert_deleted, "alert-1") == "no deletion of 'alert-1' was accepted: only other links were deleted"
