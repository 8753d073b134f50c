"""What a token with a wrong ``qsh`` has hashed instead: the usual slips, tried one by one and two at once."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from urllib.parse import quote, unquote

from pytest_remotelinks.apis.api import METHODS
from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.auth.qsh import canonical_path, canonical_requests, possible_targets, query_hash
from pytest_remotelinks.auth.query_mistakes import QuerySlips
from pytest_remotelinks.wire.request import Request

#: How many slips at once are looked for; with more it is guesswork.
_SLIPS = 2
#: Characters of a path and query above which nothing is looked for.
_LENGTH_LIMIT = 8_000
#: Characters that are hashed in search of a slip, so that others need not wait for it.
_MOST_HASHED = 400_000
#: What writing a parameter costs, in characters hashed.
_PARAMETER_COST = 150
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_HASH = re.compile(r"[0-9a-f]{64}")

#: A part of the canonical form, and the slip that it shows; the right one shows none.
_Part = tuple[str, str]


@dataclass(frozen=True)
class Slip:
    """What was hashed, what should have been, and what to do."""

    hashed: str
    wanted: str
    said: str


@dataclass(frozen=True)
class _Head:
    """What stands before the query, and the request's canonical form that it was to be part of."""

    text: bytes
    wanted: str
    slips: tuple[str, ...]


def find_slip(request: Request, found: str) -> Slip | None:
    """What a wrong hash is that of; None where it is none of the usual slips."""
    forms = canonical_requests(request)
    for form in forms:
        if found.lower() == query_hash(form):
            return Slip(form, form, "the hash is written in upper case; write its hex digits in lower case")
        if found.rstrip("=") in _in_base64(form):
            return Slip(form, form, "the hash is written in Base64; write it in lower-case hex digits")
    targets = [target.partition("#")[0].partition("?") for target in possible_targets(request)]
    if not _HASH.fullmatch(found) or len(targets[-1][0] + targets[-1][2]) > _LENGTH_LIMIT:
        return None
    query = targets[0][2]
    query_slips = QuerySlips(query)
    heads = list(_heads(request, [path for path, _, _ in targets], forms, bool(query)))
    wanted = bytes.fromhex(found)
    left = _MOST_HASHED
    for slips in range(_SLIPS + 1):
        for of_query in range(slips + 1):
            fitting = [head for head in heads if len(head.slips) == slips - of_query]
            for text, made in query_slips(of_query):
                left -= _PARAMETER_COST * text.count("=")
                ending = text.encode("utf-8", "replace")
                for head in fitting:
                    left -= len(head.text) + len(ending) + _PARAMETER_COST
                    if left < 0:
                        return None
                    if hashlib.sha256(head.text + ending).digest() == wanted:
                        return Slip((head.text + ending).decode(), head.wanted, "; ".join((*head.slips, *made)))
    return None


def _in_base64(canonical: str) -> set[str]:
    digest = hashlib.sha256(canonical.encode("utf-8", "replace")).digest()
    return {base64.b64encode(digest).decode().rstrip("="), base64.urlsafe_b64encode(digest).decode().rstrip("=")}


def _heads(request: Request, paths: list[str], forms: tuple[str, ...], has_query: bool) -> Iterator[_Head]:
    seen = set()
    methods, joints = list(_methods(request.method)), list(_joints(has_query))
    # All that is right comes first, so that it is never taken for a slip.
    parts = [(path, form, slip) for path, form in zip(paths, forms, strict=True) for slip in _paths(request, path)]
    for (_, wanted, (hashed, of_path)), (method, of_method), (joint, of_joint) in product(
        sorted(parts, key=lambda part: bool(part[2][1])), methods, joints
    ):
        text = f"{method}&{hashed}{joint}"
        slips = tuple(filter(None, (of_method, of_path, of_joint)))
        if len(slips) <= _SLIPS and text not in seen:
            seen.add(text)
            yield _Head(text.encode("utf-8", "replace"), wanted, slips)


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
    if base := REMOTE_LINKS.bases.match(right):
        below = right[base.end() :]
        yield below, f"hash the path with {base[0]}: only the site's own URL is left out"
        if base[0] != REMOTE_LINKS.base:
            yield REMOTE_LINKS.base + below, f"hash the path as it is sent, with {base[0]}"
    yield from (
        (right + "/", "leave out the slash at the path's end"),
        (right.lstrip("/"), "let the path start with a slash"),
        (unquote(right), "hash the path as it is sent, percent-encoded"),
        (quote(right, safe="/"), "hash the path as it is sent; it is percent-encoded already"),
        (quote(right, safe="/%"), "hash the path as it is sent, and leave in it what is not percent-encoded"),
        (_ESCAPE.sub(lambda match: match[0].lower(), right), "write percent-encoding with upper-case digits, as it is sent"),
        (_ESCAPE.sub(lambda match: match[0].upper(), right), "hash the path as it is sent, with the letter case of its percent-encoding"),
        (path.removesuffix("/"), "write & in the path as %26"),
    )


def _joints(has_query: bool) -> Iterable[_Part]:
    yield "&", ""
    yield "?", "put & between path and query, not a question mark"
    if not has_query:
        yield "", "end with & where there is no query"
