"""FakeJira: what a test holds."""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.apps import Apps
from pytest_remotelinks.contract.document import NEWEST, Document, load_document, successor
from pytest_remotelinks.jira.app import App
from pytest_remotelinks.jira.apps import AppRegistry
from pytest_remotelinks.jira.backend import Backend
from pytest_remotelinks.jira.consistency import Consistency
from pytest_remotelinks.jira.faults import Fault, FaultBlock, Faults, Operations
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.jira.write import Write
from pytest_remotelinks.recording.exchange import Exchange, RecordedViolation, Submission
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.rules.request import BYTE_LIMIT
from pytest_remotelinks.server.listener import Listener
from pytest_remotelinks.server.routing import Mount
from pytest_remotelinks.settings import Settings, SettingsError, UnmetFaults
from pytest_remotelinks.view.assertions import Assertions
from pytest_remotelinks.view.one_app import OneApp

if TYPE_CHECKING:
    from pytest_remotelinks.view.explore import Exploration

_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
_CLOUD_ID = re.compile(r"[A-Za-z0-9._~-]+")


class FakeJira(Apps, Assertions):
    """A Jira site that knows the remote links API, on a port of the loopback interface.

    ``contract`` is a version (``2023-06``, ``2026-06``) or the path of an
    OpenAPI document; ``consistency`` a policy or its name, or one for each of
    ``submit``, ``delete`` and ``delete-by-properties``; ``strict`` says
    whether violations fail a pytest test; ``ignore`` names rules that don't
    apply, by code or by the beginning of one; ``next_contract`` is a newer
    contract that requests are looked at by too (RL901), by itself the bundled
    one that follows; ``byte_limit`` is the size of a body, in bytes, above
    which it is refused with 413. ``app`` is the descriptor of an app to
    install, or its path, and ``shared_secret`` what it signs with; ``host_name``
    and ``cloud_id`` are what the site goes by among several on one listener.
    ``unmet_faults`` says what a planned fault that no request met is to a
    pytest test: ``error``, ``warn`` or ``ignore``.

    Raises ValueError for a wrong argument, ContractError for a document and
    DescriptorError for a descriptor that cannot be used. As a context manager it is started and stopped::

        with FakeJira() as jira:
            upload(base_url=jira.url)
            jira.assert_submitted("alert-1")
    """

    #: Documents of further APIs that the site answers.
    _other_documents: tuple[Document, ...] = ()

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
        app: Mapping[str, Any] | str | Path | None = None,
        shared_secret: str | None = None,
        host_name: str | None = None,
        cloud_id: str | None = None,
        unmet_faults: UnmetFaults = "warn",
    ) -> None:
        super().__init__()
        settings = Settings.merged(
            {"contract": contract, "consistency": consistency, "strict": strict, "ignore": ignore, "next_contract": next_contract},
            {"app": app, "shared_secret": shared_secret, "unmet_faults": unmet_faults},
        )
        self.settings = settings
        self._host = host
        self._site = Site(settings.policy)
        self._record = self._site.record
        self._faults = Faults(self._site)
        document = load_document(settings.contract)
        newer = load_document(settings.next_contract) if settings.next_contract else successor(document)
        self._registry = AppRegistry(self._site.clock)
        self._backend = Backend(
            [
                Checker(document, settings.ignore, byte_limit, newer),
                *(Checker(other, settings.ignore, byte_limit) for other in self._other_documents),
            ],
            self._site,
            self._faults,
            self._registry,
        )
        self._mount = Mount(self._backend, *_cloud_id(cloud_id), _host_name(host_name))
        if settings.app is not None:
            self.install(settings.app)
        self._listener: Listener | None = None
        self._owns_listener = False
        self._url: str | None = None

    # Running

    def start(self, listener: Listener | None = None) -> FakeJira:
        """Listen, on a listener that runs already or on a new one."""
        if self._listener is not None:
            raise RuntimeError("this fake Jira is running already")
        self._owns_listener = listener is None
        if listener is None:
            listener = Listener(self._host)
            listener.start()
        self._backend.abandoned.clear()
        self._url = listener.sites.add(self._mount, listener.url)
        self._listener = listener
        return self

    def stop(self) -> None:
        """Stop listening. What was recorded and stored can still be read."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        listener.sites.remove(self._backend)
        self._backend.abandon_waiting()
        if self._owns_listener:
            listener.stop()

    def reset(self) -> None:
        """Forget all that was recorded, stored, planned and made known; settings and installed apps stay, and the clock."""
        with self._site.present():
            self._start_over()
            self._record.clear()
            self._expected.clear()
            self._site.forget_known()
            self._faults.clear()
            self._record.wake()

    def _start_over(self) -> None:
        self._record.forget()
        self._site.forget()
        self._backend.forget()

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

    @property
    def host_url(self) -> str:
        """Base URL by the site's ``host_name``, for clients that resolve it; ``url`` always works.

        Raises RuntimeError for a site without a host name, and before start().
        """
        name, parts = self._mount.host_name, urlsplit(self.url)
        if not name:
            raise RuntimeError("this site has no host name; give it one: FakeJira(host_name='acme.localhost')")
        return f"http://{name}:{parts.port}"

    @property
    def cloud_id(self) -> str:
        """The cloud id of the site, by which the gateway's paths name it."""
        return self._mount.cloud_id

    # What Jira has stored

    @property
    def links(self) -> dict[Id, dict[str, Any]]:
        """By id, every link that is stored now, as the read operation would answer it.

        Of two apps' links with one id, that of the app installed last counts;
        ``app.links`` has those of one app.
        """
        with self._site.present():
            stored = sorted(self._site.store, key=lambda link: link.app == self._latest_app)
            return {link.id: copy.deepcopy(link.data) for link in stored}

    def link(self, id: Id) -> dict[str, Any] | None:
        """One link as it is stored now, None if it is not. Does not count as a read.

        Of two apps' links with that id, that of the app installed last counts;
        ``app.link(id)`` is that of one app.
        """
        with self._site.present():
            return next((copy.deepcopy(stored.data) for stored in self._stored_links(id)), None)

    def of(self, app: App | str) -> OneApp:
        """The assertion helpers, narrowed to what one app did: ``fake_jira.of(app).assert_stored("alert-1")``.

        ``app`` is what ``install()`` returned, or its key.
        """
        return OneApp(app if isinstance(app, str) else app.key, self.url, self._record, self._site, self._registry, self._expected)

    @property
    def pending(self) -> list[Write]:
        """Accepted writes that are not visible yet, in the order of their acceptance."""
        with self._site.present():
            return [write.public() for write in self._site.pending if not write.is_redelivery]

    def settle(self) -> None:
        """Let all pending writes arrive: in order, or, where the policy is to shuffle them, in its order."""
        with self._site.present():
            self._site.pending.settle()
            self._record.wake()

    def advance(self, seconds: float) -> None:
        """Move the site's clock on, and let arrive what is due by then. Raises ValueError for less than nothing."""
        with self._site.present():
            self._site.clock.advance(seconds)
            self._site.pending.arrive()
            self._record.wake()

    @property
    def arrivals(self) -> list[Write]:
        """Every write that has arrived, in the order in which it did; one that came twice stands there twice."""
        with self._site.present():
            return [write.public() for write in self._site.pending.arrivals]

    @property
    def arrived_under(self) -> Consistency:
        """The policy by which the writes of ``arrivals`` came: the site's own, or that of a search's last run."""
        return self._site.pending.arrived_under

    def explore(
        self,
        scenario: Callable[..., object],
        runs: int = 100,
        *,
        expected: Mapping[Id, Mapping[str, Any]] | None = None,
        check: Callable[[], object] | None = None,
        seed: int = 0,
    ) -> Exploration:
        """Run a scenario again and again, each time with another order in which its writes arrive.

        ``scenario`` makes the provider send its requests, and returns when it is
        done; it is called without arguments, or with this fake Jira if it takes
        one, and makes anew whatever has a memory. Every run starts from an empty site, with the trouble that was
        planned before. A read over HTTP lets the next of the writes that it
        could have shown arrive, after a few more if another is to come first,
        and at the end all do; nothing else lets them, so a provider that waits
        must ask. What is then stored must be what the
        order of sending leaves, or ``expected``: by id, fields of all the
        links; and ``check``, if given, must not raise.

        All orders that can make a difference are tried if they number at most
        ``runs``; otherwise those nearest to the order of sending, and others
        that follow from ``seed``. The record afterwards has what was there
        before, the last run, and whatever broke a rule in another.

        Raises AssertionError for the shortest order that was found to fail,
        ValueError for ``runs`` below 1, and TypeError for a coroutine.
        """
        __tracebackhide__ = True
        from pytest_remotelinks.view.explore import Explorer

        return Explorer(self, scenario, runs, expected, check, seed).explore()

    @contextmanager
    def _exploring(self) -> Iterator[None]:
        """Within the block the site starts over again and again; afterwards nothing that was recorded before is lost.

        Of the runs, the record keeps the last one, and of the others each
        request that broke a rule in a way that none before it did.
        """
        journal, faults = self._record, self._faults
        with self._site.present():
            earlier, journal.exchanges = journal.exchanges, []
            policy = self._site.pending.consistency
            planned = faults.snapshot()
        self._broken_in_runs: dict[tuple[str, str], Exchange] = {}
        try:
            yield
        finally:
            with self._site.present():
                kept = {id(exchange): exchange for exchange in (*self._broken_in_runs.values(), *journal.exchanges)}
                journal.exchanges = [*earlier, *kept.values()]
                self._site.pending.consistency = policy
                faults.restore(planned)

    @contextmanager
    def _run_under(self, policy: Consistency) -> Iterator[None]:
        """One run: it starts with an empty site and record, and with the trouble that was planned before the search."""
        with self._site.present():
            planned = self._faults.snapshot()
            self._faults.restore(planned)  # which ends what is counted and waited for
            self._site.pending.consistency = policy
            self._start_over()
        try:
            yield
        finally:
            with self._site.present():
                for exchange in self._record.exchanges:
                    for found in exchange.violations:
                        self._broken_in_runs.setdefault((found.code, found.pointer), exchange)
                self._faults.restore(planned)

    @property
    def known_issues(self) -> set[str] | None:
        """The issue keys and ids that exist: None for all, a set for only these."""
        return self._site.known_issues

    @known_issues.setter
    def known_issues(self, keys: set[str] | None) -> None:
        self._site.known_issues = _names("known_issues", keys)

    @property
    def known_services(self) -> set[str] | None:
        """The services that exist, by id or key: None for all, a set for only these."""
        return self._site.known_services

    @known_services.setter
    def known_services(self, keys: set[str] | None) -> None:
        self._site.known_services = _names("known_services", keys)

    # Faults
    #
    # ``times`` is how many requests a fault hits, ``after`` how many it lets
    # pass before, and ``operation`` narrows both: ``submit``, ``read``,
    # ``delete``, ``delete-by-properties``, or several of them. Requests to
    # ``/oauth/token`` meet planned faults only with ``operation="token"``;
    # maintenance, a new name and a rate limit hold for them too.

    def fail_next(
        self, status: int = 503, *, times: int = 1, operation: Operations = None, retry_after: int | None = None, after: int = 0
    ) -> Fault:
        """Refuse the next requests with a status from 400 to 599; they take no effect.

        ``retry_after`` is the response's Retry-After in seconds. As Jira does,
        the fake refuses a request of the same kind that comes before it has
        passed on the site's clock, and doubles the wait.
        """
        return self._faults.fail_next(status, times=times, operation=operation, retry_after=retry_after, after=after)

    def drop_connection(self, times: int = 1, *, operation: Operations = None, applied: bool = False, after: int = 0) -> Fault:
        """Close the connection of the next requests without an answer.

        Before the request is read, or, with ``applied``, after it took effect:
        the client cannot tell which.
        """
        return self._faults.drop_connection(times, operation=operation, applied=applied, after=after)

    def delay_next(self, delay: float, *, times: int = 1, operation: Operations = None, after: int = 0) -> Fault:
        """Answer the next requests ``delay`` seconds late, in real time; they take effect at once."""
        return self._faults.delay_next(delay, times=times, operation=operation, after=after)

    def garble_next(
        self, how: Literal["html", "truncated"] = "html", *, times: int = 1, operation: Operations = None, after: int = 0
    ) -> Fault:
        """Corrupt the responses to the next requests, which take effect: a page instead of JSON, or half of the body."""
        return self._faults.garble_next(how, times=times, operation=operation, after=after)

    def maintenance(self, retry_after: int | None = None) -> FaultBlock[Fault]:
        """Answer every request within the ``with`` block with 503; ``retry_after`` is in seconds."""
        return self._faults.maintenance(retry_after)

    def renamed(self) -> FaultBlock[str]:
        """Within the ``with`` block the site has another name, and its old URL answers 302; the block is given the new URL.

        A client that follows the redirect of a POST arrives as a GET, and is
        answered 405.
        """
        return self._faults.renamed(self.url)

    def reject(self, id: Id, message: str = "The remote link was rejected.") -> Fault:
        """Reject a link in every submission from now on, with this message."""
        return self._faults.reject(id, message)

    def rate_limit(self, requests: int | None = None, *, per: float = 60.0, cost: int | None = None) -> Fault:
        """Take so many requests in ``per`` seconds of the site's clock, or so much cost, and answer 429 to more.

        A request costs 1, one for a token too, and 1 more for each link that
        it submits. Every response then carries the published ``X-RateLimit``
        headers; a refusal also ``Retry-After``, which grows when it is ignored,
        and ``RateLimit-Reason``. Without numbers the limit is lifted.
        """
        return self._faults.rate_limit(requests, per=per, cost=cost)

    @property
    def unmet_faults(self) -> list[str]:
        """In words, the planned faults that no request has met, and the blocks that were never entered."""
        return self._faults.unmet()

    # What was recorded

    @property
    def requests(self) -> list[Exchange]:
        """Every request with its answer, in the order in which they took effect."""
        return list(self._record.exchanges)

    @property
    def submissions(self) -> list[Submission]:
        """Every submitted link, accepted or not, in order."""
        return list(self._record.submissions)

    @property
    def violations(self) -> list[RecordedViolation]:
        """Every breach of the contract, in order; those of ignored rules are not among them."""
        return list(self._record.violations)

    @property
    def strict(self) -> bool:
        """Whether violations fail the test, under pytest."""
        return self.settings.strict

    def __repr__(self) -> str:
        where = self._url if self._listener else "not running"
        return f"<FakeJira {where} contract={self.settings.contract} consistency={self.settings.consistency}>"


def _host_name(given: str | None) -> str:
    if given is None:
        return ""
    if not isinstance(given, str) or not _HOST_NAME.fullmatch(given):
        raise SettingsError(f"host_name must be a name such as 'acme.localhost', not {given!r}")
    return given.lower()


def _cloud_id(given: str | None) -> tuple[str, bool]:
    """The cloud id, and whether a test gave it."""
    if given is None:
        return str(uuid.uuid4()), False
    if not isinstance(given, str) or not _CLOUD_ID.fullmatch(given):
        raise SettingsError(f"cloud_id must be text that needs no percent-encoding, such as a UUID, not {given!r}")
    return given, True


def _names(what: str, given: Iterable[str] | None) -> set[str] | None:
    if given is None:
        return None
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(f"{what} is a set of strings such as {{'ABC-1'}}, or None for all, not {given!r}")
    return set(given)
