"""Waiting for what a provider does in its own time."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.recording.exchange import Submission
from pytest_remotelinks.recording.record import Record
from pytest_remotelinks.view.messages import failure, request_section, waiting_hint
from pytest_remotelinks.view.nearest import missing_submission
from pytest_remotelinks.view.seen import Seen

Result = TypeVar("Result")


class Waiting:
    """What a test can wait for at a site. All helpers raise AssertionError when the time is over."""

    _record: Record
    _site: Site
    #: The key of the app that the helpers are narrowed to, None where they look at all apps.
    _only: str | None = None

    def wait_for_submission(self, id: Id, timeout: float = 5.0) -> Submission:
        """Wait until the link is submitted, for ``timeout`` seconds at most, and return its last submission.

        One that came before the call counts too, and so does one that Jira refused.
        """
        __tracebackhide__ = True
        seen = 0
        for _ in self._events(timeout):
            arrived = self._record.exchanges[seen:]
            seen += len(arrived)
            found = [submission for exchange in arrived if self._is_seen(exchange.app) for submission in exchange.submissions]
            found = [submission for submission in found if submission.id == id]
            if found:
                return found[-1]
        raise failure(f"{id!a} was not submitted within {timeout:g} seconds", missing_submission(self._seen, id, {}))

    def wait_until(self, predicate: Callable[[], Result], timeout: float = 5.0) -> Result:
        """Wait until the predicate returns something true, for ``timeout`` seconds at most, and return that.

        It is asked again whenever something has happened here: a request, a
        write that arrived, a move of the clock. One that raises AssertionError
        counts as not yet true, so that the helpers that return something will
        do: ``wait_until(lambda: fake_jira.assert_stored("alert-1"))``. Raises
        TypeError for a coroutine.
        """
        __tracebackhide__ = True
        reason = ""
        for _ in self._events(timeout):
            try:
                result = predicate()
                if inspect.iscoroutine(result):
                    result.close()
                    raise TypeError("wait_until() takes an ordinary function; this one returned a coroutine, which nobody has run")
                if result:
                    return result
                reason = f"it returned {result!a}" + ("; it must return something to come true" if result is None else "")
            except AssertionError as error:
                reason = str(error)
        raise failure(
            f"what was waited for did not come true within {timeout:g} seconds: {reason}",
            waiting_hint(self._site.pending),
            request_section("requests so far", self._seen.exchanges),
        )

    def wait_idle(self, quiet: float = 0.1, timeout: float = 5.0) -> None:
        """Wait until no request is under way and none has come for ``quiet`` seconds, for ``timeout`` seconds at most."""
        __tracebackhide__ = True
        deadline = time.monotonic() + timeout
        with self._record.changed:
            while True:
                now = time.monotonic()
                rest = self._record.last_active + quiet - now
                if self._record.under_way == 0 and rest <= 0:
                    return
                if now >= deadline:
                    break
                self._record.changed.wait(min(deadline - now, rest if self._record.under_way == 0 else deadline - now))
            under_way = self._record.under_way
        state = f"{under_way} still under way" if under_way else f"the last one less than {quiet:g} seconds ago"
        raise failure(f"requests did not end within {timeout:g} seconds: {state}", request_section("requests so far", self._seen.exchanges))

    @property
    def _seen(self) -> Seen:
        """What the helpers look at."""
        with self._site.present():
            exchanges = tuple(exchange for exchange in self._record.exchanges if self._is_seen(exchange.app))
            return Seen(exchanges, tuple(link for link in self._site.store if self._is_seen(link.app)), self._site.pending)

    def _is_seen(self, app: str) -> bool:
        """Whether the helpers look at what an app did."""
        return self._only is None or app == self._only

    def _events(self, timeout: float) -> Iterator[None]:
        """Once now, once after everything that happens, and once more when the time is over; lets due writes arrive."""
        deadline = time.monotonic() + timeout
        journal, pending, clock = self._record, self._site.pending, self._site.clock
        while True:
            with self._site.present():
                events = journal.events
            yield
            if time.monotonic() >= deadline:
                return
            with journal.changed:
                while journal.events == events:
                    rest = deadline - time.monotonic()
                    if rest <= 0:
                        break
                    due = pending.next_due()
                    journal.changed.wait(rest if due is None else max(0.0, min(rest, due - clock.now())))
                    if pending.arrive():
                        journal.wake()
                over = journal.events == events
            if over:
                yield
                return
