"""Whatever bytes arrive, the client gets a status line or the end of the connection, and the next client is served."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.links import a_link
from support.raw import BASE, exchange, head

from pytest_remotelinks import FakeJira
from pytest_remotelinks.reports.terminal import report

BODY = json.dumps({"remoteLinks": [a_link()]}).encode()
VALID = [
    head("GET", f"{BASE}/remotelink/a%20b?x=1"),
    head("DELETE", f"{BASE}/bulkByProperties?account=a"),
    head("POST", f"{BASE}/bulk", "Content-Type: application/json", f"Content-Length: {len(BODY)}", "Expect: 100-continue") + BODY,
    head("POST", f"{BASE}/bulk", "Content-Type: application/json", "Transfer-Encoding: chunked")
    + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
    head("POST", "/oauth/token", "Content-Type: application/json", "Content-Length: 2") + b"{}",
]
#: What matters to HTTP.
PIECES = [b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"\0", b"/", b"//", b"?", b"#", b"%", b"HTTP/2.0", b"http://", b"\xff", b"0", b"-1"]
NAMES = ["Content-Length: 7", "Transfer-Encoding: chunked", "Host: x", "Content-Encoding: gzip", "Expect: 100-continue"]
FIELDS = [f"{name}\r\n".encode() for name in NAMES]
ANSWER = re.compile(rb"(?:HTTP/1\.1 100 Continue\r\n\r\n)?HTTP/1\.1 ([1-9]\d\d) [^\r\n]+\r\n(?:[A-Za-z-]+: [^\r\n]*\r\n)+\r\n", re.DOTALL)


@st.composite
def mutated(draw):
    """A valid request with pieces cut out, put in, or put in place of others."""
    sent = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(sent)))
        end = start + draw(st.sampled_from([0, 0, 1, 2, 10, 10_000]))
        piece = draw(st.sampled_from([b"", *PIECES, *FIELDS]) | st.binary(max_size=4))
        sent = sent[:start] + piece + sent[end:]
    return sent


@pytest.fixture(scope="module")
def site():
    with FakeJira() as site:
        yield site


def assert_answered(site, sent):
    site.reset()
    answer = exchange(site.url, sent, half_close=True)
    if not sent.strip(b"\r\n"):
        assert answer == b""
    else:
        found = ANSWER.match(answer)
        assert found is not None
        assert int(found[1]) < 500
        assert len(site.requests) == 1
        # Whatever it was, it can be shown.
        assert bool(report(site.violations, site.url)) == bool(site.violations)
    assert ANSWER.match(exchange(site.url, VALID[0]))
    site._listener.check_handler_errors()


@given(sent=mutated())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_mutated_request(site, sent):
    """A request with mistakes anywhere is answered, and not with 500."""
    assert_answered(site, sent)


@given(sent=st.binary(max_size=200) | st.lists(st.sampled_from([*PIECES, *FIELDS, b"GET", b"HTTP/1.1"]), max_size=20).map(b"".join))
def test_arbitrary_bytes(site, sent):
    """Bytes that are no request are answered, and not with 500."""
    assert_answered(site, sent)
