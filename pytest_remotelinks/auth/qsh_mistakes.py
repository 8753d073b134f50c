"""Which common mistake made a wrong ``qsh``: everything that a client could have hashed with one mistake is tried."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

from pytest_remotelinks.apis.api import METHODS, Api
from pytest_remotelinks.auth.qsh import TOKEN_PARAMETER, CanonicalRequest, Steps, canonical_path, canonical_query, encoded, query_hash
from pytest_remotelinks.wire.request import Request

#: Characters of a path and query above which nothing is tried.
_LENGTH_LIMIT = 8_000
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_HASH = re.compile("[0-9a-f]{64}")
_OTHER_DIGESTS = ("md5", "sha1", "sha224", "sha384", "sha512")
#: What a path may contain besides letters, digits and the slash (RFC 3986, pchar); & is encoded in the canonical form.
_PATH_MARKS = ":@!$'()*+,;=~"

#: A text that may have been hashed, or a part of one, and how to fix the mistake.
_Candidates = Iterator[tuple[str, str]]
_Write = Callable[[str], str]


@dataclass(frozen=True)
class Mistake:
    """What was hashed, what should have been, and what to change."""

    hashed: str
    wanted: str
    hint: str


def find_mistake(api: Api, request: Request, forms: tuple[CanonicalRequest, ...], found: str, secret: str) -> Mistake | None:
    """The mistake that made the hash ``found`` of a request with these canonical forms; None where it is not a common one.

    ``secret`` is what the token is signed with.
    """
    if len(request.target) > _LENGTH_LIMIT:
        return None
    ways = [(form, steps, form.text_by(steps)) for form in forms for steps in form.steps]
    for _, _, wanted in ways:
        if hint := _other_digest(wanted, found, secret):
            return Mistake(wanted, wanted, hint)
    if _HASH.fullmatch(found):
        for form, steps, wanted in ways:
            for hashed, hint in _candidates(api, request, form, steps):
                if query_hash(hashed) == found:
                    return Mistake(hashed, wanted, hint)
    return None


def _other_digest(text: str, found: str, secret: str) -> str | None:
    """How to fix the hash of the right text, if it is made or written differently."""
    content = text.encode("utf-8", "replace")
    right = hashlib.sha256(content).hexdigest()
    if found == text:
        return "this is the text to hash; qsh is its SHA-256 in lower-case hex digits"
    if found.lower() == right:
        return "the hash is written in upper case; write its hex digits in lower case"
    if right in found.lower():
        return "write the 64 hex digits of the hash alone, with nothing before or after them"
    if _is_base64_of(found, bytes.fromhex(right)) or _is_base64_of(found, right.encode()):
        return "the hash is written in Base64; write it in lower-case hex digits"
    signature = hmac.digest(secret.encode("utf-8", "surrogatepass"), content, "sha256")
    if found.lower() == signature.hex() or _is_base64_of(found, signature):
        return "hash with SHA-256 alone; the shared secret is only for the token's signature"
    for name in _OTHER_DIGESTS:
        if found.lower() == hashlib.new(name, content, usedforsecurity=False).hexdigest():
            return f"hash with SHA-256, not with {name.upper()}"
    return None


def _is_base64_of(found: str, content: bytes) -> bool:
    written = found.strip().rstrip("=").encode("utf-8", "replace")
    return written in {encode(content).rstrip(b"=") for encode in (base64.b64encode, base64.urlsafe_b64encode)}


def _candidates(api: Api, request: Request, form: CanonicalRequest, steps: Steps) -> _Candidates:
    method, path, query = form.method.upper(), canonical_path(form.path), canonical_query(form.query, steps)
    yield f"{method.lower()}&{path}&{query}", "write the method in upper case"
    for other in METHODS:
        yield f"{other}&{path}&{query}", f"hash the method that is sent, {method}"
    for other, hint in _paths(api, request, form):
        yield f"{method}&{other}&{query}", hint
    if not form.query:
        yield f"{method}&{path}", "end with & where there is no query"
    yield f"{method}&{path}?{query}", "put & between path and query, not a question mark"
    for other, hint in _queries(form.query, steps):
        yield f"{method}&{path}&{other}", hint
    yield f"{method}&{path}&{query}\n", "leave out the line break at the end of the text that is hashed"
    for address in _addresses(request, form):
        for text in (address, f"{method}&{address}", f"{method} {address}"):
            yield text, "hash METHOD&path&query, not the URL"
    yield f"{path}&{query}", "begin with the method"


def _addresses(request: Request, form: CanonicalRequest) -> Iterator[str]:
    """What a client may take for the request's URL."""
    target = form.path + (f"?{form.query}" if form.query else "")
    for site in ("", *_sites(request)):
        yield site + target


def _sites(request: Request) -> tuple[str, ...]:
    host = request.headers.get("Host", "")
    return f"http://{host}", f"https://{host}"


def _paths(api: Api, request: Request, form: CanonicalRequest) -> _Candidates:
    path, right = form.path, canonical_path(form.path)
    for site in _sites(request):
        yield f"{site}{right}", "leave scheme and host out: only the path is hashed"
    for address in _addresses(request, form) if form.query else ():
        yield address, "leave the query out of the path: it follows after &"
    if base := api.bases.match(right):
        below = right[base.end() :]
        yield below, f"hash the path with {base[0]}: only the site's own URL is left out"
        yield api.base + below, f"hash the path as it is sent, with {base[0]}"
    yield path.removesuffix("/"), "write & in the path as %26"
    yield right + "/", "leave out the slash at the path's end"
    yield right.rstrip("/"), "leave out one slash at the path's end, and no more"
    yield right.lstrip("/"), "let the path start with a slash"
    as_sent = "hash the path as it is sent"
    yield f"/{right}", f"{as_sent}, with no further slash before it"
    yield re.sub("/{2,}", "/", right), f"{as_sent}, with two slashes, or send it with one: a base URL that ends in a slash adds another"
    yield unquote(right), f"{as_sent}, percent-encoded"
    yield quote(right, safe="/"), f"{as_sent}; it is percent-encoded already"
    yield quote(right, safe="/%"), f"{as_sent}, and leave in it what is not percent-encoded"
    letter_case = f"{as_sent}, with the letter case of its percent-encoding"
    yield _ESCAPE.sub(lambda match: match[0].lower(), right), letter_case
    yield _ESCAPE.sub(lambda match: match[0].upper(), right), letter_case
    for safe in ("/", "/" + _PATH_MARKS):
        yield quote(unquote(right), safe=safe), f"{as_sent}: decoding it and encoding it again changes it"


def _queries(query: str, right: Steps) -> _Candidates:
    """What a query becomes if one of the steps to its canonical form is done in another way."""
    yield "", "hash the query too"
    for hint, write in _other_encodings(canonical_query(query, right)):
        # What a client sorts by may be its own encoding, too.
        for order in (right.order, write):
            yield canonical_query(query, replace(right, write_name=write, write_value=write, order=order)), hint
            yield canonical_query(query, replace(right, write_value=write, order=order)), hint
    for hint, other in _OTHER_STEPS.items():
        yield canonical_query(query, replace(right, **other)), hint
        if "write_value" in other:
            yield canonical_query(query, replace(right, order=other["write_value"], **other)), hint
    parts = [part for part in query.split("&") if part.partition("=")[0] != TOKEN_PARAMETER]
    for sent in (parts, sorted(parts)):
        yield "&".join(sent), "decode the query, sort its parameters, join repeated ones and percent-encode them anew"


def _other_encodings(right: str) -> Iterator[tuple[str, _Write]]:
    """Each encoding that writes this query in another way than RFC 3986, and how to fix it."""
    written = {" ": "%20", "~": "~"}
    present = {
        "".join(character for character in encoder if written.get(character, quote(character, safe="")) in right) for encoder in _ENCODERS
    }
    for characters in sorted(present, key=lambda characters: (len(characters), characters)):
        hints = [_WORDS.get(character, f"{character} as {quote(character, safe='')}") for character in characters]
        if hints:
            yield f"write {', '.join(hints)}", partial(_written, characters)
        yield f"write {', '.join([*hints, 'hex digits in upper case'])}", partial(_written_in_lower_case, characters)


def _written(characters: str, text: str) -> str:
    """The text percent-encoded by RFC 3986, but for these characters: a space is +, ~ is %7E, others are left as they are."""
    text = encoded(text)
    for character in characters:
        text = (
            text.replace("~", "%7E")
            if character == "~"
            else text.replace(quote(character, safe=""), "+" if character == " " else character)
        )
    return text


def _written_in_lower_case(characters: str, text: str) -> str:
    return _ESCAPE.sub(lambda match: match[0].lower(), _written(characters, text))


#: Encoders, by the characters that they write in another way than RFC 3986.
_ENCODERS = (
    "",
    " ",  # Python's urlencode, Go's QueryEscape
    "*",
    "~",
    "+",
    " ~",  # PHP's urlencode
    "*~",  # Java's URLEncoder, its + replaced
    " *~",  # forms, URLSearchParams, Java's URLEncoder
    "*!()'",  # encodeURIComponent
    " *!()'",
    " *!()~",  # .NET's WebUtility
    " *!()':$,",  # axios
    "/",  # Python's quote
    " /",
    "*!()'/:$,;?@&=+#",  # encodeURI
)
_WORDS = {" ": "a space as %20, not as +", "~": "~ as it is, not as %7E"}


def _each(name: str, values: list[str]) -> str:
    return "&".join(f"{name}={value}" for value in values)


def _twice(text: str) -> str:
    return encoded(encoded(text))


def _same(text: str) -> str:
    return text


_BY_NAME = "sort the parameters by their percent-encoded names"
#: By its fix, the steps that a mistake does in another way.
_OTHER_STEPS: dict[str, dict[str, Any]] = {
    f"leave the parameter {TOKEN_PARAMETER} out": {"keeps": lambda name, value: True},
    "hash parameters with an empty value too": {"keeps": lambda name, value: name != TOKEN_PARAMETER and value != ""},
    "hash parameters with the value 0 too": {"keeps": lambda name, value: name != TOKEN_PARAMETER and value != "0"},
    "hash parameters with an empty value and with the value 0 too": {
        "keeps": lambda name, value: name != TOKEN_PARAMETER and value not in ("", "0")
    },
    f"{_BY_NAME}, not by the decoded ones": {"place": lambda name, written, text: name},
    f"{_BY_NAME}; capital letters come before small ones": {"place": lambda name, written, text: written.lower()},
    f"{_BY_NAME} alone, without = and value": {"place": lambda name, written, text: text},
    _BY_NAME: {"place": None},
    "sort the values of a repeated parameter as texts, not as numbers": {
        "order": lambda value: (0, int(value), value) if value.isdecimal() else (1, 0, value)
    },
    "sort the values of a repeated parameter": {"order": None},
    "sort the parameters, and the values of a repeated one": {"place": None, "order": None},
    "sort the parameters, and join the values of a repeated one by commas": {"place": None, "order": None, "join": _each},
    "join the values of a repeated parameter by commas": {"join": _each},
    "join the values of a repeated parameter by commas, and sort by percent-encoded names": {
        "order": str,
        "join": _each,
        "place": lambda name, written, text: name,
    },
    "leave the comma between the values of a repeated parameter as it is, not %2C": {
        "join": lambda name, values: f"{name}={'%2C'.join(values)}"
    },
    "put a comma between the values of a repeated parameter, and no space": {"join": lambda name, values: f"{name}={', '.join(values)}"},
    "hash equal values of a repeated parameter each": {"join": lambda name, values: f"{name}={','.join(dict.fromkeys(values))}"},
    "hash every value of a repeated parameter, not the last one alone": {
        "order": None,
        "join": lambda name, values: f"{name}={values[-1]}",
    },
    "hash every value of a repeated parameter, not the first one alone": {
        "order": None,
        "join": lambda name, values: f"{name}={values[0]}",
    },
    "write = after a name without a value": {"join": lambda name, values: f"{name}={','.join(values)}" if any(values) else name},
    "percent-encode names and values of the query": {"write_name": _same, "write_value": _same},
    "percent-encode the names of parameters": {"write_name": _same},
    "percent-encode the values of parameters": {"write_value": _same},
    "percent-encode the query once": {"write_name": _twice, "write_value": _twice},
    "percent-encode values once": {"write_value": _twice},
    # A + in a query is a space, and %2B a plus.
    "hash a + in the query as the space that it is, %20; a plus is sent as %2B": {"read": unquote},
    "hash a space as %20, not as %2B": {
        "write_name": lambda text: encoded(text.replace(" ", "+")),
        "write_value": lambda text: encoded(text.replace(" ", "+")),
    },
    "decode the query once: %2B is a plus, and is hashed as %2B": {"read": lambda text: unquote_plus(unquote(text))},
    "hash a plus as %2B, not as +": {
        "write_name": lambda text: encoded(text).replace("%2B", "+"),
        "write_value": lambda text: encoded(text).replace("%2B", "+"),
    },
    "hash the decoded query percent-encoded anew, not as it is sent": {"read": _same, "write_name": _same, "write_value": _same},
}
