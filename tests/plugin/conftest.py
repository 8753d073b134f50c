"""A project of a provider, in which pytest is run for real."""

from __future__ import annotations

import pytest

PROVIDER = """
import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

LINK = {
    "id": "1", "updateSequenceNumber": 1, "displayName": "name", "url": "https://scanner.example/1",
    "type": "security", "lastUpdated": "2026-01-31T12:00:00Z",
}

def submit(jira, envelope=None, **members):
    payload = {"remoteLinks": [{**LINK, **members}], **(envelope or {})}
    path = "/rest/remotelinks/1.0/bulk"
    headers = {"Authorization": jira.authorization("POST", path), "Content-Type": "application/json"}
    try:
        with urlopen(Request(jira.url + path, json.dumps(payload).encode(), headers)) as answer:
            return answer.status
    except HTTPError as error:
        with error:
            return error.code

def read(jira, id="1"):
    path = "/rest/remotelinks/1.0/remotelink/" + id
    try:
        with urlopen(Request(jira.url + path, headers={"Authorization": jira.authorization("GET", path)})) as answer:
            return answer.status
    except HTTPError as error:
        with error:
            return error.code
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with a provider; pytest runs there as a user would run it."""
    pytester.makepyfile(provider=PROVIDER)
    pytester.makeini("[pytest]\naddopts = -p no:randomly -p no:xdist -p no:cacheprovider\n")
    return pytester
