"""The scanner's modules, the app as it is installed, and a reporter that talks to the fake Jira."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


@pytest.fixture(scope="session")
def remotelinks_settings():
    return {"app": HERE / "atlassian-connect.json", "shared_secret": "what Jira hands over at the installation"}


@pytest.fixture
def make_reporter(fake_jira):
    """Makes a reporter that remembers nothing, as after a start of the scanner."""
    from jira_client import JiraClient
    from reporter import Reporter
    from signing import Signer

    signer = Signer(fake_jira.app.key, fake_jira.app.shared_secret)
    # Waiting moves the fake's clock instead of taking time.
    return lambda: Reporter(JiraClient(fake_jira.url, signer, sleep=fake_jira.advance), account="acme-7")


@pytest.fixture
def reporter(make_reporter):
    return make_reporter()
