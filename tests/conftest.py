"""What the tests share: a well-formed link, and a provider that sends what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests

from pytest_remotelinks import FakeJira
from pytest_remotelinks.server.listener import Listener

pytest_plugins = ["pytester"]

VERSIONS = ("2023-06", "2026-06")


def a_link(id: str = "1", sequence: int = 1, **members: Any) -> dict[str, Any]:
    return {
        "id": id,
        "updateSequenceNumber": sequence,
        "displayName": "Link " + str(id)[:200],
        "url": "https://scanner.example/alerts/1",
        "type": "security",
        "lastUpdated": "2026-01-31T12:00:00Z",
        "associations": [{"associationType": "issueKeys", "values": ["ABC-1"]}],
        **members,
    }


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


@pytest.fixture
def link() -> Callable[..., dict[str, Any]]:
    """Makes a well-formed link; members are replaced by name."""
    return a_link


@pytest.fixture(params=VERSIONS, scope="session")
def version(request: pytest.FixtureRequest) -> str:
    """Each contract version in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def _listener() -> Iterator[Listener]:
    listener = Listener()
    listener.start()
    yield listener
    listener.stop()


@pytest.fixture
def make_site(_listener: Listener) -> Iterator[Callable[..., FakeJira]]:
    """Starts a site without pytest's verdict, so that a test can look at violations. One at a time."""
    sites = []

    def make(**settings: Any) -> FakeJira:
        for site in sites:
            site.stop()
        sites.append(FakeJira(**settings).start(_listener))
        return sites[-1]

    yield make
    for site in sites:
        site.stop()
    _listener.check_handler_errors()


@pytest.fixture
def jira(make_site: Callable[..., FakeJira], version: str) -> FakeJira:
    """A site of each version in turn that shows writes at once."""
    return make_site(contract=version, consistency="immediate")


@pytest.fixture
def provider(jira: FakeJira) -> Provider:
    """The provider of ``jira``."""
    return Provider(jira)


@pytest.fixture
def provider_of() -> Callable[[FakeJira], Provider]:
    """Makes a provider for a site."""
    return Provider
