"""Every answer of the fake is valid against the document that it uses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from support.links import a_link
from support.paths import OPENAPI
from support.provider import Provider

pytestmark = pytest.mark.both_versions

BULK, BY_PROPERTIES = "/rest/remotelinks/1.0/bulk", "/rest/remotelinks/1.0/bulkByProperties"


@pytest.fixture(scope="module")
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


KEYS = st.builds("{}-{}".format, st.sampled_from(["ABC", "NO"]), st.integers(1, 40))


def association(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"associationType": st.just(name), "values": st.lists(values, min_size=1, max_size=5)})


ASSOCIATIONS = st.lists(
    st.one_of(association("issueKeys", KEYS), association("serviceIdOrKeys", st.text(max_size=5))), min_size=1, max_size=2
)
#: Members that break a rule, each in its own way.
BROKEN: dict[str, st.SearchStrategy[Any]] = {
    "url": st.just("<string>"),
    "type": st.text(max_size=5),
    "displayName": st.just("x" * 300),
    "updateSequenceNumber": st.just("1"),
    "associations": st.just([]),
    "id": st.just(5),
    "status": st.just({}),
}
LINKS = st.lists(
    st.builds(
        lambda id, associations, broken: {**a_link(id), "associations": associations, **broken},
        st.text(max_size=3),
        ASSOCIATIONS,
        st.just({}) | st.fixed_dictionaries({}, optional=BROKEN),
    )
    | st.none(),
    min_size=1,
    max_size=6,
)
REQUESTS = st.one_of(
    st.tuples(st.just("submit"), LINKS),
    st.tuples(st.just("post"), st.sampled_from([{}, [], {"remoteLinks": []}, {"remoteLinks": [], "properties": {"_a": 1}}, b"{"])),
    st.tuples(st.just("read"), st.text(max_size=3)),
    st.tuples(st.just("delete"), st.text(max_size=3)),
    st.tuples(st.just("delete_by"), st.sampled_from(["a", "", "_b"])),
)
FAULTS = st.none() | st.sampled_from([400, 401, 403, 404, 408, 413, 415, 422, 429, 500, 502, 503, 504])


def answer_to(provider: Provider, operation: str, value: Any) -> Any:
    if operation == "submit":
        return provider.submit(*value, properties={"a": "1"})
    if operation == "delete_by":
        return provider.delete_by((value, "1"))
    return getattr(provider, operation)(value)


@given(requests=st.lists(st.tuples(REQUESTS, FAULTS), min_size=1, max_size=4), known=st.none() | st.sets(KEYS, max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_generated_answers_are_valid(jira, provider, validate, requests, known):
    """Every answer to any requests fits the document, faults included."""
    jira.reset()
    jira.known_issues = jira.known_services = known
    for (operation, value), fault in requests:
        if fault is not None:
            jira.fail_next(fault)
        validate(answer_to(provider, operation, value))


@pytest.mark.parametrize("values", [1, 499, 500, 501, 1250])
def test_many_unknown_associations(jira, provider, validate, values):
    """An entry of the unknown associations has no more values than the document allows, and no value is lost."""
    jira.known_issues, jira.known_services = {"KNOWN-1"}, set()
    names = [f"NO-{number}" for number in range(values)]
    links = [
        a_link(str(start), associations=[{"associationType": "issueKeys", "values": [*names[start : start + 400], "KNOWN-1"]}])
        for start in range(0, values, 400)
    ]
    service = {"associationType": "serviceIdOrKeys", "values": ["service"]}
    answer = provider.submit(*links, a_link("s", associations=[service]))
    validate(answer)
    entries = answer.json()["unknownAssociations"]
    assert entries[-1] == service
    assert {entry["associationType"] for entry in entries[:-1]} == {"issueKeys"}
    assert [value for entry in entries[:-1] for value in entry["values"]] == names


def test_most_unknown_associations(jira, provider, validate):
    """A hundred links, each with as many other unknown values as it may have, are answered with all of them."""
    jira.known_issues = set()
    links = [
        a_link(str(link), associations=[{"associationType": "issueKeys", "values": [f"L{link}-{number}" for number in range(500)]}])
        for link in range(100)
    ]
    answer = provider.submit(*links)
    assert len(answer.json()["rejectedRemoteLinks"]) == 100
    assert sum(len(entry["values"]) for entry in answer.json()["unknownAssociations"]) == 50_000
    validate(answer)


def test_many_errors(jira, provider, validate):
    """A hundred links that are wrong in many ways are answered with all errors."""
    wrong = {"id": "x" * 300, "url": "", "type": "x", "displayName": 5, "lastUpdated": "x", "status": {}, "actionIds": ["a"] * 50}
    answer = provider.submit(*(a_link(**{**wrong, "id": f"{number}" + wrong["id"]}) for number in range(100)))
    assert len(answer.json()["rejectedRemoteLinks"]) == 100
    validate(answer)
