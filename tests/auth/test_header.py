"""The Authorization header: wrappings that several libraries put around a token, one in another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.apps import published_token

from pytest_remotelinks.auth.header import find_flaw

SIGNED = published_token("GET", "/rest/remotelinks/1.0/remotelink/1").removeprefix("JWT ")
OPAQUE = "ATATT3xFfGF0-abcdefghijklmnop_="
ANYWHERE = ["'{}'", '"{}"', "b'{}'", "<{}>", "[{}]", "{}\\n", "{},", "JWT {}", "jwt  {}", "Bearer {}", "JWT: {}"]
AROUND_ALL = ["Authorization: {}", "authorization = {}"]
BEFORE_TOKEN = ["token={}", "access_token: {}"]
SCHEMES = ["JWT {}", "Bearer {}"]
STARTS = ["", "JWT ", "Bearer ", "Basic ", "Basic Basic ", "b'"]


@given(st.sampled_from([SIGNED, OPAQUE]), st.lists(st.sampled_from([*ANYWHERE, *AROUND_ALL, *BEFORE_TOKEN]), max_size=4), st.booleans())
def test_what_was_meant_is_well_formed(token, wrappings, accepts_basic):
    """If a header has a flaw and what was meant is certain, that is the token after a scheme, and has no flaw."""
    value = token
    for wrapping in wrappings:
        value = wrapping.format(value)
    flaw = find_flaw(value, accepts_basic)
    if flaw is None:
        assert value.split()[1:] == [token]
    elif flaw.meant is not None:
        scheme, credential = flaw.meant.split(" ")
        assert (credential, find_flaw(flaw.meant, accepts_basic)) == (token, None)
        assert scheme == "JWT" if token is SIGNED else scheme.lower() in value.lower()


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(scheme, wrapping) for scheme in SCHEMES for wrapping in [*ANYWHERE, *BEFORE_TOKEN]]
    + [(wrapping, scheme) for scheme in SCHEMES for wrapping in [*ANYWHERE, *AROUND_ALL]],
)
def test_signed_token_in_wrapping(outer, inner):
    """Whatever is around a signed token and its scheme, it is sent after JWT."""
    flaw = find_flaw(outer.format(inner.format(SIGNED)), accepts_basic=True)
    assert flaw is not None
    assert flaw.meant == f"JWT {SIGNED}"


@given(st.text(st.characters(max_codepoint=255), max_size=40), st.sampled_from(STARTS), st.booleans())
def test_random_header(text, start, accepts_basic):
    """Any text is well-formed, or has a flaw with what to do about it."""
    flaw = find_flaw(start + text, accepts_basic)
    if flaw is not None:
        assert flaw.message
        assert flaw.hint
        assert flaw.meant is None or find_flaw(flaw.meant, accepts_basic) is None
