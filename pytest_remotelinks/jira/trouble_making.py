"""What a test calls to make trouble."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

from pytest_remotelinks.jira.faults import Fault, Operations, seconds, whole_number
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.jira.trouble import Trouble


class TroubleMaking(ABC):
    """Trouble on demand, for a site.

    ``times`` counts the requests that it befalls, ``after`` those that it lets
    pass before, and ``operation`` narrows both: ``submit``, ``read``,
    ``delete``, ``delete-by-id``, ``delete-by-properties``, the published id of
    an operation, or ``token`` for requests to ``/oauth/token``. Those meet with
    what is planned only if it names them, so that a fetched token uses up no
    trouble that is meant for links; maintenance, a new name and a rate limit
    are the whole site's, and theirs too. All raise ValueError for a value that
    cannot be. Requests that met with trouble carry its name in their ``fault``.
    """

    _site: Site
    _trouble: Trouble

    @property
    @abstractmethod
    def url(self) -> str:
        """Base URL of the site."""

    def fail_next(
        self,
        status: int = 503,
        times: int = 1,
        operation: Operations = None,
        retry_after: int | None = None,
        *,
        after: int = 0,
    ) -> None:
        """Refuse the next requests with a status from 400 to 599; they take no effect.

        ``retry_after`` is the answer's Retry-After in seconds. As Jira does, the
        fake refuses a request of the same kind that comes before it has passed
        on the site's clock, and doubles the wait.
        """
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f"status must be a number from 400 to 599, not {status!r}")
        if retry_after is not None:
            whole_number("retry_after", retry_after)
        self._plan(Fault("fail_next", status, retry_after), times, operation, after)

    def drop_connection(self, times: int = 1, operation: Operations = None, *, applied: bool = False, after: int = 0) -> None:
        """Close the connection of the next requests without an answer.

        Before the request is read, or, with ``applied``, after it took effect:
        the sender cannot tell which.
        """
        fault = (
            Fault("drop_connection after the request took effect", ending="dropped")
            if applied
            else Fault("drop_connection before the request was read", unread=True)
        )
        self._plan(fault, times, operation, after)

    def delay_next(self, delay: float, times: int = 1, operation: Operations = None, *, after: int = 0) -> None:
        """Answer the next requests ``delay`` seconds late, in real time; they take effect at once."""
        self._plan(Fault(f"delay_next by {seconds('delay', delay):g} s", delay=delay), times, operation, after)

    def garble_next(
        self,
        how: Literal["html", "truncated"] = "html",
        times: int = 1,
        operation: Operations = None,
        *,
        after: int = 0,
    ) -> None:
        """Spoil the answers of the next requests, which take effect: a page instead of JSON, or half of the body."""
        if how not in ("html", "truncated"):
            raise ValueError(f"how must be 'html' or 'truncated', not {how!r}")
        self._plan(
            Fault(f"garble_next: {how}", garbled=how == "html", ending="truncated" if how == "truncated" else "whole"),
            times,
            operation,
            after,
        )

    @contextmanager
    def maintenance(self, retry_after: int | None = None) -> Iterator[None]:
        """Answer every request within the block with 503; ``retry_after`` is in seconds."""
        if retry_after is not None:
            whole_number("retry_after", retry_after)
        with self._trouble.lasting(Fault("maintenance", 503, retry_after)):
            yield

    @contextmanager
    def renamed(self) -> Iterator[str]:
        """Within the block the site has another name, and its old URL answers 302; the block is given the new URL.

        A client that follows the redirect of a POST arrives as a GET, and is
        answered 405.
        """
        parts = urlsplit(self.url)
        name = parts.hostname or ""
        other = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}.get(name)
        if other is None:
            raise ValueError(f"a site on {name} has no second name; let it listen on host='127.0.0.1' or 'localhost' to rename it")
        new_url = parts._replace(netloc=f"{other}:{parts.port}").geturl()
        with self._trouble.lasting(Fault("renamed", 302, moved_to=new_url)):
            yield new_url

    def reject(self, id: str, message: str = "The remote link was rejected.") -> None:
        """Reject a link, whatever it says, in every submission from now on, with these words."""
        with self._site.present():
            self._trouble.rejections[id] = message

    def rate_limit(self, requests: int | None = None, per: float = 60.0, *, cost: int | None = None) -> None:
        """Take so many requests in ``per`` seconds of the site's clock, or so much cost, and answer 429 to more.

        A request costs 1, one for a token too, and 1 more for each link that it submits. Every
        answer then carries the published ``X-RateLimit`` headers; a refusal also
        ``Retry-After``, which grows when it is ignored, and
        ``RateLimit-Reason``. Without numbers the limit is lifted.
        """
        with self._site.present():
            self._trouble.set_limit(requests, per, cost)

    def _plan(self, fault: Fault, times: int, operation: Operations, after: int) -> None:
        with self._site.present():
            self._trouble.plan(fault, times, operation, after)
