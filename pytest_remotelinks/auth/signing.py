"""The Authorization value that a Connect app sends: a JWT bound to one request."""

from __future__ import annotations

import hmac
import json
import secrets
import time
from base64 import urlsafe_b64encode

from pytest_remotelinks.auth.qsh import canonical_request, query_hash
from pytest_remotelinks.wire.redact import Secret

#: Seconds for which Connect apps usually let a token live.
LIFETIME = 180


def sign(method: str, path_and_query: str, issuer: str, secret: str) -> Secret:
    """``JWT <token>`` for one request, signed with HS256 and valid for LIFETIME seconds."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "iat": now,
        "exp": now + LIFETIME,
        "qsh": query_hash(canonical_request(method, path_and_query)),
        "jti": secrets.token_hex(8),  # two tokens of one second are two tokens
    }
    # Not by PyJWT, which takes 40 ms to import and complains of the short secrets that tests like to use.
    signed = b".".join(_part(json.dumps(part, separators=(",", ":")).encode()) for part in ({"typ": "JWT", "alg": "HS256"}, claims))
    signature = hmac.digest(secret.encode("utf-8", "surrogatepass"), signed, "sha256")
    return Secret(f"JWT {signed.decode()}.{_part(signature).decode()}")


def _part(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")
