"""RL5xx: whether a request says who sends it."""

from __future__ import annotations

import base64
import binascii
import re

from pytest_remotelinks.contract.findings import Findings
from pytest_remotelinks.contract.headers import Headers, masked_header

#: Characters above which an Authorization header is not read; an assumption, tokens have hundreds.
HEADER_LIMIT = 16 * 1024
_TOKEN = re.compile(r"(?:JWT|Bearer) +\S+", re.IGNORECASE)
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
        basic = ", 'Basic base64(email:token)'" if accepts_basic else ""
        findings.add(
            "RL502",
            "the Authorization header is not a scheme and a credential",
            "#header/Authorization",
            f"send 'JWT <token>', 'Bearer <token>'{basic}",
            masked_header("Authorization", value),
        )


def _is_basic(value: str) -> bool:
    match = _BASIC.fullmatch(value)
    if match is None:
        return False
    try:
        return b":" in base64.b64decode(match[1], validate=True)
    except binascii.Error:
        return False
