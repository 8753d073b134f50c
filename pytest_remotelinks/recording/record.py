"""The record of one site: every exchange, and with it every submitted link and violation."""

from __future__ import annotations

import os
from threading import Condition

from pytest_remotelinks.recording.exchange import Exchange
from pytest_remotelinks.wire.times import steady


class _SiteLock(Condition):
    """A lock of one process.

    In a forked child it raises RuntimeError: if a thread of the parent held it,
    it is never released there, and what it protects never changes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._process = os.getpid()

    def __enter__(self) -> bool:
        if self.is_forked:
            raise RuntimeError(
                "this process is a fork of the one in which the fake Jira runs; "
                "send requests to its URL from here, and use everything else of it in the process that started it"
            )
        return super().__enter__()

    @property
    def is_forked(self) -> bool:
        """Whether this process is a fork of the one that made the lock."""
        return os.getpid() != self._process


class Record:
    """What has happened so far, in the order in which it took effect.

    ``changed`` is notified of every exchange, and of every other event that a
    test may wait for. Its lock is that of the whole site.
    """

    def __init__(self) -> None:
        self.changed = _SiteLock()
        self.exchanges: list[Exchange] = []
        #: How many requests have taken effect since the record began.
        self.count = 0
        #: Counts the events, so that one who waits can tell whether there was one meanwhile.
        self.events = 0
        #: Requests that began and are not answered yet.
        self.under_way = 0
        #: When a request last began or ended, in seconds on the clock that only grows.
        self.last_active = steady()

    def add(self, exchange: Exchange) -> None:
        """Remember an exchange. The caller holds the lock."""
        self.exchanges.append(exchange)
        self.count = exchange.number
        self.wake()

    def so_far(self) -> tuple[Exchange, ...]:
        """The exchanges until now."""
        with self.changed:
            return tuple(self.exchanges)

    def wake(self) -> None:
        """Wake all that wait, since something has happened. The caller holds the lock."""
        self.events += 1
        self.changed.notify_all()

    def begin(self) -> None:
        """A request has begun."""
        with self.changed:
            self.under_way += 1
            self.last_active = steady()
            self.wake()

    def end(self) -> None:
        """A request was answered or abandoned."""
        with self.changed:
            self.under_way -= 1
            self.last_active = steady()
            self.wake()

    def forget(self) -> None:
        """Drop the exchanges; the numbers of those to come go on."""
        self.exchanges.clear()

    def clear(self) -> None:
        """Drop the exchanges and begin at 1 again."""
        self.forget()
        self.count = 0
