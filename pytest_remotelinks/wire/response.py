"""A response as it was sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.json_body import json_value
from pytest_remotelinks.wire.redact import secret_body


@dataclass(frozen=True)
class Response:
    """One HTTP response; ``status`` is 0 if the connection was closed without one."""

    status: int
    headers: Headers
    body: bytes = b""

    def __repr__(self) -> str:
        return f"<Response {self.status}>"

    @property
    def json(self) -> Any:
        """The body's JSON value, a new one each time; None if the body is not JSON."""
        return json_value(self.body)

    def redacted(self) -> Response:
        """The same response, with a redacted repr for the secrets in its body."""
        return replace(self, body=secret_body(self.body))
