"""Secrets, tokens and signatures do not appear in anything that a run writes."""

from __future__ import annotations

import json
import pickle

import pytest
import requests
from support.apps import DESCRIPTOR, SECRET, published_token

from pytest_remotelinks import FakeJira
from pytest_remotelinks.reports.curl import curl_line
from pytest_remotelinks.reports.terminal import report
from pytest_remotelinks.settings import Settings
from pytest_remotelinks.wire.redact import redact_credential

BULK = "/rest/remotelinks/1.0/bulk"
READ = "/rest/remotelinks/1.0/remotelink/1"


def shown_by(jira):
    """Everything of a site that a test, a report or a debugger shows."""
    shown = [repr(jira), repr(jira.settings), repr(jira.app), repr(jira.auth), str(jira.settings), f"{jira.app}"]
    for exchange in jira.requests:
        shown += [repr(exchange), repr(exchange.request.headers), str(exchange.request.headers), curl_line(exchange, jira.url)]
        shown += [repr(exchange.submissions)]
    for violation in jira.violations:
        shown += [repr(violation), str(violation), violation.message, violation.hint, repr(violation.value)]
    return "\n".join([*shown, report(jira.violations, jira.url)])


def test_site_shows_no_secret(make_site, link):
    """No repr, report or curl line of a site shows a secret."""
    jira = make_site(app=DESCRIPTOR, shared_secret=SECRET)
    token, bearer, stale = published_token("POST", BULK), jira.token(), jira.token(expires_in=0)
    planted = [SECRET, token[4:], token.rpartition(".")[2], bearer, stale, jira.app.client_secret, "planted-in-the-query"]

    def send(method, path, authorization, **arguments):
        requests.request(method, jira.url + path, headers={"Authorization": authorization}, timeout=30, **arguments)

    send("POST", BULK, token, json={"remoteLinks": [link(type="x")]})
    send("POST", BULK, published_token("POST", BULK, key="planted-secret"), json={"remoteLinks": [link()]})
    send("GET", READ, token)
    send("GET", READ + "?jwt=planted-in-the-query&access_token=planted-in-the-query", token)
    send("GET", READ, f"Bearer {bearer}")
    send("GET", READ, f"Bearer {stale}")
    send("DELETE", "/rest/remotelinks/1.0/bulkByProperties?token=planted-in-the-query", f"Bearer {bearer}")
    send("GET", READ, "Token " + bearer)
    send("GET", READ, bearer)
    client = {"audience": "a", "grant_type": "client_credentials", "client_id": jira.app.client_id, "client_secret": jira.app.client_secret}
    issued = requests.post(jira.url + "/oauth/token", json=client, timeout=30).json()["access_token"]
    send("PUT", READ, f"Bearer {issued}")
    shown = shown_by(jira)
    assert len({violation.code for violation in jira.violations}) >= 5
    for secret in (*planted, issued):
        assert str(secret) not in shown
    # Code that asks for them gets them all the same.
    assert jira.requests[0].request.headers["Authorization"] == token
    assert jira.requests[-2].request.json["client_secret"] == jira.app.client_secret


def test_secrets_are_text_with_redacted_repr(make_site):
    """Secrets are strings whose repr is redacted."""
    jira = make_site(app=DESCRIPTOR, shared_secret=SECRET)
    assert repr(jira.authorization("GET", READ)) == "'JWT ***'"
    assert repr(jira.token()) == repr(jira.app.shared_secret) == repr(jira.app.client_secret) == "'***'"
    assert jira.app.shared_secret == SECRET
    assert f"{jira.app.shared_secret}" == str(jira.app.shared_secret) == SECRET
    assert pickle.loads(pickle.dumps(jira.app.shared_secret)) == SECRET
    assert SECRET not in repr(Settings(shared_secret=SECRET))


def test_exchange_hands_out_redacted_values(make_site):
    """Query, JSON and body of an exchange are what was sent, and their reprs show no secret, however deep it is."""
    jira = make_site()
    payload = {"remoteLinks": [], "properties": {"token": "planted", "more": [{"Password": "planted"}], "site": "shop"}}
    headers = {"Authorization": jira.authorization("POST", BULK), "Content-Type": "application/json"}
    requests.post(f"{jira.url}{BULK}?Access_Token=planted&page=2", json=payload, headers=headers, timeout=30)
    request = jira.requests[0].request
    assert request.query == {"Access_Token": "planted", "page": "2"}
    assert request.json == payload
    assert json.loads(request.body) == payload
    for shown in map(repr, (request.query, request.json, request.body, request)):
        assert "planted" not in shown
    assert "'page': '2'" in repr(request.query)
    assert "'site': 'shop'" in repr(request.json)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("JWT aaaa.bbbb.cccc", "JWT ***"),
        ("Bearer two words", "Bearer ***"),
        ("planted", "***"),
        ("planted-1 planted-2", "***"),
        ("session=planted; other=planted", "***"),
        ("averylongwordthatisnoscheme planted", "***"),
        ("", "***"),
    ],
)
def test_credential_shows_only_its_scheme(value, shown):
    """Of a credential only a scheme in front of it is shown."""
    assert redact_credential(value) == shown


PLANTED = "a-planted-secret-that-nobody-may-see-0123456789"

FAILING = """
import requests

BULK = "/rest/remotelinks/1.0/bulk"
LINK = {"id": "1", "updateSequenceNumber": 1, "displayName": "x", "url": "<string>", "type": "security",
        "lastUpdated": "2026-01-31T12:00:00Z"}

def remember(fake_jira, *secrets):
    with open("secrets.txt", "a") as file:
        file.write("".join(f"{str(secret)}\\n" for secret in secrets))

def test_contract_violation(fake_jira):
    authorization = fake_jira.authorization("POST", BULK)
    remember(fake_jira, authorization[4:], authorization.rpartition(".")[2], fake_jira.app.client_secret)
    requests.post(fake_jira.url + BULK, json={"remoteLinks": [LINK]}, headers={"Authorization": authorization})

def test_failing_assertion(fake_jira):
    authorization, token, app = fake_jira.authorization("POST", BULK), fake_jira.token(), fake_jira.app
    remember(fake_jira, authorization[4:], token, app.client_secret)
    requests.post(fake_jira.url + BULK, json={"remoteLinks": [LINK]}, headers={"Authorization": authorization})
    fake_jira.requests[0].request.headers
    fake_jira.assert_accepted("1")

def test_expired_token(fake_jira):
    auth, token = fake_jira.auth, fake_jira.token(expires_in=0)
    remember(fake_jira, token)
    requests.get(fake_jira.url + BULK.replace("bulk", "remotelink/1"), headers={"Authorization": "Bearer " + token})
    assert fake_jira.app is None and auth is None
"""


def test_run_writes_no_secret(pytester):
    """No output or file of a pytest run contains a secret."""
    pytester.makefile(".json", **{"atlassian-connect": json.dumps(DESCRIPTOR)})
    pytester.makeini(
        "[pytest]\naddopts = -p no:randomly -p no:xdist\nremotelinks_app = atlassian-connect.json\n"
        f"remotelinks_shared_secret = {PLANTED}\njunit_logging = all\n"
    )
    pytester.makepyfile(FAILING)
    result = pytester.runpytest_subprocess(
        "-vv", "--showlocals", "--junitxml=junit.xml", "--log-file=run.log", "--log-file-level=DEBUG", "--setup-show"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*RL201*", "*RL516*"])
    secrets = [PLANTED, *(pytester.path / "secrets.txt").read_text().split()]
    assert len(secrets) >= 8
    written = {path.name: path.read_bytes() for path in pytester.path.rglob("*") if path.is_file()}
    written["stdout"], written["stderr"] = result.stdout.str().encode(), result.stderr.str().encode()
    assert {"junit.xml", "run.log", "stdout"} <= written.keys()
    for secret in secrets:
        found = {name for name, content in written.items() if secret.encode() in content} - {"secrets.txt"}
        # What a project itself wrote into its settings stays where it wrote it.
        assert found - ({"tox.ini"} if secret == PLANTED else set()) == set(), secret[:6]


@pytest.mark.parametrize("wrong", [{"shared_secret": 7}, {"shared_secret": ""}])
def test_invalid_secret_is_refused_without_showing_it(wrong):
    """The message about an invalid secret does not show it."""
    with pytest.raises(ValueError, match="shared_secret must be a string that is not empty"):
        FakeJira(app=DESCRIPTOR, **wrong)


INSTALLING = """
import os
import pytest
from pytest_remotelinks import FakeJira

BROKEN = {"key": "a", "modules": {"jiraRemoteLinkInfoProvider": {"key": "a b"}}}

def test_broken_descriptor(fake_jira):
    fake_jira.install(BROKEN, shared_secret=os.environ["PLANTED"])

def test_missing_file(fake_jira):
    fake_jira.install("none.json", shared_secret=os.environ["PLANTED"])

def test_broken_client_key(fake_jira):
    fake_jira.install({**BROKEN["modules"], "jiraRemoteLinkInfoProvider": {"key": "a", "name": {"value": "a"}, "homeUrl": "https://a"}},
        shared_secret=os.environ["PLANTED"], client_key=7)

def test_bytes(fake_jira):
    fake_jira.install({"key": "a", "name": {"value": "a"}, "homeUrl": "https://a"}, shared_secret=os.environ["PLANTED"].encode())

def test_of_the_class():
    FakeJira(app=BROKEN, shared_secret=os.environ["PLANTED"])

def test_broken_setting():
    FakeJira(app=BROKEN, shared_secret=os.environ["PLANTED"], consistency="soon")

def test_of_the_factory(make_fake_jira):
    make_fake_jira(app=BROKEN, shared_secret=os.environ["PLANTED"])

def test_broken_setting_of_the_factory(make_fake_jira):
    make_fake_jira(shared_secret=os.environ["PLANTED"], consistency="soon")
"""


def test_failed_installation_shows_no_secret(pytester, monkeypatch):
    """An app that cannot be installed is reported without its secret, also with all frames and their variables."""
    monkeypatch.setenv("PLANTED", PLANTED)
    pytester.makepyfile(INSTALLING)
    pytester.makeini("[pytest]\naddopts = -p no:randomly -p no:xdist -p no:cacheprovider\n")
    result = pytester.runpytest("--tb=long", "--showlocals", "--full-trace", "-rA")
    result.assert_outcomes(failed=8)
    assert PLANTED not in result.stdout.str()
    result.stdout.fnmatch_lines(["*DescriptorError: the app's descriptor cannot be installed: RL601 at *", "*shared_secret*[*][*][*]*"])
