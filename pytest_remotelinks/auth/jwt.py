"""The three parts of a JSON Web Token, read as strictly as RFC 7515 and RFC 7519 write them."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_remotelinks.contract.explain import preview

if TYPE_CHECKING:
    from jwt.api_jws import PyJWS

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_NAMES = ("header", "payload", "signature")


@dataclass(frozen=True)
class Token:
    """A token as it was read; whether it is genuine is another matter."""

    algorithm: Any
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


class NoToken(ValueError):
    """Why a text is no token, and how to make it one."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def read_token(text: str) -> Token:
    """Read a token; NoToken is raised where it is none."""
    parts = text.split(".")
    if len(parts) != 3:
        raise NoToken(
            f"a token has three parts with 2 dots between them; this one has {len(parts) - 1}",
            "send 'JWT ' and the three Base64url parts of a JSON Web Token, joined by dots",
        )
    # PyJWT's releases differ in what they let pass, so the parts are checked before it sees them.
    header, payload, signature = (_decoded(name, part) for name, part in zip(_NAMES, parts, strict=True))
    members, claims = _members("header", header), _members("payload", payload)
    if "crit" in members:
        raise NoToken(
            f"the token's header makes {preview(members['crit'])} critical, which Jira does not know",
            "leave crit out of the header (RFC 7515, 4.1.11)",
        )
    if not isinstance(members.get("kid", ""), str):
        raise NoToken(f"the token's kid is {preview(members['kid'])}", "make kid text, or leave it out; Jira does not need it")
    _read_with_library(text)
    return Token(members.get("alg"), claims, text.rpartition(".")[0].encode(), signature)


def _decoded(name: str, part: str) -> bytes:
    if "=" in part:
        raise NoToken(f"the token's {name} is padded with =", "leave out the = at the end of each part; a token's Base64url has none")
    if re.search(r"[+/]", part):
        raise NoToken(f"the token's {name} is in Base64, not Base64url", "write - for + and _ for /")
    if not _BASE64URL.fullmatch(part):
        raise NoToken(f"the token's {name} has characters that Base64url lacks", "each part has letters, digits, - and _; send it unquoted")
    if len(part) % 4 == 1:
        raise NoToken(f"the token's {name} is cut: no Base64url has its length", "send the token whole, with nothing added")
    content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(content).decode().rstrip("=") != part:
        raise NoToken(f"the token's {name} ends in a character that no encoder writes there", "send the token as it was made, unchanged")
    return content


def _members(name: str, content: bytes) -> dict[str, Any]:
    outermost: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        outermost[:] = [member for member, _ in pairs]  # the outermost object comes last
        return dict(pairs)

    try:
        value = json.loads(content.decode(), object_pairs_hook=members, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise NoToken(f"the token's {name} is not JSON that can be read", f"encode the {name} as a JSON object in UTF-8") from None
    if not isinstance(value, dict):
        raise NoToken(f"the token's {name} is no JSON object", f"encode the {name} as a JSON object in UTF-8")
    if len(outermost) > len(value):
        twice = Counter(outermost).most_common(1)[0][0]
        raise NoToken(f"the token's {name} gives {preview(twice)} twice", "give each member once; which one counts is open (RFC 7519, 4)")
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _read_with_library(text: str) -> None:
    from jwt.exceptions import PyJWTError

    try:
        _library().decode_complete(text.encode(), options={"verify_signature": False})
    except (PyJWTError, ValueError, RecursionError):
        raise NoToken("the token cannot be read", "let a library for JSON Web Tokens make it, with alg and typ in its header") from None


@cache
def _library() -> PyJWS:
    # Takes 40 ms to import and some to build, and many runs see no token.
    from jwt.api_jws import PyJWS

    return PyJWS()
