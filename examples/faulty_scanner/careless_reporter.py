"""The scanner's job, done carelessly: each function has one mistake that happens in practice.

A mock that answers 202 to everything accepts them all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import requests

BASE = "/rest/remotelinks/1.0"


class CarelessReporter:
    def __init__(self, url: str, authorize: Callable[[str, str], str]) -> None:
        self._url = url + BASE
        self._authorize = authorize

    def link(self, number: int = 1, **members: Any) -> dict[str, Any]:
        return {
            "id": f"shop#{number}",
            "updateSequenceNumber": 1,
            "displayName": "SQL injection in checkout",
            "url": f"https://scanner.example/shop/alerts/{number}",
            "type": "security",
            "lastUpdated": "2026-01-31T12:00:00Z",
            "associations": [{"associationType": "issueKeys", "values": ["SHOP-12"]}],
            **members,
        }

    def submit(self, *links: dict[str, Any], **envelope: Any) -> int:
        payload = {"remoteLinks": list(links), **envelope}
        return self._send("POST", "/bulk", json=payload)

    def report_explained(self, explanation: str) -> int:
        # The limit is 255 characters, the ellipsis included.
        return self.submit(self.link(description=explanation[:255] + "…"))

    def report_before_the_page_exists(self) -> int:
        # The URL was never filled in; the reference page's example carries the same placeholder.
        return self.submit(self.link(url="<string>"))

    def report_now(self) -> int:
        # Without a time zone it is not a time as RFC 3339 defines it.
        return self.submit(self.link(lastUpdated=datetime(2026, 1, 31, 12, 0).isoformat()))

    def report_for_commit(self, message: str) -> int:
        # The whole message instead of the key in it. The schema's pattern is not anchored, so it matches.
        return self.submit(self.link(associations=[{"associationType": "issueKeys", "values": [message]}]))

    def report_for_installation(self, installation: int) -> int:
        # Property values are strings.
        return self.submit(self.link(), properties={"gitHubInstallationId": installation})

    def report_all(self, count: int) -> int:
        # One request for everything.
        return self.submit(*(self.link(number) for number in range(count)))

    def withdraw(self, repository: str, number: int) -> int:
        # A repository's name has slashes, and they are not percent-encoded.
        return self._send("DELETE", f"/remotelink/{repository}-{number}")

    def leave(self, account: str) -> int:
        # The document's free-form parameter is not one that is called "params".
        query = {"params": json.dumps({"account": account})}
        return self._send("DELETE", f"/bulkByProperties?{urlencode(query)}")

    def _send(self, method: str, path: str, **arguments: Any) -> int:
        headers = {"Authorization": self._authorize(method, BASE + path)}
        return requests.request(method, self._url + path, headers=headers, timeout=10, **arguments).status_code
