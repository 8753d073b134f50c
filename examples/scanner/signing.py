"""Sign requests as a Connect app does."""

from __future__ import annotations

import hashlib
import time
from urllib.parse import parse_qsl, quote, urlsplit

import jwt

LIFETIME = 180  # seconds


class Signer:
    """Makes Authorization values with the secret that Jira sent when the app was installed."""

    def __init__(self, app_key: str, shared_secret: str) -> None:
        self._app_key = app_key
        self._shared_secret = shared_secret

    def __call__(self, method: str, path_and_query: str) -> str:
        now = int(time.time())
        claims = {"iss": self._app_key, "iat": now, "exp": now + LIFETIME, "qsh": _query_hash(method, path_and_query)}
        return "JWT " + jwt.encode(claims, self._shared_secret, algorithm="HS256")


def _query_hash(method: str, path_and_query: str) -> str:
    url = urlsplit(path_and_query)
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(url.query, keep_blank_values=True):
        values.setdefault(_escaped(name), []).append(_escaped(value))
    query = "&".join(f"{name}={','.join(sorted(values[name]))}" for name in sorted(values))
    path = url.path.removesuffix("/").replace("&", "%26") or "/"
    return hashlib.sha256(f"{method}&{path}&{query}".encode()).hexdigest()


def _escaped(text: str) -> str:
    return quote(text, safe="~")
