"""JSON Web Tokens: PyJWT encodes, decodes and verifies them; what it is lenient about is checked here."""

from __future__ import annotations

import json
import re
import secrets
from base64 import urlsafe_b64decode
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pytest_remotelinks.auth.qsh import canonical_request, query_hash
from pytest_remotelinks.wire.redact import Secret
from pytest_remotelinks.wire.text import preview
from pytest_remotelinks.wire.times import provider_time

if TYPE_CHECKING:
    from jwt.api_jws import PyJWS

#: Seconds for which the tokens of Connect apps are usually valid.
LIFETIME = 180
#: Algorithms that sign with a shared secret.
_SHARED_SECRET = ("HS256", "HS384", "HS512")
_AS_OBJECT = "encode the {} as a JSON object in UTF-8"
#: By a pattern that a part of a token must not match: what is wrong with it, and how to fix it.
_NOT_BASE64URL = {
    "=": ("is padded with =", "leave out the = at the end of each part; a token's Base64url has none"),
    "[+/]": ("is in Base64, not Base64url", "write - for + and _ for /"),
    "[^A-Za-z0-9_-]": ("has characters that Base64url lacks", "each part has letters, digits, - and _; send it unquoted"),
    "^(?:.{4})*.$": ("is cut: no Base64url text has its length", "send the token whole, with nothing added"),
    # The last character carries two or four bits that are unused, and zero.
    "^(?:.{4})*(?:.[^AQgw]|..[^AEIMQUYcgkosw048])$": ("ends in a character that no encoder writes there", "send the token unchanged"),
}


@dataclass(frozen=True)
class Token:
    """A token as it was read; who signed it is not checked."""

    algorithm: Any
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    @property
    def uses_shared_secret(self) -> bool:
        """Whether its algorithm signs with a shared secret."""
        return self.algorithm in _SHARED_SECRET

    def is_signed_with(self, secret: str) -> bool:
        """Whether the signature was made with this shared secret."""
        if not self.uses_shared_secret:
            return False
        algorithm = _library().get_algorithm_by_name(self.algorithm)
        return algorithm.verify(self.signed, algorithm.prepare_key(secret), self.signature)


class InvalidToken(ValueError):
    """Why a text is not a token; ``hint`` says how to make it one."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def sign(method: str, path_and_query: str, issuer: str, secret: str) -> Secret:
    """``JWT <token>`` for one request, signed with HS256 and valid for LIFETIME seconds."""
    now = int(provider_time())
    qsh = query_hash(canonical_request(method, path_and_query))
    # The jti tells two tokens apart that were made for the same request in the same second.
    claims = {"iss": issuer, "iat": now, "exp": now + LIFETIME, "qsh": qsh, "jti": secrets.token_hex(8)}
    return Secret(f"JWT {encode(claims, secret)}")


def encode(claims: dict[str, Any], secret: str, algorithm: str = "HS256") -> str:
    """A token with the claims, signed with a shared secret."""
    return _library().encode(json.dumps(claims).encode(), secret, algorithm)


def read_token(text: str) -> Token:
    """Read a token as strictly as RFC 7515 and RFC 7519 write it, without verifying it. Raises InvalidToken."""
    parts = text.split(".")
    if len(parts) != 3:
        raise InvalidToken(
            f"a token has three parts with 2 dots between them; this one has {len(parts) - 1}",
            "send 'JWT ' and the three Base64url parts of a JSON Web Token, joined by dots",
        )
    # PyJWT's releases differ in what they accept, so this is checked first.
    for name, part in zip(("header", "payload", "signature"), parts, strict=True):
        for pattern, (problem, hint) in _NOT_BASE64URL.items():
            if re.search(pattern, part):
                raise InvalidToken(f"the token's {name} {problem}", hint)
    header = _members("header", urlsafe_b64decode(parts[0] + "=="))
    if "crit" in header:
        critical = preview(header["crit"])
        raise InvalidToken(f"the token's header makes {critical} critical, which Jira does not know", "leave crit out (RFC 7515, 4.1.11)")
    if not isinstance(header.get("kid", ""), str):
        raise InvalidToken(f"the token's kid is {preview(header['kid'])}", "make kid text, or leave it out; Jira does not need it")
    from jwt.exceptions import PyJWTError

    try:
        read = _library().decode_complete(text, options={"verify_signature": False})
    except PyJWTError as error:
        raise InvalidToken(f"the token cannot be read: {error}", "let a library make it, with alg and typ in its header") from None
    return Token(header.get("alg"), _members("payload", read["payload"]), text.rpartition(".")[0].encode(), read["signature"])


def _members(name: str, content: bytes) -> dict[str, Any]:
    """The members of a JSON object of which each is given once."""
    outermost: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        outermost[:] = [member for member, _ in pairs]  # the outermost object comes last
        return dict(pairs)

    try:
        value = json.loads(content.decode(), object_pairs_hook=members, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidToken(f"the token's {name} is not JSON that can be read", _AS_OBJECT.format(name)) from None
    if not isinstance(value, dict):
        raise InvalidToken(f"the token's {name} is not a JSON object", _AS_OBJECT.format(name))
    if len(outermost) > len(value):
        repeated = Counter(outermost).most_common(1)[0][0]
        raise InvalidToken(f"the token's {name} gives {preview(repeated)} twice", "give each member once (RFC 7519, 4)")
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


@cache
def _library() -> PyJWS:
    # PyJWT takes 40 ms to import, and many runs see no token.
    from jwt.algorithms import HMACAlgorithm
    from jwt.api_jws import PyJWS

    class AnySecret(HMACAlgorithm):
        """Signs with secrets of any length: tests use short ones, of which PyJWT warns."""

        def prepare_key(self, key: str | bytes) -> bytes:
            return key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key

        def check_key_length(self, key: bytes) -> None:
            return None

    library = PyJWS(algorithms=[])
    for name, digest in zip(_SHARED_SECRET, (AnySecret.SHA256, AnySecret.SHA384, AnySecret.SHA512), strict=True):
        library.register_algorithm(name, AnySecret(digest))
    return library
