"""Targets, bodies and JSON whose parameters and members carry secrets: showing them, and handing them out."""

from __future__ import annotations

import re
from typing import Any

from pytest_remotelinks.contract.headers import MASK, SECRET_PARAMETERS
from pytest_remotelinks.contract.secret import Secret, SecretBytes

_NAMES = "|".join(sorted(SECRET_PARAMETERS))
_PARAMETER = re.compile(rf"(?i)([?&](?:{_NAMES})=)[^&#\s]*")
_FIELD = re.compile(rf"(?i)((?:^|&)(?:{_NAMES})=)[^&\s]*")
_MEMBER = re.compile(rf'(?i)("(?:{_NAMES})"\s*:\s*")(?:[^"\\]|\\.)*')


def masked_target(target: str) -> str:
    """A path and query with the values of secret parameters masked."""
    return _PARAMETER.sub(rf"\g<1>{MASK}", target)


def masked_json(text: str) -> str:
    """JSON text with the values of secret members masked."""
    return _MEMBER.sub(rf"\g<1>{MASK}", text)


def masked_body(body: bytes) -> str:
    """JSON or a form as it may be shown, as Latin-1, in which every byte is a character."""
    text = body.decode("latin-1")
    # What looks like a field in JSON is part of a URL there.
    return masked_json(text) if text.lstrip()[:1] in ("{", "[") else _FIELD.sub(rf"\g<1>{MASK}", masked_json(text))


def guarded_body(body: bytes) -> bytes:
    """The same bytes, with a masked repr where there are secrets in them."""
    shown = masked_body(body)
    return body if shown.encode("latin-1") == body else SecretBytes(body, shown)


def guarded_value(name: str, value: str) -> str:
    """The same text, with a masked repr if the parameter is a secret one."""
    return Secret(value) if name.lower() in SECRET_PARAMETERS else value


def guarded_json(value: Any) -> Any:
    """The same JSON value, with a masked repr of the values of secret members; they are replaced in place."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        guarded_json(inner)
    if isinstance(value, dict):
        value.update({name: guarded_value(name, inner) for name, inner in value.items() if isinstance(inner, str)})
    return value
