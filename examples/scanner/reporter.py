"""Keeping Jira informed of alerts."""

from __future__ import annotations

import time
from collections.abc import Iterable

from alerts import Alert
from jira_client import JiraClient
from remote_links import remote_link

BATCH = 100  # links in one request; Jira takes no more


class NotConfirmed(Exception):
    """Links did not arrive in time."""


class Reporter:
    """Reports the alerts of one account."""

    def __init__(self, jira: JiraClient, account: str) -> None:
        self._jira = jira
        self._account = account

    def report(self, alerts: Iterable[Alert]) -> dict[str, list[str]]:
        """Create or update the alerts' links; return, by id, why Jira rejected some."""
        links = [remote_link(alert) for alert in alerts]
        rejected: dict[str, list[str]] = {}
        for start in range(0, len(links), BATCH):
            rejected |= self._jira.submit(links[start : start + BATCH], self._account)
        return rejected

    def withdraw(self, alert: Alert) -> None:
        """Take an alert off its issues."""
        self._jira.delete(alert.id)

    def leave(self) -> None:
        """Take every alert of the account off its issues."""
        self._jira.delete_account(self._account)

    def confirm(self, alerts: Iterable[Alert], timeout: float = 30.0) -> None:
        """Wait until the alerts, as they are now, can be read back; Jira takes them first and stores them later."""
        waiting = {link["id"]: link["updateSequenceNumber"] for link in map(remote_link, alerts)}
        deadline, pause = time.monotonic() + timeout, 0.01
        while True:
            for id, sequence in list(waiting.items()):
                stored = self._jira.read(id)
                if stored is not None and stored["updateSequenceNumber"] >= sequence:
                    del waiting[id]
            if not waiting:
                return
            if time.monotonic() + pause > deadline:
                raise NotConfirmed(f"not in Jira after {timeout} seconds: {', '.join(waiting)}")
            time.sleep(pause)
            pause = min(pause * 2, 2.0)
