"""The curl line really sends the request again."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from pytest_remotelinks.recording.curl import BODY_LIMIT, curl_line


def again(jira, line):
    """Run the line as a person would, with a credential in the place of the mask."""
    if not (shutil.which("curl") and shutil.which("bash")):
        pytest.skip("curl or bash is not installed")
    subprocess.run(["bash", "-c", line.replace("***", "x").replace("curl ", "curl -sS ", 1)], check=True, capture_output=True)


@pytest.mark.parametrize(
    "body",
    [
        b'{"remoteLinks": [{"id": "it\'s"}]}',
        '{"remoteLinks": [{"id": "ü \\"quoted\\" $HOME `ls` \\\\ !"}]}'.encode(),
        b'{"remoteLinks": "\xff\x1b[31m\n\t%"}',
        b"'",
        b"@file",
    ],
)
def test_the_line_sends_the_same_bytes(jira, provider, body):
    provider.post(body)
    line = curl_line(jira.requests[0], jira.url)
    again(jira, line)
    first, second = jira.requests
    assert second.body == first.body
    assert (second.method, second.path, second.status) == (first.method, first.path, first.status)
    assert [(violation.code, violation.pointer) for violation in second.violations] == [
        (violation.code, violation.pointer) for violation in first.violations
    ]
    assert line.isascii()
    assert line.isprintable()


def test_the_line_sends_the_same_path_and_query(jira, provider):
    provider.delete("a/b ü%?#")
    provider.delete_by(account="it's; $(ls) &", other="ü")
    for exchange in jira.requests[:2]:
        again(jira, curl_line(exchange, jira.url))
    assert [exchange.incoming.target for exchange in jira.requests[2:]] == [exchange.incoming.target for exchange in jira.requests[:2]]


def test_credentials_are_masked(jira, provider):
    provider.send("GET", "/remotelink/1?jwt=secret", headers={"Authorization": "JWT secret", "Cookie": "secret", "X-Api-Key": "secret"})
    line = curl_line(jira.requests[0], jira.url)
    assert "secret" not in line
    assert "'Authorization: JWT ***'" in line


def test_a_long_body_is_cut_to_a_broken_link(jira, provider, link):
    provider.submit(*(link(str(number)) for number in range(50)), link("bad", url="<string>"))
    exchange = jira.requests[0]
    assert len(exchange.body) > BODY_LIMIT
    line = curl_line(exchange, jira.url)
    assert line.endswith("# cut to the first of 1 links that broke a rule")
    again(jira, line)
    assert [violation.code for violation in jira.requests[1].violations] == ["RL201"]
    assert jira.requests[1].json["remoteLinks"] == [exchange.json["remoteLinks"][-1]]


def test_a_long_body_without_such_a_link_is_left_to_the_record(jira, provider):
    provider.post(b"{" + b" " * BODY_LIMIT)
    assert "4001 bytes of this exchange's .body" in curl_line(jira.requests[0], jira.url)
