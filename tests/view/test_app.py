"""An app is a view of what it did: two apps with a link of the same id, which is unique only within an app."""

from __future__ import annotations

import pytest
import requests
from support.apps import DESCRIPTOR

from pytest_remotelinks import FakeJira

BASE = "/rest/remotelinks/1.0"
SETTINGS = "https://scanner.example/settings"


def send(jira, app, method, path, **arguments):
    headers = {"Authorization": app.authorization(method, BASE + path)}
    return requests.request(method, jira.url + BASE + path, headers=headers, timeout=30, **arguments)


def submit(jira, app, *links):
    assert send(jira, app, "POST", "/bulk", json={"remoteLinks": list(links), "properties": {"account": app.key}}).status_code == 202


def delete(jira, app, path="/remotelink/1"):
    assert send(jira, app, "DELETE", path).status_code == 202


def on(key):
    return [{"associationType": "issueKeys", "values": [key]}]


@pytest.fixture
def jira(make_site):
    return make_site(consistency="immediate")


@pytest.fixture
def apps(jira, link):
    """Two apps; the second one was installed last, and sent last."""
    one = jira.install({**DESCRIPTOR, "key": "one"})
    other = jira.install({**DESCRIPTOR, "key": "other"})
    submit(jira, one, link(displayName="of one", associations=on("ABC-1"), actionIds=["settings"]))
    submit(jira, other, link(displayName="of other", associations=on("ABC-2")))
    return one, other


def test_app_has_its_own_links(jira, apps):
    """Each app has its own link of an id; the fake has that of the app installed last."""
    assert [app.link("1")["displayName"] for app in apps] == ["of one", "of other"]
    assert jira.link("1")["displayName"] == "of other"
    assert apps[0].link("2") is None
    apps[0].link("1").clear()
    assert apps[0].link("1")


def test_fake_accepts_link_of_any_app(jira, apps):
    """The assertions of the fake pass if the link of any app is as asserted."""
    for name in ("one", "other"):
        assert jira.assert_stored("1", displayName=f"of {name}")["displayName"] == f"of {name}"
    assert jira.assert_linked("1", issue="ABC-1")["displayName"] == "of one"
    assert jira.assert_linked("1", issue="ABC-2")["displayName"] == "of other"
    jira.assert_action("1", "settings", SETTINGS)


def test_app_asserts_its_own_links(jira, apps):
    """The assertions of an app pass only for its own link."""
    one, other = apps
    one.assert_submitted("1", displayName="of one")
    one.assert_stored("1", displayName="of one")
    one.assert_linked("1", issue="ABC-1")
    one.assert_action("1", "settings", SETTINGS)
    assert other.wait_for_submission("1").data["displayName"] == "of other"
    for wrong in (
        lambda: other.assert_submitted("1", displayName="of one"),
        lambda: other.assert_stored("1", displayName="of one"),
        lambda: other.assert_linked("1", issue="ABC-1"),
        lambda: other.assert_action("1", "settings", SETTINGS),
    ):
        with pytest.raises(AssertionError):
            wrong()


def test_app_messages_name_its_own_links(jira, apps):
    """The messages of an app's assertions name only what that app sent."""
    with pytest.raises(AssertionError, match="displayName: expected 'x', it is 'of one'"):
        apps[0].assert_stored("1", displayName="x")
    with pytest.raises(AssertionError, match="'2' was never submitted"):
        apps[0].assert_accepted("2")


def test_deletion_counts_for_its_app(jira, apps, link):
    """A deletion counts for the app that sent it."""
    one, other = apps
    delete(jira, one)
    assert jira.assert_deleted("1") is one.assert_deleted("1") is jira.requests[-1]
    with pytest.raises(AssertionError, match="no deletion of '1' was accepted"):
        other.assert_deleted("1")
    submit(jira, other, link(sequence=2))
    with pytest.raises(AssertionError, match="no deletion of '1' was accepted"):
        jira.assert_deleted("1")
    delete(jira, other, "/bulkByProperties?account=other")
    jira.assert_deleted("1")
    other.assert_deleted_by(account="other")
    with pytest.raises(AssertionError, match="no deletion by exactly"):
        one.assert_deleted_by(account="other")


def test_deletion_of_another_apps_link(jira, link):
    """A deletion of another app's link deletes nothing."""
    one = jira.install({**DESCRIPTOR, "key": "one"})
    other = jira.install({**DESCRIPTOR, "key": "other"})
    submit(jira, one, link())
    delete(jira, other)
    with pytest.raises(AssertionError, match="no deletion of '1' was accepted"):
        jira.assert_deleted("1")
    jira.assert_stored("1")


def test_app_violations(jira, apps, link):
    """An app expects and asserts only its own violations."""
    one, other = apps
    with one.expect_violations("RL201"):
        submit(jira, apps[0], link("2", type="x"))
        submit(jira, apps[1], link("2", type="x"))
    one.assert_no_violations()
    assert [violation.request.app for violation in [found for found in jira.violations if not found.expected]] == ["other"]
    with pytest.raises(AssertionError, match="the contract was violated once"):
        other.assert_no_violations()
    with pytest.raises(AssertionError, match="no violation of RL201 happened here"), one.expect_violations("RL201"):
        submit(jira, apps[1], link("3", type="x"))


def test_app_repr(jira, apps):
    """The repr of an app names it and its kind."""
    assert repr(apps[0]) == "<App one (connect)>"


def test_app_sees_only_its_own(jira, apps, link):
    """An app's requests, submissions, violations and pending writes are its own."""
    one, other = apps
    submit(jira, one, link("2", severity="x"))
    assert [exchange.number for exchange in one.requests] == [1, 3]
    assert [submission.id for submission in one.submissions] == ["1", "2"]
    assert [violation.code for violation in one.violations] == ["RL206"]
    assert [set(app.links) for app in apps] == [{"1", "2"}, {"1"}]
    assert [write.number for write in one.arrivals] == [1, 3]
    assert other.violations == other.pending == []
    assert other.url == jira.url


def test_app_has_its_pending_writes(make_site, link):
    """Of the pending writes, an app has its own."""
    jira = make_site(consistency="manual")
    one, other = (jira.install({**DESCRIPTOR, "key": key}) for key in ("one", "other"))
    submit(jira, one, link())
    assert [write.app for write in one.pending] == ["one"]
    assert other.pending == []
    jira.settle()
    assert one.pending == []


def test_app_waits_for_its_own(jira, apps):
    """An app waits for what it did itself."""
    one, other = apps
    assert one.wait_until(lambda: one.link("1"), timeout=0)["displayName"] == "of one"
    one.wait_idle(quiet=0, timeout=30)
    with pytest.raises(AssertionError, match="'2' was not submitted within 0 seconds"):
        other.wait_for_submission("2", timeout=0)


def test_issue_of_app(jira, apps):
    """What is displayed on an issue, an app has as far as it sent it."""
    one, other = apps
    assert [link.display_name for link in jira.issue("ABC-1")] == [link.display_name for link in one.issue("ABC-1")] == ["of one"]
    assert other.issue("ABC-1") == other.service("ABC-1") == []


def test_unidentified_request_belongs_to_no_app(jira, apps):
    """A request whose sender is unknown is part of the fake's record only."""
    requests.get(jira.url + BASE + "/remotelink/1", timeout=30)
    assert jira.requests[-1].status == 401
    assert all(len(app.requests) == 1 for app in apps)


@pytest.mark.parametrize("name", ["key", "kind", "scopes", "modules", "actions", "shared_secret", "client_id", "client_secret", "links"])
def test_app_is_frozen(jira, apps, name):
    """What an app has cannot be replaced."""
    with pytest.raises(AttributeError):
        setattr(apps[0], name, None)


def test_app_before_start():
    """An app of a fake that was not started has no URL yet."""
    app = FakeJira(app=DESCRIPTOR).app
    assert app.requests == []
    with pytest.raises(RuntimeError, match="was not started"):
        app.url  # noqa: B018


def test_app_after_uninstall(jira, apps):
    """An app that was uninstalled has its requests still, and no links."""
    one, _ = apps
    jira.uninstall(one)
    assert len(one.requests) == 1
    assert one.links == {}
    one.assert_not_stored("1")
