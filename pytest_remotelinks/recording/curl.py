"""The curl line that sends a recorded request again."""

from __future__ import annotations

import json
import re
import shlex

from pytest_remotelinks.contract.headers import masked_header
from pytest_remotelinks.recording.exchange import Exchange
from pytest_remotelinks.recording.masking import masked_target

#: A longer body is cut to the links that broke a rule, or left to the record.
BODY_LIMIT = 4000

# What curl or the connection sets by itself.
_OWN_HEADERS = frozenset({"host", "content-length", "connection", "accept", "accept-encoding", "user-agent", "transfer-encoding", "expect"})
_PLAIN = re.compile(r"[ -~]*")


def curl_line(exchange: Exchange, base_url: str) -> str:
    """One shell line that sends the request again; credentials are masked."""
    words = ["curl"]
    if exchange.method != "GET":
        words += ["-X", _quoted(exchange.method)]
    words.append(_quoted(base_url + masked_target(exchange.incoming.target)))
    for name, value in exchange.headers.pairs:
        if name.lower() not in _OWN_HEADERS:
            words += ["-H", _quoted(f"{name}: {masked_header(name, value)}")]
    if exchange.body:
        body, remark = _body(exchange)
        if body is None:
            return f"{' '.join(words)} --data-binary @BODY  # {remark}"
        # Unlike --data-binary, --data-raw does not read a body that starts with @ from a file.
        words += ["--data-raw", _quoted(body)]
        return " ".join(words) + (f"  # {remark}" if remark else "")
    return " ".join(words)


def _body(exchange: Exchange) -> tuple[str | bytes | None, str]:
    if len(exchange.body) <= BODY_LIMIT:
        return exchange.body, ""
    broken = {violation.link for violation in exchange.violations if violation.link is not None}
    if broken and isinstance(exchange.raw_json, dict):
        links = [link for index, link in enumerate(exchange.raw_json["remoteLinks"]) if index in broken]
        body = json.dumps({**exchange.raw_json, "remoteLinks": links[:1]})
        if len(body) <= BODY_LIMIT:
            return body, f"cut to the first of {len(links)} links that broke a rule"
    return None, f"BODY: the {exchange.incoming.body_size} bytes of this exchange's .body in fake_jira.requests"


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
