"""Wrong query hashes: each common mistake is recognised."""

from __future__ import annotations

import base64
import hashlib

import pytest
import requests
from support.apps import SECRET, published_form, published_token

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.auth.qsh import canonical_request, canonical_requests
from pytest_remotelinks.auth.qsh_mistakes import find_mistake
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

BASE = "/rest/remotelinks/1.0"
PROPERTIES = BASE + "/bulkByProperties"
TOOLS = "/jira/remotelinks/1.0/cloud/1-2-3"


def find(target, found, method="DELETE"):
    request = Request(method, target, Headers([("Host", "scanner.example")]))
    return find_mistake(REMOTE_LINKS, request, canonical_requests(request), found, SECRET)


def mistake_of(target, hashed, method="DELETE"):
    return find(target, hashlib.sha256(hashed.encode()).hexdigest(), method)


QUERIES = {
    "a plus beside a repeated name": ("a=1&a=2&b=x%20y", "a=1,2&b=x+y", "a space as %20, not as +"),
    "a star left bare": ("a=1&a=2&b=x*", "a=1,2&b=x*", "* as %2A"),
    "a form's encoding": ("a=1&a=2&b=x%20*~", "a=1,2&b=x+*%7E", "write a space as %20, not as +, * as %2A, ~ as it is, not as %7E"),
    "a script's encoding": ("a=1&a=2&b=(x)!%27*", "a=1,2&b=(x)!'*", "write * as %2A, ! as %21, ( as %28, ) as %29, ' as %27"),
    "values unsorted": ("a=2&a=1&b=x", "a=2,1&b=x", "sort the values of a repeated parameter"),
    "the comma encoded": ("a=1&a=2&b=x", "a=1%2C2&b=x", "leave the comma"),
    "values not joined": ("a=2&a=1&b=x", "a=1&a=2&b=x", "by commas"),
    "the last value": ("a=2&a=1&b=x", "a=1&b=x", "not the last one alone"),
    "the first value": ("a=2&a=1&b=x", "a=2&b=x", "not the first one alone"),
    "names unsorted": ("b=x&a=2&a=1", "b=x&a=1,2", "sort the parameters by their percent-encoded names"),
    "encoded twice": ("a=1&a=2&b=x%20y", "a=1,2&b=x%2520y", "percent-encode the query once"),
    "not encoded": ("a=1&a=2&b=x%20y%0Az", "a=1,2&b=x y\nz", "percent-encode names and values"),
    "lower case": ("a=1&a=2&b=x%2Fy", "a=1,2&b=x%2fy", "hex digits in upper case"),
    "as sent": ("b=x%20y&a=1&a=2", "b=x%20y&a=1&a=2", "sort the parameters, and join"),
    "the token kept": ("a=1&a=2&jwt=x", "a=1,2&jwt=x", "leave the parameter jwt out"),
    "the token alone": ("jwt=x", "jwt=x", "leave the parameter jwt out"),
    "none": ("a=1&a=2", "", "hash the query too"),
    "all as sent": ("b=2&b=1&a=1", "b=2&b=1&a=1", "sort the parameters, and join"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_query_mistake(name):
    """A mistake in the query is recognised, and both canonical forms are known."""
    query, hashed, hint = QUERIES[name]
    mistake = mistake_of(f"{PROPERTIES}?{query}", f"DELETE&{PROPERTIES}&{hashed}")
    assert hint in mistake.hint
    assert mistake.hashed == f"DELETE&{PROPERTIES}&{hashed}"
    assert mistake.wanted == published_form("DELETE", f"{PROPERTIES}?{query}")


@pytest.mark.parametrize(
    ("hashed", "hint"),
    [
        (f"GET&{BASE}/remotelink/a%20b&", f"hash the path as it is sent, with {TOOLS}"),
        ("GET&/remotelink/a%20b&", f"hash the path with {TOOLS}"),
        (f"get&{TOOLS}/remotelink/a%20b&", "write the method in upper case"),
        (f"GET&{TOOLS}/remotelink/a%20b", "end with & where there is no query"),
        (f"GET&{TOOLS}/remotelink/a%20b?", "put & between path and query"),
        (f"GET&{TOOLS[1:]}/remotelink/a%20b&", "let the path start with a slash"),
        (f"GET&https://scanner.example{TOOLS}/remotelink/a%20b&", "leave scheme and host out"),
    ],
)
def test_path_mistake_of_on_premises_tool(hashed, hint):
    """A mistake in a path under the gateway's base for on-premises tools is recognised."""
    mistake = mistake_of(f"{TOOLS}/remotelink/a%20b", hashed, "GET")
    assert hint in mistake.hint
    assert mistake.wanted == f"GET&{TOOLS}/remotelink/a%20b&"


@pytest.mark.parametrize("prefix", ["", "/ex/jira/1-2-3"])
def test_mistake_below_gateway_keeps_base(prefix):
    """Under the gateway the wanted form has the base URL that the client hashed."""
    mistake = mistake_of(f"/ex/jira/1-2-3{PROPERTIES}?a=x%20y", f"DELETE&{prefix}{PROPERTIES}&a=x+y")
    assert mistake.wanted == f"DELETE&{prefix}{PROPERTIES}&a=x%20y"
    assert mistake.hint == "write a space as %20, not as +"


def test_hint_shows_both_forms_without_token(app_site):
    """The hint shows what was hashed and what should have been; a token in the query is redacted."""
    path = f"{PROPERTIES}?b=1&b=2&jwt=TOKEN&a=x%20y"
    qsh = hashlib.sha256(f"DELETE&{PROPERTIES}&a=x%20y&b=1,2&jwt=TOKEN".encode()).hexdigest()
    requests.delete(app_site.url + path, headers={"Authorization": published_token("DELETE", path, qsh=qsh)}, timeout=30)
    hint = next(violation.hint for violation in app_site.violations if violation.code == "RL509")
    assert f"Hashed was 'DELETE&{PROPERTIES}&a=x%20y&b=1,2&jwt=***', the request is 'DELETE&{PROPERTIES}&a=x%20y&b=1,2'" in hint


def test_hint_redacts_secret_hashed_unencoded(app_site):
    """A secret that was hashed without percent-encoding is redacted too."""
    path = PROPERTIES + "?password=open%20the%26door&a=1"
    qsh = hashlib.sha256(f"DELETE&{PROPERTIES}&a=1&password=open the&door".encode()).hexdigest()
    requests.delete(app_site.url + path, headers={"Authorization": published_token("DELETE", path, qsh=qsh)}, timeout=30)
    hint = next(violation.hint for violation in app_site.violations if violation.code == "RL509")
    assert f"Hashed was 'DELETE&{PROPERTIES}&a=1&password=***', the" in hint
    assert "door" not in hint


@pytest.mark.parametrize(
    ("write", "hint"),
    [
        (lambda digest: digest.hex().upper(), "upper case"),
        (lambda digest: base64.b64encode(digest).decode(), "Base64"),
        (lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("="), "Base64"),
    ],
)
def test_right_hash_written_differently(write, hint):
    """The right hash in upper case or in Base64 is recognised."""
    target = PROPERTIES + "?a=1"
    digest = hashlib.sha256(canonical_request("DELETE", target).encode()).digest()
    assert hint in find(target, write(digest)).hint


PATHS = {
    "a colon encoded in lower case": ("/remotelink/a%3Ab", "/remotelink/a%3ab", "with the letter case"),
    "lower case sent, upper hashed": ("/remotelink/a%3ab", "/remotelink/a%3Ab", "with the letter case"),
    "decoded": ("/remotelink/a%3Ab", "/remotelink/a:b", "percent-encoded"),
    "encoded twice": ("/remotelink/a%3Ab", "/remotelink/a%253Ab", "percent-encoded already"),
    "a colon encoded": ("/remotelink/a%20:b", "/remotelink/a%20%3Ab", "leave in it what is not percent-encoded"),
    "a bare ampersand": ("/remotelink/a&b", "/remotelink/a&b", "write & in the path as %26"),
    "a slash at the end": ("/remotelink/a", "/remotelink/a/", "the slash at the path's end"),
}


@pytest.mark.parametrize("name", PATHS)
def test_path_mistake(name):
    """A mistake in the encoding of the path is recognised."""
    sent, hashed, hint = PATHS[name]
    assert hint in mistake_of(BASE + sent, f"GET&{BASE}{hashed}&", "GET").hint


@pytest.mark.parametrize("found", ["0" * 64, "", "é", "٣" * 64, "x" * 64, "\ud800"])
def test_unknown_hash_is_not_a_mistake(found):
    """A hash of something else, or a text that is not a hash, has no explanation."""
    assert find(PROPERTIES + "?a=1", found) is None


@pytest.mark.parametrize("query", ["a=" + "%20" * 1333, "&".join(["a=1"] * 1000), "a=" + "x" * 9000])
def test_long_query_with_unknown_hash(query):
    """A long query is searched too, up to a limit."""
    assert find(f"{PROPERTIES}?{query}", "0" * 64) is None


def test_mistake_in_long_query():
    """A mistake in a long query is recognised."""
    query = "a=1&" * 500 + "b=x%20y"
    hashed = canonical_request("DELETE", f"{PROPERTIES}?{query}").replace("%20", "+")
    assert "not as +" in mistake_of(f"{PROPERTIES}?{query}", hashed).hint
