"""The canonical form of a request."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.apps import published_form

from pytest_remotelinks.auth.qsh import canonical_request, canonical_requests
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

BASE = "/rest/remotelinks/1.0"


@pytest.mark.parametrize(
    ("request_line", "form"),
    [
        ("GET /a", "GET&/a&"),
        ("get /a/", "GET&/a&"),
        ("GET /", "GET&/&"),
        ("GET /a&b/c%26d%2fe", "GET&/a%26b/c%26d%2fe&"),
        ("GET /a?b=2&a=1", "GET&/a&a=1&b=2"),
        ("GET /a?b=2&b=1&b=10", "GET&/a&b=1,10,2"),
        ("GET /a?x=a+b&y=a%20b", "GET&/a&x=a%20b&y=a%20b"),
        ("GET /a?x=*~%7e%2A", "GET&/a&x=%2A~~%2A"),
        ("GET /a?x=a%2cb&x=a,b", "GET&/a&x=a%2Cb,a%2Cb"),
        ("GET /a?x&y=", "GET&/a&x=&y="),
        ("GET /a?jwt=t&x=1", "GET&/a&x=1"),
        ("GET /a?%C3%A4=%c3%b6", "GET&/a&%C3%A4=%C3%B6"),
        ("GET /a?a-b=1&a=1&a%20b=1&B=1", "GET&/a&B=1&a=1&a%20b=1&a-b=1"),
    ],
)
def test_canonical_form(request_line, form):
    """The canonical form is the published one."""
    method, target = request_line.split(" ")
    assert canonical_request(method, target) == form


@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), st.text(st.characters(codec="utf-8"), max_size=8)),
        max_size=5,
    ),
    st.text(st.characters(codec="utf-8"), max_size=10),
)
def test_canonical_form_agrees_with_second_reading(pairs, id):
    """The canonical form agrees with an independent reading of the published text."""
    target = f"{BASE}/remotelink/{quote(id, safe='')}?{urlencode(pairs)}"
    assert canonical_request("DELETE", target) == published_form("DELETE", target)


@pytest.mark.parametrize(
    ("base", "target", "paths"),
    [
        ("", "/rest/a", ["/rest/a"]),
        ("", "/ex/jira/1-2/rest/a", ["/rest/a", "/ex/jira/1-2/rest/a"]),
        ("/ex/jira/1-2", "/rest/a", ["/rest/a", "/ex/jira/1-2/rest/a"]),
        ("", "/jira/remotelinks/1.0/cloud/1-2/a", ["/jira/remotelinks/1.0/cloud/1-2/a"]),
        ("", "/rest/gr\xc3\xb6\xc3\x9fe", ["/rest/größe"]),
    ],
)
def test_possible_base_urls(base, target, paths):
    """The gateway's prefix may belong to the base URL or not; raw UTF-8 in the request line is decoded."""
    forms = canonical_requests(Request("get", f"{target}?b=2&a=1#x", Headers(), base=base))
    assert [form.text for form in forms] == [f"GET&{path}&a=1&b=2" for path in paths]
