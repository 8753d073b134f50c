"""RL501, RL502, RL514 to RL516: whether a request has credentials that this site accepts, and which app they belong to."""

from __future__ import annotations

from pytest_remotelinks.apis.api import Operation
from pytest_remotelinks.auth.elsewhere import issuer_of
from pytest_remotelinks.auth.header import find_flaw, is_genuine, is_signed_by_app
from pytest_remotelinks.auth.installation import InstalledApp, IssuedToken
from pytest_remotelinks.auth.jwt import InvalidToken, read_token
from pytest_remotelinks.auth.qsh import TOKEN_PARAMETER
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.scopes import names_oauth
from pytest_remotelinks.rules.context import RequestContext
from pytest_remotelinks.rules.examples import Issued, call, example, installed, read_with, signed
from pytest_remotelinks.rules.rule import DOCUMENT, Rule
from pytest_remotelinks.rules.scopes import check_connect_scope, check_oauth_scope
from pytest_remotelinks.rules.token import RL505, check_token
from pytest_remotelinks.rules.violation import Violations
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.redact import redact_header
from pytest_remotelinks.wire.request import Request

_SIGNED = installed(read_with(signed()))

RL501 = Rule(
    code="RL501",
    name="missing-authorization",
    severity="error",
    refusal=401,
    summary="Every request carries an Authorization header.",
    why="Jira refuses a request without credentials before it reads anything else of it. Those in another header, or a token in the query, are not the ones that the contract asks for.",
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
    why="Jira does not recognise a token without its scheme, or with a scheme that the contract does not name. JWT is written in capitals, with one space after it, and only the token follows: no name, quotes or brackets.",
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
#: Parameters of a query that some clients send a token in, and its scheme.
_TOKEN_PARAMETERS = {TOKEN_PARAMETER: "JWT", "access_token": "Bearer"}


def check_authorization(
    violations: Violations, request: Request, operation: Operation | None, document: Document, context: RequestContext
) -> str:
    """Check the credentials of a request, and return the key of the app that sent it; empty if that is not known.

    ``operation`` is None if there is none at the path.
    """
    _check_form(violations, request, operation, document, request.target in context.redirected)
    scheme, credential = credentials_of(request)
    token = context.tokens.get(credential) if scheme == "bearer" else None
    if not context.verifies:
        if token is not None:
            _check_bearer(violations, token, None, operation, document, context)
        elif scheme == "bearer" and is_signed_by_app(credential) and 401 not in violations.refusals:
            _add_not_issued(violations, credential, document, context)
        return ""
    app = None
    if 401 not in violations.refusals:
        app = _sender(violations, request, scheme, credential, document, context)
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


def _sender(
    violations: Violations, request: Request, scheme: str, credential: str, document: Document, context: RequestContext
) -> InstalledApp | None:
    """The app that the credentials belong to; None if that is not known."""
    if scheme == "jwt":
        return check_token(violations, credential, request, document.api, context)
    if scheme == "bearer":
        token = context.tokens.get(credential)
        if token is None or token.app not in context.apps:
            _add_not_issued(violations, credential, document, context)
            return None
        return context.apps[token.app]
    if context.latest is None:
        violations.add(RL505, "no app is installed here any more", _PLACE, "install the app before it sends anything")
    # Basic credentials name a person, not an app.
    return context.latest


def _add_not_issued(violations: Violations, credential: str, document: Document, context: RequestContext) -> None:
    hint: str | Fix
    if _is_signed(credential, context):
        hint = Fix("set", f"JWT {credential}", note="it is a token that an app signs")
    elif names_oauth(document):
        hint = "ask /oauth/token for one, or take one from fake_jira.token(scopes=[…])"
    else:
        hint = "take one from fake_jira.token(), or sign the request and send 'JWT <token>', as the contract says"
    if issued := issuer_of(credential, context.place):
        hint = f"{issued}; {hint}"
    violations.add(RL515, "this site did not issue the bearer token to an installed app", _PLACE, hint)


def _is_signed(credential: str, context: RequestContext) -> bool:
    """Whether a bearer token is one that an app signs, as its claims have it."""
    try:
        issuer = read_token(credential).claims.get("iss")
    except InvalidToken:
        return False
    return is_signed_by_app(credential) or (isinstance(issuer, str) and issuer in context.apps)


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


def _check_form(violations: Violations, request: Request, operation: Operation | None, document: Document, was_redirected: bool) -> None:
    """Check that there is one Authorization header, and its form."""
    accepts_basic = document.accepts_basic
    value = request.headers.get("Authorization")
    if value is None:
        message, hint = _missing(request, operation, document, was_redirected)
        violations.add(RL501, message, _PLACE, hint)
        return
    message, hint = _flaw(request, value, accepts_basic)
    if message:
        violations.add(RL502, message, _PLACE, hint, redact_header("Authorization", value))


def _flaw(request: Request, value: str, accepts_basic: bool) -> tuple[str, str | Fix]:
    """What is wrong with the form of the Authorization header, if anything is, and what to change."""
    values = [value for name, value in request.headers.pairs if name.lower() == "authorization"]
    if len(values) > 1:
        message, reason = (
            f"the request has {len(values)} Authorization headers",
            "a client adds its own to that of a session or of its defaults",
        )
        is_one = len(set(values)) == 1 and find_flaw(values[0], accepts_basic) is None
        return message, Fix("set", values[0], note=reason) if is_one else f"send one; {reason}"
    if len(value) > HEADER_LIMIT:
        message = f"the Authorization header has {len(value)} characters; at most {HEADER_LIMIT} are read"
        return message, "send a token of some hundred characters; put data into the body"
    flaw = find_flaw(value, accepts_basic)
    if flaw is None:
        return "", ""
    return flaw.message, flaw.hint if flaw.meant is None else Fix("set", flaw.meant, note=flaw.hint)


def _missing(request: Request, operation: Operation | None, document: Document, was_redirected: bool) -> tuple[str, str | Fix]:
    """What is wrong if there is no Authorization header, and what to change: the credentials may be elsewhere."""
    for name, value in request.headers.pairs:
        if (
            name.lower() != "proxy-authorization"
            and " " in value
            and find_flaw(value, document.accepts_basic) is None
            and is_genuine(value)
        ):
            return f"the credentials are in the header {name!a}", Fix("rename", "Authorization", f"#header/{name}")
    for name, token in request.query_pairs:
        if scheme := _TOKEN_PARAMETERS.get(name):
            value = f"{'JWT' if is_signed_by_app(token) else scheme} {token}"
            elsewhere = f"leave {name!a} out of the query"
            hint: str | Fix = f"send the header 'Authorization: {scheme} <token>', and {elsewhere}"
            # A deletion by properties needs something in its query.
            is_all = (
                operation is not None
                and operation.name == "delete-by-properties"
                and {key for key, _ in request.query_pairs} <= {*_TOKEN_PARAMETERS, document.api.sequence_parameter}
            )
            if find_flaw(value, document.accepts_basic) is None and is_genuine(value) and not is_all:
                hint = Fix("set", value, note=elsewhere)
            return "the token is in the query, and not in the Authorization header", hint
    if was_redirected:
        return (
            "the request has no Authorization header: the client followed a redirect to another host, for which clients drop it",
            f"use the new base URL, http://{request.headers.get('Host', '')}{request.base}; let the client follow no redirects, and report a 302",
        )
    known = "sign it ('JWT <token>') or send an OAuth token ('Bearer <token>'); fake_jira.authorization(method, path) makes a valid value"
    return "the request has no Authorization header", known
