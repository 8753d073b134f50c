"""A request as it was received."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import unquote_plus

from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.json_body import json_value
from pytest_remotelinks.wire.redact import redact_target, secret_body, secret_text, secret_value


@dataclass(frozen=True)
class Malformed:
    """Why a request is not well-formed HTTP: what and where it is, what to change, and the value that can be shown."""

    message: str
    pointer: str
    hint: str
    value: str | None = None


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    ``target`` is the request line's path and query, still percent-encoded,
    without the ``base`` that belongs to the site's URL. It is read as Latin-1,
    in which every byte is a character.
    ``body_size`` counts the bytes that were sent; ``body`` holds fewer where
    the size was over the limit. ``malformed`` says why request line, headers or
    body length are not well-formed HTTP. If the request line cannot be read,
    the method is empty and the target is the whole line.
    """

    method: str
    target: str
    headers: Headers
    body: bytes = b""
    body_size: int = 0
    malformed: tuple[Malformed, ...] = ()
    #: Whether the end of the body is known, and all of it arrived.
    is_whole: bool = True
    base: str = ""
    #: Why the request reaches no site, empty where it reaches one.
    misrouted: str = ""

    def __repr__(self) -> str:
        return f"<Request {self.method} {redact_target(self.target)}>"

    @property
    def path(self) -> str:
        """The path, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters, decoded; the last value of a repeated one."""
        return dict(self.query_pairs)

    @property
    def json(self) -> Any:
        """The body's JSON value, a new one each time; None if the body is not JSON."""
        return json_value(self.body)

    def redacted(self) -> Request:
        """The same request, with a redacted repr for the secrets in its body."""
        return replace(self, body=secret_body(self.body))

    @cached_property
    def query_pairs(self) -> tuple[tuple[str, str], ...]:
        """The query's parameters in order, decoded; blank values are kept."""
        query = self.target.partition("?")[2]
        if not query:
            return ()
        if not query.isascii():
            # Raw UTF-8 was read as Latin-1.
            query = query.encode("latin-1", "replace").decode("utf-8", "replace")
        parts = (part.partition("=") for part in query.split("&") if part)
        pairs = ((unquote_plus(name), unquote_plus(value)) for name, _, value in parts)
        return tuple((secret_text(name), secret_value(name, value)) for name, value in pairs)
