"""RL5xx: whether a request says who sends it."""

from __future__ import annotations

import base64
import binascii
import re

from pytest_remotelinks.rules.findings import Findings
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.redact import redact_header

#: Characters above which an Authorization header is not read; an assumption, tokens have hundreds.
HEADER_LIMIT = 16 * 1024
# The documents give JWT a pattern; the other schemes are RFC 9110's, in any letter case.
_TOKEN = re.compile(r"JWT \S+|(?i:Bearer) +\S+")
_BASIC = re.compile(r"Basic +([A-Za-z0-9+/]+=*)", re.IGNORECASE)


def check_well_formed(findings: Findings, headers: Headers, accepts_basic: bool) -> None:
    """Ask for a well-formed Authorization header; whether it is genuine is another matter."""
    value = headers.get("Authorization")
    if value is None:
        findings.add(
            "RL501",
            "the request has no Authorization header",
            "#header/Authorization",
            "sign it ('JWT <token>') or send an OAuth token ('Bearer <token>'); fake_jira.authorization(method, path) makes a valid value",
        )
    elif len(value) > HEADER_LIMIT:
        findings.add(
            "RL502",
            f"the Authorization header has over {HEADER_LIMIT} characters",
            "#header/Authorization",
            "send a token of some hundred characters; it holds claims, no data",
        )
    elif not _TOKEN.fullmatch(value) and not (accepts_basic and _is_basic(value)):
        message, hint = _what_is_wrong(headers, value, accepts_basic)
        findings.add("RL502", message, "#header/Authorization", hint, redact_header("Authorization", value))


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
