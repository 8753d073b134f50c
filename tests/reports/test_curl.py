"""The curl line really sends the request again."""

from __future__ import annotations

import shutil
import socket
import subprocess

import pytest

from pytest_remotelinks.reports.curl import BODY_LIMIT, curl_line


def again(jira, line):
    """Run the line as a person would, with a credential instead of the redacted one."""
    if not (shutil.which("curl") and shutil.which("bash")):
        pytest.skip("curl or bash is not installed")
    subprocess.run(["bash", "-c", line.replace("***", "x").replace("curl ", "curl -sS ", 1)], check=True, capture_output=True)


def violations(exchange):
    """The violations of a request, without those for being sent again."""
    return [(violation.code, violation.pointer) for violation in exchange.violations if not violation.code.startswith("RL7")]


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
def test_same_body(jira, provider, body):
    """The line sends the same bytes."""
    provider.post(body)
    line = curl_line(jira.requests[0], jira.url)
    again(jira, line)
    first, second = jira.requests
    assert second.request.body == first.request.body
    assert (second.request.method, second.request.path, second.status) == (first.request.method, first.request.path, first.status)
    assert violations(second) == violations(first)
    assert line.isascii()
    assert line.isprintable()


def test_same_path_and_query(jira, provider):
    """The line sends the same path and query."""
    provider.delete("a/b ü%?#")
    provider.delete_by(account="it's; $(ls) &", other="ü")
    for exchange in jira.requests[:2]:
        again(jira, curl_line(exchange, jira.url))
    assert [exchange.request.target for exchange in jira.requests[2:]] == [exchange.request.target for exchange in jira.requests[:2]]


def test_credentials_are_redacted(jira, provider):
    """Credentials are redacted in the line."""
    provider.send("GET", "/remotelink/1?jwt=secret", headers={"Authorization": "JWT secret", "Cookie": "secret", "X-Api-Key": "secret"})
    line = curl_line(jira.requests[0], jira.url)
    assert "secret" not in line
    assert "'Authorization: JWT ***'" in line


def test_long_body_is_cut(jira, provider, link):
    """A long body is cut to the first link that violates a rule."""
    provider.submit(*(link(str(number)) for number in range(50)), link("bad", url="<string>"))
    exchange = jira.requests[0]
    assert len(exchange.request.body) > BODY_LIMIT
    line = curl_line(exchange, jira.url)
    assert line.endswith("# cut to the first of 1 links that violate a rule")
    again(jira, line)
    assert violations(jira.requests[1]) == [("RL201", "/remoteLinks/0/url")]
    assert jira.requests[1].request.json["remoteLinks"] == [exchange.request.json["remoteLinks"][-1]]


def test_long_body_without_violating_link(jira, provider):
    """A long body without such a link is left out."""
    provider.post(b"{" + b" " * BODY_LIMIT)
    assert "4001 bytes of .request.body of request 1" in curl_line(jira.requests[0], jira.url)


def test_body_with_nul(jira, provider):
    """A body with a NUL is left out."""
    provider.post(b'{"a": "\0"}')
    assert "10 bytes of .request.body of request 1" in curl_line(jira.requests[0], jira.url)


def read(jira, path):
    """Send a read of a path, byte for byte."""
    head = f"GET /rest/remotelinks/1.0{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: JWT x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(jira.url.rpartition(":")[2])), timeout=30) as connection:
        connection.sendall(head.encode())
        connection.recv(1000)


@pytest.mark.parametrize("path", ["/remotelink/{remoteLinkId}", "/remotelink/a[1-3]", "/remotelink/../x"])
def test_target_that_is_not_encoded(jira, path):
    """The line sends a target as it was sent, also if it is not encoded."""
    read(jira, path)
    again(jira, curl_line(jira.requests[0], jira.url))
    first, second = jira.requests
    assert (second.request.target, second.status) == (first.request.target, first.status)
    assert violations(second) == violations(first)


def test_target_that_curl_encodes(jira):
    """The line says that curl encodes a path that was not encoded."""
    read(jira, "/remotelink/ü")
    assert curl_line(jira.requests[0], jira.url).endswith("# curl percent-encodes the path, which was not")


@pytest.mark.parametrize(
    ("method", "headers", "body"),
    [
        ("GET", {}, b"{}"),
        ("POST", {"Content-Type": None}, b"{}"),
        ("POST", {"Content-Type": ""}, b"{}"),
        ("POST", {"Authorization": "Basic YTpi", "Content-Type": "application/json"}, b"{}"),
    ],
)
def test_same_method_and_headers(jira, provider, method, headers, body):
    """The line sends the same method and headers."""
    provider.send(method, "/bulk", headers=headers, data=body)
    again(jira, curl_line(jira.requests[0], jira.url))
    first, second = jira.requests
    assert (second.request.method, second.status, violations(second)) == (first.request.method, first.status, violations(first))
