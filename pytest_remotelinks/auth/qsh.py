"""The published canonical form of a request, over which a Connect token's ``qsh`` is computed."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import quote, unquote_plus

from pytest_remotelinks.wire.request import Request

#: The parameter that may hold the token itself, and is left out of the hash.
TOKEN_PARAMETER = "jwt"
# A client of the gateway has this in its base URL, which the canonical form leaves out.
_GATEWAY = re.compile(r"/ex/jira/[^/]+(?=/)")


def canonical_request(method: str, path_and_query: str) -> str:
    """``METHOD&path&query``; the path without base URL, path and query percent-encoded as they are sent."""
    path, _, query = path_and_query.partition("#")[0].partition("?")
    return f"{method.upper()}&{canonical_path(path)}&{canonical_query(query)}"


def canonical_path(path: str) -> str:
    """The path without a slash at its end, its own ``&`` encoded, and otherwise as it stands."""
    return path.removesuffix("/").replace("&", "%26") or "/"


@lru_cache(maxsize=8)  # a request is asked for its form several times
def canonical_query(query: str) -> str:
    """Parameters sorted by their encoded names, the encoded values of a repeated one sorted and joined by commas."""
    values: dict[str, list[str]] = {}
    for name, value in parameters(query):
        values.setdefault(encoded(name), []).append(encoded(value))
    return "&".join(f"{name}={','.join(sorted(values[name]))}" for name in sorted(values))


def parameters(query: str) -> list[tuple[str, str]]:
    """The decoded parameters in their order, without the token that may be one of them."""
    return [(name, value) for name, value in all_parameters(query) if name != TOKEN_PARAMETER]


def all_parameters(query: str) -> list[tuple[str, str]]:
    """The decoded parameters in their order."""
    pairs = [part.partition("=") for part in query.split("&") if part]
    return [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]


def encoded(text: str) -> str:
    """The text percent-encoded by RFC 3986."""
    return quote(text, safe="~", errors="replace")


def sent_target(request: Request) -> str:
    """The request's path and query as text."""
    # http.server reads the request line as Latin-1, so raw UTF-8 is put right here.
    return request.target.encode("latin-1", "replace").decode("utf-8", "replace")


def canonical_requests(request: Request) -> tuple[str, ...]:
    """The canonical forms that a request can have."""
    return tuple(canonical_request(request.method, target) for target in possible_targets(request))


def possible_targets(request: Request) -> tuple[str, ...]:
    """What can be path and query of a request: what is its base URL only the client knows."""
    target = sent_target(request)
    gateway = _GATEWAY.match(target)
    targets = (target[gateway.end() :], target) if gateway else (target,)
    return (*targets, request.base + target) if request.base else targets


def query_hash(canonical: str) -> str:
    """The hash of a canonical form, as ``qsh`` holds it."""
    return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()
