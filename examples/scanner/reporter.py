"""Report alerts to Jira."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from alerts import Alert
from jira_client import JiraClient
from remote_links import remote_link

BATCH = 100  # links in one request; Jira accepts no more


class NotConfirmed(Exception):
    """Jira did not show in time what was sent."""


class Reporter:
    """Reports the alerts of one account.

    Jira accepts a request first and applies it later, in any order. Updates
    have sequence numbers, so the newest wins; deletions have none, so the
    reporter waits before and after one until Jira has applied what was sent.
    """

    def __init__(self, jira: JiraClient, account: str, timeout: float = 30.0) -> None:
        self._jira = jira
        self._account = account
        #: Seconds that Jira has to apply what was sent.
        self._timeout = timeout
        #: By id, the sequence number of what was reported and not yet read back.
        self._unconfirmed: dict[str, int] = {}
        #: Ids that were read back, and not withdrawn since.
        self._stored: set[str] = set()
        #: Ids that were withdrawn, and could still be read.
        self._withdrawn: set[str] = set()
        #: Whether a deletion by account may not be applied yet; it also deletes what is reported in the meantime.
        self._leaving = False

    def report(self, alerts: Iterable[Alert]) -> dict[str, list[str]]:
        """Create or update the alerts' links; return the reasons of those that Jira rejected, by id."""
        links = [remote_link(alert) for alert in alerts]
        self._wait_until_gone(set(self._withdrawn) if self._leaving else {link["id"] for link in links})
        rejected: dict[str, list[str]] = {}
        for start in range(0, len(links), BATCH):
            rejected |= self._jira.submit(links[start : start + BATCH], self._account)
        self._unconfirmed |= {link["id"]: link["updateSequenceNumber"] for link in links if link["id"] not in rejected}
        return rejected

    def withdraw(self, alert: Alert) -> None:
        """Remove an alert from its issues."""
        if alert.id in self._unconfirmed:
            self._wait_until_stored({alert.id: self._unconfirmed[alert.id]})
        self._jira.delete(alert.id)
        self._stored.discard(alert.id)
        self._withdrawn.add(alert.id)

    def leave(self) -> None:
        """Remove every alert of the account from its issues."""
        self._wait_until_stored(dict(self._unconfirmed))
        self._jira.delete_account(self._account)
        self._withdrawn |= self._stored
        self._stored.clear()
        self._leaving = True

    def confirm(self, alerts: Iterable[Alert], timeout: float | None = None) -> None:
        """Wait until the alerts, as they are now, can be read back."""
        self._wait_until_stored({link["id"]: link["updateSequenceNumber"] for link in map(remote_link, alerts)}, timeout)

    def _wait_until_stored(self, numbers: dict[str, int], timeout: float | None = None) -> None:
        def is_stored(id: str) -> bool:
            stored = self._jira.read(id)
            return stored is not None and stored["updateSequenceNumber"] >= numbers[id]

        self._wait(numbers, is_stored, timeout)
        for id in numbers:
            self._unconfirmed.pop(id, None)
            self._stored.add(id)

    def _wait_until_gone(self, ids: set[str]) -> None:
        self._wait(ids & self._withdrawn, lambda id: self._jira.read(id) is None, None)
        self._withdrawn -= ids
        self._leaving = self._leaving and bool(self._withdrawn)

    def _wait(self, ids: Iterable[str], is_done: Callable[[str], bool], timeout: float | None) -> None:
        waiting = list(ids)
        deadline, pause = time.monotonic() + (self._timeout if timeout is None else timeout), 0.01
        while waiting := [id for id in waiting if not is_done(id)]:
            if time.monotonic() + pause > deadline:
                raise NotConfirmed(f"Jira did not show in time: {', '.join(waiting)}")
            self._jira.sleep(pause)
            pause = min(pause * 2, 2.0)
