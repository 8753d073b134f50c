"""An installed app, as a test holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.auth.clients import RequestAuth
from pytest_remotelinks.auth.installation import InstalledApp
from pytest_remotelinks.auth.jwt import sign
from pytest_remotelinks.contract.descriptor import Action, Descriptor, Module
from pytest_remotelinks.wire.redact import Secret


@dataclass(frozen=True, eq=False, repr=False)
class App:
    """An app that a site knows, or knew: who it is, and what it signs with.

    A Connect app signs each request with ``shared_secret``; a Forge app sends
    bearer tokens. ``client_id`` and ``client_secret`` are for the
    client-credentials endpoint, ``/oauth/token``.
    """

    installed: InstalledApp
    _issue: Callable[[str, Iterable[str] | str | None, float], Secret]
    _read: Callable[[str], dict[Id, dict[str, Any]]]

    def __repr__(self) -> str:
        return f"<App {self.key} ({self.kind})>"

    @property
    def descriptor(self) -> Descriptor:
        return self.installed.descriptor

    @property
    def shared_secret(self) -> Secret:
        return self.installed.shared_secret

    @property
    def client_key(self) -> str:
        return self.installed.client_key

    @property
    def client_id(self) -> str:
        return self.installed.client_id

    @property
    def client_secret(self) -> Secret:
        return self.installed.client_secret

    @property
    def key(self) -> str:
        """The app's key: ``iss`` of a Connect app's tokens, ``app.id`` of a Forge app."""
        return self.installed.key

    @property
    def kind(self) -> Literal["connect", "forge"]:
        return self.installed.kind

    @property
    def scopes(self) -> frozenset[str] | None:
        """The scopes of the descriptor or manifest; None where it is a bare module, and all are granted."""
        return self.installed.scopes

    @property
    def modules(self) -> tuple[Module, ...]:
        """The remote link modules: one of a Connect app, any number of a Forge app."""
        return self.installed.modules

    @property
    def actions(self) -> dict[str, Action]:
        """The actions of the modules, by their ids."""
        return self.installed.actions

    @property
    def links(self) -> dict[Id, dict[str, Any]]:
        """By id, every link of the app that is stored now, as the read operation would answer it."""
        return self._read(self.key)

    def link(self, id: Id) -> dict[str, Any] | None:
        """One link of the app as it is stored now, None if it is not. Does not count as a read."""
        return self._read(self.key).get(id)

    @property
    def auth(self) -> RequestAuth:
        """Signs the requests of ``requests`` and ``httpx``: ``requests.get(url, auth=app.auth)``."""
        return RequestAuth(self.authorization)

    def authorization(self, method: str, path_and_query: str) -> str:
        """A valid ``Authorization`` value for one request: a token signed for it, or a Forge app's bearer token.

        ``path_and_query`` is what follows the site's ``url``, percent-encoded as it is sent.
        """
        if self.kind == "forge":
            return Secret(f"Bearer {self.token()}")
        return sign(method, path_and_query, self.key, self.shared_secret)

    def token(self, scopes: Iterable[str] | str | None = None, expires_in: float = 900) -> str:
        """Issue a bearer token of the app that lasts ``expires_in`` seconds on the site's clock.

        Without ``scopes`` it may do what the app may. Raises ValueError for a
        scope that a Forge app's manifest lacks, and where the app is not installed.
        """
        return self._issue(self.key, scopes, expires_in)
