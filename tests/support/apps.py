"""A descriptor with two actions, and a token made as the published text says."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jwt.api_jws import PyJWS

APP_KEY = "com.scanner.shop"
SECRET = "a shared secret of forty characters, too"

DESCRIPTOR: dict[str, Any] = {
    "key": APP_KEY,
    "name": "Shop Scanner",
    "baseUrl": "https://scanner.example",
    "authentication": {"type": "jwt"},
    "scopes": ["READ", "WRITE", "DELETE"],
    "modules": {
        "jiraRemoteLinkInfoProvider": {
            "key": "shop-scanner",
            "name": {"value": "Shop Scanner"},
            "homeUrl": "https://scanner.example",
            "actions": [
                {
                    "actionId": "dismiss",
                    "actionLabel": {"value": {"value": "Dismiss"}},
                    "templateUrl": "https://scanner.example/dismiss?alert={alert}&in={repository}",
                },
                {
                    "actionId": "settings",
                    "actionLabel": {"value": {"value": "Settings"}},
                    "templateUrl": "https://scanner.example/settings",
                },
            ],
        }
    },
}

UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def rfc3986(text: str) -> str:
    return "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in text.encode())


def published_form(method: str, url: str) -> str:
    """METHOD&path&query, from the published text and nothing of the package."""
    parts = urlsplit(url)
    path = parts.path[:-1] if parts.path.endswith("/") else parts.path
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name != "jwt":
            values.setdefault(rfc3986(name), []).append(rfc3986(value))
    query = "&".join(f"{name}={','.join(sorted(found))}" for name, found in sorted(values.items()))
    return f"{method.upper()}&{path.replace('&', '%26') or '/'}&{query}"


def published_token(method: str, url: str, *, key: str = SECRET, algorithm: str = "HS256", headers: Any = None, **changes: Any) -> str:
    """``JWT <token>`` by PyJWT; a claim that is given as None is left out."""
    now = int(time.time())
    qsh = hashlib.sha256(published_form(method, url).encode()).hexdigest()
    claims = {"iss": APP_KEY, "iat": now, "exp": now + 180, "qsh": qsh, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # some of the secrets are short
        return "JWT " + PyJWS().encode(json.dumps(claims).encode(), key, algorithm=algorithm, headers=headers)
