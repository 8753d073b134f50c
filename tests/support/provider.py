"""A provider that sends the requests that it is given."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import requests

from pytest_remotelinks import FakeJira


@dataclass
class Provider:
    """Sends requests as they are given, right or wrong."""

    jira: FakeJira
    base: str = "/rest/remotelinks/1.0"

    def send(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        headers = {"Authorization": self.jira.authorization(method, path), **kwargs.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        kwargs.setdefault("timeout", 30)
        return requests.request(method, self.jira.url + self.base + path, headers=headers, **kwargs)

    def post(self, payload: Any, **kwargs: Any) -> requests.Response:
        headers = {"Content-Type": "application/json", **kwargs.pop("headers", {})}
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.send("POST", "/bulk", data=body, headers=headers, **kwargs)

    def submit(self, *links: Any, **envelope: Any) -> requests.Response:
        return self.post({"remoteLinks": list(links), **envelope})

    def read(self, id: str) -> requests.Response:
        return self.send("GET", f"/remotelink/{quote(id, safe='')}")

    def delete(self, id: str) -> requests.Response:
        return self.send("DELETE", f"/remotelink/{quote(id, safe='')}")

    def delete_by(self, *pairs: tuple[str, str], **properties: str) -> requests.Response:
        return self.send("DELETE", "/bulkByProperties?" + urlencode([*pairs, *properties.items()]))
