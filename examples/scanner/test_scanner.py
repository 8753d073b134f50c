"""The scanner's tests: its real HTTP code against the fake Jira."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from unittest.mock import ANY

import pytest
from alerts import Alert
from jira_client import ATTEMPTS, JiraClient, JiraRefused, JiraUnreachable
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


def test_alert_becomes_link_on_its_issue(reporter, fake_jira):
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
    fake_jira.assert_linked("shop#1", issue="SHOP-12")


def test_alert_is_displayed_on_its_issue(reporter, fake_jira):
    reporter.report([ALERT, later(ALERT, number=2, state="fixed", title="Open redirect")])
    fake_jira.settle()
    fixed, open_alert = fake_jira.issue("SHOP-12")
    assert (fixed.display_name, fixed.lozenge.label, fixed.lozenge.colour) == ("Open redirect", "FIXED", "green")
    assert fixed.actions == ()
    assert open_alert.display_name == "SQL injection in checkout"
    assert open_alert.description == "The order number reaches the database unescaped."
    assert (open_alert.lozenge.label, open_alert.lozenge.colour) == ("OPEN", "red")
    assert [action.label for action in open_alert.actions] == ["Dismiss this alert", "Assign this alert"]


def test_actions_lead_to_the_alert(reporter, fake_jira):
    alert = replace(ALERT, repository="web/shop & more")
    reporter.report([alert])
    fake_jira.settle()
    fake_jira.assert_action(alert.id, "dismiss", "https://scanner.example/dismiss?repository=web%2Fshop%20%26%20more&alert=1")
    fake_jira.assert_action(alert.id, "assign", "https://scanner.example/assign/1?in=web%2Fshop%20%26%20more")


def test_uninstalled_app_is_refused(reporter, fake_jira):
    reporter.report([ALERT])
    fake_jira.uninstall()
    fake_jira.settle()
    assert fake_jira.links == {}
    with fake_jira.expect_violations("RL505"), pytest.raises(JiraRefused, match="401"):
        reporter.report([ALERT])


def test_fixed_alert_updates_its_link(reporter, fake_jira):
    reporter.report([ALERT])
    reporter.report([later(ALERT, state="fixed")])
    fake_jira.settle()
    fake_jira.assert_stored("shop#1", status={"appearance": "success", "label": "FIXED"})


def test_late_update_changes_nothing(reporter, fake_jira):
    reporter.report([later(ALERT, state="fixed")])
    assert reporter.report([ALERT]) == {}
    fake_jira.settle()
    fake_jira.assert_stored("shop#1", status={"label": "FIXED"})


def test_withdrawn_alert_is_deleted(reporter, fake_jira):
    reporter.report([ALERT])
    reporter.withdraw(ALERT)
    fake_jira.assert_deleted("shop#1")


def test_leaving_deletes_all_alerts(reporter, fake_jira):
    reporter.report([ALERT, replace(ALERT, number=2)])
    reporter.leave()
    fake_jira.assert_deleted_by(account="acme-7")
    fake_jira.settle()
    assert fake_jira.links == {}


def test_many_alerts_are_sent_in_batches(reporter, fake_jira):
    reporter.report([replace(ALERT, number=number) for number in range(250)])
    assert [len(request.request.json["remoteLinks"]) for request in fake_jira.requests] == [100, 100, 50]
    fake_jira.settle()
    assert len(fake_jira.links) == 250


def test_long_texts_are_cut(reporter, fake_jira):
    reporter.report([replace(ALERT, title="t" * 300, explanation="e" * 300)])
    fake_jira.assert_accepted("shop#1")


@pytest.mark.parametrize("repository", ["group/shop", "group shop", "größe", "50%", "a?b"])
def test_any_repository_name_works(reporter, fake_jira, repository):
    alert = replace(ALERT, repository=repository)
    reporter.report([alert])
    reporter.confirm([alert])
    reporter.withdraw(alert)
    fake_jira.settle()
    fake_jira.assert_deleted(alert.id)


def test_confirm_waits_until_stored(reporter, fake_jira):
    reporter.report([ALERT])
    assert fake_jira.links == {}
    reporter.confirm([ALERT])
    fake_jira.assert_stored("shop#1")
    assert [request.status for request in fake_jira.requests] == [202, 404, 200]


@pytest.mark.remotelinks(consistency="manual")
def test_confirm_times_out(reporter):
    reporter.report([ALERT])
    with pytest.raises(NotConfirmed, match="shop#1"):
        reporter.confirm([ALERT], timeout=0.05)


FAULTS = {
    "busy": lambda jira: jira.fail_next(429, retry_after=30),
    "busy, without Retry-After": lambda jira: jira.fail_next(429, times=2),
    "down": lambda jira: jira.fail_next(503, times=3),
    "broken": lambda jira: jira.fail_next(500),
    "connection lost before the request was read": lambda jira: jira.drop_connection(),
    "connection lost after the request took effect": lambda jira: jira.drop_connection(applied=True),
    "answer is HTML": lambda jira: jira.garble_next(),
    "answer is cut off": lambda jira: jira.garble_next("truncated"),
    "limited": lambda jira: jira.rate_limit(2, per=60),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_temporary_fault_is_retried(reporter, fake_jira, fault):
    FAULTS[fault](fake_jira)
    reporter.report([ALERT])
    FAULTS[fault](fake_jira)
    reporter.confirm([ALERT])
    FAULTS[fault](fake_jira)
    reporter.withdraw(ALERT)
    fake_jira.settle()
    fake_jira.assert_deleted("shop#1")


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_permanent_refusal_is_raised_at_once(reporter, fake_jira, status):
    fake_jira.fail_next(status)
    with pytest.raises(JiraRefused, match=str(status)):
        reporter.report([ALERT])
    assert len(fake_jira.requests) == 1


def test_endless_fault_is_raised_in_the_end(reporter, fake_jira):
    with fake_jira.maintenance(retry_after=60), pytest.raises(JiraRefused, match="503"):
        reporter.report([ALERT])
    assert len(fake_jira.requests) == ATTEMPTS
    fake_jira.drop_connection(times=ATTEMPTS)
    with pytest.raises(JiraUnreachable):
        reporter.withdraw(ALERT)


def test_renamed_site_is_not_followed(reporter, fake_jira):
    with fake_jira.renamed(), pytest.raises(JiraRefused, match="302"):
        reporter.report([ALERT])


def test_updates_in_any_arrival_order(make_reporter, fake_jira):
    def scenario(jira):
        reporter = make_reporter()
        reporter.report([ALERT, replace(ALERT, number=2)])
        reporter.report([later(ALERT, state="fixed")])
        reporter.report([replace(ALERT, number=3)])

    found = fake_jira.explore(scenario)
    assert found.exhaustive
    fake_jira.assert_stored("shop#1", status={"label": "FIXED"})


def test_deletions_in_any_arrival_order(make_reporter, fake_jira):
    def scenario(jira):
        reporter = make_reporter()
        reporter.report([ALERT, replace(ALERT, number=2)])
        reporter.withdraw(ALERT)
        reporter.report([later(ALERT, state="open")])
        reporter.leave()
        reporter.report([later(replace(ALERT, number=2))])

    fake_jira.explore(scenario, expected={"shop#2": {"status": {"label": "OPEN"}}})


def test_alerts_reported_after_leaving_stay(make_reporter, fake_jira):
    def scenario(jira):
        reporter = make_reporter()
        reporter.report([ALERT])
        reporter.confirm([ALERT])
        reporter.leave()
        reporter.report([replace(ALERT, number=2), later(ALERT)])

    fake_jira.explore(scenario, expected={"shop#1": {}, "shop#2": {}})


@pytest.mark.parametrize("seed", range(5))
def test_state_survives_shuffled_writes(make_fake_jira, seed):
    fake_jira = make_fake_jira(consistency=f"shuffled:{seed}")
    reporter = Reporter(JiraClient(fake_jira.url, fake_jira.authorization, sleep=fake_jira.advance), account="acme-7")
    reporter.report([ALERT])
    reporter.report([later(ALERT, state="dismissed")])
    fake_jira.settle()
    fake_jira.assert_stored("shop#1", status={"label": "DISMISSED"})


def test_unknown_issue_is_reported(reporter, fake_jira):
    fake_jira.known_issues = {"SHOP-99"}
    rejected = reporter.report([ALERT])
    assert list(rejected) == ["shop#1"]
    fake_jira.assert_rejected("shop#1", match="known")


def test_alert_without_issue_is_sent(reporter, fake_jira):
    reporter.report([replace(ALERT, context="tidy up")])
    assert "associations" not in fake_jira.assert_submitted("shop#1").data


def test_refusal_raises(fake_jira):
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
def test_issue_keys_in_text(text, keys):
    assert issue_keys(text) == keys
