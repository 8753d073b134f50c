"""Atlassian's own file as the contract: the same verdicts as by our statement of it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_remotelinks.contract.checker import Checker
from pytest_remotelinks.contract.document import load_document
from pytest_remotelinks.contract.headers import Headers
from pytest_remotelinks.contract.request import Request

PUBLISHED = Path(__file__).parents[3] / "shared" / "contract" / "published"
FILES = {"2023-06": "jira-software-2023-06-15.json", "2026-06": "jira-software-2026-06-10.json"}
HEADERS = Headers([("Authorization", "Basic YTpi"), ("Content-Type", "application/json")])
LINK = {
    "id": "1",
    "updateSequenceNumber": 1,
    "displayName": "name",
    "url": "https://a.example/1",
    "type": "alert",
    "lastUpdated": "2026-01-31T12:00:00Z",
}

values = st.sampled_from(
    [
        None,
        5,
        "",
        "x",
        "x" * 256,
        "ABC-1",
        "see ABC-1",
        "10001",
        "https://a.example",
        "alert",
        "1.0",
        [],
        {},
        ["a"] * 11,
        [5],
        {"a": 5},
        True,
    ]
)
associations = st.lists(
    st.fixed_dictionaries(
        {"associationType": st.sampled_from(["issueKeys", "issueIdOrKeys", "serviceIdOrKeys", "x"]), "values": st.lists(values, max_size=2)}
    ),
    max_size=3,
)
members = st.dictionaries(
    st.sampled_from([*LINK, "description", "status", "actionIds", "attributeMap", "schemaVersion", "severity"]), values, max_size=2
)
links = st.tuples(members, st.none() | associations).map(
    lambda made: {**LINK, **made[0], **({"associations": made[1]} if made[1] is not None else {})}
)
bodies = st.fixed_dictionaries(
    {"remoteLinks": st.lists(links, max_size=2) | links.map(lambda link: [link] * 101) | values},
    optional={
        "properties": st.dictionaries(st.sampled_from(["a", "_a", "a:b"]), values, max_size=6) | values,
        "providerMetadata": values,
        "x": values,
    },
)
requests = (
    (bodies | values).map(lambda body: Request("POST", "/rest/remotelinks/1.0/bulk", HEADERS, json.dumps(body).encode(), 1))
    | st.builds(
        lambda method, id, query: Request(method, f"/rest/remotelinks/1.0/remotelink/{id}{query}", HEADERS),
        st.sampled_from(["GET", "DELETE", "PUT"]),
        st.sampled_from(["1", "", "x" * 256, "a/b", "%FF", "a%20b"]),
        st.sampled_from(["", "?_updateSequenceNumber=1", "?_updateSequenceNumber=x", "?a=b"]),
    )
    | st.builds(
        lambda query: Request("DELETE", f"/rest/remotelinks/1.0/bulkByProperties{query}", HEADERS),
        st.sampled_from(["", "?a=b", "?a=b&_updateSequenceNumber=99999999999999999999", "?params=%7B%7D", "?_a=b", "?a:b=c"]),
    )
)


@cache
def checker_for(contract):
    return Checker(load_document(contract))


@settings(max_examples=1000, deadline=None)
@given(request=requests)
def test_the_published_file_gives_the_same_verdicts(version, request):
    path = PUBLISHED / FILES[version]
    if not path.exists():
        pytest.skip(f"the published document {path.name} is not beside the checkout")

    def verdict(contract):
        judgement = checker_for(contract).judge(request)
        return judgement.refusal, sorted((found.code, found.pointer) for found in judgement.violations), sorted(judgement.rejections)

    assert verdict(path) == verdict(version)
