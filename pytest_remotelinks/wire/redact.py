"""Redaction: which parts of HTTP and JSON are secrets, and how they are shown.

A secret is recognised in two ways. By its place: the name of its header, query
parameter, form field or JSON member ends in a word such as ``token``,
``secret`` or ``password``, so ``tokenizer`` and ``passwordPolicyUrl`` are not
secret. And in any text by its form: ``name=value`` and ``"name": value`` with
such a name, a JSON Web Token, an authorization scheme with a credential, the
password in a URL. Words of prose are left alone.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any, TypeVar
from urllib.parse import quote, unquote

Json = TypeVar("Json")

#: What is shown in place of a secret.
REDACTED = "***"

#: The ends of secret names, in lower case and without what is not a letter.
_ENDINGS = (
    "token", "secret", "password", "passwd", "passphrase", "pwd", "jwt", "authorization", "credential", "credentials", "cookie",
    "apikey", "accesskey", "privatekey", "secretkey", "signingkey",
)  # fmt: skip
#: A header that asks to leave out a check; its value is published.
_PUBLIC = "xatlassiantoken"
#: Authorization schemes, which are not secret, in lower case.
_SCHEMES = frozenset({"jwt", "bearer", "basic"})

_NOT_LETTERS = re.compile("[^a-z]+")
#: A text without any of these, in lower case and without ``-`` and ``_``, contains no secret that can be recognised.
_SIGNS = (
    "token", "secret", "passw", "passphrase", "pwd", "jwt", "authori", "credential", "cookie", "apikey", "accesskey", "privatekey",
    "signingkey", "eyj", "bearer", "basic", "@",
)  # fmt: skip
_NAME = r"[\w.\-%+\[\]]{1,100}"
#: A field of a query or form whose name may be secret; other fields may have a whole target as their value. A semicolon,
#: comma or colon at the end belongs to the sentence that quotes the field.
_FIELD = re.compile(
    rf"""(?<![\w.\-%+\[\]])([\w.\-%+\[\]]{{0,100}}?(?:{"|".join(_ENDINGS)}|(?:api|access|private|signing)[-_.]key)[^\s"'=&]{{0,6}}=)(?![{{\[])(?:[^&#\s"'<>\\]+(?<![;,:])|[;,:]+)""",
    re.IGNORECASE,
)
#: A word that is percent-encoded, at least in part.
_ENCODED = re.compile(r"""[^\s"'<>\\]*%[0-9A-Fa-f]{2}[^\s"'<>\\]*""")
_FORM = re.compile(rf"{_NAME}=")
_FORM_PART = re.compile(
    r'(\bContent-Disposition:[^\r\n]*\bname="?([^"\r\n;]{1,100})"?[^\r\n]*(?:\r?\n[^\r\n]+){0,9}\r?\n\r?\n)(.+?)(?=\r?\n--|\Z)', re.DOTALL
)
#: A line of a request's head; in prose a name before a colon is only a word.
_HEADER_LINE = re.compile(r"^((?=\w+-|authorization|cookie)[\w-]{1,100})(:[ \t]*)(\S.*)$", re.MULTILINE | re.IGNORECASE)
#: A JSON member's name, which in JSON within a JSON string has escaped quotes.
_MEMBER = re.compile(r"""(?P<quote>\\*["'])(?P<name>[^"'\\]{1,100})(?P=quote)\s*:\s*""")
#: The next string (to where the text is cut), bracket or word of a member's value.
_PIECE = re.compile(
    r"""(?P<quote>\\*["'])(?P<string>.*?)(?P<end>(?<!\\)(?P=quote)|\Z)|(?P<open>[{\[])|(?P<close>[}\]])|(?P<word>[^\s"'\\{}\[\]:,&]+)""",
    re.DOTALL,
)
#: A line of YAML, or of a request's head in place of a body, and the lines below it that are indented further.
_BODY_LINE = re.compile(
    r"^((?P<indent>[ \t]*)(?:- +)?(?P<name>[\w.-]{0,100}?"
    rf"(?:{'|'.join(_ENDINGS)}|(?:api|access|private|secret|signing)[-_.]key)[\d_.-]{{0,6}})"
    r"[ \t]*:(?:[ \t]+|[ \t]*\r?\n(?P=indent)[ \t]+))"
    r"\S[^\r\n]*(?:\r?\n(?P=indent)[ \t]+\S[^\r\n]*)*",
    re.MULTILINE | re.IGNORECASE,
)
_COLON = re.compile(r"\s*:")
#: What follows a scheme that a sentence quotes.
_PROSE = re.compile(r"[a-z]+(?= [a-z<'])")
_CONSTANTS = frozenset({"true", "false", "null", "True", "False", "None"})
_WEB_TOKEN = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?")
#: A credential after its scheme: unlike a word of prose it is long, and has a digit or mixed cases.
_CREDENTIAL = re.compile(r"\b((?i:jwt|bearer|basic)(?:\s|\+|%20)+(?:token=)?)(?=[\w.~+/-]*(?:[0-9]|[a-z][A-Z]))[\w.~+/-]{12,}=*")
_USER = re.compile(r"""(://[^/?#\s:@"']*:)[^/?#\s@"']+(?=@)""")


def is_secret_name(name: str) -> bool:
    """Whether the value of a header, parameter, field or member with this name is a secret."""
    letters = _NOT_LETTERS.sub("", unquote(name).lower())
    return letters.endswith(_ENDINGS) and letters != _PUBLIC


def _may_hold_secrets(text: str) -> bool:
    """Whether a text may contain a secret that can be recognised; most do not, and this is fast."""
    letters = text.lower().replace("_", "").replace("-", "")
    return any(sign in letters for sign in _SIGNS)


def is_secret_place(pointer: str) -> bool:
    """Whether what a violation's pointer points to is a secret, or part of one."""
    return pointer.startswith(("/", "#query/")) and any(map(is_secret_name, pointer.split("/")[1:]))


class Secret(str):
    """A string whose repr is redacted, so that a failing test does not print it with its local variables.

    ``str()`` and f-strings turn it into plain text.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        scheme, space, _ = str(self).partition(" ")
        return repr(redact_credential(str(self)) if space and scheme.lower() in _SCHEMES else REDACTED)


class TextWithSecrets(Secret):
    """A string that contains secrets; the rest of it is shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(redact_text(str(self)))


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
    return redact_credential(value) if is_secret_name(name) else redact_text(value)


def redact_parameter(name: str, value: str) -> str:
    """A query parameter's value as it can be shown."""
    return REDACTED if value and is_secret_name(name) else redact_text(value)


def redact_target(target: str) -> str:
    """A path and query, a request line or a form as they can be shown."""
    return "".join(part if part in "?&" else _redact_field(part) for part in re.split("([?&])", target))


def redact_text(text: str) -> str:
    """Any text as it can be shown: JSON, whole or cut, fields, the lines of a request, prose."""
    if not _may_hold_secrets(text):
        return text
    text = _redact_members(text)
    text = _FORM_PART.sub(lambda part: f"{part[1]}{REDACTED}" if is_secret_name(part[2]) else part[0], text)
    text = _HEADER_LINE.sub(lambda line: f"{line[1]}{line[2]}{redact_credential(line[3])}" if is_secret_name(line[1]) else line[0], text)
    text = _FIELD.sub(lambda field: f"{field[1]}{REDACTED}" if is_secret_name(field[1]) else field[0], text)
    text = _CREDENTIAL.sub(rf"\g<1>{REDACTED}", text)
    text = _USER.sub(rf"\g<1>{REDACTED}", _WEB_TOKEN.sub(REDACTED, text))
    return _ENCODED.sub(lambda word: _redact_encoded(word[0]), text) if "%" in text else text


def redact_body(body: bytes) -> str:
    """A body as it can be shown, as Latin-1, in which every byte is a character."""
    text = body.decode("latin-1")
    if "\0" in text and redact_text(text.replace("\0", "")) != text.replace("\0", ""):  # UTF-16
        text = text.replace("\0", "")
    if _FORM.match(text):
        return redact_target(text)
    if not _may_hold_secrets(text):
        return text
    # In prose a name before a colon is only a word; most bodies are not prose.
    return redact_text(_BODY_LINE.sub(lambda line: f"{line[1]}{REDACTED}" if is_secret_name(line["name"]) else line[0], text))


def redact_value(value: Any, is_secret: bool = False) -> Any:
    """A JSON value, or bytes, as they can be shown; what is below a secret name is secret, too."""
    if isinstance(value, dict):
        return {redact_text(name): redact_value(inner, is_secret or is_secret_name(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [redact_value(inner, is_secret) for inner in value]
    if isinstance(value, bytes):
        return redact_body(value).encode("latin-1")
    if isinstance(value, str):
        return REDACTED if is_secret and value else redact_text(value)
    return REDACTED if is_secret and isinstance(value, (int, float)) and not isinstance(value, bool) else value


# Values to hand out: equal to what was sent, with a redacted repr.


def secret_argument(given: Any) -> Any:
    """A secret that a caller gave, with a redacted repr; anything but text and bytes stays as it is."""
    if isinstance(given, bytes):
        return SecretBytes(given, REDACTED)
    return Secret(given) if isinstance(given, str) else given


def secret_value(name: str, value: str) -> str:
    """The value of a parameter or member; a ``Secret`` if its name says so."""
    return Secret(value) if is_secret_name(name) else secret_text(value)


def secret_text(value: str) -> str:
    """A text; ``TextWithSecrets`` if it contains secrets."""
    return TextWithSecrets(value) if redact_text(value) != value else value


def secret_body(body: bytes) -> bytes:
    """A body; ``SecretBytes`` if it contains secrets."""
    shown = redact_body(body)
    return body if shown.encode("latin-1") == body else SecretBytes(body, shown)


def copy_of(value: Json) -> Json:
    """A copy of a JSON value to hand out; the strings in it that are or contain secrets are ``Secret``."""
    copied: Json = secret_json(deepcopy(value))
    return copied


def secret_json(value: Any, is_secret: bool = False) -> Any:
    """A JSON value; the strings in it that are or contain secrets are replaced in place by ``Secret``."""
    if isinstance(value, str):
        return Secret(value) if is_secret else secret_text(value)
    if isinstance(value, dict):
        value.update({name: secret_json(inner, is_secret or is_secret_name(name)) for name, inner in value.items()})
    elif isinstance(value, list):
        value[:] = [secret_json(inner, is_secret) for inner in value]
    return value


def _redact_field(part: str) -> str:
    """A part of a target between two separators."""
    name, equals, value = part.partition("=")
    if value and is_secret_name(name):
        _, version, number = value.rpartition(" HTTP/")
        return f"{name}={REDACTED}" + (version + number if version else "")
    if equals and "+" in value:  # which is a space there
        shown = redact_text(value.replace("+", " "))
        return f"{name}={shown.replace(' ', '+')}" if REDACTED in shown else part
    return redact_text(part)


def _redact_encoded(word: str) -> str:
    plain = unquote(word)
    # White space that was encoded does not end a value.
    shown = redact_target(redact_text(plain))
    return word if shown == plain else quote(shown, safe="/*=:@?&")


def _redact_members(text: str) -> str:
    """JSON, or what resembles it, with the values of members redacted that have secret names."""
    shown: list[str] = []
    end = 0
    for member in _MEMBER.finditer(text):
        if member.start() >= end and is_secret_name(member["name"]):
            shown.append(text[end : member.end()])
            if member["name"].lower() in _SCHEMES and _PROSE.match(text, member.end()):
                end = member.end()
                continue
            value, end = _redact_member(text, member.end())
            shown.append(value)
    return "".join([*shown, text[end:]])


def _redact_member(text: str, start: int) -> tuple[str, int]:
    """The value that begins at ``start``, with all strings and numbers in it redacted, and its end."""
    shown: list[str] = []
    end, depth = start, 0
    for piece in _PIECE.finditer(text, start):
        shown.append(text[end : piece.start()])
        end = piece.end()
        depth += bool(piece["open"]) - bool(piece["close"])
        if piece["string"] and not (depth and _COLON.match(text, end)):
            shown.append(f"{piece['quote']}{REDACTED}{piece['end']}")
        elif piece["word"] and piece["word"] not in _CONSTANTS:
            # A number stays one: elsewhere it would be another violation.
            shown.append("0" if piece["word"][-1].isdigit() else REDACTED)
        else:
            shown.append(piece[0])
        if depth <= 0:
            break
    return "".join(shown), end
