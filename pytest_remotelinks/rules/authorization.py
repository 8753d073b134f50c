"""RL5xx: whether a request says who sends it."""

from __future__ import annotations

import base64
import binascii
import re

from pytest_remotelinks.rules.examples import Issued
from pytest_remotelinks.rules.rule import (
    DOCUMENT,
    Rule,
    call,
    example,
    installed,
    read_with,
    signed,
)
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.redact import redact_header

_JWT = "Connect reference, JWT for Connect apps"

_SIGNED = installed(read_with(signed()))

RL501 = Rule(
    "RL501",
    "missing-authorization",
    "error",
    401,
    "Every request carries an Authorization header.",
    "Jira does not look at a request whose sender it cannot tell.",
    f"{DOCUMENT}: the header Authorization is required, and 401 is the answer to a request without it",
    example(call("GET", "/remotelink/alert-1", ("Accept", "application/json"))),
    example(call("GET", "/remotelink/alert-1")),
)

RL502 = Rule(
    "RL502",
    "malformed-authorization",
    "error",
    401,
    "The Authorization header is a scheme and a credential.",
    "A token without its scheme, or a scheme that the contract does not name, is no token to Jira. JWT is written in capitals, with one space after it.",
    f"{DOCUMENT}: the header's pattern 'JWT <token>', and the security schemes since 2026-06",
    example(call("GET", "/remotelink/alert-1", ("Authorization", "aaaa.bbbb.cccc"))),
    example(call("GET", "/remotelink/alert-1")),
)

RL505 = Rule(
    "RL505",
    "unknown-app",
    "error",
    401,
    "A token is one of an installed app, whose key is 'iss'.",
    "The client key of the site, the module's key and the app's key are easily mixed up; and an uninstalled app may send nothing more.",
    f"{_JWT}: the claim iss",
    installed(read_with(signed(issuer="shop-scanner-module"))),
    _SIGNED,
)

RL514 = Rule(
    "RL514",
    "module-lacking",
    "error",
    403,
    "Only an app with a remote link module may send.",
    "The descriptor that Jira has installed is what counts, not the one in the repository.",
    f"{DOCUMENT}: the answer 403 of its operations",
    installed(read_with(signed()), modules={}),
    _SIGNED,
)

RL515 = Rule(
    "RL515",
    "unknown-bearer-token",
    "error",
    401,
    "A bearer token is one that this site issued to an installed app.",
    "A token of another site, or one of an installation that has ended, is worth nothing.",
    f"{DOCUMENT}: the answer 401 of its operations",
    installed(call("GET", "/remotelink/alert-1", ("Authorization", "Bearer another-sites-token"))),
    installed(read_with(Issued())),
)

RL516 = Rule(
    "RL516",
    "expired-bearer-token",
    "error",
    401,
    "A bearer token is used before it ends.",
    "A token of the client-credentials endpoint lasts for 900 seconds; a long-running provider has to ask again.",
    f"{DOCUMENT}: the answer 401 of its operations; expires_in of the token",
    installed(read_with(Issued(expires_in=0))),
    installed(read_with(Issued())),
)


#: Characters above which an Authorization header is not read; an assumption, tokens have hundreds.
HEADER_LIMIT = 16 * 1024
# The documents give JWT a pattern; the other schemes are RFC 9110's, in any letter case.
_TOKEN = re.compile(r"JWT \S+|(?i:Bearer) +\S+")
_BASIC = re.compile(r"Basic +([A-Za-z0-9+/]+=*)", re.IGNORECASE)


def check_well_formed(violations: Violations, headers: Headers, accepts_basic: bool) -> None:
    """Ask for a well-formed Authorization header; whether it is genuine is another matter."""
    value = headers.get("Authorization")
    if value is None:
        violations.add(
            RL501,
            "the request has no Authorization header",
            "#header/Authorization",
            "sign it ('JWT <token>') or send an OAuth token ('Bearer <token>'); fake_jira.authorization(method, path) makes a valid value",
        )
    elif len(value) > HEADER_LIMIT:
        violations.add(
            RL502,
            f"the Authorization header has over {HEADER_LIMIT} characters",
            "#header/Authorization",
            "send a token of some hundred characters; it holds claims, no data",
        )
    elif not _TOKEN.fullmatch(value) and not (accepts_basic and _is_basic(value)):
        message, hint = _what_is_wrong(headers, value, accepts_basic)
        violations.add(RL502, message, "#header/Authorization", hint, redact_header("Authorization", value))


def _what_is_wrong(headers: Headers, value: str, accepts_basic: bool) -> tuple[str, str]:
    """What an Authorization header is instead of a scheme and a credential, and what to do."""
    times = sum(name.lower() == "authorization" for name, _ in headers.pairs)
    if times > 1:
        return f"the request has {times} Authorization headers", "send one; a client adds its own to that of a session or of its defaults"
    scheme, *credential = value.split(None, 1)[:2] or [""]
    if credential and "\t" in value[: -len(credential[0])]:
        return "a tab follows the scheme of the Authorization header", "put one space between scheme and credential"
    if credential and scheme.upper() == "JWT" and not re.search(r"\s", credential[0]):
        if scheme != "JWT":
            return f"the scheme of the Authorization header is {scheme!a}", "write it as 'JWT': the contract's pattern is 'JWT <token>'"
        return "more than one space follows JWT in the Authorization header", "put one space between JWT and the token"
    basic = ", 'Basic base64(email:token)'" if accepts_basic else ""
    return "the Authorization header is not a scheme and a credential", f"send 'JWT <token>', 'Bearer <token>'{basic}"


def _is_basic(value: str) -> bool:
    match = _BASIC.fullmatch(value)
    if match is None:
        return False
    try:
        return b":" in base64.b64decode(match[1], validate=True)
    except binascii.Error:
        return False
