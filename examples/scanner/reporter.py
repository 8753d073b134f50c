"""Keeping Jira informed of alerts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from alerts import Alert
from jira_client import JiraClient
from remote_links import remote_link

BATCH = 100  # links in one request; Jira takes no more


class NotConfirmed(Exception):
    """What was sent did not arrive in time."""


class Reporter:
    """Reports the alerts of one account.

    Jira takes a request first and applies it later, in whatever order. Updates
    carry numbers by which it can tell which is the newer; deletions carry none,
    so before and after one the reporter waits until Jira has caught up.
    """

    def __init__(self, jira: JiraClient, account: str, patience: float = 30.0) -> None:
        self._jira = jira
        self._account = account
        #: Seconds that Jira is given to catch up.
        self._patience = patience
        #: By id, the sequence number of what was reported and not yet read back.
        self._under_way: dict[str, int] = {}
        #: What was read back, and not withdrawn since.
        self._stored: set[str] = set()
        #: What was withdrawn and not yet read back as gone.
        self._going: set[str] = set()
        #: Whether a deletion of all that the account has may still be under way; it takes along what is reported meanwhile.
        self._leaving = False

    def report(self, alerts: Iterable[Alert]) -> dict[str, list[str]]:
        """Create or update the alerts' links; return, by id, why Jira rejected some."""
        links = [remote_link(alert) for alert in alerts]
        self._wait_until_gone(set(self._going) if self._leaving else {link["id"] for link in links})
        rejected: dict[str, list[str]] = {}
        for start in range(0, len(links), BATCH):
            rejected |= self._jira.submit(links[start : start + BATCH], self._account)
        self._under_way |= {link["id"]: link["updateSequenceNumber"] for link in links if link["id"] not in rejected}
        return rejected

    def withdraw(self, alert: Alert) -> None:
        """Take an alert off its issues."""
        if alert.id in self._under_way:
            self._wait_until_stored({alert.id: self._under_way[alert.id]})
        self._jira.delete(alert.id)
        self._stored.discard(alert.id)
        self._going.add(alert.id)

    def leave(self) -> None:
        """Take every alert of the account off its issues."""
        self._wait_until_stored(dict(self._under_way))
        self._jira.delete_account(self._account)
        self._going |= self._stored
        self._stored.clear()
        self._leaving = True

    def confirm(self, alerts: Iterable[Alert], timeout: float | None = None) -> None:
        """Wait until the alerts, as they are now, can be read back; Jira takes them first and stores them later."""
        self._wait_until_stored({link["id"]: link["updateSequenceNumber"] for link in map(remote_link, alerts)}, timeout)

    def _wait_until_stored(self, numbers: dict[str, int], timeout: float | None = None) -> None:
        def is_stored(id: str) -> bool:
            stored = self._jira.read(id)
            return stored is not None and stored["updateSequenceNumber"] >= numbers[id]

        self._wait(numbers, is_stored, timeout)
        for id in numbers:
            self._under_way.pop(id, None)
            self._stored.add(id)

    def _wait_until_gone(self, ids: set[str]) -> None:
        self._wait(ids & self._going, lambda id: self._jira.read(id) is None, None)
        self._going -= ids
        self._leaving = self._leaving and bool(self._going)

    def _wait(self, ids: Iterable[str], is_done: Callable[[str], bool], timeout: float | None) -> None:
        waiting = list(ids)
        deadline, pause = time.monotonic() + (self._patience if timeout is None else timeout), 0.01
        while waiting := [id for id in waiting if not is_done(id)]:
            if time.monotonic() + pause > deadline:
                raise NotConfirmed(f"Jira has not caught up in time with: {', '.join(waiting)}")
            self._jira.sleep(pause)
            pause = min(pause * 2, 2.0)
