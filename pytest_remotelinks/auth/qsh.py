"""The canonical form of a request and its hash, which is the claim ``qsh`` of a Connect app's token."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, unquote_plus

from pytest_remotelinks.wire.request import Request

#: The parameter that may hold the token itself; it is not hashed.
TOKEN_PARAMETER = "jwt"
# A client of the gateway has this in its base URL, which the canonical form leaves out.
_GATEWAY = re.compile(r"/ex/jira/[^/]+(?=/)")


@dataclass(frozen=True)
class CanonicalRequest:
    """A request in its canonical form. ``path`` and ``query`` are as they were sent, the path without a base URL."""

    method: str
    path: str
    query: str

    @cached_property
    def text(self) -> str:
        """``METHOD&path&query``."""
        return f"{self.method.upper()}&{canonical_path(self.path)}&{canonical_query(self.query)}"

    @cached_property
    def hash(self) -> str:
        """The value of ``qsh``."""
        return query_hash(self.text)


def canonical_request(method: str, path_and_query: str) -> str:
    """``METHOD&path&query`` of a path without base URL and a query, percent-encoded as they are sent."""
    return _canonical(method, path_and_query).text


def canonical_requests(request: Request) -> tuple[CanonicalRequest, ...]:
    """The canonical forms that a request can have, since only the client knows which part of its URL is the base URL."""
    # Raw UTF-8 was read as Latin-1.
    target = request.target.encode("latin-1", "replace").decode("utf-8", "replace")
    gateway = _GATEWAY.match(target)
    targets = [target[gateway.end() :], target] if gateway else [target]
    if request.base:
        targets.append(request.base + target)
    if target.startswith("//"):
        # The base URL ends with a slash, which is a mistake of its own.
        targets.append("/" + target.lstrip("/"))
    return tuple(_canonical(request.method, possible) for possible in targets)


def _canonical(method: str, target: str) -> CanonicalRequest:
    path, _, query = target.partition("#")[0].partition("?")
    return CanonicalRequest(method, path, query)


def canonical_path(path: str) -> str:
    """The path as it is sent, but for a slash at its end, which is left out, and ``&``, which is encoded."""
    return path.removesuffix("/").replace("&", "%26") or "/"


def canonical_query(query: str) -> str:
    """Parameters sorted by their encoded names; the encoded values of a repeated one are sorted and joined by commas."""
    values: dict[str, list[str]] = {}
    for name, value in encoded_parameters(query):
        if name != TOKEN_PARAMETER:
            values.setdefault(name, []).append(value)
    return "&".join(f"{name}={','.join(sorted(values[name]))}" for name in sorted(values))


def encoded_parameters(query: str) -> list[tuple[str, str]]:
    """The parameters in their order, decoded and percent-encoded anew."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [(_encoded(unquote_plus(name)), _encoded(unquote_plus(value))) for name, _, value in pairs]


def _encoded(text: str) -> str:
    """The text percent-encoded by RFC 3986."""
    return quote(text, safe="~", errors="replace")


def query_hash(canonical: str) -> str:
    """The hash of a canonical form."""
    return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()
