"""What people see on issues and services, and the actions that links offer."""

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


def test_a_link_as_people_see_it(jira, link):
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
    assert shown.lozenge == Lozenge("OPEN", "removed", "red")
    assert shown.actions == (
        ShownAction("settings", "Settings", "https://scanner.example/settings"),
        ShownAction("dismiss", "Dismiss", "https://scanner.example/dismiss?alert=7&in=shop"),
    )
    assert jira.violations == []


def test_what_a_link_leaves_out_is_not_shown(jira, link):
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
def test_a_lozenge_has_the_colour_of_its_appearance(jira, link, appearance, colour):
    submit(jira, link(status={"appearance": appearance, "label": "x"}))
    assert jira.issue("ABC-1")[0].lozenge.colour == colour


def test_the_latest_link_stands_first(jira, link):
    times = {
        "oldest": "2026-01-31T12:00:00Z",
        "newest": "2026-01-31T10:00:00.5-03:00",
        "middle": "2026-01-31T12:59:00.123456789+00:00",
        "same b": "2026-01-31T12:00:00+00:00",
        "same a": "2026-01-31T13:00:00+01:00",
    }
    submit(jira, *(link(id, lastUpdated=time) for id, time in times.items()))
    assert [shown.id for shown in jira.issue("ABC-1")] == ["newest", "middle", "oldest", "same a", "same b"]


def test_a_link_is_shown_where_it_is_associated(jira, link):
    issues = {"associationType": "issueKeys", "values": ["ABC-1", "ABC-2"]}
    services = {"associationType": "serviceIdOrKeys", "values": ["shop", "ABC-3"]}
    submit(jira, link("both", associations=[issues, services]), link("none", associations=[issues | {"values": ["ABC-9"]}]))
    assert [[shown.id for shown in jira.issue(key)] for key in ("ABC-1", "ABC-2", "ABC-3", "shop")] == [["both"], ["both"], [], []]
    assert [[shown.id for shown in jira.service(key)] for key in ("shop", "ABC-3", "ABC-1")] == [["both"], ["both"], []]


def test_nothing_is_shown_on_what_the_site_did_not_know(jira, link):
    jira.known_issues = {"ABC-2"}
    submit(jira, link(associations=[{"associationType": "issueKeys", "values": ["ABC-1", "ABC-2"]}]))
    assert (jira.issue("ABC-1"), [shown.id for shown in jira.issue("ABC-2")]) == ([], ["1"])
    with pytest.raises(AssertionError, match="the site does not know the issue"):
        jira.assert_linked("1", issue="ABC-1")


def test_only_what_is_visible_is_shown(make_site, link):
    jira = make_site(consistency="manual", app=DESCRIPTOR)
    submit(jira, link())
    assert jira.issue("ABC-1") == []
    jira.settle()
    assert len(jira.issue("ABC-1")) == 1


def test_what_was_sent_before_an_app_was_installed_is_nobodys(make_site, link):
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
def test_a_template_is_filled_with_percent_encoded_values(jira, link, value, encoded):
    submit(jira, link(actionIds=["dismiss"], attributeMap={"alert": value, "repository": "shop"}))
    shown = jira.assert_action("1", "dismiss", f"https://scanner.example/dismiss?alert={encoded}&in=shop")
    assert shown.label == "Dismiss"
    jira.assert_action("1", "dismiss", ANY)


def test_an_action_that_the_module_lacks_is_told_and_the_link_taken(jira, link):
    answer = submit(jira, link(), link("2", actionIds=["settings", "dismis"], attributeMap=ATTRIBUTES))
    assert answer["acceptedRemoteLinks"] == ["1", "2"]
    (violation,) = jira.violations
    assert (violation.code, violation.severity, violation.pointer) == ("RL603", "error", "/remoteLinks/1/actionIds/1")
    assert "'dismiss'" in violation.hint
    assert jira.submissions[1].violations == (violation,)
    assert [action.action_id for action in jira.issue("ABC-1")[1].actions] == ["settings"]


@pytest.mark.parametrize(
    ("attributes", "missing"), [({}, "{alert}, {repository}"), (None, "{alert}, {repository}"), ({"alert": "7"}, "{repository}")]
)
def test_a_placeholder_that_nothing_fills_is_told_and_the_link_taken(jira, link, attributes, missing):
    members = {} if attributes is None else {"attributeMap": attributes}
    assert submit(jira, link(actionIds=["dismiss"], **members))["acceptedRemoteLinks"] == ["1"]
    (violation,) = jira.violations
    assert (violation.code, violation.severity, violation.pointer) == ("RL604", "error", "/remoteLinks/0/attributeMap")
    assert f"nothing fills {missing} in" in violation.message
    assert jira.issue("ABC-1")[0].actions == ()


def test_links_that_break_other_rules_are_judged_by_their_actions_too(jira, link):
    submit(jira, link(actionIds=["other", 7], severity="high", type="x"), "no link", link("2", actionIds="dismiss"))
    assert {violation.code for violation in jira.violations} == {"RL603", "RL206", "RL201"}


def test_each_app_has_its_own_actions(jira, link):
    other = jira.install({**DESCRIPTOR, "key": "other", "modules": {"jiraRemoteLinkInfoProvider": {**MODULE, "actions": []}}})
    submit(jira, link(actionIds=["settings"]), app=other)
    assert [violation.code for violation in jira.violations] == ["RL603"]
    assert "leave actionIds out" in jira.violations[0].hint


def test_with_nothing_installed_actions_are_not_judged(make_site, link):
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
def test_a_failing_assertion_says_why_the_action_is_not_seen(jira, link, members, action, said):
    submit(jira, link(**members))
    with pytest.raises(AssertionError) as error:
        jira.assert_action("1", action, "https://wrong")
    assert said in str(error.value)
    assert "its submission: '1'" in str(error.value)


def test_an_action_of_a_link_that_is_not_stored_fails(jira):
    with pytest.raises(AssertionError, match="'1' is not stored"):
        jira.assert_action("1", "dismiss", ANY)
