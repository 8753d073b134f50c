"""Ordinary tests of a careless provider. All of them fail: each shows one breach that the fake Jira catches.

The first word of each docstring is the rule that is broken.
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


def test_a_long_explanation_is_cut(reporter):
    """RL201: the description is one character too long."""
    assert reporter.report_explained("The order number reaches the database unescaped. " * 10) == 202


def test_an_alert_without_a_page(reporter):
    """RL201: the URL is none."""
    assert reporter.report_before_the_page_exists() == 202


def test_an_alert_of_this_moment(reporter):
    """RL201: the time has no zone."""
    assert reporter.report_now() == 202


def test_an_alert_of_a_commit(reporter):
    """RL205: the issue key is a whole sentence."""
    assert reporter.report_for_commit("fixes SHOP-12") == 202


def test_an_alert_of_an_installation(reporter):
    """RL103: a property's value is a number."""
    assert reporter.report_for_installation(1234) == 202


def test_all_alerts_at_once(reporter):
    """RL108: one request holds more than 100 links."""
    assert reporter.report_all(250) == 202


def test_withdrawing_an_alert(reporter):
    """RL110: the id in the path is not percent-encoded."""
    assert reporter.withdraw("group/shop", 1) == 202


def test_leaving(reporter):
    """RL306: the properties are sent as JSON under 'params'."""
    assert reporter.leave("acme-7") == 202
