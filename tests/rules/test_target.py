"""RL104, RL105, RL106, RL110 and RL111: where a request leads, and how its target is written."""

from __future__ import annotations

import copy
import json

import pytest
from support.paths import OPENAPI

from pytest_remotelinks.contract.document import Document, load_document
from pytest_remotelinks.rules.checker import Checker
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
