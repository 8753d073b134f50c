"""Showing targets and JSON whose parameters and members carry secrets."""

from __future__ import annotations

import re

from pytest_remotelinks.contract.headers import MASK, SECRET_PARAMETERS

_NAMES = "|".join(sorted(SECRET_PARAMETERS))
_PARAMETER = re.compile(rf"(?i)([?&](?:{_NAMES})=)[^&#\s]*")
_MEMBER = re.compile(rf'(?i)("(?:{_NAMES})"\s*:\s*")(?:[^"\\]|\\.)*')


def masked_target(target: str) -> str:
    """A path and query with the values of secret parameters masked."""
    return _PARAMETER.sub(rf"\g<1>{MASK}", target)


def masked_json(text: str) -> str:
    """JSON text with the values of secret members masked."""
    return _MEMBER.sub(rf"\g<1>{MASK}", text)
