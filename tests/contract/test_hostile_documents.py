"""A document that loads can be used, whatever is in it, and its fast path accepts nothing that a rule forbids."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from support.links import a_link
from support.paths import OPENAPI

from pytest_remotelinks import ContractError
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.rules.validators import fast_path_of
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

SPEC = json.loads((OPENAPI / "2026-06.json").read_text())
HEADERS = Headers([("Authorization", "JWT x"), ("Content-Type", "application/json"), ("X-Req", "5")])


def check_payload(document: Document, payload: Any) -> Any:
    body = json.dumps(payload).encode()
    return Checker(document).check(Request("POST", "/rest/remotelinks/1.0/bulk", HEADERS, body, len(body)))


def with_link(**keywords: Any) -> Any:
    spec = copy.deepcopy(SPEC)
    spec["components"]["schemas"]["RemoteLink"].update(keywords)
    return spec


def test_member_named_like_a_keyword():
    """A member can have the name of a schema keyword."""
    spec = with_link()
    spec["components"]["schemas"]["RemoteLink"]["properties"]["$ref"] = {"type": "string", "maxLength": 3}
    spec["components"]["schemas"]["RemoteLink"]["properties"]["discriminator"] = {"type": "integer"}
    document = Document("odd", spec)
    found = check_payload(document, {"remoteLinks": [a_link(**{"discriminator": "x", "$ref": "four"})]}).violations
    assert {violation.pointer for violation in found} == {"/remoteLinks/0/$ref", "/remoteLinks/0/discriminator"}


def test_named_properties():
    """Rules about properties hold for those that the schema names, too."""
    spec = copy.deepcopy(SPEC)
    members = spec["components"]["schemas"]["Submission"]["properties"]
    members["properties"] = {"type": "object", "properties": {"_a": {"type": "string"}, "b": {"type": "string"}}}
    members["providerMetadata"] = {"type": "object", "properties": {"product": {}}, "additionalProperties": True}
    document = Document("named", spec)
    for envelope, code in [
        ({"properties": {"b": "c"}}, None),
        ({"properties": {"_a": "c"}}, "RL302"),
        ({"providerMetadata": {"product": "a@b.example"}}, "RL307"),
        ({"providerMetadata": {"other": "a@b.example"}}, "RL307"),
        ({"providerMetadata": {"product": {"more": ["a@b.example"]}}}, "RL307"),
    ]:
        found = check_payload(document, {"remoteLinks": [a_link()], **envelope}).violations
        assert [violation.code for violation in found] == ([] if code is None else [code])


@pytest.mark.parametrize("part", ["the links", "the entries", "the id", "a link without members", "any member"])
@pytest.mark.parametrize(
    "link", [{"id": [1]}, {"id": [5]}, {"id": None}, {}, [], 5, {"id": "1", "associations": [{"values": ["A-1"] * 501}]}]
)
def test_document_that_asks_for_little(make_site, provider_of, tmp_path, part, link):
    """A document that asks for little can be used."""
    spec = copy.deepcopy(SPEC)
    schemas = spec["components"]["schemas"]
    if part == "the links":
        schemas["Submission"]["properties"]["remoteLinks"] = {}
    elif part == "the entries":
        schemas["Submission"]["properties"]["remoteLinks"]["items"] = {}
    elif part == "the id":
        schemas["RemoteLink"] = {"properties": {"id": {}}}
    elif part == "a link without members":
        schemas["RemoteLink"] = {"type": "object"}
    else:
        schemas["RemoteLink"] = {"properties": {"id": {}, "associations": {}}, "additionalProperties": True}
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(spec))
    jira = make_site(contract=path)
    answer = provider_of(jira).post({"remoteLinks": [link, a_link()]})
    assert answer.status_code == 202
    assert answer.json()["acceptedRemoteLinks"] == ["1"]
    assert [violation.code for violation in jira.violations if violation.severity == "error" and "associations" in violation.pointer] == (
        ["RL202"] if isinstance(link, dict) and "associations" in link else []
    )


words = """id $schema $id discriminator dependencies definitions patternProperties additionalItems const contains nullable readOnly
    writeOnly default items not allOf oneOf anyOf enum type format pattern minimum maximum multipleOf exclusiveMinimum uniqueItems
    additionalProperties properties required minItems maxItems minLength maxLength minProperties maxProperties content schema in name
    style explode allowEmptyValue deprecated security servers"""
KEYWORDS = words.split()
values = st.sampled_from(
    [
        None, True, False, 5, -1, 0, 0.5, 1e300, 10**400, "", "x", "id", "^a", "uri", "int64", "byte", "header", "query", "deepObject",
        "integer", "string", "object", "array", "number", [], {}, [{}], [5], ["id"], {"a": {}}, {"id": {}}, {"id": {"type": "integer"}},
        {"type": "object"}, [{"type": "object"}], [{"type": "string"}, {"type": "integer"}], [{"properties": {"id": {"maxLength": 3}}}],
        {"associationType": {}}, [{"type": "object", "properties": {"associationType": {"enum": ["issueKeys"]}}}],
        {"propertyName": "type"}, {"$ref": "#/components/schemas/RemoteLink"}, {"application/json": {"schema": {"type": "integer"}}},
    ]
)  # fmt: skip


def all_paths(part: Any, path: tuple[Any, ...] = ()) -> Any:
    if path:
        yield path
    for name, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from all_paths(inner, (*path, name))


PLACES = sorted((path for path in all_paths(SPEC) if {"schemas", "parameters", "requestBody"}.intersection(path)), key=str)
twice = {"associationType": "issueKeys", "values": ["see A-1", "A-1"] * 150}
links = st.just(a_link()) | st.sampled_from(
    [
        a_link(), a_link(id=[1]), a_link(id=5), {"id": "1"}, 5, None, [], a_link(sequence=10**400), a_link(more=1),
        a_link(sequence=1.5), a_link(associations=[twice, twice]), a_link(associations={"a": 1}), a_link(url="<string>"),
        a_link(associations=[{"values": ["A-1"] * 600}]), a_link(status={"label": "x", "appearance": "new", "more": 1}),
    ]
)  # fmt: skip
payloads = st.fixed_dictionaries(
    {"remoteLinks": st.lists(links, min_size=1, max_size=3)},
    optional={
        "properties": st.sampled_from([{"a:b": "c"}, {"a": 1}, {"_a": "b"}, "a"]),
        "providerMetadata": st.sampled_from([{"product": "a@b.example"}, "a@b.example"]),
    },
)


@given(data=st.data())
def test_any_loaded_document_can_be_used(data):
    """A document that loads never fails, and its fast path agrees with the rules."""
    spec = copy.deepcopy(SPEC)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(PLACES))
        # An earlier change may have taken the place away.
        with contextlib.suppress(KeyError, TypeError, IndexError):
            part = spec
            for step in path[:-1]:
                part = part[step]
            inner = part[path[-1]]
            value = copy.deepcopy(data.draw(values))
            if isinstance(inner, dict) and data.draw(st.booleans()):
                inner[data.draw(st.sampled_from(KEYWORDS))] = value
            else:
                part[path[-1]] = value
    try:
        document = Document("damaged", spec)
    except ContractError:
        event("refused")
        return
    event("used")
    checker = Checker(document)
    for payload in data.draw(st.lists(payloads, min_size=2, max_size=4)):
        body = json.dumps(payload).encode()
        request = Request("POST", "/rest/remotelinks/1.0/bulk", HEADERS, body, len(body))
        checker.check(request)
        operation = next((operation for operation in document.operations if operation.id == "submitRemoteLinks"), None)
        if operation is not None and fast_path_of(document)(payload):
            event("passed by the fast path")
            violations = Violations(("RL204",))
            checker._check_payload(violations, operation, payload)
            assert violations.found == []
    for method, target in [
        ("GET", "remotelink/1?limit=x&a=b"),
        ("DELETE", f"remotelink/{'x' * 300}?_updateSequenceNumber=x"),
        ("DELETE", "bulkByProperties?a=b&_updateSequenceNumber=&params=x"),
    ]:
        checker.check(Request(method, f"/rest/remotelinks/1.0/{target}", HEADERS))
