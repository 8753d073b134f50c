"""Atlassian's own file as the contract: the same results as with our statement of it."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.paths import PUBLISHED

from pytest_remotelinks.contract.document import load_document
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

pytestmark = pytest.mark.both_versions

FILES = {"2023-06": "jira-software-2023-06-15.json", "2026-06": "jira-software-2026-06-10.json"}
TOKEN = ("Authorization", "JWT a.b.c")
HEADERS = Headers([TOKEN, ("Content-Type", "application/json")])
REQUESTS = 1_000
LINK = {
    "id": "1",
    "updateSequenceNumber": 1,
    "displayName": "name",
    "url": "https://a.example/1",
    "type": "alert",
    "lastUpdated": "2026-01-31T12:00:00Z",
}

# What a provider may send, by both versions.
good_members = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["1", "a/b", "x" * 255]),
        "type": st.sampled_from(["alert", "security", "document"]),
        "description": st.sampled_from(["", "x" * 255, "Überlauf"]),
        "status": st.just({"appearance": "moved", "label": "OPEN"}),
        "actionIds": st.just(["fix"]),
        "attributeMap": st.just({"id": "1"}),
        "schemaVersion": st.just("1.0"),
        "associations": st.sampled_from(
            [
                [{"associationType": "issueKeys", "values": ["ABC-1", "A_B-22"]}],
                [{"associationType": "serviceIdOrKeys", "values": ["payments"] * 250}],
                [{"associationType": "serviceIdOrKeys", "values": ["s"]}, {"associationType": "issueKeys", "values": ["ABC-1"]}],
            ]
        ),
    },
)
good_links = good_members.map(lambda made: {**LINK, **made})
good_bodies = st.builds(
    lambda links, envelope: {"remoteLinks": [{**link, "id": f"{index}"} for index, link in enumerate(links)], **envelope},
    st.lists(good_links, min_size=1, max_size=3) | good_links.map(lambda link: [link] * 100),
    st.fixed_dictionaries(
        {}, optional={"properties": st.just({"account": "a", "repo.id": "7"}), "providerMetadata": st.just({"product": "Scanner 2"})}
    ),
)
# What replaces a part of it, which may or may not break it.
texts = st.sampled_from(["", "x", "x" * 256, "ABC-1", "see ABC-1", "10001", "https://a.example", "alert", "1.0", "a\n"])
values = texts | st.sampled_from([None, 5, [], {}, ["a"] * 11, [5], {"a": 5}, True, 2**63, 1.5])
associations = st.lists(
    st.fixed_dictionaries(
        {
            "associationType": st.sampled_from(["issueKeys", "issueIdOrKeys", "serviceIdOrKeys", "x"]),
            "values": st.lists(values, max_size=2) | st.sampled_from([["ABC-1"] * 501, ["ABC-1", "10001"] * 125]),
        },
        optional={"more": values},
    ),
    max_size=3,
)
MEMBERS = [*LINK, "description", "status", "actionIds", "attributeMap", "schemaVersion", "severity"]
damages = st.dictionaries(st.sampled_from(MEMBERS), values, min_size=1, max_size=2) | associations.map(lambda made: {"associations": made})


def damaged(body: dict[str, Any], damage: dict[str, Any], more: dict[str, Any], lost: str) -> Any:
    first, *others = body["remoteLinks"]
    changed = {name: value for name, value in {**first, **damage}.items() if name != lost}
    return {**body, "remoteLinks": [changed, *others[:2]], **more}


bad_bodies = (
    st.builds(
        damaged,
        good_bodies,
        damages,
        st.just({}) | st.dictionaries(st.sampled_from(["properties", "providerMetadata", "x"]), values, max_size=1),
        st.sampled_from(["", "", *LINK]),
    )
    | st.builds(lambda body, keys: {**body, "properties": keys}, good_bodies, st.dictionaries(st.sampled_from(["a", "_a", "a:b"]), values))
    | good_links.map(lambda link: {"remoteLinks": [{**link, "id": f"{number}"} for number in range(101)]})
    | st.sampled_from(["see ABC-1", "10001", "ABC-1 "]).map(
        lambda key: {"remoteLinks": [{**LINK, "associations": [{"associationType": "issueKeys", "values": [key]}]}]}
    )
    | (values | values.map(lambda value: {"remoteLinks": value}))
)


def call(method: str, path: str) -> Request:
    return Request(method, f"/rest/remotelinks/1.0/{path}", Headers([TOKEN]))


def post(body: Any) -> Request:
    content = json.dumps(body).encode()
    return Request("POST", "/rest/remotelinks/1.0/bulk", HEADERS, content, len(content))


good_requests = (
    good_bodies.map(post)
    | good_bodies.map(post)
    | st.builds(call, st.sampled_from(["GET", "DELETE"]), st.sampled_from(["1", "a%20b", "x" * 255, "%C3%BC"]).map("remotelink/{}".format))
    | st.sampled_from(["a=b", "a=b&c=d", "a.b=%20"]).map(lambda query: call("DELETE", f"bulkByProperties?{query}"))
)
bad_requests = (
    bad_bodies.map(post)
    | bad_bodies.map(post)
    | st.builds(
        call,
        st.sampled_from(["GET", "DELETE", "PUT"]),
        st.builds(
            "remotelink/{}{}".format,
            st.sampled_from(["1", "", "x" * 256, "a/b", "%FF"]),
            st.sampled_from(["", "?_updateSequenceNumber=1", "?_updateSequenceNumber=x", "?a=b"]),
        ),
    )
    | st.sampled_from(
        ["", "a=b&_updateSequenceNumber=99999999999999999999", "_updateSequenceNumber=1", "params=%7B%7D", "_a=b", "a:b=c"]
    ).map(lambda query: call("DELETE", f"bulkByProperties?{query}"))
)


@cache
def checker_for(contract):
    # Nothing was submitted here, so that every property would be an unknown one.
    return Checker(load_document(contract), ("RL304",))


def outcome(contract, request):
    checked = checker_for(contract).check(request)
    return checked.refusal, sorted((found.code, found.pointer) for found in checked.violations), sorted(checked.rejections)


@pytest.fixture
def path(version):
    """Atlassian's own file."""
    path = PUBLISHED / FILES[version]
    if not path.exists():
        pytest.skip(f"the published document {path.name} is not beside the checkout")
    return path


SOME = {
    "valid": post({"remoteLinks": [LINK]}),
    "a broken link": post({"remoteLinks": [LINK, {**LINK, "id": "2", "url": "<string>", "type": 5, "more": 1}]}),
    "too many links": post({"remoteLinks": [{**LINK, "id": f"{number}"} for number in range(101)]}),
    "a loose issue key": post({"remoteLinks": [{**LINK, "associations": [{"associationType": "issueKeys", "values": ["see ABC-1"]}]}]}),
    "a broken envelope": post({"remoteLinks": [], "properties": {"a:b": 5}}),
    "a long id": call("GET", f"remotelink/{'x' * 256}"),
    "a deprecated parameter": call("DELETE", "remotelink/1?_updateSequenceNumber=x"),
    "properties": call("DELETE", "bulkByProperties?a=b"),
}


@pytest.mark.parametrize("name", SOME)
def test_published_file_gives_same_result(version, path, name):
    """Atlassian's own file and our statement of it give the same result for some requests."""
    assert outcome(path, SOME[name]) == outcome(version, SOME[name])


@pytest.mark.slow
def test_published_file_gives_same_results(version, path):
    """Atlassian's own file and our statement of it give the same results for generated requests."""
    seen: Counter[str] = Counter()

    @settings(max_examples=REQUESTS)
    # Not every damage breaks something.
    @given(request=st.integers(1, 3).flatmap(lambda turn: good_requests if turn == 1 else bad_requests))
    def compare(request):
        ours = outcome(version, request)
        assert outcome(path, request) == ours
        refusal, found, _ = ours
        seen["valid" if refusal is None and not found else "broken"] += 1
        seen.update({code for code, _ in found})

    compare()
    assert seen["valid"] + seen["broken"] >= REQUESTS
    assert seen["valid"] >= REQUESTS / 4
    assert seen["broken"] >= REQUESTS / 4
    reported = {code for code in seen if code.startswith("RL")}
    assert len(reported) >= 12, reported
    # Only the newer one limits links, and only its pattern is not anchored.
    assert version == "2026-06" or reported.isdisjoint({"RL108", "RL205"})
