"""Which common mistake made a wrong ``qsh``: everything that a client could have hashed with one mistake is tried."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

from pytest_remotelinks.apis.api import METHODS, Api
from pytest_remotelinks.auth.qsh import TOKEN_PARAMETER, CanonicalRequest, canonical_path, canonical_query, encoded_parameters, query_hash
from pytest_remotelinks.wire.request import Request

#: Characters of a path and query above which nothing is tried.
_LENGTH_LIMIT = 8_000
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_HASH = re.compile("[0-9a-f]{64}")

#: A text that may have been hashed, or a part of one, and how to fix the mistake.
_Candidates = Iterator[tuple[str, str]]
_Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Mistake:
    """What was hashed, what should have been, and what to change."""

    hashed: str
    wanted: str
    hint: str


def find_mistake(api: Api, request: Request, forms: tuple[CanonicalRequest, ...], found: str) -> Mistake | None:
    """The mistake that made the hash ``found`` of a request with these canonical forms; None where it is not a common one."""
    for form in forms:
        if found.lower() == form.hash:
            return Mistake(form.text, form.text, "the hash is written in upper case; write its hex digits in lower case")
        digest = bytes.fromhex(form.hash)
        if found.rstrip("=").encode("utf-8", "replace") in {encode(digest).rstrip(b"=") for encode in _BASE64}:
            return Mistake(form.text, form.text, "the hash is written in Base64; write it in lower-case hex digits")
    if _HASH.fullmatch(found) and len(request.target) <= _LENGTH_LIMIT:
        for form in forms:
            for hashed, hint in _candidates(api, request, form):
                if query_hash(hashed) == found:
                    return Mistake(hashed, form.text, hint)
    return None


def _candidates(api: Api, request: Request, form: CanonicalRequest) -> _Candidates:
    method, path, query = form.method.upper(), canonical_path(form.path), canonical_query(form.query)
    yield f"{method.lower()}&{path}&{query}", "write the method in upper case"
    for other in METHODS:
        yield f"{other}&{path}&{query}", f"hash the method that is sent, {method}"
    for other, hint in _paths(api, request, form.path):
        yield f"{method}&{other}&{query}", hint
    yield f"{method}&{path}?{query}", "put & between path and query, not a question mark"
    if not form.query:
        yield f"{method}&{path}", "end with & where there is no query"
    for other, hint in _queries(form.query):
        yield f"{method}&{path}&{other}", hint


def _paths(api: Api, request: Request, path: str) -> _Candidates:
    right = canonical_path(path)
    for scheme in ("http", "https"):
        yield f"{scheme}://{request.headers.get('Host', '')}{right}", "leave scheme and host out: only the path is hashed"
    if base := api.bases.match(right):
        below = right[base.end() :]
        yield below, f"hash the path with {base[0]}: only the site's own URL is left out"
        yield api.base + below, f"hash the path as it is sent, with {base[0]}"
    yield right + "/", "leave out the slash at the path's end"
    yield right.lstrip("/"), "let the path start with a slash"
    yield path.removesuffix("/"), "write & in the path as %26"
    yield unquote(right), "hash the path as it is sent, percent-encoded"
    yield quote(right, safe="/"), "hash the path as it is sent; it is percent-encoded already"
    yield quote(right, safe="/%"), "hash the path as it is sent, and leave in it what is not percent-encoded"
    yield _lower(right), "write percent-encoding with upper-case digits, as it is sent"
    yield _ESCAPE.sub(lambda match: match[0].upper(), right), "hash the path as it is sent, with the letter case of its percent-encoding"


def _queries(query: str) -> _Candidates:
    with_token = encoded_parameters(query)
    pairs = [pair for pair in with_token if pair[0] != TOKEN_PARAMETER]
    yield "", "hash the query too"
    as_one = "\n".join(name + value for name, value in pairs)
    for hint, change in _ENCODINGS.items():
        if change(as_one) != as_one:
            yield _text(sorted(_joined([(change(name), change(value)) for name, value in pairs], _sorted))), hint
    if len(dict(pairs)) < len(pairs):
        yield _text(sorted(pairs)), "join the values of a repeated parameter by commas"
        for hint, join in _JOININGS.items():
            yield _text(sorted(_joined(pairs, join))), hint
    yield _text(_joined(pairs, _sorted)), "sort the parameters by their names"
    yield _text(sorted(_joined(with_token, _sorted))), f"leave the parameter {TOKEN_PARAMETER} out"
    sent = "&".join(part for part in query.split("&") if part.partition("=")[0] != TOKEN_PARAMETER)
    yield sent, "decode the query, sort its parameters and percent-encode them anew"


def _text(pairs: _Pairs) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)


def _joined(pairs: _Pairs, join: Callable[[list[str]], str]) -> _Pairs:
    """The parameters with the values of a repeated one joined."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return [(name, join(found)) for name, found in values.items()]


def _sorted(values: list[str]) -> str:
    return ",".join(sorted(values))


def _lower(text: str) -> str:
    return _ESCAPE.sub(lambda match: match[0].lower(), text)


_BASE64 = (base64.b64encode, base64.urlsafe_b64encode)
#: By its fix, what a mistake makes of a name or value that is percent-encoded correctly.
_ENCODINGS: dict[str, Callable[[str], str]] = {
    "write a space as %20, not as +": lambda text: text.replace("%20", "+"),
    "write * as %2A": lambda text: text.replace("%2A", "*"),
    "write a space as %20, * as %2A and ~ as it is: RFC 3986, not a form's encoding": (
        lambda text: text.replace("%20", "+").replace("%2A", "*").replace("~", "%7E")
    ),
    # JavaScript's encodeURIComponent does not encode these.
    "percent-encode ! ' ( ) and * too": lambda text: re.sub("%2[1789A]", lambda match: unquote(match[0]), text),
    "percent-encode names and values of the query": lambda text: unquote(text, errors="replace"),
    "percent-encode the query once": lambda text: text.replace("%", "%25"),
    "write percent-encoding with upper-case digits": _lower,
}
#: By its fix, how a mistake joins the values of a repeated parameter.
_JOININGS: dict[str, Callable[[list[str]], str]] = {
    "sort the values of a repeated parameter": ",".join,
    "leave the comma between the values of a repeated parameter as it is, not %2C": lambda values: "%2C".join(sorted(values)),
    "hash every value of a repeated parameter, not the last one alone": lambda values: values[-1],
    "hash every value of a repeated parameter, not the first one alone": lambda values: values[0],
}
