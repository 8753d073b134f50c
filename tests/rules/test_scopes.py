"""RL513: the scope of an operation."""

from __future__ import annotations

import json
import re

import pytest
import requests
from support.apps import DESCRIPTOR
from support.links import a_link
from support.paths import OPENAPI

PATH = "/rest/remotelinks/1.0/remotelink/1"
READ, WRITE, DELETE = (f"{verb}:remote-link-info:jira" for verb in ("read", "write", "delete"))


def read(jira, authorization):
    return requests.get(jira.url + PATH, headers={"Authorization": authorization}, timeout=30).status_code


def call_all(jira):
    """The answers to a submission, a read and both deletions."""
    base = jira.url + "/rest/remotelinks/1.0"
    payload = {"remoteLinks": [a_link()], "properties": {"account": "a"}}
    return [
        requests.post(f"{base}/bulk", json=payload, auth=jira.auth, timeout=30).status_code,
        requests.get(f"{base}/remotelink/other", auth=jira.auth, timeout=30).status_code,
        requests.delete(f"{base}/remotelink/1", auth=jira.auth, timeout=30).status_code,
        requests.delete(f"{base}/bulkByProperties?account=a", auth=jira.auth, timeout=30).status_code,
    ]


@pytest.fixture
def site_asking_for(make_site, tmp_path):
    """Starts a site whose contract asks for these alternatives when a link is read."""

    def start(*alternatives, **settings):
        document = json.loads((OPENAPI / "2026-06.json").read_text())
        path = next(path for path in document["paths"] if path.endswith("/remotelink/{remoteLinkId}"))
        document["paths"][path]["get"]["security"] = list(alternatives)
        contract = tmp_path / "contract.json"
        contract.write_text(json.dumps(document))
        return make_site(contract=str(contract), app=DESCRIPTOR)

    return start


SCOPES = [
    # alternatives, what the token has, what answers
    ([{"OAuth2": [READ, WRITE]}], [READ, WRITE], 404),
    ([{"OAuth2": [READ, WRITE]}], [READ, WRITE, DELETE], 404),
    ([{"OAuth2": [READ, WRITE]}], [READ], 403),
    ([{"OAuth2": [READ, WRITE]}], [WRITE], 403),
    ([{"OAuth2": [READ, WRITE]}], [], 403),
    ([{"OAuth2": [READ, WRITE]}, {"OAuth2": [DELETE]}], [DELETE], 404),
    ([{"OAuth2": [READ, WRITE]}, {"OAuth2": [DELETE]}], [READ], 403),
    ([{"basicAuth": []}, {"OAuth2": [READ]}], [], 403),
    ([{"OAuth2": []}], [], 404),
    ([{"basicAuth": []}], [], 404),
    ([], [], 404),
]


@pytest.mark.parametrize(("alternatives", "granted", "status"), SCOPES)
def test_token_needs_every_scope_of_an_alternative(site_asking_for, alternatives, granted, status):
    """A token needs all scopes of one of the document's alternatives."""
    jira = site_asking_for(*alternatives)
    assert read(jira, f"Bearer {jira.token(scopes=granted)}") == status
    assert [violation.code for violation in jira.violations] == (["RL513"] if status == 403 else [])


def test_hint_names_all_scopes(site_asking_for):
    """Message and hint name the scopes that the token has and those that it needs."""
    jira = site_asking_for({"OAuth2": [WRITE, READ]}, {"OAuth2": [DELETE]})
    read(jira, f"Bearer {jira.token(scopes=[READ])}")
    (violation,) = jira.violations
    assert f"the token has the scopes '{READ}', and getRemoteLinkById needs {READ} and {WRITE} or {DELETE}" == violation.message
    assert violation.hint.startswith(f"ask for {READ} and {WRITE} or {DELETE} when the token is issued")


def test_connect_scopes_in_any_letter_case(make_site):
    """A descriptor's scopes are compared without regard to letter case."""
    jira = make_site(app={**DESCRIPTOR, "scopes": ["read"]})
    assert read(jira, jira.authorization("GET", PATH)) == 404


def test_operation_without_connect_scope(make_site, tmp_path):
    """An operation for which the document names no Connect scope needs none."""
    contract = tmp_path / "contract.json"
    contract.write_text((OPENAPI / "2026-06.json").read_text().replace('"x-atlassian-connect-scope"', '"x-nothing"'))
    jira = make_site(contract=str(contract), app={**DESCRIPTOR, "scopes": []})
    assert read(jira, jira.authorization("GET", PATH)) == 404


@pytest.mark.parametrize("placeholder", ["INACCESSIBLE", "NONE", "{{scope}}"])
@pytest.mark.both_versions
def test_scope_that_no_descriptor_can_name(make_site, tmp_path, version, placeholder):
    """Where the document has a placeholder, READ, WRITE and DELETE count, as the prose says."""
    contract = tmp_path / "contract.json"
    text = (OPENAPI / f"{version}.json").read_text()
    contract.write_text(re.sub(r'("x-atlassian-connect-scope": )"[A-Z]+"', rf'\1"{placeholder}"', text))
    jira = make_site(contract=str(contract), app=DESCRIPTOR)
    assert call_all(jira) == [202, 404, 202, 202]
    jira.install({**DESCRIPTOR, "scopes": ["READ"]})
    assert call_all(jira) == [403, 404, 403, 403]
    assert {violation.code for violation in jira.violations} == {"RL513"}
    assert jira.violations[0].message == "the app has the scopes 'READ', and submitRemoteLinks needs WRITE"


@pytest.mark.parametrize(("scopes", "listed"), [(["B", "ACT_AS_USER"], "the scopes 'ACT_AS_USER', 'B'"), ([], "no scope")])
def test_connect_scope_in_message(make_site, scopes, listed):
    """Message and hint name the scopes that the app has and the one that it lacks."""
    jira = make_site(app={**DESCRIPTOR, "scopes": scopes})
    assert read(jira, jira.authorization("GET", PATH)) == 403
    (violation,) = jira.violations
    assert violation.message == f"the app has {listed}, and getRemoteLinkById needs READ"
    assert violation.hint == "add 'READ' to the descriptor's scopes"
