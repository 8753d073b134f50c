"""Secrets, tokens and signatures do not appear in anything that a run writes."""

from __future__ import annotations

import ast
import base64
import json
import pickle
import socket
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.apps import DESCRIPTOR, SECRET, published_token
from support.links import a_link
from support.secrets import PLACES, requests_with

import pytest_remotelinks
from pytest_remotelinks import FakeJira, check_link
from pytest_remotelinks.check.files import check_file
from pytest_remotelinks.contract.loading import Unreadable
from pytest_remotelinks.reports.curl import curl_line
from pytest_remotelinks.reports.github import as_github
from pytest_remotelinks.reports.json import as_json
from pytest_remotelinks.reports.sarif import as_sarif
from pytest_remotelinks.reports.terminal import failure_line, report, warning_line
from pytest_remotelinks.reports.text import as_text
from pytest_remotelinks.settings import Settings
from pytest_remotelinks.wire.redact import (
    is_secret_name,
    redact_body,
    redact_credential,
    redact_target,
    redact_text,
    redact_value,
    secret_json,
)

BULK = "/rest/remotelinks/1.0/bulk"
READ = "/rest/remotelinks/1.0/remotelink/1"


def shown_by(jira):
    """Everything of a site that a test, a report or a debugger shows."""
    shown = [repr(jira), repr(jira.settings), repr(jira.app), repr(jira.auth), str(jira.settings), f"{jira.app}"]
    for exchange in jira.requests:
        shown += [repr(exchange), repr(exchange.request.headers), str(exchange.request.headers), curl_line(exchange, jira.url)]
        shown += [repr(exchange.submissions), repr(exchange.request.query), repr(exchange.request.body), repr(exchange.request.json)]
        shown += [repr((one.data, one.properties, one.errors)) for one in exchange.submissions]
        shown += [repr(exchange.response.headers), repr(exchange.response.body), repr(exchange.response.json)]
    for violation in jira.violations:
        shown += [repr(violation), str(violation), violation.message, violation.hint, str(violation.value), repr(violation.fix)]
        shown += [failure_line([violation]), warning_line([violation])]
    shown += [repr((jira.links, jira.pending, jira.arrivals, jira.issue("ABC-1")))]
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


def forms_of(secret):
    """How a secret may be written."""
    basic = base64.b64encode(f"user:{secret}".encode()).decode()
    return {secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], ascii(secret)[1:-1], basic}


def send_raw(jira, content):
    with socket.create_connection(("127.0.0.1", int(jira.url.rpartition(":")[2])), timeout=30) as connection:
        connection.sendall(content)
        while connection.recv(65536):
            pass


SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_characters="*"), min_size=3, max_size=40).map("§7{}".format)


def check_place(make_site, place, secret):
    jira, contents = make_site(consistency="immediate"), list(place(secret))
    for content in contents:
        send_raw(jira, content)
    assert len(jira.requests) == len(contents)
    lines = shown_by(jira).splitlines()
    assert [line for line in lines if any(form in line for form in forms_of(secret))] == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_no_place_shows_a_secret(make_site, place):
    """A secret is not shown, whatever part of a request has it, and whatever rule that violates."""
    check_place(make_site, place, "m4rKed m4rKed")


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
# Each example sends all requests of its place.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=max(5, settings().max_examples // 5))
@given(secret=SECRETS)
def test_no_place_shows_any_secret(make_site, place, secret):
    """The same for secrets with any characters."""
    check_place(make_site, place, secret)


@settings(max_examples=10)
@given(secret=SECRETS)
def test_check_shows_no_secret(secret):
    """No format of `remotelinks check` shows a secret in a file."""
    for place in PLACES:
        for content in place(secret):
            try:
                found = check_file("file.json", content.partition(b"\r\n\r\n")[2], "2023-06", (), None)
            except Unreadable as problem:
                shown = str(problem)
            else:
                shown = "\n".join(write(found) for write in (as_text, as_json, as_github, as_sarif))
            assert [form for form in forms_of(secret) if form in shown] == [], content


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "access_token",
        "clientSecret",
        "X-Api-Key",
        "apikey",
        "params[token]",
        "access%5Ftoken",
        "PASSWORD",
        "shared_secret",
        "db.pwd",
    ],
)
def test_secret_name(name):
    """A name is secret if its last word is, in any spelling."""
    assert is_secret_name(name)
    assert redact_text(json.dumps({name: "planted"})) == json.dumps({name: "***"})
    assert redact_target(f"/a?{name}=planted&b=1") == f"/a?{name}=***&b=1"


@pytest.mark.parametrize(
    "name", ["tokenizer", "passwordPolicyUrl", "token_type", "secretary", "key", "issueKeys", "serviceIdOrKeys", "id", "X-Atlassian-Token"]
)
def test_plain_name(name):
    """A name that only contains or resembles such a word is not secret."""
    assert not is_secret_name(name)
    text = json.dumps({name: "a value"})
    assert redact_text(text) == redact_body(text.encode()) == text
    assert redact_target(f"/a?{name}=value") == f"/a?{name}=value"


@pytest.mark.parametrize(
    "text",
    [
        "Reset your password: the token is expired",
        "Bearer authentication-required is not enforced",
        "basic and unauthenticated: secrets in the cookie jar",
        "see https://a.example/token/list?page=2#password",
        "write to ann@a.example about JWT tokens",
        "JWT <token>, Bearer <token>, Basic base64(email:token)",
    ],
)
def test_prose_stays(text):
    """Words about secrets are readable, in a text and as a link's displayName."""
    assert redact_text(text) == text
    (violation,) = [found for found in check_link(a_link(displayName=text, type=text)) if found.pointer == "/type"]
    assert violation.value == text
    assert str(secret_json([text])) == str([text])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"token": "planted', '{"token": "***'),
        ("{'client_secret': 'planted', 'a': None}", "{'client_secret': '***', 'a': None}"),
        ('"{\\"token\\": \\"planted\\"}"', '"{\\"token\\": \\"***\\"}"'),
        ('{"credentials": {"user": ["planted", 17, null]}, "id": "1"}', '{"credentials": {"user": ["***", 0, null]}, "id": "1"}'),
        ("Bearer aB3dEfGh1JkLmN", "Bearer ***"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl", "***"),
        ("https://user:planted@a.example/", "https://user:***@a.example/"),
        ("X-Api-Key: planted", "X-Api-Key: ***"),
        ("/a?next=%2Fb%3Ftoken%3Dplanted%26c%3D1", "/a?next=/b?token=***&c=1"),
        ("send ?token=plan;ted; leave it out", "send ?token=***; leave it out"),
        ("for /a?token=planted: refused", "for /a?token=***: refused"),
        ("/a?token=;;&c=1", "/a?token=***&c=1"),
    ],
)
def test_secret_in_a_text(text, shown):
    """A secret in a text is recognised by its form, and the rest stays."""
    assert redact_text(text) == shown


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


PLANTED = "a-planted-secret-that-is-never-shown-0123456789"

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


PLACED = """
import pickle
import socket
from pathlib import Path
import pytest

def send(jira, contents):
    for content in contents:
        with socket.create_connection(("127.0.0.1", int(jira.url.rpartition(":")[2])), timeout=30) as connection:
            connection.sendall(content)
            while connection.recv(65536):
                pass

@pytest.mark.parametrize("how", ["violates", "own_assertion", "stored", "submitted", "deleted", "jira_said", "exception"])
def test_secrets_everywhere(make_fake_jira, how):
    jira = make_fake_jira(ignore="RL9" if how == "violates" else "RL2,RL3", consistency="shuffled:1")
    send(jira, pickle.loads(open("requests.pickle", "rb").read()))
    links, pending, requests, submissions = jira.links, jira.pending, jira.requests, jira.submissions
    violations, values = jira.violations, [violation.value for violation in jira.violations]
    queries, bodies, answers = [[getattr(one.request, name) for one in requests] for name in ("query", "body", "json")]
    data, errors = [one.data for one in submissions], [one.errors for one in submissions]
    if how == "own_assertion":
        assert (violations, submissions, links, data) == (requests, pending, errors, values)
    elif how == "stored":
        jira.settle()
        jira.assert_stored("1", attributeMap={"token": "x"}, properties={"token": "y", "client_secret": 1})
    elif how == "submitted":
        jira.assert_submitted("1", token="y", url="x", credentials={"name": 1}, properties={"token": "y"})
    elif how == "deleted":
        jira.assert_deleted_by(token="x", account="y")
    elif how == "jira_said":
        jira.assert_rejected("1", match="nothing like this")
    elif how == "exception":
        raise RuntimeError("of the provider")
"""


@pytest.mark.slow
def test_run_writes_no_placed_secret(pytester):
    """No output or file of a pytest run contains a secret that a request had at any place."""
    pytester.makeini("[pytest]\naddopts = -p no:randomly -p no:xdist\njunit_logging = all\n")
    pytester.makepyfile(PLACED)
    (pytester.path / "requests.pickle").write_bytes(pickle.dumps(requests_with("m4rK-1 m4rK-2 m4rK-3")))
    result = pytester.runpytest_subprocess("-vv", "-rA", "--tb=long", "--showlocals", "--junitxml=junit.xml")
    result.assert_outcomes(failed=7)
    for code in ("RL101", "RL103", "RL110", "RL113", "RL201", "RL306", "RL502"):
        assert code in result.stdout.str()
    written = {path.name: path.read_bytes() for path in pytester.path.rglob("*") if path.is_file() and path.suffix != ".pickle"}
    written["stdout"], written["stderr"] = result.stdout.str().encode(), result.stderr.str().encode()
    assert {name for name, content in written.items() if b"m4rK" in content} == set()
    assert {name for name, content in written.items() if b"***" in content} >= {"stdout", "junit.xml"}


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


def sentences():
    """The sentences in the package's source; what is filled in is the word it."""
    for path in Path(pytest_remotelinks.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "it" for part in node.values)
            else:
                text = str(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if text.count(" ") > 1:
                yield text


def test_own_sentences_stay():
    """None of the sentences that the package writes looks like a secret."""
    found = list(sentences())
    assert any("the contract's pattern is 'JWT <token>'" in text for text in found)
    assert [text for text in found if redact_text(text) != text] == []


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("token: planted", "token: ***"),
        ("remoteLinks: []\nshared-secret:   planted two\nid: 1", "remoteLinks: []\nshared-secret:   ***\nid: 1"),
        ("links:\r\n- token: planted\r\n  id: 1\r\n", "links:\r\n- token: ***\r\n"),
        ("a:\n  token: planted\n  id: 1", "a:\n  token: ***\n  id: 1"),
        ("token: |\n  planted\n  planted\nid: 1", "token: ***\nid: 1"),
        ("token:\n  planted\nid: 1", "token:\n  ***\nid: 1"),
        ("token:\nid: 1", "token:\nid: 1"),
        ("displayName: a token: none", "displayName: a token: none"),
    ],
)
def test_secret_in_a_body_of_lines(body, shown):
    """In YAML, or the lines of a head in place of JSON, a secret is recognised by its name."""
    assert redact_body(body.encode()) == shown
    assert redact_value(body.encode()) == shown.encode()


@pytest.mark.parametrize("body", ["token: planted", "access_token:\n  planted"])
def test_yaml_in_place_of_json(jira, provider, body):
    """Neither the violation nor the curl line shows a secret of a body that is YAML."""
    assert provider.post(body.encode()).status_code == 400
    assert [violation.code for violation in jira.violations] == ["RL101"]
    assert "planted" not in f"{jira.violations[0]}{jira.violations!r}{curl_line(jira.requests[0], jira.url)}"
