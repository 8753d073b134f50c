"""The client-credentials endpoint."""

from __future__ import annotations

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from support.apps import APP_KEY, DESCRIPTOR

from pytest_remotelinks import FakeJira

PATH = "/rest/remotelinks/1.0/remotelink/1"


def read(jira, token, path=PATH):
    return requests.get(jira.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=30).status_code


def ask(jira, payload=None, method="POST", **arguments):
    return requests.request(method, jira.url + "/oauth/token", json=payload, timeout=30, **arguments)


def credentials(app, **changes):
    return {
        "audience": "api.atlassian.com",
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        **changes,
    }


def test_client_credentials_get_a_token(make_site):
    """The endpoint exchanges client credentials for a token that is valid for 900 seconds."""
    jira = make_site(app=DESCRIPTOR)
    answer = ask(jira, credentials(jira.app))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    token = answer.json()
    assert {**token, "access_token": "…"} == {"access_token": "…", "expires_in": 900, "token_type": "Bearer"}
    gateway = f"/jira/remotelinks/1.0/cloud/{jira.cloud_id}/remotelink/1"
    assert read(jira, token["access_token"], gateway) == 404
    jira.advance(900)
    assert read(jira, token["access_token"], gateway) == 401
    assert [exchange.operation for exchange in jira.requests] == ["token", "read", "read"]
    assert jira.requests[0].app == APP_KEY
    assert jira.requests[0].violations == ()


@pytest.mark.parametrize("changes", [{"client_secret": "x"}, {"client_id": "x"}, {"client_id": "ü", "client_secret": "\ud800"}])
def test_wrong_client_credentials(make_site, changes):
    """Wrong client credentials are refused."""
    jira = make_site(app=DESCRIPTOR)
    answer = ask(jira, credentials(jira.app, **changes))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_client_credentials_identify_their_app(make_site):
    """A token belongs to the app whose credentials were sent; the secret of another app is refused."""
    jira = make_site()
    one, other = jira.install(DESCRIPTOR), jira.install({**DESCRIPTOR, "key": "other", "scopes": []})
    for app, status in ((one, 404), (other, 403)):
        assert read(jira, ask(jira, credentials(app)).json()["access_token"]) == status
        assert [exchange.app for exchange in jira.requests[-2:]] == [app.key] * 2
    for app, secret in ((one, other.client_secret), (other, one.client_secret)):
        assert ask(jira, credentials(app, client_secret=secret)).status_code == 401


def test_client_credentials_of_uninstalled_app(make_site):
    """The client credentials of an uninstalled app are refused."""
    jira = make_site(app=DESCRIPTOR)
    app = jira.app
    jira.uninstall()
    assert ask(jira, credentials(app)).status_code == 401


def test_any_client_credentials_without_installed_app(make_site):
    """Before any app is installed, all client credentials are accepted."""
    jira = make_site()
    payload = {"audience": "a", "grant_type": "client_credentials", "client_id": "b", "client_secret": "c"}
    assert read(jira, ask(jira, payload).json()["access_token"]) == 404


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "x",
        7,
        {},
        {"grant_type": "client_credentials"},
        {"client_secret": 7},
        {"client_id": None},
        {"audience": ""},
        {"grant_type": "password"},
    ],
)
def test_malformed_request_for_a_token(make_site, payload):
    """A request for a token whose body is malformed is refused."""
    jira = make_site(app=DESCRIPTOR)
    if isinstance(payload, dict) and payload not in ({}, {"grant_type": "client_credentials"}):
        payload = credentials(jira.app, **payload)
    answer = ask(jira, payload)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_request", "unsupported_grant_type")


@pytest.mark.parametrize("status", [500, 503])
def test_failed_request_for_a_token(make_site, status):
    """A planned fault answers with its status and Retry-After; the body is an object if the status has one."""
    jira = make_site(app=DESCRIPTOR)
    fault = jira.fail_next(status, operation="token", retry_after=7)
    answer = ask(jira, credentials(jira.app))
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    assert bool(answer.content) == (status == 500)
    if answer.content:
        assert answer.json()["error"] == "temporarily_unavailable"
        assert answer.headers["Content-Type"].startswith("application/json")
    assert list(fault.requests) == jira.requests


def test_token_endpoint_takes_only_post(make_site):
    """The endpoint takes only POST."""
    answer = ask(make_site(), method="GET")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@given(st.binary(max_size=200))
def test_random_body_is_refused(body):
    """Random bodies are refused."""
    with FakeJira(app=DESCRIPTOR) as jira:
        assert ask(jira, data=body).status_code in (400, 401)
