"""Tokens of Connect apps: valid ones, and ones with each possible defect."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
from urllib.parse import quote, urlencode

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from support.apps import APP_KEY, DESCRIPTOR, SECRET, published_form, published_token

from pytest_remotelinks import FakeJira

BASE = "/rest/remotelinks/1.0"
READ = BASE + "/remotelink/alert-1"
AWKWARD = ["a b", "a/b", "a&b", "größe", "50%", "a?b", "a+b", "*!'()~-._", "a=b,c", "日本", "%2F", "a;b:c@d$e"]


def send(jira, method, path, authorization, **arguments):
    headers = {"Authorization": authorization} if authorization is not None else {}
    return requests.request(method, jira.url + path, headers=headers, timeout=30, **arguments)


def codes_of(jira):
    return [violation.code for violation in jira.requests[-1].violations]


# Valid tokens


@pytest.mark.parametrize("id", AWKWARD)
def test_token_with_ids_that_need_encoding(app_site, link, id):
    """Every operation accepts tokens for ids and properties that need percent-encoding."""
    path = BASE + "/bulk"
    answer = send(app_site, "POST", path, published_token("POST", path), json={"remoteLinks": [link(id)], "properties": {"account": id}})
    assert answer.json() == {"acceptedRemoteLinks": [id]}
    path = f"{BASE}/remotelink/{quote(id, safe='')}"
    assert send(app_site, "GET", path, published_token("GET", path)).json()["id"] == id
    path = f"{BASE}/bulkByProperties?{urlencode({'account': id})}"
    assert send(app_site, "DELETE", path, published_token("DELETE", path)).status_code == 202
    assert app_site.links == {}
    path = f"{BASE}/remotelink/{quote(id, safe='')}"
    assert send(app_site, "DELETE", path, published_token("DELETE", path)).status_code == 202
    assert app_site.violations == []
    assert {exchange.app for exchange in app_site.requests} == {APP_KEY}


@pytest.mark.parametrize("base", [BASE, f"/ex/jira/1-2-3{BASE}", "/jira/remotelinks/1.0/cloud/1-2-3"])
def test_path_is_hashed_as_sent_below_each_base(app_site, base):
    """The path is hashed as it is sent, under each base."""
    path = f"{base}/remotelink/a%20b"
    assert send(app_site, "GET", path, published_token("GET", path)).status_code == 404
    assert app_site.violations == []


def test_gateway_prefix_may_be_base_url(app_site):
    """The gateway's prefix may belong to the client's base URL."""
    assert send(app_site, "GET", "/ex/jira/1-2-3" + READ, published_token("GET", READ)).status_code == 404
    assert app_site.violations == []


def test_clock_skew_of_25_seconds_is_accepted(app_site):
    """A clock may be off by some seconds."""
    now = int(time.time())
    for times in (
        {"iat": now + 25, "exp": now + 200},
        {"iat": now - 200, "exp": now - 25},
        {"iat": now, "exp": now + 180, "nbf": now + 25},
    ):
        send(app_site, "GET", READ, published_token("GET", READ, **times))
    assert app_site.violations == []


@pytest.mark.parametrize(
    ("times", "code"), [({"iat": -200, "exp": -31}, "RL507"), ({"iat": 60, "exp": 180}, "RL508"), ({"nbf": 60}, "RL508")]
)
def test_clock_skew_beyond_30_seconds_is_refused(app_site, times, code):
    """A clock may not be off by more than 30 seconds."""
    now = int(time.time())
    send(app_site, "GET", READ, published_token("GET", READ, **{name: now + seconds for name, seconds in times.items()}))
    assert codes_of(app_site) == [code]


def test_token_times_are_real_time(app_site):
    """Signed tokens are valid in real time, not on the site's clock."""
    app_site.advance(86400)
    assert send(app_site, "GET", READ, published_token("GET", READ)).status_code == 404
    assert app_site.violations == []


# Tokens with one defect


CHANGES = {
    "method": ("RL509", {"method": "DELETE"}),
    "path": ("RL509", {"path": READ + "0"}),
    "query": ("RL509", {"path": READ + "?expand=all"}),
    "secret": ("RL506", {"key": SECRET + "!"}),
    "expired": ("RL507", {"iat": -400, "exp": -220}),
    "future": ("RL508", {"iat": 600, "exp": 780}),
    "not before": ("RL508", {"nbf": 600}),
    "algorithm": ("RL504", {"algorithm": "HS512"}),
    "no algorithm": ("RL504", {"algorithm": "none", "key": None}),
    "issuer": ("RL505", {"iss": "com.scanner.shop.dev"}),
    "context": ("RL510", {"qsh": "context-qsh"}),
    "no iss": ("RL511", {"iss": None}),
    "no iat": ("RL511", {"iat": None}),
    "no exp": ("RL511", {"exp": None}),
    "no qsh": ("RL511", {"qsh": None}),
    "text for a number": ("RL511", {"exp": "1800000000"}),
    "number for text": ("RL511", {"qsh": 7}),
    "true for a number": ("RL511", {"iat": True}),
    "text for nbf": ("RL511", {"nbf": "soon"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_defect_has_its_own_code(app_site, change):
    """Each single thing that is wrong with a token has its own code."""
    code, changes = CHANGES[change]
    now = int(time.time())
    changes = {
        name: now + value if name in ("iat", "exp", "nbf") and isinstance(value, int) and value is not True else value
        for name, value in changes.items()
    }
    method, path = changes.pop("method", "GET"), changes.pop("path", READ)
    answer = send(app_site, "GET", READ, published_token(method, path, **changes))
    assert (answer.status_code, answer.content) == (401, b"")
    assert codes_of(app_site) == [code]
    assert app_site.requests[-1].violations[0].pointer == "#header/Authorization"


def test_long_lifetime_is_a_warning(app_site):
    """A lifetime of more than an hour is a warning."""
    now = int(time.time())
    assert send(app_site, "GET", READ, published_token("GET", READ, exp=now + 3601)).status_code == 404
    assert [(violation.code, violation.severity) for violation in app_site.violations] == [("RL512", "warning")]
    send(app_site, "GET", READ, published_token("GET", READ, iat=now, exp=now + 3600))
    assert codes_of(app_site) == []


TEXT = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=10)


def test_token_is_valid_for_its_request_only():
    """A token is accepted with the request that it was made for, and with no other."""
    with FakeJira(app=DESCRIPTOR, shared_secret=SECRET, ignore="RL1,RL3") as jira:

        @given(
            st.sampled_from(["GET", "DELETE"]), TEXT, st.dictionaries(TEXT, TEXT, max_size=2),
            st.sampled_from(["GET", "DELETE"]), TEXT, st.dictionaries(TEXT, TEXT, max_size=2),
        )  # fmt: skip
        def holds(method, id, query, other_method, other_id, other_query):
            path = f"{BASE}/remotelink/{id}" + ("?" + urlencode(query) if query else "")
            other = f"{BASE}/remotelink/{other_id}" + ("?" + urlencode(other_query) if other_query else "")
            send(jira, method, path, published_token(other_method, other))
            same = published_form(method, path) == published_form(other_method, other)
            assert codes_of(jira) == ([] if same else ["RL509"])

        holds()


@given(st.text(st.characters(codec="ascii"), min_size=1, max_size=60), st.sampled_from(["iss", "qsh", "iat", "exp", "nbf"]), st.data())
def test_random_claims(text, claim, data):
    """Random claims are accepted or refused with a rule."""
    value = data.draw(st.one_of(st.just(text), st.integers(), st.floats(), st.booleans(), st.lists(st.integers(), max_size=2)))
    with FakeJira(app=DESCRIPTOR, shared_secret=SECRET) as jira:
        status = send(jira, "GET", READ, published_token("GET", READ, **{claim: value})).status_code
        assert status in (401, 404)
        assert (status == 401) == any(violation.severity == "error" for violation in jira.violations)


def part(value):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


HEADER, SIGNATURE = part({"alg": "HS256", "typ": "JWT"}), part(b"0" * 32)
HEADER_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f\x85\xa0\xad"), min_size=1, max_size=40)


def test_random_authorization_header():
    """Random Authorization headers are refused with a rule of RL5."""
    with FakeJira(app=DESCRIPTOR, shared_secret=SECRET) as jira:

        @given(st.sampled_from(["JWT ", "Bearer ", "Basic ", "", "jwt  ", "JWT e30.", f"JWT {HEADER}.", "Token "]), HEADER_TEXT)
        def holds(scheme, text):
            connection = http.client.HTTPConnection("127.0.0.1", int(jira.url.rpartition(":")[2]), timeout=30)
            connection.putrequest("GET", READ)
            connection.putheader("Authorization", (scheme + text).encode("latin-1"))
            connection.endheaders()
            status = connection.getresponse().status
            connection.close()
            codes = codes_of(jira)
            # Basic credentials are not verified, so those that are well-formed come in.
            assert (status, bool(codes)) in ((401, True), (404, False))
            assert status == 401 or scheme == "Basic "
            assert all(code.startswith("RL5") for code in codes)

        holds()


# Texts that are not tokens


BROKEN = {
    "no dots": "JWT abc",
    "one dot": f"JWT {HEADER}.{part({})}",
    "three dots": f"JWT {HEADER}.{part({})}.{SIGNATURE}.x",
    "only dots": "JWT ..",
    "a list for a payload": f"JWT {HEADER}.{part([])}.{SIGNATURE}",
    "text for a payload": f"JWT {HEADER}.{part('x')}.{SIGNATURE}",
    "no JSON": f"JWT {HEADER}.{part(b'{')}.{SIGNATURE}",
    "no UTF-8": f"JWT {HEADER}.{part(bytes([255]))}.{SIGNATURE}",
    "a list for a header": f"JWT {part([])}.{part({})}.{SIGNATURE}",
    "invalid Base64": f"JWT {HEADER}.!!!!.{SIGNATURE}",
    "deep nesting": f"JWT {HEADER}.{part(b'[' * 5000)}.{SIGNATURE}",
    "an endless number": f"JWT {HEADER}.{part(b'9' * 6000)}.{SIGNATURE}",
    "a key id that is not text": f"JWT {part({'alg': 'HS256', 'kid': 7})}.{part({})}.{SIGNATURE}",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_text_that_is_not_a_token(app_site, broken):
    """What is not a token is refused without being shown."""
    assert send(app_site, "GET", READ, BROKEN[broken]).status_code == 401
    found = app_site.requests[-1].violations
    assert {violation.code for violation in found} <= {"RL503", "RL511"}
    assert found
    assert BROKEN[broken][4:] not in repr(found) + "".join(violation.message + violation.hint for violation in found)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "hs256", "HS256 ", "", None, 7, ["HS256"], {"a": 1}])
def test_other_algorithms_are_refused(app_site, algorithm):
    """An algorithm other than HS256 is refused."""
    send(app_site, "GET", READ, f"JWT {part({'alg': algorithm, 'typ': 'JWT'})}.{part({'iss': APP_KEY})}.{SIGNATURE}")
    assert codes_of(app_site) in (["RL504"], ["RL503"])
    assert app_site.requests[-1].status == 401


def test_key_id_is_ignored(app_site):
    """A key id has no influence on the key, even if it is a path."""
    answer = send(app_site, "GET", READ, published_token("GET", READ, headers={"kid": "../../../../dev/null"}))
    assert answer.status_code == 404
    signed = published_token("GET", READ, headers={"kid": "../../../../dev/null"}).rpartition(".")[0]
    of_an_empty_file = part(hmac.digest(b"", signed.removeprefix("JWT ").encode(), "sha256"))
    answer = send(app_site, "GET", READ, f"{signed}.{of_an_empty_file}")
    assert (answer.status_code, codes_of(app_site)) == (401, ["RL506"])


@pytest.mark.parametrize("scheme", ["JWT", "Bearer", "Basic"])
@pytest.mark.parametrize("size", [17_000, 60_000])
def test_overlong_token(app_site, scheme, size):
    """An overlong token is refused, and the next request is answered."""
    assert send(app_site, "GET", READ, f"{scheme} " + "a" * size).status_code == 401
    assert codes_of(app_site) == ["RL502"]
    assert send(app_site, "GET", READ, published_token("GET", READ)).status_code == 404


def test_token_in_query(app_site):
    """A token in the query does not replace the header, and is not hashed."""
    token = published_token("GET", READ).removeprefix("JWT ")
    assert send(app_site, "GET", f"{READ}?jwt={token}", None).status_code == 401
    assert codes_of(app_site)[0] == "RL501"
    # Where the header is there too, the parameter is left out of the hash.
    send(app_site, "GET", f"{READ}?jwt={token}", published_token("GET", READ))
    assert app_site.requests[-1].status == 404


# What is hint


MISTAKES = {
    "base left out": ("GET", "/remotelink/a%20b", "only the site's own URL is left out"),
    "not encoded": ("GET", BASE + "/remotelink/a b", "as it is sent, percent-encoded"),
    "encoded twice": ("GET", BASE + "/remotelink/a%2520b", "percent-encoded already"),
    "slash at the end": ("GET", BASE + "/remotelink/a%20b//", "leave out the slash"),
    "another method": ("POST", BASE + "/remotelink/a%20b", "hash the method that is sent, GET"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_hint_names_mistake_in_path(app_site, mistake):
    """The hint shows both canonical forms and the mistake."""
    method, path, hint = MISTAKES[mistake]
    send(app_site, "GET", BASE + "/remotelink/a%20b", published_token(method, path))
    (violation,) = app_site.requests[-1].violations
    assert violation.code == "RL509"
    assert hint in violation.hint
    assert f"the request is 'GET&{BASE}/remotelink/a%20b&'" in violation.hint
    assert f"Hashed was '{method}&{path.removesuffix('/')}&'" in violation.hint


@pytest.mark.parametrize("mistake", ["", "b=2%20c&a=1", "a=1&b=2+c", "a=1&b=2 c"])
def test_hint_names_mistake_in_query(app_site, mistake):
    """A mistake in the query is recognised."""
    path = f"{BASE}/bulkByProperties?b=2%20c&a=1"
    hashed = f"DELETE&{BASE}/bulkByProperties&{mistake}"
    send(app_site, "DELETE", path, published_token("DELETE", path, qsh=hashlib.sha256(hashed.encode()).hexdigest()))
    violation = next(violation for violation in app_site.requests[-1].violations if violation.code == "RL509")
    assert f"Hashed was {hashed!r}, the request is 'DELETE&{BASE}/bulkByProperties&a=1&b=2%20c'" in violation.hint


def test_token_that_is_used_again(app_site):
    """A token that is sent again with another request is recognised."""
    authorization = published_token("GET", READ)
    send(app_site, "GET", READ, authorization)
    send(app_site, "GET", BASE + "/remotelink/alert-2", authorization)
    (violation,) = app_site.requests[-1].violations
    assert f"make a token for each request. Hashed was 'GET&{READ}&'" in violation.hint


def test_hash_of_earlier_query(app_site):
    """The hash of an earlier query with the same path is not taken for a used token."""
    path = BASE + "/bulkByProperties?account="
    send(app_site, "DELETE", path + "1", published_token("DELETE", path + "1"))
    send(app_site, "DELETE", path + "2", published_token("DELETE", path + "1"))
    hint = next(violation.hint for violation in app_site.requests[-1].violations if violation.code == "RL509")
    assert "make a token" not in hint
    assert "hash the query that is sent" in hint
    assert "account=1', the request is 'DELETE" in hint


def test_unknown_hash_shows_canonical_form(app_site):
    """The hint shows the canonical form even if the mistake is unknown."""
    send(app_site, "GET", READ, published_token("GET", READ, qsh="0" * 64))
    assert f"the request is 'GET&{READ}&'" in app_site.violations[0].hint


def test_secret_of_another_app(app_site, descriptor):
    """A token signed with the secret of another app is recognised."""
    app_site.install({**descriptor, "key": "other"}, shared_secret="the other secret")
    send(app_site, "GET", READ, published_token("GET", READ, key="the other secret"))
    assert codes_of(app_site) == ["RL506"]
    assert "the secret of 'other'" in app_site.violations[0].hint


def test_missing_issuer_beside_another_defect(app_site):
    """Without an issuer nothing else is said of a token."""
    send(app_site, "GET", READ, published_token("GET", READ + "0", iss=None, exp=1))
    assert codes_of(app_site) == ["RL511"]


def test_unknown_secret(app_site):
    """The hint about a wrong signature names another app only if its secret was used."""
    send(app_site, "GET", READ, published_token("GET", READ, key="the secret of no app"))
    assert app_site.violations[0].hint == f"sign with the shared secret that the installation of '{APP_KEY}' was given"


def test_unknown_issuer_lists_installed_apps(app_site):
    """The hint about an unknown issuer lists the keys of the apps that sign."""
    app_site.install({**DESCRIPTOR, "key": "other"})
    send(app_site, "GET", READ, published_token("GET", READ, iss="client-key"))
    assert app_site.violations[0].hint == f"'iss' is the app's key, not the client's; installed: '{APP_KEY}', 'other'"


def test_ignored_rules_let_token_pass(make_site, link):
    """A token that only ignored rules forbid is accepted, and belongs to its app."""
    jira = make_site(app=DESCRIPTOR, shared_secret=SECRET, ignore="RL506,RL507", consistency="immediate")
    now = int(time.time())
    path = BASE + "/bulk"
    authorization = published_token("POST", path, key="wrong", iat=now - 900, exp=now - 800)
    assert send(jira, "POST", path, authorization, json={"remoteLinks": [link()]}).status_code == 202
    assert set(jira.app.links) == {"1"}


# Other hints


@pytest.mark.parametrize("times", [{"exp": 1}, {"exp": 1, "iat": 0}])
def test_hint_names_milliseconds(app_site, times):
    """Times in milliseconds are recognised."""
    now = int(time.time())
    send(app_site, "GET", READ, published_token("GET", READ, **{name: (now + 180 * after) * 1000 for name, after in times.items()}))
    found = {violation.code: violation.hint for violation in app_site.violations}
    assert found.keys() == ({"RL512", "RL508"} if "iat" in times else {"RL512"})
    assert all("milliseconds" in hint for hint in found.values())


def test_hint_for_forge_app_that_signs(make_site):
    """A Forge app that signs gets the hint to send a bearer token, an unknown app that to be installed."""
    module = {"key": "scanner", "name": {"value": "Scanner"}, "homeUrl": "https://scanner.example"}
    jira = make_site(app={"app": {"id": "ari:1"}, "modules": {"devops:remoteLinkInfoProvider": [module]}})
    assert send(jira, "GET", READ, published_token("GET", READ, iss="ari:1")).status_code == 401
    assert send(jira, "GET", READ, published_token("GET", READ, key="a secret of no site")).status_code == 401
    assert [violation.code for violation in jira.violations] == ["RL505"] * 2
    assert jira.violations[0].hint == "it is a Forge app: send a bearer token, 'Bearer <token>'"
    assert jira.violations[1].hint == "install the app whose key 'iss' is"
