"""Bearer tokens, the client-credentials endpoint and Basic."""

from __future__ import annotations

import base64

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from support.apps import APP_KEY, DESCRIPTOR

from pytest_remotelinks import FakeJira

pytestmark = pytest.mark.both_versions

PATH = "/rest/remotelinks/1.0/remotelink/1"
READ, WRITE, DELETE = (f"{verb}:remote-link-info:jira" for verb in ("read", "write", "delete"))


def read(jira, authorization, method="GET", path=PATH):
    return requests.request(method, jira.url + path, headers={"Authorization": authorization}, timeout=30).status_code


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


def test_a_token_is_let_in_with_the_scope_of_the_operation(make_site):
    jira = make_site(app=DESCRIPTOR)
    assert read(jira, f"Bearer {jira.token(scopes=[READ])}") == 404
    assert jira.violations == []
    assert read(jira, f"bearer {jira.token(scopes=[WRITE, DELETE])}") == 403
    (violation,) = jira.violations
    assert violation.code == "RL513"
    assert READ in violation.hint
    assert jira.requests[-1].response.body == b""
    assert read(jira, f"Bearer {jira.token(scopes=f'{READ} {DELETE}')}", "DELETE") == 202
    assert read(jira, f"Bearer {jira.token(scopes=[READ])}", "DELETE", "/rest/remotelinks/1.0/bulkByProperties?a=1") == 403
    assert jira.requests[0].app == APP_KEY


def test_a_contract_without_oauth_scopes_asks_for_none(make_site):
    jira = make_site(contract="2023-06", app=DESCRIPTOR)
    assert read(jira, f"Bearer {jira.token(scopes=[WRITE])}") == 404
    # The newer contract will refuse it, and that is told.
    assert [violation.code for violation in jira.violations] == ["RL901"]


def test_without_scopes_a_token_may_do_what_its_app_may(make_site):
    jira = make_site(app={**DESCRIPTOR, "scopes": ["READ"]})
    assert read(jira, f"Bearer {jira.token()}") == 404
    assert read(jira, f"Bearer {jira.token()}", "DELETE") == 403


def test_a_token_ends_on_the_sites_clock(make_site):
    jira = make_site(app=DESCRIPTOR)
    token = jira.token(expires_in=60)
    jira.advance(59)
    assert read(jira, f"Bearer {token}") == 404
    jira.advance(1)
    assert read(jira, f"Bearer {token}") == 401
    assert [violation.code for violation in jira.violations] == ["RL516"]


def test_a_token_of_another_site_or_of_nobody_is_unknown(make_site):
    elsewhere = FakeJira(app=DESCRIPTOR).token()
    jira = make_site(app=DESCRIPTOR)
    known = jira.token()
    for token in (elsewhere, "x", known[:-1], known + "x", known.swapcase()):
        assert read(jira, f"Bearer {token}") == 401
        assert [violation.code for violation in jira.requests[-1].violations] == ["RL515"]
    assert jira.requests[0].response.body == b""


def test_tokens_end_with_the_installation(make_site):
    jira = make_site(app=DESCRIPTOR)
    token = jira.token()
    jira.uninstall()
    assert read(jira, f"Bearer {token}") == 401
    jira.install(DESCRIPTOR)
    assert read(jira, f"Bearer {token}") == 401


def test_with_nothing_installed_a_token_is_still_held_to_its_scopes_and_its_end(make_site):
    jira = make_site()
    assert read(jira, "Bearer anything") == 404
    assert read(jira, f"Bearer {jira.token(scopes=[READ])}") == 404
    assert jira.violations == []
    assert read(jira, f"Bearer {jira.token(scopes=[WRITE])}") == 403
    assert read(jira, f"Bearer {jira.token(expires_in=0)}") == 401


@pytest.mark.parametrize(
    "arguments",
    [
        {"scopes": 5},
        {"scopes": [[]]},
        {"scopes": True},
        {"scopes": [7]},
        {"scopes": [""]},
        {"expires_in": -1},
        {"expires_in": "60"},
        {"expires_in": True},
    ],
)
def test_a_wrong_argument_of_a_token_is_told(make_site, arguments):
    with pytest.raises(ValueError, match="must be a"):
        make_site(app=DESCRIPTOR).token(**arguments)


def test_a_forge_app_cannot_be_given_more_than_its_manifest_asks_for(make_site):
    module = {"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": "https://scanner.example"}
    manifest = {
        "app": {"id": "ari:1"},
        "permissions": {"scopes": [READ]},
        "modules": {"devops:remoteLinkInfoProvider": [module]},
    }
    jira = make_site(app=manifest)
    assert jira.token(scopes=[READ])
    with pytest.raises(ValueError, match=f"does not ask for {WRITE}"):
        jira.token(scopes=[READ, WRITE])


@pytest.mark.parametrize("version", ["2023-06", "2026-06"])
def test_a_signed_token_that_is_sent_as_bearer_is_recognised(make_site, version):
    jira = make_site(contract=version, app=DESCRIPTOR)
    assert read(jira, "Bearer " + jira.authorization("GET", PATH).removeprefix("JWT ")) == 401
    (violation,) = jira.violations
    assert (violation.code, "send it as 'JWT <token>'" in violation.hint) == ("RL515", True)


def test_only_a_contract_with_oauth_is_a_reason_to_ask_for_a_token(make_site, version):
    jira = make_site(contract=version, app=DESCRIPTOR)
    read(jira, "Bearer a.b.c")
    assert ("/oauth/token" in jira.violations[0].hint) == (version == "2026-06")
    assert "fake_jira.token(" in jira.violations[0].hint


# The endpoint


def test_client_credentials_are_traded_for_a_token(make_site):
    jira = make_site(app=DESCRIPTOR)
    answer = ask(jira, credentials(jira.app))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    token = answer.json()
    assert {**token, "access_token": "…"} == {"access_token": "…", "expires_in": 900, "token_type": "Bearer"}
    gateway = f"/jira/remotelinks/1.0/cloud/{jira.cloud_id}/remotelink/1"
    assert read(jira, f"Bearer {token['access_token']}", path=gateway) == 404
    jira.advance(900)
    assert read(jira, f"Bearer {token['access_token']}", path=gateway) == 401
    assert [exchange.operation for exchange in jira.requests] == ["token", "read", "read"]
    assert jira.requests[0].app == APP_KEY
    assert jira.requests[0].violations == ()


@pytest.mark.parametrize("changes", [{"client_secret": "x"}, {"client_id": "x"}, {"client_id": "ü", "client_secret": "\ud800"}])
def test_wrong_client_credentials_are_refused(make_site, changes):
    jira = make_site(app=DESCRIPTOR)
    answer = ask(jira, credentials(jira.app, **changes))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_the_credentials_of_an_uninstalled_app_are_refused(make_site):
    jira = make_site(app=DESCRIPTOR)
    app = jira.app
    jira.uninstall()
    assert ask(jira, credentials(app)).status_code == 401


def test_with_nothing_installed_any_credentials_will_do(make_site):
    jira = make_site()
    payload = {"audience": "a", "grant_type": "client_credentials", "client_id": "b", "client_secret": "c"}
    assert read(jira, f"Bearer {ask(jira, payload).json()['access_token']}") == 404


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
def test_a_malformed_request_for_a_token_is_refused(make_site, payload):
    jira = make_site(app=DESCRIPTOR)
    if isinstance(payload, dict) and payload not in ({}, {"grant_type": "client_credentials"}):
        payload = credentials(jira.app, **payload)
    answer = ask(jira, payload)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_request", "unsupported_grant_type")


def test_only_post_asks_for_a_token(make_site):
    answer = ask(make_site(), method="GET")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_no_body_makes_the_endpoint_stumble(body):
    with FakeJira(app=DESCRIPTOR) as jira:
        assert ask(jira, data=body).status_code in (400, 401)


# Basic


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_basic_counts_for_the_app_installed_last_where_the_contract_names_it(make_site, version):
    jira = make_site(contract=version)
    jira.install(DESCRIPTOR)
    jira.install({**DESCRIPTOR, "key": "other"})
    status = read(jira, basic("ann@scanner.example:api-token"))
    if version == "2026-06":
        assert (status, jira.requests[0].app, jira.violations) == (404, "other", [])
    else:
        assert status == 401
        assert jira.violations[0].code == "RL502"


def test_basic_is_nobodys_when_no_app_is_left(make_site):
    jira = make_site(app=DESCRIPTOR)
    jira.uninstall()
    assert read(jira, basic("ann@scanner.example:api-token")) == 401
    assert jira.violations[0].code == "RL505"


def test_basic_asks_for_the_module_and_for_no_scope(make_site):
    authorization = basic("ann@scanner.example:api-token")
    assert read(make_site(app={**DESCRIPTOR, "scopes": []}), authorization) == 404
    jira = make_site(app={**DESCRIPTOR, "modules": {}})
    assert read(jira, authorization) == 403
    assert [violation.code for violation in jira.violations] == ["RL514"]
