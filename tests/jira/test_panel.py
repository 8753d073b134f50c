"""What is displayed on issues and services, and the actions that links offer."""

from __future__ import annotations

import json
from unittest.mock import ANY

import pytest
import requests
from support.apps import APP_KEY, DESCRIPTOR

from pytest_remotelinks import Lozenge, ShownAction

BULK = "/rest/remotelinks/1.0/bulk"
MODULE = DESCRIPTOR["modules"]["jiraRemoteLinkInfoProvider"]
ATTRIBUTES = {"alert": "7", "repository": "shop"}


def submit(jira, *links, app=None):
    headers = {"Authorization": (app or jira).authorization("POST", BULK), "Content-Type": "application/json"}
    answer = requests.post(jira.url + BULK, data=json.dumps({"remoteLinks": list(links)}), headers=headers, timeout=30)
    assert answer.status_code == 202
    return answer.json()


@pytest.fixture
def jira(make_site, version):
    return make_site(contract=version, consistency="immediate", app=DESCRIPTOR)


def test_displayed_link(jira, link):
    """A displayed link has label, lozenge, description and the URLs of its actions."""
    submit(
        jira,
        link(
            description="The order number reaches the database.",
            status={"appearance": "removed", "label": "OPEN"},
            actionIds=["settings", "dismiss"],
            attributeMap=ATTRIBUTES,
        ),
    )
    (shown,) = jira.issue("ABC-1")
    assert (shown.id, shown.display_name, shown.type, shown.app) == ("1", "Link 1", "security", APP_KEY)
    assert (shown.description, shown.url) == ("The order number reaches the database.", "https://scanner.example/alerts/1")
    assert shown.last_updated == "2026-01-31T12:00:00Z"
    assert shown.lozenge == Lozenge("OPEN", "removed", "red")
    assert shown.actions == (
        ShownAction("settings", "Settings", "https://scanner.example/settings"),
        ShownAction("dismiss", "Dismiss", "https://scanner.example/dismiss?alert=7&in=shop"),
    )
    assert jira.violations == []


@pytest.mark.parametrize("first", [0, 1])
def test_order_of_two_apps(jira, link, first):
    """Links of two apps with one id and one time have one order, whichever was stored first."""
    apps = jira.app, jira.install({**DESCRIPTOR, "key": "com.other"})
    for app in (apps[first], apps[1 - first]):
        submit(jira, link(), app=app)
    assert [shown.app for shown in jira.issue("ABC-1")] == ["com.other", APP_KEY]


@pytest.mark.parametrize("label", [{"value": {"value": "Close", "i18n": "scanner.close"}}, {"value": "Close"}])
def test_label_of_an_action(make_site, link, label):
    """An action has the label of its descriptor, nested as it is published, or flat."""
    action = {"actionId": "close", "actionLabel": label, "templateUrl": "https://scanner.example/{ack-id}"}
    modules = {"jiraRemoteLinkInfoProvider": {**MODULE, "actions": [action]}}
    jira = make_site(consistency="immediate", app={**DESCRIPTOR, "modules": modules})
    submit(jira, link(actionIds=["close"], attributeMap={"ack-id": "7"}))
    assert jira.issue("ABC-1")[0].actions == (ShownAction("close", "Close", "https://scanner.example/7"),)
    assert jira.app.actions["close"].label == "Close"


def test_displayed_link_without_optional_members(jira, link):
    """Members that a link does not have are displayed as nothing."""
    submit(jira, link())
    (shown,) = jira.issue("ABC-1")
    assert (shown.description, shown.lozenge, shown.actions) == ("", None, ())


@pytest.mark.parametrize(
    ("appearance", "colour"),
    [
        ("default", "grey"),
        ("inprogress", "blue"),
        ("moved", "yellow"),
        ("new", "purple"),
        ("removed", "red"),
        ("success", "green"),
        ("prototype", "grey"),
    ],
)
def test_lozenge_colour(jira, link, appearance, colour):
    """A lozenge has the colour of its appearance."""
    submit(jira, link(status={"appearance": appearance, "label": "x"}))
    assert jira.issue("ABC-1")[0].lozenge.colour == colour


def test_latest_link_comes_first(jira, link):
    """Links are sorted by ``lastUpdated``, and then by id."""
    times = {
        "oldest": "2026-01-31T12:00:00Z",
        "newest": "2026-01-31T10:00:00.5-03:00",
        "middle": "2026-01-31T12:59:00.123456789+00:00",
        "same b": "2026-01-31T12:00:00+00:00",
        "same a": "2026-01-31T13:00:00+01:00",
        "first": "0000-02-29T00:00:00z",
        "leap": "2016-12-31T23:59:60.9Z",
        "after": "2017-01-01T01:00:00.95+01:00",
        "before": "2016-12-31T15:59:59.99-08:00",
        "last": "9999-12-31T23:59:60Z",
    }
    submit(jira, *(link(id, lastUpdated=time) for id, time in times.items()))
    assert [shown.id for shown in jira.issue("ABC-1")] == [
        *("last", "newest", "middle", "oldest", "same a", "same b"),
        *("after", "leap", "before", "first"),
    ]


def test_link_is_displayed_where_associated(jira, link):
    """A link is displayed on the issues and services that it is associated with."""
    issues = {"associationType": "issueKeys", "values": ["ABC-1", "ABC-2"]}
    services = {"associationType": "serviceIdOrKeys", "values": ["shop", "ABC-3"]}
    submit(jira, link("both", associations=[issues, services]), link("none", associations=[issues | {"values": ["ABC-9"]}]))
    assert [[shown.id for shown in jira.issue(key)] for key in ("ABC-1", "ABC-2", "ABC-3", "shop")] == [["both"], ["both"], [], []]
    assert [[shown.id for shown in jira.service(key)] for key in ("shop", "ABC-3", "ABC-1")] == [["both"], ["both"], []]


def test_unknown_issue_displays_nothing(jira, link):
    """A link is not displayed on an issue that the site did not know."""
    jira.known_issues = {"ABC-2"}
    submit(jira, link(associations=[{"associationType": "issueKeys", "values": ["ABC-1", "ABC-2"]}]))
    assert (jira.issue("ABC-1"), [shown.id for shown in jira.issue("ABC-2")]) == ([], ["1"])
    with pytest.raises(AssertionError, match="the site does not know the issue"):
        jira.assert_linked("1", issue="ABC-1")


def test_pending_link_is_not_displayed(make_site, link):
    """A pending link is not displayed."""
    jira = make_site(consistency="manual", app=DESCRIPTOR)
    submit(jira, link())
    assert jira.issue("ABC-1") == []
    jira.settle()
    assert len(jira.issue("ABC-1")) == 1


def test_link_sent_before_installation(make_site, link):
    """A link that was sent before an app was installed is not displayed any more."""
    jira = make_site(consistency="immediate")
    submit(jira, link())
    assert len(jira.issue("ABC-1")) == 1
    jira.assert_linked("1", issue="ABC-1")
    jira.install(DESCRIPTOR)
    assert jira.issue("ABC-1") == []
    with pytest.raises(AssertionError, match="no installed app with a remote link module sent it"):
        jira.assert_linked("1", issue="ABC-1")


# Actions


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("a b", "a%20b"),
        ("ü", "%C3%BC"),
        ("a&b=c#d", "a%26b%3Dc%23d"),
        ("{repository}", "%7Brepository%7D"),
        ("../x?", "..%2Fx%3F"),
        ("", ""),
    ],
)
def test_action_url_is_percent_encoded(jira, link, value, encoded):
    """A template is filled with percent-encoded values."""
    submit(jira, link(actionIds=["dismiss"], attributeMap={"alert": value, "repository": "shop"}))
    shown = jira.assert_action("1", "dismiss", f"https://scanner.example/dismiss?alert={encoded}&in=shop")
    assert shown.label == "Dismiss"
    jira.assert_action("1", "dismiss", ANY)


def test_unknown_action_is_reported(jira, link):
    """An action that the module does not have is reported, and the link accepted."""
    answer = submit(jira, link(), link("2", actionIds=["settings", "dismis"], attributeMap=ATTRIBUTES))
    assert answer["acceptedRemoteLinks"] == ["1", "2"]
    (violation,) = jira.violations
    assert (violation.code, violation.severity, violation.pointer) == ("RL603", "error", "/remoteLinks/1/actionIds/1")
    assert '"dismiss"' in violation.hint
    assert jira.submissions[1].violations == (violation,)
    assert [action.action_id for action in jira.issue("ABC-1")[1].actions] == ["settings"]


@pytest.mark.parametrize(
    ("attributes", "missing"), [({}, "{alert}, {repository}"), (None, "{alert}, {repository}"), ({"alert": "7"}, "{repository}")]
)
def test_unfilled_placeholder_is_reported(jira, link, attributes, missing):
    """A placeholder that nothing fills is reported, and the link accepted."""
    members = {} if attributes is None else {"attributeMap": attributes}
    assert submit(jira, link(actionIds=["dismiss"], **members))["acceptedRemoteLinks"] == ["1"]
    (violation,) = jira.violations
    assert (violation.code, violation.severity, violation.pointer) == ("RL604", "error", "/remoteLinks/0/attributeMap")
    assert f"nothing fills {missing} in" in violation.message
    assert jira.issue("ABC-1")[0].actions == ()


def test_actions_of_invalid_links_are_checked(jira, link):
    """The actions of links that violate other rules are checked, too."""
    submit(jira, link(actionIds=["other", 7], severity="high", type="x"), "no link", link("2", actionIds="dismiss"))
    assert {violation.code for violation in jira.violations} == {"RL603", "RL206", "RL201"}


def test_each_app_has_its_own_actions(jira, link):
    """Links are checked against the actions of their own app."""
    other = jira.install({**DESCRIPTOR, "key": "other", "modules": {"jiraRemoteLinkInfoProvider": {**MODULE, "actions": []}}})
    submit(jira, link(actionIds=["settings"]), app=other)
    assert [violation.code for violation in jira.violations] == ["RL603"]
    assert "leave actionIds out" in jira.violations[0].hint


def test_actions_without_an_app(make_site, link):
    """While no app is installed, actions are not checked and not displayed."""
    jira = make_site(consistency="immediate")
    submit(jira, link(actionIds=["dismiss"]))
    assert jira.violations == []
    assert jira.issue("ABC-1")[0].actions == ()
    with pytest.raises(AssertionError, match=r"it is not displayed\n.*has no action; install\(\) it"):
        jira.assert_action("1", "dismiss", ANY)


@pytest.mark.parametrize(
    ("members", "action", "said"),
    [
        ({}, "dismiss", "'1' does not offer the action 'dismiss'\n  its actionIds are none"),
        ({"actionIds": ["settings"]}, "setting", "its actionIds are 'settings'; did you mean 'settings'?"),
        ({"actionIds": ["dismis"]}, "dismiss", "'dismis'; the module has 'dismiss', so name it there instead of 'dismis'"),
        ({}, "dismiss", "its actionIds are none; the module has 'dismiss', so name it there"),
        ({"actionIds": ["dismis"]}, "dismis", "has 'dismiss', 'settings'; did you mean 'dismiss'?"),
        ({"actionIds": ["other"]}, "other", "the module of the app that sent the link has 'dismiss', 'settings'"),
        (
            {"actionIds": ["dismiss"], "attributeMap": {"alert": "7"}},
            "dismiss",
            "{repository} in 'https://scanner.example/dismiss",
        ),
        ({"actionIds": ["settings"]}, "settings", "url: expected 'https://wrong', it is 'https://scanner.example/settings'"),
    ],
)
def test_assert_action_says_why(jira, link, members, action, said):
    """``assert_action`` says why an action is not displayed as expected."""
    submit(jira, link(**members))
    with pytest.raises(AssertionError) as error:
        jira.assert_action("1", action, "https://wrong")
    assert said in str(error.value)
    assert "its submission: '1'" in str(error.value)


def test_assert_action_of_unknown_link(jira):
    """``assert_action`` fails for a link that is not stored."""
    with pytest.raises(AssertionError, match="'1' is not stored"):
        jira.assert_action("1", "dismiss", ANY)
