"""Whatever a client sends, the fake answers below 500, does not hang, and keeps what it stored."""

from __future__ import annotations

import json
import socket

import pytest
import requests

from pytest_remotelinks.reports.terminal import report
from pytest_remotelinks.server import connection
from pytest_remotelinks.server.listener import Listener

PATH = "/rest/remotelinks/1.0"


@pytest.fixture(autouse=True)
def stored_link(provider, link):
    provider.submit(link("stored"))


@pytest.fixture(autouse=True)
def still_stored(jira, provider, stored_link):
    yield
    assert set(jira.links) == {"stored"}
    assert provider.read("stored").status_code == 200
    assert all(exchange.status < 500 for exchange in jira.requests)


def codes(jira):
    return sorted({violation.code for violation in jira.violations})


def raw(jira, request: bytes, half_close: bool = False) -> bytes:
    """Send bytes as they are and read the answer to its end."""
    host, port = jira.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.sendall(request)
        if half_close:
            client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(65536):
            answer += part
    return answer


def post(head: str, body: bytes) -> bytes:
    return f"POST {PATH}/bulk HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\nContent-Type: application/json\r\n{head}\r\n".encode() + body


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"{", "line 1, column"),
        (b"remoteLinks=1", "line 1, column 1"),
        (b'{"remoteLinks": [}', "line 1"),
        (b'{"remoteLinks": "\xff"}', "byte 17 of the body is not UTF-8"),
        ('{"remoteLinks": []}'.encode("utf-16"), "not UTF-8"),
        ('{"remoteLinks": []}'.encode("utf-8-sig"), "byte order mark"),
        (b'{"remoteLinks": NaN}', "NaN"),
        (b'{"remoteLinks": [Infinity]}', "Infinity"),
        (b'{"remoteLinks": [-Infinity]}', "-Infinity"),
        (b'{"remoteLinks": [1e999]}', "too large"),
        (b'{"remoteLinks": [' + b"9" * 5000 + b"]}", "thousands of digits"),
        (b"[" * 100_000, "nested"),
        (b"[" * 100_000 + b"]" * 100_000, "nested"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested"),
        (b'{"remoteLinks": [' + b"[" * 300 + b"]" * 300 + b"]}", "nested more than 200 deep"),
        (b'{"remoteLinks": []} []', "Extra data"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_body_that_is_not_json(jira, provider, body, says):
    """A body that is not JSON is refused with 400, and RL101 says why."""
    assert provider.post(body).status_code == 400
    assert codes(jira) == ["RL101"]
    assert says in jira.violations[0].message
    assert jira.violations[0].hint
    assert jira.requests[-1].request.body == body


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**400])
def test_integer_beyond_64_bits(jira, provider, link, number):
    """An integer that does not fit 64 bits rejects its link."""
    assert provider.submit(link(sequence=number)).status_code == 202
    assert [violation.pointer for violation in jira.violations] == ["/remoteLinks/0/updateSequenceNumber"]


def test_lone_surrogate_is_stored(jira, provider, link):
    """A lone surrogate is stored and read back as it was sent."""
    body = json.dumps({"remoteLinks": [link("odd", displayName="\ud800")]}).encode()
    assert provider.post(body).status_code == 202
    assert provider.read("odd").json()["displayName"] == "\ud800"
    provider.delete("odd")


def test_duplicate_members_are_reported(jira, provider, link):
    """Of duplicate members the last one counts, and RL112 names them."""
    body = b'{"remoteLinks": [{"id": "stored", "id": "no"}], "remoteLinks": [], "properties": {"a": "b", "a": "c"}}'
    assert provider.post(body).status_code == 400
    found = [violation.pointer for violation in jira.violations if violation.code == "RL112"]
    # What the last "remoteLinks" replaces is not looked into.
    assert found == ["/remoteLinks", "/properties/a"]


def test_duplicate_member_of_a_link(jira, provider, link):
    """The pointer of RL112 leads to the duplicate member."""
    body = b'{"remoteLinks": [{"id": "no", "status": {"label": "a", "label": "b"}}]}'
    provider.post(body)
    assert [violation.pointer for violation in jira.violations if violation.code == "RL112"] == ["/remoteLinks/0/status/label"]


def test_body_of_50_megabytes(jira, provider):
    """A body over the byte limit is refused with 413."""
    assert provider.post(b"[" + b" " * 50_000_000 + b"]").status_code == 413
    assert codes(jira) == ["RL109"]
    assert "50000002 bytes" in jira.violations[0].message


def test_chunked_body_of_50_megabytes(jira, provider):
    """A chunked body over the byte limit is refused with 413."""
    answer = provider.send("POST", "/bulk", data=(b" " * 1_000_000 for _ in range(50)), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert codes(jira) == ["RL109"]


def test_chunked_body(jira, provider, link):
    """A chunked body is read as one body."""
    chunks = [b'{"remoteLinks": [', b"]}"]
    answer = provider.send("POST", "/bulk", data=iter(chunks), headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert jira.requests[-1].request.body == b"".join(chunks)
    assert codes(jira) == ["RL103"]


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nabc\r\n0\r\n\r\n",
        b"-5\r\nabc\r\n",
        b"5\r\nabcdefgh\r\n0\r\n\r\n",
        b"",
        b"5\r\nab",
        b"5\r\nabcde\r\n",
    ],
)
def test_malformed_chunks(jira, chunks):
    """Malformed chunks are refused with 400."""
    answer = raw(jira, post("Transfer-Encoding: chunked\r\n", chunks), half_close=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL113"]


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "5, 5", "99999999999999999999999"])
def test_content_length_that_is_not_a_number(jira, length):
    """A Content-Length that is not a number is refused with 400."""
    assert raw(jira, post(f"Content-Length: {length}\r\n", b"{}"), half_close=True).startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL113"]
    assert "Content-Length" in jira.violations[0].message


def test_content_length_too_large_at_the_end(jira):
    """A body shorter than its Content-Length is refused when the connection ends."""
    answer = raw(jira, post("Content-Length: 500\r\n", b"{}"), half_close=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "Content-Length promises 500" in jira.violations[0].message


def test_content_length_too_large_and_silence(jira, monkeypatch):
    """A body shorter than its Content-Length is refused when nothing more arrives."""
    monkeypatch.setattr(connection, "SILENCE_LIMIT", 0.1)
    answer = raw(jira, post("Content-Length: 500\r\n", b"{}"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL113"]
    assert "2 bytes of the body arrived and then nothing more" in jira.violations[0].message


def test_content_length_too_small(jira):
    """A Content-Length that is too small cuts the JSON, and the hint says so."""
    answer = raw(jira, post("Content-Length: 10\r\n", b'{"remoteLinks": []}'), half_close=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL101"]
    assert "Content-Length must count bytes" in jira.violations[0].hint


def test_submission_without_body(jira):
    """A submission without a body is refused with 400."""
    assert raw(jira, post("", b""), half_close=True).startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL101"]


@pytest.mark.parametrize(
    "line",
    [
        b"GET /rest/remotelinks/1.0/remotelink/a b HTTP/1.1",
        b"\x00\x01\x02",
        b"GET",
        b"GET / HTTP/9.9",
        b"GET /" + b"x" * 70000 + b" HTTP/1.1",
        b"GET / HTTP/1.1\r\nAuthorization: JWT " + b"x" * 70000,
    ],
    ids=["space in an id", "binary", "one word", "unknown version", "long target", "long header"],
)
def test_malformed_http_is_recorded(jira, line):
    """What is not HTTP is refused with 400 and recorded as RL113."""
    answer = raw(jira, line + b"\r\n\r\n", half_close=True)
    assert b"400" in answer.split(b"\r\n")[0] or answer.startswith(b"[")
    assert codes(jira) == ["RL113"]
    assert jira.requests[-1].status == 400


def test_raw_utf_8_in_a_path(jira, provider, link):
    """Raw UTF-8 in a path is reported, and means the id that was meant."""
    provider.submit(link("ü"))
    answer = raw(jira, f"GET {PATH}/remotelink/ü HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert codes(jira) == ["RL110"]
    provider.delete("ü")


@pytest.mark.parametrize("id", ["100%", "%zz", "a%2"])
def test_bare_percent_sign_in_a_path(jira, id):
    """A percent sign that encodes nothing is reported."""
    raw(jira, f"GET {PATH}/remotelink/{id} HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert codes(jira) == ["RL110"]


def test_absolute_request_target(jira):
    """The absolute form of a target is understood."""
    answer = raw(jira, f"GET {jira.url}{PATH}/remotelink/stored HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_head_and_options(jira, provider):
    """HEAD and OPTIONS are answered with 405 and Allow."""
    for method in ("HEAD", "OPTIONS"):
        answer = provider.send(method, "/remotelink/stored")
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, DELETE"
    assert provider.send("HEAD", "/remotelink/stored").content == b""


def test_body_of_read_and_delete_is_ignored(jira, provider):
    """A body of a read or a deletion is ignored."""
    assert provider.send("GET", "/remotelink/stored", data=b"\xff" * 1000).status_code == 200
    assert provider.send("DELETE", "/remotelink/other", data=b"{").status_code == 202
    assert jira.violations == []


def test_listener_without_site(jira):
    """A listener without a site answers 503."""
    with Listener() as listener:
        assert requests.get(listener.url + "/", timeout=30).status_code == 503


def test_site_listens_on_loopback(jira):
    """A site listens on the loopback interface."""
    assert jira.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("target", ["http://[", "http://[::1/x"])
def test_target_that_is_not_a_url(jira, target):
    """A target that is not a URL is refused with 400 and recorded."""
    answer = raw(jira, f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL113"]


@pytest.mark.parametrize("id", ["{remoteLinkId}", "a|b", 'a"b', "a<b>", "a\\b", "a^b", "a`b"])
def test_characters_to_encode_in_a_path(jira, id):
    """Characters that a path must encode are reported."""
    raw(jira, f"GET {PATH}/remotelink/{id} HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert codes(jira) == ["RL110"]


def test_raw_utf_8_in_a_query(jira, provider, link):
    """Raw UTF-8 in a query is reported, and means the value that was meant."""
    provider.submit(link("named"), properties={"account": "ü"})
    head = f"DELETE {PATH}/bulkByProperties?account=ü HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n"
    assert raw(jira, head.encode()).startswith(b"HTTP/1.1 202 ")
    assert codes(jira) == ["RL110"]
    jira.assert_deleted("named")


def test_secrets_in_a_query_are_redacted(jira, provider):
    """Secrets in a query are in no repr and in no report."""
    provider.send("GET", "/remotelink/x?jwt=SECRET&access_token=SECRET")
    provider.send("DELETE", "/bulkByProperties?password=SECRET")
    assert codes(jira) == ["RL111", "RL304"]
    shown = [repr(jira.requests), report(jira.violations, jira.url), *(f"{violation!r} {violation.value}" for violation in jira.violations)]
    assert "SECRET" not in "".join(shown)


def test_body_of_exactly_the_byte_limit(make_site, provider_of, link):
    """A body of exactly ``byte_limit`` bytes is accepted, and one byte more is refused."""
    body = json.dumps({"remoteLinks": [link("stored")]}).encode()
    jira = make_site(byte_limit=len(body), consistency="immediate")
    provider = provider_of(jira)
    assert provider.post(body).status_code == 202
    assert jira.violations == []
    assert provider.post(body + b" ").status_code == 413
    assert codes(jira) == ["RL109"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_address_in_use_is_named(host):
    """An address that cannot be bound raises OSError, which names it."""
    with Listener(host) as listener, pytest.raises(OSError, match=rf"cannot listen on {host}, port {listener.port}: "):
        Listener(host, listener.port).start()


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no such host.invalid", 0)])
def test_address_that_cannot_be_bound_is_named(host, port):
    """An address that is not one of this machine, or no address at all, raises OSError."""
    with pytest.raises(OSError, match=rf"cannot listen on {host}, port {port}: "):
        Listener(host, port).start()


def test_port_is_chosen_by_the_caller():
    """A listener takes the port that it is given."""
    with Listener() as listener:
        port = listener.port
    with Listener(port=port) as listener:
        assert listener.url == f"http://127.0.0.1:{port}"
