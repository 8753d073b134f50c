"""RL503 to RL512: whether a Connect app's token is genuine, current and made for this request."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from pytest_remotelinks.apis.api import Api
from pytest_remotelinks.auth.elsewhere import Place, signer_of
from pytest_remotelinks.auth.installation import InstalledApp
from pytest_remotelinks.auth.jwt import InvalidToken, Token, read_token
from pytest_remotelinks.auth.qsh import CanonicalRequest, canonical_requests
from pytest_remotelinks.auth.qsh_mistakes import find_mistake
from pytest_remotelinks.rules.context import RequestContext
from pytest_remotelinks.rules.examples import call, installed, read_with, signed
from pytest_remotelinks.rules.rule import ASSUMPTION, Rule
from pytest_remotelinks.rules.violation import NO_VALUE, Violations
from pytest_remotelinks.wire.redact import REDACTED, is_secret_name, redact_target
from pytest_remotelinks.wire.request import Request
from pytest_remotelinks.wire.text import preview
from pytest_remotelinks.wire.times import clock_text, provider_time, real_time

_JWT = "Connect reference, JWT for Connect apps"

_SIGNED = installed(read_with(signed()))

RL503 = Rule(
    code="RL503",
    name="malformed-token",
    severity="error",
    refusal=401,
    summary="What follows JWT is a JSON Web Token.",
    why="A token is three parts in Base64url, joined by dots, and the first two are JSON objects. A token that was cut, padded or quoted cannot be read.",
    source=f"{_JWT}; RFC 7515, 2 and 4.1.11; RFC 7519, 4",
    broken=installed(call("GET", "/remotelink/alert-1", ("Authorization", "JWT shop-scanner"))),
    fixed=_SIGNED,
)

RL504 = Rule(
    code="RL504",
    name="token-algorithm",
    severity="error",
    refusal=401,
    summary="A token is signed with HS256.",
    why="Jira and the app share one secret and one algorithm. If Jira accepted others, above all 'none', everyone could sign.",
    source=f"{_JWT}: HS256 is the algorithm of apps that sign their requests",
    broken=installed(read_with(signed(algorithm="HS512"))),
    fixed=_SIGNED,
)

RL505 = Rule(
    code="RL505",
    name="unknown-app",
    severity="error",
    refusal=401,
    summary="The claim 'iss' of a token is the key of an installed app.",
    why="The client key of the site, the module's key and the app's key are easily confused. An app that was uninstalled may not send anything.",
    source=f"{_JWT}: the claim iss",
    broken=installed(read_with(signed(issuer="shop-scanner-module"))),
    fixed=_SIGNED,
)

RL506 = Rule(
    code="RL506",
    name="token-signature",
    severity="error",
    refusal=401,
    summary="A token is signed with the shared secret of the installation.",
    why="Each site gives the app a secret of its own at the installation, and a new one when the app is installed again.",
    source=f"{_JWT}: the signature",
    broken=installed(read_with(signed(secret="the secret of another installation"))),
    fixed=_SIGNED,
)

RL507 = Rule(
    code="RL507",
    name="expired-token",
    severity="error",
    refusal=401,
    summary="A token is used before it ends.",
    why="A token is made for one request and sent at once. Sign a request that waits in a queue when it is sent.",
    source=f"{_JWT}: the claim exp; that 30 seconds more are accepted is {ASSUMPTION}",
    broken=installed(read_with(signed(made=-600, ends=-420))),
    fixed=_SIGNED,
)

RL508 = Rule(
    code="RL508",
    name="token-from-the-future",
    severity="error",
    refusal=401,
    summary="A token's iat and nbf are not in the future.",
    why="The usual reasons are milliseconds instead of seconds, local time instead of UTC, and a clock that is wrong.",
    source=f"{_JWT}: the claim iat; that 30 seconds more are accepted is {ASSUMPTION}",
    broken=installed(read_with(signed(made=3600, ends=3780))),
    fixed=_SIGNED,
)

RL509 = Rule(
    code="RL509",
    name="wrong-query-hash",
    severity="error",
    refusal=401,
    summary="A token's qsh is the hash of the request that it is sent with.",
    why="The canonical form has its own rules for path, order and encoding. A mistake often shows only when an id contains a space. The values of a repeated parameter may be sorted before or after they are percent-encoded.",
    source=f"{_JWT}: creating a query string hash",
    broken=installed(read_with(signed("GET&/remotelink/alert-1&"))),
    fixed=_SIGNED,
)

RL510 = Rule(
    code="RL510",
    name="context-token",
    severity="error",
    refusal=401,
    summary="A token is made for a request, not for a page's context.",
    why="Tokens with context-qsh are for an app's pages in the browser; these operations never accept them.",
    source=f"{_JWT}: context-qsh",
    broken=installed(read_with(signed(qsh="context-qsh"))),
    fixed=_SIGNED,
)

RL511 = Rule(
    code="RL511",
    name="token-claims",
    severity="error",
    refusal=401,
    summary="A token has the claims iss, iat, exp and qsh, each of its type.",
    why="Without them Jira does not know which app made the token, how long it is valid and which request it is for.",
    source=f"{_JWT}: the claims",
    broken=installed(read_with(signed(issuer=None))),
    fixed=_SIGNED,
)

RL512 = Rule(
    code="RL512",
    name="long-lived-token",
    severity="warning",
    refusal=None,
    summary="A token is valid for an hour at most.",
    why="180 seconds are usual. Until a token ends, anyone who has it can send its request again.",
    source=f"{_JWT}: the usual lifetime; where it becomes a warning is {ASSUMPTION}",
    broken=installed(read_with(signed(ends=86400))),
    fixed=_SIGNED,
)


#: Seconds by which the clocks of provider and site may differ; an assumption.
LEEWAY = 30
#: Seconds above which a token's lifetime is reported.
LIFETIME_LIMIT = 3600

_PLACE = "#header/Authorization"
_CLAIMS = {"iss": "the app's key", "iat": "when it was made", "exp": "when it ends", "qsh": "the hash of the request"}
_CONTEXT = "context-qsh"
_SEPARATOR = re.compile(r"[&#\s]")
#: Seconds since the epoch that only milliseconds reach; they are some 3000 years off.
_MILLISECONDS = 10**11
#: Seconds of a day: a token that is further away was signed by another clock, most likely.
_DAY = 86400


def check_token(violations: Violations, text: str, request: Request, api: Api, context: RequestContext) -> InstalledApp | None:
    """Check a token, and return the app that sent it; None if that is not known.

    An ignored rule does not keep the others from being checked. If it is the
    only reason why the app is not known, the latest app is taken to be it.
    """
    try:
        token = read_token(text)
    except InvalidToken as problem:
        violations.add(RL503, str(problem), _PLACE, problem.hint)
        return None
    if token.algorithm != "HS256" and violations.add(
        RL504,
        f"the token's alg is {preview(token.algorithm)}",
        _PLACE,
        "sign with HS256 and the shared secret of the installation",
        token.algorithm,
    ):
        return None
    reported = _check_claims(violations, token.claims)
    issuer = token.claims.get("iss")
    signing = {key: app for key, app in context.apps.items() if app.kind == "connect"}
    if isinstance(issuer, str):
        app = signing.get(issuer)
        if app is None and _add_unknown(violations, issuer, token, context):
            return None
    elif "iss" in reported:
        return None
    else:
        app = next((app for app in signing.values() if token.is_signed_with(app.shared_secret)), context.latest)
    forged = app is not None and app.kind == "connect" and token.uses_shared_secret and not token.is_signed_with(app.shared_secret)
    if app is not None and forged and _add_signature(violations, app, token, signing, context.place):
        return None  # the claims prove nothing
    _check_times(violations, token.claims)
    _check_hash(violations, token.claims.get("qsh"), request, api, context.recent, app.shared_secret if app is not None else "")
    return app or context.latest


def _check_claims(violations: Violations, claims: dict[str, Any]) -> list[str]:
    """Check that each claim is there and of its type, and return the names of those that are reported."""
    reported = []
    for name, meaning in _CLAIMS.items():
        value = claims.get(name)
        is_number = name in ("iat", "exp")
        kind = "a number of seconds since the epoch" if is_number else "text"
        if name not in claims:
            message, hint = f"the token has no claim {name!a}", f"add it: {meaning}, {kind}"
        elif not (_is_time(value) if is_number else isinstance(value, str)):
            message, hint = f"the claim {name!a} is {preview(value)}", f"make it {kind}: {meaning}"
        else:
            continue
        if violations.add(RL511, message, _PLACE, hint, claims.get(name, NO_VALUE)):
            reported.append(name)
    if "nbf" in claims and not _is_time(claims["nbf"]):
        violations.add(RL511, f"the claim 'nbf' is {preview(claims['nbf'])}", _PLACE, "make it a number of seconds, or leave it out")
    return reported


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 2**63


def _add_unknown(violations: Violations, issuer: str, token: Token, context: RequestContext) -> bool:
    signing = [key for key, app in context.apps.items() if app.kind == "connect"]
    if issuer in context.apps:
        hint = "it is a Forge app: send a bearer token, 'Bearer <token>'"
    elif signer := signer_of(token, context.place, issuer):
        hint = f"{signer}; send it there, or install the app here and sign with the secret of that installation"
    elif signing:
        hint = f"'iss' is the app's key, not the client's; installed: {', '.join(map(ascii, signing[:5]))}"
    else:
        hint = "install the app whose key 'iss' is"
    return violations.add(RL505, f"no app that signs its requests is installed here with the key {preview(issuer)}", _PLACE, hint, issuer)


def _add_signature(
    violations: Violations, app: InstalledApp, token: Token, signing: Mapping[str, InstalledApp], here: Place | None
) -> bool:
    hint = f"sign with the shared secret that the installation of {app.key!a} was given"
    other = next((key for key, other in signing.items() if token.is_signed_with(other.shared_secret)), None)
    if other is not None:
        hint = f"it is signed with the secret of {other!a}; {hint}"
    elif signer := signer_of(token, here):
        hint = f"{signer}; {hint}"
    return violations.add(RL506, "the token is not signed with the app's shared secret", _PLACE, hint)


def _check_times(violations: Violations, claims: dict[str, Any]) -> None:
    # Providers use their own clock, also if the test has frozen it; the site's is another one.
    now = provider_time()
    made, ends, begins = (claims[name] if _is_time(claims.get(name)) else None for name in ("iat", "exp", "nbf"))
    if ends is not None and ends + LEEWAY < now:
        at, both, hint = _with_clocks("make a token for each request; 180 seconds are usual", ends, made, ends, now)
        violations.add(RL507, f"the token ended {at and f'at {at}, '}{now - ends:.0f} seconds ago{both}", _PLACE, hint, ends)
    for name, moment in (("iat", made), ("nbf", begins)):
        if moment is not None and moment - LEEWAY > now:
            usual = "give seconds, not milliseconds, since the epoch in UTC; set the provider's clock"
            at, both, hint = _with_clocks(usual, moment, made, ends, now)
            violations.add(
                RL508, f"the token's {name} is {at and f'{at}, '}{moment - now:.0f} seconds in the future{both}", _PLACE, hint, moment
            )
    if made is not None and ends is not None and ends - made > LIFETIME_LIMIT:
        in_milliseconds = "exp is in milliseconds; give seconds since the epoch, and " if ends > _MILLISECONDS else ""
        violations.add(
            RL512,
            f"the token is valid for {ends - made:.0f} seconds",
            _PLACE,
            f"{in_milliseconds}let it end at most {LIFETIME_LIMIT} seconds after iat; 180 are usual",
            ends - made,
        )


def _with_clocks(hint: str, moment: float, made: float | None, ends: float | None, now: float) -> tuple[str, str, str]:
    """What a message adds where a clock is probably the reason: the token's time, and the present one; and the hint for that."""
    at = ""
    # Milliseconds are a reason of their own, and Python has no time for some numbers.
    if abs(now - moment) > _DAY and 0 <= moment < _MILLISECONDS:
        at = clock_text(moment)
        hint += "; if the clock was frozen or wrong when the token was signed, sign it by the clock that it is sent by"
    real = real_time()
    if abs(now - real) <= LEEWAY:
        return at, at and f"; the time is {clock_text(now)}", hint
    if made is not None and ends is not None and made - LEEWAY <= real <= ends + LEEWAY:
        hint = (
            "the token was made by the real time: sign each request when it is sent, in this process, after the test has set its clock; "
            "freezegun leaves the real time to what a thread calls directly"
        )
    return at, f" on the test's clock, which is set to {clock_text(now)}; the real time is {clock_text(real)}", hint


def _check_hash(violations: Violations, found: Any, request: Request, api: Api, recent: Collection[CanonicalRequest], secret: str) -> None:
    if not isinstance(found, str):
        return
    if found == _CONTEXT:
        violations.add(
            RL510,
            "the token is made for a page's context, which these operations never accept",
            _PLACE,
            "sign the request itself: qsh is the hash of its method, path and query",
            found,
        )
        return
    forms = canonical_requests(request)
    if any(form.has_hash(found) for form in forms):
        return
    mistake = find_mistake(api, request, forms, found, secret)
    wanted = _preview_canonical(mistake.wanted if mistake is not None else forms[0].text)
    if mistake is not None:
        hint = f"{mistake.hint}. Hashed was {_preview_canonical(_without_secrets(mistake.hashed, request))}, the request is {wanted}"
    elif earlier := next((form for form in recent if form.has_hash(found)), None):
        # A token for the same method and path is a new one, made with a query that is not the one sent.
        is_again = (earlier.method, earlier.path) != (forms[0].method, forms[0].path)
        change = "make a token for each request" if is_again else "hash the query that is sent; this is the hash of an earlier request's"
        hint = f"{change}. Hashed was {_preview_canonical(earlier.text)}, the request is {wanted}"
    else:
        hint = f"the request is {wanted}, with the hash {forms[0].hash}; what was hashed instead has none of the common mistakes"
    violations.add(RL509, "the token's qsh is not the hash of this request", _PLACE, hint, found)


def _without_secrets(hashed: str, request: Request) -> str:
    # Redaction finds values by the separators around them, which a decoded value may contain itself.
    for name, value in request.query_pairs:
        if is_secret_name(name) and _SEPARATOR.search(value):
            hashed = hashed.replace(value, REDACTED)
    return hashed


def _preview_canonical(canonical: str) -> str:
    """A canonical form to show: secrets are redacted, and a very long one is cut."""
    shown = redact_target(canonical)
    return repr(shown if len(shown) <= 600 else f"{shown[:600]}… {len(shown)} characters in all")
