"""The Authorization value that a Connect app sends: a JWT bound to one request."""

from __future__ import annotations

import hashlib
import time
from urllib.parse import quote, unquote_plus

#: Seconds for which Connect apps usually let a token live.
LIFETIME = 180


def canonical_request(method: str, path_and_query: str) -> str:
    """The published canonical form of a request, over which ``qsh`` is computed."""
    path, _, query = path_and_query.partition("#")[0].partition("?")
    path = path.rstrip("/").replace("&", "%26") or "/"
    values: dict[str, list[str]] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name and unquote_plus(name) != "jwt":
            values.setdefault(_encoded(name), []).append(_encoded(value))
    parameters = "&".join(f"{name}={','.join(sorted(values[name]))}" for name in sorted(values))
    return f"{method.upper()}&{path}&{parameters}"


def sign(method: str, path_and_query: str, issuer: str, secret: str) -> str:
    """``JWT <token>`` for one request, signed with HS256 and valid for LIFETIME seconds."""
    import jwt

    now = int(time.time())
    digest = hashlib.sha256(canonical_request(method, path_and_query).encode()).hexdigest()
    token = jwt.encode({"iss": issuer, "iat": now, "exp": now + LIFETIME, "qsh": digest}, secret, algorithm="HS256")
    return f"JWT {token}"


def _encoded(part: str) -> str:
    return quote(unquote_plus(part), safe="~")
