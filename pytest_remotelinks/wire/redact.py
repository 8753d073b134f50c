"""Redaction: which parts of HTTP carry secrets, and how such values are shown."""

from __future__ import annotations

import re
from typing import Any

#: What is shown in place of a secret.
REDACTED = "***"

#: Headers whose values are credentials, in lower case.
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"})
#: Query parameters, form fields and JSON members whose values are secrets, in lower case.
SECRET_PARAMETERS = frozenset(
    {"jwt", "access_token", "refresh_token", "token", "api_key", "apikey", "client_secret", "shared_secret", "sharedsecret", "password"}
)
#: Authorization schemes, which are not secret, in lower case.
_SCHEMES = frozenset({"jwt", "bearer", "basic"})

_NAMES = "|".join(sorted(SECRET_PARAMETERS))
_PARAMETER = re.compile(rf"(?i)([?&](?:{_NAMES})=)[^&#\s]*")
_FIELD = re.compile(rf"(?i)((?:^|&)(?:{_NAMES})=)[^&\s]*")
_MEMBER = re.compile(rf'(?i)("(?:{_NAMES})"\s*:\s*")(?:[^"\\]|\\.)*')


class Secret(str):
    """A string whose repr is redacted, so that a failing test does not print it with its local variables.

    ``str()`` and f-strings turn it into plain text.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        scheme, space, _ = str(self).partition(" ")
        return repr(redact_credential(str(self)) if space and scheme.lower() in _SCHEMES else REDACTED)


class SecretBytes(bytes):
    """Bytes that contain secrets; ``shown`` is their redacted repr."""

    shown: str

    def __new__(cls, content: bytes, shown: str) -> SecretBytes:
        found = super().__new__(cls, content)
        found.shown = shown
        return found

    def __repr__(self) -> str:
        return repr(self.shown.encode("latin-1", "replace"))

    def __reduce__(self) -> tuple[type[SecretBytes], tuple[bytes, str]]:
        return SecretBytes, (bytes(self), self.shown)


# What can be shown.


def redact_credential(value: str) -> str:
    """A credential as it can be shown: only its scheme stays."""
    scheme, space, _ = str(value).partition(" ")
    # Without a space the whole value may be the credential itself.
    return f"{scheme} {REDACTED}" if space and scheme.isalpha() and len(scheme) <= 12 else REDACTED


def redact_header(name: str, value: str) -> str:
    """A header's value as it can be shown."""
    return redact_credential(value) if name.lower() in SECRET_HEADERS else value


def redact_parameter(name: str, value: str) -> str:
    """A query parameter's value as it can be shown."""
    return REDACTED if name.lower() in SECRET_PARAMETERS else value


def redact_target(target: str) -> str:
    """A path and query as they can be shown."""
    return _PARAMETER.sub(rf"\g<1>{REDACTED}", target)


def redact_json(text: str) -> str:
    """JSON text as it can be shown."""
    return _MEMBER.sub(rf"\g<1>{REDACTED}", text)


def redact_body(body: bytes) -> str:
    """JSON or a form as it can be shown, as Latin-1, in which every byte is a character."""
    text = body.decode("latin-1")
    # What looks like a field in JSON is part of a URL there.
    return redact_json(text) if text.lstrip()[:1] in ("{", "[") else _FIELD.sub(rf"\g<1>{REDACTED}", redact_json(text))


# Values to hand out: equal to what was sent, with a redacted repr.


def secret_argument(given: Any) -> Any:
    """A secret that a caller gave, with a redacted repr; what is no text keeps its type."""
    if isinstance(given, bytes):
        return SecretBytes(given, REDACTED)
    return Secret(given) if isinstance(given, str) else given


def secret_value(name: str, value: str) -> str:
    """The value of a parameter or member; a ``Secret`` if its name says so."""
    return Secret(value) if name.lower() in SECRET_PARAMETERS else value


def secret_body(body: bytes) -> bytes:
    """A body; ``SecretBytes`` if it contains secrets."""
    shown = redact_body(body)
    return body if shown.encode("latin-1") == body else SecretBytes(body, shown)


def secret_json(value: Any) -> Any:
    """A JSON value; the secrets in it are replaced in place by ``Secret``."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        secret_json(inner)
    if isinstance(value, dict):
        value.update({name: secret_value(name, inner) for name, inner in value.items() if isinstance(inner, str)})
    return value
