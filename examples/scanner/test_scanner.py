"""The scanner's tests: its real HTTP code against the fake Jira."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from unittest.mock import ANY

import pytest
from alerts import Alert
from jira_client import JiraClient, JiraRefused
from remote_links import issue_keys
from reporter import NotConfirmed, Reporter

ALERT = Alert(
    number=1,
    repository="shop",
    title="SQL injection in checkout",
    explanation="The order number reaches the database unescaped.",
    state="open",
    changed=datetime(2026, 1, 31, 12, 0, tzinfo=timezone.utc),
    context="fix/SHOP-12-escape-orders",
)


def later(alert, **changes):
    return replace(alert, changed=alert.changed + timedelta(minutes=1), **changes)


def test_an_alert_becomes_a_link_on_its_issue(reporter, fake_jira):
    assert reporter.report([ALERT]) == {}
    fake_jira.assert_submitted(
        "shop#1",
        displayName="SQL injection in checkout",
        url="https://scanner.example/shop/alerts/1",
        status={"appearance": "removed", "label": "OPEN"},
        updateSequenceNumber=ANY,
        properties={"account": "acme-7"},
    )
    fake_jira.settle()
    fake_jira.assert_linked("SHOP-12", "shop#1")


def test_people_see_the_alert_on_its_issue(reporter, fake_jira):
    reporter.report([ALERT, later(ALERT, number=2, state="fixed", title="Open redirect")])
    fake_jira.settle()
    fixed, open_alert = fake_jira.issue("SHOP-12")
    assert (fixed.display_name, fixed.lozenge.label, fixed.lozenge.colour) == ("Open redirect", "FIXED", "green")
    assert fixed.actions == ()
    assert open_alert.display_name == "SQL injection in checkout"
    assert open_alert.description == "The order number reaches the database unescaped."
    assert (open_alert.lozenge.label, open_alert.lozenge.colour) == ("OPEN", "red")
    assert [action.label for action in open_alert.actions] == ["Dismiss this alert", "Assign to somebody"]


def test_the_actions_lead_to_the_alert(reporter, fake_jira):
    alert = replace(ALERT, repository="web/shop & more")
    reporter.report([alert])
    fake_jira.settle()
    fake_jira.assert_action(alert.id, "dismiss", "https://scanner.example/dismiss?repository=web%2Fshop%20%26%20more&alert=1")
    fake_jira.assert_action(alert.id, "assign", "https://scanner.example/assign/1?in=web%2Fshop%20%26%20more")


def test_a_reporter_that_was_uninstalled_is_refused_and_leaves_nothing_behind(reporter, fake_jira):
    reporter.report([ALERT])
    fake_jira.uninstall()
    fake_jira.settle()
    assert fake_jira.links == {}
    with fake_jira.expect_violations("RL505"), pytest.raises(JiraRefused, match="401"):
        reporter.report([ALERT])


def test_a_fixed_alert_updates_its_link(reporter, fake_jira):
    reporter.report([ALERT])
    reporter.report([later(ALERT, state="fixed")])
    fake_jira.settle()
    fake_jira.assert_stored("shop#1", status={"appearance": "success", "label": "FIXED"})


def test_an_update_that_comes_late_changes_nothing(reporter, fake_jira):
    reporter.report([later(ALERT, state="fixed")])
    assert reporter.report([ALERT]) == {}
    fake_jira.settle()
    fake_jira.assert_stored("shop#1", status={"label": "FIXED"})


def test_a_withdrawn_alert_is_deleted(reporter, fake_jira):
    reporter.report([ALERT])
    reporter.withdraw(ALERT)
    fake_jira.assert_deleted("shop#1")


def test_a_leaving_account_takes_its_alerts_along(reporter, fake_jira):
    reporter.report([ALERT, replace(ALERT, number=2)])
    reporter.leave()
    fake_jira.assert_deleted_by(account="acme-7")
    fake_jira.settle()
    assert fake_jira.links == {}


def test_many_alerts_go_in_batches(reporter, fake_jira):
    reporter.report([replace(ALERT, number=number) for number in range(250)])
    assert [len(request.json["remoteLinks"]) for request in fake_jira.requests] == [100, 100, 50]
    fake_jira.settle()
    assert len(fake_jira.links) == 250


def test_long_texts_are_cut_to_what_jira_takes(reporter, fake_jira):
    reporter.report([replace(ALERT, title="t" * 300, explanation="e" * 300)])
    fake_jira.assert_accepted("shop#1")


@pytest.mark.parametrize("repository", ["group/shop", "group shop", "größe", "50%", "a?b"])
def test_any_repository_name_can_be_reported_and_withdrawn(reporter, fake_jira, repository):
    alert = replace(ALERT, repository=repository)
    reporter.report([alert])
    reporter.confirm([alert])
    reporter.withdraw(alert)
    fake_jira.settle()
    fake_jira.assert_deleted(alert.id)


def test_confirming_waits_until_jira_has_stored_the_alert(reporter, fake_jira):
    reporter.report([ALERT])
    assert fake_jira.links == {}
    reporter.confirm([ALERT])
    fake_jira.assert_stored("shop#1")
    assert [request.status for request in fake_jira.requests] == [202, 404, 200]


@pytest.mark.remotelinks(consistency="manual")
def test_confirming_gives_up_in_time(reporter):
    reporter.report([ALERT])
    with pytest.raises(NotConfirmed, match="shop#1"):
        reporter.confirm([ALERT], timeout=0.05)


def test_an_alert_of_an_unknown_issue_is_told_to_the_caller(reporter, fake_jira):
    fake_jira.known_issues.add("SHOP-99")
    rejected = reporter.report([ALERT])
    assert list(rejected) == ["shop#1"]
    fake_jira.assert_rejected("shop#1", match="known")


def test_an_alert_that_names_no_issue_is_still_reported(reporter, fake_jira):
    reporter.report([replace(ALERT, context="tidy up")])
    assert "associations" not in fake_jira.assert_submitted("shop#1").data


def test_a_refusal_comes_out_as_an_error(fake_jira):
    unsigned = Reporter(JiraClient(fake_jira.url, lambda method, path: ""), account="acme-7")
    with fake_jira.expect_violations("RL502"), pytest.raises(JiraRefused, match="401"):
        unsigned.report([ALERT])


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("fix/SHOP-12-escape-orders", ["SHOP-12"]),
        ("SHOP-12, SHOP-13 and SHOP-12", ["SHOP-12", "SHOP-13"]),
        ("CVE-2026-1234 in SHOP-12", ["SHOP-12"]),
        ("tidy up", []),
    ],
)
def test_issue_keys_are_found_in_text(text, keys):
    assert issue_keys(text) == keys
