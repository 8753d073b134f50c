"""What changed between two documents: each kind of change, in both directions, and who it can break."""

from __future__ import annotations

import contextlib
import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paths import OPENAPI

from pytest_remotelinks import ContractError
from pytest_remotelinks.contract.diff.compare import compare
from pytest_remotelinks.contract.diff.facts import fingerprint
from pytest_remotelinks.contract.document import Document, load_document
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

SPEC = json.loads((OPENAPI / "2023-06.json").read_text())


def inlined(part):
    """The document with every reference resolved, so that a place can be changed on its own."""
    if isinstance(part, dict):
        if "$ref" in part:
            target = SPEC
            for step in part["$ref"][2:].split("/"):
                target = target[step.replace("~1", "/")]
            return inlined(target)
        return {name: inlined(inner) for name, inner in part.items()}
    return [inlined(inner) for inner in part] if isinstance(part, list) else part


PLAIN = inlined(SPEC)
PATHS = PLAIN["paths"]
BULK = "/rest/remotelinks/1.0/bulk"
HEADERS = Headers([("Authorization", "JWT x"), ("Content-Type", "application/json")])
BY_PROPERTIES = "/rest/remotelinks/1.0/bulkByProperties"
BY_ID = "/rest/remotelinks/1.0/remotelink/{remoteLinkId}"


def body(spec):
    return spec["paths"][BULK]["post"]["requestBody"]["content"]["application/json"]["schema"]


def sent_link(spec):
    return body(spec)["properties"]["remoteLinks"]["items"]


def read_link(spec):
    return spec["paths"][BY_ID]["get"]["responses"]["200"]["content"]["application/json"]["schema"]


def put(holder, name, value):
    def apply(spec):
        place = holder(spec)
        if value is ...:
            del place[name]
        else:
            place[name] = value

    return apply


def member(holder, name):
    return lambda spec: holder(spec)["properties"][name]


def paths(spec):
    return spec["paths"]


def operation(path, method):
    return lambda spec: spec["paths"][path][method]


def parameter(name):
    def find(spec):
        item = spec["paths"][BY_ID]
        everywhere = [*item.get("parameters", []), *item["delete"].get("parameters", [])]
        return next(one for one in everywhere if one["name"] == name)

    return find


# What is done to the document; the effect, the operation, and words of place and change; then the same the other way round.
CHANGES = {
    "a limit lowered": (
        put(member(sent_link, "id"), "maxLength", 100),
        "breaks",
        "body.remoteLinks[].id at most 100 characters",
        "relaxes",
    ),
    "a limit added": (put(member(body, "remoteLinks"), "maxItems", 100), "breaks", "body.remoteLinks at most 100 entries", "relaxes"),
    "a lower limit added": (put(member(sent_link, "id"), "minLength", 3), "breaks", "body.remoteLinks[].id at least 3", "relaxes"),
    "a limit of members": (put(member(body, "properties"), "maxProperties", 2), "breaks", "body.properties at most 2 members", "relaxes"),
    "a value removed": (
        lambda spec: member(sent_link, "type")(spec)["enum"].remove("logFile"),
        "breaks",
        "body.remoteLinks[].type may no longer be logFile",
        "relaxes",
    ),
    "values listed": (put(member(sent_link, "description"), "enum", ["a"]), "breaks", "description must be one of a", "relaxes"),
    "a member required": (
        lambda spec: sent_link(spec)["required"].append("status"),
        "breaks",
        "body.remoteLinks[].status is now required",
        "relaxes",
    ),
    "a member described no more": (
        put(lambda spec: sent_link(spec)["properties"], "actionIds", ...),
        "may break",
        "actionIds is no longer",
        "relaxes",
    ),
    "another type": (put(member(sent_link, "description"), "type", "integer"), "breaks", "description has the type integer", "breaks"),
    "a format": (put(member(sent_link, "description"), "format", "uri"), "breaks", "description has the format uri", "relaxes"),
    "a pattern": (put(member(sent_link, "id"), "pattern", "^a$"), "may break", "id has the pattern ^a$", "relaxes"),
    "no other members": (put(sent_link, "additionalProperties", False), "breaks", "may have only the named members", "relaxes"),
    "unique entries": (put(member(sent_link, "actionIds"), "uniqueItems", True), "breaks", "actionIds has the uniqueItems true", "relaxes"),
    "null allowed": (put(member(sent_link, "description"), "nullable", True), "relaxes", "description has the nullable true", "breaks"),
    "an alternative gone": (
        lambda spec: member(sent_link, "associations")(spec)["items"]["anyOf"].pop(),
        "breaks",
        "(serviceIdOrKeys) is gone",
        "relaxes",
    ),
    "a path gone": (put(paths, BY_PROPERTIES, ...), "breaks", "operation is gone", "relaxes"),
    "an answer's member gone": (
        put(lambda spec: read_link(spec)["properties"], "url", ...),
        "may break",
        "url is no longer described",
        "informs",
    ),
    "an answer's member may be missing": (
        lambda spec: read_link(spec)["required"].remove("url"),
        "may break",
        "answer 200.url may be missing",
        "informs",
    ),
    "an answer's new value": (
        lambda spec: member(read_link, "type")(spec)["enum"].append("scan"),
        "may break",
        "answer 200.type may be scan too",
        "informs",
    ),
    "an answer gone": (put(lambda spec: operation(BULK, "post")(spec)["responses"], "413", ...), "informs", "413", "may break"),
    "another scope": (
        put(operation(BULK, "post"), "x-atlassian-connect-scope", "ADMIN"),
        "breaks",
        "Connect scope is ADMIN; it was WRITE",
        "breaks",
    ),
    "no scope": (
        put(operation(BULK, "post"), "x-atlassian-connect-scope", ...),
        "relaxes",
        "Connect scope is not there; it was WRITE",
        "breaks",
    ),
    "a scope in small letters": (put(operation(BULK, "post"), "x-atlassian-connect-scope", "write"), None, "", None),
    "a scope that no descriptor can name": (
        put(operation(BULK, "post"), "x-atlassian-connect-scope", "INACCESSIBLE"),
        "informs",
        "is INACCESSIBLE, which no descriptor can name: WRITE counts, as the prose says; it was WRITE",
        "informs",
    ),
    "a parameter required": (put(parameter("_updateSequenceNumber"), "required", True), "breaks", "_updateSequenceNumber", "relaxes"),
    "a parameter's limit": (
        lambda spec: parameter("remoteLinkId")(spec)["schema"].update(maxLength=9),
        "breaks",
        "remoteLinkId at most 9",
        "relaxes",
    ),
    "null forbidden": (put(member(sent_link, "description"), "nullable", False), None, "", None),
    "more digits": (put(member(sent_link, "updateSequenceNumber"), "format", "int32"), "breaks", "has the format int32", "relaxes"),
    "a deprecated operation": (put(operation(BULK, "post"), "deprecated", True), "informs", "operation is now deprecated", "informs"),
    "an answer's number": (
        put(member(read_link, "updateSequenceNumber"), "type", "number"),
        "may break",
        "updateSequenceNumber has the type number; it was integer",
        "informs",
    ),
    "an answer's type gone": (put(member(read_link, "url"), "type", ...), "may break", "url has no type any more", "informs"),
    "an answer's null": (put(member(read_link, "url"), "nullable", True), "may break", "url may be null", "informs"),
    "an answer's format gone": (put(member(read_link, "url"), "format", ...), "may break", "url has no format any more", "informs"),
    "an answer's entries": (
        put(member(read_link, "associations"), "items", ...),
        "may break",
        "answer 200.associations[] is no longer described",
        "informs",
    ),
    "an answer's alternatives": (
        put(lambda spec: member(read_link, "associations")(spec)["items"], "anyOf", ...),
        "may break",
        "answer 200.associations[] is no longer described",
        "informs",
    ),
    "success gone": (put(lambda spec: operation(BY_ID, "get")(spec)["responses"], "200", ...), "may break", "answer 200", "may break"),
    "a header of an answer": (
        put(lambda spec: operation(BULK, "post")(spec)["responses"]["429"], "headers", {"Retry-After": {"schema": {"type": "integer"}}}),
        "may break",
        "answer 429 changes its headers",
        "may break",
    ),
    "a parameter's flag": (
        lambda spec: parameter("remoteLinkId")(spec).update(allowReserved=True),
        "may break",
        "parameter path remoteLinkId has the allowReserved",
        "may break",
    ),
    "another encoding": (
        put(lambda spec: operation(BULK, "post")(spec)["requestBody"]["content"]["application/json"], "encoding", {"a": {}}),
        "may break",
        "body has the encoding",
        "may break",
    ),
    "explicit defaults": (lambda spec: parameter("remoteLinkId")(spec).update(style="simple", explode=False), None, "", None),
    "defaults of a query": (lambda spec: parameter("_updateSequenceNumber")(spec).update(style="form", explode=True), None, "", None),
    "another style": (put(parameter("remoteLinkId"), "style", "label"), "breaks", "has the style label; it had none", "breaks"),
    "any members": (put(sent_link, "additionalProperties", {}), None, "", None),
    "prose": (lambda spec: sent_link(spec).update(description="other words", example={}, title="x"), None, "", None),
    "order": (lambda spec: sent_link(spec)["required"].reverse(), None, "", None),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_change(kind):
    """A change is reported in both directions, with its effect."""
    change, effect, words, back = CHANGES[kind]
    spec = copy.deepcopy(PLAIN)
    change(spec)
    old, new = Document("old", PLAIN), Document("new", spec)
    there, home = compare(old, new), compare(new, old)
    if effect is None:
        assert (there, home) == ([], [])
        return
    assert home, "a change that is seen one way must be seen the other way"
    assert [found.effect for found in there if words in f"{found.place} {found.what}"] == [effect], there
    assert {found.effect for found in there} == {effect}, there
    for found in there:
        assert bool(found.affects) == found.is_breaking == (found.effect in ("breaks", "may break")), found
    if back is not None:
        assert {found.effect for found in home} == {back}, home


def test_changes_of_security():
    """New security and new scopes are reported."""

    def spec(security):
        made = copy.deepcopy(PLAIN)
        made["components"] = {"securitySchemes": {"o": {"type": "oauth2", "flows": {}}, "b": {"type": "http", "scheme": "basic"}}}
        made["paths"][BULK]["post"]["security"] = security
        return Document("x", made)

    none, basic, one, two = spec([]), spec([{"b": []}]), spec([{"o": ["write"]}]), spec([{"o": ["write", "admin"]}])
    assert [(found.effect, found.what) for found in compare(one, two)] == [("breaks", "oauth2 needs the scope admin")]
    assert [(found.effect, found.what) for found in compare(two, one)] == [("relaxes", "oauth2 no longer needs the scope admin")]
    assert [found.effect for found in compare(none, one)] == ["may break"]
    assert sorted(found.effect for found in compare(basic, one)) == ["breaks", "relaxes"]
    assert compare(one, one) == []


def test_order_of_changes():
    """Breaking changes come first."""
    effects = [found.effect for found in compare(load_document("2023-06"), load_document("2026-06"))]
    assert effects == sorted(effects, key=["breaks", "may break", "relaxes", "informs"].index)
    assert "breaks" in effects


LINK = {
    "id": "abc",
    "updateSequenceNumber": 3,
    "displayName": "name",
    "url": "https://a.example/1",
    "type": "alert",
    "lastUpdated": "2026-01-31T12:00:00Z",
}
keywords = st.one_of(
    st.tuples(st.sampled_from(["maxLength", "minLength"]), st.integers(0, 30)),
    st.tuples(st.just("enum"), st.lists(st.sampled_from(["abc", "name", "alert", "test", 3]), min_size=1, unique=True)),
    st.tuples(st.just("pattern"), st.sampled_from(["^a", "x", "abc|name", ".*"])),
    st.tuples(st.just("type"), st.sampled_from(["string", "integer", "array"])),
    st.tuples(st.just("format"), st.sampled_from(["uri", "date-time"])),
    st.tuples(st.sampled_from(["minimum", "maximum"]), st.integers(0, 5)),
    st.tuples(st.just("nullable"), st.booleans()),
)
changes = st.lists(st.tuples(st.sampled_from([*LINK, "description", "status"]), keywords), max_size=3)
demands = st.lists(st.sampled_from(["description", "status", "id"]), max_size=2, unique=True)
changed = st.tuples(changes, demands)


def changed_document(made):
    spec = copy.deepcopy(PLAIN)
    for name, (keyword, value) in made[0]:
        sent_link(spec)["properties"][name][keyword] = value
    sent_link(spec)["required"] = sorted({*LINK, *made[1]} - {"id"} | ({"id"} & set(made[1])))
    return Document("changed", spec)


links = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["abc", "x", None]),
        "displayName": st.sampled_from(["name", "n" * 20]),
        "type": st.sampled_from(["alert", "test"]),
        "updateSequenceNumber": st.sampled_from([3, 0, 9]),
        "url": st.just(LINK["url"]),
        "lastUpdated": st.just(LINK["lastUpdated"]),
    },
    optional={"description": st.sampled_from(["name", "", "https://a.example"]), "status": st.just({"appearance": "new", "label": "x"})},
)


@given(before=changed, after=changed, link=links)
def test_new_refusals_are_breaking_changes(before, after, link):
    """What only the newer document refuses is reported as a breaking change."""
    try:
        old, new = changed_document(before), changed_document(after)
    except ContractError:
        return

    content = json.dumps({"remoteLinks": [link]}).encode()
    request = Request("POST", BULK, HEADERS, content, len(content))

    def is_broken(document):
        return any(violation.severity == "error" for violation in Checker(document).check(request).violations)

    if not is_broken(old) and is_broken(new):
        assert any(change.is_breaking for change in compare(old, new))


def test_renamed_placeholder():
    """Another name of a placeholder is not a change."""
    spec = copy.deepcopy(PLAIN)
    item = spec["paths"].pop(BY_ID)
    for one in [*item.get("parameters", []), *(one for method in ("get", "delete") for one in item[method].get("parameters", []))]:
        one["name"] = one["name"].replace("remoteLinkId", "id")
    spec["paths"][BY_ID.replace("remoteLinkId", "id")] = item
    assert compare(Document("old", PLAIN), Document("new", spec)) == []
    # As long as its parameter has the same name.
    spec["paths"][BY_ID.replace("remoteLinkId", "link")] = spec["paths"].pop(BY_ID.replace("remoteLinkId", "id"))
    assert compare(Document("old", PLAIN), Document("new", spec)) != []


def test_security_of_the_whole_document():
    """Security of the whole document is that of its operations."""
    made = copy.deepcopy(PLAIN)
    made["components"] = {"securitySchemes": {"o": {"type": "oauth2", "flows": {}}, "b": {"type": "http", "scheme": "basic"}}}
    everywhere, each = {**copy.deepcopy(made), "security": [{"b": []}, {"o": ["write"]}]}, copy.deepcopy(made)
    for item in each["paths"].values():
        for name in ("get", "post", "delete"):
            if name in item:
                item[name]["security"] = [{"b": []}, {"o": ["write"]}]
    assert compare(Document("everywhere", everywhere), Document("each", each)) == []
    assert fingerprint(Document("everywhere", everywhere)) == fingerprint(Document("each", each))
    assert Document("everywhere", everywhere).accepts_basic
    assert not Document("none", made).accepts_basic
    own = copy.deepcopy(everywhere)
    own["paths"][BULK]["post"]["security"] = []
    assert [(found.effect, found.operation) for found in compare(Document("everywhere", everywhere), Document("own", own))] == [
        ("breaks", "submitRemoteLinks"),
        ("breaks", "submitRemoteLinks"),
    ]


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("keyword", ["nullable", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum", "readOnly", "deprecated"])
def test_changes_show_no_objects(keyword, value):
    """No change shows a Python object."""
    spec = copy.deepcopy(PLAIN)
    member(sent_link, "description")(spec)[keyword] = value
    member(read_link, "description")(spec)[keyword] = value
    for old, new in [(PLAIN, spec), (spec, PLAIN)]:
        assert "object at" not in repr(compare(Document("old", old), Document("new", new)))


ODD = {"headers": {"X": {}}, "links": {"a": {}}, "encoding": {}, "allowReserved": True, "allowEmptyValue": True, "not": {"enum": ["z"]}}


def objects(part, path=()):
    """The paths of all objects that are schemas, parameters, media types, answers or maps of them."""
    if isinstance(part, dict):
        yield path
    for name, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from objects(inner, (*path, name))


OBJECTS = sorted((path for path in objects(PATHS) if "properties" not in path[-1:]), key=str)
additions = st.tuples(st.sampled_from(OBJECTS), st.sampled_from(sorted(ODD)))


@given(addition=additions, others=st.lists(st.sampled_from(sorted(CHANGES)), max_size=2))
def test_every_change_is_reported(addition, others):
    """What a document says beyond a change is reported whether or not that change is there."""
    before = copy.deepcopy(PLAIN)
    for kind in others:
        with contextlib.suppress(KeyError, ValueError, StopIteration):
            CHANGES[kind][0](before)
    after = copy.deepcopy(before)
    path, keyword = addition
    place = after["paths"]
    with contextlib.suppress(KeyError, IndexError, TypeError):
        for step in path:
            place = place[step]
        place.setdefault(keyword, ODD[keyword])
    try:
        plain, old, new = Document("plain", PLAIN), Document("old", before), Document("new", after)
    except ContractError:
        return
    if fingerprint(old) == fingerprint(new):
        assert compare(old, new) == compare(new, old) == []
        assert compare(plain, old) == compare(plain, new)
    else:
        assert compare(old, new) != []
        assert compare(plain, old) != compare(plain, new)
