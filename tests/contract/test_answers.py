"""Every answer of the fake is valid against the document that it uses."""

from __future__ import annotations

import json

import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from support.paths import OPENAPI

pytestmark = pytest.mark.both_versions

BULK, BY_PROPERTIES = "/rest/remotelinks/1.0/bulk", "/rest/remotelinks/1.0/bulkByProperties"


@pytest.fixture
def validate(version):
    """Validates an answer against the version's document."""
    spec = json.loads((OPENAPI / f"{version}.json").read_text())
    for item in spec["paths"].values():
        item.pop("parameters", None)
        for operation in item.values():
            operation.pop("security", None)
    api = OpenAPI.from_dict(spec)

    def check(answer):
        # A request that fits, since only the answer is checked.
        path = answer.request.path_url.partition("?")[0]
        asked = MockRequest(spec["servers"][0]["url"], answer.request.method.lower(), path)
        declared = spec["paths"].get(path, spec["paths"]["/rest/remotelinks/1.0/remotelink/{remoteLinkId}"])[asked.method]["responses"]
        given = MockResponse(
            answer.content, status_code=answer.status_code, content_type=answer.headers.get("Content-Type", "").partition(";")[0]
        )
        if "content" not in declared.get(str(answer.status_code), declared["default"]):
            assert answer.content == b""
        api.validate_response(asked, given)

    return check


def test_every_answer_is_valid(make_site, provider_of, link, version, validate):
    """Every answer of the fake fits the document."""
    jira = make_site(contract=version, consistency="immediate", byte_limit=100_000)
    provider = provider_of(jira)
    jira.known_issues = {"ABC-1"}
    unknown = [{"associationType": "issueKeys", "values": ["NO-1"]}, {"associationType": "serviceIdOrKeys", "values": ["s"]}]
    answers = {
        "accepted": provider.submit(link()),
        "rejected": provider.submit(link(url="<string>"), 5),
        "unknown": provider.submit(link(associations=unknown)),
        "read": provider.read("1"),
        "nothing to read": provider.read("2"),
        "deleted": provider.delete("1"),
        "deleted by properties": provider.delete_by(account="a"),
        "malformed": provider.post({}),
        "no json": provider.post(b"{"),
        "no property": provider.delete_by(),
        "unauthorised": provider.post({}, headers={"Authorization": None}),
        "unauthorised read": provider.send("GET", "/remotelink/1", headers={"Authorization": None}),
        "unauthorised deletion": provider.send("DELETE", "/remotelink/1", headers={"Authorization": None}),
        "too large": provider.post(b"[" * 100_001),
        "content type": provider.post({}, headers={"Content-Type": "text/plain"}),
    }
    if version == "2026-06":
        answers["too many"] = provider.submit(*(link(str(number)) for number in range(101)))
    jira.rate_limit(1000)
    for status in (403, 429, 503):
        for operation in ("submit", "read", "delete", "delete-by-properties"):
            jira.fail_next(status, operation=operation)
        answers[f"a submission refused with {status}"] = provider.submit(link())
        answers[f"a read refused with {status}"] = provider.read("1")
        answers[f"a deletion refused with {status}"] = provider.delete("1")
        answers[f"a deletion by properties refused with {status}"] = provider.delete_by(account="a")
    jira.fail_next(500)
    answers["a submission that fails"] = provider.submit(link())
    for name, answer in answers.items():
        try:
            validate(answer)
        except Exception as error:  # name the answer that is wrong
            raise AssertionError(f"{name}: {answer.status_code} {answer.text}: {error!r} {error.__cause__!r}") from error
    assert {answer.status_code for answer in answers.values()} == {200, 202, 400, 401, 403, 404, 413, 415, 429, 500, 503}


def test_answer_to_a_wrong_method(provider):
    """The answer to a wrong method is a list of errors."""
    answer = provider.send("PUT", "/bulk")
    assert answer.status_code == 405
    assert [set(error) for error in answer.json()] == [{"message", "errorTraceId"}]


def test_errors_are_recorded(jira, provider):
    """The errors of an answer are in the record."""
    answer = provider.post({})
    assert jira.requests[-1].response.json == answer.json() == json.loads(answer.content)
