"""RL306: what HTTP libraries make of the document's free parameters if they are sent under their name."""

from __future__ import annotations

import json
import shutil
import subprocess
from urllib.parse import parse_qsl, quote, urlencode

import httpx
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pytest_remotelinks import FakeJira
from pytest_remotelinks.rules.literal_params import find_literal_params
from pytest_remotelinks.wire.fix import fixed_request
from pytest_remotelinks.wire.redact import redact_target

BASE = "/rest/remotelinks/1.0"


def by_httpx(properties):
    return httpx.Request("DELETE", "http://jira", params={"params": properties}).url.query.decode()


def by_requests(value):
    return requests.Request("DELETE", "http://jira", params={"params": value}).prepare().url.partition("?")[2]


def brackets(properties, form="params[{}]"):
    return urlencode({form.format(name): value for name, value in properties.items()})


#: By what sends it, how a query keeps what was meant.
KEPT = {
    "jira.js": lambda properties: urlencode({"params": json.dumps(properties)}),
    "httpx": by_httpx,
    "urllib": lambda properties: urlencode({"params": properties}),
    "aiohttp, after str()": lambda properties: "params=" + quote(str(properties), safe="{}:,'"),
    "urllib, a list": lambda properties: urlencode({"params": list(properties.items())}),
    "urllib, a list with doseq": lambda properties: urlencode({"params": list(properties.items())}, doseq=True),
    "requests, a list": lambda properties: by_requests(list(properties.items())),
    "axios, qs and jQuery": brackets,
    "qs without encoding": lambda properties: "&".join(f"params[{name}]={quote(value)}" for name, value in properties.items()),
    "axios, a list": lambda properties: brackets(properties, "params[0][{}]"),
    "qs, a list": lambda properties: brackets(properties, "params[][{}]"),
    "axios and qs, encoded twice": lambda properties: urlencode(
        {quote(f"params[{name}]"): quote(value) for name, value in properties.items()}
    ),
    "letter case": lambda properties: brackets(properties, "Params[{}]"),
    "keyword arguments": lambda properties: brackets(properties, "params__{}"),
    "quotes": lambda properties: brackets(properties, 'params["{}"]'),
    "the submission's name": lambda properties: brackets(properties, "properties[{}]"),
    "the submission's name, as JSON": lambda properties: urlencode({"properties": json.dumps(properties)}),
    "axios and qs with dots": lambda properties: brackets(properties, "params.{}"),
    "URLSearchParams in another": lambda properties: urlencode({"params": urlencode(properties)}),
}
#: The same of properties whose values have no commas, pipes, spaces and equals signs.
KEPT_IF_PLAIN = {
    "URLSearchParams, entries": lambda properties: urlencode({"params": ",".join(part for pair in properties.items() for part in pair)}),
    "OpenAPI form": lambda properties: "params=" + ",".join(part for pair in properties.items() for part in pair),
    "OpenAPI pipeDelimited": lambda properties: "params=" + "%7C".join(part for pair in properties.items() for part in pair),
    "OpenAPI spaceDelimited": lambda properties: "params=" + "%20".join(part for pair in properties.items() for part in pair),
    "Java": lambda properties: urlencode({"params": "{" + ", ".join(f"{name}={value}" for name, value in properties.items()) + "}"}),
}
# None of these is the name of a secret.
NAMES = st.from_regex(r"[a-cA-C][a-cA-C0-9-]{0,8}", fullmatch=True)
PROPERTIES = st.dictionaries(NAMES, st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9), min_size=1, max_size=4)
PLAIN = st.dictionaries(NAMES, st.from_regex(r"[0-9][A-Za-z0-9-]{0,8}", fullmatch=True), min_size=1, max_size=4)


@pytest.mark.parametrize(("form", "properties"), [*((form, PROPERTIES) for form in KEPT), *((form, PLAIN) for form in KEPT_IF_PLAIN)])
def test_fix_sends_what_was_meant(form, properties):
    """Each form that keeps the properties is RL306 alone; its fix is a deletion that deletes the link."""
    write = {**KEPT, **KEPT_IF_PLAIN}[form]
    with FakeJira(consistency="immediate") as jira:
        headers = {"Authorization": "JWT x"}

        @given(properties)
        def holds(properties):
            jira.reset()
            link = {"id": "1", "updateSequenceNumber": 1, "displayName": "A", "url": "https://a.example", "type": "security"}
            payload = {"remoteLinks": [{**link, "lastUpdated": "2026-01-31T12:00:00Z"}], "properties": properties}
            assert requests.post(f"{jira.url}{BASE}/bulk", json=payload, headers=headers, timeout=30).status_code == 202
            requests.delete(f"{jira.url}{BASE}/bulkByProperties?{write(properties)}", headers=headers, timeout=30)
            (violation,) = jira.violations
            assert violation.code == "RL306"
            fixed = fixed_request(jira.requests[-1].request, violation.fix)
            assert redact_target(f"send ?{fixed.target.partition('?')[2]}") in violation.hint
            requests.delete(jira.url + fixed.target, headers=headers, timeout=30)
            assert (jira.links, len(jira.violations)) == ({}, 1)

        holds()


#: What libraries send of {"accountId": "a"} that does not say what was meant, or not all of it.
LOST = {
    "requests and urllib with doseq": (by_requests({"accountId": "a"}), "?accountId=…"),
    "requests, two keys": (by_requests({"accountId": "a", "repo": "b"}), "?accountId=…&repo=…"),
    "URLSearchParams, keys": ("params=accountId,repo", "?accountId=…&repo=…"),
    "URLSearchParams, ky, query-string": ("params=%5Bobject+Object%5D", "?accountId=account-123"),
    "URLSearchParams of a Map": ("params=%5Bobject+Map%5D", "?accountId=account-123"),
    "node:querystring and undici": ("params=", "?accountId=account-123"),
    "Go": ("params=map%5BaccountId%3Aa%5D", "?accountId=account-123"),
    ".NET": ("params=System.Collections.Generic.Dictionary%602", "?accountId=account-123"),
    "a generated class": ("params=class+Params+%7B%0A++accountId%3A+a%0A%7D", "?accountId=account-123"),
    "two unknown words": ("params=x&params=y", "?accountId=account-123"),
    "true, which Python and JSON write differently": ("params=%7B%27accountId%27%3A+True%7D", "?accountId=account-123"),
    "requests, a name that was not submitted": (
        by_requests({"account": "a"}),
        "?account=…; submitted were accountId, repo",
    ),
    "a key that is not allowed": ("params[account:id]=a", "?accountId=account-123"),
}


@pytest.mark.parametrize("form", LOST)
def test_hint_without_values(jira, provider, link, form):
    """Where the values are lost or can only be guessed the hint has no fix, and names the properties that are known."""
    query, hint = LOST[form]
    provider.submit(link(), properties={"accountId": "a", "repo": "b"})
    provider.send("DELETE", f"/bulkByProperties?{query}")
    violation = next(violation for violation in jira.violations if violation.code == "RL306")
    assert violation.fix is None
    assert violation.hint == f"each property is a parameter of its own: send {hint}" + ("&repoId=7" if "123" in hint else "")


@pytest.mark.parametrize("value", ["a", "a b", '{"a": "b"}', ""])
@pytest.mark.parametrize(
    "key", ["params", "params.a", "params[a]", "Params[a]", "params__a", "params%5Ba%5D", "properties", "properties[a]"]
)
def test_property_named_params(jira, provider, link, key, value):
    """A property that was submitted under such a key is a property."""
    provider.submit(link(), properties={key: value})
    provider.delete_by((key, value))
    assert (jira.links, jira.violations) == ({}, [])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("params", "two words"),
        ("params__account", "a"),
        ("properties", "account"),
        ("filter", '{"account": "a"}'),
        ("filter[account]", "a"),
    ],
)
def test_key_without_submission(jira, provider, key, value):
    """A plain text under 'params' and an object under another name are properties that nothing was submitted with."""
    provider.delete_by((key, value))
    (violation,) = jira.violations
    assert violation.code == "RL304"
    assert ("'params' is the document's name" in violation.hint) is (key == "params")


def test_name_alone_without_submission(jira, provider):
    """A name alone is what requests sends of an object, also if nothing was submitted; the values are lost."""
    provider.send("DELETE", f"/bulkByProperties?{by_requests({'accountId': 'x'})}")
    (violation,) = jira.violations
    assert (violation.code, violation.fix) == ("RL306", None)
    assert violation.message == "requests sends only the names of a nested object, and the values are lost"
    assert violation.hint == "each property is a parameter of its own: send ?accountId=…"


def test_submitted_key_in_another_spelling(jira, provider, link):
    """What is near a submitted key is a misspelled key, not an object."""
    provider.submit(link(), properties={"Params[a]": "1", "paramsB": "2"})
    for key, name in (("params[a]", "Params[a]"), ("params[b]", "paramsB")):
        provider.delete_by((key, "1"))
        (violation,) = jira.requests[-1].violations
        assert (violation.code, violation.fix.value) == ("RL304", name)


def test_other_parameters_stay(jira, provider, link):
    """Parameters that are right stay in the fixed query, and are not reported."""
    provider.submit(link(), properties={"a": "1", "b": "2"})
    provider.send("DELETE", "/bulkByProperties?a=1&params[b]=2")
    (violation,) = jira.violations
    assert (violation.pointer, violation.fix.value) == ("#query/params[b]", "a=1&b=2")


def test_secret_in_literal_params(jira, provider):
    """A secret among the parameters is shown neither as value nor in the hint."""
    for query in ({"params": '{"token": "s3cret"}'}, {"params": "{'token': 's3cret'}"}, {"params[token]": "s3cret"}):
        provider.delete_by(*query.items())
        (violation,) = jira.requests[-1].violations
        assert "s3cret" not in f"{violation.message} {violation.hint} {violation.value} {violation.fix!r}"


@given(st.lists(st.tuples(st.sampled_from(["params", "params[a]", "params[]", "params.a", "a"]), st.text(max_size=12)), max_size=4))
def test_random_query(query):
    """Whatever is sent, what was meant has names that are allowed and leaves out no other parameter."""
    found = find_literal_params(tuple(query), {"a"})
    if found is not None:
        assert found.sent
        assert all(name and ":" not in name and name[0] != "_" for name, _ in found.meant)
        assert not any(key == "a" for key, _ in found.sent)


BY_NODE = """
const { stringify } = require('node:querystring');
const nested = { params: JSON.parse(process.argv[1]) };
const whole = new URLSearchParams();
whole.set('params', new URLSearchParams(nested.params));
console.log(JSON.stringify([stringify(nested), new URLSearchParams(nested), whole, `params=${nested.params}`].map(String)));
"""


def test_what_node_sends():
    """What Node's own serialisers make of an object is recognised."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    run = subprocess.run(["node", "-e", BY_NODE, '{"accountId": "a b"}'], capture_output=True, text=True, check=True, timeout=60)
    found = [find_literal_params(tuple(parse_qsl(query, keep_blank_values=True)), ()) for query in json.loads(run.stdout)]
    assert [literal.meant for literal in found] == [(), (), (("accountId", "a b"),), ()]
