"""Query hashes of clients with one mistake, for generated queries: each is refused, and what is said of it is true."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlencode

import pytest
import requests
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.apps import DESCRIPTOR, SECRET, published_form, published_token, rfc3986

from pytest_remotelinks import FakeJira
from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.auth.qsh import canonical_requests
from pytest_remotelinks.auth.qsh_mistakes import find_mistake
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

PATH = "/rest/remotelinks/1.0/bulkByProperties"


def canonical(pairs, encode=rfc3986, sort_values=sorted, sort=sorted):
    """The canonical query as many clients make it: grouped, encoded, joined and sorted."""
    values = {}
    for name, value in pairs:
        values.setdefault(encode(name), []).append(encode(value))
    return "&".join(f"{name}={','.join(sort_values(found))}" for name, found in sort(values.items()))


def grouped(pairs):
    values = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def left_bare(safe):
    return lambda text: quote(text, safe="~" + safe)


def lower(encode):
    def encoded(text):
        parts = encode(text).split("%")
        return parts[0] + "".join(f"%{part[:2].lower()}{part[2:]}" for part in parts[1:])

    return encoded


def of_forms(text):
    """The encoding of forms: URLSearchParams, Java's URLEncoder."""
    return quote_plus(text, safe="*").replace("~", "%7E")


@dataclass
class Client:
    """Makes the text that is hashed, but for its method and path, of the parameters and the query that is sent."""

    hashes: object
    #: What its mistake is, one of them if the query leaves it open.
    hints: tuple[str, ...]
    #: How it sends a query.
    sends: object = urlencode


def encoding(encode, *words, sends=urlencode):
    return Client(lambda pairs, sent: canonical(pairs, encode), words, sends)


def rfc3986_query(pairs):
    return "&".join(f"{rfc3986(name)}={rfc3986(value)}" for name, value in pairs)


UNENCODED = ("percent-encode names and values", "percent-encode the values", "percent-encode the names", "write ")
JOINS = ("join the values", "sort the parameters", "decode the query, sort")
LONE = ("hash every value", "hash equal values", "hash parameters with")
SORTS = ("sort the ", "decode the query, sort")
CLIENTS = {
    "Python's quote_plus": encoding(quote_plus, "write a space as %20, not as +"),
    "Go's QueryEscape over %20": encoding(quote_plus, "write a space as %20, not as +", sends=rfc3986_query),
    "forms and Java": encoding(of_forms, "write a space", "write ~", "write *"),
    "Java with %20": encoding(lambda text: of_forms(text).replace("+", "%20"), "write ~", "write *"),
    "PHP": encoding(lambda text: quote_plus(text).replace("~", "%7E"), "write a space", "write ~"),
    "encodeURIComponent": encoding(left_bare("*!()'"), "write *", "write !", "write (", "write )", "write '"),
    "encodeURI": encoding(left_bare("*!()';,/?:@&=+$#"), "write "),
    "axios": encoding(lambda text: left_bare("*!()':$,")(text).replace("%20", "+"), "write "),
    "Python's quote": encoding(quote, "write / as %2F"),
    ".NET": encoding(lower(lambda text: quote_plus(text, safe="!()*").replace("~", "%7E")), "write "),
    "lower case": encoding(lower(rfc3986), "write hex digits in upper case"),
    "names and values not encoded": encoding(str, *UNENCODED),
    "encoded twice": encoding(lambda text: rfc3986(rfc3986(text)), "percent-encode the query once", "percent-encode values once"),
    "a plus for a space, encoded": encoding(
        lambda text: rfc3986(text.replace(" ", "+")), "hash a space as %20, not as %2B", "hash a + in the query as the space"
    ),
    "a plus left bare": encoding(left_bare("+"), "hash a plus as %2B", "write + as %2B"),
    "the query decoded without +": Client(
        lambda pairs, sent: canonical([tuple(map(unquote, part.split("="))) for part in sent.split("&")]),
        ("hash a + in the query as the space", "hash a space as %20, not as %2B"),
    ),
    "the query decoded twice": Client(
        lambda pairs, sent: canonical([tuple(unquote_plus(unquote(word)) for word in part.split("=")) for part in sent.split("&")]),
        ("decode the query once",),
    ),
    "pycontribs/jira without path changes": Client(
        lambda pairs, sent: "&".join(f"{name}={','.join(map(rfc3986, sorted(values)))}" for name, values in sorted(grouped(pairs).items())),
        (*UNENCODED, "sort the parameters by their percent-encoded names"),
    ),
    "empty values dropped": Client(
        lambda pairs, sent: canonical([pair for pair in pairs if pair[1]]), ("hash parameters with an empty value", "hash the query too")
    ),
    "falsy values dropped": Client(
        lambda pairs, sent: canonical([pair for pair in pairs if pair[1] not in ("", "0")]),
        ("hash parameters with an empty value", "hash parameters with the value 0", "hash the query too"),
    ),
    "sorted by decoded names": Client(
        lambda pairs, sent: "&".join(
            f"{rfc3986(name)}={','.join(sorted(map(rfc3986, values)))}" for name, values in sorted(grouped(pairs).items())
        ),
        ("sort the parameters by their percent-encoded names, not by the decoded ones",),
    ),
    "sorted like a dictionary's words": Client(
        lambda pairs, sent: canonical(pairs, sort=lambda items: sorted(items, key=lambda item: item[0].lower())),
        ("sort the parameters",),
    ),
    "sorted as text": Client(lambda pairs, sent: "&".join(sorted(canonical(pairs, sort=list).split("&"))), ("sort the parameters",)),
    "not sorted": Client(lambda pairs, sent: canonical(pairs, sort=list), ("sort the parameters",)),
    "values not sorted": Client(lambda pairs, sent: canonical(pairs, sort_values=list), ("sort the values",)),
    "nothing sorted": Client(lambda pairs, sent: canonical(pairs, sort_values=list, sort=list), SORTS),
    "not joined": Client(lambda pairs, sent: "&".join(f"{rfc3986(name)}={rfc3986(value)}" for name, value in sorted(pairs)), JOINS),
    "the last value": Client(lambda pairs, sent: canonical(dict(pairs).items()), LONE),
    "the first value": Client(lambda pairs, sent: canonical(dict(reversed(pairs)).items()), LONE),
    "a set of values": Client(lambda pairs, sent: canonical(pairs, sort_values=lambda values: sorted(set(values))), LONE),
    "the comma encoded": Client(
        lambda pairs, sent: "&".join(
            f"{name}={value.replace(',', '%2C')}" for name, _, value in (part.partition("=") for part in canonical(pairs).split("&"))
        ),
        ("leave the comma",),
    ),
    "as sent": Client(lambda pairs, sent: sent, ("write a space", *SORTS, *JOINS, "hash the decoded query percent-encoded anew")),
    "no query": Client(lambda pairs, sent: "", ("hash the query too",)),
    "a line break": Client(lambda pairs, sent: canonical(pairs) + "\n", ("leave out the line break",)),
}
NAMES = st.text(st.sampled_from("abAB -/!~*é."), min_size=1, max_size=4).filter(lambda name: name != "jwt")
VALUES = st.text(st.sampled_from("ab01 +-/!'()~*,:$;=&%?é\U0001f600\uff5e"), max_size=5) | st.sampled_from(["", "0", "10", "9"])
PAIRS = st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=5)
#: A query that each mistake changes.
RICH = [("b", "2"), ("B", ""), ("a-", "0"), ("a/", "x y+~*(!)'/:;é"), ("a", "9"), ("a", "10"), ("a", "10"), ("b", "1 ,%20")]


def check(name, pairs):
    """A client's mistake is recognised as that mistake. Returns whether it makes a difference to the query."""
    client = CLIENTS[name]
    sent = client.sends(pairs)
    request = Request("DELETE", f"{PATH}?{sent}", Headers([("Host", "jira.example")]))
    forms = canonical_requests(request)
    hashed = f"DELETE&{PATH}&{client.hashes(pairs, sent)}"
    qsh = hashlib.sha256(hashed.encode()).hexdigest()
    if any(form.has_hash(qsh) for form in forms):
        return False
    mistake = find_mistake(REMOTE_LINKS, request, forms, qsh, SECRET)
    assert mistake is not None
    assert mistake.hashed == hashed
    assert mistake.hint.startswith(client.hints), mistake
    assert forms[0].has_hash(hashlib.sha256(mistake.wanted.encode()).hexdigest())
    return True


@pytest.mark.parametrize("name", CLIENTS)
def test_mistake_of_client(name):
    """Each mistake is recognised in a query that it changes."""
    assert check(name, RICH)


@settings(suppress_health_check=[HealthCheck.filter_too_much], max_examples=5 * settings().max_examples)
@given(st.sampled_from(list(CLIENTS)), PAIRS)
def test_mistake_in_random_query(name, pairs):
    """Each mistake is recognised in any query that it changes, and no other is named."""
    assume(check(name, pairs))


def test_wrong_hash_is_refused_and_right_one_is_not():
    """A request with a wrong hash is refused with the mistake named; the same one with a right hash is accepted."""
    with FakeJira(app=DESCRIPTOR, shared_secret=SECRET, ignore="RL3") as jira:

        @settings(suppress_health_check=[HealthCheck.filter_too_much])
        @given(st.sampled_from(list(CLIENTS)), PAIRS, st.sampled_from([rfc3986, str]))
        def holds(name, pairs, order):
            client = CLIENTS[name]
            sent = client.sends(pairs)
            right = canonical(
                [pair for pair in pairs if pair[0] != "jwt"],
                sort_values=lambda values: sorted(values, key=lambda value: order(unquote(value))),
            )
            for query in (client.hashes(pairs, sent), right):
                qsh = hashlib.sha256(f"DELETE&{PATH}&{query}".encode()).hexdigest()
                headers = {"Authorization": published_token("DELETE", f"{PATH}?{sent}", qsh=qsh)}
                status = requests.delete(f"{jira.url}{PATH}?{sent}", headers=headers, timeout=30).status_code
                # RL7 reports that the same deletion was refused before.
                found = [violation for violation in jira.requests[-1].violations if not violation.code.startswith("RL7")]
                if status == 401:
                    assert [violation.code for violation in found] == ["RL509"]
                    assert ". Hashed was" in found[0].hint
                    assert query != right
                else:
                    assert (status, found) == (202, [])

        holds()


#: Two values whose order depends on what they are sorted by: percent-encoded, code points, UTF-16 units.
ORDERS = {
    "encoded": ("v=a-&v=a/", "v=a%2F,a-"),
    "code points": ("v=a/&v=a-", "v=a-,a%2F"),
    "code points and encoded": ("v=\U0001f600&v=\uff5e", "v=%EF%BD%9E,%F0%9F%98%80"),
    "UTF-16 units": ("v=\U0001f600&v=\uff5e", "v=%F0%9F%98%80,%EF%BD%9E"),
}


@pytest.mark.parametrize("order", ORDERS)
def test_both_orders_of_values_are_accepted(order):
    """Values sorted before or after they are encoded are accepted, and the hint about another mistake keeps to the order."""
    sent, hashed = ORDERS[order]
    target = f"{PATH}?{quote(sent, safe='=&')}"
    request = Request("DELETE", target, Headers([]))
    (form,) = forms = canonical_requests(request)
    assert form.has_hash(hashlib.sha256(f"DELETE&{PATH}&{hashed}".encode()).hexdigest())
    mistake = find_mistake(REMOTE_LINKS, request, forms, hashlib.sha256(f"delete&{PATH}&{hashed}".encode()).hexdigest(), SECRET)
    assert mistake is not None
    assert mistake.wanted == f"DELETE&{PATH}&{hashed}"
    assert mistake.hint == "write the method in upper case"


#: What is hashed of a read of ``/remotelink/a%2fb?x=1``, and what is said of it.
WHOLE = {
    "the URL": ("http://jira.example{path}?x=1", "hash METHOD&path&query, not the URL"),
    "the method and the URL": ("GET&https://jira.example{path}?x=1", "hash METHOD&path&query, not the URL"),
    "the target": ("{path}?x=1", "hash METHOD&path&query, not the URL"),
    "a request line": ("GET {path}?x=1", "hash METHOD&path&query, not the URL"),
    "the query in the path, too": ("GET&{path}?x=1&x=1", "leave the query out of the path"),
    "the URL for a path": ("GET&http://jira.example{path}&x=1", "leave scheme and host out"),
    "no method": ("{path}&x=1", "begin with the method"),
    "the method in lower case": ("get&{path}&x=1", "write the method in upper case"),
    "another method": ("POST&{path}&x=1", "hash the method that is sent, GET"),
    "a question mark": ("GET&{path}?x=1", "put & between path and query"),
    "a slash before it": ("GET&/{path}&x=1", "hash the path as it is sent, with no further slash before it"),
    "a slash at the end": ("GET&{path}/&x=1", "leave out the slash at the path's end"),
    "a line break at the end": ("GET&{path}&x=1\n", "leave out the line break"),
}


@pytest.mark.parametrize("form", WHOLE)
def test_mistake_in_whole_text(form):
    """A mistake in how method, path and query are put together is recognised."""
    path = "/rest/remotelinks/1.0/remotelink/a%2fb"
    text, hint = WHOLE[form]
    request = Request("GET", f"{path}?x=1", Headers([("Host", "jira.example")]))
    qsh = hashlib.sha256(text.format(path=path).encode()).hexdigest()
    mistake = find_mistake(REMOTE_LINKS, request, canonical_requests(request), qsh, SECRET)
    assert mistake is not None
    assert mistake.hint.startswith(hint)


#: A path as it is sent and as it is hashed, and what is said of it.
PATHS = {
    "two slashes": (
        "/rest/remotelinks/1.0//remotelink/a",
        "/rest/remotelinks/1.0/remotelink/a",
        "hash the path as it is sent, with two slashes",
    ),
    "decoded and encoded by quote": ("/remotelink/a%2Fb%3Ac", "/remotelink/a/b%3Ac", "hash the path as it is sent: decoding"),
    "decoded and encoded as a path": ("/remotelink/a%2Fb%3Ac%20d", "/remotelink/a/b:c%20d", "hash the path as it is sent: decoding"),
    "all slashes removed": ("/remotelink/a//", "/remotelink/a", "leave out one slash"),
}


@pytest.mark.parametrize("name", PATHS)
def test_mistake_in_path(name):
    """A mistake in how the path is written is recognised."""
    sent, hashed, hint = PATHS[name]
    request = Request("GET", sent, Headers([]))
    qsh = hashlib.sha256(f"GET&{hashed}&".encode()).hexdigest()
    mistake = find_mistake(REMOTE_LINKS, request, canonical_requests(request), qsh, SECRET)
    assert mistake is not None
    assert mistake.hint.startswith(hint)


DIGESTS = {
    "in a line of sha256sum": (lambda text: f"{hashlib.sha256(text).hexdigest()}  -", "write the 64 hex digits"),
    "with its name": (lambda text: f"sha256:{hashlib.sha256(text).hexdigest()}", "write the 64 hex digits"),
    "Base64 of hex digits": (
        lambda text: base64.b64encode(hashlib.sha256(text).hexdigest().encode()).decode(),
        "the hash is written in Base64",
    ),
    "HMAC": (lambda text: hmac.digest(SECRET.encode(), text, "sha256").hex(), "hash with SHA-256 alone"),
    "HMAC in Base64": (lambda text: base64.b64encode(hmac.digest(SECRET.encode(), text, "sha256")).decode(), "hash with SHA-256 alone"),
    "MD5": (lambda text: hashlib.md5(text).hexdigest(), "hash with SHA-256, not with MD5"),
    "SHA-512": (lambda text: hashlib.sha512(text).hexdigest(), "hash with SHA-256, not with SHA512"),
    "no hash": (lambda text: text.decode(), "this is the text to hash"),
}


@pytest.mark.parametrize("name", DIGESTS)
def test_other_digest(name):
    """The right text with another digest, or the right digest written differently, is recognised."""
    digest, hint = DIGESTS[name]
    target = f"{PATH}?a=1&a=2"
    request = Request("DELETE", target, Headers([]))
    mistake = find_mistake(REMOTE_LINKS, request, canonical_requests(request), digest(published_form("DELETE", target).encode()), SECRET)
    assert mistake is not None
    assert mistake.hint.startswith(hint)
