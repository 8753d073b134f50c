"""The apps of a fake Jira: what a test installs, signs with and sees."""

from __future__ import annotations

import copy
import secrets
from abc import ABC
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.auth.clients import RequestAuth
from pytest_remotelinks.auth.jwt import sign
from pytest_remotelinks.contract.descriptor import load_descriptor
from pytest_remotelinks.jira.app import App
from pytest_remotelinks.jira.apps import TOKEN_LIFETIME, AppRegistry
from pytest_remotelinks.jira.backend import Backend
from pytest_remotelinks.jira.panel import ShownLink, shown_on
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.recording.record import Record
from pytest_remotelinks.settings import Settings
from pytest_remotelinks.wire.redact import Secret

#: Who signs while nothing was installed.
_NOBODYS_KEY = "app-under-test"


class Apps(ABC):
    """Installing apps, signing as they do, and what people see of what they sent."""

    settings: Settings
    _record: Record
    _site: Site
    _backend: Backend
    _registry: AppRegistry

    def __init__(self) -> None:
        super().__init__()
        #: The app that signs: the one installed last, even when it was uninstalled since.
        self._signer: App | None = None
        self._nobodys_secret: str | None = None
        self._handles: dict[str, App] = {}

    def install(self, descriptor: Mapping[str, Any] | str | Path, shared_secret: str | None = None, client_key: str | None = None) -> App:
        """Install an app; from then on the site verifies who sends.

        ``descriptor`` is a Connect descriptor, its bare remote link module or a
        Forge manifest: as a dictionary, or the path of a JSON or YAML file.
        Without a ``shared_secret`` the one of the settings counts, and without
        that a new one is made. An app of the same key is replaced, and its links stay.

        Raises DescriptorError for a descriptor that cannot be read or that
        breaks a rule (RL6xx), in one line.
        """
        read = load_descriptor(descriptor, self.settings.ignore)
        with self._site.present():
            secret = shared_secret if shared_secret is not None else self.settings.shared_secret
            app = App(self._registry.install(read, secret, client_key), _issue=self._issue, _read=self._links_of)
            self._handles[app.key] = self._signer = app
            self._forget_refusals()
        return app

    def uninstall(self, key: App | str | None = None) -> None:
        """Uninstall an app, by itself the one installed last, and delete at once all that it sent.

        ``key`` is the app's key, or what ``install()`` returned.
        What is under way never arrives, its tokens end, and installing it again
        brings nothing back. Raises ValueError for an app that is not installed.
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
            self._forget_refusals()
            self._record.wake()

    @property
    def app(self) -> App | None:
        """The app that was installed last, None while there is none."""
        latest = self._registry.latest
        return self._handles[latest.key] if latest is not None else None

    def authorization(self, method: str, path_and_query: str) -> str:
        """A valid ``Authorization`` value for one request; a signed one is good for 180 seconds.

        It is that of the app installed last, even if it was uninstalled since.
        ``path_and_query`` is what follows ``url``, percent-encoded as it is sent.
        """
        signer = self.app or self._signer
        if signer is not None and (signer.kind == "connect" or self.app is not None):
            return signer.authorization(method, path_and_query)
        if signer is not None:
            # The tokens of a Forge app end with it.
            return Secret(f"Bearer {secrets.token_urlsafe(32)}")
        if self._nobodys_secret is None:
            self._nobodys_secret = Secret(secrets.token_hex(32))
        return sign(method, path_and_query, _NOBODYS_KEY, self._nobodys_secret)

    @property
    def auth(self) -> RequestAuth:
        """Signs the requests of ``requests`` and ``httpx``: ``requests.get(url, auth=fake_jira.auth)``."""
        return RequestAuth(self.authorization)

    def token(self, scopes: Iterable[str] | str | None = None, expires_in: float = TOKEN_LIFETIME) -> str:
        """Issue a bearer token of the app installed last, for ``expires_in`` seconds on the site's clock.

        Without ``scopes`` it may do what the app may. Raises ValueError for a
        scope that a Forge app's manifest lacks, and where the last app was uninstalled.
        """
        app = self._registry.latest
        return self._issue(app.key if app is not None else "", scopes, expires_in)

    def issue(self, key: str) -> list[ShownLink]:
        """The links that people see on an issue, by its key or id as the links name it, the latest ``lastUpdated`` first."""
        return self._shown("issue", key)

    def service(self, key: str) -> list[ShownLink]:
        """The links that people see on a service, the latest ``lastUpdated`` first."""
        return self._shown("service", key)

    def _shown(self, kind: str, key: str) -> list[ShownLink]:
        with self._site.present():
            return shown_on(self._site, self._registry, kind, key)

    def _issue(self, key: str, scopes: Iterable[str] | str | None, expires_in: float) -> Secret:
        with self._site.present():
            return self._registry.issue(key, scopes, expires_in)

    def _links_of(self, key: str) -> dict[Id, dict[str, Any]]:
        with self._site.present():
            return {link.id: copy.deepcopy(link.data) for link in self._site.store if link.app == key}

    def _forget_refusals(self) -> None:
        self._backend.forget_refusals()
