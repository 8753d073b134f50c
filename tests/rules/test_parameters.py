"""RL107: query and header parameters, as the document describes them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from support.links import a_link
from support.paths import OPENAPI

from pytest_remotelinks import check_submission
from pytest_remotelinks.contract.document import Document, load_document
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.rules.violation import NO_VALUE
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

SPEC = json.loads((OPENAPI / "2026-06.json").read_text())
BASE = "/rest/remotelinks/1.0"
TOKEN = ("Authorization", "JWT x")
OPERATIONS = {
    "POST": ("/bulk", "post", "/bulk?"),
    "GET": ("/remotelink/{remoteLinkId}", "get", "/remotelink/1?"),
    "DELETE": ("/bulkByProperties", "delete", "/bulkByProperties?account=a&"),
}


def document_with(method: str, *parameters: dict[str, Any]) -> Document:
    spec = copy.deepcopy(SPEC)
    path, name, _ = OPERATIONS[method]
    operation = spec["paths"][BASE + path][name]
    operation["parameters"] = [*operation.get("parameters", []), *parameters]
    return Document("changed", spec)


def check(document: Document, method: str, query: str, *headers: tuple[str, str], newer: Document | None = None) -> Any:
    body = json.dumps({"remoteLinks": [a_link()]}).encode() if method == "POST" else b""
    sent = Headers([TOKEN, ("Content-Type", "application/json"), *headers])
    target = BASE + OPERATIONS[method][2] + query
    return Checker(document, ("RL304",), next_document=newer).check(Request(method, target.rstrip("?&"), sent, body, len(body)))


def places(checked: Any) -> list[tuple[str, str]]:
    return [(violation.code, violation.pointer) for violation in checked.violations]


LIMIT = {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 50}}
MODE = {"name": "mode", "in": "query", "schema": {"type": "string", "enum": ["full", "partial"]}}
WANTED = {"name": "X-Req", "in": "header", "required": True, "schema": {"type": "string", "pattern": "^[a-z]+$"}}
IDS = {"name": "ids", "in": "query", "schema": {"type": "array", "maxItems": 2, "items": {"type": "string", "maxLength": 3}}}

IN_JSON = {"name": "ids", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}}


@pytest.mark.parametrize("method", OPERATIONS)
@pytest.mark.parametrize(
    ("parameter", "query", "message"),
    [
        (LIMIT, "limit=5", None),
        (LIMIT, "", "the required query parameter 'limit' is missing"),
        (LIMIT, "limit=x", '"x" is not an integer'),
        (LIMIT, "limit=1_0", '"1_0" is not an integer'),
        (LIMIT, "limit=", "is empty"),
        (LIMIT, "limit=51", "maximum"),
        (MODE, "", None),
        (MODE, "mode=full", None),
        (MODE, "mode=ful", '"ful" is not among the allowed values'),
        (MODE, "mode=", "is empty"),
        ({**MODE, "allowEmptyValue": True}, "mode=", None),
        ({**LIMIT, "schema": {"type": "boolean"}}, "limit=yes", '"yes" is not a boolean: true or false'),
        ({**LIMIT, "schema": {"type": "boolean"}}, "limit=true", None),
        ({**LIMIT, "schema": {"type": "number"}}, "limit=1e3", None),
        ({**LIMIT, "schema": {"type": "number"}}, "limit=nan", '"nan" is not a number'),
        ({**LIMIT, "schema": {}, "deprecated": True}, "limit=x", None),
        (IDS, "ids=a&ids=b", None),
        (IDS, "ids=a&ids=b&ids=c", "has 3 entries; at most 2"),
        ({**IDS, "explode": False}, "ids=a,b,c", "has 3 entries; at most 2"),
        (IN_JSON, "ids=%7B%7D", None),
        (IN_JSON, "ids=5", "must be an object"),
    ],
)
def test_query_parameter(method, parameter, query, message):
    """A query parameter must be there if it is required, and fit its description."""
    checked = check(document_with(method, parameter), method, query)
    assert places(checked) == ([] if message is None else [("RL107", f"#query/{parameter['name']}")])
    assert message is None or message in checked.violations[0].message
    assert checked.refusal == (None if message is None else 400)
    missing = message is not None and "missing" in message
    assert all((violation.value is NO_VALUE) == missing for violation in checked.violations)


def test_sequence_parameter():
    """A wrong value of the parameter without effect is fixed by leaving it out, and is not reported twice."""
    (violation,) = check(load_document("2026-06"), "DELETE", "_updateSequenceNumber=latest").violations
    assert (violation.code, violation.message) == ("RL107", '_updateSequenceNumber "latest" is not a 64-bit integer')
    assert violation.hint == "leave the parameter out: it has no effect"


@pytest.mark.parametrize("method", OPERATIONS)
def test_header_parameter(method):
    """A header parameter must be there if it is required, and fit its description."""
    document = document_with(method, WANTED)
    assert places(check(document, method, "")) == [("RL107", "#header/X-Req")]
    assert places(check(document, method, "", ("x-req", "abc"))) == []
    assert places(check(document, method, "", ("X-REQ", "ABC"))) == [("RL107", "#header/X-Req")]


@pytest.mark.parametrize("name", ["Authorization", "authorization", "Accept", "Content-Type"])
def test_headers_that_openapi_ignores(name):
    """OpenAPI ignores descriptions of these headers; other rules check them."""
    document = document_with("GET", {**WANTED, "name": name, "schema": {"type": "integer"}})
    assert places(check(document, "GET", "")) == []


def test_secret_parameters_are_redacted():
    """No violation shows the value of a secret parameter."""
    document = document_with("GET", {**WANTED, "name": "X-Api-Key"}, {**MODE, "name": "token"})
    checked = check(document, "GET", "token=hidden-1", ("X-Api-Key", "HIDDEN-2"))
    assert places(checked) == [("RL107", "#header/X-Api-Key"), ("RL107", "#query/token")]
    assert "hidden" not in repr([(violation.message, violation.hint, violation.value) for violation in checked.violations]).lower()


def test_parameter_of_deletion_is_not_a_property():
    """A parameter that the document describes is not one of the criteria of a deletion."""
    dry_run = {"name": "dryRun", "in": "query", "schema": {"type": "boolean"}}
    document = document_with("DELETE", dry_run)
    assert check(document, "DELETE", "dryRun=true").properties == (("account", "a"),)
    alone = Checker(document).check(Request("DELETE", f"{BASE}/bulkByProperties?dryRun=true", Headers([TOKEN])))
    assert (places(alone), alone.refusal) == ([("RL303", "#query")], 400)
    assert check(Document("plain", SPEC), "DELETE", "dryRun=true").properties == (("account", "a"), ("dryRun", "true"))


def test_free_form_parameter_allows_any_name():
    """If the document has a free-form object in the query, no parameter is unknown."""
    free = {"name": "filter", "in": "query", "schema": {"type": "object"}}
    assert places(check(document_with("GET", free), "GET", "color=red")) == []
    assert places(check(document_with("GET", {**free, "style": "deepObject"}), "GET", "filter%5Bcolor%5D=red")) == []
    assert places(check(Document("plain", SPEC), "GET", "color=red")) == [("RL111", "#query/color")]


def test_id_with_another_path_parameter():
    """The id is checked by its own description, not by that of a path parameter that the path does not have."""
    document = document_with("GET", LIMIT, {"name": "cloudId", "in": "path", "required": True, "schema": {"type": "integer"}})
    assert places(check(document, "GET", "limit=5")) == []
    long = Checker(document).check(Request("GET", f"{BASE}/remotelink/{'x' * 256}?limit=5", Headers([TOKEN])))
    assert places(long) == [("RL106", "#path")]


@pytest.mark.parametrize("method", OPERATIONS)
def test_parameters_of_newer_contract(method):
    """Parameters that only a newer contract requires are warnings."""
    newer = document_with(method, LIMIT, WANTED)
    checked = check(Document("plain", SPEC), method, "", newer=newer)
    assert places(checked) == [("RL901", "#query/limit"), ("RL901", "#header/X-Req")]
    assert checked.refusal is None


def test_payload_has_no_parameters(tmp_path):
    """check_submission() does not ask for parameters."""
    spec = copy.deepcopy(SPEC)
    spec["paths"][f"{BASE}/bulk"]["parameters"].append(WANTED)
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(spec))
    assert check_submission({"remoteLinks": [a_link()]}, path) == []


schemas = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "boolean", "array", "object"]),
        "enum": st.lists(st.sampled_from(["a", "5", 5, True]), min_size=1),
        "pattern": st.sampled_from(["^a", "5$"]),
        "minimum": st.integers(0, 9),
        "maxLength": st.integers(0, 3),
        "format": st.sampled_from(["int32", "int64", "uri", "date", "byte"]),
        "items": st.just({"type": "integer"}),
    },
)
STYLES = {
    "query": ["form", "spaceDelimited", "pipeDelimited", "deepObject"],
    "header": ["simple"],
    "path": ["simple", "matrix", "label"],
}
described = st.one_of(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["a", "X-Req", "params", "a[b", "("]),
            "in": st.just(place),
            "schema": schemas,
            "required": st.just(True) if place == "path" else st.booleans(),
        },
        optional={
            "style": st.sampled_from(styles),
            "explode": st.booleans(),
            "allowEmptyValue": st.booleans(),
            "deprecated": st.booleans(),
        },
    )
    for place, styles in STYLES.items()
)
texts = st.sampled_from(
    ["", "a", "5", "a,5", "a|5", "x" * 5, "%F0%9F%98%80", "%00", "-5", "9" * 30, "9" * 5000, "1.5", "true", "null", "1e999"]
)


@given(parameter=described, method=st.sampled_from(sorted(OPERATIONS)), value=st.none() | texts)
def test_any_parameter_can_be_checked(parameter, method, value):
    """The checker copes with any description of a parameter and any value."""
    query = "" if value is None else "&".join(f"{name}={value}" for name in ("a", "X-Req", "params", "a%5Bb", "("))
    headers = [] if value is None else [("a", value), ("X-Req", value), ("params", value), ("a[b", value), ("(", value)]
    found = check(document_with(method, parameter), method, query, *headers).violations
    of_parameter = [violation for violation in found if violation.code == "RL107"]
    event("violates" if of_parameter else "fits")
    assert {violation.code for violation in found} <= {"RL107", "RL111", "RL306", "RL301"}
    if parameter["in"] == "query" and parameter.get("required") and value is None and parameter["name"] != "params":
        assert of_parameter or parameter["schema"].get("type") == "object"
