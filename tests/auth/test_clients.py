"""Signing for HTTP libraries."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest
import requests
from support.apps import DESCRIPTOR

BULK = "/rest/remotelinks/1.0/bulk"
TARGETS = [
    ("GET", "/rest/remotelinks/1.0/remotelink/a%2Fb%20c", {}),
    ("GET", "/rest/remotelinks/1.0/remotelink/%C3%BC+&", {}),
    ("DELETE", "/rest/remotelinks/1.0/bulkByProperties", {"b": "2 *~", "a": "ü&="}),
    ("DELETE", "/rest/remotelinks/1.0/bulkByProperties", {"a": ["2", "1"]}),
]


@pytest.mark.parametrize("library", [requests, httpx], ids=["requests", "httpx"])
@pytest.mark.parametrize(("method", "path", "params"), TARGETS)
def test_auth_signs_for_requests_and_httpx(make_site, library, method, path, params):
    """One ``auth`` object signs the requests of both libraries, whatever their URLs contain."""
    jira = make_site(app=DESCRIPTOR, ignore="RL3")
    for auth in (jira.auth, jira.app.auth):
        assert library.request(method, jira.url + path, params=params, auth=auth, timeout=30).status_code in (202, 404)
    assert jira.violations == []


def test_session_and_client_sign_each_request(make_site, link):
    """A session and a client sign each of their requests anew."""
    jira = make_site(app=DESCRIPTOR, consistency="immediate")
    with requests.Session() as session, httpx.Client(base_url=jira.url, auth=jira.auth) as client:
        session.auth = jira.auth
        assert session.post(jira.url + BULK, json={"remoteLinks": [link("1")]}, timeout=30).status_code == 202
        assert client.delete("/rest/remotelinks/1.0/remotelink/1").status_code == 202
    assert (jira.links, jira.violations) == ({}, [])
    assert len({exchange.request.headers["Authorization"] for exchange in jira.requests}) == 2


def test_auth_signs_before_and_after_installation(make_site):
    """An ``auth`` object signs before an app is installed, and afterwards for that app."""
    jira = make_site()
    auth = jira.auth
    assert requests.delete(jira.url + "/rest/remotelinks/1.0/remotelink/1", auth=auth, timeout=30).status_code == 202
    jira.install(DESCRIPTOR)
    assert requests.delete(jira.url + "/rest/remotelinks/1.0/remotelink/1", auth=auth, timeout=30).status_code == 202
    assert jira.violations == []


def test_client_libraries_are_not_imported():
    """Neither requests nor httpx is imported for ``auth``."""
    source = "import sys\nfrom pytest_remotelinks import FakeJira\nFakeJira().auth\nassert not {'requests', 'httpx'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", source], check=True, timeout=60)
