"""A merged schema takes what the schema took, and a document may state its parts in pieces."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator
from support.links import a_link
from support.paths import OPENAPI

from pytest_remotelinks import check_submission
from pytest_remotelinks.contract.all_of import merged
from pytest_remotelinks.contract.diff.facts import fingerprint
from pytest_remotelinks.contract.document import Document, load_document
from pytest_remotelinks.contract.soundness import unsound_parts

SPEC = json.loads((OPENAPI / "2026-06.json").read_text())

names = st.sampled_from(["a", "b"])
keywords = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "object", "array"]),
        "required": st.lists(names, unique=True, min_size=1),
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(0, 3),
        "minimum": st.integers(0, 3),
        "maximum": st.integers(0, 3),
        "exclusiveMinimum": st.booleans(),
        "maxItems": st.integers(0, 2),
        "minProperties": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "nullable": st.booleans(),
        "enum": st.lists(st.sampled_from(["x", 1, None]), min_size=1, max_size=2),
        "pattern": st.sampled_from(["^x", "y$"]),
        "additionalProperties": st.booleans(),
        "description": st.just("prose"),
    },
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    more = st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(names, inner, min_size=1, max_size=2),
            "items": inner,
            "additionalProperties": inner,
            "allOf": st.lists(inner, min_size=1, max_size=3),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    )
    return st.tuples(keywords, more).map(lambda both: {**both[0], **both[1]})


schemas = st.recursive(keywords, nested, max_leaves=6)
values = st.recursive(
    st.sampled_from([None, "", "x", "xy", "yyyy", 0, 1, 1.5, 4, True]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=2),
    max_leaves=4,
)


def prepared(schema: Any) -> Any:
    """As openapi-core is shown it: a schema with members is one of an object."""
    from pytest_remotelinks.contract.validator import _schema

    return _schema(schema)


@settings(max_examples=500, deadline=None)
@given(
    schema=st.lists(schemas, min_size=1, max_size=3).map(lambda parts: {"allOf": parts}) | nested(schemas),
    some=st.lists(values, max_size=5),
)
def test_a_merged_schema_takes_the_same_values(schema, some):
    described = {"parameters": [], "responses": {}, "requestBody": {"content": {"application/json": {"schema": schema}}}}
    assert list(unsound_parts(described)) == []
    before = copy.deepcopy(schema)
    whole = merged(schema)
    assert schema == before
    event("merged" if "allOf" in schema and "allOf" not in whole else "as it was")
    for value in some:
        assert OAS30Validator(prepared(whole)).is_valid(value) == OAS30Validator(prepared(schema)).is_valid(value), whole


def split(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema in two pieces: half of its members in each."""
    members = list(schema["properties"].items())
    needed = schema.get("required", [])
    halves = [dict(members[::2]), dict(members[1::2])]
    return {
        **{name: value for name, value in schema.items() if name not in ("properties", "required")},
        "allOf": [{"properties": half, "required": [name for name in needed if name in half]} for half in halves],
    }


def wrapped(schema: dict[str, Any]) -> dict[str, Any]:
    return {"allOf": [schema], "description": "around it"}


PAYLOAD = {
    "remoteLinks": [
        a_link(),
        a_link("2", url="<string>", more=1),
        a_link("3", associations=[{"associationType": "issueKeys", "values": ["see A-1"]}]),
        a_link("4", associations=[{"associationType": "issueKeys", "values": ["A-1"] * 501}]),
        a_link("5", associations=[{"associationType": "issueKeys", "values": ["A-1"], "more": 1}] * 2),
        a_link("6", status={"appearance": "x", "label": "y"}),
        *(a_link(str(number)) for number in range(100)),
    ],
    "properties": {"a:b": "c", "d": 5},
    "more": 1,
}


@pytest.mark.parametrize("shape", [wrapped, split, lambda schema: wrapped(split(schema)), lambda schema: split(schema) | {"x-more": 1}])
@pytest.mark.parametrize("name", ["Submission", "RemoteLink"])
def test_a_document_in_pieces_says_the_same(tmp_path, shape, name):
    spec = copy.deepcopy(SPEC)
    schemas = spec["components"]["schemas"]
    schemas[name] = shape(schemas[name])
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(spec))
    assert fingerprint(load_document(path)) == fingerprint(load_document("2026-06"))
    assert verdict(path) == verdict("2026-06")


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
@pytest.mark.parametrize("name", ["Submission", "RemoteLink", "entries", "associations"])
def test_our_own_rules_look_into_pieces_that_cannot_be_merged(tmp_path, keyword, name):
    spec = copy.deepcopy(SPEC)
    schemas = spec["components"]["schemas"]
    link = schemas["RemoteLink"]["properties"]
    if name == "associations":
        schemas["Association"] = {keyword: schemas["Association"].pop("anyOf")}
    elif name == "entries":
        link["associations"]["items"] = {"allOf": [{"$ref": "#/components/schemas/Association"}, {keyword: [{"type": "object"}]}]}
    else:
        pieces = {"allOf": [schemas[name], {keyword: [{"required": list(schemas[name]["required"])}]}, {keyword: [{"type": "object"}]}]}
        schemas[name] = pieces
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(spec))
    document = load_document(path)
    assert [document.association_types(kind) for kind in document.association_schemas] == [
        load_document("2026-06").association_types(kind) for kind in load_document("2026-06").association_schemas
    ]
    assert verdict(path) == verdict("2026-06")


def test_a_body_of_pieces_without_links_is_refused():
    spec = copy.deepcopy(SPEC)
    spec["components"]["schemas"]["Submission"] = {"allOf": [{"type": "object"}, {"properties": {"properties": {}}}]}
    with pytest.raises(ValueError, match="the member 'remoteLinks'"):
        Document("x", spec)


def verdict(contract: Any) -> list[tuple[str, str]]:
    return sorted((found.code, found.pointer) for found in check_submission(PAYLOAD, contract))
