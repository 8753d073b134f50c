"""Whatever a client sends, the fake answers below 500, does not hang, and keeps what it stored."""

from __future__ import annotations

import contextlib
import gzip
import json
import zlib

import pytest
import requests
from support.raw import connect, exchange

from pytest_remotelinks.reports.curl import curl_line
from pytest_remotelinks.reports.terminal import report
from pytest_remotelinks.server import connection
from pytest_remotelinks.server.head import read_head
from pytest_remotelinks.server.listener import Listener, checked_host

PATH = "/rest/remotelinks/1.0"


@pytest.fixture(autouse=True)
def stored_link(provider, link):
    provider.submit(link("stored"))


@pytest.fixture(autouse=True)
def still_stored(jira, provider, stored_link):
    yield
    assert set(jira.links) == {"stored"}
    assert provider.read("stored").status_code == 200
    assert all(recorded.status < 500 for recorded in jira.requests)


def codes(jira):
    return sorted({violation.code for violation in jira.violations})


def raw(jira, request: bytes, half_close: bool = False) -> bytes:
    return exchange(jira.url, request, half_close)


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
        b"0\r\n",
        b"\r\n",
        b"5;" + b"x" * 70_000 + b"\r\nabcde\r\n0\r\n\r\n",
        b"f" * 70_000,
    ],
)
def test_malformed_chunks(jira, chunks):
    """Malformed chunks are refused with 400."""
    answer = raw(jira, post("Transfer-Encoding: chunked\r\n", chunks), half_close=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL113"]


def test_chunks_with_extensions_and_trailers(jira, provider, link):
    """Extensions of chunks and fields after the last one are read and ignored."""
    body = json.dumps({"remoteLinks": [link("stored", 2)]}).encode()
    chunks = f"{len(body):X} ; name=value\r\n".encode() + body + b"\r\n0;last\r\nX-Checksum: 1\r\nX-Other: 2\r\n\r\n"
    assert raw(jira, post("Transfer-Encoding: Chunked\r\n", chunks)).startswith(b"HTTP/1.1 202 ")
    assert jira.violations == []


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
    ("line", "says", "hint"),
    [
        (b"GET /rest/remotelinks/1.0/remotelink/a b HTTP/1.1", "the target has spaces", "%20"),
        (b"GET /rest/remotelinks/1.0/remotelink/a b", "does not end with an HTTP version", "HTTP/1.1"),
        (b"\x00\x01\x02", "does not begin with a method", "HTTP library"),
        (b"GET", "not a method, a target and a version", "METHOD /path"),
        (b"GET /", "not a method, a target and a version", "METHOD /path"),
        (b"GET  HTTP/1.1", "has no target", "HTTP library"),
        (b"POST  /rest/a HTTP/1.1", "other white space", "one space between the parts"),
        (b"POST /rest/a  HTTP/1.1", "other white space", "one space between the parts"),
        (b"POST\t/rest/a HTTP/1.1", "other white space", "one space between the parts"),
        (b" POST /rest/a HTTP/1.1", "other white space", "one space between the parts"),
        (b"POST /rest/a HTTP/1.1 ", "other white space", "one space between the parts"),
        (b"POST  /rest/a b HTTP/1.1", "the target has spaces", "%20"),
        (b"POST /rest/a\0 HTTP/1.1", "the target has a control character", "remove it"),
        (b"POST /rest/\x01a HTTP/1.1", "the target has a control character", "remove it"),
        (b"POST /rest/a HTTP/1.1\x01", "the request line has a control character", "remove it"),
        (b"GET / HTTP/9.9", "the HTTP version is 'HTTP/9.9'", "send 'HTTP/1.1'"),
        (b"GET / HTTP/2.0", "the HTTP version is 'HTTP/2.0'", "send 'HTTP/1.1'"),
        (b"GET / http/1.1", "the HTTP version is 'http/1.1'", "in capitals"),
        (b"PRI * HTTP/2.0\r\n\r\nSM", "HTTP/2 was used", "curl: --http1.1"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "https was used", "http:// URL"),
        (b"GET rest/remotelinks HTTP/1.1", "does not begin with a slash", "between host and path"),
        (b"CONNECT site.example:443 HTTP/1.1", "a tunnel", "not as a proxy"),
        (b"GET http://[ HTTP/1.1", "not a URL", "HTTP library"),
        (b"GET http://[::1/x HTTP/1.1", "not a URL", "HTTP library"),
        (b"GET /" + b"x" * 70000 + b" HTTP/1.1", "the target is the longest part", "shorten the target"),
        (b"GET / HTTP/1.1\r\nAuthorization: JWT " + b"x" * 70000, "the header 'Authorization'", "shorten this header"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Many: 1\r\n" * 7000, "more than 65536 bytes", "shorten"),
    ],
    ids=lambda value: value[:30] if isinstance(value, bytes) else None,
)
def test_malformed_request_line(jira, line, says, hint):
    """What is not HTTP/1.1 gets a status line and 400, and RL113 says what it is and what to change."""
    answer = raw(jira, line + b"\r\n\r\n", half_close=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.partition(b"\r\n\r\n")[2].startswith(b"[{")
    (violation,) = jira.violations
    assert violation.code == "RL113"
    assert says in violation.message
    assert hint in violation.hint
    assert jira.requests[-1].status == 400


@pytest.mark.parametrize(
    ("fields", "pointer", "says"),
    [
        ("", "#header/Host", "no Host header"),
        ("Host: x\r\nhost: y\r\n", "#header/Host", "2 Host headers"),
        ("Host: http://x/\r\n", "#header/Host", "not a host name"),
        ("Host : x\r\n", "#header/Host", "space is before the colon"),
        ("Host: x\r\nX-Long: a\r\n b\r\n", "#header/X-Long", "goes on in another line"),
        ("Host: x\r\nX Odd: a\r\n", "#header/X Odd", "not the name of a header"),
        ("Host: x\r\n: a\r\n", "#header/", "not the name of a header"),
        ("Host: x\r\nX-Cut: a\r\nb\r\n", "#header/X-Cut", "has no colon"),
        ("Host: x\r\nX-Odd: a\0b\r\n", "#header/X-Odd", "control character"),
        ("Host: x\n", "#request", "do not end with CR LF"),
        ("Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", "#header/Transfer-Encoding", "both"),
        ("Host: x\r\nTransfer-Encoding: gzip, chunked\r\n", "#header/Transfer-Encoding", "only 'chunked'"),
        ("Host: x\r\nTransfer-Encoding: gzip\r\n", "#header/Transfer-Encoding", "only 'chunked'"),
        ("Host: x\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n", "#header/Transfer-Encoding", "only 'chunked'"),
        ("Host: x\r\nContent-Length: five\r\n", "#header/Content-Length", "not a number of bytes"),
        ("Host: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n", "#header/Content-Length", "not a number of bytes"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_malformed_header(jira, method, fields, pointer, says):
    """A malformed header is refused with 400 by every operation, and RL113 names it and says what to change."""
    target, more = (f"{PATH}/remotelink/stored", "") if method == "GET" else (f"{PATH}/bulk", "Content-Type: application/json\r\n")
    sent = f"{method} {target} HTTP/1.1\r\nAuthorization: JWT x\r\n{more}{fields}\r\n".encode()
    answer = raw(jira, sent + b"5\r\n{    \r\n0\r\n\r\n", half_close=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    violation = next(violation for violation in jira.violations if violation.code == "RL113")
    assert violation.pointer == pointer
    assert says in violation.message
    assert violation.hint
    assert jira.requests[-1].operation == ("read" if method == "GET" else "submit")


def test_chunks_in_http_1_0(jira, provider, link):
    """HTTP/1.0 has no chunks, and needs no Host header."""
    body = json.dumps({"remoteLinks": [link("no")]}).encode()
    head = f"POST {PATH}/bulk HTTP/1.0\r\nAuthorization: JWT x\r\nContent-Type: application/json\r\n"
    chunked = f"{head}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    assert raw(jira, chunked).startswith(b"HTTP/1.1 400 ")
    assert [violation.message for violation in jira.violations] == ["HTTP/1.0 has no Transfer-Encoding"]
    jira.reset()
    provider.submit(link("stored"))
    assert raw(jira, f"GET {PATH}/remotelink/stored HTTP/1.0\r\nAuthorization: JWT x\r\n\r\n".encode()).startswith(b"HTTP/1.1 200 ")
    assert jira.violations == []


def test_malformed_header_with_ignored_rule(make_site, link):
    """With RL113 ignored, a malformed header is let pass, and a body without an end is not."""
    jira = make_site(ignore=["RL113"], consistency="immediate")
    body = json.dumps({"remoteLinks": [link("stored")]}).encode()
    head = f"POST {PATH}/bulk HTTP/1.1\r\nHost: x\r\nHost: y\r\nAuthorization : JWT x\r\nContent-Type: application/json\r\n"
    assert raw(jira, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body).startswith(b"HTTP/1.1 202 ")
    assert raw(jira, f"{head}Content-Length: many\r\n\r\n".encode() + body).startswith(b"HTTP/1.1 400 ")
    assert jira.violations == []


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("x-custom", lambda body: body[::-1]), ("identity, GZIP", gzip.compress)],
)
def test_compressed_body(jira, provider, link, encoding, compress):
    """A compressed body is refused with 415, and the encoding is named."""
    body = compress(json.dumps({"remoteLinks": [link("no")]}).encode())
    assert provider.post(body, headers={"Content-Encoding": encoding}).status_code == 415
    (violation,) = jira.violations
    assert (violation.code, violation.pointer, violation.value) == ("RL102", "#header/Content-Encoding", encoding)
    assert "compressed" in violation.message
    assert "uncompressed" in violation.hint


def test_content_encoding_that_is_not_true(jira, provider, link):
    """A header that says that a plain body is compressed is to be left out."""
    body = json.dumps({"remoteLinks": [link("no")]}).encode()
    assert provider.post(body, headers={"Content-Encoding": "gzip"}).status_code == 415
    (violation,) = jira.violations
    assert "not compressed" in violation.message
    assert violation.hint == "leave 'Content-Encoding' out"
    assert provider.post(body, headers={"Content-Encoding": "identity"}).status_code == 202
    provider.delete("no")


def test_compressed_body_without_its_header(jira, provider, link):
    """A compressed body that no header announces is called compressed, too."""
    assert provider.post(gzip.compress(json.dumps({"remoteLinks": [link("no")]}).encode())).status_code == 400
    (violation,) = jira.violations
    assert violation.code == "RL101"
    assert "uncompressed" in violation.hint


@pytest.mark.parametrize(
    "sent",
    [b"POST", f"GET {PATH}/remotelink/stored HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n".encode(), b"\x16"],
    ids=["line", "fields", "one byte"],
)
@pytest.mark.parametrize(("half_close", "says"), [(True, "the connection ended"), (False, "nothing more arrived")])
def test_head_without_end(jira, monkeypatch, sent, half_close, says):
    """A head without its end is no request, whether the connection ends or falls silent."""
    monkeypatch.setattr(connection, "SILENCE_LIMIT", 0.1)
    assert raw(jira, sent, half_close).startswith(b"HTTP/1.1 400 ")
    (violation,) = jira.violations
    assert violation.code == "RL113"
    assert violation.message == f"{says} before the head was complete"


def test_head_that_never_ends(jira, monkeypatch):
    """A head that a client sends byte by byte for too long is refused."""
    monkeypatch.setattr(connection, "HEAD_LIMIT", 0.1)
    monkeypatch.setattr(connection, "SILENCE_LIMIT", 0.01)
    with connect(jira.url) as client:
        client.settimeout(0.001)
        answer = b""
        while not answer:
            with contextlib.suppress(TimeoutError):
                client.send(b"G")
                answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert codes(jira) == ["RL113"]


@pytest.mark.parametrize("id", ["ü", "“é”", "日本", "a\u00a0b", "😀"])
def test_raw_utf_8_in_a_path(jira, provider, link, id):
    """Raw UTF-8 in a path is reported, and means the id that was meant."""
    provider.submit(link(id))
    answer = raw(jira, f"GET {PATH}/remotelink/{id} HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert codes(jira) == ["RL110"]
    provider.delete(id)


@pytest.mark.parametrize("id", ["100%", "%zz", "a%2"])
def test_bare_percent_sign_in_a_path(jira, id):
    """A percent sign that encodes nothing is reported."""
    raw(jira, f"GET {PATH}/remotelink/{id} HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert codes(jira) == ["RL110"]


def test_absolute_request_target(jira):
    """The absolute form of a target is understood."""
    answer = raw(jira, f"GET {jira.url}{PATH}/remotelink/stored HTTP/1.1\r\nHost: x\r\nAuthorization: JWT x\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("host", ["other.example", "other.example:8080"])
def test_request_for_a_proxy(jira, host):
    """A request for another server, which the fake gets as a proxy, is refused, and RL113 says so."""
    head = f"GET http://{host}{PATH}/remotelink/stored HTTP/1.1\r\nHost: {host}\r\nAuthorization: JWT x\r\n\r\n"
    assert raw(jira, head.encode()).startswith(b"HTTP/1.1 400 ")
    (violation,) = jira.violations
    assert (violation.code, violation.message) == ("RL113", f"the request was sent through the fake as a proxy for {host}")
    assert "use fake_jira.url as the base URL; unset HTTP_PROXY" in violation.hint


@pytest.mark.parametrize(
    ("host", "port", "is_foreign"),
    [("fake", 80, False), ("[::1]", 80, False), ("[::1]:8080", 8080, False), ("fake:18080", 8080, True), ("[::1]", 8080, True)],
)
def test_host_of_an_absolute_target(host, port, is_foreign):
    """A target for the port of the listener is for the fake, by whatever name; without a port it is for 80."""
    head = read_head(f"GET http://{host}/a HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert bool(checked_host(head, port).malformed) is is_foreign


def test_client_with_the_fake_as_its_proxy(jira):
    """A client whose proxy is the fake gets 400."""
    proxies = {"http": jira.url}
    answer = requests.get(f"http://other.example{PATH}/remotelink/stored", proxies=proxies, headers={"Authorization": "JWT x"}, timeout=30)
    assert answer.status_code == 400
    assert [violation.code for violation in jira.violations] == ["RL113"]


@pytest.mark.parametrize(
    "fields",
    [
        "Host: h\r\nAuthorization\r\n planted",
        "Host: h\r\nAuthorization\r\n JWT\r\n\tplanted",
        "Host: h\r\nAuthorization JWT\r\n planted",
        "Authorization\r\n planted\r\nHost: h",
        "Host: h\r\nAuthorization\r\n: JWT planted",
        " planted\r\nHost: h",
        " Authorization: planted\r\nHost: h",
    ],
)
def test_credential_in_a_malformed_head(jira, fields):
    """A credential in lines that belong to no header is not shown."""
    answer = raw(jira, f"GET {PATH}/remotelink/stored HTTP/1.1\r\n{fields}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "RL113" in codes(jira)
    shown = [*map(repr, jira.violations), *map(str, jira.violations), repr(jira.requests), curl_line(jira.requests[-1], jira.url)]
    assert "planted" not in f"{shown}{answer!r}{jira.requests[-1].request.headers!r}"


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
