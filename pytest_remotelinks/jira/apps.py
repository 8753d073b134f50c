"""Who may send: the installed apps of one site, the tokens that were issued, and the credentials of a request."""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Iterable
from typing import Any

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.auth.installation import InstalledApp, IssuedToken
from pytest_remotelinks.auth.jwt import NoToken, read_token
from pytest_remotelinks.auth.qsh import canonical_requests, query_hash
from pytest_remotelinks.contract.descriptor import Action, Descriptor
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.jira.clock import Clock
from pytest_remotelinks.rules.authorization import RL505, RL514, RL515, RL516, check_well_formed
from pytest_remotelinks.rules.scopes import check_connect_scope, check_oauth_scope, names_oauth
from pytest_remotelinks.rules.token import check_token
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.redact import Secret
from pytest_remotelinks.wire.request import Request

#: Seconds for which the client-credentials endpoint lets a token live; published.
TOKEN_LIFETIME = 900
#: How many earlier requests are kept to recognise a token that was made for one of them.
_RECENT = 200
_PLACE = "#header/Authorization"


class AppRegistry:
    """The installed apps of a site and their tokens.

    While no app was ever installed, credentials need only be well-formed. Not
    safe for several threads at once: the owner holds a lock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        #: By key, in the order of their installation.
        self._apps: dict[str, InstalledApp] = {}
        #: Whether credentials are verified: from the first installation on.
        self.verifies = False
        self._issued: dict[str, IssuedToken] = {}
        self._recent: dict[str, str] = {}

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
        return app

    def remove(self, key: str) -> None:
        """Forget an app and all of its tokens."""
        del self._apps[key]
        self._issued = {text: token for text, token in self._issued.items() if token.app != key}

    def issue(self, key: str, scopes: Iterable[str] | str | None, expires_in: float) -> Secret:
        """A new bearer token of the app; of nobody in particular while no app was ever installed.

        Raises ValueError where the app is not installed, for a scope that its
        manifest lacks, and for a life that is no number of seconds.
        """
        app = self._apps.get(key)
        if app is None and self.verifies:
            raise ValueError(f"no app {key!r} is installed, so no token can be issued to it" if key else "no app is installed any more")
        granted = None if scopes is None else _scopes(scopes)
        if app is not None and app.kind == "forge" and granted is not None and app.scopes is not None:
            lacking = sorted(granted - app.scopes)
            if lacking:
                raise ValueError(f"the manifest of {key!r} does not ask for {', '.join(lacking)}; add it to permissions.scopes")
        if isinstance(expires_in, bool) or not isinstance(expires_in, (int, float)) or not 0 <= expires_in < float("inf"):
            raise ValueError(f"expires_in must be a number of seconds, not {expires_in!r}")
        token = Secret(secrets.token_urlsafe(32))
        self._issued[token] = IssuedToken(key, granted, self._clock.now() + expires_in)
        return token

    def knows_client(self, client_id: str) -> bool:
        """Whether an installed app has this client id, which is no secret."""
        return any(app.client_id == client_id for app in self._apps.values())

    def client(self, client_id: str, client_secret: str) -> InstalledApp | None:
        """The installed app that these client credentials are of."""
        for app in self._apps.values():
            if app.client_id == client_id and hmac.compare_digest(app.client_secret.encode(), client_secret.encode("utf-8", "replace")):
                return app
        return None

    def authorize(self, violations: Violations, request: Request, operation: Operation | None, document: Document) -> str:
        """Judge a request's credentials and return the key of the app that sent it, empty where that is unknown."""
        check_well_formed(violations, request.headers, document.accepts_basic)
        parts = request.headers.get("Authorization", "").split(None, 1)
        scheme, credential = (*(part.strip() for part in parts), "", "")[:2]
        scheme = scheme.lower()
        token = self._issued.get(credential) if scheme == "bearer" else None
        if not self.verifies:
            if token is not None:
                self._check_bearer(violations, token, None, operation, document)
            return ""
        app = self._sender(violations, request, scheme, credential, token, document) if 401 not in violations.refusals else None
        if app is None:
            if self.latest is None or 401 in violations.refusals:
                return ""
            # Where only an ignored rule keeps a request out, it counts for the app that was installed last.
            app = self.latest
        if not app.modules:
            violations.add(
                RL514,
                f"the app {app.key!a} has no remote link module",
                _PLACE,
                "add jiraRemoteLinkInfoProvider to the descriptor, or devops:remoteLinkInfoProvider to the manifest",
            )
        if token is not None:
            self._check_bearer(violations, token, app, operation, document)
        elif scheme != "basic":
            _check_scopes_of(violations, app, operation, document)
        return app.key

    def _sender(
        self, violations: Violations, request: Request, scheme: str, credential: str, token: IssuedToken | None, document: Document
    ) -> InstalledApp | None:
        if scheme == "jwt":
            shared = {key: app.shared_secret for key, app in self._apps.items() if app.kind == "connect"}
            unsigned, last = self._apps.keys() - shared.keys(), self.latest.key if self.latest is not None else None
            key = check_token(violations, credential, request, shared, self._recent, unsigned, last)
            self._remember(request)
            return self._apps[key] if key is not None else None
        if scheme == "bearer":
            if token is None or token.app not in self._apps:
                violations.add(
                    RL515, "the bearer token was not issued here to an installed app", _PLACE, self._bearer_hint(credential, document)
                )
                return None
            return self._apps[token.app]
        if self.latest is None:
            violations.add(RL505, "no app is installed here any more", _PLACE, "install the app before it sends anything")
        # Basic credentials name a person, and no app.
        return self.latest

    def _bearer_hint(self, credential: str, document: Document) -> str:
        try:
            claims = read_token(credential).claims
        except NoToken:
            claims = {}
        if "qsh" in claims or claims.get("iss") in self.keys:
            return "it is a token that an app signs: send it as 'JWT <token>'"
        if names_oauth(document):
            return "ask /oauth/token for one, or take one from fake_jira.token(scopes=[…])"
        return "take one from fake_jira.token(), or sign the request and send 'JWT <token>', as the contract has it"

    def _remember(self, request: Request) -> None:
        canonical = canonical_requests(request)[0]
        self._recent[query_hash(canonical)] = canonical
        if len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]

    def _check_bearer(
        self, violations: Violations, token: IssuedToken, app: InstalledApp | None, operation: Operation | None, document: Document
    ) -> None:
        late = self._clock.now() - token.ends
        if late >= 0:
            violations.add(
                RL516, f"the bearer token ended {late:.0f} seconds ago", _PLACE, "ask for a new one before expires_in has passed"
            )
        if token.scopes is None:
            if app is not None:
                _check_scopes_of(violations, app, operation, document)
        elif operation is not None:
            check_oauth_scope(violations, document, operation, token.scopes)


def _check_scopes_of(violations: Violations, app: InstalledApp, operation: Operation | None, document: Document) -> None:
    if operation is not None and app.scopes is not None:
        check = check_oauth_scope if app.kind == "forge" else check_connect_scope
        check(violations, document, operation, app.scopes)


def _scopes(given: Any) -> frozenset[str]:
    named = given.split() if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(scope, str) and scope for scope in named):
        raise ValueError(f"scopes must be a list of strings, such as ['write:remote-link-info:jira'], not {given!r}")
    return frozenset(named)
