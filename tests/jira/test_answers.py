"""The published statements on answers and authorisation, and what was decided where the contract is silent."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.both_versions


def codes(jira):
    return sorted({violation.code for violation in jira.violations})


@pytest.mark.parametrize(
    "base", ["/rest/remotelinks/1.0", "/ex/jira/some-cloud-id/rest/remotelinks/1.0", "/jira/remotelinks/1.0/cloud/some-cloud-id"]
)
def test_the_operations_are_reached_under_three_bases(jira, provider, link, base):
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


def test_a_request_without_a_token_is_401_without_a_body(jira, provider, link):
    answer = provider.post({"remoteLinks": [link()]}, headers={"Authorization": None})
    assert (answer.status_code, answer.content) == (401, b"")
    assert codes(jira) == ["RL501"]
    assert jira.links == {}
    assert jira.submissions[0].accepted is False


@pytest.mark.parametrize("value", ["JWT", "JWT ", "token", "JWT a b", "Digest abc", "Basic !!!", "Basic bm9jb2xvbg=="])
def test_a_malformed_authorization_is_401(jira, provider, link, value):
    assert provider.post({"remoteLinks": [link()]}, headers={"Authorization": value}).status_code == 401
    assert codes(jira) == ["RL502"]


@pytest.mark.parametrize("value", ["JWT abc", "Bearer abc", "bearer abc"])
def test_connect_and_oauth_tokens_are_well_formed(jira, provider, link, value):
    assert provider.post({"remoteLinks": [link()]}, headers={"Authorization": value}).status_code == 202
    assert jira.violations == []


def test_basic_credentials_are_named_since_2026_06(jira, provider, link, version):
    answer = provider.post({"remoteLinks": [link()]}, headers={"Authorization": "Basic YUBiLmV4YW1wbGU6dG9rZW4="})
    assert answer.status_code == (401 if version == "2023-06" else 202)


def test_a_read_of_what_is_not_stored_is_404_without_a_body_and_no_breach(jira, provider):
    answer = provider.read("nothing")
    assert (answer.status_code, answer.content) == (404, b"")
    assert jira.violations == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/vnd.api+json", None])
def test_a_wrong_or_missing_content_type_is_415(jira, provider, link, content_type):
    answer = provider.post({"remoteLinks": [link()]}, headers={"Content-Type": content_type})
    assert answer.status_code == 415
    assert [set(error) for error in answer.json()] == [{"message", "errorTraceId"}]
    assert codes(jira) == ["RL102"]


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_a_content_type_may_have_parameters_and_any_case(jira, provider, link, content_type):
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
def test_a_method_that_a_path_lacks_is_405_with_allow(jira, provider, method, path, allow):
    answer = provider.send(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allow
    assert codes(jira) == ["RL105"]


@pytest.mark.parametrize("path", ["/bulks", "/", "", "/remotelink", "/../1.1/bulk", "/bulk/"])
def test_an_unknown_path_is_404(jira, provider, path):
    assert provider.send("POST", path).status_code == 404
    assert codes(jira) == ["RL104"]
    assert "/rest/remotelinks/1.0/bulk" in jira.violations[0].hint


def test_a_body_over_the_byte_limit_is_413(make_site, provider_of, link, version):
    jira = make_site(contract=version, byte_limit=1000)
    answer = provider_of(jira).submit(link(description="x" * 1000))
    assert answer.status_code == 413
    assert "fewer" in jira.violations[0].hint
    assert codes(jira) == ["RL109"]


def test_an_id_twice_in_a_submission_is_judged_twice_and_the_higher_number_wins(jira, provider, link):
    answer = provider.submit(link(sequence=2, displayName="higher"), link(sequence=1, displayName="lower"))
    assert answer.json()["acceptedRemoteLinks"] == ["1", "1"]
    assert jira.link("1")["displayName"] == "higher"
    assert [(violation.code, violation.pointer) for violation in jira.violations] == [("RL204", "/remoteLinks/1/id")]


def test_an_id_twice_of_which_one_is_rejected_stands_on_both_sides(jira, provider, link):
    answer = provider.submit(link(url="<string>"), link(sequence=2))
    assert answer.json()["acceptedRemoteLinks"] == ["1"]
    assert list(answer.json()["rejectedRemoteLinks"]) == ["1"]


def test_unnamed_members_are_stored_read_back_and_reported(jira, provider, link):
    sent = link(severity="high", status={"appearance": "new", "label": "x", "icon": "y"})
    assert provider.submit(sent).json() == {"acceptedRemoteLinks": ["1"]}
    assert provider.read("1").json() == sent
    assert sorted((violation.code, violation.severity, violation.pointer) for violation in jira.violations) == [
        ("RL206", "warning", "/remoteLinks/0/severity"),
        ("RL206", "warning", "/remoteLinks/0/status/icon"),
    ]


@pytest.mark.parametrize("id", ["", "x" * 256, "%FF"])
def test_an_id_that_cannot_exist_is_404_to_a_read_and_202_to_a_delete(jira, provider, id):
    assert provider.send("GET", f"/remotelink/{id}").status_code == 404
    assert provider.send("DELETE", f"/remotelink/{id}").status_code == 202
    assert [violation.code for violation in jira.violations] == ["RL106", "RL106"]


@pytest.mark.parametrize("id", ["a/b", "a b", "ü", "%", "a?b", "a#b", "a+b", "😀", "a%2Fb", "x" * 255])
def test_any_id_can_be_read_and_deleted_when_it_is_percent_encoded(jira, provider, link, id):
    provider.submit(link(id))
    assert provider.read(id).json()["id"] == id
    assert provider.delete(id).status_code == 202
    assert jira.links == {}
    assert jira.violations == []


def test_an_id_with_a_bare_slash_leads_nowhere(jira, provider, link):
    provider.submit(link("a/b"))
    assert provider.send("GET", "/remotelink/a/b").status_code == 404
    assert codes(jira) == ["RL110"]
    assert "a%2Fb" in jira.violations[0].hint


def test_an_id_with_a_bare_question_mark_loses_its_rest(jira, provider, link):
    provider.submit(link("a?b"))
    assert provider.send("GET", "/remotelink/a?b").status_code == 404
    assert codes(jira) == ["RL111"]
    assert "%3F" in jira.violations[0].hint


def test_errors_of_one_site_have_distinct_trace_ids_that_stand_in_the_record(jira, provider, link):
    provider.submit(link(url="<string>", type="x"), link("2", url="<string>"))
    provider.post({"remoteLinks": []})
    said = [error["errorTraceId"] for submission in jira.submissions for error in submission.errors]
    said += [error["errorTraceId"] for error in jira.requests[1].response.json]
    assert len(said) == len(set(said)) == 4
    assert all(trace in json.dumps([exchange.response.json for exchange in jira.requests]) for trace in said)
