"""The head of a request as it was sent: what it says, how its body ends, and what is malformed about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.redact import redact_target
from pytest_remotelinks.wire.request import Malformed, Request

#: Bytes of a head that are read.
LONGEST_HEAD = 64 * 1024

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FIELD = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PARTS = re.compile(r"[^ \t]+ [^ \t]+ [^ \t]+")
#: A request line with any white space around its parts.
_SPACED = re.compile(rf"[ \t]*{_TOKEN.pattern}[ \t]+[^ \t]+[ \t]+HTTP/\d\.\d[ \t]*")
_VERSION = re.compile(r"HTTP/1\.\d")
_HOST = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d*)?")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
_LIBRARY = "let an HTTP library build the request"


class NotAHead(Exception):
    """What arrived cannot be read as a head."""

    def __init__(self, malformed: Malformed) -> None:
        super().__init__(malformed.message)
        self.malformed = malformed


@dataclass(frozen=True)
class Head:
    """The head of a request. The method is empty where the request line cannot be read."""

    method: str
    target: str
    headers: Headers
    malformed: tuple[Malformed, ...] = ()
    is_chunked: bool = False
    #: Bytes of a body that is not chunked; None if a body cannot be read.
    length: int | None = 0
    #: Whether the client waits for ``100 Continue`` before it sends the body.
    expects_continue: bool = False
    #: Host and port of an absolute target, which clients send to a proxy.
    proxied: str = ""

    @property
    def request(self) -> Request:
        """The request, still without its body."""
        return Request(self.method, self.target, self.headers, malformed=self.malformed, is_whole=self.length is not None)


def read_head(sent: bytes) -> Head:
    """Read a head, from the request line to the empty line."""
    try:
        return _read(sent)
    except NotAHead as error:
        return unreadable(sent, error.malformed)


def _read(sent: bytes) -> Head:
    text = sent.decode("latin-1")
    line, *lines = text.rstrip("\r\n").split("\n")
    method, target, version, proxied = _request_line(line.removesuffix("\r"))
    pairs, malformed = _fields(lines)
    if text.count("\n") != text.count("\r\n"):
        malformed.append(Malformed("the lines of the head do not end with CR LF", "#request", r"end each line with '\r\n'"))
    headers = Headers(pairs)
    malformed += _host(headers, version)
    is_chunked, length = _framing(headers, version, malformed)
    expects_continue = version != "HTTP/1.0" and headers.get("Expect", "").lower() == "100-continue" and (is_chunked or bool(length))
    return Head(method, target, headers, tuple(malformed), is_chunked, length, expects_continue, proxied)


def unreadable(sent: bytes, malformed: Malformed) -> Head:
    """What stands for a head that cannot be read."""
    line = sent.partition(b"\n")[0].decode("latin-1").removesuffix("\r")
    # Of another protocol nothing can be shown.
    return Head("", "" if _CONTROL.search(line) else line, Headers(), (malformed,))


def check_protocol(sent: bytes | bytearray) -> None:
    """Raise NotAHead if what arrived is another protocol than HTTP."""
    if sent.startswith(b"\x16\x03"):
        message = "https was used: a TLS handshake arrived, and this port has only http"
        raise NotAHead(Malformed(message, "#request", "use an http:// URL; fake_jira.url is one"))


def incomplete(how: str) -> NotAHead:
    """A head that does not arrive as a whole."""
    return NotAHead(Malformed(f"{how} before the head was complete", "#request", f"end the head with an empty line; {_LIBRARY}"))


def too_long(sent: bytes) -> NotAHead:
    """A head of which more than ``LONGEST_HEAD`` bytes arrived."""
    first, *others = sent.split(b"\n")
    longest = max(others, key=len, default=b"")
    said = f"request line and headers have more than {LONGEST_HEAD} bytes"
    if len(first) > len(longest):
        hint = "shorten the target; name fewer properties in one request"
        return NotAHead(Malformed(f"{said}; the target is the longest part", "#request", hint))
    name = longest.partition(b":")[0][:100].decode("latin-1")
    hint = "shorten this header; put data into the body"
    return NotAHead(Malformed(f"{said}; the longest part is the header {name!a}", f"#header/{name}", hint))


def _request_line(line: str) -> tuple[str, str, str, str]:
    """Method, target, version, and the host that an absolute target names. Raises NotAHead."""
    words = line.split(" ")
    method, version = words[0], words[-1]
    target = " ".join(words[1:-1])
    message, hint = "", _LIBRARY
    if line.startswith("PRI * HTTP/2"):
        message = "HTTP/2 was used without asking for it first; only HTTP/1.1 is spoken here"
        hint = "let the client use HTTP/1.1: without h2 prior knowledge (curl: --http1.1, httpx: http2=False)"
    elif _TOKEN.fullmatch(method) and _CONTROL.search(line):
        message = f"the {'target' if _CONTROL.search(target) else 'request line'} has a control character"
        hint = f"remove it, or percent-encode it where it belongs to an id; {_LIBRARY}"
    elif _SPACED.fullmatch(line) and not _PARTS.fullmatch(line):
        message = "the request line has other white space than one space between its parts"
        hint = f"write one space between the parts, 'METHOD /path HTTP/1.1', and none around them; {_LIBRARY}"
    elif not _TOKEN.fullmatch(method):
        message = "the request line does not begin with a method" if line else "there is no request line"
    elif len(words) < 3:
        message = "the request line is not a method, a target and a version"
        hint = f"write 'METHOD /path HTTP/1.1'; {_LIBRARY}"
    elif version.upper().startswith("HTTP/") and not _VERSION.fullmatch(version):
        message = f"the HTTP version is {version!a}"
        hint = "write it in capitals: 'HTTP/1.1'" if _VERSION.fullmatch(version.upper()) else "send 'HTTP/1.1'"
    elif not _VERSION.fullmatch(version):
        message = "the request line does not end with an HTTP version"
        hint = f"end it with ' HTTP/1.1', and percent-encode spaces in the target as %20; {_LIBRARY}"
    elif " " in target or not target:
        message = "the target has spaces" if target.strip() else "the request line has no target"
        hint = f"percent-encode spaces in the target as %20; {_LIBRARY}"
    elif method == "CONNECT":
        message = "a tunnel was asked for, as of a proxy"
        hint = "use fake_jira.url as the base URL and not as a proxy"
    elif absolute := _ABSOLUTE.match(target):
        # The form that proxies get.
        if _HOST.fullmatch(absolute[1]):
            rest = target[absolute.end() :]
            return method, rest if rest.startswith("/") else "/" + rest, version, absolute[1]
        message = "the target is not a URL: its host is malformed"
    elif not target.startswith("/") and target != "*":
        message = "the target does not begin with a slash"
        hint = "put a slash between host and path"
    if message:
        # As any text it would be redacted only up to a space, which is in the target here.
        raise NotAHead(Malformed(message, "#request", hint, None if _CONTROL.search(line) else redact_target(line)))
    return method, target, version, ""


def _fields(lines: list[str]) -> tuple[list[tuple[str, str]], list[Malformed]]:
    """The header fields, and what is malformed about their lines."""
    pairs: list[tuple[str, str]] = []
    malformed: list[Malformed] = []
    goes_on = True
    for raw in lines:
        line = raw.removesuffix("\r")
        if line[:1] in (" ", "\t", ":") and not goes_on:
            # It belongs to the line before it, which was reported and is not recorded.
            continue
        goes_on = True
        if field := _FIELD.fullmatch(line):
            pairs.append((field[1], field[2]))
            continue
        name, colon, value = line.partition(":")
        last = pairs[-1][0] if pairs else ""
        if line[:1] in (" ", "\t"):
            message, hint = f"the header {last!a} goes on in another line", "write it on one line"
            if last:
                pairs[-1] = (last, f"{pairs[-1][1]} {line.strip()}".strip())
            else:
                message, hint = "white space is before the first header", "begin the line with the header's name"
            name = last
        elif not colon:
            # What follows may be part of a secret.
            message = f"a line after the {f'header {last!a}' if last else 'request line'} has no colon"
            hint = "write 'Name: value' on one line; a value has no line breaks"
            name, goes_on = last, False
        elif not _TOKEN.fullmatch(name):
            trimmed = name.rstrip()
            pairs.append((trimmed, value.strip(" \t")))
            if _TOKEN.fullmatch(trimmed):
                message, hint = f"a space is before the colon of the header {trimmed!a}", f"write '{trimmed}:'"
            else:
                message = f"{name!a} is not the name of a header"
                hint = "use letters, digits and hyphens" if name else "write a name before the colon"
        else:
            pairs.append((name, value.strip(" \t")))
            message = f"the value of the header {name!a} has a control character"
            hint = "remove control characters and line breaks from the value"
        malformed.append(Malformed(message, f"#header/{name.strip()}", hint))
    return pairs, malformed


def _host(headers: Headers, version: str) -> list[Malformed]:
    values = [value for name, value in headers.pairs if name.lower() == "host"]
    message = value = None
    hint = "send one Host header: host and port of the URL; an HTTP library does that"
    if not values:
        if version != "HTTP/1.0":
            message = "there is no Host header"
    elif len(values) > 1:
        message, value = f"there are {len(values)} Host headers", ", ".join(values)
        hint = "send one; a client adds its own to one that it is given"
    elif not _HOST.fullmatch(values[0]):
        message, value = "the Host header is not a host name and a port", values[0]
        hint = "leave out scheme, path and spaces: 'Host: name:port'"
    return [Malformed(message, "#header/Host", hint, value)] if message else []


def _framing(headers: Headers, version: str, malformed: list[Malformed]) -> tuple[bool, int | None]:
    """Whether the body is chunked, and its length if it is not."""
    length_sent, codings_sent = headers.get("Content-Length"), headers.get("Transfer-Encoding")
    length: int | None = 0
    if length_sent is not None:
        length = int(length_sent) if length_sent.isascii() and length_sent.isdigit() and len(length_sent) < 19 else None
        if length is None:
            malformed.append(
                Malformed(
                    f"Content-Length is {length_sent!a}, which is not a number of bytes",
                    "#header/Content-Length",
                    "send the number of the body's bytes once; an HTTP library counts them",
                    length_sent,
                )
            )
    if codings_sent is None:
        return False, length
    codings = [coding.strip().lower() for coding in codings_sent.split(",")]
    message = ""
    if version == "HTTP/1.0":
        message, hint = "HTTP/1.0 has no Transfer-Encoding", "send Content-Length instead, or use HTTP/1.1"
    elif codings != ["chunked"]:
        message = f"Transfer-Encoding is {codings_sent!a}; only 'chunked' is read"
        hint = "send the body as it is, with Content-Length or as 'Transfer-Encoding: chunked'"
    elif length_sent is not None:
        message, hint = "there are both Transfer-Encoding and Content-Length", "leave out Content-Length if the body is chunked"
    if message:
        malformed.append(Malformed(message, "#header/Transfer-Encoding", hint, codings_sent))
    is_chunked = codings[-1] == "chunked"
    if codings not in (["chunked"], ["identity"]):
        return is_chunked, None
    # Without a length and without chunks only the end of the connection could be the end of the body.
    return is_chunked, 0 if is_chunked else length if length_sent is not None else None
