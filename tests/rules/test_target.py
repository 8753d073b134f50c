"""RL104, RL105, RL106, RL110 and RL111: where a request leads, and how its target is written."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paths import OPENAPI

from pytest_remotelinks.contract.document import Document, load_document
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.wire.fix import fixed_request
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

BASE = "/rest/remotelinks/1.0"
HEADERS = Headers([("Authorization", "JWT a.b.c")])


def check(method, target, document=None):
    checked = Checker(document or load_document("2026-06")).check(Request(method, target, HEADERS))
    return checked.refusal, checked.allowed, [(found.code, found.pointer, found.value) for found in checked.violations]


@pytest.mark.parametrize(
    ("method", "target", "refusal", "violations"),
    [
        ("GET", "/rest/api/3/issue", 404, [("RL104", "#path", "/rest/api/3/issue")]),
        ("GET", f"{BASE}/remotelink/a/b", 404, [("RL110", "#path", f"{BASE}/remotelink/a/b")]),
        ("PUT", f"{BASE}/bulk", 405, [("RL105", "#method", "PUT")]),
        ("GET", f"{BASE}/remotelink/", None, [("RL106", "#path", "")]),
        ("GET", f"{BASE}/remotelink/{'a' * 256}", None, [("RL106", "#path", "a" * 256)]),
        ("GET", f"{BASE}/remotelink/a b", None, [("RL110", "#path", "a b")]),
        ("GET", f"{BASE}/remotelink/a?expand=all", None, [("RL111", "#query/expand", "all")]),
        ("GET", f"{BASE}/remotelink/a%2Fb%3F", None, []),
    ],
)
def test_route_of_a_request(method, target, refusal, violations):
    """Each violation has its status, its place and the value that was sent."""
    assert (check(method, target)[0], check(method, target)[2]) == (refusal, violations)


@pytest.mark.parametrize(
    ("method", "path", "meant", "why"),
    [
        ("GET", f"/{BASE}/remotelink/a", f"{BASE}/remotelink/a", "the base URL ends with a slash"),
        ("GET", f"/{BASE}/remotelink/a%2Fb", f"{BASE}/remotelink/a%2Fb", "the base URL ends with a slash"),
        ("POST", f"///{BASE}/bulk", f"{BASE}/bulk", "the base URL ends with a slash"),
        ("POST", f"{BASE}//bulk", f"{BASE}/bulk", "two slashes in a row"),
        ("POST", f"/{BASE}/bulk/", f"{BASE}/bulk", "the base URL ends with a slash, and a slash is at the end"),
        ("POST", f"{BASE}/./bulk", f"{BASE}/bulk", "segments of dots"),
        ("POST", f"/jira/..{BASE}/bulk", f"{BASE}/bulk", "segments of dots"),
        ("POST", f"{BASE}{BASE}/bulk", f"{BASE}/bulk", "the base URL ends with a path of its own"),
        ("POST", f"/jira{BASE}/bulk", f"{BASE}/bulk", "the base URL ends with a path of its own"),
        ("POST", f"/http://jira.example{BASE}/bulk", f"{BASE}/bulk", "the base URL ends with a path of its own"),
        ("POST", f"{BASE}/bulk/", f"{BASE}/bulk", "a slash is at the end"),
        ("POST", f"{BASE}/bulk#top", f"{BASE}/bulk", "a fragment"),
        ("POST", f"{BASE}/bulk;session=1", f"{BASE}/bulk", "not a part of the path"),
        ("POST", f"{BASE.replace('/', '%2F')}%2Fbulk", f"{BASE}/bulk", "percent-encoded"),
        ("POST", "/rest/remotelinks/1%2e0/bulk", f"{BASE}/bulk", "percent-encoded"),
        ("GET", f"{BASE}/remotelink%2Fa%20b", f"{BASE}/remotelink/a%20b", "percent-encoded"),
        ("DELETE", f"{BASE}/bulkByProperties%3Fa=b", f"{BASE}/bulkByProperties?a=b", "percent-encoded"),
        ("POST", "/rest/remoteLinks/1.0/Bulk", f"{BASE}/bulk", "upper and lower case differ"),
        ("DELETE", f"{BASE}/bulkbyproperties", f"{BASE}/bulkByProperties", "upper and lower case differ"),
        ("POST", "/rest/api/3/issue", None, None),
        ("POST", f"{BASE}/bulks", None, None),
        ("OPTIONS", "*", None, None),
    ],
)
def test_path_that_was_meant(method, path, meant, why):
    """A path with usual mistakes is corrected by its hint, which says what is wrong; the value is what was sent."""
    violation = Checker(load_document("2026-06")).check(Request(method, path, HEADERS)).violations[0]
    assert (violation.code, violation.value) == ("RL104", path)
    if meant is None:
        assert violation.fix is None
        assert "use one of" in violation.hint
    else:
        assert why in violation.hint
        corrected = fixed_request(Request(method, path, HEADERS), violation.fix)
        assert corrected.target == meant
        assert Checker(load_document("2026-06")).check(corrected).operation is not None


@given(
    st.sampled_from(["/bulk", "/bulkByProperties", "/remotelink/a", "/remotelink/a%2F%2Fb%3F%20", "/remotelink/%C3%BC;a"]),
    st.lists(st.sampled_from(["/", "//", "/./", "/x/../", "/jira/", "/rest/"]), max_size=3),
    st.sampled_from(["", "/", "#x"]),
)
def test_hint_for_a_path_leads_to_an_operation(path, before, after):
    """What a hint says to send is one of the document's operations, with the id that was sent."""
    sent = "".join(before) + BASE + path + after
    for violation in Checker(load_document("2026-06")).check(Request("GET", sent, HEADERS)).violations:
        if violation.code in ("RL104", "RL110") and violation.fix is not None and violation.fix.pointer == "#path":
            assert fixed_request(Request("GET", sent, HEADERS), violation.fix).target == BASE + path


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda id: "#" not in id and "?" not in id))
def test_hint_for_an_id_that_is_not_encoded(id):
    """An id that a client puts into the path as it is, is encoded by the hint, and nothing else of the path changes."""
    sent = Request("GET", f"{BASE}/remotelink/{id.encode().decode('latin-1')}", HEADERS)
    found = [violation for violation in Checker(load_document("2026-06")).check(sent).violations if violation.code == "RL110"]
    for violation in found:
        if violation.fix is None:
            # Which slashes belong to the id is not known.
            assert id.endswith("/")
            continue
        corrected = fixed_request(sent, violation.fix)
        assert corrected.target.isascii()
        checked = Checker(load_document("2026-06")).check(corrected)
        assert (checked.violations, checked.operation.name) == ((), "read")
        if "%" not in id and not id.endswith("/"):
            assert checked.link_id == id
    if set(id) & set(' /"<>\\^`{|}') or not id.isascii():
        assert found


def test_slash_after_an_id():
    """A slash after an id is to be left out, or to be encoded if it belongs to the id."""
    (violation,) = Checker(load_document("2026-06")).check(Request("GET", f"{BASE}/remotelink/a/", HEADERS)).violations
    assert (violation.code, violation.message) == ("RL110", "a slash follows the id")
    assert violation.hint == f"send '{BASE}/remotelink/a'; a slash that belongs to the id is written %2F"


@pytest.mark.parametrize("method", ["get", "Get", "delete"])
def test_method_in_lower_case(method):
    """A method is written in capitals."""
    (violation,) = Checker(load_document("2026-06")).check(Request(method, f"{BASE}/remotelink/a", HEADERS)).violations
    assert (violation.code, violation.value) == ("RL105", method)
    assert fixed_request(Request(method, f"{BASE}/remotelink/a", HEADERS), violation.fix).method == method.upper()


@pytest.mark.parametrize(("query", "codes"), [("?", []), ("?a=b#c", ["RL110"]), ("?a=b%23c", [])])
def test_fragment_in_a_query(query, codes):
    """A fragment in a query is reported, and an empty query is not."""
    violations = Checker(load_document("2026-06")).check(Request("POST", f"{BASE}/bulk{query}", HEADERS)).violations
    assert [violation.code for violation in violations if violation.code == "RL110"] == codes


def test_methods_of_a_path_are_listed():
    """A method that the path lacks leads to those that it has, in the answer and in the hint."""
    request = Request("POST", f"{BASE}/remotelink/a", HEADERS)
    checked = Checker(load_document("2026-06")).check(request)
    assert (checked.refusal, checked.allowed) == (405, ("GET", "DELETE"))
    assert "GET or DELETE" in checked.violations[0].hint


def test_operation_that_the_document_lacks():
    """A published operation that a cut-down document lacks is named, with those that it has."""
    spec = copy.deepcopy(json.loads((OPENAPI / "2026-06.json").read_text()))
    del spec["paths"][f"{BASE}/remotelink/{{remoteLinkId}}"]["delete"]
    document = Document("cut.json", spec)
    checked = Checker(document).check(Request("DELETE", f"{BASE}/remotelink/a", HEADERS))
    (violation,) = checked.violations
    assert (checked.refusal, violation.code, violation.pointer) == (404, "RL104", "#path")
    assert violation.value == f"DELETE {BASE}/remotelink/a"
    assert "cut.json" in violation.message
    assert "deleteRemoteLinkById" in violation.message
    assert "submitRemoteLinks" in violation.hint
    assert check("GET", f"{BASE}/remotelink/a", document) == (None, (), [])
