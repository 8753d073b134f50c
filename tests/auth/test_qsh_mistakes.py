"""Wrong hashes: each usual slip is recognised, also beside another one, and the search is over soon."""

from __future__ import annotations

import hashlib

import pytest
import requests
from support.apps import published_form, published_token

from pytest_remotelinks.auth.qsh import canonical_request
from pytest_remotelinks.auth.qsh_mistakes import find_slip
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

BASE = "/rest/remotelinks/1.0"
PROPERTIES = BASE + "/bulkByProperties"
TOOLS = "/jira/remotelinks/1.0/cloud/1-2-3"


def slip_of(target, hashed, method="DELETE"):
    request = Request(method, target, Headers([("Host", "scanner.example")]))
    return find_slip(request, hashlib.sha256(hashed.encode()).hexdigest())


QUERIES = {
    "a plus beside a repeated name": ("a=1&a=2&b=x%20y", "a=1,2&b=x+y", "a space as %20, not as +"),
    "a star left bare": ("a=1&a=2&b=x*", "a=1,2&b=x*", "* as %2A"),
    "a form's encoding": ("a=1&a=2&b=x%20*~", "a=1,2&b=x+*%7E", "a form's encoding"),
    "a script's encoding": ("a=1&a=2&b=(x)!%27*", "a=1,2&b=(x)!'*", "percent-encode ! ' ( ) and * too"),
    "values unsorted": ("a=2&a=1&b=x", "a=2,1&b=x", "sort the values of a repeated parameter"),
    "the comma encoded": ("a=1&a=2&b=x", "a=1%2C2&b=x", "leave the comma"),
    "values not joined": ("a=2&a=1&b=x", "a=1&a=2&b=x", "by commas"),
    "the last value": ("a=2&a=1&b=x", "a=1&b=x", "not the last one alone"),
    "the first value": ("a=2&a=1&b=x", "a=2&b=x", "not the first one alone"),
    "names unsorted": ("b=x&a=2&a=1", "b=x&a=1,2", "sort the parameters by their names"),
    "encoded twice": ("a=1&a=2&b=x%20y", "a=1,2&b=x%2520y", "percent-encode the query once"),
    "not encoded": ("a=1&a=2&b=x%20y%0Az", "a=1,2&b=x y\nz", "percent-encode names and values"),
    "lower case": ("a=1&a=2&b=x%2Fy", "a=1,2&b=x%2fy", "upper-case digits"),
    "as sent": ("b=x%20y&a=1&a=2", "b=x%20y&a=1&a=2", "decode the query, sort"),
    "the token kept": ("a=1&a=2&jwt=x", "a=1,2&jwt=x", "leave the parameter jwt out"),
    "the token alone": ("jwt=x", "jwt=x", "leave the parameter jwt out"),
    "none": ("a=1&a=2", "", "hash the query too"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_slip_in_a_query_is_recognised(name):
    query, hashed, said = QUERIES[name]
    slip = slip_of(f"{PROPERTIES}?{query}", f"DELETE&{PROPERTIES}&{hashed}")
    assert said in slip.said
    assert slip.hashed == f"DELETE&{PROPERTIES}&{hashed}"
    assert slip.wanted == published_form("DELETE", f"{PROPERTIES}?{query}")


@pytest.mark.parametrize(
    ("query", "hashed", "said"),
    [
        ("a=1&jwt=x&b=y%20z", "a=1&b=y+z&jwt=x", ["leave the parameter jwt out", "%20, not as +"]),
        ("jwt=x&a=1", "jwt=x&a=1", ["leave the parameter jwt out", "sort the parameters"]),
        ("a=2&a=1&jwt=x", "a=2,1&jwt=x", ["leave the parameter jwt out", "sort the values"]),
        ("a=2&a=1&b=x%20y", "a=2,1&b=x+y", ["sort the values", "%20, not as +"]),
        ("b=2&b=1&a=1", "b=2&b=1&a=1", ["decode the query, sort"]),
    ],
)
def test_two_slips_in_a_query_are_recognised(query, hashed, said):
    slip = slip_of(f"{PROPERTIES}?{query}", f"DELETE&{PROPERTIES}&{hashed}")
    assert all(part in slip.said for part in said)


@pytest.mark.parametrize(
    ("hashed", "said"),
    [
        (f"GET&{BASE}/remotelink/a%20b&", f"hash the path as it is sent, with {TOOLS}"),
        ("GET&/remotelink/a%20b&", f"hash the path with {TOOLS}"),
        (f"get&{BASE}/remotelink/a%20b&", "write the method in upper case; hash the path as it is sent"),
        (f"GET&https://scanner.example{TOOLS}/remotelink/a%20b&", "leave scheme and host out"),
    ],
)
def test_a_slip_in_the_path_of_an_on_premises_tool_is_recognised(hashed, said):
    slip = slip_of(f"{TOOLS}/remotelink/a%20b", hashed, "GET")
    assert said in slip.said
    assert slip.wanted == f"GET&{TOOLS}/remotelink/a%20b&"


@pytest.mark.parametrize("prefix", ["", "/ex/jira/1-2-3"])
def test_under_the_gateway_the_form_beside_it_is_of_the_same_base(prefix):
    slip = slip_of(f"/ex/jira/1-2-3{PROPERTIES}?a=x%20y", f"DELETE&{prefix}{PROPERTIES}&a=x+y")
    assert slip.wanted == f"DELETE&{prefix}{PROPERTIES}&a=x%20y"
    assert slip.said == "write a space as %20, not as +"


def test_both_forms_stand_in_the_hint_and_no_token(app_site):
    path = f"{PROPERTIES}?b=1&b=2&jwt=TOKEN&a=x%20y"
    qsh = hashlib.sha256(f"DELETE&{PROPERTIES}&a=x+y&b=1,2&jwt=TOKEN".encode()).hexdigest()
    requests.delete(app_site.url + path, headers={"Authorization": published_token("DELETE", path, qsh=qsh)}, timeout=30)
    hint = next(violation.hint for violation in app_site.violations if violation.code == "RL509")
    assert f"Hashed was 'DELETE&{PROPERTIES}&a=x+y&b=1,2&jwt=***', the request is 'DELETE&{PROPERTIES}&a=x%20y&b=1,2'" in hint


def test_a_secret_that_was_hashed_as_it_is_stays_hidden(app_site):
    path = PROPERTIES + "?password=open%20the%26door&a=1"
    qsh = hashlib.sha256(f"DELETE&{PROPERTIES}&a=1&password=open the&door".encode()).hexdigest()
    requests.delete(app_site.url + path, headers={"Authorization": published_token("DELETE", path, qsh=qsh)}, timeout=30)
    hint = next(violation.hint for violation in app_site.violations if violation.code == "RL509")
    assert f"Hashed was 'DELETE&{PROPERTIES}&a=1&password=***', the" in hint
    assert "door" not in hint


def test_the_right_hash_in_another_writing_is_recognised():
    form = canonical_request("DELETE", PROPERTIES + "?a=1")
    request = Request("DELETE", PROPERTIES + "?a=1", Headers())
    assert "upper case" in find_slip(request, hashlib.sha256(form.encode()).hexdigest().upper()).said


@pytest.mark.parametrize("found", ["0" * 64, "", "é", "٣" * 64, "x" * 64])
def test_what_is_the_hash_of_nothing_known_is_no_slip(found):
    assert find_slip(Request("DELETE", PROPERTIES + "?a=1", Headers()), found) is None


@pytest.mark.parametrize(
    "query",
    ["a=" + "x" * 4000, "a=" + "%20" * 1333, "&".join(["a=1"] * 1000), "&".join(f"a{number % 26}=%20*~!" for number in range(370))],
)
def test_the_search_in_a_long_query_comes_to_an_end(query):
    assert find_slip(Request("DELETE", f"{PROPERTIES}?{query}", Headers()), "0" * 64) is None


def test_a_slip_in_a_long_query_is_still_recognised():
    query = "a=1&" * 500 + "b=x%20y"
    hashed = canonical_request("DELETE", f"{PROPERTIES}?{query}").replace("%20", "+")
    assert "not as +" in slip_of(f"{PROPERTIES}?{query}", hashed).said
