"""RL1xx: the request as a whole. How it is read from the socket is tested with the server."""

from __future__ import annotations

import json

import pytest


def codes(jira):
    return sorted({violation.code for violation in jira.violations})


@pytest.mark.parametrize(
    "payload",
    [[], 5, "text", None, True, {}, {"remoteLinks": {}}, {"remoteLinks": []}, {"remoteLinks": None}],
    ids=repr,
)
def test_payload_without_links(jira, provider, payload):
    """A payload without a list of links is refused with 400 by RL103."""
    answer = provider.post(payload)
    assert answer.status_code == 400
    assert [set(error) for error in answer.json()] == [{"message", "errorTraceId"}]
    assert codes(jira) == ["RL103"]


@pytest.mark.both_versions
@pytest.mark.parametrize(
    ("properties", "pointer"),
    [
        ({"installation": 1234}, "/properties/installation"),
        ({"account": "x" * 256}, "/properties/account"),
        ({str(number): "x" for number in range(6)}, "/properties"),
        (["account"], "/properties"),
    ],
)
def test_properties_schema(jira, provider, link, properties, pointer):
    """Properties that do not fit the schema make Jira refuse the request."""
    assert provider.submit(link(), properties=properties).status_code == 400
    assert [(violation.code, violation.pointer) for violation in jira.violations] == [("RL103", pointer)]
    assert jira.links == {}


def test_largest_properties(jira, provider, link):
    """Five properties of 255 characters are accepted."""
    assert provider.submit(link(), properties={str(number): "x" * 255 for number in range(5)}).status_code == 202
    assert jira.violations == []


@pytest.mark.both_versions
def test_101_links(jira, provider, link, version):
    """101 links are refused since 2026-06."""
    answer = provider.submit(*(link(str(number)) for number in range(101)))
    if version == "2023-06":
        assert answer.status_code == 202
        assert len(jira.links) == 101
    else:
        assert answer.status_code == 413
        assert codes(jira) == ["RL108"]
        assert "100" in jira.violations[0].hint
        assert jira.links == {}


@pytest.mark.both_versions
def test_100_links(jira, provider, link):
    """100 links are accepted by every version."""
    assert provider.submit(*(link(str(number)) for number in range(100))).status_code == 202
    assert jira.violations == []
    assert len(jira.links) == 100


def test_members_of_real_traffic(jira, provider, link):
    """A number as a property is refused; members that other APIs have are reported as unknown."""
    answer = provider.submit(link(), properties={"gitHubInstallationId": 1234}, preventTransitions=True, operationType="NORMAL")
    assert answer.status_code == 400
    assert codes(jira) == ["RL103", "RL206"]


@pytest.mark.parametrize("excess", [0, 1])
def test_byte_limit_is_inclusive(make_site, provider_of, link, excess):
    """A body of exactly the limit is accepted, and one byte more is refused with 413 by RL109."""
    body = json.dumps({"remoteLinks": [link()]}).encode()
    jira = make_site(byte_limit=1000)
    answer = provider_of(jira).post(body + b" " * (1000 + excess - len(body)))
    assert (answer.status_code, codes(jira)) == ((413, ["RL109"]) if excess else (202, []))
    assert jira.requests[0].request.headers["Content-Length"] == str(1000 + excess)


@pytest.mark.parametrize(("ignore", "status", "code"), [((), 413, "RL109"), (("RL109",), 202, "RL206")])
def test_too_many_values_to_check(make_site, provider_of, link, ignore, status, code):
    """A submission with violations and too many values is refused as a whole; if RL109 is ignored, all of it is checked."""
    jira = make_site(ignore=ignore)
    assert provider_of(jira).submit(link(), more=[0] * 150_000).status_code == status
    assert codes(jira) == [code]


def test_malformed_json_with_ignored_rule(make_site, provider_of):
    """A body that cannot be read is refused even if RL101 is ignored."""
    jira = make_site(ignore=["RL101"])
    assert provider_of(jira).post(b'{"remoteLinks": [').status_code == 400
    assert jira.violations == []
