"""RL501, RL502, RL514 to RL516: whether a request has credentials that this site accepts, and which app they belong to."""

from __future__ import annotations

import base64
import binascii
import re

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.auth.installation import InstalledApp, IssuedToken
from pytest_remotelinks.auth.jwt import InvalidToken, read_token
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.scopes import names_oauth
from pytest_remotelinks.rules.context import RequestContext
from pytest_remotelinks.rules.examples import Issued, call, example, installed, read_with, signed
from pytest_remotelinks.rules.rule import DOCUMENT, Rule
from pytest_remotelinks.rules.scopes import check_connect_scope, check_oauth_scope
from pytest_remotelinks.rules.token import RL505, check_token
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.redact import redact_header
from pytest_remotelinks.wire.request import Request

_SIGNED = installed(read_with(signed()))

RL501 = Rule(
    code="RL501",
    name="missing-authorization",
    severity="error",
    refusal=401,
    summary="Every request carries an Authorization header.",
    why="Jira refuses a request without credentials before it reads anything else of it.",
    source=f"{DOCUMENT}: the header Authorization is required, and 401 is the answer to a request without it",
    broken=example(call("GET", "/remotelink/alert-1", ("Accept", "application/json"))),
    fixed=example(call("GET", "/remotelink/alert-1")),
)

RL502 = Rule(
    code="RL502",
    name="malformed-authorization",
    severity="error",
    refusal=401,
    summary="The Authorization header is a scheme and a credential.",
    why="Jira does not recognise a token without its scheme, or with a scheme that the contract does not name. JWT is written in capitals, with one space after it.",
    source=f"{DOCUMENT}: the header's pattern 'JWT <token>', and the security schemes since 2026-06",
    broken=example(call("GET", "/remotelink/alert-1", ("Authorization", "aaaa.bbbb.cccc"))),
    fixed=example(call("GET", "/remotelink/alert-1")),
)

RL514 = Rule(
    code="RL514",
    name="module-lacking",
    severity="error",
    refusal=403,
    summary="Only an app with a remote link module may use these operations.",
    why="Jira uses the descriptor that it has installed, which may be older than the one in the repository.",
    source=f"{DOCUMENT}: the answer 403 of its operations",
    broken=installed(read_with(signed()), modules={}),
    fixed=_SIGNED,
)

RL515 = Rule(
    code="RL515",
    name="unknown-bearer-token",
    severity="error",
    refusal=401,
    summary="A bearer token is one that this site issued to an installed app.",
    why="A token of another site is not valid here, and a token is not valid any more once its app was uninstalled.",
    source=f"{DOCUMENT}: the answer 401 of its operations",
    broken=installed(call("GET", "/remotelink/alert-1", ("Authorization", "Bearer another-sites-token"))),
    fixed=installed(read_with(Issued())),
)

RL516 = Rule(
    code="RL516",
    name="expired-bearer-token",
    severity="error",
    refusal=401,
    summary="A bearer token is used before it ends.",
    why="A token of the client-credentials endpoint is valid for 900 seconds; a long-running provider has to ask for a new one.",
    source=f"{DOCUMENT}: the answer 401 of its operations; expires_in of the token",
    broken=installed(read_with(Issued(expires_in=0))),
    fixed=installed(read_with(Issued())),
)


#: Characters above which an Authorization header is not read; an assumption, tokens have hundreds.
HEADER_LIMIT = 16 * 1024

_PLACE = "#header/Authorization"
# The documents give JWT a pattern; the other schemes are RFC 9110's, in any letter case.
_TOKEN = re.compile(r"JWT \S+|(?i:Bearer) +\S+")
_BASIC = re.compile(r"Basic +([A-Za-z0-9+/]+=*)", re.IGNORECASE)


def check_authorization(
    violations: Violations, request: Request, operation: Operation | None, document: Document, context: RequestContext
) -> str:
    """Check the credentials of a request, and return the key of the app that sent it; empty if that is not known.

    ``operation`` is None if there is none at the path.
    """
    check_well_formed(violations, request.headers, document.accepts_basic)
    scheme, credential = credentials_of(request)
    token = context.tokens.get(credential) if scheme == "bearer" else None
    if not context.verifies:
        if token is not None:
            _check_bearer(violations, token, None, operation, document, context)
        return ""
    app = None
    if 401 not in violations.refusals:
        app = _sender(violations, request, document, context)
    if app is None and 401 not in violations.refusals:
        # Only an ignored rule is the reason why the sender is not known; the latest app is taken to be it.
        app = context.latest
    if app is None:
        return ""
    if not app.modules:
        violations.add(
            RL514,
            f"the app {app.key!a} has no remote link module",
            _PLACE,
            f"add {document.api.connect_module} to the descriptor, or {document.api.forge_module} to the manifest",
        )
    if token is not None:
        _check_bearer(violations, token, app, operation, document, context)
    elif scheme != "basic":
        _check_scopes(violations, app, operation, document)
    return app.key


def credentials_of(request: Request) -> tuple[str, str]:
    """The scheme of a request's Authorization header, in lower case, and what follows it; either may be empty."""
    scheme, *credential = request.headers.get("Authorization", "").split(None, 1) or [""]
    return scheme.lower(), credential[0] if credential else ""


def _sender(violations: Violations, request: Request, document: Document, context: RequestContext) -> InstalledApp | None:
    """The app that the credentials belong to; None if that is not known."""
    scheme, credential = credentials_of(request)
    if scheme == "jwt":
        return check_token(violations, credential, request, document.api, context)
    if scheme == "bearer":
        token = context.tokens.get(credential)
        if token is None or token.app not in context.apps:
            hint = _bearer_hint(credential, document, context)
            violations.add(RL515, "this site did not issue the bearer token to an installed app", _PLACE, hint)
            return None
        return context.apps[token.app]
    if context.latest is None:
        violations.add(RL505, "no app is installed here any more", _PLACE, "install the app before it sends anything")
    # Basic credentials name a person, not an app.
    return context.latest


def _bearer_hint(credential: str, document: Document, context: RequestContext) -> str:
    try:
        claims = read_token(credential).claims
    except InvalidToken:
        claims = {}
    issuer = claims.get("iss")
    if "qsh" in claims or (isinstance(issuer, str) and issuer in context.apps):
        return "it is a token that an app signs: send it as 'JWT <token>'"
    if names_oauth(document):
        return "ask /oauth/token for one, or take one from fake_jira.token(scopes=[…])"
    return "take one from fake_jira.token(), or sign the request and send 'JWT <token>', as the contract says"


def _check_bearer(
    violations: Violations,
    token: IssuedToken,
    app: InstalledApp | None,
    operation: Operation | None,
    document: Document,
    context: RequestContext,
) -> None:
    late = context.now - token.ends
    if late >= 0:
        violations.add(RL516, f"the bearer token ended {late:.0f} seconds ago", _PLACE, "ask for a new one before expires_in has passed")
    if token.scopes is None:
        _check_scopes(violations, app, operation, document)
    elif operation is not None:
        check_oauth_scope(violations, document, operation, token.scopes)


def _check_scopes(violations: Violations, app: InstalledApp | None, operation: Operation | None, document: Document) -> None:
    """Check the scopes of an app's descriptor or manifest; a bare module has none and may do everything."""
    if app is not None and app.scopes is not None and operation is not None:
        check = check_oauth_scope if app.kind == "forge" else check_connect_scope
        check(violations, document, operation, app.scopes)


def check_well_formed(violations: Violations, headers: Headers, accepts_basic: bool) -> None:
    """Check the form of the Authorization header."""
    value = headers.get("Authorization")
    if value is None:
        violations.add(
            RL501,
            "the request has no Authorization header",
            _PLACE,
            "sign it ('JWT <token>') or send an OAuth token ('Bearer <token>'); fake_jira.authorization(method, path) makes a valid value",
        )
    elif len(value) > HEADER_LIMIT:
        violations.add(
            RL502,
            f"the Authorization header has {len(value)} characters; at most {HEADER_LIMIT} are read",
            _PLACE,
            "send a token of some hundred characters; put data into the body",
        )
    elif not _TOKEN.fullmatch(value) and not (accepts_basic and _is_basic(value)):
        message, hint = _what_is_wrong(headers, value, accepts_basic)
        violations.add(RL502, message, _PLACE, hint, redact_header("Authorization", value))


def _what_is_wrong(headers: Headers, value: str, accepts_basic: bool) -> tuple[str, str]:
    """Why an Authorization header is not a scheme and a credential, and what to change."""
    times = sum(name.lower() == "authorization" for name, _ in headers.pairs)
    if times > 1:
        return f"the request has {times} Authorization headers", "send one; a client adds its own to that of a session or of its defaults"
    scheme, *credential = value.split(None, 1) or [""]
    if credential and "\t" in value[: -len(credential[0])]:
        return "a tab follows the scheme of the Authorization header", "put one space between scheme and credential"
    if credential and scheme.upper() == "JWT" and not re.search(r"\s", credential[0]):
        if scheme != "JWT":
            return f"the scheme of the Authorization header is {scheme!a}", "write it as 'JWT': the contract's pattern is 'JWT <token>'"
        return "more than one space follows JWT in the Authorization header", "put one space between JWT and the token"
    basic = ", 'Basic base64(email:token)'" if accepts_basic else ""
    return "the Authorization header is not a scheme and a credential", f"send 'JWT <token>', 'Bearer <token>'{basic}"


def _is_basic(value: str) -> bool:
    match = _BASIC.fullmatch(value)
    if match is None:
        return False
    try:
        return b":" in base64.b64decode(match[1], validate=True)
    except binascii.Error:
        return False
