"""Query parameters and JSON members that carry secrets, and showing what holds them."""

from __future__ import annotations

import re

from pytest_remotelinks.contract.headers import MASK

_NAMES = "jwt|access_token|refresh_token|token|api_key|apikey|client_secret|shared_?secret|password"
_PARAMETER = re.compile(rf"(?i)([?&](?:{_NAMES})=)[^&#\s]*")
_MEMBER = re.compile(rf'(?i)("(?:{_NAMES})"\s*:\s*")(?:[^"\\]|\\.)*')
_SECRET = re.compile(rf"(?i)(?:{_NAMES})")


def is_secret(name: str) -> bool:
    """Whether a parameter of this name carries a secret."""
    return _SECRET.fullmatch(name) is not None


def masked_target(target: str) -> str:
    """A path and query with the values of secret parameters masked."""
    return _PARAMETER.sub(rf"\g<1>{MASK}", target)


def masked_json(text: str) -> str:
    """JSON text with the values of secret members masked."""
    return _MEMBER.sub(rf"\g<1>{MASK}", text)
