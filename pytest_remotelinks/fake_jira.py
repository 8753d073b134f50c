"""The fake Jira that tests use."""

from __future__ import annotations

import re
import secrets
import uuid
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.auth.clients import RequestAuth
from pytest_remotelinks.auth.elsewhere import remember_app
from pytest_remotelinks.auth.jwt import sign
from pytest_remotelinks.contract.diff.versions import successor
from pytest_remotelinks.contract.document import NEWEST, Document, load_document
from pytest_remotelinks.jira.apps import TOKEN_LIFETIME, AppRegistry
from pytest_remotelinks.jira.backend import Backend
from pytest_remotelinks.jira.consistency import Policy
from pytest_remotelinks.jira.fault import Fault, FaultBlock, Operations
from pytest_remotelinks.jira.faults import Faults
from pytest_remotelinks.jira.rate_limit import LONGEST_WAIT
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.reports.warning import RemoteLinksWarning
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.rules.descriptor import load_descriptor
from pytest_remotelinks.rules.request import BYTE_LIMIT
from pytest_remotelinks.server.listener import Listener
from pytest_remotelinks.server.routing import Mount
from pytest_remotelinks.settings import Settings, SettingsError, UnmetFaults
from pytest_remotelinks.view.app import App
from pytest_remotelinks.view.view import View
from pytest_remotelinks.wire.redact import Secret, secret_argument

if TYPE_CHECKING:
    from pytest_remotelinks.view.explore import Exploration

_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)
_CLOUD_ID = re.compile(r"[A-Za-z0-9._~-]+")
#: The app that signs as long as no app was installed.
_DEFAULT_APP = "app-under-test"


class FakeJira(View):
    """A Jira site that has the Remote Links API, served on a port of this machine.

    As a context manager it is started and stopped::

        with FakeJira() as jira:
            upload(base_url=jira.url)
            jira.assert_submitted("alert-1")

    In a process that was forked from the one that started it, only ``url``,
    ``auth`` and ``authorization()`` can be used; all else raises RuntimeError.

    Args:
        contract: The version to test against (``2023-06``, ``2026-06``) or the path of an OpenAPI document.
        consistency: When writes become visible: a policy or its name, or a
            mapping with one for each of ``submit``, ``delete`` and ``delete-by-properties``.
        strict: Whether violations of severity ``error`` fail a pytest test.
        ignore: Rules that don't apply, by code or by the beginning of a code: ``["RL206", "RL3"]``.
        next_contract: A newer contract; a request that only this one refuses is
            a warning (RL901). By default the bundled contract that follows ``contract``.
        byte_limit: The largest size of a body in bytes; a larger one is refused with 413.
        host: The address to listen on, or a name for it.
        port: The port to listen on; 0 for a free one.
        app: The descriptor or manifest of an app to install, or the path of its file.
        shared_secret: What that app signs with. By default a new secret is made.
        host_name: The site's host name, where several sites share one listener: ``acme.localhost``.
        cloud_id: The site's cloud id; by default a new one is made.
        unmet_faults: What a planned fault that no request met means for a
            pytest test: ``error``, ``warn`` or ``ignore``.

    Raises:
        SettingsError: A ValueError: an argument has a value that cannot be used.
        ContractError: A contract cannot be read or used.
        DescriptorError: The app's descriptor cannot be read, or violates a rule (RL6xx).
    """

    #: Documents of further APIs that the site answers.
    _other_documents: tuple[Document, ...] = ()

    def __init__(
        self,
        contract: str | Path = NEWEST,
        consistency: Policy | str | Mapping[str, Policy | str] = "after-reads:1",
        strict: bool = True,
        ignore: str | tuple[str, ...] | list[str] = (),
        *,
        next_contract: str | Path | None = None,
        byte_limit: int = BYTE_LIMIT,
        host: str = "127.0.0.1",
        port: int = 0,
        app: Mapping[str, Any] | str | Path | None = None,
        shared_secret: str | None = None,
        host_name: str | None = None,
        cloud_id: str | None = None,
        unmet_faults: UnmetFaults = "warn",
    ) -> None:
        # A frame of a failure is shown with its arguments.
        shared_secret = secret_argument(shared_secret)
        settings = Settings.merged(
            {"contract": contract, "consistency": consistency, "strict": strict, "ignore": ignore, "next_contract": next_contract},
            {"app": app, "shared_secret": shared_secret, "unmet_faults": unmet_faults},
        )
        self._settings = settings
        self._address = host, _port(port)
        self._document = document = load_document(settings.contract)
        newer = load_document(settings.next_contract) if settings.next_contract else successor(document)
        site = Site(settings.policy)
        registry = AppRegistry(site.clock)
        super().__init__(site, registry, (document.api, *(other.api for other in self._other_documents)))
        self._faults = Faults(site)
        checkers = [
            Checker(document, settings.ignore, byte_limit, newer),
            *(Checker(other, settings.ignore, byte_limit) for other in self._other_documents),
        ]
        self._backend = Backend(checkers, site, self._faults, registry)
        self._mount = Mount(self._backend, *_cloud_id(cloud_id), _host_name(host_name))
        self._listener: Listener | None = None
        self._owns_listener = False
        #: By key, every app that was installed.
        self._apps: dict[str, App] = {}
        #: The app that signs: the one that was installed last, even if it was uninstalled since.
        self._signer: App | None = None
        self._default_secret: str | None = None
        if settings.app is not None:
            self.install(settings.app)

    def __repr__(self) -> str:
        where = self._site.url if self._listener else "not running"
        return f"<FakeJira {where} contract={self._settings.contract} consistency={self._settings.consistency}>"

    @property
    def settings(self) -> Settings:
        """The settings, checked."""
        return self._settings

    @property
    def strict(self) -> bool:
        """Whether violations of severity ``error`` fail a pytest test."""
        return self._settings.strict

    # Running

    def start(self, listener: Listener | None = None) -> FakeJira:
        """Listen, on a listener that runs already or on a new one.

        Raises OSError for an address that cannot be listened on, and
        RuntimeError if this fake Jira is running already.
        """
        if self._listener is not None:
            raise RuntimeError("this fake Jira is running already")
        self._owns_listener = listener is None
        if listener is None:
            listener = Listener(*self._address)
            listener.start()
        self._backend.abandoned.clear()
        self._site.url = listener.sites.add(self._mount, listener.url)
        self._registry.place.url, self._registry.place.is_running = self._site.url, True
        self._site.neighbours = lambda: tuple(other.site for other in listener.sites.others(self._backend))
        self._listener = listener
        return self

    def stop(self) -> None:
        """Stop listening. What was recorded and stored can still be read. In a forked child, nothing happens."""
        listener, self._listener = self._listener, None
        if listener is None or self._site.record.changed.is_forked:
            return
        self._registry.place.is_running = False
        listener.sites.remove(self._backend)
        self._backend.abandon_waiting()
        if self._owns_listener:
            listener.stop()

    def reset(self) -> None:
        """Forget everything recorded, stored, planned and made known; settings, installed apps and the clock stay."""
        with self._site.present():
            self._site.record.clear()
            self._site.forget()
            self._site.forget_known()
            self._backend.forget()
            self._faults.clear()
            self._site.record.wake()

    def __enter__(self) -> FakeJira:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()

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

    # When writes arrive

    def settle(self) -> None:
        """Let all pending writes arrive: in order, or, if the policy shuffles them, in its order."""
        self._site.settle()

    def advance(self, seconds: float) -> None:
        """Move the site's clock on, and let the writes arrive that are due by then. Raises ValueError for less than 0 seconds."""
        with self._site.present():
            self._site.clock.advance(seconds)
            self._site.pending.arrive()
            self._site.record.wake()

    @property
    def arrived_under(self) -> Policy:
        """The policy under which the writes of ``arrivals`` arrived: the site's own, or that of the last run of ``explore()``."""
        return self._site.pending.arrived_under

    @property
    def awaited_writes(self) -> list[str]:
        """In words, the accepted writes that are not visible yet, and what each of them waits for."""
        with self._site.present():
            return self._site.pending.awaited()

    def explore(
        self,
        scenario: Callable[[FakeJira], object],
        runs: int = 100,
        *,
        expected: Mapping[Id, Mapping[str, Any]] | None = None,
        check: Callable[[], object] | None = None,
        seed: int = 0,
    ) -> Exploration:
        """Run a scenario again and again, each time with another order in which its writes arrive.

        ``scenario`` is called with this fake Jira. It makes the provider send
        its requests and returns when the provider is done, also with what it
        sends in the background; it makes anew everything that has a memory.
        Ids, numbers and times may differ from run to run. Every run starts with
        an empty site and with the faults that were planned before. Each read
        over HTTP lets one write arrive that it could have shown, after more
        reads if another write comes first, and at the end all of them arrive.
        Nothing else lets one arrive, so a provider that waits must read.

        What is then stored must be what the order of sending leaves of the
        same run's writes, or ``expected``: by id, fields of all the links.
        ``check``, if given, is called without arguments; it must not raise,
        and must not return False.

        All orders that can make a difference are tried if they number at most
        ``runs``; otherwise those nearest to the order of sending, and others
        that follow from ``seed``. The record afterwards has the requests from
        before, those of the last run, and of the other runs those that
        violated a rule.

        Raises AssertionError for the shortest order found that makes the
        scenario fail, and if the search cannot say: the scenario writes
        nothing, goes on after it has returned, or does not do the same each
        time. Raises ValueError for ``runs`` below 1, and TypeError for a
        scenario that is a coroutine or takes no argument.
        """
        __tracebackhide__ = True
        from pytest_remotelinks.view.explore import Explorer

        return Explorer(self, self._site, self._backend, self._faults, scenario, runs, expected, check, seed).explore()

    # What the site knows

    @property
    def known_issues(self) -> set[str] | None:
        """The issue keys and ids that exist: None for all, a set for only these. Setting a text raises TypeError."""
        return self._site.known_issues

    @known_issues.setter
    def known_issues(self, keys: set[str] | None) -> None:
        with self._site.present():
            self._site.known_issues = _names("known_issues", keys)

    @property
    def known_services(self) -> set[str] | None:
        """The services that exist, by id or key: None for all, a set for only these. Setting a text raises TypeError."""
        return self._site.known_services

    @known_services.setter
    def known_services(self, keys: set[str] | None) -> None:
        with self._site.present():
            self._site.known_services = _names("known_services", keys)

    # Apps

    def install(self, descriptor: Mapping[str, Any] | str | Path, shared_secret: str | None = None, client_key: str | None = None) -> App:
        """Install an app, and return it; from then on the site verifies credentials.

        Args:
            descriptor: A Connect descriptor, its bare remote link module or a
                Forge manifest: as a dictionary, or the path of a JSON or YAML file.
            shared_secret: What the app signs with; by default that of the settings, or else a new one.
            client_key: The site's name for itself towards a Connect app; by default a new one.

        An app with the same key is replaced, and its links stay. What
        ``remotelinks check`` calls an error raises DescriptorError, in one line,
        as a file does that cannot be read; what it calls a warning becomes a
        RemoteLinksWarning, which never fails. Raises ValueError for a secret or
        key that is not text.
        """
        # A frame of a failure is shown with its arguments.
        shared_secret = secret_argument(shared_secret)
        read, found = load_descriptor(descriptor, self._document, self._settings.ignore)
        for warning in found:
            # Jira installs the app all the same, so this does not fail where warnings are errors.
            with suppress(RemoteLinksWarning):
                warnings.warn(warning, RemoteLinksWarning, stacklevel=2)
        with self._site.present():
            secret = shared_secret if shared_secret is not None else self._settings.shared_secret
            app = App(self._site, self._registry, self._apis, self._registry.install(read, secret, client_key))
            self._apps[app.key] = self._signer = app
            self._backend.forget_refusals()
        return app

    def uninstall(self, key: App | str | None = None) -> None:
        """Uninstall an app, and delete at once everything that it sent. By default it is the app installed last.

        ``key`` is the app's key, or what ``install()`` returned. Its pending
        writes never arrive, its tokens end, and installing it again brings
        nothing back. Raises ValueError for an app that is not installed.
        """
        key = key.key if isinstance(key, App) else key
        with self._site.present():
            installed = ", ".join(map(repr, self._registry.keys)) or "none"
            app = self._registry.latest if key is None else self._registry.get(key)
            if app is None:
                raise ValueError(f"no app {key!r} is installed; installed: {installed}" if key else "no app is installed")
            self._registry.remove(app.key)
            self._site.remove_app(app.key)
            self._backend.forget_app(app.key)
            self._backend.forget_refusals()
            self._site.record.wake()

    @property
    def app(self) -> App | None:
        """The app that was installed last, None while no app is installed."""
        latest = self._registry.latest
        return self._apps[latest.key] if latest is not None else None

    def authorization(self, method: str, path_and_query: str) -> str:
        """A valid ``Authorization`` value for one request, of the app installed last; a signed one is valid for 180 seconds.

        ``path_and_query`` is what follows ``url``, percent-encoded as it is
        sent. The app signs also after it was uninstalled; while no app was
        installed, a default app does.
        """
        signer = self.app or self._signer
        if signer is not None and (signer.kind == "connect" or self.app is not None):
            return signer.authorization(method, path_and_query)
        if signer is not None:
            # The tokens of a Forge app end when it is uninstalled.
            return Secret(f"Bearer {secrets.token_urlsafe(32)}")
        if self._default_secret is None:
            self._default_secret = Secret(secrets.token_hex(32))
            remember_app(self._registry.place, _DEFAULT_APP, self._default_secret)
        return sign(method, path_and_query, _DEFAULT_APP, self._default_secret)

    @property
    def auth(self) -> RequestAuth:
        """Signs the requests of ``requests`` and ``httpx``: ``requests.get(url, auth=fake_jira.auth)``."""
        return RequestAuth(self.authorization)

    def token(self, scopes: Iterable[str] | str | None = None, expires_in: float = TOKEN_LIFETIME) -> str:
        """Issue a bearer token of the app installed last, valid for ``expires_in`` seconds on the site's clock.

        Without ``scopes`` it allows all that the app may do. Raises ValueError
        for a scope that a Forge app's manifest lacks, and if the last app was uninstalled.
        """
        with self._site.present():
            return self._registry.issue(self._latest_app, scopes, expires_in)

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
        passed on the site's clock, and doubles the wait. Raises ValueError for
        an argument that cannot be used; so do the other faults.
        """
        return self._faults.fail_next(status, times=times, operation=operation, retry_after=retry_after, after=after)

    def drop_connection(self, times: int = 1, *, operation: Operations = None, applied: bool = False, after: int = 0) -> Fault:
        """Close the connection of the next requests without an answer.

        Before the request is read, or, with ``applied``, after it took effect:
        the client cannot tell which. Without ``applied`` requests count as soon
        as their heads have arrived.
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
        answered 405. Raises ValueError if the site's host has no second name.
        """
        return self._faults.renamed(self.url)

    def reject(self, id: Id, message: str = "The remote link was rejected.") -> Fault:
        """Reject a link in every submission from now on, with this message."""
        return self._faults.reject(id, message)

    def rate_limit(
        self, requests: int | None = None, *, per: float = 60.0, cost: int | None = None, longest_wait: int = LONGEST_WAIT
    ) -> Fault:
        """Take so many requests in ``per`` seconds of the site's clock, or so much cost, and answer 429 to more.

        A request costs 1, one for a token too, and 1 more for each link that
        it submits. Every response then carries the published ``X-RateLimit``
        headers; a refusal also ``RateLimit-Reason`` and ``Retry-After``, which
        doubles when it is ignored, up to ``longest_wait`` seconds. Without
        numbers the limit is lifted.
        """
        return self._faults.rate_limit(requests, per=per, cost=cost, longest_wait=longest_wait)

    @property
    def unmet_faults(self) -> list[str]:
        """In words, the planned faults that no request has met, and the blocks that were never entered."""
        return self._faults.unmet()


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


def _port(given: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= 65535:
        raise SettingsError(f"port must be a number from 0 to 65535, 0 for a free port, not {given!r}")
    return given


def _names(what: str, given: Iterable[str] | None) -> set[str] | None:
    if given is None:
        return None
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(f"{what} is a set of strings such as {{'ABC-1'}}, or None for all, not {given!r}")
    return set(given)
