"""The curl line that sends a recorded request again."""

from __future__ import annotations

import base64
import json
import re
import shlex

from pytest_remotelinks.recording.exchange import Exchange, api_of, payload_of
from pytest_remotelinks.wire.redact import REDACTED, redact_body, redact_header, redact_target, redact_text

#: A longer body is cut to the first link that violates a rule, or left out.
BODY_LIMIT = 4000

# Set by curl or by the connection.
_OWN_HEADERS = frozenset({"host", "content-length", "connection", "accept", "accept-encoding", "user-agent", "transfer-encoding", "expect"})
_REDACTED_BASIC = base64.b64encode(f"{REDACTED}:{REDACTED}".encode()).decode()
_PLAIN = re.compile(r"[ -~]*")


def curl_line(exchange: Exchange, base_url: str) -> str:
    """One shell line that sends the request again; credentials are redacted."""
    words = ["curl"]
    if exchange.request.method != "GET" or exchange.request.body:
        words += ["-X", _quoted(exchange.request.method)]
    target = redact_target(exchange.request.target)
    words += _target_options(target)
    # The target is read as Latin-1.
    words.append(_quoted(base_url.encode() + target.encode("latin-1", "replace")))
    for name, value in exchange.request.headers.pairs:
        if name.lower() not in _OWN_HEADERS:
            words += ["-H", _quoted(f"{name}: {_redacted_header(name, value)}" if value else f"{name};")]
    if exchange.request.body:
        if "Content-Type" not in exchange.request.headers:
            words += ["-H", "Content-Type:"]  # or curl would add one
        body, remark = _body(exchange)
        if body is None:
            return f"{' '.join(words)} --data-binary @BODY  # {remark}"
        # Unlike --data-binary, --data-raw does not read a body that starts with @ from a file.
        words += ["--data-raw", _quoted(_redacted_body(body))]
    else:
        remark = ""
    if not target.isascii():
        remark = f"{remark}; curl percent-encodes the path" if remark else "curl percent-encodes the path, which was not"
    return " ".join(words) + (f"  # {remark}" if remark else "")


def _redacted_header(name: str, value: str) -> str:
    shown = redact_header(name, value)
    # Redacted Basic credentials must be well-formed, or the request would be refused for another reason.
    return f"Basic {_REDACTED_BASIC}" if shown == f"Basic {REDACTED}" else shown


def _target_options(target: str) -> list[str]:
    """The options without which curl would change the target."""
    options = ["-g"] if any(sign in target for sign in "{}[]") else []
    return [*options, "--path-as-is"] if "/." in target else options


def _body(exchange: Exchange) -> tuple[str | bytes | None, str]:
    """The body to send, None for one that does not fit into the line, and a remark on it."""
    # A shell ends a text at a NUL.
    if len(exchange.request.body) <= BODY_LIMIT and b"\0" not in exchange.request.body:
        return exchange.request.body, ""
    violating = {violation.link for violation in exchange.violations if violation.link is not None}
    payload, api = payload_of(exchange), api_of(exchange)
    entities = api.entities(payload) if api is not None else None
    if violating and api is not None and entities is not None:
        links = [entity for index, entity in enumerate(entities) if index in violating]
        body = json.dumps({**payload, api.list_member: links[:1]})
        if len(body) <= BODY_LIMIT:
            return body, f"cut to the first of {len(links)} links that violate a rule"
    return None, f"BODY: the {exchange.request.body_size} bytes of .request.body of request {exchange.number} in fake_jira.requests"


def _redacted_body(body: str | bytes) -> str | bytes:
    return redact_body(body).encode("latin-1") if isinstance(body, bytes) else redact_text(body)


def _quoted(text: str | bytes) -> str:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    plain = raw.decode("latin-1")
    if _PLAIN.fullmatch(plain):
        return shlex.quote(plain)
    escaped = "".join(
        f"\\{character}" if character in "\\'" else character if " " <= character <= "~" else f"\\x{ord(character):02x}"
        for character in plain
    )
    return f"$'{escaped}'"
