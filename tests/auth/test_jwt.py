"""A token's three parts are read strictly, with every release of PyJWT."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from support.apps import APP_KEY, SECRET, published_form, published_token

from pytest_remotelinks.auth.jwt import InvalidToken, read_token

READ = "/rest/remotelinks/1.0/remotelink/alert-1"
HEADER = '{"alg": "HS256", "typ": "JWT"}'


def part(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def claims(**changes):
    now = int(time.time())
    qsh = hashlib.sha256(published_form("GET", READ).encode()).hexdigest()
    return json.dumps({"iss": APP_KEY, "iat": now, "exp": now + 180, "qsh": qsh, **changes})


def signed(header, payload):
    """A token that is genuine, of parts that are as they were given."""
    text = f"{header}.{payload}"
    return f"{text}.{part(hmac.digest(SECRET.encode(), text.encode(), 'sha256'))}"


def read(jira, token):
    return requests.get(jira.url + READ, headers={"Authorization": f"JWT {token}"}, timeout=30).status_code


def genuine(header=HEADER, payload=None):
    return signed(part(header.encode()), part((payload or claims()).encode()))


def change_last(token):
    """The token with the bits set that its last character does not use."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + letters[letters.index(token[-1]) + 1]


BROKEN = {
    "junk behind the signature": (lambda: genuine() + "!!!!", "characters that Base64url lacks"),
    "junk inside the signature": (lambda: genuine()[:-20] + "****" + genuine()[-20:], "characters that Base64url lacks"),
    "trailing bits": (lambda: change_last(genuine()), "no encoder writes"),
    "padding of the signature": (lambda: genuine() + "=", "padded"),
    "padding of the payload": (
        lambda: signed(part(HEADER.encode()), base64.urlsafe_b64encode(b" " + claims().encode()).decode() + "="),
        "padded",
    ),
    "a character too few": (lambda: genuine() + "AA", "cut"),
    "the standard alphabet": (
        lambda: signed(part(HEADER.encode()), base64.b64encode(claims(x="~~~???" * 3).encode()).decode().rstrip("=")),
        "Base64, not Base64url",
    ),
    "a line break": (lambda: genuine() + "\u0085", "characters that Base64url lacks"),
    "crit": (lambda: genuine('{"alg": "HS256", "crit": ["foo"], "foo": 1}'), "critical"),
    "an empty crit": (lambda: genuine('{"alg": "HS256", "crit": []}'), "critical"),
    "a number for kid": (lambda: genuine('{"alg": "HS256", "kid": 5}'), "kid is 5"),
    "null for kid": (lambda: genuine('{"alg": "HS256", "kid": null}'), "kid is null"),
    "alg twice": (lambda: genuine('{"alg": "none", "alg": "HS256"}'), 'gives "alg" twice'),
    "iss twice": (lambda: genuine(payload='{"iss": "x", ' + claims()[1:]), 'gives "iss" twice'),
    "a number that JSON lacks": (lambda: genuine(payload=claims(x=float("nan"))), "not JSON"),
    "UTF-16": (lambda: signed(part(HEADER.encode()), part(claims().encode("utf-16"))), "not JSON"),
    "a byte order mark": (lambda: signed(part(HEADER.encode()), part(claims().encode("utf-8-sig"))), "not JSON"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_token_not_written_strictly(app_site, broken):
    """A token with a valid signature is refused if it is not written as the RFCs say."""
    make, message = BROKEN[broken]
    token = make()
    with pytest.raises(InvalidToken, match=message):
        read_token(token)
    if token.isascii():
        assert read(app_site, token) == 401
        (violation,) = app_site.violations
        assert violation.code == "RL503"
        assert message in violation.message
        assert violation.hint
        assert token not in repr(violation)


def test_allowed_members_are_accepted(app_site):
    """Other members of the header and other claims are accepted."""
    for token in (
        genuine(),
        genuine('{"alg":"HS256"}'),
        genuine('{"alg": "HS256", "kid": "../../etc", "jku": "https://scanner.example", "x": {"a": 1}}'),
        genuine(payload=claims(context={"user": {"a": 1}}, aud=["x"], sub=7).replace('{"a": 1}', '{"a": 1, "a": 2}')),
        genuine(payload=claims(x="?").replace("?", "größe")),
    ):
        assert read(app_site, token) == 404
    assert app_site.violations == []


@pytest.mark.parametrize("number", ["1e999", "1" + "0" * 400, "-1e30"])
def test_time_that_is_out_of_range(app_site, number):
    """A time that is too large for a clock is refused as a claim."""
    payload = claims(exp="?").replace('"?"', number)
    assert read(app_site, genuine(payload=payload)) == 401
    assert [violation.code for violation in app_site.violations] == ["RL511"]


def test_token_of_pyjwt_is_accepted(app_site):
    """A token that PyJWT made is accepted."""
    assert read(app_site, published_token("GET", READ).removeprefix("JWT ")) == 404


@given(
    st.text(st.characters(codec="utf-8"), max_size=40) | st.builds(lambda *parts: ".".join(map(part, parts)), *[st.binary(max_size=30)] * 3)
)
def test_random_text_is_refused_with_hint(text):
    """Random texts and random parts are refused with a message and a hint."""
    with pytest.raises(InvalidToken) as problem:
        read_token(text)
    assert str(problem.value)
    assert problem.value.hint


@given(st.binary(min_size=1, max_size=40), st.sampled_from("ABab01-_+/=!"))
def test_signature_has_one_spelling(content, character):
    """No other last character stands for the same signature."""
    token = f"{part(HEADER.encode())}.{part(b'{}')}.{part(content)}"
    for other in (token[:-1] + character, token + character):
        if other != token:
            try:
                assert read_token(other).signature != content
            except InvalidToken:
                continue
