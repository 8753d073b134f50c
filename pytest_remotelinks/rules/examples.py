"""The credentials of an example's request: told in words, and made when the request is sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

APP_KEY = "shop-scanner"
#: What the apps of examples sign with.
SHARED_SECRET = "an-example-of-a-shared-secret-0123456789"

#: Issues a bearer token, given its scopes and its life in seconds.
Issue = Callable[[Any, float], str]


@dataclass(frozen=True)
class Signed:
    """A Connect token; ``made`` and ``ends`` are seconds from now, ``hashed`` is the canonical form in ``qsh``."""

    hashed: str
    issuer: str | None = APP_KEY
    made: int = 0
    ends: int = 180
    algorithm: str = "HS256"
    secret: str = SHARED_SECRET
    #: A hash that stands there instead.
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
        now = int(time.time())
        claims: dict[str, Any] = {"iat": now + self.made, "exp": now + self.ends}
        claims["qsh"] = self.qsh or hashlib.sha256(self.hashed.encode()).hexdigest()
        if self.issuer is not None:
            claims["iss"] = self.issuer
        parts = [_part(json.dumps(part).encode()) for part in ({"alg": self.algorithm, "typ": "JWT"}, claims)]
        signature = hmac.digest(self.secret.encode(), ".".join(parts).encode(), self.algorithm.replace("HS", "sha"))
        return "JWT " + ".".join([*parts, _part(signature)])


@dataclass(frozen=True)
class Issued:
    """A bearer token that the site issues."""

    scopes: tuple[str, ...] | None = None
    expires_in: int = 900

    @property
    def text(self) -> str:
        """The token to read."""
        scopes = f"with the scopes {', '.join(self.scopes)}" if self.scopes is not None else "with all that the app may do"
        return f"Bearer <a token that was issued {scopes}, for {self.expires_in} seconds>"

    def value(self, issue: Issue) -> str:
        """The header's value."""
        return f"Bearer {issue(self.scopes, self.expires_in)}"


def _moment(seconds: int) -> str:
    return "now" if seconds == 0 else f"now {'+' if seconds > 0 else '-'} {abs(seconds)}"


def _part(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
