"""Ordinary tests of a careless provider. All of them fail: each shows one mistake that the fake Jira finds.

The first word of each docstring is the rule that is violated.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def reporter(fake_jira):
    from careless_reporter import CarelessReporter

    return CarelessReporter(fake_jira.url, fake_jira.authorization)


def test_long_explanation(reporter):
    """RL201: the description is one character too long."""
    assert reporter.report_explained("The order number reaches the database unescaped. " * 10) == 202


def test_alert_without_page(reporter):
    """RL201: the URL is still a placeholder."""
    assert reporter.report_before_the_page_exists() == 202


def test_alert_with_local_time(reporter):
    """RL201: the time has no time zone."""
    assert reporter.report_now() == 202


def test_alert_of_commit(reporter):
    """RL205: a whole commit message is sent as an issue key."""
    assert reporter.report_for_commit("fixes SHOP-12") == 202


def test_alert_of_installation(reporter):
    """RL103: a property's value is a number."""
    assert reporter.report_for_installation(1234) == 202


def test_all_alerts_in_one_request(reporter):
    """RL108: one request has more than 100 links."""
    assert reporter.report_all(250) == 202


def test_withdraw(reporter):
    """RL110: the id in the path is not percent-encoded."""
    assert reporter.withdraw("group/shop", 1) == 202


def test_leave(reporter):
    """RL306: the properties are sent as JSON under 'params'."""
    assert reporter.leave("acme-7") == 202
