"""A project of a provider, as files in which an inner pytest runs."""

from __future__ import annotations

# After an inner run pytest forgets the modules that it imported; what takes long is kept by importing it before.
import jsonschema  # noqa: F401
import jwt  # noqa: F401
import openapi_core  # noqa: F401

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


def ini(*lines: str, plugins: str = "-p no:randomly -p no:xdist -p no:cacheprovider") -> str:
    """A pytest.ini with these lines, for an inner run that does not inherit the outer run's filters of warnings."""
    return "\n".join(["[pytest]", f"addopts = {plugins}", "filterwarnings = always", *lines, ""])


def conftest(settings: object) -> str:
    """A conftest.py that overrides ``remotelinks_settings``."""
    return f"import pytest\n\n@pytest.fixture(scope='session')\ndef remotelinks_settings():\n    return {settings!r}\n"
