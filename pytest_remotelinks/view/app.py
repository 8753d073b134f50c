"""An installed app, as a test holds it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pytest_remotelinks.apis.api import Api
from pytest_remotelinks.auth.clients import RequestAuth
from pytest_remotelinks.auth.installation import InstalledApp
from pytest_remotelinks.auth.jwt import sign
from pytest_remotelinks.contract.descriptor import Action, Descriptor, Module
from pytest_remotelinks.jira.apps import TOKEN_LIFETIME, AppRegistry
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.view.view import View
from pytest_remotelinks.wire.redact import Secret


class App(View):
    """An app that a site has, or had, installed: its credentials, and what it did.

    Everything that ``fake_jira`` shows, asserts and waits for, it does for this
    app alone: ``app.links``, ``app.requests``, ``app.assert_stored("alert-1")``.
    A request whose sender the site cannot identify belongs to no app.

    A Connect app signs each request with ``shared_secret``; a Forge app sends
    bearer tokens. ``client_id`` and ``client_secret`` are for the
    client-credentials endpoint, ``/oauth/token``.
    """

    def __init__(self, site: Site, registry: AppRegistry, apis: tuple[Api, ...], installed: InstalledApp) -> None:
        super().__init__(site, registry, apis, installed.key)
        self._installed = installed

    def __repr__(self) -> str:
        return f"<App {self.key} ({self.kind})>"

    # Who it is

    @property
    def key(self) -> str:
        """The app's key: ``iss`` of a Connect app's tokens, ``app.id`` of a Forge app."""
        return self._installed.key

    @property
    def kind(self) -> Literal["connect", "forge"]:
        """Whether it is a Connect app or a Forge app."""
        return self._installed.kind

    @property
    def descriptor(self) -> Descriptor:
        """Its descriptor or manifest, as it was read."""
        return self._installed.descriptor

    @property
    def scopes(self) -> frozenset[str] | None:
        """The scopes of the descriptor or manifest; None for a bare module or modules alone, which may do everything."""
        return self._installed.scopes

    @property
    def modules(self) -> tuple[Module, ...]:
        """The remote link modules: one of a Connect app, any number of a Forge app."""
        return self._installed.modules

    @property
    def actions(self) -> dict[str, Action]:
        """The actions of the modules, by their ids."""
        return self._installed.actions

    # Its credentials

    @property
    def shared_secret(self) -> str:
        """The secret that a Connect app signs with."""
        return self._installed.shared_secret

    @property
    def client_key(self) -> str:
        """The site's name for itself towards a Connect app."""
        return self._installed.client_key

    @property
    def client_id(self) -> str:
        """The client id for ``/oauth/token``."""
        return self._installed.client_id

    @property
    def client_secret(self) -> str:
        """The client secret for ``/oauth/token``."""
        return self._installed.client_secret

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

    def token(self, scopes: Iterable[str] | str | None = None, expires_in: float = TOKEN_LIFETIME) -> str:
        """Issue a bearer token of the app that is valid for ``expires_in`` seconds on the site's clock.

        Without ``scopes`` it allows all that the app may do. Raises ValueError
        for a scope that a Forge app's manifest lacks, and if the app is not installed.
        """
        with self._site.present():
            return self._registry.issue(self.key, scopes, expires_in)
