"""Nothing that a client sends makes the fake answer 500, hang, or lose what it had stored."""

from __future__ import annotations

import json
import socket

import pytest
import requests

from pytest_remotelinks.reports.terminal import report
from pytest_remotelinks.server import listener as listener_module

PATH = "/rest/remotelinks/1.0"


@pytest.fixture(autouse=True)
def one_link_is_stored(provider, link):
    provider.submit(link("stored"))


@pytest.fixture(autouse=True)
def and_stays_stored(jira, provider, one_link_is_stored):
    yield
    assert set(jira.links) == {"stored"}
    assert provider.read("stored").status_code == 200
    assert all(exchange.status < 500 for exchange in jira.requests)


def codes(jira):
    return sorted({violation.code for violation in jira.violations})


def raw(jira, request: bytes, half_close: bool = False) -> bytes:
    """Send bytes as they are and read the answer to its end."""
    host, port = jira.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
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
def test_a_body_that_is_not_json_is_refused_with_400(jira, provider, body, says):
    assert provider.post(body).status_code == 400
    assert codes(jira) == ["RL101"]
    assert says in jira.violations[0].message
    assert jira.violations[0].hint
    assert jira.requests[-1].request.body == body


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**400])
def test_an_integer_beyond_64_bits_rejects_its_link(jira, provider, link, number):
    assert provider.submit(link(sequence=number)).status_code == 202
    assert [violation.pointer for violation in jira.violations] == ["/remoteLinks/0/updateSequenceNumber"]


def test_a_lone_surrogate_is_stored_and_read_back(jira, provider, link):
    body = json.dumps({"remoteLinks": [link("odd", displayName="\ud800")]}).encode()
    assert provider.post(body).status_code == 202
    assert provider.read("odd").json()["displayName"] == "\ud800"
    provider.delete("odd")


def test_duplicate_members_are_reported_and_the_last_one_counts(jira, provider, link):
    body = b'{"remoteLinks": [{"id": "stored", "id": "no"}], "remoteLinks": [], "properties": {"a": "b", "a": "c"}}'
    assert provider.post(body).status_code == 400
    found = [violation.pointer for violation in jira.violations if violation.code == "RL112"]
    # What the last "remoteLinks" replaces is not looked into.
    assert found == ["/remoteLinks", "/properties/a"]


def test_a_duplicate_member_of_a_link_is_named_by_its_place(jira, provider, link):
    body = b'{"remoteLinks": [{"id": "no", "status": {"label": "a", "label": "b"}}]}'
    provider.post(body)
    assert [violation.pointer for violation in jira.violations if violation.code == "RL112"] == ["/remoteLinks/0/status/label"]


def test_a_body_of_50_megabytes_is_answered_with_413(jira, provider):
    assert provider.post(b"[" + b" " * 50_000_000 + b"]").status_code == 413
    assert codes(jira) == ["RL109"]
    assert "50000002 bytes" in jira.violations[0].message


def test_a_chunked_body_of_50_megabytes_is_answered_with_413(jira, provider):
    answer = provider.send("POST", "/bulk", data=(b" " * 1_000_000 for _ in range(50)), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert codes(jira) == ["RL109"]


def test_a_chunked_body_is_a_body(jira, provider, link):
    chunks = [b'{"remoteLinks": [', b"]}"]
    answer = provider.send("POST", "/bulk", data=iter(chunks), headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert jira.requests[-1].request.body == b"".join(chunks)
    assert codes(jira) == ["RL103"]


@pytest.mark.parametrize(
    "chunks",
    [
        b"2;name=value\r\n{}\r\n0\r\n\r\n",
        b'2 ; q="a"\r\n{}\r\n0;x\r\n\r\n',
        b"1\r\n{\r\n1\r\n}\r\n0\r\nDigest: x\r\nB: y\r\n\r\n",
    ],
)
def test_chunks_may_have_extensions_and_trailers(jira, chunks):
    answer = raw(jira, post("Transfer-Encoding: chunked\r\n", chunks))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL103"]
    assert jira.requests[-1].request.body == b"{}"


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nabc\r\n0\r\n\r\n",
        b"-5\r\nabc\r\n",
        b"5\r\nabcdefgh\r\n0\r\n\r\n",
        b"",
        b"5\r\nab",
        b"5\r\nabcde\r\n",
        b"0\r\n" + b"a: b\r\n" * 200,
    ],
)
def test_malformed_chunks_are_refused_with_400(jira, chunks):
    answer = raw(jira, post("Transfer-Encoding: chunked\r\n", chunks), half_close=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL113"]


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "5, 5", "99999999999999999999999"])
def test_a_content_length_that_is_no_number_is_refused_with_400(jira, length):
    assert raw(jira, post(f"Content-Length: {length}\r\n", b"{}"), half_close=True).startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL113"]
    assert "Content-Length" in jira.violations[0].message


def test_a_content_length_that_is_too_large_is_refused_when_the_connection_ends(jira):
    answer = raw(jira, post("Content-Length: 500\r\n", b"{}"), half_close=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "Content-Length promises 500" in jira.violations[0].message


def test_a_content_length_that_is_too_large_is_refused_after_a_while(jira, monkeypatch):
    monkeypatch.setattr(listener_module._Handler, "timeout", 0.1)
    answer = raw(jira, post("Content-Length: 500\r\n", b"{}"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL113"]
    assert "2 bytes of the body came and then nothing more" in jira.violations[0].message


def test_a_content_length_that_is_too_small_cuts_the_json(jira):
    answer = raw(jira, post("Content-Length: 10\r\n", b'{"remoteLinks": []}'), half_close=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL101"]
    assert "Content-Length must count bytes" in jira.violations[0].hint


def test_no_body_at_all_is_refused_with_400(jira):
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
    ],
    ids=["space in an id", "binary", "one word", "unknown version", "very long"],
)
def test_what_is_no_http_is_refused_and_recorded(jira, line):
    answer = raw(jira, line + b"\r\n\r\n", half_close=True)
    assert b"400" in answer.split(b"\r\n")[0] or answer.startswith(b"[")
    assert codes(jira) == ["RL113"]
    assert jira.requests[-1].status == 400


def test_raw_utf_8_in_a_path_is_reported_and_understood(jira, provider, link):
    provider.submit(link("ü"))
    answer = raw(jira, f"GET {PATH}/remotelink/ü HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert codes(jira) == ["RL110"]
    provider.delete("ü")


@pytest.mark.parametrize("id", ["100%", "%zz", "a%2"])
def test_a_bare_percent_sign_in_a_path_is_reported(jira, id):
    raw(jira, f"GET {PATH}/remotelink/{id} HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert codes(jira) == ["RL110"]


def test_an_absolute_request_target_is_understood(jira):
    answer = raw(jira, f"GET {jira.url}{PATH}/remotelink/stored HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_head_and_options_have_no_surprises(jira, provider):
    for method in ("HEAD", "OPTIONS"):
        answer = provider.send(method, "/remotelink/stored")
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, DELETE"
    assert provider.send("HEAD", "/remotelink/stored").content == b""


def test_a_body_with_a_read_or_a_deletion_changes_nothing(jira, provider):
    assert provider.send("GET", "/remotelink/stored", data=b"\xff" * 1000).status_code == 200
    assert provider.send("DELETE", "/remotelink/other", data=b"{").status_code == 202
    assert jira.violations == []


def test_without_a_site_the_listener_says_503(jira):
    from pytest_remotelinks.server.listener import Listener

    with Listener() as listener:
        assert requests.get(listener.url + "/", timeout=30).status_code == 503


def test_it_listens_on_loopback_only(jira):
    assert jira.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("target", ["http://[", "http://[::1/x"])
def test_a_target_that_is_no_url_is_answered_and_recorded(jira, target):
    answer = raw(jira, f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL113"]


@pytest.mark.parametrize("id", ["{remoteLinkId}", "a|b", 'a"b', "a<b>", "a\\b", "a^b", "a`b"])
def test_characters_that_no_path_may_hold_are_reported(jira, id):
    raw(jira, f"GET {PATH}/remotelink/{id} HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert codes(jira) == ["RL110"]


def test_a_query_in_raw_utf_8_is_understood_and_reported(jira, provider, link):
    provider.submit(link("named"), properties={"account": "ü"})
    head = f"DELETE {PATH}/bulkByProperties?account=ü HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n"
    assert raw(jira, head.encode()).startswith(b"HTTP/1.1 202 ")
    assert codes(jira) == ["RL110"]
    jira.assert_deleted("named")


def test_secrets_in_a_query_are_not_shown(jira, provider):
    provider.send("GET", "/remotelink/x?jwt=SECRET&access_token=SECRET")
    provider.send("DELETE", "/bulkByProperties?password=SECRET")
    assert codes(jira) == ["RL111", "RL304"]
    shown = [repr(jira.requests), report(jira.violations, jira.url), *(f"{violation!r} {violation.value}" for violation in jira.violations)]
    assert "SECRET" not in "".join(shown)
