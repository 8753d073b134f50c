"""The scanner's modules, and a reporter that talks to the fake Jira."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def reporter(fake_jira):
    from jira_client import JiraClient
    from reporter import Reporter

    # Waiting moves the fake's clock instead of taking time.
    return Reporter(JiraClient(fake_jira.url, fake_jira.authorization, sleep=fake_jira.advance), account="acme-7")
