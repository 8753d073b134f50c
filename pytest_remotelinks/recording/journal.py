"""The record of one site: every exchange, and with it every submitted link and violation."""

from __future__ import annotations

from threading import Condition

from pytest_remotelinks.contract.violation import Violation
from pytest_remotelinks.recording.exchange import Exchange, Submission


class Journal:
    """What has happened so far, in the order in which it took effect.

    ``changed`` is notified of every exchange; its lock guards the site too.
    """

    def __init__(self) -> None:
        self.changed = Condition()
        self.exchanges: list[Exchange] = []

    def add(self, exchange: Exchange) -> None:
        """Remember an exchange. The caller holds the lock."""
        self.exchanges.append(exchange)
        self.changed.notify_all()

    @property
    def submissions(self) -> tuple[Submission, ...]:
        return tuple(submission for exchange in tuple(self.exchanges) for submission in exchange.submissions)

    @property
    def violations(self) -> tuple[Violation, ...]:
        return tuple(violation for exchange in tuple(self.exchanges) for violation in exchange.violations)

    def forget(self) -> None:
        self.exchanges.clear()
