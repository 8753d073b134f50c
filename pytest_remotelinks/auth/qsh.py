"""The canonical form of a request and its hash, which is the claim ``qsh`` of a Connect app's token."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote_plus

from pytest_remotelinks.wire.request import Request

#: The parameter that may hold the token itself; it is not hashed.
TOKEN_PARAMETER = "jwt"
# A client of the gateway has this in its base URL, which the canonical form leaves out.
_GATEWAY = re.compile(r"/ex/jira/[^/]+(?=/)")


def encoded(text: str) -> str:
    """The text percent-encoded by RFC 3986."""
    return quote(text, safe="~", errors="replace")


@dataclass(frozen=True)
class Steps:
    """How a query gets its canonical form: one function for each step. The defaults are right.

    ``order`` is what the decoded values of a repeated parameter are sorted by,
    ``place`` what the parameters are sorted by: their decoded names, their
    names as written, and the text that ``join`` made. None leaves them as sent.
    """

    read: Callable[[str], str] = unquote_plus
    keeps: Callable[[str, str], bool] = lambda name, value: name != TOKEN_PARAMETER
    order: Callable[[str], Any] | None = encoded
    write_name: Callable[[str], str] = encoded
    write_value: Callable[[str], str] = encoded
    join: Callable[[str, list[str]], str] = lambda name, values: f"{name}={','.join(values)}"
    place: Callable[[str, str, str], Any] | None = lambda name, written, text: written


#: The steps that are accepted. The prose sorts values as they are percent-encoded. Atlassian's libraries sort them before
#: that, by their code points or by the UTF-16 units of JavaScript's and Java's strings.
ACCEPTED = (Steps(), Steps(order=str), Steps(order=lambda value: value.encode("utf-16-be", "surrogatepass")))


@dataclass(frozen=True)
class CanonicalRequest:
    """A request in its canonical form. ``path`` and ``query`` are as they were sent, the path without a base URL."""

    method: str
    path: str
    query: str

    @property
    def text(self) -> str:
        """``METHOD&path&query``, as the prose describes it."""
        return self.text_by(ACCEPTED[0])

    @property
    def hash(self) -> str:
        """The value of ``qsh``, as the prose describes it."""
        return query_hash(self.text)

    @cached_property
    def steps(self) -> tuple[Steps, ...]:
        """The accepted steps, without those that make no difference to this request."""
        return tuple({self.text_by(steps): steps for steps in reversed(ACCEPTED)}.values())[::-1] if "&" in self.query else ACCEPTED[:1]

    def text_by(self, steps: Steps) -> str:
        """``METHOD&path&query``, with the steps of the query given."""
        return f"{self.method.upper()}&{canonical_path(self.path)}&{canonical_query(self.query, steps)}"

    def has_hash(self, found: str) -> bool:
        """Whether ``found`` is a value of ``qsh`` that is accepted."""
        return any(query_hash(self.text_by(steps)) == found for steps in self.steps)


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


def canonical_query(query: str, steps: Steps = ACCEPTED[0]) -> str:
    """The query in its canonical form, or in the form that other steps give it."""
    values: dict[str, list[str]] = {}
    for name, _, value in (part.partition("=") for part in query.split("&") if part):
        name, value = steps.read(name), steps.read(value)
        if steps.keeps(name, value):
            values.setdefault(name, []).append(value)
    written = []
    for name, found in values.items():
        ordered = found if steps.order is None else sorted(found, key=steps.order)
        written_name = steps.write_name(name)
        written.append((name, written_name, steps.join(written_name, list(map(steps.write_value, ordered)))))
    if place := steps.place:
        written.sort(key=lambda parameter: place(*parameter))
    return "&".join(text for _, _, text in written)


def query_hash(canonical: str) -> str:
    """The hash of a canonical form."""
    return hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()
