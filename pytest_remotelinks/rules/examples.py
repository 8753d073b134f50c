"""What the examples of rules are made of: requests, descriptors and credentials, to read and to send."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.auth.jwt import encode
from pytest_remotelinks.auth.qsh import query_hash
from pytest_remotelinks.wire.times import provider_time

APP_KEY = "shop-scanner"
#: What the apps of examples sign with.
SHARED_SECRET = "an-example-of-a-shared-secret-0123456789"

#: Issues a bearer token, given its scopes and its life in seconds.
Issue = Callable[[Any, float], str]


@dataclass(frozen=True)
class Signed:
    """A Connect token. ``made`` and ``ends`` are seconds from now, ``hashed`` is the canonical form in ``qsh``."""

    hashed: str
    issuer: str | None = APP_KEY
    made: int = 0
    ends: int = 180
    algorithm: str = "HS256"
    secret: str = SHARED_SECRET
    #: The qsh itself, if it is not the hash of ``hashed``.
    qsh: str = ""

    @property
    def text(self) -> str:
        """The token to read."""
        issuer = f'"iss": "{self.issuer}", ' if self.issuer is not None else ""
        qsh = f'"{self.qsh}"' if self.qsh else f"SHA-256 of {self.hashed}"
        secret = "the shared secret" if self.secret == SHARED_SECRET else "another secret"
        claims = f'{{{issuer}"iat": {_moment(self.made)}, "exp": {_moment(self.ends)}, "qsh": {qsh}}}'
        return f"JWT {claims} with {self.algorithm} and {secret}"

    def value(self, issue: Issue) -> str:
        """The header's value."""
        now = int(provider_time())
        claims: dict[str, Any] = {"iat": now + self.made, "exp": now + self.ends}
        claims["qsh"] = self.qsh or query_hash(self.hashed)
        if self.issuer is not None:
            claims["iss"] = self.issuer
        return f"JWT {encode(claims, self.secret, self.algorithm)}"


@dataclass(frozen=True)
class Issued:
    """A bearer token that the site issues."""

    scopes: tuple[str, ...] | None = None
    expires_in: int = 900

    @property
    def text(self) -> str:
        """The token to read."""
        scopes = f"with the scopes {', '.join(self.scopes)}" if self.scopes is not None else "with all scopes of the app"
        return f"Bearer <a token that was issued {scopes}, for {self.expires_in} seconds>"

    def value(self, issue: Issue) -> str:
        """The header's value."""
        return f"Bearer {issue(self.scopes, self.expires_in)}"


def _moment(seconds: int) -> str:
    return "now" if seconds == 0 else f"now {'+' if seconds > 0 else '-'} {abs(seconds)}"


@dataclass(frozen=True)
class Sent:
    """One request of an example. ``body`` is a JSON value, or text that is sent as it is."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Any = None
    #: What its Authorization header is made of, unless that is one of the headers.
    credential: Signed | Issued | None = None
    #: Seconds that pass before it.
    after: float = 0
    #: The status with which Jira refuses it for no reason of its own, and the Retry-After (seconds) of that answer.
    refused: tuple[int, int | None] | None = None
    #: The id of a link in it that Jira rejects for no reason of its own.
    rejected: str | None = None

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        if self.body is None:
            return b""
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()

    @property
    def text(self) -> str:
        """The request to read; long lists and texts are shortened."""
        lines = [f"… {self.after:g} seconds later", ""] if self.after else []
        lines.append(f"{self.method} {self.target}")
        lines += [f"Authorization: {self.credential.text}"] if self.credential is not None else []
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body is not None:
            lines += ["", self.body if isinstance(self.body, str) else _json(self.body)]
        if self.refused is not None:
            status, wait = self.refused
            lines += ["", f"-> {status}" + (f", Retry-After: {wait}" if wait is not None else "")]
        if self.rejected is not None:
            lines += ["", f"-> 202, which rejects {self.rejected}"]
        return "\n".join(lines)


@dataclass(frozen=True)
class Example:
    """Requests in their order, or a descriptor, to be checked against a contract.

    ``settings`` are the arguments of ``FakeJira`` that the example needs.
    """

    requests: tuple[Sent, ...] = ()
    descriptor: Any = None
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The example to read. Of an installed app only what is special to the example is shown."""
        if self.descriptor is not None:
            return _json(self.descriptor)
        texts = [request.text for request in self.requests]
        if "app" in self.settings:
            special = _beyond(_DESCRIPTOR, self.settings["app"])
            texts.insert(0, f"The app {APP_KEY} is installed" + (f", with\n{_json(special)}" if special else "."))
        return "\n\n".join(texts)


def _json(value: Any) -> str:
    return json.dumps(_shortened(value), indent=2, ensure_ascii=False)


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list) and len(value) > 4:
        return [*(_shortened(inner) for inner in value[:2]), f"… {len(value) - 2} more, {len(value)} in all"]
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    if isinstance(value, str) and len(value) > 120:
        return f"{value[:40]}… {len(value)} characters in all"
    return value


def _beyond(usual: Any, value: Any) -> Any:
    """The members of an object that are not as usual."""
    if not isinstance(value, dict) or not isinstance(usual, dict):
        return value
    return {name: _beyond(usual.get(name), inner) for name, inner in value.items() if inner != usual.get(name)}


# Building them

SITE_BASE = REMOTE_LINKS.base
AUTHORIZATION = ("Authorization", "JWT aaaa.bbbb.cccc")
_JSON = ("Content-Type", "application/json")

LINK: dict[str, Any] = {
    "id": "alert-1",
    "updateSequenceNumber": 1,
    "displayName": "SQL injection in checkout",
    "url": "https://scanner.example/alerts/1",
    "type": "security",
    "lastUpdated": "2026-01-31T12:00:00Z",
}
_MODULE: dict[str, Any] = {"key": APP_KEY, "name": {"value": "Shop Scanner"}, "homeUrl": "https://scanner.example"}
_DESCRIPTOR: dict[str, Any] = {
    "key": APP_KEY,
    "baseUrl": "https://scanner.example",
    "scopes": ["READ", "WRITE", "DELETE"],
    "modules": {REMOTE_LINKS.connect_module: _MODULE},
}


def a_link(**members: Any) -> dict[str, Any]:
    """A valid link, some of its members replaced."""
    return {**LINK, **members}


def submission(*links: Any, headers: tuple[tuple[str, str], ...] = (AUTHORIZATION, _JSON), **envelope: Any) -> Sent:
    """A submission of links; of one valid link if none is given."""
    return Sent("POST", f"{SITE_BASE}/bulk", headers, {"remoteLinks": list(links) or [LINK], **envelope})


def submitted_text(text: str) -> Sent:
    """A submission whose body is a text."""
    return Sent("POST", f"{SITE_BASE}/bulk", (AUTHORIZATION, _JSON), text)


def call(method: str, path: str, *headers: tuple[str, str]) -> Sent:
    """A request without a body, to a path below the site's base."""
    return Sent(method, SITE_BASE + path, headers or (AUTHORIZATION,))


def after(seconds: float, request: Sent) -> Sent:
    """The request, sent so many seconds after the one before."""
    return replace(request, after=seconds)


def refused(request: Sent, status: int, retry_after: int | None = None) -> Sent:
    """The request, refused for no reason of its own."""
    return replace(request, refused=(status, retry_after))


def rejecting(link_id: str, request: Sent) -> Sent:
    """The submission, answered with 202 and the link rejected for no reason of its own."""
    return replace(request, rejected=link_id)


def example(*requests: Sent, **settings: Any) -> Example:
    """An example of requests."""
    return Example(requests, settings=settings)


def installed(*requests: Sent, module: dict[str, Any] | None = None, **members: Any) -> Example:
    """An example of an installed app's requests; members of its descriptor, or of its module, are replaced."""
    modules = {REMOTE_LINKS.connect_module: {**_MODULE, **(module or {})}}
    return Example(requests, settings={"app": {**_DESCRIPTOR, "modules": modules, **members}, "shared_secret": SHARED_SECRET})


def read_with(credential: Signed | Issued) -> Sent:
    """A read with a credential."""
    return Sent("GET", f"{SITE_BASE}/remotelink/alert-1", credential=credential)


def signed(hashed: str = f"GET&{SITE_BASE}/remotelink/alert-1&", **changes: Any) -> Signed:
    """The token of a read, or of another request by its canonical form."""
    return Signed(hashed, **changes)


def signed_submission(*links: Any) -> Sent:
    """A submission of links by the installed app."""
    unsigned = submission(*links)
    return Sent(unsigned.method, unsigned.target, (_JSON,), unsigned.body, signed(f"POST&{SITE_BASE}/bulk&"))
