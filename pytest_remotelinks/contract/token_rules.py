"""RL503 to RL512: whether a Connect app's token is genuine, current and made for this request."""

from __future__ import annotations

import hmac
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_remotelinks.contract.canonical import canonical_requests, query_hash
from pytest_remotelinks.contract.explain import preview
from pytest_remotelinks.contract.findings import Findings
from pytest_remotelinks.contract.hash_slips import find_slip
from pytest_remotelinks.contract.request import Request
from pytest_remotelinks.contract.secret_parameters import masked_target

if TYPE_CHECKING:
    from jwt.api_jws import PyJWS

#: Seconds by which the clocks of provider and site may differ; an assumption.
LEEWAY = 30
#: Seconds of life above which a token is frowned upon.
LIFETIME_LIMIT = 3600

_PLACE = "#header/Authorization"
_CLAIMS = {"iss": "the app's key", "iat": "when it was made", "exp": "when it ends", "qsh": "the hash of the request"}
_CONTEXT = "context-qsh"
# An unknown app's token is checked all the same, so that the time taken does not tell which apps are known.
_NOBODYS_SECRET = "0" * 64


@dataclass(frozen=True)
class _Token:
    algorithm: Any
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


class _NoToken(ValueError):
    """Why a text is no token."""


def check_token(findings: Findings, token: str, request: Request, secrets: Mapping[str, str], recent: Mapping[str, str]) -> str | None:
    """Judge a token, and return the key of the app that it is from; None where no installed app is.

    ``secrets`` has the shared secret of each installed app by its key, and
    ``recent`` the canonical forms of earlier requests by their hash.
    """
    try:
        read = _read(token)
    except _NoToken as problem:
        findings.add("RL503", str(problem), _PLACE, "send 'JWT ' and the three Base64url parts of a JSON Web Token, joined by dots")
        return None
    if read.algorithm != "HS256":
        findings.add(
            "RL504",
            f"the token's alg is {preview(read.algorithm)}",
            _PLACE,
            "sign with HS256 and the shared secret of the installation",
            read.algorithm,
        )
        return None
    issuer = read.claims.get("iss")
    _check_claims(findings, read.claims)
    key = issuer if isinstance(issuer, str) and issuer in secrets else None
    genuine = _is_signed_with(read, secrets[key] if key is not None else _NOBODYS_SECRET)
    if key is None:
        if isinstance(issuer, str):
            _unknown(findings, issuer, secrets)
        return None
    if not genuine:
        _add_signature(findings, key, read, secrets)
        if 401 in findings.refusals:  # then the claims prove nothing
            return None
    _check_times(findings, read.claims)
    _check_hash(findings, read.claims.get("qsh"), request, recent)
    return key


def _read(token: str) -> _Token:
    from jwt.exceptions import PyJWTError

    if token.count(".") != 2:
        raise _NoToken(f"a token has three parts with 2 dots between them; this one has {token.count('.')}")
    try:
        decoded = _reader().decode_complete(token.encode("utf-8", "replace"), options={"verify_signature": False})
    except PyJWTError as error:
        raise _NoToken(f"the token cannot be read: {str(error)[:80]}") from None
    except (ValueError, RecursionError):
        raise _NoToken("the token's header is not JSON that can be read") from None
    try:
        claims = json.loads(decoded["payload"])
    except (ValueError, RecursionError):
        raise _NoToken("the token's payload is not JSON that can be read") from None
    if not isinstance(claims, dict):
        raise _NoToken("the token's payload is no JSON object")
    return _Token(decoded["header"].get("alg"), claims, token.rpartition(".")[0].encode(), decoded["signature"])


@cache
def _reader() -> PyJWS:
    # Takes 40 ms to import and some to build, and many runs see no token.
    from jwt.api_jws import PyJWS

    return PyJWS()


def _is_signed_with(token: _Token, secret: str) -> bool:
    expected = hmac.digest(secret.encode("utf-8", "surrogatepass"), token.signed, "sha256")
    return hmac.compare_digest(expected, token.signature)


def _check_claims(findings: Findings, claims: dict[str, Any]) -> None:
    for name, meaning in _CLAIMS.items():
        value = claims.get(name)
        is_number = name in ("iat", "exp")
        kind = "a number of seconds since the epoch" if is_number else "text"
        if name not in claims:
            findings.add("RL511", f"the token has no claim {name!a}", _PLACE, f"put it in: {meaning}, {kind}")
        elif not (_is_time(value) if is_number else isinstance(value, str)):
            findings.add("RL511", f"the claim {name!a} is {preview(value)}", _PLACE, f"make it {kind}: {meaning}", value)
    if "nbf" in claims and not _is_time(claims["nbf"]):
        findings.add("RL511", f"the claim 'nbf' is {preview(claims['nbf'])}", _PLACE, "make it a number of seconds, or leave it out")


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**63 and math.isfinite(value)


def _unknown(findings: Findings, issuer: str, secrets: Mapping[str, str]) -> None:
    known = ", ".join(map(ascii, list(secrets)[:5]))
    hint = f"'iss' is the app's key, not the client's; installed: {known}" if secrets else "install the app whose key 'iss' is"
    findings.add("RL505", f"no app with the key {preview(issuer)} that signs its requests is installed here", _PLACE, hint, issuer)


def _add_signature(findings: Findings, key: str, token: _Token, secrets: Mapping[str, str]) -> None:
    hint = f"sign with the shared secret that the installation of {key!a} was given"
    others = [other for other, secret in secrets.items() if other != key and _is_signed_with(token, secret)]
    if others:
        hint = f"it is signed with the secret of {others[0]!a}; {hint}"
    findings.add("RL506", "the token's signature is not one of the app's shared secret", _PLACE, hint)


def _check_times(findings: Findings, claims: dict[str, Any]) -> None:
    # Providers sign by their own clock, so this is real time and not the site's.
    now = time.time()
    made, ends, begins = (claims[name] if _is_time(claims.get(name)) else None for name in ("iat", "exp", "nbf"))
    if ends is not None and ends + LEEWAY < now:
        findings.add(
            "RL507", f"the token ended {now - ends:.0f} seconds ago", _PLACE, "make a token for each request; 180 seconds are usual", ends
        )
    for name, moment in (("iat", made), ("nbf", begins)):
        if moment is not None and moment - LEEWAY > now:
            findings.add(
                "RL508",
                f"the token's {name} lies {moment - now:.0f} seconds ahead",
                _PLACE,
                "give seconds, not milliseconds, since the epoch in UTC; set the provider's clock",
                moment,
            )
    if made is not None and ends is not None and ends - made > LIFETIME_LIMIT:
        findings.add(
            "RL512",
            f"the token lives for {ends - made:.0f} seconds",
            _PLACE,
            f"let it end at most {LIFETIME_LIMIT} seconds after iat; 180 are usual",
            ends - made,
        )


def _check_hash(findings: Findings, found: Any, request: Request, recent: Mapping[str, str]) -> None:
    if not isinstance(found, str):
        return
    if found == _CONTEXT:
        findings.add(
            "RL510",
            "the token is one of a page's context, which these operations never take",
            _PLACE,
            "sign the request itself: qsh is the hash of its method, path and query",
            found,
        )
        return
    forms = canonical_requests(request)
    if any(hmac.compare_digest(query_hash(form).encode(), found.encode("utf-8", "replace")) for form in forms):
        return
    slip = find_slip(request, forms[0], found)
    wanted = preview_canonical(forms[0])
    if slip is not None:
        hint = f"{slip[1]}. Hashed was {preview_canonical(slip[0])}, the request is {wanted}"
    elif found in recent:
        hint = f"make a token for each request. Hashed was {preview_canonical(recent[found])}, the request is {wanted}"
    else:
        hint = f"the request is {wanted}, with the hash {query_hash(forms[0])}; what was hashed is none of the usual slips"
    findings.add("RL509", "the token's qsh is not that of this request", _PLACE, hint, found)


def preview_canonical(canonical: str) -> str:
    """A canonical form to show: secrets masked, cut where it is very long."""
    shown = masked_target(canonical)
    return repr(shown if len(shown) <= 600 else f"{shown[:600]}… {len(shown)} characters in all")
