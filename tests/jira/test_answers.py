"""Answers and authorisation: what is published, and what is assumed where nothing is."""

from __future__ import annotations

import json

import pytest


def codes(jira):
    return sorted({violation.code for violation in jira.violations})


@pytest.mark.both_versions
@pytest.mark.parametrize(
    "base", ["/rest/remotelinks/1.0", "/ex/jira/some-cloud-id/rest/remotelinks/1.0", "/jira/remotelinks/1.0/cloud/some-cloud-id"]
)
def test_operations_under_three_bases(jira, provider, link, base):
    """The operations are reached at the site and below both bases of the gateway."""
    provider.base = base
    assert provider.submit(link("a/b"), properties={"account": "a"}).status_code == 202
    assert provider.read("a/b").status_code == 200
    assert provider.delete("a/b").status_code == 202
    assert provider.delete_by(account="a").status_code == 202
    assert jira.violations == []
    assert [exchange.operation for exchange in jira.requests] == [
        "submit",
        "read",
        "delete",
        "delete-by-properties",
    ]


def test_request_without_token(jira, provider, link):
    """A request without a token is refused with 401, without a body."""
    answer = provider.post({"remoteLinks": [link()]}, headers={"Authorization": None})
    assert (answer.status_code, answer.content) == (401, b"")
    assert codes(jira) == ["RL501"]
    assert jira.links == {}
    assert jira.submissions[0].accepted is False


@pytest.mark.parametrize("value", ["JWT", "JWT ", "token", "JWT a b", "Digest abc", "Basic !!!", "Basic bm9jb2xvbg=="])
def test_malformed_authorization(jira, provider, link, value):
    """A malformed Authorization header is refused with 401."""
    assert provider.post({"remoteLinks": [link()]}, headers={"Authorization": value}).status_code == 401
    assert codes(jira) == ["RL502"]


@pytest.mark.parametrize("value", ["JWT abc", "Bearer abc", "bearer abc"])
def test_well_formed_tokens(jira, provider, link, value):
    """While no app is installed, every well-formed token is accepted."""
    assert provider.post({"remoteLinks": [link()]}, headers={"Authorization": value}).status_code == 202
    assert jira.violations == []


@pytest.mark.both_versions
def test_basic_credentials_since_2026_06(jira, provider, link, version):
    """Basic credentials are accepted from the contract of 2026-06 on."""
    answer = provider.post({"remoteLinks": [link()]}, headers={"Authorization": "Basic YUBiLmV4YW1wbGU6dG9rZW4="})
    assert answer.status_code == (401 if version == "2023-06" else 202)


def test_read_of_unknown_link(jira, provider):
    """A read of a link that is not stored is answered with 404 and violates nothing."""
    answer = provider.read("nothing")
    assert (answer.status_code, answer.content) == (404, b"")
    assert jira.violations == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/vnd.api+json", None])
def test_wrong_content_type(jira, provider, link, content_type):
    """A wrong or missing content type is refused with 415."""
    answer = provider.post({"remoteLinks": [link()]}, headers={"Content-Type": content_type})
    assert answer.status_code == 415
    assert [set(error) for error in answer.json()] == [{"message", "errorTraceId"}]
    assert codes(jira) == ["RL102"]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_content_type_with_parameters(jira, provider, link, content_type):
    """A content type may have parameters and any letter case."""
    assert provider.post({"remoteLinks": [link()]}, headers={"Content-Type": content_type}).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/bulk", "POST"),
        ("PUT", "/bulk", "POST"),
        ("HEAD", "/bulk", "POST"),
        ("OPTIONS", "/bulk", "POST"),
        ("POST", "/bulkByProperties?a=b", "DELETE"),
        ("POST", "/remotelink/1", "GET, DELETE"),
        ("HEAD", "/remotelink/1", "GET, DELETE"),
    ],
)
def test_method_not_allowed(jira, provider, method, path, allow):
    """A method that a path does not have is refused with 405 and Allow."""
    answer = provider.send(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allow
    assert codes(jira) == ["RL105"]


@pytest.mark.parametrize("path", ["/bulks", "/", "", "/remotelink", "/../1.1/bulk", "/bulk/"])
def test_unknown_path(jira, provider, path):
    """An unknown path is refused with 404, and the hint names one that exists."""
    assert provider.send("POST", path).status_code == 404
    assert codes(jira) == ["RL104"]
    assert "/rest/remotelinks/1.0/bulk" in jira.violations[0].hint


def test_body_over_the_byte_limit(make_site, provider_of, link, version):
    """A body over the byte limit is refused with 413."""
    jira = make_site(contract=version, byte_limit=1000)
    answer = provider_of(jira).submit(link(description="x" * 1000))
    assert answer.status_code == 413
    assert "fewer" in jira.violations[0].hint
    assert codes(jira) == ["RL109"]


def test_duplicate_id_in_a_submission(jira, provider, link):
    """Both links of a duplicate id are checked, and the higher number is stored."""
    answer = provider.submit(link(sequence=2, displayName="higher"), link(sequence=1, displayName="lower"))
    assert answer.json()["acceptedRemoteLinks"] == ["1", "1"]
    assert jira.link("1")["displayName"] == "higher"
    assert [(violation.code, violation.pointer) for violation in jira.violations] == [("RL204", "/remoteLinks/1/id")]


def test_duplicate_id_with_one_rejected(jira, provider, link):
    """A duplicate id may be accepted and rejected in one answer."""
    answer = provider.submit(link(url="<string>"), link(sequence=2))
    assert answer.json()["acceptedRemoteLinks"] == ["1"]
    assert list(answer.json()["rejectedRemoteLinks"]) == ["1"]


@pytest.mark.both_versions
def test_unknown_members_are_stored(jira, provider, link):
    """Members that the schema does not name are stored, read back and reported."""
    sent = link(severity="high", status={"appearance": "new", "label": "x", "icon": "y"})
    assert provider.submit(sent).json() == {"acceptedRemoteLinks": ["1"]}
    assert provider.read("1").json() == sent
    assert sorted((violation.code, violation.severity, violation.pointer) for violation in jira.violations) == [
        ("RL206", "warning", "/remoteLinks/0/severity"),
        ("RL206", "warning", "/remoteLinks/0/status/icon"),
    ]


@pytest.mark.both_versions
@pytest.mark.parametrize("id", ["", "x" * 256, "%FF"])
def test_impossible_id(jira, provider, id):
    """An impossible id is answered with 404 to a read and 202 to a delete."""
    assert provider.send("GET", f"/remotelink/{id}").status_code == 404
    assert provider.send("DELETE", f"/remotelink/{id}").status_code == 202
    assert [violation.code for violation in jira.violations] == ["RL106", "RL106"]


@pytest.mark.parametrize("id", ["a/b", "a b", "ü", "%", "a?b", "a#b", "a+b", "😀", "a%2Fb", "x" * 255])
def test_percent_encoded_id(jira, provider, link, id):
    """Every id can be read and deleted if it is percent-encoded."""
    provider.submit(link(id))
    assert provider.read(id).json()["id"] == id
    assert provider.delete(id).status_code == 202
    assert jira.links == {}
    assert jira.violations == []


def test_id_with_a_bare_slash(jira, provider, link):
    """A slash in an id must be percent-encoded, and the hint says how."""
    provider.submit(link("a/b"))
    assert provider.send("GET", "/remotelink/a/b").status_code == 404
    assert codes(jira) == ["RL110"]
    assert "a%2Fb" in jira.violations[0].hint


def test_id_with_a_bare_question_mark(jira, provider, link):
    """A question mark in an id must be percent-encoded, and the hint says how."""
    provider.submit(link("a?b"))
    assert provider.send("GET", "/remotelink/a?b").status_code == 404
    assert codes(jira) == ["RL111"]
    assert "%3F" in jira.violations[0].hint


def test_trace_ids_are_distinct(jira, provider, link):
    """Each error of a site has a trace id of its own, which is in the record."""
    provider.submit(link(url="<string>", type="x"), link("2", url="<string>"))
    provider.post({"remoteLinks": []})
    traces = [error["errorTraceId"] for submission in jira.submissions for error in submission.errors]
    traces += [error["errorTraceId"] for error in jira.requests[1].response.json]
    assert len(traces) == len(set(traces)) == 4
    assert all(trace in json.dumps([exchange.response.json for exchange in jira.requests]) for trace in traces)
