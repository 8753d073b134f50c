"""Secrets, tokens and signatures are planted, and looked for in everything that a run writes."""

from __future__ import annotations

import json
import pickle

import pytest
import requests

from pytest_remotelinks import FakeJira
from pytest_remotelinks.recording.curl import curl_line
from pytest_remotelinks.recording.terminal import report
from pytest_remotelinks.settings import Settings
from pytest_remotelinks.veil import veiled

from .conftest import DESCRIPTOR, SECRET, published_token

BULK = "/rest/remotelinks/1.0/bulk"
READ = "/rest/remotelinks/1.0/remotelink/1"


def shown_by(jira):
    """Everything of a site that a test, a report or a debugger shows."""
    shown = [repr(jira), repr(jira.settings), repr(jira.app), repr(jira.auth), str(jira.settings), f"{jira.app}"]
    for exchange in jira.requests:
        shown += [repr(exchange), repr(exchange.headers), str(exchange.headers), curl_line(exchange, jira.url)]
        shown += [repr(exchange.submissions)]
    for violation in jira.violations:
        shown += [repr(violation), str(violation), violation.message, violation.hint, repr(violation.value)]
    return "\n".join([*shown, report(jira.violations, jira.url)])


def test_no_secret_is_shown_of_a_site(make_site, link):
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
    assert jira.requests[0].headers["Authorization"] == token
    assert jira.requests[-2].json["client_secret"] == jira.app.client_secret


def test_what_signs_is_text_whose_repr_is_masked(make_site):
    jira = make_site(app=DESCRIPTOR, shared_secret=SECRET)
    assert repr(jira.authorization("GET", READ)) == "'JWT ***'"
    assert repr(jira.token()) == repr(jira.app.shared_secret) == repr(jira.app.client_secret) == "'***'"
    assert jira.app.shared_secret == SECRET
    assert f"{jira.app.shared_secret}" == str(jira.app.shared_secret) == SECRET
    assert pickle.loads(pickle.dumps(jira.app.shared_secret)) == SECRET
    assert SECRET not in repr(Settings(shared_secret=SECRET))


PLANTED = "a-planted-secret-that-nobody-may-see-0123456789"

FAILING = """
import requests

BULK = "/rest/remotelinks/1.0/bulk"
LINK = {"id": "1", "updateSequenceNumber": 1, "displayName": "x", "url": "<string>", "type": "security",
        "lastUpdated": "2026-01-31T12:00:00Z"}

def remember(fake_jira, *secrets):
    with open("secrets.txt", "a") as file:
        file.write("".join(f"{str(secret)}\\n" for secret in secrets))

def test_a_broken_contract(fake_jira):
    authorization = fake_jira.authorization("POST", BULK)
    remember(fake_jira, authorization[4:], authorization.rpartition(".")[2], fake_jira.app.client_secret)
    requests.post(fake_jira.url + BULK, json={"remoteLinks": [LINK]}, headers={"Authorization": authorization})

def test_a_failing_assertion(fake_jira):
    authorization, token, app = fake_jira.authorization("POST", BULK), fake_jira.token(), fake_jira.app
    remember(fake_jira, authorization[4:], token, app.client_secret)
    requests.post(fake_jira.url + BULK, json={"remoteLinks": [LINK]}, headers={"Authorization": authorization})
    fake_jira.requests[0].headers
    fake_jira.assert_accepted("1")

def test_a_wrong_token(fake_jira):
    auth, token = fake_jira.auth, fake_jira.token(expires_in=0)
    remember(fake_jira, token)
    requests.get(fake_jira.url + BULK.replace("bulk", "remotelink/1"), headers={"Authorization": "Bearer " + token})
    assert fake_jira.app is None and auth is None

def test_comparing_secrets(fake_jira):
    assert [fake_jira.app, fake_jira.settings, fake_jira.requests] == []
"""

SENDING = """
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import requests

READ = "/rest/remotelinks/1.0/remotelink/1?access_token=planted-in-the-query"

@pytest.fixture
def sent(fake_jira):
    token, app = fake_jira.token(), fake_jira.app
    headers = {"Authorization": fake_jira.authorization("GET", READ), "Cookie": "session=planted-in-a-cookie", "X-Id": "7"}
    with pytest.raises(HTTPError):  # by a client that logs no URL
        urlopen(Request(fake_jira.url + READ, headers=headers))
    client = {"audience": "a", "grant_type": "client_credentials", "client_id": app.client_id, "client_secret": app.client_secret}
    issued = requests.post(fake_jira.url + "/oauth/token", json=client).json()["access_token"]
    with open("secrets.txt", "a") as file:
        for secret in (headers["Authorization"][4:], headers["Authorization"].rpartition(".")[2], token, app.client_secret, issued):
            file.write(f"{str(secret)}\\n")
    assert app.shared_secret == "a-planted-secret-that-nobody-may-see-0123456789"
    fake_jira._expected.update((id(violation), violation) for violation in fake_jira.violations)
    return fake_jira.requests
"""

#: Assertions that fail; ``one`` is a request with credentials, ``token`` the exchange that issued a token.
WRONG = [
    'fake_jira.app.shared_secret == "x"',
    '"x" == fake_jira.app.client_secret',
    "fake_jira.app.shared_secret == fake_jira.app.client_secret",
    'fake_jira.app.shared_secret == fake_jira.app.shared_secret[:-1] + "x"',
    "fake_jira.app.shared_secret != str(fake_jira.app.shared_secret)",
    "fake_jira.settings.shared_secret is None",
    'not fake_jira.token().upper() and ""',
    '"JWT" not in fake_jira.authorization("GET", "/")',
    "fake_jira.app.shared_secret[3:30] not in fake_jira.app.shared_secret",
    'fake_jira.app.shared_secret not in "it is " + fake_jira.app.shared_secret',
    '"Bearer" in one.headers["Authorization"]',
    'one.headers["Authorization"].startswith("Bearer ")',
    'one.headers["Authorization"].partition(" ")[2] == "x"',
    'one.headers["Authorization"].removeprefix("JWT ").split(".")[1:] == []',
    'one.headers["Cookie"] == "session=1"',
    'one.headers.get("Authorization") == one.headers["Authorization"] + "x"',
    "one.headers == {}",
    'one.headers == {"X-Id": "8", "Authorization": str(one.headers["Authorization"]) + "x"}',
    '{"x-id": "8", "authorization": str(one.headers["Authorization"])} == dict(one.headers)',
    "dict(one.headers) == {}",
    "one.headers.pairs == ()",
    "one.headers.pairs[0] == [name for name in one.headers]",
    "list(one.headers.values()) == [str(value) for value in one.headers.values()][:-1]",
    "set(one.headers.values()) == set()",
    "{'request': dict(one.headers)} == {'request': {}}",
    "one.query == {}",
    "one.incoming == token.incoming",
    "one == token",
    "[one] == [token]",
    "fake_jira.app == fake_jira.install({**DESCRIPTOR, 'key': 'other'})",
    "fake_jira.settings == type(fake_jira.settings)(shared_secret=str(fake_jira.app.shared_secret) + 'x')",
    "token.body == b''",
    "token.body == bytes(token.body) + b'x'",
    "b'client_secret' not in token.body",
    "token.json == {}",
    'token.json["client_secret"] == "x"',
    "token.response_json == {}",
    'token.response_json["access_token"] is None',
    'token.response_json == {**token.response_json, "access_token": "x", "expires_in": 1}',
    "token.response_body == b''",
    "[token.json, token.response_json] == []",
]


def test_no_secret_is_in_anything_that_a_run_writes(pytester):
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


@pytest.mark.parametrize("options", [(), ("-vv", "--showlocals"), ("-l", "-rA", "--tb=long"), ("--tb=short", "-v", "-l")], ids=" ".join)
def test_no_failing_comparison_shows_a_secret(pytester, options):
    pytester.makefile(".json", **{"atlassian-connect": json.dumps(DESCRIPTOR)})
    pytester.makeini(
        "[pytest]\naddopts = -p no:randomly -p no:xdist\nremotelinks_app = atlassian-connect.json\n"
        f"remotelinks_shared_secret = {PLANTED}\njunit_logging = all\n"
    )
    tests = [
        f"def test_{number}(fake_jira, sent):\n    one, token = sent\n"
        f"    headers, body, answer = one.headers, token.body, token.response_json\n    assert {wrong}\n"
        for number, wrong in enumerate(WRONG)
    ]
    pytester.makepyfile(conftest=SENDING, test_it=f"DESCRIPTOR = {DESCRIPTOR!r}\n\n" + "\n".join(tests))
    result = pytester.runpytest_subprocess(*options, "--junitxml=junit.xml", "--log-file=run.log", "--log-file-level=DEBUG")
    result.assert_outcomes(failed=len(WRONG))
    secrets = {PLANTED, PLANTED[3:30], "planted-in-a-cookie", "planted-in-the-query", *(pytester.path / "secrets.txt").read_text().split()}
    assert len(secrets) >= 4 + 5
    # Where the test itself put them.
    own = ("secrets.txt", "tox.ini", "conftest")
    files = [path for path in pytester.path.rglob("*") if path.is_file() and not path.name.startswith(own)]
    written = {path.name: path.read_bytes() for path in files}
    written["stdout"], written["stderr"] = result.stdout.str().encode(), result.stderr.str().encode()
    assert {"junit.xml", "run.log", "stdout"} <= written.keys()
    for secret in secrets:
        assert {name for name, content in written.items() if secret.encode() in content} == set(), secret[:12]


def test_a_failing_comparison_still_says_what_is_wrong(pytester):
    pytester.makepyfile(
        """
        import requests

        def test_it(fake_jira):
            headers = {"Authorization": "Bearer a-token", "X-Id": "7"}
            requests.get(fake_jira.url + "/rest/remotelinks/1.0/remotelink/1", headers=headers)
            sent = dict(fake_jira.requests[0].headers)
            sent = {name: sent[name] for name in headers}
            assert sent["Authorization"].partition(" ")[0] == "Bearer"
            assert sent == headers
            assert sent == {"Authorization": "Bearer another", "X-Id": "8"}
        """
    )
    result = pytester.runpytest_subprocess("-vv", "-p", "no:randomly")
    result.stdout.fnmatch_lines(["*'Authorization': 'Bearer [*][*][*] (another value)'*", "*'X-Id': '8'*"])
    result.stdout.no_fnmatch_line("*a-token'}*==*")


def test_comparisons_without_secrets_are_left_to_pytest():
    cyclic: list[object] = []
    cyclic += [cyclic] * 50

    class Lazy(dict[str, str]):
        def values(self):
            raise ConnectionError

    for value in ("text", 7, None, {"token": "x"}, [{"a": b"b"}], cyclic, Lazy(a="b"), Settings()):
        assert veiled("==", value, []) is None


@pytest.mark.parametrize("wrong", [{"shared_secret": 7}, {"shared_secret": ""}])
def test_a_wrong_secret_is_told_without_it(wrong):
    with pytest.raises(ValueError, match="shared_secret must be a string that is not empty"):
        FakeJira(app=DESCRIPTOR, **wrong)


@pytest.mark.parametrize("other", [[], [1], ([], []), {"a": 1}, None, 1, "x"])
def test_whatever_an_exchange_is_compared_with_nothing_is_left_to_veil(make_site, provider_of, link, other):
    jira = make_site()
    provider_of(jira).submit(link())
    for value in (jira.requests, jira.requests[0], (jira.requests, jira.submissions), {"a": jira.requests}, [[jira.requests[0].headers]]):
        for left, right in ((value, other), (other, value)):
            pair = veiled("==", left, right)
            assert pair is None or veiled("==", *pair) is None
