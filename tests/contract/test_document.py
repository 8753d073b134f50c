"""Documents of any shape are used alike; those that cannot be used are refused in one line."""

from __future__ import annotations

import contextlib
import copy
import json
import socket

import pytest
import yaml
from hypothesis import event, given
from hypothesis import strategies as st
from support.paths import OPENAPI, PUBLISHED

from pytest_remotelinks import ContractError, FakeJira, check_submission
from pytest_remotelinks.contract.diff.compare import compare
from pytest_remotelinks.contract.diff.facts import fingerprint, limits
from pytest_remotelinks.contract.document import Document, load_document
from pytest_remotelinks.contract.loading import YAML_LIMIT, Unreadable, read_yaml
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

pytestmark = pytest.mark.both_versions


def spec_of(version):
    return json.loads((OPENAPI / f"{version}.json").read_text())


@pytest.fixture
def spec(version):
    return spec_of(version)


@pytest.fixture
def saved(tmp_path):
    def save(content, name="contract.json"):
        path = tmp_path / name
        data = content if isinstance(content, (str, bytes)) else json.dumps(content)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return save


def renamed(spec, rename):
    return {**spec, "paths": {rename(path): item for path, item in spec["paths"].items()}}


def operations(item):
    return {method: described for method, described in item.items() if method in ("get", "post", "delete")}


def without_operation_ids(spec):
    for item in spec["paths"].values():
        for described in operations(item).values():
            del described["operationId"]
    return spec


def with_parameters_of_their_own(spec):
    for item in spec["paths"].values():
        shared = item.pop("parameters", [])
        for described in operations(item).values():
            described["parameters"] = [*shared, *described.get("parameters", [])]
    return spec


def inlined(spec):
    def visit(part):
        if isinstance(part, dict):
            if "$ref" in part:
                target = spec
                for step in part["$ref"][2:].split("/"):
                    target = target[step.replace("~1", "/")]
                return visit(target)
            return {name: visit(inner) for name, inner in part.items()}
        return [visit(inner) for inner in part] if isinstance(part, list) else part

    return {**spec, "paths": visit(spec["paths"])}


def among_others(spec):
    other = {"get": {"operationId": "getBoard", "responses": {"200": {"description": "A board"}}}}
    return {**spec, "paths": {"/rest/agile/1.0/board": other, **spec["paths"], "/rest/x/bulk": {"post": other["get"]}}}


def below_servers(spec, url, rest="", item=None):
    moved = renamed(without_operation_ids(spec), lambda path: rest + path.removeprefix("/rest/remotelinks/1.0"))
    if item is not None:
        for path_item in moved["paths"].values():
            path_item["servers"] = [{"url": item}]
    return {**moved, "servers": [{"url": url}]}


def with_encoded_references(spec):
    text = json.dumps(spec).replace('"#/components/schemas/RemoteLink"', '"#/components/schemas/Remote%20Link%7Bx%7D"')
    made = json.loads(text)
    schemas = made["components"]["schemas"]
    schemas["Remote Link{x}"] = schemas.pop("RemoteLink")
    # A name that only looks encoded is taken as it is.
    schemas["50%25"] = schemas["Remote Link{x}"]["properties"]["displayName"]
    schemas["Remote Link{x}"]["properties"]["displayName"] = {"$ref": "#/components/schemas/50%25"}
    return made


SHAPES = {
    "as it is": lambda spec: spec,
    "references inlined": inlined,
    "without /rest": lambda spec: renamed(spec, lambda path: path.removeprefix("/rest")),
    "below another base": lambda spec: renamed(spec, lambda path: "/ex/jira/{cloudId}" + path),
    "with the gateway's base": lambda spec: renamed(
        spec, lambda path: path.replace("/rest/remotelinks/1.0", "/jira/remotelinks/1.0/cloud/{cloudId}")
    ),
    "found by its paths": without_operation_ids,
    "no shared parameters": with_parameters_of_their_own,
    "other servers": lambda spec: {**spec, "servers": [{"url": "https://{site}/x", "variables": {"site": {"default": "a"}}}]},
    "no servers": lambda spec: {name: part for name, part in spec.items() if name != "servers"},
    "among other operations": among_others,
    "with the base in its servers": lambda spec: below_servers(spec, "https://a.example/rest/remotelinks/1.0/"),
    "with a part of the base in its servers": lambda spec: below_servers(spec, "https://a.example/rest/remotelinks", "/1.0"),
    "with the gateway's base in its servers": lambda spec: below_servers(spec, "/jira/remotelinks/1.0/cloud/{cloudId}"),
    "with servers of its paths": lambda spec: below_servers(spec, "https://a.example/x", item="https://a.example/rest/remotelinks/1.0"),
    "with encoded references": with_encoded_references,
    "servers that are nothing": lambda spec: {**spec, "servers": None},
}


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize("shape", SHAPES)
def test_fingerprint_of_any_shape(spec, version, saved, shape, suffix):
    """A document of any shape, in JSON or YAML, has the same fingerprint."""
    shaped = SHAPES[shape](copy.deepcopy(spec))
    path = saved(yaml.safe_dump(shaped, sort_keys=False) if suffix == "yaml" else shaped, f"contract.{suffix}")
    assert fingerprint(load_document(path)) == fingerprint(load_document(version))


@pytest.mark.parametrize("shape", SHAPES)
def test_document_of_any_shape(spec, version, saved, link, shape):
    """A document of any shape is used as the contract."""
    path = saved(SHAPES[shape](copy.deepcopy(spec)))
    payload = {"remoteLinks": [link(), link("2", url="<string>", type=5), link("3", displayName="x" * 256)], "properties": {"a": 5}}
    assert [(found.code, found.pointer) for found in check_submission(payload, path)] == [
        (found.code, found.pointer) for found in check_submission(payload, version)
    ]


def test_yaml_document(spec, version, saved, make_site, provider_of, link):
    """A YAML document is used as the contract."""
    jira = make_site(contract=saved(yaml.safe_dump(spec), "contract.yml"), consistency="immediate")
    provider = provider_of(jira)
    assert provider.submit(link(), link("2", url="x")).json()["acceptedRemoteLinks"] == ["1"]
    assert provider.read("1").json()["id"] == "1"
    assert [violation.code for violation in jira.violations] == ["RL201"]


@pytest.mark.parametrize("missing", ["submitRemoteLinks", "deleteRemoteLinksByProperty", "getRemoteLinkById", "deleteRemoteLinkById"])
def test_absent_operation(spec, saved, make_site, provider_of, link, missing):
    """An operation that the document lacks is answered with 404."""
    for item in spec["paths"].values():
        for method in [method for method, described in operations(item).items() if described["operationId"] == missing]:
            del item[method]
    path = saved(spec)
    jira = make_site(contract=path, consistency="immediate")
    assert load_document(path).missing == (missing,)
    provider = provider_of(jira)
    answers = {
        "submitRemoteLinks": provider.submit(link(), properties={"account": "a"}),
        "getRemoteLinkById": provider.read("1"),
        "deleteRemoteLinksByProperty": provider.delete_by(account="a"),
        "deleteRemoteLinkById": provider.delete("1"),
    }
    assert answers[missing].status_code == 404
    assert [violation.message for violation in jira.violations if violation.code == "RL104"] == [
        f"the contract document {path} has no operation {missing}"
    ]
    others = {name: answer.status_code for name, answer in answers.items() if name not in (missing, "getRemoteLinkById")}
    assert set(others.values()) <= {202}


def change(path, value):
    """A change of the newest document: the value at a path of keys."""

    def apply(spec):
        part = spec
        for key in path[:-1]:
            part = part[key]
        if value is ...:
            del part[path[-1]]
        else:
            part[path[-1]] = value
        return spec

    return apply


BULK = ("paths", "/rest/remotelinks/1.0/bulk", "post")
SCHEMA = (*BULK, "requestBody", "content", "application/json", "schema")


def list_of(schema):
    """A change of the newest document: the schema of the list of links."""
    return change(SCHEMA, {"properties": {"remoteLinks": schema}})


USELESS = {
    "no object": ([], "is not an OpenAPI document: it is not an object"),
    "no version": ({"paths": {}}, "no 'openapi'"),
    "a version that is a number": ({"openapi": 3.0, "paths": {}}, "no 'openapi'"),
    "Swagger": ({"swagger": "2.0", "paths": {}}, "Swagger '2.0'; an OpenAPI 3.0 document is needed"),
    "3.1": ({"openapi": "3.1.0", "paths": {}}, "OpenAPI '3.1.0'"),
    "no paths": ({"openapi": "3.0.1"}, "no 'paths'"),
    "paths of nothing": ({"openapi": "3.0.1", "paths": []}, "no 'paths'"),
    "none of the operations": ({"openapi": "3.0.1", "paths": {"/x": {"get": {}}}}, "its paths have none of the operations"),
    "a reference to nothing": (change(SCHEMA, {"$ref": "#/x"}), "the reference '#/x' leads nowhere"),
    "a remote reference": (change(SCHEMA, {"$ref": "https://a.example/x.json#/a"}), "leads out of the document"),
    "a reference to a file": (change(SCHEMA, {"$ref": "/etc/passwd"}), "leads out of the document"),
    "a reference to itself": (change(SCHEMA, {"$ref": "#/paths/~1rest~1remotelinks~11.0~1bulk/post/requestBody/content/application~1json/schema"}), "back to itself"),  # noqa: E501
    "references in a circle": (
        lambda spec: change(SCHEMA, {"$ref": "#/a"})({**spec, "a": {"items": {"$ref": "#/b"}}, "b": {"items": {"$ref": "#/a"}}}),
        "the reference '#/a' leads back to itself",
    ),
    "deep parts": (
        lambda spec: list_of(json.loads('{"items":' * 900 + "{}" + "}" * 900))(spec),
        "its parts are nested too deep",
    ),
    "a body of another kind": (change((*BULK, "requestBody"), {"content": {"text/plain": {"schema": {}}}}), "describes no JSON body"),
    "no body": (change((*BULK, "requestBody"), ...), "describes no JSON body"),
    "an invalid pattern": (list_of({"items": {"pattern": "("}}), "/items/pattern is not a regular expression that Python can read"),
    "an invalid type": (list_of({"type": "list"}), '/properties/remoteLinks/type "list" is not among the allowed values'),
    "an invalid limit": (list_of({"maxItems": "100"}), "/properties/remoteLinks/maxItems is a string, but must be an integer"),
    "allOf": (list_of({"allOf": [{}]}), "/properties/remoteLinks/allOf is not supported"),
    "an invalid schema": (list_of([]), "/properties/remoteLinks is a list, but must be an object"),
    "a keyword that OpenAPI lacks": (list_of({"const": 5}), "/remoteLinks has members that are not allowed: 'const'"),
    "an invalid list of required members": (list_of({"required": True}), "/remoteLinks/required is a boolean, but must be a list"),
    "invalid parameters": (change((*BULK, "parameters"), {"a": 1}), "'parameters' must be a list"),
    "invalid responses": (change((*BULK, "responses"), {"202": "ok"}), "/responses/202 is a string, but must be an object"),
    "a parameter without a place": (change((*BULK, "parameters"), [{"name": "a"}]), "/parameters/0 lacks the member 'in'"),
    "an invalid style": (
        change((*BULK, "parameters"), [{"name": "a", "in": "query", "style": "simple", "schema": {}}]),
        '/parameters/0/style "simple" is not among the allowed values',
    ),
    "an invalid body": (change((*BULK, "requestBody"), []), "/requestBody is a list, but must be an object"),
}  # fmt: skip


@pytest.mark.parametrize("kind", USELESS)
def test_unusable_document(saved, kind):
    """A document that cannot be used is refused in one line."""
    made, says = USELESS[kind]
    path = saved(made(spec_of("2026-06")) if callable(made) else made)
    with pytest.raises(ContractError) as error:
        load_document(path)
    assert says in str(error.value)
    assert str(error.value).startswith(f"contract {path}: ")
    assert "\n" not in str(error.value)


BOMB = "\n".join(["a0: &a0 [x, x]"] + [f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 9) + "]" for level in range(1, 12)])
UNREADABLE = {
    "nothing": (b"", "yaml", "the file is empty"),
    "no text": (b"\x89PNG\r\n\xff", "json", "is not UTF-8"),
    "prose": (b"Dear reader", "json", "not an OpenAPI document"),
    "broken JSON": (b'{"openapi": ', "json", "not JSON"),
    "broken YAML": (
        b"a: [1",
        "yaml",
        "it is not YAML: while parsing a flow sequence, did not find expected ',' or ']' at line 2, column 1",
    ),
    "100,000 brackets": (b"[" * 100_000, "json", "nesting"),
    "100,000 brackets of YAML": (b"- " * 100_000, "yaml", "nesting"),
    "900 brackets of YAML": (b"- " * 900, "yaml", "nested too deep"),
    "a tag": (b"openapi: !!python/object/apply:os.system ['touch owned']", "yaml", "no 'openapi'"),
    "a billion laughs": (BOMB.encode(), "yaml", "it holds more than 150000 values"),
    "infinity": (b"openapi: .inf", "yaml", "JSON has no such number as .inf at line 1, column 10"),
    "an alias of itself": (b"a: &a [*a]", "yaml", "the alias in what it names, at line 1, column 4, has no end"),
    "two documents": (b"a: 1\n---\nb: 2", "yaml", "found another document at line 2, column 1"),
    "a list as a key": (b"[1, 2]: 3", "yaml", "the key at line 1, column 1 is not a text"),
    "11 MB": (b'{"openapi": "3.0.1", "x": "' + b"x" * 11_000_000 + b'"}', "json", "MiB; at most 10 are read"),
    "a huge number": (b'{"openapi": 1' + b"0" * 10_000 + b"}", "json", "numbers are too long"),
    "a huge number of YAML": (b"openapi: 1" + b"0" * 10_000, "yaml", "has 10001 digits"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_unreadable_file(saved, kind, tmp_path, monkeypatch):
    """A file that cannot be read is refused in one line; nothing in it is fetched or executed."""
    content, suffix, says = UNREADABLE[kind]
    path = saved(content, f"contract.{suffix}")
    monkeypatch.setattr(socket, "socket", None)
    with pytest.raises(ContractError) as error:
        load_document(path)
    assert says in str(error.value)
    assert str(error.value).startswith(f"contract {path}: ")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, True) for text in ("true", "True", "TRUE")),
        *((text, False) for text in ("false", "False", "FALSE")),
        *((text, None) for text in ("null", "Null", "NULL", "~", "")),
        *((text, 12) for text in ("12", "+12", "012", "0xC", "0xc", "0o14")),
        *((text, -0.5) for text in ("-0.5", "-.5", "-5e-1", "-0.5E+0")),
        *((text, text) for text in ("yes", "no", "on", "tRUE", "nULL", "0b11", "1_000", "0o9", "1:30", "2026-01-31", "'true'"[1:-1] + "!")),
    ],
)
def test_yaml_scalars(text, value):
    """Plain scalars are read by the core schema of YAML 1.2."""
    read = read_yaml(f"a: {text}\nb: '{text}'\n").value
    assert read == {"a": value, "b": text}
    assert type(read["a"]) is type(value)


@pytest.mark.parametrize("kind", ["an alias", "a repeated key", "an absent part", "a text that is an index"])
def test_yaml_positions(kind):
    """Each part of a YAML text has a line and a column; an alias has those of what it names."""
    read = read_yaml("a: &a\n  - b: 1\nc: *a\nd: 1\nd:\n  e: 2\n'0': x\n")
    path, place = {
        "an alias": (("c", "0", "b"), (2, 8)),
        "a repeated key": (("d", "e"), (6, 6)),
        "an absent part": (("a", "7", "b"), (1, 4)),
        "a text that is an index": (("0",), (7, 6)),
    }[kind]
    assert read.position(path) == place
    assert read.repeated == [("d",)]


def test_yaml_aliases_are_counted_at_each_use():
    """A few aliases cannot become billions of values, and the largest published document is far below the limit."""
    with pytest.raises(Unreadable, match="it holds more than 150000 values"):
        read_yaml(BOMB)
    for path in PUBLISHED.glob("*.json"):
        assert count(json.loads(path.read_text())) < YAML_LIMIT / 3


def count(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(count, inner))


def test_folder_and_missing_file_are_reported(tmp_path):
    """A folder and a missing file are reported."""
    with pytest.raises(ContractError, match=r"it cannot be read: Is a directory"):
        load_document(tmp_path)
    with pytest.raises(ContractError, match=r"neither a version \(2023-06, 2026-06\) nor a file"):
        load_document(tmp_path / "none.json")


def test_document_is_cached_by_content(saved):
    """A document is parsed once for each content of its file."""
    spec = spec_of("2026-06")
    path = saved(spec)
    first = load_document(path)
    assert load_document(path) is first
    spec["info"]["version"] = "another"
    saved(spec)
    assert load_document(path) is not first
    assert load_document(path).version == "another"


def test_fingerprint_without_prose_and_order(spec, version):
    """Prose and order do not change the fingerprint."""

    def disturbed(part):
        if isinstance(part, dict):
            changed = {name: disturbed(inner) for name, inner in reversed(part.items())}
            return {**changed, **({"description": "other words"} if isinstance(part.get("description"), str) else {})}
        return [disturbed(inner) for inner in part] if isinstance(part, list) else part

    assert fingerprint(Document("x", disturbed(spec))) == fingerprint(load_document(version))


parts = st.sampled_from(
    [None, 5, -1, "x", "", [], {}, True, {"$ref": "#/paths"}, {"$ref": "#"}, {"$ref": "x"}, [None], {"type": []}, 1e300]
)


def all_paths(part, path=()):
    if path:
        yield path
    for name, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from all_paths(inner, (*path, name))


PLACES = {version: sorted((path for path in all_paths(spec_of(version))), key=str) for version in ("2023-06", "2026-06")}
BODIES = [
    b'{"remoteLinks": [{"id": "1"}]}',
    b'{"remoteLinks": [{"id": "1", "updateSequenceNumber": 1, "displayName": "x", "url": "https://a.example", "type": "alert", '
    b'"lastUpdated": "2026-01-31T12:00:00Z", "associations": [{"associationType": "issueKeys", "values": ["A-1", 5]}]}], '
    b'"properties": {"a": 1}}',
    b"[]",
]


@given(data=st.data())
def test_damaged_document_is_refused_or_used(version, data):
    """A damaged document is refused, or can be used and compared."""
    spec = spec_of(version)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(PLACES[version]))
        # An earlier change may have taken the place away.
        with contextlib.suppress(KeyError, TypeError, IndexError):
            change(place, data.draw(st.just(...) | parts))(spec)
    try:
        document = Document("damaged", spec)
    except ContractError as error:
        event("refused: " + str(error).rpartition(" ")[2])
        return
    assert (fingerprint(document) == fingerprint(load_document(version))) == (compare(load_document(version), document) == [])
    assert (compare(document, load_document(version)) == []) == (compare(load_document(version), document) == [])
    list(limits(document))
    headers = Headers([("Authorization", "JWT x"), ("Content-Type", "application/json")])
    checker = Checker(document)
    for body in BODIES:
        checker.check(Request("POST", "/rest/remotelinks/1.0/bulk", headers, body, len(body)))
    for method, target in [
        ("GET", "remotelink/1?a=b"),
        ("DELETE", f"remotelink/{'x' * 300}?_updateSequenceNumber=x"),
        ("DELETE", "bulkByProperties?a=b"),
    ]:
        checker.check(Request(method, f"/rest/remotelinks/1.0/{target}", headers))


def test_fake_jira_names_the_document(saved):
    """The error of FakeJira names the document."""
    with pytest.raises(ContractError, match=r"contract\.json: the file is not an OpenAPI document"):
        FakeJira(contract=saved([]))
