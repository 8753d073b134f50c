"""The apps that a site has installed, and the bearer tokens that it issued."""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_remotelinks.auth.elsewhere import Place, remember_app, remember_token
from pytest_remotelinks.auth.installation import InstalledApp, IssuedToken
from pytest_remotelinks.auth.qsh import CanonicalRequest, canonical_requests
from pytest_remotelinks.contract.descriptor import Action, Descriptor
from pytest_remotelinks.jira.fault import seconds
from pytest_remotelinks.jira.pending import Clock
from pytest_remotelinks.rules.authorization import credentials_of
from pytest_remotelinks.rules.context import RequestContext
from pytest_remotelinks.rules.retries import AppHistory
from pytest_remotelinks.wire.redact import Secret
from pytest_remotelinks.wire.request import Request

#: Seconds for which a token of the client-credentials endpoint is valid; published.
TOKEN_LIFETIME = 900
#: How many earlier requests are kept to recognise a token that was made for one of them.
_RECENT = 200


class AppRegistry:
    """The installed apps of a site and their tokens.

    As long as no app was installed, credentials need only be well-formed. Not
    safe for several threads at once: the owner holds a lock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        #: The site, as others in this process know it.
        self.place = Place()
        #: By key, in the order of their installation.
        self._apps: dict[str, InstalledApp] = {}
        #: Whether credentials are verified: from the first installation on.
        self.verifies = False
        self._issued: dict[str, IssuedToken] = {}
        self._recent: deque[CanonicalRequest] = deque(maxlen=_RECENT)

    @property
    def latest(self) -> InstalledApp | None:
        """The app that was installed last."""
        return next(reversed(self._apps.values()), None)

    def get(self, key: str) -> InstalledApp | None:
        return self._apps.get(key)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the installed apps, in the order of their installation."""
        return tuple(self._apps)

    @property
    def actions(self) -> dict[str, dict[str, Action]]:
        """By the key of each installed app, its actions by their ids."""
        return {key: app.actions for key, app in self._apps.items()}

    def install(self, descriptor: Descriptor, shared_secret: str | None = None, client_key: str | None = None) -> InstalledApp:
        """Install an app; one of the same key is replaced. Secrets and keys that are not given are made.

        Raises ValueError for a secret or a client key that is not text.
        """
        for name, given in (("shared_secret", shared_secret), ("client_key", client_key)):
            if given is not None and (not isinstance(given, str) or not given):
                raise ValueError(f"{name} must be a string that is not empty")
        app = InstalledApp(
            descriptor=descriptor,
            shared_secret=Secret(shared_secret or secrets.token_hex(32)),
            client_key=client_key or str(uuid.uuid4()),
            client_id=secrets.token_urlsafe(24),
            client_secret=Secret(secrets.token_urlsafe(48)),
        )
        self._apps.pop(app.key, None)
        self._apps[app.key] = app
        self.verifies = True
        remember_app(self.place, app.key, app.shared_secret, app.client_id)
        return app

    def remove(self, key: str) -> None:
        """Forget an app, and end all of its tokens."""
        del self._apps[key]
        self._issued = {text: token for text, token in self._issued.items() if token.app != key}

    def issue(self, key: str, scopes: Iterable[str] | str | None, expires_in: float) -> Secret:
        """Issue a bearer token to the app. As long as no app was installed, the token belongs to none.

        Raises ValueError if the app is not installed, for a scope that its
        manifest lacks, and for an ``expires_in`` that is not a number of seconds.
        """
        app = self._apps.get(key)
        if app is None and self.verifies:
            raise ValueError(f"no app {key!r} is installed, so no token can be issued to it" if key else "no app is installed any more")
        granted = None if scopes is None else _scopes(scopes)
        if app is not None and app.kind == "forge" and granted is not None and app.scopes is not None:
            lacking = sorted(granted - app.scopes)
            if lacking:
                raise ValueError(f"the manifest of {key!r} does not ask for {', '.join(lacking)}; add it to permissions.scopes")
        ends = self._clock.now() + seconds("expires_in", expires_in)
        token = Secret(secrets.token_urlsafe(32))
        self._issued[token] = IssuedToken(key, granted, ends)
        remember_token(self.place, key, token)
        return token

    def knows_client(self, client_id: str) -> bool:
        """Whether an installed app has this client id."""
        return any(app.client_id == client_id for app in self._apps.values())

    def client(self, client_id: str, client_secret: str) -> InstalledApp | None:
        """The installed app with these client credentials."""
        for app in self._apps.values():
            if app.client_id == client_id and hmac.compare_digest(app.client_secret.encode(), client_secret.encode("utf-8", "replace")):
                return app
        return None

    def context(self, began: float, now: float, histories: Mapping[str, AppHistory], redirected: Mapping[str, str]) -> RequestContext:
        """What the rules may know about a request; times are in seconds since the epoch on the site's clock."""
        return RequestContext(began, now, histories, self._apps, self._issued, self._recent, redirected, self.verifies, self.place)

    def remember(self, request: Request) -> None:
        """Remember a signed request, so that its token is recognised if it is sent again with another request."""
        if self.verifies and credentials_of(request)[0] == "jwt":
            self._recent.append(canonical_requests(request)[0])


def _scopes(given: Any) -> frozenset[str]:
    named = given.split() if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(scope, str) and scope for scope in named):
        raise ValueError(f"scopes must be a list of strings, such as ['write:remote-link-info:jira'], not {given!r}")
    return frozenset(named)
