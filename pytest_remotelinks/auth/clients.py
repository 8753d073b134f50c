"""Signing the requests of HTTP libraries; none of them is imported here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class RequestAuth:
    """Puts an ``Authorization`` header into each request: an ``auth`` for ``requests`` and for ``httpx``."""

    def __init__(self, authorization: Callable[[str, str], str]) -> None:
        self._authorization = authorization

    def __call__(self, request: Any) -> Any:
        # A prepared request of requests has path_url; one of httpx has a URL object that knows its own bytes.
        target = getattr(request, "path_url", None)
        if target is None:
            target = request.url.raw_path.decode("ascii")
        request.headers["Authorization"] = self._authorization(request.method, target)
        return request

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
