"""Talking to Jira's remote links API."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import requests

BASE = "/rest/remotelinks/1.0"
TIMEOUT = 10.0  # seconds
ATTEMPTS = 5
FIRST_PAUSE = 1.0  # seconds; doubled with each attempt, where Jira sends no Retry-After

#: Statuses after which trying again can help.
_TEMPORARY = {429, 500, 502, 503, 504}

Authorize = Callable[[str, str], str]


class JiraRefused(Exception):
    """Jira answered with an error, and trying again would not help or did not."""


class JiraUnreachable(Exception):
    """No attempt got an answer that could be read."""


class JiraClient:
    """The four operations.

    ``authorize`` makes the Authorization value of a method and a path;
    ``sleep`` takes seconds. Every operation can be repeated safely: Jira stores
    a link once, by its id and sequence number.
    """

    def __init__(self, url: str, authorize: Authorize, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url
        self._authorize = authorize
        self.sleep = sleep

    def submit(self, links: list[dict[str, Any]], account: str) -> dict[str, list[str]]:
        """Submit links of an account; return the reasons of those that were rejected, by id."""
        payload = {
            "remoteLinks": links,
            "properties": {"account": account},
            "providerMetadata": {"product": "Scanner 3.1"},
        }
        _, answer = self._send("POST", "/bulk", 202, payload=payload)
        return {id: [error["message"] for error in errors] for id, errors in answer.get("rejectedRemoteLinks", {}).items()}

    def read(self, id: str) -> dict[str, Any] | None:
        """The link as it is stored now, None if it is not."""
        status, link = self._send("GET", f"/remotelink/{quote(id, safe='')}", 200, 404)
        return link if status == 200 else None

    def delete(self, id: str) -> None:
        self._send("DELETE", f"/remotelink/{quote(id, safe='')}", 202)

    def delete_account(self, account: str) -> None:
        """Delete every link that was submitted for the account."""
        self._send("DELETE", f"/bulkByProperties?{urlencode({'account': account})}", 202)

    def _send(self, method: str, path: str, *wanted: int, payload: Any = None) -> tuple[int, Any]:
        """Send until there is a final answer; return its status and JSON."""
        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS
            try:
                answer = self._send_once(method, path, payload)
                if answer.status_code in wanted:
                    return answer.status_code, answer.json() if answer.content else None
            except requests.RequestException as error:
                # No answer, half of one, or one that is not JSON: whether the request took effect is unknown.
                if last:
                    raise JiraUnreachable(f"{method} {path}: {error}") from error
                self.sleep(pause)
            else:
                if last or answer.status_code not in _TEMPORARY:
                    raise JiraRefused(f"{method} {path}: {answer.status_code} {answer.text}")
                self.sleep(float(answer.headers.get("Retry-After", pause)))
            pause *= 2
        raise AssertionError("the last attempt returns or raises")

    def _send_once(self, method: str, path: str, payload: Any) -> requests.Response:
        headers = {"Authorization": self._authorize(method, BASE + path)}
        # A renamed site redirects, and a followed POST would arrive as a GET.
        return requests.request(method, self._url + BASE + path, headers=headers, json=payload, timeout=TIMEOUT, allow_redirects=False)
