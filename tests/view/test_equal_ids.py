"""Two apps with a link of the same id: ids are unique only within an app."""

from __future__ import annotations

import pytest
import requests
from support.apps import DESCRIPTOR

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


def test_an_app_has_its_own_link(jira, apps):
    assert [app.link("1")["displayName"] for app in apps] == ["of one", "of other"]
    assert jira.link("1")["displayName"] == "of other"
    assert apps[0].link("2") is None
    apps[0].link("1").clear()
    assert apps[0].link("1")


def test_any_link_that_is_as_asserted_will_do(jira, apps):
    for name in ("one", "other"):
        assert jira.assert_stored("1", displayName=f"of {name}")["displayName"] == f"of {name}"
    assert jira.assert_linked("1", issue="ABC-1")["displayName"] == "of one"
    assert jira.assert_linked("1", issue="ABC-2")["displayName"] == "of other"
    jira.assert_action("1", "settings", SETTINGS)


def test_the_helpers_can_be_narrowed_to_one_app(jira, apps):
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


def test_what_is_nearest_is_the_apps_own(jira, apps):
    with pytest.raises(AssertionError, match="displayName: expected 'x', it is 'of one'"):
        apps[0].assert_stored("1", displayName="x")
    with pytest.raises(AssertionError, match="'2' was never submitted"):
        apps[0].assert_accepted("2")


def test_a_deletion_counts_for_the_app_that_sent_it(jira, apps, link):
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


def test_a_deletion_of_what_another_app_sent_deletes_nothing(jira, link):
    one = jira.install({**DESCRIPTOR, "key": "one"})
    other = jira.install({**DESCRIPTOR, "key": "other"})
    submit(jira, one, link())
    delete(jira, other)
    with pytest.raises(AssertionError, match="no deletion of '1' was accepted"):
        jira.assert_deleted("1")
    jira.assert_stored("1")


def test_violations_are_those_of_the_app(jira, apps, link):
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


def test_it_says_whose_helpers_they_are(jira, apps):
    assert repr(apps[0]) == "<App one (connect)>"
