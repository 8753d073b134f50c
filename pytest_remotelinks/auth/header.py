"""The Authorization header: whether it is a scheme and a credential, and what it was meant to be."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from pytest_remotelinks.auth.jwt import InvalidToken, read_token

# The documents give JWT a pattern; the other schemes are RFC 9110's, in any letter case.
_CREDENTIAL = re.compile(r"(?:JWT |(?i:Bearer) +)(\S+)")
_SCHEME = r"(?P<scheme>(?i:JWT|Bearer|Basic))"
_NAME = r"(?i:(?:(?:access|auth|api|id)[_-]?)?(?:token|key|jwt)|credentials?)"
#: What certainly is a token: the three parts of a JWT, or a long text with the characters of an opaque one.
_GENUINE = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+|[\w.~+/-]{20,}=*", re.ASCII)
#: What a template or a variable without a value leaves in place of a credential.
_PLACEHOLDER = re.compile(r"undefined|null|none|nil|nan|%s|\$\w+|\$?\{+[^{}.]{0,32}\}+|<[^<>.]{0,32}>|\[object .*\]", re.IGNORECASE)
#: What JavaScript and Python make of a promise, and of a function.
_UNAWAITED = re.compile(r"\[object Promise\]|<coroutine |<Task |<Future ")
_UNCALLED = re.compile(r"<(?:function|bound method) |function |\(\) ?=>")
#: What a header can have too much, as a pattern of the whole value, what is wrong then, and what to do about it.
_WRAPPINGS = tuple(
    (re.compile(pattern), message, hint)
    for pattern, message, hint in (
        (r"(?i:Authorization)\s*[:=]\s*(?P<rest>.+)", "the value of the Authorization header begins with its name", "send the value alone"),
        (rf"{_SCHEME}(?:%20|\+)(?P<rest>.+)", "the space after the scheme is percent-encoded", "headers are sent as they are"),
        (rf"{_SCHEME}\s*[:=,]\s*(?P<rest>.+)", "more than a space follows the scheme", "put one space between scheme and credential"),
        (
            rf"{_SCHEME} *\t\s*(?P<rest>.+)",
            "a tab follows the scheme of the Authorization header",
            "put one space between scheme and credential",
        ),
        (
            r"(?P<scheme>(?i:JWT)) {2,}(?P<rest>.+)",
            "more than one space follows JWT in the Authorization header",
            "put one space between JWT and the token",
        ),
        (
            rf"(?:(?P<scheme>[A-Za-z]{{1,12}}) +)?{_NAME}\s*[=:]\s*(?P<rest>.+)",
            "a name is before the credential",
            "only the credential follows the scheme",
        ),
        (
            rf"""(?:{_SCHEME} +)?b(["'])(?P<rest>.*)\2""",
            "the credential is written like Python's bytes",
            "decode them before they become text",
        ),
        (rf"""(?:{_SCHEME} +)?(["'])(?P<rest>.*)\2""", "the credential is in quotes", "send it without them"),
        (rf"(?:{_SCHEME} +)?[<\[{{(](?P<rest>.+)[>\]}})]", "the credential is in brackets", "send it without them"),
        (r"(?P<rest>.+?)(?:\\[nr]|%0[AaDd])+", "a line break is written at the end of the Authorization header", "strip the credential"),
        (r"(?P<rest>.+?)[,;]+", "the Authorization header ends in punctuation", "only the credential follows the scheme"),
    )
)


@dataclass(frozen=True)
class Flaw:
    """What is wrong with an Authorization header, and what to do. ``meant`` is the value that was meant, if that is certain."""

    message: str
    hint: str
    meant: str | None = None


def find_flaw(value: str, accepts_basic: bool) -> Flaw | None:
    """What is wrong with the form of an Authorization header, None if nothing is."""
    flaw = _flaw(value, accepts_basic)
    if flaw is None:
        return None
    # What was meant may have the next flaw.
    meant, steps = flaw.meant, 0
    while meant is not None and steps < 5 and (further := _flaw(meant, accepts_basic)) is not None:
        meant, steps = further.meant, steps + 1
    if meant is None or not is_genuine(meant):
        return Flaw(flaw.message, flaw.hint)
    scheme, credential = meant.split()
    return Flaw(flaw.message, flaw.hint, f"{'JWT' if scheme.lower() == 'bearer' and is_signed_by_app(credential) else scheme} {credential}")


def is_genuine(value: str) -> bool:
    """Whether the credential of a well-formed header certainly is one, and not a word in its place."""
    scheme, _, credential = value.partition(" ")
    return scheme.lower() == "basic" or _GENUINE.fullmatch(credential.strip()) is not None


def is_signed_by_app(token: str) -> bool:
    """Whether a text is a token that a Connect app made for a request."""
    try:
        return "qsh" in read_token(token).claims
    except InvalidToken:
        return False


def _flaw(value: str, accepts_basic: bool) -> Flaw | None:
    """The first thing that is wrong, and the value without it, which may have others."""
    scheme, _, credential = value.partition(" ")
    credential = credential.strip()
    if _CREDENTIAL.fullmatch(value) and _GENUINE.fullmatch(credential):
        return None
    if flaw := _placeholder(credential):
        return flaw
    for pattern, message, hint in _WRAPPINGS:
        if match := pattern.fullmatch(value):
            found = match.groupdict()
            return Flaw(message, hint, " ".join(filter(None, (found.get("scheme"), found["rest"]))))
    if _CREDENTIAL.fullmatch(value):
        return None
    if flaw := _two_schemes(scheme, credential, accepts_basic):
        return flaw
    if scheme.upper() == "JWT" and scheme != "JWT" and credential and not re.search(r"\s", credential):
        message = f"the scheme of the Authorization header is {scheme!a}"
        return Flaw(message, "write it as 'JWT': the contract's pattern is 'JWT <token>'", f"JWT {credential}")
    if scheme.lower() == "basic" and accepts_basic:
        return _flaw_of_basic(credential)
    known = f"send 'JWT <token>', 'Bearer <token>'{', ' + repr('Basic base64(email:token)') if accepts_basic else ''}"
    token = value if _GENUINE.fullmatch(value) else credential
    if not _GENUINE.fullmatch(token) or (token != value and not re.fullmatch("(?!JWT)[A-Za-z]{1,12}", scheme)):
        return Flaw("the Authorization header is not a scheme and a credential", known)
    message = "the Authorization header has no scheme" if token == value else f"the contract has no scheme {scheme!a}"
    if is_signed_by_app(token):
        return Flaw(message, "the scheme of a token that an app signs is JWT", f"JWT {token}")
    return Flaw(message, known)


def _placeholder(credential: str) -> Flaw | None:
    if _UNAWAITED.match(credential):
        return Flaw(f"the credential is {credential!a}", "await the token before the header is made of it")
    if _UNCALLED.match(credential):
        return Flaw("the credential is a function", "call it, and make the header of what it returns")
    if _PLACEHOLDER.fullmatch(credential):
        # A long one could be a credential after all.
        shown = ascii(credential) if len(credential) <= 16 else "a placeholder"
        return Flaw(f"the credential is {shown}", "give the variable that the header is made of its value first")
    return None


def _two_schemes(scheme: str, credential: str, accepts_basic: bool) -> Flaw | None:
    match = re.fullmatch(rf"{_SCHEME} +(?P<rest>\S+)", credential)
    if match is None or scheme.lower() not in ("jwt", "bearer", "basic"):
        return None
    schemes = {scheme.lower(), match["scheme"].lower()}
    right = "JWT" if is_signed_by_app(match["rest"]) else "Bearer" if "bearer" in schemes else match["scheme"]
    if "basic" in schemes and accepts_basic and _flaw_of_basic(match["rest"]) is None:
        right = "Basic"
    return Flaw("the Authorization header has two schemes", "some libraries add the scheme themselves", f"{right} {match['rest']}")


def _flaw_of_basic(credential: str) -> Flaw | None:
    text = _decoded(credential)
    if text is None and ":" in credential:
        return Flaw("the Basic credentials are not encoded in Base64", "encode them as UTF-8 and Base64", _basic(credential))
    if text is None:
        joined = re.sub(r"\s+", "", credential)
        usual = joined.replace("-", "+").replace("_", "/").rstrip("=")
        usual += "=" * (-len(usual) % 4)
        if ":" not in (_decoded(usual) or ""):
            return Flaw("the Basic credentials are not in Base64", "encode 'email:token' as UTF-8 and Base64")
        if joined != credential:
            return Flaw("white space is in the Basic credentials", "Base64 of many characters is not wrapped in a header", f"Basic {usual}")
        if re.search("[-_]", credential):
            return Flaw("the Basic credentials are in URL-safe Base64", "use the usual alphabet, with + and /", f"Basic {usual}")
        return Flaw("the Basic credentials are padded wrongly", "fill up with = to a multiple of four characters", f"Basic {usual}")
    if ":" not in text:
        if ":" in (_decoded(text) or ""):
            return Flaw("the Basic credentials are encoded twice", "some libraries encode them themselves", f"Basic {text}")
        return Flaw("the Basic credentials have no colon", "encode 'email:token' as one text")
    if text != text.rstrip("\r\n"):
        return Flaw("the Basic credentials end in a line break", "strip it; echo needs -n", _basic(text.rstrip("\r\n")))
    for name, part in zip(("email address", "token"), text.partition(":")[::2], strict=True):
        if not part or _PLACEHOLDER.fullmatch(part):
            what = f"is {part!a}" if part else "is empty"
            return Flaw(f"the {name} of the Basic credentials {what}", "give the variable that they are made of its value first")
    return None


def _decoded(credential: str) -> str | None:
    """The text that is encoded in Base64, None if this is not exactly what encodes it."""
    try:
        content = base64.b64decode(credential, validate=True)
    except ValueError:
        return None
    return content.decode("utf-8", "replace") if content and base64.b64encode(content).decode() == credential else None


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
