"""The scanner's modules, the app that is installed, and a reporter that sends to the fake Jira."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


@pytest.fixture(scope="session")
def remotelinks_settings():
    return {"app": HERE / "atlassian-connect.json", "shared_secret": "the secret that Jira sends when the app is installed"}


@pytest.fixture
def make_reporter(fake_jira):
    """Makes a reporter without memory, as after a restart of the scanner."""
    from jira_client import JiraClient
    from reporter import Reporter
    from signing import Signer

    signer = Signer(fake_jira.app.key, fake_jira.app.shared_secret)
    # Waiting moves the fake's clock instead of taking time.
    return lambda: Reporter(JiraClient(fake_jira.url, signer, sleep=fake_jira.advance), account="acme-7")


@pytest.fixture
def reporter(make_reporter):
    return make_reporter()
