"""A second API needs an Api value and a document, and nothing else.

The made-up API differs in every word: two-part ids, other members, rejections
as a list, a base path of its own. It runs beside the remote links, over HTTP.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import socket
from urllib.parse import quote

import pytest
import requests

from pytest_remotelinks import FakeJira
from pytest_remotelinks.apis.api import Api, Operation
from pytest_remotelinks.contract.diff.compare import compare
from pytest_remotelinks.contract.diff.versions import published_on, successor
from pytest_remotelinks.contract.document import ContractError, Document, load_document
from pytest_remotelinks.reports.curl import BODY_LIMIT, curl_line
from pytest_remotelinks.rules.validators import fast_path_of, id_fast_path_of, validator_of
from pytest_remotelinks.view.view import View

THINGS = Api(
    name="things",
    noun="thing",
    base="/rest/things/0.1",
    gateway_bases=(r"/ex/jira/[^/]+/rest/things/0\.1", r"/jira/things/0\.1/cloud/[^/]+"),
    operations=(
        Operation("submitThings", "submit", "POST", "/bulk"),
        Operation("deleteThingsByProperty", "delete-by-properties", "DELETE", "/bulkByProperties"),
        Operation("getThing", "read", "GET", "/groups/{group}/things/{number}"),
        Operation("deleteThing", "delete", "DELETE", "/groups/{group}/things/{number}"),
    ),
    list_member="things",
    identity=("group", "number"),
    sequence_member="revision",
    accepted_member="acceptedThings",
    rejected_member="rejectedThings",
    unknown_member="unknownAssociations",
    rejected_shape="list",
    sequence_parameter=None,
    associations_member="associations",
    service_types=frozenset(),
    connect_module="jiraThingProvider",
    forge_module="devops:thingProvider",
)

THING = {
    "type": "object",
    "required": ["group", "number", "revision", "title"],
    "properties": {
        "group": {"type": "string", "minLength": 1},
        "number": {"type": "integer"},
        "revision": {"type": "integer"},
        "title": {"type": "string", "maxLength": 20},
        "associations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "associationType": {"type": "string", "enum": ["issueKeys"]},
                    "values": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}
SUBMISSION = {
    "type": "object",
    "required": ["things"],
    "properties": {
        "things": {"type": "array", "minItems": 1, "items": THING},
        "properties": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
AUTHORIZATION = {"name": "Authorization", "in": "header", "required": True, "schema": {"type": "string"}}
ID = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in ("group", "number")]


def _operation(id, *parameters, **described):
    answers = {status: {"description": "an answer"} for status in ("200", "202", "400", "404")}
    return {"operationId": id, "parameters": [AUTHORIZATION, *parameters], "responses": answers, **described}


SPEC = {
    "openapi": "3.0.1",
    "info": {"title": "Things", "version": "0.1"},
    "paths": {
        "/rest/things/0.1/bulk": {
            "post": _operation("submitThings", requestBody={"required": True, "content": {"application/json": {"schema": SUBMISSION}}})
        },
        "/rest/things/0.1/bulkByProperties": {"delete": _operation("deleteThingsByProperty")},
        "/rest/things/0.1/groups/{group}/things/{number}": {
            "get": _operation("getThing", *ID),
            "delete": _operation("deleteThing", *ID),
        },
    },
}
BASE = THINGS.base


class WithThings(FakeJira):
    """A site that has the made-up API, too."""

    _other_documents = (Document("things", SPEC, THINGS),)


@pytest.fixture
def site():
    with WithThings(consistency="immediate") as site:
        yield site


def thing(group="a", number=1, revision=1, **members):
    return {"group": group, "number": number, "revision": revision, "title": "a thing", **members}


class Client:
    """Sends requests to the made-up API."""

    def __init__(self, site, base=BASE):
        self.site, self.base = site, base

    def send(self, method, path, **arguments):
        headers = {"Authorization": self.site.authorization(method, self.base + path)}
        return requests.request(method, self.site.url + self.base + path, headers=headers, timeout=30, **arguments)

    def submit(self, *things, **envelope):
        return self.send("POST", "/bulk", json={"things": things, **envelope})

    def read(self, group, number):
        return self.send("GET", f"/groups/{quote(group, safe='')}/things/{number}")

    def delete(self, group, number):
        return self.send("DELETE", f"/groups/{quote(group, safe='')}/things/{number}")


@pytest.fixture
def client(site):
    return Client(site)


@pytest.fixture
def things(site):
    """The view of the made-up API."""
    return View(site._site, site._registry, (THINGS,))


def codes(site):
    return [violation.code for violation in site.violations]


def test_submission_is_accepted(site, client):
    """Accepted entities are named by an object of their identity members."""
    answer = client.submit(thing(), thing("b", 7), properties={"owner": "x"})
    assert (answer.status_code, answer.json()) == (202, {"acceptedThings": [{"group": "a", "number": 1}, {"group": "b", "number": 7}]})
    assert [submission.id for submission in site.submissions] == [("a", "1"), ("b", "7")]
    assert [submission.properties for submission in site.submissions] == [{"owner": "x"}] * 2
    (exchange,) = site.requests
    assert (exchange.operation, exchange.operation_id) == ("submit", "submitThings")
    assert site.violations == []


def test_submission_is_rejected(site, client):
    """A rejection is an object with a key and errors, and the violation names the entity."""
    answer = client.submit(thing(title="x" * 21)).json()
    assert answer["acceptedThings"] == []
    (rejected,) = answer["rejectedThings"]
    assert rejected["key"] == {"group": "a", "number": 1}
    assert "/things/0/title" in rejected["errors"][0]["message"]
    (violation,) = site.violations
    assert (violation.code, violation.pointer, violation.link_id) == ("RL201", "/things/0/title", ("a", "1"))
    assert client.read("a", 1).status_code == 404


def test_submission_is_accepted_in_part(client):
    """Of one submission, some entities may be accepted and others rejected."""
    answer = client.submit(thing(number=1), thing(number=2, title=5), {"group": "a"}).json()
    assert answer["acceptedThings"] == [{"group": "a", "number": 1}]
    assert [rejected["key"] for rejected in answer["rejectedThings"]] == [{"group": "a", "number": 2}, {"group": "a"}]


def test_submission_of_another_shape_is_refused(site, client, link):
    """The list member of another API is not a submission."""
    assert client.send("POST", "/bulk", json={"remoteLinks": [link()]}).status_code == 400
    assert "RL103" in codes(site)
    assert site.submissions == []


def test_higher_revision_replaces(site, client):
    """The sequence member decides which entity is newer; a stale one is reported."""
    client.submit(thing(revision=5, title="five"))
    client.submit(thing(revision=6, title="six"))
    assert client.read("a", 1).json()["title"] == "six"
    client.submit(thing(revision=4, title="four"))
    assert client.read("a", 1).json()["title"] == "six"
    client.submit(thing(revision=6, title="again"))
    assert client.read("a", 1).json()["title"] == "six"
    assert codes(site) == ["RL401", "RL402"]
    assert str(site.arrivals[0]) == "1 submit ('a', '1'), revision 5"


def test_both_parts_of_an_id_count(client):
    """Entities with one part of the id in common are different ones."""
    client.submit(thing("a", 1, title="a1"), thing("a", 2, title="a2"), thing("b", 1, title="b1"))
    titles = [client.read(group, number).json()["title"] for group, number in (("a", 1), ("a", 2), ("b", 1))]
    assert titles == ["a1", "a2", "b1"]
    assert client.read("b", 2).status_code == 404


def test_id_is_decoded(client):
    """The first part of an id may be percent-encoded."""
    client.submit(thing("a/b ü", 1))
    assert client.read("a/b ü", 1).status_code == 200


def test_duplicate_id_is_reported(site, client):
    """The same id twice in one submission is reported, and the newer one counts."""
    client.submit(thing(revision=2, title="two"), thing(revision=1, title="one"))
    assert codes(site) == ["RL204"]
    assert client.read("a", 1).json()["title"] == "two"


def test_entity_is_deleted_by_id(client):
    """A deletion by id deletes one entity."""
    client.submit(thing(number=1), thing(number=2))
    assert client.delete("a", 1).status_code == 202
    assert [client.read("a", number).status_code for number in (1, 2)] == [404, 200]


def test_entities_are_deleted_by_properties(site, client):
    """A deletion by properties deletes the entities that were submitted with them."""
    client.submit(thing(number=1), properties={"owner": "x"})
    client.submit(thing(number=2), properties={"owner": "y"})
    assert client.send("DELETE", "/bulkByProperties?owner=x").status_code == 202
    assert [client.read("a", number).status_code for number in (1, 2)] == [404, 200]
    client.send("DELETE", "/bulkByProperties?owner=z")
    assert site.violations == []


def test_apis_do_not_touch_each_other(site, client, link, provider_of):
    """Deletions by id and by properties reach only entities of their own API."""
    provider = provider_of(site)
    client.submit(thing(), properties={"owner": "x"})
    provider.submit(link("1"), properties={"owner": "x"})
    assert client.send("DELETE", "/bulkByProperties?owner=x").status_code == 202
    assert provider.read("1").status_code == 200
    client.submit(thing(), properties={"owner": "x"})
    provider.delete("1")
    provider.delete_by(owner="x")
    assert client.read("a", 1).status_code == 200
    assert provider.read("1").status_code == 404


def test_members_of_a_submission_have_the_names_of_the_api():
    """Properties and metadata are found by the members that the API names, by the rules as by the fast path and the record."""
    api = dataclasses.replace(THINGS, properties_member="labels", metadata_member="about")
    spec = copy.deepcopy(SPEC)
    stated = spec["paths"][f"{BASE}/bulk"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    stated["labels"] = stated.pop("properties")
    stated["about"] = {"type": "object"}

    class Site(FakeJira):
        _other_documents = (Document("labels", spec, api),)

    with Site(consistency="immediate") as site:
        client = Client(site)
        assert client.submit(thing(), labels={"owner": "x"}, about={"product": "1.0"}).json()["acceptedThings"]
        assert site.violations == []
        assert site.submissions[0].properties == {"owner": "x"}
        client.submit(thing(number=2), labels={"owner": "y"})
        client.submit(thing(number=3), labels={"a:b": "x"}, about={"run by": "ann@scanner.example"})
        assert [(found.code, found.pointer) for found in site.violations] == [("RL301", "/labels/a:b"), ("RL307", "/about/run by")]
        assert client.send("DELETE", "/bulkByProperties?owner=x").status_code == 202
        assert (client.read("a", 1).status_code, client.read("a", 2).status_code) == (404, 200)


def test_submitted_properties_are_those_of_one_api(site, client, link, provider_of):
    """A deletion by a property that only the other API submitted is reported."""
    provider_of(site).submit(link(), properties={"owner": "x"})
    client.send("DELETE", "/bulkByProperties?owner=x")
    assert codes(site) == ["RL304"]


@pytest.mark.parametrize("base", ["/ex/jira/{}/rest/things/0.1", "/jira/things/0.1/cloud/{}"])
def test_gateway_leads_to_the_api(site, base):
    """The gateway's paths lead to the second API, too."""
    client = Client(site, base.format(site.cloud_id))
    assert client.submit(thing()).status_code == 202
    assert client.read("a", 1).status_code == 200
    assert site.violations == []


def test_writes_are_delayed():
    """Consistency policies hold for the second API, too."""
    with WithThings(consistency="after-reads:1") as delayed:
        client = Client(delayed)
        client.submit(thing())
        (write,) = delayed.pending
        assert (write.kind, write.id, write.data) == ("submit", ("a", "1"), thing())
        assert [client.read("a", 1).status_code for _ in range(2)] == [404, 200]


def test_faults_and_rejections(site, client):
    """Faults are for operations of every API; a rejection takes a two-part id."""
    fault = site.fail_next(500, operation="submit")
    rejection = site.reject(("a", "2"), "not this one")
    assert client.submit(thing()).status_code == 500
    answer = client.submit(thing(number=1), thing(number=2)).json()
    assert answer["rejectedThings"][0]["errors"][0]["message"] == "not this one"
    assert (fault.requests, rejection.requests) == ([site.requests[0]], [site.requests[1]])


def test_unknown_issues_are_listed(site, client):
    """Associations with unknown issues are listed under the API's own member."""
    site.known_issues = {"ABC-1"}
    known, unknown = ([{"associationType": "issueKeys", "values": [key]}] for key in ("ABC-1", "ABC-2"))
    answer = client.submit(thing(number=1, associations=known), thing(number=2, associations=unknown)).json()
    assert answer["acceptedThings"] == [{"group": "a", "number": 1}]
    assert answer["unknownAssociations"] == unknown


# The rules


@pytest.mark.parametrize(
    ("path", "code", "status"),
    [
        ("/groups/a/things/1/2", "RL110", 404),  # a slash in the last part
        ("/groups/a|b/things/1", "RL110", 404),  # not percent-encoded, and understood; there is no such thing
        ("/groups//things/1", "RL106", 404),
        ("/groups/a/things/", "RL106", 404),
        ("/groups/%FF/things/1", "RL106", 404),
        ("/groups/a%2Fb/things/1", None, 404),
        ("/groups/a/things", "RL104", 404),
        ("/groups/a/things/1?revision=1", "RL111", 404),
    ],
)
def test_rules_about_targets(site, path, code, status):
    """Each part of an id in a path is checked."""
    with socket.create_connection(("127.0.0.1", int(site.url.rpartition(":")[2])), timeout=30) as connection:
        head = f"GET {BASE}{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: JWT a.b.c\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert int(answer.split()[1]) == status
    assert codes(site) == ([] if code is None else [code])


def test_unknown_members_are_reported(site, client):
    """RL206 reports members that the API's own schema does not have."""
    client.submit(thing(color="red"), size=5)
    assert [(violation.code, violation.pointer, violation.link_id) for violation in site.violations] == [
        ("RL206", "/things/0/color", ("a", "1")),
        ("RL206", "/size", None),
    ]


def test_retries_are_reported(site, client):
    """RL702, RL703 and RL704 compare entities by all parts of their ids."""
    site.fail_next(400)
    client.submit(thing("x"))
    client.submit(thing("x"))
    site.reject(("a", "1"))
    client.submit(thing(number=1), thing(number=2))
    client.submit(thing(number=1), thing(number=2))
    assert codes(site) == ["RL702", "RL703", "RL704"]
    assert [violation.link_id for violation in site.violations] == [None, ("a", "1"), None]


# The helpers of a view


def test_helpers_find_what_was_submitted(things, client):
    """``assert_submitted``, ``assert_rejected`` and their like take two-part ids."""
    client.submit(thing(title="good"), thing(number=2, title=5))
    assert things.assert_submitted(("a", "1"), title="good").accepted
    things.assert_accepted(("a", "1"))
    things.assert_rejected(("a", "2"), match="/things/1/title")
    things.assert_not_submitted(("a", "3"))
    assert things.wait_for_submission(("a", "2"), timeout=30).id == ("a", "2")
    with pytest.raises(AssertionError, match=r"nearest ids submitted: \('a', '1'\)"):
        things.assert_submitted(("b", "1"))
    with pytest.raises(AssertionError, match="expected 6, it is 1"):
        things.assert_submitted(("a", "1"), revision=6)


def test_helpers_find_what_is_stored(things, client):
    """``links``, ``assert_stored`` and ``assert_not_stored`` show the entities of the API."""
    client.submit(thing(), properties={"owner": "x"})
    assert things.links == {("a", "1"): thing()}
    assert things.link(("a", "1")) == thing()
    things.assert_stored(("a", "1"), title="a thing", properties={"owner": "x"})
    things.assert_not_stored(("a", "2"))
    with pytest.raises(AssertionError, match="is not stored"):
        things.assert_stored(("a", "2"))


def test_helpers_find_deletions(things, client):
    """``assert_deleted`` and ``assert_deleted_by`` find deletions of the API."""
    client.submit(thing(number=1), thing(number=2), properties={"owner": "x"})
    client.delete("a", 1)
    assert things.assert_deleted(("a", "1")).operation == "delete"
    with pytest.raises(AssertionError, match="no deletion of"):
        things.assert_deleted(("a", "2"))
    client.send("DELETE", "/bulkByProperties?owner=x")
    assert things.assert_deleted(("a", "2")) == things.assert_deleted_by(owner="x")


def test_later_revision_survives_a_deletion(things, client):
    """The message of ``assert_deleted`` names the API's own sequence member."""
    client.submit(thing(revision=1))
    client.delete("a", 1)
    client.submit(thing(revision=8))
    with pytest.raises(AssertionError, match="revision 8"):
        things.assert_deleted(("a", "1"))


def test_view_has_only_its_api(site, things, client, link, provider_of):
    """A view has the requests and links of its API; those of the site are the remote links."""
    client.submit(thing())
    provider_of(site).submit(link("1"))
    assert [exchange.number for exchange in things.requests] == [1]
    assert [exchange.number for exchange in site.requests] == [1, 2]
    assert (set(things.links), set(site.links)) == ({("a", "1")}, {"1"})


def test_text_is_not_a_two_part_id(things):
    """Text is not an id of an API with two identity members."""
    with pytest.raises(TypeError):
        things.assert_stored("a")


def test_curl_line_cuts_a_long_submission(site, client):
    """The curl line of a long submission has the first entity that violates a rule."""
    client.submit(*(thing(number=number) for number in range(100)), thing(number=100, title=5))
    assert len(site.requests[0].request.body) > BODY_LIMIT
    line = curl_line(site.requests[0], site.url)
    assert '{"things": [{"group": "a", "number": 100, "revision": 1, "title": 5}]}' in line


DOCUMENT = Document("things", SPEC, THINGS)


def test_document_is_loaded_for_an_api(tmp_path):
    """A file is read for an API, and a document without its operations is refused."""
    path = tmp_path / "things.json"
    path.write_text(json.dumps(SPEC))
    assert [operation.name for operation in load_document(path, THINGS).operations] == ["submit", "delete-by-properties", "read", "delete"]
    with pytest.raises(ContractError, match="its paths have none of the operations submitRemoteLinks, "):
        load_document(path)
    with pytest.raises(ContractError, match="its paths have none of the operations submitThings, "):
        load_document("2026-06", THINGS)
    assert (successor(DOCUMENT), published_on(DOCUMENT)) == (None, "")


@pytest.mark.parametrize(
    ("payload", "passes"),
    [
        ({"things": [thing()], "properties": {"owner": "x"}}, True),
        ({"things": [thing(associations=[{"associationType": "issueKeys", "values": ["A-1"]}])]}, True),
        ({"things": [thing(number="1")]}, False),
        ({"things": [thing(group="")]}, False),
        ({"things": [{"group": "a", "number": 1, "title": "a thing"}]}, False),
        ({"things": [thing(title="x" * 21)]}, False),
        ({"things": [thing(more=1)]}, False),
        ({"things": [thing()], "properties": {"a:b": "x"}}, False),
        ({"remoteLinks": []}, False),
    ],
)
def test_fast_path_of_an_api(payload, passes):
    """The fast path takes its words from the API, and both identity members count."""
    assert fast_path_of(DOCUMENT)(payload) is passes


def test_ids_in_a_path():
    """Each placeholder of a path has a schema of its own, in the fast path and for the validator."""
    spec = copy.deepcopy(SPEC)
    group, number = (parameter for parameter in spec["paths"][f"{BASE}/groups/{{group}}/things/{{number}}"]["get"]["parameters"][1:])
    group["schema"], number["schema"] = {"type": "string", "maxLength": 2}, {"type": "string", "pattern": "^[0-9]+$"}
    document = Document("things", spec, THINGS)
    read = next(operation for operation in document.operations if operation.name == "read")
    for id, wrong in [(("ab", "7"), []), (("abc", "7"), ["group"]), (("ab", "x"), ["number"]), (("abc", "x"), ["group", "number"])]:
        assert id_fast_path_of(document, read)(id) is (wrong == [])
        assert sorted(error.name for error in validator_of(document).parameter_errors(read, id)) == wrong


def test_changes_of_an_api():
    """Two documents of an API are compared, and its words are in the changes."""
    spec = copy.deepcopy(SPEC)
    spec["paths"][f"{BASE}/bulk"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]["things"]["maxItems"] = 9
    (change,) = compare(DOCUMENT, Document("new", spec, THINGS))
    assert (change.effect, change.operation, change.place) == ("breaks", "submitThings", "body.things")
    assert change.affects == "providers that send more than 9 things"
