"""What a token with a wrong ``qsh`` has hashed instead: the usual slips, tried one by one."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from itertools import product
from urllib.parse import quote, quote_plus, unquote

from pytest_remotelinks.contract.canonical import canonical_path, canonical_query, encoded, parameters, query_hash, sent_target
from pytest_remotelinks.contract.operations import METHODS, SITE_BASE
from pytest_remotelinks.contract.request import Request

#: How many slips at once are looked for, and in how long a path and query.
_SLIPS = 2
_LENGTH_LIMIT = 4000
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")

#: A part of the canonical form, and the slip that it shows; the right one shows none.
_Part = tuple[str, str]


def find_slip(request: Request, canonical: str, found: str) -> tuple[str, str] | None:
    """What was hashed, and the slip; None where it is none of the usual ones."""
    if found.lower() == query_hash(canonical):
        return canonical, "the hash is written in upper case; write its hex digits in lower case"
    if found.rstrip("=") in _in_base64(canonical):
        return canonical, "the hash is written in Base64; write it in lower-case hex digits"
    target = sent_target(request)
    if len(target) > _LENGTH_LIMIT:
        return None
    path, _, query = target.partition("#")[0].partition("?")
    candidates = product(_methods(request.method), _paths(request, path), _queries(query), _joints(query))
    by_slips = sorted((sum(bool(slip) for _, slip in parts), number, parts) for number, parts in enumerate(candidates))
    for slips, _, parts in by_slips:
        if slips > _SLIPS:  # by now it is guesswork
            break
        (method, _), (path_part, _), (query_part, _), (joint, _) = parts
        hashed = f"{method}&{path_part}{joint}{query_part}"
        if query_hash(hashed) == found:
            return hashed, "; ".join(slip for _, slip in parts if slip)
    return None


def _in_base64(canonical: str) -> set[str]:
    digest = hashlib.sha256(canonical.encode("utf-8", "replace")).digest()
    return {base64.b64encode(digest).decode().rstrip("="), base64.urlsafe_b64encode(digest).decode().rstrip("=")}


def _methods(method: str) -> Iterable[_Part]:
    yield method.upper(), ""
    yield method.lower(), "write the method in upper case"
    for other in METHODS:
        if other != method.upper():
            yield other, f"hash the method that is sent, {method.upper()}"


def _paths(request: Request, path: str) -> Iterable[_Part]:
    right = canonical_path(path)
    yield right, ""
    whole = "leave scheme and host out: the path alone is hashed"
    for scheme in ("http", "https"):
        yield f"{scheme}://{request.headers.get('Host', '')}{right}", whole
    before, base, below = right.partition(SITE_BASE)
    if base:
        yield below or "/", f"hash the path with {SITE_BASE}: only the site's own URL is left out"
        if before:
            yield SITE_BASE + below, "hash the path as it is sent"
    yield from (
        (right + "/", "leave out the slash at the path's end"),
        (right.lstrip("/"), "let the path start with a slash"),
        (unquote(right), "hash the path as it is sent, percent-encoded"),
        (quote(right, safe="/"), "hash the path as it is sent; it is percent-encoded already"),
        (quote(right, safe="/%"), "hash the path as it is sent, and leave in it what is not percent-encoded"),
        (_lower(right), "write percent-encoding with upper-case digits, as it is sent"),
        (_upper(right), "hash the path as it is sent, with the letter case of its percent-encoding"),
        (path.removesuffix("/"), "write & in the path as %26"),
    )


def _queries(query: str) -> Iterable[_Part]:
    right = canonical_query(query)
    yield right, ""
    pairs = parameters(query)
    if query:
        yield "", "hash the query too"
        yield query, "decode the query, sort its parameters and percent-encode them anew"
    if pairs:
        last = {name: [value] for name, value in pairs}
        yield from (
            (
                _joined((encoded(name), encoded(value)) for name, value in pairs),
                "sort the parameters, values of a repeated one after a comma",
            ),
            (
                _joined(sorted((encoded(name), encoded(value)) for name, value in pairs)),
                "join the values of a repeated parameter by commas",
            ),
            (_joined(sorted((quote_plus(name), quote_plus(value)) for name, value in pairs)), "write a space as %20, not as +"),
            (_joined(sorted(pairs)), "percent-encode names and values of the query"),
            (
                _joined(sorted((encoded(name), encoded(values[0])) for name, values in last.items())),
                "hash every value of a repeated parameter",
            ),
            (_joined(sorted((_as_script(name), _as_script(value)) for name, value in pairs)), "percent-encode ! ' ( ) and * too"),
            (_joined(sorted((encoded(encoded(name)), encoded(encoded(value))) for name, value in pairs)), "percent-encode the query once"),
            (_lower(right), "write percent-encoding with upper-case digits"),
        )


def _joints(query: str) -> Iterable[_Part]:
    yield "&", ""
    yield "?", "put & between path and query, not a question mark"
    if not query:
        yield "", "end with & where there is no query"


def _joined(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)


def _as_script(text: str) -> str:
    # What JavaScript's encodeURIComponent leaves as it is.
    return quote(text, safe="~!'()*", errors="replace")


def _lower(text: str) -> str:
    return _ESCAPE.sub(lambda match: match[0].lower(), text)


def _upper(text: str) -> str:
    return _ESCAPE.sub(lambda match: match[0].upper(), text)
