"""Talking to Jira's remote links API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import requests

BASE = "/rest/remotelinks/1.0"
TIMEOUT = 10.0  # seconds

Authorize = Callable[[str, str], str]


class JiraRefused(Exception):
    """Jira answered with a status that the client did not ask for."""


class JiraClient:
    """The four operations. ``authorize`` makes the Authorization value of a method and a path."""

    def __init__(self, url: str, authorize: Authorize) -> None:
        self._url = url
        self._authorize = authorize

    def submit(self, links: list[dict[str, Any]], account: str) -> dict[str, list[str]]:
        """Submit links that belong to an account; return, by id, why some were rejected."""
        payload = {
            "remoteLinks": links,
            "properties": {"account": account},
            "providerMetadata": {"product": "Scanner 3.1"},
        }
        answer = self._send("POST", "/bulk", 202, json=payload).json()
        return {id: [error["message"] for error in errors] for id, errors in answer.get("rejectedRemoteLinks", {}).items()}

    def read(self, id: str) -> dict[str, Any] | None:
        """The link as it is stored now."""
        answer = self._send("GET", f"/remotelink/{quote(id, safe='')}", 200, 404)
        return answer.json() if answer.status_code == 200 else None

    def delete(self, id: str) -> None:
        self._send("DELETE", f"/remotelink/{quote(id, safe='')}", 202)

    def delete_account(self, account: str) -> None:
        """Delete every link that was submitted for the account."""
        self._send("DELETE", f"/bulkByProperties?{urlencode({'account': account})}", 202)

    def _send(self, method: str, path: str, *wanted: int, **arguments: Any) -> requests.Response:
        headers = {"Authorization": self._authorize(method, BASE + path)}
        # A renamed site redirects, and a followed POST would arrive as a GET.
        answer = requests.request(method, self._url + BASE + path, headers=headers, timeout=TIMEOUT, allow_redirects=False, **arguments)
        if answer.status_code not in wanted:
            raise JiraRefused(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer
