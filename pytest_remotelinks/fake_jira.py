"""FakeJira: what a test holds."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pytest_remotelinks.assertions import Assertions
from pytest_remotelinks.contract.checker import BYTE_LIMIT, Checker
from pytest_remotelinks.contract.document import NEWEST, load_document, successor
from pytest_remotelinks.contract.violation import Violation
from pytest_remotelinks.recording.exchange import Exchange, Submission
from pytest_remotelinks.recording.journal import Journal
from pytest_remotelinks.server.application import Application
from pytest_remotelinks.server.listener import Listener
from pytest_remotelinks.settings import Settings
from pytest_remotelinks.site.authorization import sign
from pytest_remotelinks.site.consistency import Consistency
from pytest_remotelinks.site.site import Site
from pytest_remotelinks.site.write import Write
from pytest_remotelinks.trouble.trouble import Trouble
from pytest_remotelinks.trouble_making import TroubleMaking

if TYPE_CHECKING:
    from pytest_remotelinks.exploration import Exploration

_APP_KEY = "app-under-test"


class FakeJira(Assertions, TroubleMaking):
    """A Jira site that knows the remote links API, on a port of the loopback interface.

    ``contract`` is a version (``2023-06``, ``2026-06``) or the path of an
    OpenAPI document; ``consistency`` a policy or its name, or one for each of
    ``submit``, ``delete`` and ``delete-by-properties``; ``strict`` says
    whether violations fail a pytest test; ``ignore`` names rules that don't
    apply, by code or by the beginning of one; ``next_contract`` is a newer
    contract that requests are looked at by too (RL901), by itself the bundled
    one that follows; ``byte_limit`` is the size of a body, in bytes, above
    which it is refused with 413.

    Raises ValueError for a wrong argument and ContractError for a document
    that cannot be used. As a context manager it is started and stopped::

        with FakeJira() as jira:
            upload(base_url=jira.url)
            jira.assert_submitted("alert-1")
    """

    def __init__(
        self,
        contract: str | Path = NEWEST,
        consistency: Consistency | str | Mapping[str, Consistency | str] = "after-reads:1",
        strict: bool = True,
        ignore: str | tuple[str, ...] | list[str] = (),
        *,
        next_contract: str | Path | None = None,
        byte_limit: int = BYTE_LIMIT,
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__()
        settings = Settings.merged(
            {"contract": contract, "consistency": consistency, "strict": strict, "ignore": ignore, "next_contract": next_contract}
        )
        self.settings = settings
        self._host = host
        self._journal = Journal()
        self._trouble = Trouble()
        self._site = Site(settings.policy)
        document = load_document(settings.contract)
        newer = load_document(settings.next_contract) if settings.next_contract else successor(document)
        self._application = Application(
            Checker(document, settings.ignore, byte_limit, newer),
            self._site,
            self._journal,
            self._trouble,
        )
        self._listener: Listener | None = None
        self._owns_listener = False
        self._url: str | None = None
        self._secret: str | None = None

    # Running

    def start(self, listener: Listener | None = None) -> FakeJira:
        """Listen, on a listener that runs already or on a new one."""
        if self._listener is not None:
            raise RuntimeError("this fake Jira is running already")
        self._owns_listener = listener is None
        if listener is None:
            listener = Listener(self._host)
            listener.start()
        listener.site_application = self._application
        self._listener = listener
        self._url = listener.url
        return self

    def stop(self) -> None:
        """Stop listening. What was recorded and stored can still be read."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        listener.site_application = None
        if self._owns_listener:
            listener.stop()

    def reset(self) -> None:
        """Forget all that was recorded, stored, planned and made known; settings stay, and the clock."""
        with self._journal.changed:
            self._start_over()
            self._site.forget_known()
            self._trouble.clear()
            self._journal.wake()

    def _start_over(self) -> None:
        self._journal.forget()
        self._site.forget()
        self._application.forget()
        self._expected.clear()

    def __enter__(self) -> FakeJira:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Base URL of the site, without a slash at its end; it stays known after stop(). Raises RuntimeError before start()."""
        if self._url is None:
            raise RuntimeError("this fake Jira was not started; call start() or use it as a context manager")
        return self._url

    def authorization(self, method: str, path_and_query: str) -> str:
        """A valid ``Authorization`` value for one request, good for 180 seconds.

        ``path_and_query`` is what follows ``url``, percent-encoded as it is sent.
        """
        if self._secret is None:
            self._secret = secrets.token_hex(32)
        return sign(method, path_and_query, _APP_KEY, self._secret)

    # What Jira has stored

    @property
    def links(self) -> dict[str, dict[str, Any]]:
        """By id, every link that is stored now, as the read operation would answer it."""
        with self._journal.changed:
            self._site.pending.arrive()
            return {link.id: copy.deepcopy(link.data) for link in self._site.store}

    def link(self, id: str) -> dict[str, Any] | None:
        """One link as it is stored now, None if it is not. Does not count as a read."""
        with self._journal.changed:
            self._site.pending.arrive()
            stored = self._site.store.get(id)
            return copy.deepcopy(stored.data) if stored else None

    @property
    def pending(self) -> list[Write]:
        """Accepted writes that are not visible yet, in the order of their acceptance."""
        with self._journal.changed:
            self._site.pending.arrive()
            return [write.copy() for write in self._site.pending if not write.is_repeat]

    def settle(self) -> None:
        """Let all pending writes arrive: in order, or, where the policy is to shuffle them, in its order."""
        with self._journal.changed:
            self._site.pending.settle()
            self._journal.wake()

    def advance(self, seconds: float) -> None:
        """Move the site's clock on, and let arrive what is due by then. Raises ValueError for less than nothing."""
        with self._journal.changed:
            self._site.clock.advance(seconds)
            self._site.pending.arrive()
            self._journal.wake()

    @property
    def arrivals(self) -> list[Write]:
        """Every write that has arrived, in the order in which it did; one that came twice stands there twice."""
        with self._journal.changed:
            self._site.pending.arrive()
            return [write.copy() for write in self._site.pending.arrivals]

    def explore(
        self,
        scenario: Callable[..., object],
        runs: int = 100,
        *,
        expected: Mapping[str, Mapping[str, Any]] | None = None,
        check: Callable[[], object] | None = None,
        seed: int = 0,
    ) -> Exploration:
        """Run a scenario again and again, each time with another order in which its writes arrive.

        ``scenario`` makes the provider send its requests; it is called without
        arguments, or with this fake Jira if it takes one. Every run starts from
        an empty site; a read of a link lets what is pending of it arrive, and at
        the end everything does. What is then stored must be what the order of
        sending leaves, or ``expected``: by id, fields of all the links; and
        ``check``, if given, must not raise.

        All orders that can make a difference are tried if they number at most
        ``runs``; otherwise those nearest to the order of sending, and others
        that follow from ``seed``. Raises AssertionError for the shortest order
        that fails, and ValueError for ``runs`` below 1.
        """
        __tracebackhide__ = True
        from pytest_remotelinks.exploration import Explorer

        return Explorer(self, scenario, runs, expected, check, seed).explore()

    @contextmanager
    def _weather(self, policy: Consistency) -> Iterator[None]:
        """Within the block the site starts over and goes by another policy."""
        pending = self._site.pending
        before, pending.consistency = pending.consistency, policy
        try:
            with self._journal.changed:
                self._start_over()
            yield
        finally:
            pending.consistency = before

    @property
    def known_issues(self) -> set[str]:
        """Fill it with issue keys and ids to make every other one unknown; while empty, all are known."""
        return self._site.known_issues

    @known_issues.setter
    def known_issues(self, keys: set[str]) -> None:
        self._site.known_issues = set(keys)

    @property
    def known_services(self) -> set[str]:
        """Fill it with service ids and keys to make every other one unknown; while empty, all are known."""
        return self._site.known_services

    @known_services.setter
    def known_services(self, keys: set[str]) -> None:
        self._site.known_services = set(keys)

    # What was recorded

    @property
    def requests(self) -> list[Exchange]:
        """Every request with its answer, in the order in which they took effect."""
        return list(self._journal.exchanges)

    @property
    def submissions(self) -> list[Submission]:
        """Every submitted link, accepted or not, in order."""
        return list(self._journal.submissions)

    @property
    def violations(self) -> list[Violation]:
        """Every breach of the contract, in order; those of ignored rules are not among them."""
        return list(self._journal.violations)

    @property
    def strict(self) -> bool:
        """Whether violations fail the test, under pytest."""
        return self.settings.strict

    def __repr__(self) -> str:
        where = self._listener.url if self._listener else "not running"
        return f"<FakeJira {where} contract={self.settings.contract} consistency={self.settings.consistency}>"
